//! The ledger's chain: each line holds the number and the hash of the one before, so that a change shows. Text in, text out; files are
//! somebody else's.

mod check;
mod head;

pub use check::{Break, Check, Note, Problem, Whole};
pub use head::{Head, Heads};

use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// Longest line that is written or read, in bytes.
pub const LONGEST_LINE: usize = 8 << 20;

const HASH_LETTERS: usize = 64;
const OPEN: &str = "{\"previous\":\"";
const HASH: &str = ",\"hash\":\"";
const CLOSE: &str = "\"}";

/// Where a chain stands: its last line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The line's number, from 1 through all files; 0 where there is none.
    pub number: u64,
    /// Its hash; empty where there is none.
    pub hash: String,
}

/// A line taken apart. Its words have been compared with nothing yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Hash of the line before; empty in the very first.
    pub previous: &'a str,
    /// Its number.
    pub number: u64,
    /// What it says: a JSON object without its braces.
    body: &'a str,
    /// The hash it says to have.
    pub hash: &'a str,
}

/// Writes the line that follows `after`, without a line break, and where the chain then stands. `entry` is a JSON object of at least one
/// field, none of which is `previous`, `number` or `hash`.
pub fn write(after: &Link, entry: &str) -> (String, Link) {
    let number = after.number + 1;
    let fields = entry.strip_prefix('{').and_then(|entry| entry.strip_suffix('}')).unwrap_or_default();
    let body = format!("\"number\":{number},{fields}");
    let hash = digest(&after.hash, &body);
    let line = format!("{OPEN}{}\",{body}{HASH}{hash}{CLOSE}", after.hash);
    (line, Link { number, hash })
}

impl<'a> Line<'a> {
    /// Takes a line apart; none if it is not of the form that `write` gives.
    pub fn parse(text: &'a str) -> Option<Line<'a>> {
        #[derive(Deserialize)]
        struct Numbered {
            number: u64,
        }
        if text.len() > LONGEST_LINE {
            return None;
        }
        let (previous, rest) = text.strip_prefix(OPEN)?.split_once("\",")?;
        let rest = rest.strip_suffix(CLOSE)?;
        let hash = rest.get(rest.len().checked_sub(HASH_LETTERS)?..)?;
        let body = rest[..rest.len() - HASH_LETTERS].strip_suffix(HASH)?;
        let is_hash = |text: &str| text.len() == HASH_LETTERS && HEXLOWER.decode(text.as_bytes()).is_ok();
        if !is_hash(hash) || !(previous.is_empty() || is_hash(previous)) {
            return None;
        }
        let Numbered { number } = serde_json::from_str(text).ok()?;
        Some(Line { previous, number, body, hash })
    }

    /// Whether its hash is that of what it says.
    pub fn is_sound(&self) -> bool {
        digest(self.previous, self.body) == self.hash
    }

    /// The link that the next line follows.
    pub fn link(&self) -> Link {
        Link { number: self.number, hash: self.hash.to_owned() }
    }
}

/// SHA-256 over the hash of the line before and the line's own object, without `previous` and `hash`.
fn digest(previous: &str, body: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update("{");
    hasher.update(body);
    hasher.update("}");
    HEXLOWER.encode(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST_LINE, Line, Link, write};

    #[test]
    fn a_line_reads_back_and_says_where_the_chain_stands() {
        let (first, link) = write(&Link::default(), r#"{"text":"one"}"#);
        let (second, next) = write(&link, r#"{"text":"\"hash\":\"two\"}"}"#);
        let read = Line::parse(&first).expect("a line");
        assert!(read.is_sound() && read.previous.is_empty() && read.number == 1);
        let read = Line::parse(&second).expect("a line");
        assert!(read.is_sound() && read.previous == link.hash && read.number == 2);
        assert_eq!(read.link(), next);
        assert!(serde_json::from_str::<serde_json::Value>(&second).is_ok());
    }

    #[test]
    fn the_hash_is_over_what_the_documentation_says() {
        use sha2::{Digest, Sha256};
        let (line, link) = write(&Link { number: 6, hash: "ab".repeat(32) }, r#"{"b":1,"a":2}"#);
        let text = format!("{}{}", "ab".repeat(32), r#"{"number":7,"b":1,"a":2}"#);
        assert_eq!(link.hash, data_encoding::HEXLOWER.encode(&Sha256::digest(text)));
        assert!(line.ends_with(&format!("\"hash\":\"{}\"}}", link.hash)));
    }

    #[test]
    fn a_line_longer_than_is_written_is_none() {
        let (line, _) = write(&Link::default(), &format!("{{\"text\":\"{}\"}}", "a".repeat(LONGEST_LINE)));
        assert_eq!(Line::parse(&line), None);
    }

    proptest! {
        #[test]
        fn any_other_byte_in_it_shows(at in any::<prop::sample::Index>(), byte in 32u8..127) {
            let (line, _) = write(&Link { number: 1, hash: "0".repeat(64) }, r#"{"text":"a line","of":["some","words"]}"#);
            let at = at.index(line.len());
            let mut bytes = line.clone().into_bytes();
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            let changed = String::from_utf8(bytes).expect("ASCII");
            prop_assert!(Line::parse(&changed).is_none_or(|read| !read.is_sound()));
        }

        #[test]
        fn no_part_of_a_line_is_one(cut in any::<prop::sample::Index>()) {
            let (line, _) = write(&Link::default(), r#"{"text":"a line"}"#);
            prop_assert_eq!(Line::parse(&line[..cut.index(line.len())]), None);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Line::parse(&text);
            let _ = write(&Link::default(), &text);
        }
    }
}
