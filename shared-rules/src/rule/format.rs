//! What a pattern says of a credential in words a person reads: how long it is and which characters it is made of.

use std::fmt;

use regex_syntax::hir::{Hir, HirKind};

use super::pattern::add_class;

/// Shape of a credential, read off its pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Least length in bytes.
    pub shortest: usize,
    /// Most bytes; `None` where the pattern leaves it open.
    pub longest: Option<usize>,
    /// Characters that vary.
    pub alphabet: Alphabet,
}

/// A set of bytes that shows itself in words: `letters and digits`.
#[derive(Clone, PartialEq, Eq)]
pub struct Alphabet([bool; 256]);

/// Alphabets with a name, written as ranges.
const NAMED: &[(&str, &str)] = &[
    ("09", "digits"),
    ("09af", "small hex digits"),
    ("09AF", "capital hex digits"),
    ("09AFaf", "hex digits"),
    ("az", "small letters"),
    ("AZ", "capitals"),
    ("AZaz", "letters"),
    ("09az", "small letters and digits"),
    ("09AZ", "capitals and digits"),
    ("09AZaz", "letters and digits"),
    ("27AZ", "base32"),
    ("27az", "small base32"),
    ("19AHJNPZakmz", "base58"),
];

/// Printable characters from which on a set is told as nearly all of them.
const NEARLY_ALL: usize = 80;

impl Format {
    /// Of the group `secret` if there is one, else of the whole.
    pub(super) fn of(hir: &Hir) -> Self {
        let secret = secret(hir).unwrap_or(hir);
        let mut alphabet = Alphabet([false; 256]);
        alphabet.add(secret);
        let properties = secret.properties();
        Format { shortest: properties.minimum_len().unwrap_or(0), longest: properties.maximum_len(), alphabet }
    }
}

fn secret(hir: &Hir) -> Option<&Hir> {
    match hir.kind() {
        HirKind::Capture(capture) if capture.name.as_deref() == Some("secret") => Some(&capture.sub),
        HirKind::Capture(capture) => secret(&capture.sub),
        HirKind::Repetition(repetition) => secret(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().find_map(secret),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => None,
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.longest {
            Some(longest) if longest == self.shortest => write!(f, "{longest} characters")?,
            Some(longest) => write!(f, "{} to {longest} characters", self.shortest)?,
            None => write!(f, "{} characters or more", self.shortest)?,
        }
        let alphabet = self.alphabet.to_string();
        if alphabet.is_empty() { Ok(()) } else { write!(f, ", {alphabet}") }
    }
}

impl Alphabet {
    fn add(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Class(class) => add_class(class, &mut self.0),
            HirKind::Repetition(repetition) => self.add(&repetition.sub),
            HirKind::Capture(capture) => self.add(&capture.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().for_each(|part| self.add(part)),
            HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => {}
        }
    }

    fn bytes(&self, wanted: fn(&u8) -> bool) -> Vec<u8> {
        (0..=u8::MAX).filter(|&byte| self.0[byte as usize]).filter(wanted).collect()
    }

    /// First and last of each run of neighbours.
    fn ranges(bytes: &[u8]) -> Vec<(u8, u8)> {
        let runs = bytes.chunk_by(|before, after| before + 1 == *after);
        runs.filter_map(|run| Some((*run.first()?, *run.last()?))).collect()
    }
}

impl fmt::Display for Alphabet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marks = self.bytes(u8::is_ascii_punctuation);
        let plain = self.bytes(u8::is_ascii_alphanumeric);
        if marks.len() + plain.len() >= NEARLY_ALL {
            return f.write_str("nearly all printable characters");
        }
        let ranges = Alphabet::ranges(&plain);
        let written: String = ranges.iter().flat_map(|&(first, last)| [char::from(first), char::from(last)]).collect();
        let named = NAMED.iter().find(|(ranges, _)| *ranges == written);
        let mut words: Vec<String> = match named {
            Some((_, name)) => vec![(*name).to_owned()],
            None if ranges.is_empty() => Vec::new(),
            None => vec![ranges.iter().map(|&(first, last)| range(first, last)).collect()],
        };
        if !marks.is_empty() {
            let marks: String = marks.into_iter().map(char::from).collect();
            words.push(if marks.contains('`') { format!("`` {marks} ``") } else { format!("`{marks}`") });
        }
        f.write_str(&words.join(" and "))
    }
}

fn range(first: u8, last: u8) -> String {
    let (from, to) = (char::from(first), char::from(last));
    match last - first {
        0 => from.to_string(),
        1 => format!("{from}{to}"),
        _ => format!("{from}-{to}"),
    }
}

impl fmt::Debug for Alphabet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Alphabet({self})")
    }
}

#[cfg(test)]
mod tests {
    use crate::rule::Pattern;

    #[test]
    fn a_pattern_is_told_in_words() {
        let cases = [
            ("acme_[0-9A-Za-z]{36}", "41 characters, letters and digits"),
            ("[0-9a-f]{32,40}", "32 to 40 characters, small hex digits"),
            ("x[0-9A-Za-z_-]{20,}", "21 characters or more, letters and digits and `-_`"),
            ("id:(?<secret>[A-Z2-7]{26})", "26 characters, base32"),
            ("[a-df-z]{4}", "4 characters, a-df-z"),
            (r#"[^\s"]{8}"#, "8 characters, nearly all printable characters"),
            ("fixed", "5 characters"),
            (r"[0-9]{4}(?:[.:][0-9]{4})?", "4 to 9 characters, digits and `.:`"),
        ];
        for (source, expected) in cases {
            let format = Pattern::new(source.to_owned()).format().expect("it parses");
            assert_eq!(format.to_string(), expected, "{source}");
        }
    }
}
