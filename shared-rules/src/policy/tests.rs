use super::{Action, Context, Decision, Policy, PolicyRule, Threshold, judge, matches};
use crate::allowlist::{Allowlist, Day};
use crate::finding::{Evidence, Finding, Location};
use crate::fingerprint::FingerprintKey;
use crate::rule::{Class, Confidence, Severity};
use crate::secret::Secret;

pub(crate) fn finding(confidence: Confidence) -> Finding {
    let fingerprint = FingerprintKey::new([1; 32]).fingerprint(&Secret::new(b"x"), Class::ApiKey, "");
    Finding {
        code: fingerprint.code(),
        fingerprint,
        rule: "acme-token".into(),
        name: "Acme token".into(),
        provider: "acme".into(),
        class: Class::ApiKey,
        severity: Severity::High,
        confidence,
        evidence: Evidence::Shape,
        reason: String::new(),
        expires: None,
        member: String::new(),
        path: "src/a.rs".into(),
        location: Location { line: 1, column: 1, end_line: 1, end_column: 2 },
        preview: String::new(),
        mark: None,
    }
}

const NOW: i64 = 1_795_219_200;

fn decide(policy: &Policy, confidence: Confidence, known: bool) -> Decision {
    let refs = ["refs/heads/main".to_owned()];
    judge(policy, &Allowlist::default(), &finding(confidence), known, &context(&refs))
}

fn context(refs: &[String]) -> Context<'_> {
    let today = Day::new(2026, 11, 21);
    Context { refs, repository: "group/app", actor: Some("ann"), today, now: NOW }
}

#[test]
fn by_default_distinctive_formats_block_and_context_warns() {
    let policy = Policy::default();
    assert_eq!(decide(&policy, Confidence::High, false), Decision::Act(Action::Block));
    assert_eq!(decide(&policy, Confidence::Medium, false), Decision::Act(Action::Warn));
    assert_eq!(decide(&policy, Confidence::Low, false), Decision::Act(Action::Observe));
    assert_eq!(decide(&policy, Confidence::High, true), Decision::Known);
}

#[test]
fn the_first_exception_that_fits_decides() {
    let rule = |reference: &str, action| PolicyRule {
        reference: Some(reference.into()),
        action: Some(action),
        ..PolicyRule::default()
    };
    let policy = Policy {
        rule: vec![rule("refs/heads/dev/*", Action::Observe), rule("refs/heads/*", Action::Warn)],
        ..Policy::default()
    };
    assert_eq!(decide(&policy, Confidence::High, false), Decision::Act(Action::Warn));
}

#[test]
fn of_several_refs_the_strictest_decides_whichever_way_the_exception_leans() {
    let rule = |reference: &str, action| PolicyRule {
        reference: Some(reference.into()),
        action: Some(action),
        ..PolicyRule::default()
    };
    let act = |policy: &Policy, refs: &[&str]| {
        let refs: Vec<String> = refs.iter().map(|&name| name.to_owned()).collect();
        let judged =
            |refs: &[String]| judge(policy, &Allowlist::default(), &finding(Confidence::High), false, &context(refs));
        assert_eq!(judged(&refs), judged(&policy.distinct_refs(&refs)), "fewer refs decide otherwise");
        judged(&refs)
    };
    let milder = vec![rule("refs/heads/wip/*", Action::Observe), rule("refs/heads/try/*", Action::Warn)];
    let policy = Policy { rule: milder, ..Policy::default() };
    let (wip, also, attempt, main) = ("refs/heads/wip/a", "refs/heads/wip/b", "refs/heads/try/a", "refs/heads/main");
    assert_eq!(act(&policy, &[wip, also]), Decision::Act(Action::Observe));
    assert_eq!(act(&policy, &[wip, attempt]), Decision::Act(Action::Warn));
    assert_eq!(act(&policy, &[wip, attempt, main]), Decision::Act(Action::Block));
    assert_eq!(act(&policy, &[]), Decision::Act(Action::Block), "an exception for refs fits no scan");
    let stricter = vec![rule("refs/heads/main", Action::Block)];
    let policy = Policy { block: Threshold::Never, rule: stricter, ..Policy::default() };
    assert_eq!(act(&policy, &[wip]), Decision::Act(Action::Warn));
    assert_eq!(act(&policy, &[main, wip]), Decision::Act(Action::Block));
    assert_eq!(act(&policy, &[wip, main]), Decision::Act(Action::Block));
}

#[test]
fn a_million_refs_are_judged_as_a_few() {
    let refs: Vec<String> = (0..1000).map(|number| format!("refs/heads/{number}")).collect();
    assert_eq!(Policy::default().distinct_refs(&refs), refs[..1]);
    let rule = PolicyRule { reference: Some("refs/heads/9*".into()), ..PolicyRule::default() };
    let policy = Policy { rule: vec![rule], ..Policy::default() };
    assert_eq!(policy.distinct_refs(&refs), ["refs/heads/0", "refs/heads/9"]);
}

#[test]
fn what_has_ended_is_warned_about_unless_the_policy_says_otherwise() {
    let ended = Finding { expires: Some(NOW), ..finding(Confidence::High) };
    let lives = Finding { expires: Some(NOW + 1), ..finding(Confidence::High) };
    let doubtful = Finding { expires: Some(NOW), ..finding(Confidence::Low) };
    let act = |policy: &Policy, finding: &Finding| {
        let refs = ["refs/heads/main".to_owned()];
        judge(policy, &Allowlist::default(), finding, false, &context(&refs))
    };
    let policy = Policy::default();
    assert_eq!(act(&policy, &ended), Decision::Act(Action::Warn));
    assert_eq!(act(&policy, &lives), Decision::Act(Action::Block));
    assert_eq!(act(&policy, &doubtful), Decision::Act(Action::Observe));
    let strict = Policy { expired: Action::Block, ..Policy::default() };
    assert_eq!(act(&strict, &ended), Decision::Act(Action::Block));
    let exception = PolicyRule { id: Some("acme-*".into()), action: Some(Action::Block), ..PolicyRule::default() };
    let excepted = Policy { rule: vec![exception], ..Policy::default() };
    assert_eq!(act(&excepted, &ended), Decision::Act(Action::Block));
}

#[test]
fn never_blocks_nothing() {
    let policy = Policy { block: Threshold::Never, ..Policy::default() };
    assert_eq!(decide(&policy, Confidence::High, false), Decision::Act(Action::Warn));
}

#[test]
fn a_star_stands_for_anything() {
    let cases = [
        ("abc", "abc", true),
        ("abc", "abcd", false),
        ("a*", "abc", true),
        ("*c", "abc", true),
        ("a*c", "abc", true),
        ("a*b*c", "aXbYc", true),
        ("a*b*c", "acb", false),
        ("*", "", true),
        ("ab*ba", "aba", false),
        ("**", "x", true),
    ];
    for (pattern, text, expected) in cases {
        assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
    }
}
