//! Values assigned to names such as `password` or `client_secret`: where the value ends, and whether the scorer believes it.

use std::ops::Range;

use super::score::{self, Kind};
use crate::context::{Assignment, Operator, Words};
use crate::engine::{Engine, Input, confirm};
use crate::finding::{Evidence, Match};
use crate::rule::{Class, Confidence};
use crate::secret::Secret;

/// Longest rest of a name behind its telling word, and longest gap up to the value, in bytes.
const LONGEST_REST: usize = 40;
const LONGEST_GAP: usize = 32;

/// Letters-only values with this many switches of case, or this long, may be drawn ones.
const LEAST_SWITCHES: usize = 4;
const LONGEST_WORD: usize = 28;

/// Longest value that is still a password or token, in bytes.
const LONGEST_VALUE: usize = 256;

/// Where the value begins whose name holds a telling word that ends at `at`.
pub(in crate::engine) fn value_after(bytes: &[u8], at: usize) -> Option<usize> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let rest = &bytes[at..bytes.len().min(at + LONGEST_REST)];
    let name_end = at + rest.iter().position(|byte| !is_name(byte))?;
    let value = skip_gap(bytes, name_end)?;
    // `password: Optional[str] = "…"`: what stands behind the colon is a type, the value follows the next sign.
    let is_type = |byte: &u8| is_name(byte) || matches!(byte, b'[' | b']' | b'<' | b'>' | b'|' | b'?' | b'&' | b' ');
    let rest = &bytes[value..bytes.len().min(value + LONGEST_REST)];
    let after = rest.iter().position(|byte| !is_type(byte)).unwrap_or(rest.len());
    let signed = rest[after..].starts_with(b"=") && !rest[after..].starts_with(b"==");
    let value = if bytes[name_end..value].contains(&b':') && signed && rest[..after].ends_with(b" ") {
        skip_gap(bytes, value + after)?
    } else {
        value
    };
    is_worth_a_look(bytes, value).then_some(value)
}

/// Whether the value is long enough and more than a word of program text: it has a digit, a mark that no name has, or letters that
/// switch case as drawn ones do. Everything else the scorer would refuse after far more work.
fn is_worth_a_look(bytes: &[u8], at: usize) -> bool {
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'`');
    let quoted = at > 0 && is_quote(&bytes[at - 1]);
    let ends = |byte: &u8| is_quote(byte) || byte.is_ascii_whitespace() || !quoted && matches!(byte, b',' | b';');
    let head = &bytes[at..bytes.len().min(at + LONGEST_REST)];
    let value = &head[..head.iter().position(ends).unwrap_or(head.len())];
    if value.len() < score::SHORTEST {
        return false;
    }
    let word = |byte: &u8| {
        byte.is_ascii_alphabetic()
            || matches!(byte, b'_' | b'-' | b'.' | b'(' | b')' | b'/' | b':' | b'[' | b']' | b'{' | b'}')
    };
    let switch = |pair: &&[u8]| {
        pair.iter().all(u8::is_ascii_alphabetic) && pair[0].is_ascii_uppercase() != pair[1].is_ascii_uppercase()
    };
    !value.iter().all(word) || value.windows(2).filter(switch).count() >= LEAST_SWITCHES || value.len() >= LONGEST_WORD
}

fn skip_gap(bytes: &[u8], at: usize) -> Option<usize> {
    let gap = |byte: &u8| {
        matches!(
            byte,
            b' ' | b'\t'
                | b'\n'
                | b'\r'
                | b'"'
                | b'\''
                | b'`'
                | b']'
                | b')'
                | b':'
                | b'='
                | b'>'
                | b','
                | b'('
                | b'|'
                | b'\\'
        )
    };
    let window = &bytes[at..bytes.len().min(at + LONGEST_GAP)];
    let length = window.iter().position(|byte| !gap(byte))?;
    let lines = window[..length].iter().filter(|&&byte| byte == b'\n').count();
    (length > 0 && lines <= 1).then_some(at + length)
}

/// The match of a generic rule on the value that begins at `at`, if the scorer believes it.
pub(in crate::engine) fn find(
    engine: &Engine,
    input: &Input<'_>,
    at: usize,
    assignment: &Assignment,
    name: &Words,
) -> Option<Match> {
    let kind = score::kind(name)?;
    let span = extent(input.bytes, at, assignment)?;
    if is_elsewhere(input.bytes, assignment, at) {
        return None;
    }
    let value = &input.bytes[span.clone()];
    let confidence = score::judge(&score::Candidate {
        kind,
        value,
        quoted: assignment.quoted,
        called: assignment.operator == Operator::Call,
        blank: assignment.operator == Operator::Blank,
        next: input.bytes.get(span.end).copied(),
        path: input.path,
    })?;
    let name = confirm::plain_name(&input.bytes[assignment.name.clone()]);
    matched(engine, kind, value, span, confidence, name)
}

