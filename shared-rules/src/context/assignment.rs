//! Reads backwards from a value to the name it is assigned to: `name = value`, `"name": "value"`, `--name value`,
//! `<name>value</name>`, `set_name("value")`, `Name: Bearer value`, and the two-line forms of YAML and plist.

use std::ops::Range;

/// Bytes before the value in which a keyword counts.
pub(crate) const LOOKBACK: usize = 96;

/// Quotes, blanks and escapes between operator and value, in bytes.
const GAP: usize = 24;

/// Names that hold a value of something named elsewhere: `{name: X, value: Y}`, `<key>X</key><string>Y</string>`.
const HOLDERS: &[&[u8]] = &[
    b"value",
    b"val",
    b"default",
    b"string",
    b"data",
    b"text",
    b"content",
    b"defaultvalue",
    b"stringvalue",
    b"str",
    b"v",
];

/// Types that stand between a name and its value: `const KEY: &str = "…"`, `key: string = "…"`.
const TYPES: &[&[u8]] =
    &[b"str", b"string", b"text", b"char", b"any", b"bytes", b"varchar", b"bytearray", b"secretstr"];

/// Schemes of an `Authorization` header, and what people write before a token in one.
const SCHEMES: &[&[u8]] = &[b"bearer", b"basic", b"token", b"ssws", b"apikey", b"api-key", b"bot", b"key"];

/// The header whose value opens with a scheme.
const HEADER: &[u8] = b"authorization";

/// Longest scheme looked at, in bytes.
const LONGEST_SCHEME: usize = 24;

/// What joins name and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `=`, `:`, `=>`, `:=`.
    Assign,
    /// `<name>value`.
    Tag,
    /// `name("value"`, `("name", "value"`.
    Call,
    /// `--name value`, or a configuration line `name value`.
    Blank,
}

/// A value that is given to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The name's bytes.
    pub(crate) name: Range<usize>,
    /// The bytes before the value in which a keyword counts, the name included.
    pub(crate) lookback: Range<usize>,
    /// What joins them.
    pub(crate) operator: Operator,
    /// Whether a quote opens right before the value.
    pub(crate) quoted: bool,
}

impl Assignment {
    /// The assignment whose value begins at `value`, if one does.
    pub(crate) fn of(bytes: &[u8], value: usize) -> Option<Assignment> {
        let quoted = value > 0 && is_quote(bytes[value - 1]);
        let mut at = skip_gap(bytes, value)?;
        if let Some(before_scheme) = skip_scheme(bytes, at, value) {
            at = skip_gap(bytes, before_scheme)?;
        }
        let (operator, end) = operator(bytes, at, value)?;
        let name = match operator {
            Operator::Tag => tag(bytes, end)?,
            _ => name(bytes, end)?,
        };
        let lookback = lookback_start(bytes, value)..value;
        let name = if operator == Operator::Blank && !blank_assigns(bytes, &name) { return None } else { name };
        let name = if is_holder(&bytes[name.clone()]) { lookback.start.min(name.start)..name.end } else { name };
        Some(Assignment { name, lookback, operator, quoted })
    }
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$' | b'/') || byte >= 0x80
}

