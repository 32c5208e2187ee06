//! An anchor and a rule in, a match out: pattern, structure, placeholder and entropy, nearby words.

use super::finder::score;
use crate::context::{Assignment, entropy, is_placeholder, is_published, least_entropy};
use crate::engine::parts::MARGIN;
use crate::engine::{Engine, Input};
use crate::finding::{Evidence, Match};
use crate::rule::{Class, Confidence, PatternMatch, Rule, RuleIndex, Shape};
use crate::secret::Secret;
use crate::structure::Verdict;

/// Bytes before and after a match in which a `near` word counts.
const NEAR_BEFORE: usize = 200;
const NEAR_AFTER: usize = 100;

/// Bytes before a place that tell encoded data.
const DATA: usize = 40;

/// Longest assigned name that is shown in a preview.
const LONGEST_NAME: usize = 40;

/// Tries `rule` on the credential that begins at `at`.
pub(super) fn at(
    engine: &Engine,
    input: &Input<'_>,
    rule: RuleIndex,
    at: usize,
    assignment: Option<&Assignment>,
) -> Option<Match> {
    let checked = engine.catalogue.rule(rule);
    note_reach(input, checked);
    let found = checked.pattern.as_ref()?.match_at(&input.bytes[at..], checked.reach)?;
    input.note();
    if matches!(checked.shape, Shape::Prefix(_)) && is_inside_data(input.bytes, at) {
        return None;
    }
    believe(engine, input, rule, at, found, assignment)
}

/// The same for a credential or command that holds what ends at `mark`.
pub(super) fn around(engine: &Engine, input: &Input<'_>, rule: RuleIndex, at: usize, mark: usize) -> Option<Match> {
    let checked = engine.catalogue.rule(rule);
    note_reach(input, checked);
    let found = checked.pattern.as_ref()?.match_at(&input.bytes[at..], checked.reach)?;
    input.note();
    if at + found.whole.end < mark {
        return None;
    }
    believe(engine, input, rule, at, found, None)
}

/// Notes a rule that reads further than every anchor may.
fn note_reach(input: &Input<'_>, rule: &Rule) {
    if rule.reach + NEAR_AFTER > MARGIN || rule.lookback + NEAR_BEFORE > MARGIN {
        input.note();
    }
}

/// Whether the place is in the middle of encoded data: behind base64's own `+` and `/`, or at the start of another line of it.
/// There a short prefix stands by chance.
fn is_inside_data(bytes: &[u8], at: usize) -> bool {
    let Some(&before) = at.checked_sub(1).and_then(|index| bytes.get(index)) else { return false };
    if !matches!(before, b'+' | b'/' | b'\n') {
        return false;
    }
    let text = bytes[..at - 1].strip_suffix(b"\r").unwrap_or(&bytes[..at - 1]);
    let data = &text[text.len().saturating_sub(DATA)..];
    let count = |kind: fn(&u8) -> bool| data.iter().filter(|byte| kind(byte)).count();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    // Paths are made of words; data has all kinds of letters.
    let mixed =
        count(u8::is_ascii_digit) >= 2 && count(u8::is_ascii_uppercase) >= 4 && count(u8::is_ascii_lowercase) >= 4;
    data.len() == DATA && data.iter().all(is_base64) && mixed
}

/// Structure, placeholders, entropy and nearby words of what the pattern found from `at` on.
fn believe(
    engine: &Engine,
    input: &Input<'_>,
    rule: RuleIndex,
    at: usize,
    found: PatternMatch,
    assignment: Option<&Assignment>,
) -> Option<Match> {
    let checked = engine.catalogue.rule(rule);
    let span = at + found.secret.start..at + found.secret.end;
    let value = &input.bytes[span.clone()];
    let prefix = public_prefix(checked, value);
    let body = &value[prefix.len()..];
    let verdict = checked.structure.map_or(Verdict::Fits, |structure| structure.judge(value));
    // A right checksum outweighs a telling word that random characters happen to spell.
    let stands_for_another = verdict != Verdict::Right && is_placeholder(body);
    let dull = entropy(body) < checked.entropy.unwrap_or_else(|| least_entropy(body));
    if is_published(value) || verdict == Verdict::Foreign || stands_for_another || dull {
        return None;
    }
    let password = matches!(checked.class, Class::Password | Class::ConnectionString);
    if verdict != Verdict::Right && password && !is_password(checked, value) {
        return None;
    }
    let near = |words: &[String]| is_near(words, input, at, at + found.whole.end);
    if !checked.near.is_empty() && !near(&checked.near) || !checked.unless.is_empty() && near(&checked.unless) {
        return None;
    }
    let (evidence, confidence, checksum) = match verdict {
        Verdict::Right => (Evidence::Checksum, Confidence::High, Some(true)),
        Verdict::Wrong => (Evidence::Shape, checked.confidence.min(Confidence::Medium), Some(false)),
        Verdict::Fits | Verdict::Foreign => (Evidence::Shape, checked.confidence, None),
    };
    let name = assignment.cloned().or_else(|| Assignment::of(input.bytes, span.start));
    Some(Match {
        rule,
        secret: Secret::new(value),
        evidence,
        confidence,
        checksum,
        expires: checked.structure.and_then(|structure| structure.expiry(input.bytes, &span)),
        name: name.and_then(|assignment| plain_name(&input.bytes[assignment.name])),
        trail: Vec::new(),
        member: None,
        prefix: prefix.to_owned(),
        span,
    })
}

/// Whether the value is more than a word that people write where a password would stand.
fn is_password(rule: &Rule, value: &[u8]) -> bool {
    let drawn = rule.confidence > Confidence::Low || score::is_random(value) || value.iter().any(u8::is_ascii_digit);
    drawn && !score::stands_for_a_password(value)
}

/// The public beginning of a value: the rule's own prefix, never more.
fn public_prefix<'r>(rule: &'r Rule, value: &[u8]) -> &'r str {
    let Shape::Prefix(prefixes) = &rule.shape else { return "" };
    let longest = prefixes
        .iter()
        .filter(|prefix| value.starts_with(prefix.as_bytes()) && prefix.len() < value.len())
        .max_by_key(|prefix| prefix.len());
    longest.map_or("", String::as_str)
}

pub(super) fn is_near(words: &[String], input: &Input<'_>, start: usize, end: usize) -> bool {
    let around = |from: usize, to: usize| input.bytes[from..to.min(input.bytes.len())].to_ascii_lowercase();
    let before = around(start.saturating_sub(NEAR_BEFORE), start);
    let after = around(end, end + NEAR_AFTER);
    let path = input.path.to_ascii_lowercase().into_bytes();
    let texts = [before, after, path];
    words.iter().any(|word| texts.iter().any(|text| memchr::memmem::find(text, word.as_bytes()).is_some()))
}

/// The name's last word if it is short and plain; a name is chosen by whoever pushes and is shown to others.
pub(super) fn plain_name(name: &[u8]) -> Option<String> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let start = name.iter().rposition(|byte| !plain(byte)).map_or(0, |index| index + 1);
    let word = &name[start..];
    // A long name with many digits may be a credential itself.
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    (!word.is_empty() && word.len() <= LONGEST_NAME && digits <= 4).then(|| String::from_utf8_lossy(word).into_owned())
}
