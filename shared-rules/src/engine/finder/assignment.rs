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

/// Longest value that is still a password or token, in bytes.
const LONGEST_VALUE: usize = 256;

/// Where the value begins whose name holds a telling word that ends at `at`.
pub(in crate::engine) fn value_after(bytes: &[u8], at: usize) -> Option<usize> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let rest = &bytes[at..bytes.len().min(at + LONGEST_REST)];
    let name_end = at + rest.iter().position(|byte| !is_name(byte))?;
    let value = skip_gap(bytes, name_end)?;
    // `password: str = "…"`: what stands behind the colon is a type, the value follows the next sign.
    let word = &bytes[value..bytes.len().min(value + LONGEST_REST)];
    let word_length = word.iter().position(|byte| !is_name(byte)).unwrap_or(word.len());
    let after = skip_blanks(bytes, value + word_length);
    if bytes[name_end..value].contains(&b':')
        && bytes.get(after) == Some(&b'=')
        && bytes.get(after + 1) != Some(&b'=')
        && word_length > 0
        && after > value + word_length
    {
        return skip_gap(bytes, after);
    }
    Some(value)
}

fn skip_blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..]
        .iter()
        .take(LONGEST_GAP)
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b']' | b'?' | b'>'))
        .count()
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
    let line = bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |index| index + 1);
    name.contains(&b'/') || between.contains(&b')') || block(&bytes[line.max(at.saturating_sub(LONGEST_VALUE))..at])
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
            "pass=VALUE",
            "passWORD_2 = 'VALUE'",
            "pass\": \"VALUE\"",
            "password: str = \"VALUE\"",
            "password: Optional[str] = \"VALUE\"",
            "pass>VALUE<",
            "pass\", \"VALUE\")",
            "pass: |\n  VALUE",
        ] {
            let expected = text.find("VALUE");
            let found = value_after(text.as_bytes(), 4);
            if text.contains("Optional") {
                assert!(found.is_some(), "{text}");
            } else {
                assert_eq!(found, expected, "{text}");
            }
        }
        assert_eq!(value_after(b"passed", 4), None);
        assert_eq!(value_after(b"pass\n\n\nVALUE", 4), None);
    }
}
