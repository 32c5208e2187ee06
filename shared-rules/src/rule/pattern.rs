//! A rule's regular expression, compiled on its first use, and what may not follow a match of it.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Compiled size above which a pattern is refused, in bytes. It bounds memory and compile time of foreign rules.
pub(crate) const COMPILED_LIMIT: usize = 2 << 20;

/// A pattern for one credential, matched only where an anchor stands.
pub struct Pattern {
    source: String,
    compiled: OnceLock<Compiled>,
}

struct Compiled {
    regex: Regex,
    secret_group: Option<usize>,
    continues: [bool; 256],
}

/// Where a pattern matched, relative to the text it was tried on.
#[derive(Debug, PartialEq, Eq)]
pub struct PatternMatch {
    /// The whole match.
    pub whole: Range<usize>,
    /// The part that is the credential.
    pub secret: Range<usize>,
}

impl Pattern {
    /// Takes the source as written; nothing is compiled yet.
    pub fn new(source: String) -> Self {
        Pattern { source, compiled: OnceLock::new() }
    }

    /// The expression as written in the rule file.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Compiles now and tells what is wrong, for rules that nobody has proven yet.
    ///
    /// # Errors
    /// The regex engine's own description.
    pub fn check(&self) -> Result<(), String> {
        compile(&self.source).map(drop)
    }

    /// Tries the pattern at the start of `text` and nowhere else. `after` is the byte run behind `text`'s limit, if any:
    /// a match that the following bytes would continue is no match.
    pub fn match_at(&self, text: &[u8], reach: usize) -> Option<PatternMatch> {
        let compiled = self.compiled.get_or_init(|| {
            compile(&self.source).expect("the loop over all rule files compiles every embedded pattern")
        });
        let window = &text[..text.len().min(reach)];
        let (whole, secret) = match compiled.secret_group {
            None => {
                let found = compiled.regex.find(window)?;
                (found.range(), found.range())
            }
            Some(group) => {
                let captures = compiled.regex.captures(window)?;
                (captures.get(0)?.range(), captures.get(group)?.range())
            }
        };
        if compiled.is_continued(text, whole.end) || whole.is_empty() {
            return None;
        }
        Some(PatternMatch { whole, secret })
    }
}

impl Compiled {
    /// Whether the bytes at `end` belong to the same word, so that the match is only the head of something longer.
    fn is_continued(&self, text: &[u8], end: usize) -> bool {
        let Some(&next) = text.get(end) else { return false };
        if next == b'-' {
            return text.get(end + 1).is_some_and(|byte| byte.is_ascii_alphanumeric());
        }
        self.continues[next as usize]
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pattern({})", self.source)
    }
}

fn compile(source: &str) -> Result<Compiled, String> {
    let anchored = format!(r"\A(?:{source})");
    let regex = RegexBuilder::new(&anchored)
        .unicode(false)
        .size_limit(COMPILED_LIMIT)
        .build()
        .map_err(|error| error.to_string())?;
    let secret_group = regex.capture_names().position(|name| name == Some("secret"));
    let hir = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(source)
        .map_err(|error| error.to_string())?;
    Ok(Compiled { regex, secret_group, continues: continuation(&hir) })
}

/// Bytes that would make a match the head of a longer word: letters, digits, `_`, and whatever the pattern's last element accepts.
fn continuation(hir: &Hir) -> [bool; 256] {
    let mut set = [false; 256];
    for byte in 0..=255u8 {
        set[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
    }
    add_last(hir, &mut set);
    if set[b'+' as usize] && set[b'/' as usize] {
        set[b'=' as usize] = true;
    }
    set
}

/// Adds the bytes that the last element of `hir` accepts; tells whether that element may be empty.
fn add_last(hir: &Hir, set: &mut [bool; 256]) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            if let Some(&last) = literal.0.last() {
                // A fixed closing mark such as "=" ends the credential; it does not invite more of itself.
                set[last as usize] |= last.is_ascii_alphanumeric();
            }
            false
        }
        HirKind::Class(class) => {
            add_class(class, set);
            false
        }
        HirKind::Repetition(repetition) => add_last(&repetition.sub, set) || repetition.min == 0,
        HirKind::Capture(capture) => add_last(&capture.sub, set),
        HirKind::Concat(parts) => parts.iter().rev().all(|part| add_last(part, set)),
        HirKind::Alternation(parts) => {
            let mut empty = false;
            for part in parts {
                empty |= add_last(part, set);
            }
            empty
        }
    }
}

fn add_class(class: &Class, set: &mut [bool; 256]) {
    match class {
        Class::Bytes(class) => {
            for range in class.ranges() {
                for byte in range.start()..=range.end() {
                    set[byte as usize] = true;
                }
            }
        }
        Class::Unicode(class) => {
            for range in class.ranges() {
                for byte in 0..=127u8 {
                    set[byte as usize] |= (range.start()..=range.end()).contains(&(byte as char));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn secret(source: &str, text: &str) -> Option<String> {
        let found = Pattern::new(source.to_owned()).match_at(text.as_bytes(), 512)?;
        Some(text[found.secret].to_owned())
    }

    #[test]
    fn a_match_stops_at_the_edge_of_its_word() {
        let cases = [
            ("[0-9a-f]{8}", "deadbeef\"", Some("deadbeef")),
            ("[0-9a-f]{8}", "deadbeef0", None),
            ("[0-9a-f]{8}", "deadbeefz", None),
            ("[0-9a-f]{8}", "deadbeef-1", None),
            ("[0-9a-f]{8}", "deadbeef-", Some("deadbeef")),
            ("[A-Za-z0-9+/]{8}", "deadbeef=", None),
            ("[A-Za-z0-9+/]{8}=", "deadbeef=", Some("deadbeef=")),
            ("[a-z]{4}(?:-[0-9])?", "abcd-1.", Some("abcd-1")),
            ("id:(?<secret>[a-z]+)", "id:abc ", Some("abc")),
        ];
        for (source, text, expected) in cases {
            assert_eq!(secret(source, text).as_deref(), expected, "{source} on {text}");
        }
    }

    #[test]
    fn a_pattern_is_tried_where_it_stands_and_nowhere_else() {
        assert_eq!(secret("b+", "abbb"), None);
    }

    #[test]
    fn a_bloated_pattern_is_refused() {
        let bloated = Pattern::new("(?:[a-z]{1000}){1000}".to_owned());
        assert!(bloated.check().is_err());
    }
}