/// Skips blanks, quotes, escapes, string prefixes and at most one line end backwards from `at`.
fn skip_gap(bytes: &[u8], at: usize) -> Option<usize> {
    let mut index = at;
    let mut lines = 0;
    let floor = at.saturating_sub(GAP);
    while index > floor {
        let byte = bytes[index - 1];
        match byte {
            b' ' | b'\t' | b'\\' | b'\r' | b'[' | b'{' => index -= 1,
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

/// Length of a prefix such as `r`, `b`, `f`, `@` or `$` before a quote: Python, C#, Rust.
fn string_prefix(before: &[u8]) -> usize {
    match before {
        [.., previous, b'r' | b'b' | b'f' | b'u' | b'R' | b'B' | b'L' | b'@' | b'$'] if !is_name(*previous) => 1,
        _ => 0,
    }
}

/// Start of an authorization scheme that ends at `at`, if one does.
fn skip_scheme(bytes: &[u8], at: usize, value: usize) -> Option<usize> {
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
fn operator(bytes: &[u8], at: usize, value: usize) -> Option<(Operator, usize)> {
    let before = &bytes[..at];
    let line_end = bytes[at..value].contains(&b'\n');
    match *before {
        [.., b'-', b'>'] | [.., b':', b':'] => None,
        [.., b'=', b'>']
        | [.., b':', b'=']
        | [.., b'=', b'=']
        | [.., b'!', b'=']
        | [.., b'+', b'=']
        | [.., b'?', b'='] => Some((Operator::Assign, at - 2)),
        [.., b'=' | b':'] => Some((Operator::Assign, at - 1)),
        // YAML's block scalars: `key: |`, `key: >-`.
        [.., b':', b' ', b'|' | b'>'] if line_end => Some((Operator::Assign, at - 3)),
        [.., b':', b' ', b'|' | b'>', b'-'] if line_end => Some((Operator::Assign, at - 4)),
        [.., b'>'] => Some((Operator::Tag, at - 1)),
        [.., b'('] => Some((Operator::Call, at - 1)),
        [.., b','] => closes_string(&before[..at - 1]).then_some((Operator::Call, at - 1)),
        [.., b'|'] => Some((Operator::Assign, at - 1)),
        _ if line_end || at == value => None,
        _ => Some((Operator::Blank, at)),
    }
}

fn closes_string(before: &[u8]) -> bool {
    before.iter().rev().find(|byte| **byte != b' ').is_some_and(|&byte| is_quote(byte))
}

/// The name that ends before `end`, over blanks, quotes, brackets and a type.
fn name(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    let found = word(bytes, end)?;
    let word_found = &bytes[found.clone()];
    if TYPES.iter().any(|name| name.eq_ignore_ascii_case(word_found)) {
        // `NAME: &str`, `name: Optional[str]`, `char name[]` has its name first too; a bare `string = "…"` has none.
        return word(bytes, skip_type_marks(bytes, found.start)).or(Some(found));
    }
    Some(found)
}

fn skip_type_marks(bytes: &[u8], at: usize) -> usize {
    let marks = bytes[..at].iter().rev().take_while(|byte| matches!(byte, b' ' | b':' | b'&' | b'*' | b'\'')).count();
    at - marks
}

fn word(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    let floor = end.saturating_sub(LOOKBACK);
    let mut at = end;
    while at > floor && matches!(bytes[at - 1], b' ' | b'\t' | b']' | b')' | b'?' | b'!' | b'*' | b'\\') {
        at -= 1;
    }
    if at > floor && is_quote(bytes[at - 1]) {
        let quote = bytes[at - 1];
        let end = if at >= 2 && bytes[at - 2] == b'\\' { at - 2 } else { at - 1 };
        let start = bytes[floor..end].iter().rposition(|&byte| byte == quote || byte == b'\n')? + floor + 1;
        return (start < end).then_some(start..end);
    }
    let start = bytes[floor..at].iter().rposition(|&byte| !is_name(byte)).map_or(floor, |index| floor + index + 1);
    (start < at).then_some(start..at)
}

/// Name and attributes of the tag that ends at `end`: `password` of `<password`, or `string name="password"`.
fn tag(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    let floor = end.saturating_sub(LOOKBACK);
    let start = floor + bytes[floor..end].iter().rposition(|&byte| byte == b'<')? + 1;
    (start < end && !bytes[start..end].contains(&b'\n')).then_some(start..end)
}

/// Whether a blank alone assigns: after a flag, or where the name is a configuration line's first word.
fn blank_assigns(bytes: &[u8], name: &Range<usize>) -> bool {
    if bytes[name.start] == b'-' {
        return true;
    }
    // A configuration line is short; a minified program is one line of megabytes, and must not be walked for each name.
    let floor = name.start.saturating_sub(LOOKBACK);
    let line = match bytes[floor..name.start].iter().rposition(|&byte| byte == b'\n') {
        Some(index) => floor + index + 1,
        None if floor == 0 => 0,
        None => return bytes[name.clone()].eq_ignore_ascii_case(HEADER),
    };
    let first = bytes[line..name.start].trim_ascii().to_ascii_lowercase();
    let opens = [
        &b""[..],
        b"set",
        b"export",
        b"env",
        b"arg",
        b"setenv",
        b"setx",
        b"#define",
        b"define",
        b"set -gx",
        b"set -x",
        b"default",
        b"(setq",
        b"(def",
        b"(defvar",
        b"(defconst",
        b"(define",
    ];
    if bytes[name.clone()].eq_ignore_ascii_case(HEADER) {
        return true;
    }
    // .netrc puts login and password on one line.
    opens.contains(&first.as_slice()) || first.windows(6).any(|part| part == b"login ")
}

fn is_holder(name: &[u8]) -> bool {
    let end = name.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(name.len());
    HOLDERS.iter().any(|holder| holder.eq_ignore_ascii_case(&name[..end]))
}

/// At most `LOOKBACK` bytes and three line ends back, and never into a paragraph before a blank line.
fn lookback_start(bytes: &[u8], value: usize) -> usize {
    let floor = value.saturating_sub(LOOKBACK);
    let ends = memchr::memrchr_iter(b'\n', &bytes[floor..value]).map(|index| floor + index);
    for (lines, index) in (1..).zip(ends) {
        if lines == 3 || (index > 0 && bytes[index - 1] == b'\n') {
            return index + 1;
        }
    }
    floor
}

#[cfg(test)]
mod tests {
    use super::{Assignment, Operator};
    use crate::context::normalize;

    fn name(text: &str) -> Option<(String, Operator)> {
        let value = text.find("VALUE").expect("a value");
        let found = Assignment::of(text.as_bytes(), value)?;
        Some((normalize(&text.as_bytes()[found.name]), found.operator))
    }

    #[test]
    fn every_way_to_assign_is_read() {
        use Operator::{Assign, Blank, Call, Tag};
        let cases = [
            ("API_KEY=VALUE", "apikey", Assign),
            ("  api-key: 'VALUE'", "apikey", Assign),
            ("{\"apiKey\" : \"VALUE\"}", "apikey", Assign),
            ("{\\\"apiKey\\\": \\\"VALUE\\\"}", "apikey", Assign),
            ("api_key := `VALUE`", "apikey", Assign),
            ("'api_key' => 'VALUE'", "apikey", Assign),
            ("const API_KEY: &str = \"VALUE\"", "apikey", Assign),
            ("apiKey: string = \"VALUE\"", "apikey", Assign),
            ("config['api_key'] = b'VALUE'", "apikey", Assign),
            ("Authorization: Bearer VALUE", "authorization", Assign),
            ("-H 'X-Api-Key: VALUE'", "xapikey", Assign),
            ("<apiKey>VALUE</apiKey>", "apikey", Tag),
            ("<string name=\"api_key\">VALUE</string>", "stringnameapikey", Tag),
            ("<add key=\"ApiKey\" value=\"VALUE\"/>", "addkeyapikeyvalue", Assign),
            ("- name: API_KEY\n  value: VALUE", "nameapikeyvalue", Assign),
            ("setApiKey(\"VALUE\")", "setapikey", Call),
            ("setenv(\"API_KEY\", \"VALUE\")", "apikey", Call),
            ("tool --api-key VALUE", "apikey", Blank),
            ("tool --api-key=VALUE", "apikey", Assign),
            ("ENV API_KEY VALUE", "apikey", Blank),
            ("requirepass VALUE", "requirepass", Blank),
            ("machine h login u password VALUE", "password", Blank),
            ("api_key: |\n  VALUE", "apikey", Assign),
            ("| api key | VALUE |", "key", Assign),
        ];
        for (text, expected, operator) in cases {
            assert_eq!(name(text), Some((expected.to_owned(), operator)), "{text}");
        }
    }

    #[test]
    fn prose_and_paths_assign_nothing() {
        for text in ["see the VALUE", "a::VALUE", "ptr->VALUE", "VALUE", "word, VALUE", "the key is VALUE"] {
            assert_eq!(name(text), None, "{text}");
        }
    }
}
