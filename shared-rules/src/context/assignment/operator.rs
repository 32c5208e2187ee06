//! What stands between a name and its value: blanks, quotes, an authorization scheme, the sign that assigns.

use super::{Operator, is_name, is_quote};

/// Quotes, blanks and escapes between operator and value, in bytes.
const GAP: usize = 24;

/// Schemes of an `Authorization` header, and what people write before a token in one.
const SCHEMES: &[&[u8]] = &[b"bearer", b"basic", b"token", b"ssws", b"apikey", b"api-key", b"bot", b"key"];

/// The header whose value opens with a scheme.
pub(super) const HEADER: &[u8] = b"authorization";

/// Bytes of a table's row that are looked at.
const LONGEST_ROW: usize = 200;

/// Longest scheme looked at, in bytes.
const LONGEST_SCHEME: usize = 24;

/// Skips blanks, quotes, escapes, string prefixes and at most one line end backwards from `at`.
pub(super) fn skip_gap(bytes: &[u8], at: usize) -> Option<usize> {
    let mut index = at;
    let mut lines = 0;
    let floor = at.saturating_sub(GAP);
    while index > floor {
        let byte = bytes[index - 1];
        match byte {
            b' ' | b'\t' | b'\\' | b'\r' | b'[' | b'{' => index -= 1,
            b'*' if bytes[..index].ends_with(b"**") => index -= 2,
            b'\n' if lines == 0 => {
                lines = 1;
                index -= 1;
            }
            _ if is_quote(byte) => {
                index -= 1;
                index -= string_prefix(&bytes[..index]);
            }
            _ => return Some(index),
        }
    }
    None
}

/// Length of a prefix such as `r`, `b`, `f`, `N`, `@` or `$` before a quote: Python, C#, Rust, SQL.
fn string_prefix(before: &[u8]) -> usize {
    match before {
        [.., previous, b'r' | b'b' | b'f' | b'u' | b'R' | b'B' | b'L' | b'N' | b'@' | b'$'] if !is_name(*previous) => 1,
        _ => 0,
    }
}

/// Start of an authorization scheme that ends at `at`, if one does.
pub(super) fn skip_scheme(bytes: &[u8], at: usize, value: usize) -> Option<usize> {
    if at == value || !bytes[at..value].contains(&b' ') {
        return None;
    }
    let floor = at.saturating_sub(LONGEST_SCHEME);
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'-';
    let start = bytes[floor..at].iter().rposition(|byte| !letter(byte)).map_or(floor, |index| floor + index + 1);
    let word = &bytes[start..at];
    let stands_alone = start == 0 || !is_name(bytes[start - 1]);
    // In an `Authorization` header any word can be the scheme.
    let joint = |byte: &u8| is_quote(*byte) || matches!(byte, b' ' | b':' | b'=' | b',' | b'>');
    let from = start.saturating_sub(GAP);
    let end = bytes[from..start].iter().rposition(|byte| !joint(byte)).map_or(from, |index| from + index + 1);
    let header = bytes[end.saturating_sub(HEADER.len())..end].eq_ignore_ascii_case(HEADER);
    (stands_alone && (header || SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word)))).then_some(start)
}

/// The operator that ends at `at`, and where what is before it ends.
pub(super) fn operator(bytes: &[u8], at: usize, value: usize) -> Option<(Operator, usize)> {
    let before = &bytes[..at];
    let line_end = bytes[at..value].contains(&b'\n');
    match *before {
        [.., b'-', b'>'] | [.., b':', b':'] => None,
        [.., b'=', b'=', b'='] | [.., b'!', b'=', b'='] => Some((Operator::Assign, at - 3)),
        [.., b'=' | b':' | b'+' | b'?' | b'!' | b'|', b'='] | [.., b'=', b'>'] => Some((Operator::Assign, at - 2)),
        // What stands in where a variable is unset: `||`, `??`, PHP's `?:`, the shell's `${NAME:-value}`, Python's `or`.
        [.., b'|', b'|'] | [.., b'?', b'?'] | [.., b'?', b':'] | [.., b':', b'-'] => Some((Operator::Default, at - 2)),
        [.., b' ', b'o', b'r'] if at < value => Some((Operator::Default, at - 3)),
        // `a:b:name:value` names no value: it is an address of its own.
        [.., b':'] if at == value && is_chained(before) => None,
        [.., b'=' | b':'] => Some((Operator::Assign, at - 1)),
        // YAML's block scalars: `key: |`, `key: >-`.
        [.., b':', b' ', b'|' | b'>'] if line_end => Some((Operator::Assign, at - 3)),
        [.., b':', b' ', b'|' | b'>', b'-'] if line_end => Some((Operator::Assign, at - 4)),
        [.., b'>'] => Some((Operator::Tag, at - 1)),
        [.., b'('] => Some((Operator::Call, at - 1)),
        [.., b','] => closes_string(&before[..at - 1]).then_some((Operator::Call, at - 1)),
        // A full-width colon, as Chinese and Japanese notes have it.
        [.., 0xef, 0xbc, 0x9a] => Some((Operator::Assign, at - 3)),
        [.., b'|'] if is_table_row(before) => Some((Operator::Assign, at - 1)),
        [.., b'|'] => None,
        _ if line_end || at == value => None,
        // `name{"value"}` initializes in C++ and Rust.
        _ if matches!(bytes[at], b'{' | b'[') => Some((Operator::Assign, at)),
        // A quote that follows a word at once closes a string.
        _ if is_quote(bytes[at]) => None,
        _ => Some((Operator::Blank, at)),
    }
}

/// Whether the word before the colon that ends `before` stands behind a colon itself, without a blank.
fn is_chained(before: &[u8]) -> bool {
    let word = before[..before.len() - 1].iter().rev().take_while(|byte| is_name(**byte)).count();
    before.len() > word + 1 && before[before.len() - word - 2] == b':'
}

/// Whether the line opens with a bar, as rows of Markdown's tables do.
fn is_table_row(before: &[u8]) -> bool {
    let window = &before[before.len().saturating_sub(LONGEST_ROW)..];
    memchr::memrchr(b'\n', window).map_or(window, |end| &window[end + 1..]).trim_ascii_start().starts_with(b"|")
}

fn closes_string(before: &[u8]) -> bool {
    before.iter().rev().find(|byte| **byte != b' ').is_some_and(|&byte| is_quote(byte))
}
