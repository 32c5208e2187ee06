//! Where the assigned name stands: over brackets, types, accessors and the calls that only wrap a value.

use std::ops::Range;

use super::{LOOKBACK, is_name, is_quote, operator};

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
    b"parametervalue",
    b"argument.value",
];

/// Words of prose between a name and its value.
const COPULAS: &[&[u8]] = &[b"is", b"was", b"ist", b"est", b"es"];

/// Types that stand between a name and its value: `const KEY: &str = "…"`, `key: string = "…"`.
const TYPES: &[&[u8]] =
    &[b"str", b"string", b"text", b"char", b"any", b"bytes", b"varchar", b"bytearray", b"secretstr"];

/// Calls that return what they were given, decoded, wrapped or as bytes: the name is further left.
const WRAPPERS: &[&[u8]] = &[
    b"atob",
    b"b64decode",
    b"base64_decode",
    b"base64decode",
    b"decode",
    b"decode64",
    b"decodestring",
    b"strict_decode64",
    b"urlsafe_b64decode",
    b"frombase64string",
    b"unhexlify",
    b"fromhex",
    b"from",
    b"bytes",
    b"byte",
    b"str",
    b"string",
    b"secretstr",
    b"securestring",
    b"convertto-securestring",
    b"quote",
    b"tochararray",
];

/// Attributes of an element that name what its text or its `value` is.
const NAMING: &[&[u8]] = &[b"name=", b"key=", b"id=", b"property="];

/// Commands of tools that take a credential as their next word: `wandb login X`, `snyk auth X`, `vault operator unseal X`.
const VERBS: &[&[u8]] = &[b"login", b"auth", b"unseal", b"authtoken", b"add-authtoken", b"set-token", b"token"];

/// First words of a configuration or script line behind which `name value` assigns.
const OPENINGS: &[&[u8]] = &[
    b"",
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
    b"-",
    b"*",
];

/// The name that ends before `end`, over blanks, quotes, brackets, accessors and a type.
pub(super) fn name(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    let end = skip_accessors(bytes, end);
    let mut found = word(bytes, end)?;
    // Go: `token, err := …`, `token, _ = …`.
    if matches!(&bytes[found.clone()], b"_" | b"err" | b"ok")
        && let [before @ .., b','] = bytes[..found.start].trim_ascii_end()
    {
        found = word(bytes, before.len())?;
    }
    let found = chain(bytes, found);
    let word_found = &bytes[found.clone()];
    if COPULAS.contains(&word_found) {
        return word(bytes, found.start);
    }
    if TYPES.iter().any(|name| name.eq_ignore_ascii_case(word_found)) {
        // `NAME: &str`, `name: Optional[str]`, `char name[]` has its name first too; a bare `string = "…"` has none.
        return word(bytes, skip_type_marks(bytes, found.start)).or(Some(found));
    }
    Some(found)
}

/// All keys of `config['db']['password']['app']`.
fn chain(bytes: &[u8], last: Range<usize>) -> Range<usize> {
    let mut start = last.start;
    let floor = start.saturating_sub(LOOKBACK);
    // Before a key stand its quote and bracket, and the closing ones of the key before.
    while start >= floor + 4 && is_quote(bytes[start - 1]) && bytes[start - 3..start - 1] == *b"][" {
        let end = start - 4;
        if !is_quote(bytes[end]) {
            break;
        }
        let Some(key) = bytes[floor..end].iter().rposition(|&byte| byte == bytes[end] || byte == b'\n') else { break };
        start = floor + key + 1;
    }
    start..last.end
}

/// C#'s `{ get; set; }` between a property and its value.
fn skip_accessors(bytes: &[u8], end: usize) -> usize {
    let before = bytes[..end].trim_ascii_end();
    if before.last() != Some(&b'}') {
        return end;
    }
    let floor = before.len().saturating_sub(LOOKBACK);
    let open = before[floor..].iter().rposition(|&byte| byte == b'{').map(|index| floor + index);
    open.filter(|&open| before[open..].windows(3).any(|part| part == b"get")).unwrap_or(end)
}

