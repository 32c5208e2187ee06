//! The words, texts, numbers and marks of a filter expression, in either of the two languages it may be written in.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Number(f64),
    Mark(&'static str),
}

/// Marks, longer ones before those they begin with.
const MARKS: &[&str] = &[
    "||", "&&", "==", "!=", "<=", ">=", "?.", "??", "(", ")", "[", "]", "{", "}", ",", ".", "?", ":", ";", "!", "<",
    ">", "=", "+", "-", "*", "/", "%", "|", "#", "^",
];

/// Tokens, each with where it begins.
pub(super) fn tokens(source: &str) -> Result<Vec<(usize, Token)>, String> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(letter) = source[at..].chars().next() {
        let rest = &source[at..];
        let length = if letter.is_whitespace() {
            letter.len_utf8()
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").ok_or("a comment is not closed")? + 2
        } else if let Some((text, length)) = text(rest)? {
            tokens.push((at, Token::Text(text)));
            length
        } else if letter.is_ascii_digit() {
            let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let number = rest[..length].parse().map_err(|_| format!("`{}` is no number", &rest[..length]))?;
            tokens.push((at, Token::Number(number)));
            length
        } else if letter.is_alphabetic() || letter == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push((at, Token::Word(rest[..length].to_owned())));
            length
        } else {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
            let mark = mark.ok_or_else(|| format!("`{}` is not expected", letter.escape_default()))?;
            tokens.push((at, Token::Mark(mark)));
            mark.len()
        };
        at += length;
    }
    Ok(tokens)
}

/// The text literal at the start of `rest` and its length: quoted, in backticks, tripled, raw.
fn text(rest: &str) -> Result<Option<(String, usize)>, String> {
    let raw = rest.starts_with(['r', 'R']) && rest[1..].starts_with(['"', '\'']);
    let body = &rest[usize::from(raw)..];
    let Some(quote) = ["\"\"\"", "'''", "\"", "'", "`"].iter().find(|quote| body.starts_with(**quote)) else {
        return Ok(None);
    };
    let raw = raw || *quote == "`";
    let mut text = String::new();
    let mut letters = body[quote.len()..].char_indices();
    while let Some((at, letter)) = letters.next() {
        if body[quote.len() + at..].starts_with(*quote) {
            return Ok(Some((text, rest.len() - body.len() + at + 2 * quote.len())));
        }
        if letter != '\\' || raw {
            text.push(letter);
            continue;
        }
        match letters.next().map(|(_, escaped)| escaped) {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some(plain) if !plain.is_alphanumeric() => text.push(plain),
            other => return Err(format!("the escape `\\{}` is not known", other.unwrap_or_default().escape_default())),
        }
    }
    Err("a text is not closed".to_owned())
}
