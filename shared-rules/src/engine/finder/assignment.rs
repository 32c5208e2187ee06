//! Values assigned to names such as `password` or `client_secret`: where the value ends, and whether the scorer believes it.

use std::ops::Range;

use super::score::{self, Kind};
use crate::context::{Assignment, FileKind, Operator, Words};
use crate::engine::{Engine, Input, confirm};
use crate::finding::{Evidence, Match};
use crate::rule::{Class, Confidence, Finder};
use crate::secret::Secret;

/// Longest rest of a name behind its telling word, and longest gap up to the value, in bytes.
const LONGEST_REST: usize = 40;
const LONGEST_GAP: usize = 32;

/// Words between a name and its value.
const BETWEEN: &[&[u8]] = &[b"value", b"is", b"was", b"ist", b"est", b"es"];

/// Letters-only values with this many switches of case, or this long, may be drawn ones.
const LEAST_SWITCHES: usize = 4;
const LONGEST_WORD: usize = 28;

/// Longest value that is still a password or token, in bytes.
const LONGEST_VALUE: usize = 256;

/// Longest key in base64 without armour that is assigned to a telling name, in bytes.
const LONGEST_KEY: usize = 4096;

/// Where the value begins whose name holds a telling word that ends at `at`.
pub(in crate::engine) fn value_after(bytes: &[u8], at: usize) -> Option<usize> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || *byte >= 0x80;
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
    // Markdown: `**Password:** value`.
    let bold = |index: usize| window[index..].starts_with(b"**") || index > 0 && window[index - 1..].starts_with(b"**");
    // `"password": { "value"`, and not the brace of `{cipher}…`.
    let opens = |index: usize| {
        window[index] == b'{' && window.get(index + 1).is_some_and(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'\n'))
    };
    let length = window.iter().enumerate().position(|(index, byte)| !gap(byte) && !bold(index) && !opens(index))?;
    let lines = window[..length].iter().filter(|&&byte| byte == b'\n').count();
    if length == 0 || lines > 1 {
        return None;
    }
    // An empty value is not continued on the next line, unless by a quote, a block's mark or an element.
    let quoted = matches!(window[length - 1], b'"' | b'\'' | b'`');
    let continued = quoted || window[..length].iter().any(|byte| matches!(byte, b'|' | b'>' | b'(' | b','));
    if lines == 1 && !continued {
        return None;
    }
    let rest = &window[length..];
    // `"password": { "value": "…" }`, `the password is …`.
    let between = BETWEEN.iter().find(|word| rest.starts_with(word) && rest.get(word.len()).is_some_and(gap));
    match between {
        Some(word) if at + length + word.len() < bytes.len() => skip_gap(bytes, at + length + word.len()),
        _ => Some(at + length),
    }
}

/// The match of a generic rule on the value that begins at `at` and whose name promises `kind`, if the scorer believes it.
pub(in crate::engine) fn find(
    engine: &Engine,
    input: &Input<'_>,
    at: usize,
    assignment: &Assignment,
    kind: Kind,
    place: FileKind,
) -> Option<Match> {
    if is_private(&input.bytes[assignment.name.clone()]) {
        input.note();
    }
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
        place,
    })?;
    let name = confirm::plain_name(&input.bytes[assignment.name.clone()]);
    let found = matched(engine, kind, value, span, confidence, name)?;
    let unless = &engine.catalogue.rule(found.rule).unless;
    (unless.is_empty() || !confirm::is_near(unless, input, at, found.span.end)).then_some(found)
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
        _ => (score::kind(name, &Words::of(name), assignment.held)?, decoded.trim_ascii()),
    };
    let place = FileKind::of(input.path);
    let candidate = score::Candidate { kind, value, quoted: true, called: false, blank: false, next: None, place };
    let confidence = score::judge(&candidate)?;
    matched(engine, kind, value, 0..0, confidence, confirm::plain_name(name))
}

pub(super) fn matched(
    engine: &Engine,
    kind: Kind,
    value: &[u8],
    span: Range<usize>,
    confidence: Confidence,
    name: Option<String>,
) -> Option<Match> {
    let is_password = |rule: usize| engine.catalogue.rule(rule).class == Class::Password;
    let rule = engine.index.finders(Finder::Assignment).find(|&rule| is_password(rule) == (kind == Kind::Password))?;
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
        member: None,
        prefix: String::new(),
    })
}

/// Whether the value is part of an encrypted block: `password: ENC[AES256_GCM,data:…`.
pub(in crate::engine) fn is_encrypted(bytes: &[u8], at: usize) -> bool {
    let floor = at.saturating_sub(LONGEST_VALUE);
    let line = memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |index| floor + index + 1);
    let value = &bytes[at..];
    let sealed = [&b"ENC("[..], b"ENC[", b"EJ[", b"encrypted:", b"{cipher}", b"vault:v", b"!vault", b"$ANSIBLE_VAULT"];
    sealed.iter().any(|open| value.starts_with(open))
        || [&b"ENC["[..], b"ENC(", b"EJ[", b"{cipher}"]
            .iter()
            .any(|open| memchr::memmem::find(&bytes[line..at], open).is_some())
}

/// Whether the name belongs to a path or a call rather than to this value: `token.ts": "hash"`, `md5(password) == "…"`.
fn is_elsewhere(bytes: &[u8], assignment: &Assignment, at: usize) -> bool {
    let name = &bytes[assignment.name.clone()];
    let between = &bytes[assignment.name.end.min(at)..at];
    name.contains(&b'/') || between.contains(&b')') && assignment.operator != Operator::Default
}

/// From the value's first byte to its end: the closing quote, or what ends a bare word. `None` if it is longer than a secret.
fn extent(bytes: &[u8], at: usize, assignment: &Assignment) -> Option<Range<usize>> {
    let window = &bytes[at..bytes.len().min(at + LONGEST_KEY)];
    // In an element `&` opens an entity; elsewhere it joins the next parameter.
    let tag = assignment.operator == Operator::Tag;
    let ends =
        |byte: u8| if tag { byte == b'<' } else { matches!(byte, b'"' | b'\'' | b'`' | b'<' | b';' | b'&' | b',') };
    let quote = at.checked_sub(1).map(|index| bytes[index]).filter(|_| assignment.quoted);
    let length = match quote {
        Some(quote) => quoted_length(window, quote),
        None => window.iter().position(|byte| byte.is_ascii_whitespace() || ends(*byte)).unwrap_or(window.len()),
    };
    let fits = length < LONGEST_VALUE || length < LONGEST_KEY && is_private(&bytes[assignment.name.clone()]);
    fits.then_some(at..at + length)
}

/// Whether the name promises a private key, which is longer than any password.
fn is_private(name: &[u8]) -> bool {
    memchr::memmem::find(&name.to_ascii_lowercase(), b"private").is_some()
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