fn skip_type_marks(bytes: &[u8], at: usize) -> usize {
    let marks = bytes[..at].iter().rev().take_while(|byte| matches!(byte, b' ' | b':' | b'&' | b'*' | b'\'')).count();
    let at = at - marks;
    // Visual Basic: `Const Name As String = "…"`.
    if marks > 0 && bytes[..at].len() > 3 && bytes[at - 3..at].eq_ignore_ascii_case(b" as") { at - 3 } else { at }
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

/// What is called by the parenthesis at `open`, if it only wraps its argument: where the call begins.
pub(super) fn wrapper(bytes: &[u8], open: usize) -> Option<usize> {
    let end = open - bytes[..open].iter().rev().take_while(|byte| matches!(byte, b'!' | b')' | b']')).count();
    let floor = end.saturating_sub(LOOKBACK);
    let part = |byte: &u8| is_name(*byte) || matches!(byte, b':' | b'(' | b')' | b'[' | b']');
    let called = bytes[floor..end].iter().rposition(|byte| !is_name(*byte)).map_or(floor, |index| floor + index + 1);
    let last = bytes[called..end].rsplit(|byte| matches!(byte, b'.' | b'/')).next()?;
    if !WRAPPERS.iter().any(|wrapper| wrapper.eq_ignore_ascii_case(last)) {
        return None;
    }
    // `Encoding.UTF8.GetString(Convert.FromBase64String(`, `Base64.getDecoder().decode(`, `[]byte(`, `new String(`.
    let start = bytes[floor..called].iter().rposition(|byte| !part(byte)).map_or(floor, |index| floor + index + 1);
    let before = bytes[..start].trim_ascii_end();
    Some(before.strip_suffix(b"new").map_or(before.len(), |before| before.trim_ascii_end().len()))
}

/// Longest tag looked at, in bytes.
const LONGEST_TAG: usize = 240;

/// Name of the tag that ends at `end`: `password` of `<password`, or of `<string name="password"`.
pub(super) fn tag(bytes: &[u8], end: usize) -> Option<Range<usize>> {
    let floor = end.saturating_sub(LONGEST_TAG);
    let start = floor + bytes[floor..end].iter().rposition(|&byte| byte == b'<')? + 1;
    let inside = &bytes[start..end];
    if inside.is_empty() || inside.contains(&b'\n') {
        return None;
    }
    let element = inside.iter().position(u8::is_ascii_whitespace).unwrap_or(inside.len());
    Some(naming(inside).map_or(start..start + element, |named| start + named.start..start + named.end))
}

/// The value of the attribute that names an element.
fn naming(inside: &[u8]) -> Option<Range<usize>> {
    let at = NAMING.iter().find_map(|attribute| {
        let at = memchr::memmem::find(inside, attribute)?;
        (at > 0 && inside[at - 1] == b' ').then_some(at + attribute.len())
    })?;
    let start = at + usize::from(inside.get(at).is_some_and(|byte| is_quote(*byte)));
    let length = inside[start..].iter().position(|byte| is_quote(*byte))?;
    (length > 0).then_some(start..start + length)
}

/// Whether a blank alone assigns: after a flag, before a quote, behind a tool's command, or where the name is a configuration line's first word.
pub(super) fn blank_assigns(bytes: &[u8], name: &Range<usize>, quoted: bool) -> bool {
    let word = &bytes[name.clone()];
    let known = |list: &[&[u8]]| list.iter().any(|known| known.eq_ignore_ascii_case(word));
    // `the password is …`: the name is not what stands right before the value.
    let copula = COPULAS.iter().any(|copula| bytes[name.end..].trim_ascii_start().starts_with(copula));
    if bytes[name.start] == b'-' || quoted || copula || word.eq_ignore_ascii_case(operator::HEADER) || known(VERBS) {
        return true;
    }
    // A configuration line is short; a minified program is one line of megabytes, and must not be walked for each name.
    let floor = name.start.saturating_sub(LOOKBACK);
    let line = match bytes[floor..name.start].iter().rposition(|&byte| byte == b'\n') {
        Some(index) => floor + index + 1,
        None if floor == 0 => 0,
        None => return false,
    };
    let first = bytes[line..name.start].trim_ascii().to_ascii_lowercase();
    // .netrc puts login and password on one line, HAProxy user and password.
    OPENINGS.contains(&first.as_slice())
        || [&b"login "[..], b"user "].iter().any(|word| first.windows(word.len()).any(|part| part == *word))
}

pub(super) fn is_holder(name: &[u8]) -> bool {
    // Nearly every name ends here.
    if !name.first().is_some_and(|first| b"vdstcpa".contains(&first.to_ascii_lowercase())) {
        return false;
    }
    let end = name.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(name.len());
    HOLDERS.iter().any(|holder| holder.eq_ignore_ascii_case(&name[..end]) || holder.eq_ignore_ascii_case(name))
}
