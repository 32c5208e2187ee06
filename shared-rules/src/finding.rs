//! What a scan yields. A `Match` still holds the credential; a `Finding` is placed and redacted and holds none.

use std::ops::Range;

use serde::Serialize;

use crate::fingerprint::{Code, Fingerprint};
use crate::rule::{Class, Confidence, RuleIndex, Severity};
use crate::secret::Secret;

/// Why a value is believed to be a credential, from weakest to strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// It has the documented form, or stands where a credential stands.
    Shape,
    /// Its own checksum is correct.
    Checksum,
    /// Its other half stands beside it.
    Paired,
    /// The provider accepted it.
    Validated,
    /// The provider named whom it belongs to.
    Identified,
}

impl Evidence {
    /// The word used in JSON, policies and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Evidence::Shape => "shape",
            Evidence::Checksum => "checksum",
            Evidence::Paired => "paired",
            Evidence::Validated => "validated",
            Evidence::Identified => "identified",
        }
    }
}

/// A credential in a buffer. Its `Secret` leaves the scan only as a fingerprint.
#[derive(Clone, Debug)]
pub struct Match {
    /// Index of the rule in the engine's catalogue.
    pub rule: RuleIndex,
    /// Where the credential stands in the scanned bytes.
    pub span: Range<usize>,
    /// Its canonical bytes: key material without armour for PEM, the value as it stands otherwise.
    pub secret: Secret,
    /// Why it is believed.
    pub evidence: Evidence,
    /// How little doubt there is.
    pub confidence: Confidence,
    /// Whether the checksum its format has is the right one; `None` for formats without.
    pub checksum: Option<bool>,
    /// When it ends by its own word, which is part of what is signed; seconds since 1970.
    pub expires: Option<i64>,
    /// The name it is assigned to, if that is short and plain enough to show.
    pub name: Option<String>,
    /// Decodings undone on the way to it, outermost first; empty for plain text. `span` is then that of the encoded text.
    pub trail: Vec<&'static str>,
    /// Its fixed, public beginning, the only part that may be shown.
    pub prefix: String,
    /// Where it stands in a container; `span` is then empty.
    pub member: Option<Member>,
}

impl Match {
    /// A match by its shape alone, without a name or a public beginning.
    pub(crate) fn of(rule: RuleIndex, span: Range<usize>, secret: &[u8], confidence: Confidence) -> Match {
        Match {
            rule,
            span,
            secret: Secret::new(secret),
            evidence: Evidence::Shape,
            confidence,
            checksum: None,
            expires: None,
            name: None,
            trail: Vec::new(),
            prefix: String::new(),
            member: None,
        }
    }
}

/// A place in a file inside a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Path inside the container, `a.zip!/b.txt` where containers are nested; empty in a compressed file.
    pub path: String,
    /// Where in that file.
    pub location: Location,
}

/// Where something stands in a text. Lines and columns count from 1; columns count Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Location {
    /// Line of the first character.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Line of the last character.
    pub end_line: usize,
    /// Column after the last character.
    pub end_column: usize,
}

impl Location {
    /// Places `span` in `text`. For many places in one text, build its `Lines` once.
    pub fn of(text: &[u8], span: &Range<usize>) -> Location {
        Lines::of(text).location(span)
    }
}

/// Longest line whose characters are counted, in bytes; in longer ones, which no person wrote, columns count bytes.
const LONGEST_COUNTED: usize = 16 * 1024;

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a [u8],
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Reads the text once.
    pub fn of(text: &'a [u8]) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|end| end + 1)).collect();
        Lines { text, starts }
    }

    /// Places `span`. Bytes that are not UTF-8 count as one character each.
    pub fn location(&self, span: &Range<usize>) -> Location {
        let (line, column) = self.place(span.start);
        let (end_line, end_column) = self.place(span.end);
        Location { line, column, end_line, end_column }
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= at);
        let before = &self.text[self.starts[line - 1]..at];
        if before.len() > LONGEST_COUNTED {
            return (line, before.len() + 1);
        }
        // Every chunk's invalid part is one broken sequence.
        let columns: usize =
            before.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum();
        (line, columns + 1)
    }
}

/// A credential, placed and redacted. Nothing in it leads back to the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Short name of the fingerprint for people.
    pub code: Code,
    /// Keyed identity of the credential, the same wherever it turns up.
    pub fingerprint: Fingerprint,
    /// Id of the rule.
    pub rule: String,
    /// Name of the rule.
    pub name: String,
    /// Id of the provider.
    pub provider: String,
    /// What the credential is.
    pub class: Class,
    /// Harm if it is real.
    pub severity: Severity,
    /// How little doubt there is.
    pub confidence: Confidence,
    /// Why it is believed.
    pub evidence: Evidence,
    /// The same in words.
    pub reason: String,
    /// When it ends by its own word, which is part of what is signed; seconds since 1970.
    pub expires: Option<i64>,
    /// Path from the scanned root, made safe to print; empty where the text is no file.
    pub path: String,
    /// Path inside the archive at `path`, as whoever made it wrote it; empty outside of archives.
    #[serde(skip)]
    pub member: String,
    /// Where in that file.
    #[serde(flatten)]
    pub location: Location,
    /// The assigned name and the credential's fixed beginning, the rest counted.
    pub preview: String,
    /// The comment in its lines that other scanners take for permission, if there is one. By itself it permits nothing.
    #[serde(skip)]
    pub mark: Option<&'static str>,
}

/// Comments by which other scanners are told to pass over a line.
const MARKS: [&str; 2] = ["gitleaks:allow", "betterleaks:allow"];

/// Bytes before and after a credential in which its line is looked for.
const LONGEST_LINE: usize = 64 * 1024;

/// The mark in the lines on which `span` stands.
pub(crate) fn mark(text: &[u8], span: &Range<usize>) -> Option<&'static str> {
    let (start, end) = (span.start.min(text.len()), span.end.min(text.len()));
    let floor = start.saturating_sub(LONGEST_LINE);
    let from = memchr::memrchr(b'\n', &text[floor..start]).map_or(floor, |index| floor + index + 1);
    let behind = &text[end..text.len().min(end + LONGEST_LINE)];
    let to = end + memchr::memchr(b'\n', behind).unwrap_or(behind.len());
    MARKS.into_iter().find(|mark| memchr::memmem::find(&text[from..to], mark.as_bytes()).is_some())
}

impl Finding {
    /// Whether it has ended by its own word, `now` being seconds since 1970.
    pub fn has_ended(&self, now: i64) -> bool {
        self.expires.is_some_and(|end| end <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::{Location, mark};

    #[test]
    fn a_mark_counts_on_the_lines_of_its_credential_alone() {
        let text = b"a # gitleaks:allow\nKEY # betterleaks:allow\nc";
        assert_eq!(mark(text, &(0..1)), Some("gitleaks:allow"));
        assert_eq!(mark(text, &(19..22)), Some("betterleaks:allow"));
        assert_eq!(mark(text, &(text.len() - 1..text.len())), None);
        assert_eq!(mark(text, &(0..22)), Some("gitleaks:allow"));
        assert_eq!(mark(b"", &(3..5)), None);
    }

    #[test]
    fn lines_and_columns_count_from_one_and_in_characters() {
        let text = "a\nzwölf=KEY\n".as_bytes();
        let start = text.len() - 4;
        let location = Location::of(text, &(start..start + 3));
        assert_eq!(location, Location { line: 2, column: 7, end_line: 2, end_column: 10 });
        assert_eq!(Location::of(b"\xff\xfeK", &(2..3)).column, 3);
    }
}