/// The same for a value that was decoded: a Secret of Kubernetes, or `user:password` of a Basic header.
pub(in crate::engine) fn find_decoded(
    engine: &Engine,
    input: &Input<'_>,
    decoded: &[u8],
    assignment: &Assignment,
) -> Option<Match> {
    let name = &input.bytes[assignment.name.clone()];
    let basic = name.to_ascii_lowercase().ends_with(b"authorization") || name.eq_ignore_ascii_case(b"auth");
    let (kind, value) = match decoded.iter().position(|&byte| byte == b':') {
        Some(colon) if basic => (Kind::Password, &decoded[colon + 1..]),
        _ => (score::kind(&Words::of(name))?, decoded.trim_ascii()),
    };
    let candidate =
        score::Candidate { kind, value, quoted: true, called: false, blank: false, next: None, path: input.path };
    let confidence = score::judge(&candidate)?;
    matched(engine, kind, value, 0..0, confidence, confirm::plain_name(name))
}

fn matched(
    engine: &Engine,
    kind: Kind,
    value: &[u8],
    span: Range<usize>,
    confidence: Confidence,
    name: Option<String>,
) -> Option<Match> {
    let is_password = |rule: usize| engine.catalogue.rule(rule).class == Class::Password;
    let rules = engine.index.assignments();
    let rule = *rules.iter().find(|&&rule| is_password(rule) == (kind == Kind::Password))?;
    Some(Match {
        rule,
        secret: Secret::new(value),
        span,
        evidence: Evidence::Shape,
        confidence,
        checksum: None,
        expires: None,
        name,
        trail: Vec::new(),
        prefix: String::new(),
    })
}

/// Whether the name belongs to a path, a call or an encrypted block rather than to this value:
/// `token.ts": "hash"`, `md5(password) == "…"`, `password: ENC[AES256_GCM,data:…`.
fn is_elsewhere(bytes: &[u8], assignment: &Assignment, at: usize) -> bool {
    let name = &bytes[assignment.name.clone()];
    let between = &bytes[assignment.name.end.min(at)..at];
    let block = |text: &[u8]| [&b"ENC["[..], b"EJ["].iter().any(|open| memchr::memmem::find(text, open).is_some());
    let floor = at.saturating_sub(LONGEST_VALUE);
    let line = memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |index| floor + index + 1);
    name.contains(&b'/') || between.contains(&b')') || block(&bytes[line..at])
}

/// From the value's first byte to its end: the closing quote, or what ends a bare word. `None` if it is longer than a secret.
fn extent(bytes: &[u8], at: usize, assignment: &Assignment) -> Option<Range<usize>> {
    let window = &bytes[at..bytes.len().min(at + LONGEST_VALUE)];
    let quote = at.checked_sub(1).map(|index| bytes[index]).filter(|_| assignment.quoted);
    let length = match quote {
        Some(quote) => quoted_length(window, quote),
        None => window
            .iter()
            .position(|byte| {
                byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b';' | b'&' | b',')
            })
            .unwrap_or(window.len()),
    };
    (length < LONGEST_VALUE).then_some(at..at + length)
}

fn quoted_length(window: &[u8], quote: u8) -> usize {
    let end = window.iter().position(|&byte| byte == quote || byte == b'\n').unwrap_or(window.len());
    // The quote itself may be escaped, as in JSON inside a string.
    if end > 0 && window[end - 1] == b'\\' { end - 1 } else { end }
}

#[cfg(test)]
mod tests {
    use super::value_after;

    #[test]
    fn the_value_is_found_behind_the_rest_of_its_name() {
        for text in [
            "pass=V4LUES",
            "passWORD_2 = 'V4LUES'",
            "pass\": \"V4LUES\"",
            "password: str = \"V4LUES\"",
            "password: Optional[str] = \"V4LUES\"",
            "pass>V4LUES<",
            "pass\", \"V4LUES\")",
            "pass: |\n  V4LUES",
        ] {
            let expected = text.find("V4LUES");
            let found = value_after(text.as_bytes(), 4);
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(value_after(b"passed", 4), None);
        assert_eq!(value_after(b"pass\n\n\nV4LUES", 4), None);
    }
}
