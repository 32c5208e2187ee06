//! Which refs speak for a push: what a ref has let in counts as there before only where the policy blocks as much for that ref as for the
//! pushed ones. Else a branch that is only warned about would carry a credential into one that is guarded.

use keyward_rules::policy::{Action, Policy, PolicyRule, matches};

/// Whether the policy, for one old ref, blocks everything that it blocks for a push of all of `pushed`.
///
/// Answers without a finding, so it must hold for each: an exception that only the old ref has must block, one that only the pushed refs
/// have must not.
pub(super) fn speaks_for(policy: &Policy, old: &str, pushed: &[String]) -> bool {
    policy.rule.iter().all(|rule| match (fits(rule, std::slice::from_ref(&old)), fits(rule, pushed)) {
        (true, false) => rule.action == Some(Action::Block),
        (false, true) => matches!(rule.action, Some(Action::Warn | Action::Observe)),
        _ => true,
    })
}

/// Which exceptions hang on the name of a ref and fit this one: refs that agree in that are judged alike.
pub(super) fn standing(policy: &Policy, name: &str) -> Vec<bool> {
    let by_name = policy.rule.iter().filter(|rule| rule.reference.is_some());
    by_name.map(|rule| fits(rule, std::slice::from_ref(&name))).collect()
}

fn fits<T: AsRef<str>>(rule: &PolicyRule, refs: &[T]) -> bool {
    let Some(pattern) = &rule.reference else { return true };
    !refs.is_empty() && refs.iter().all(|name| matches(pattern, name.as_ref()))
}

#[cfg(test)]
mod tests {
    use keyward_rules::allowlist::{Allowlist, Day};
    use keyward_rules::policy::{Action, Context, Policy, PolicyRule, Threshold, judge};
    use keyward_rules::rule::sample::Sample;
    use keyward_rules::{Confidence, Engine, Finding, FingerprintKey};
    use proptest::prelude::*;

    use super::{speaks_for, standing};
    use crate::scanner::Scanner;

    fn rule(reference: Option<&str>, id: Option<&str>, action: Option<Action>) -> PolicyRule {
        PolicyRule {
            reference: reference.map(str::to_owned),
            id: id.map(str::to_owned),
            action,
            ..PolicyRule::default()
        }
    }

    fn policy(rules: Vec<PolicyRule>) -> Policy {
        Policy { rule: rules, ..Policy::default() }
    }

    #[test]
    fn a_branch_that_is_only_warned_about_speaks_for_no_guarded_one() {
        let policy = policy(vec![rule(Some("refs/heads/wip/*"), None, Some(Action::Warn))]);
        let names = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
        let [main, wip] = [names(&["refs/heads/main"]), names(&["refs/heads/wip/b"])];
        assert!(!speaks_for(&policy, "refs/heads/wip/a", &main));
        assert!(speaks_for(&policy, "refs/heads/wip/a", &wip));
        assert!(speaks_for(&policy, "refs/heads/main", &wip));
        assert!(speaks_for(&policy, "refs/heads/main", &main));
        let both = [main, wip].concat();
        // An exception fits only if all refs of a push fit.
        assert!(!speaks_for(&policy, "refs/heads/wip/a", &both) && speaks_for(&policy, "refs/heads/main", &both));
    }

    #[test]
    fn refs_of_one_standing_are_judged_alike() {
        let policy = policy(vec![rule(None, None, None), rule(Some("refs/tags/*"), None, Some(Action::Observe))]);
        assert_eq!(standing(&policy, "refs/tags/a"), standing(&policy, "refs/tags/b"));
        assert_ne!(standing(&policy, "refs/tags/a"), standing(&policy, "refs/heads/a"));
    }

    fn finding(confidence: Confidence) -> Finding {
        let scanner = Scanner::new(std::sync::Arc::new(Engine::builtin()), FingerprintKey::new([7; 32]), "r".into());
        let text = Sample::expand("SLACK_TOKEN=xoxb-{digits:12}-{digits:12}-{base62:24}\n", 3, None).expect("good").text;
        Finding { confidence, ..scanner.scan(text.as_bytes()).remove(0) }
    }

    fn action() -> impl Strategy<Value = Option<Action>> {
        prop_oneof![Just(None), Just(Some(Action::Observe)), Just(Some(Action::Warn)), Just(Some(Action::Block))]
    }

    fn pattern() -> impl Strategy<Value = Option<&'static str>> {
        prop_oneof![Just(None), Just(Some("a*")), Just(Some("*b")), Just(Some("*"))]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_an_old_ref_that_speaks_would_let_in_is_never_blocked(
            rules in proptest::collection::vec((pattern(), proptest::option::of(prop_oneof![Just("slack*"), Just("x")]), action()), 0..4),
            old in "[ab]{1,2}",
            pushed in proptest::collection::vec("[ab]{1,2}", 1..3),
            never: bool,
        ) {
            let rules = rules.into_iter().map(|(reference, id, action)| rule(reference, id, action)).collect();
            let block = if never { Threshold::Never } else { Threshold::High };
            let policy = Policy { rule: rules, block, ..Policy::default() };
            if speaks_for(&policy, &old, &pushed) {
                for confidence in [Confidence::Low, Confidence::High] {
                    let finding = finding(confidence);
                    let blocked = |refs: &[String]| {
                        let context = Context { refs, repository: "r", actor: None, today: Day::new(2026, 12, 1), now: 0 };
                        judge(&policy, &Allowlist::default(), &finding, false, &context).blocks()
                    };
                    prop_assert!(!blocked(&pushed) || blocked(std::slice::from_ref(&old)));
                }
            }
        }
    }
}
