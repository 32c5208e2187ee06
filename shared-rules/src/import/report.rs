//! What became of an imported file, for the administrator who decides whether that is enough.

use serde::Serialize;

use super::document::Place;

/// What was taken and what was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The file as the caller named it.
    pub file: String,
    /// Ids of the rules in use, in the order of the file.
    pub taken: Vec<String>,
    /// What is in use and does not do quite the same.
    pub different: Vec<Note>,
    /// What is not in use.
    pub not_taken: Vec<Note>,
}

/// One thing to know about a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// The file it stands in, which may be one that was extended.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The rule or key.
    pub subject: String,
    /// What is different, or why it is not taken.
    pub reason: String,
}

impl Report {
    pub(super) fn new(file: &str) -> Self {
        Report { file: file.to_owned(), taken: Vec::new(), different: Vec::new(), not_taken: Vec::new() }
    }

    /// Whether nothing was left out.
    pub fn is_whole(&self) -> bool {
        self.not_taken.is_empty()
    }

    pub(super) fn differs(&mut self, at: &Place, subject: impl Into<String>, reason: impl Into<String>) {
        self.different.push(note(at, subject, reason));
    }

    pub(super) fn lacks(&mut self, at: &Place, subject: impl Into<String>, reason: impl Into<String>) {
        self.not_taken.push(note(at, subject, reason));
    }

    /// Brings the notes into the order of the file.
    pub(super) fn sort(&mut self) {
        for notes in [&mut self.different, &mut self.not_taken] {
            notes.sort();
            notes.dedup();
        }
    }
}

fn note(at: &Place, subject: impl Into<String>, reason: impl Into<String>) -> Note {
    Note { file: at.file.to_string(), line: at.line, subject: subject.into(), reason: reason.into() }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.subject, self.reason)
    }
}
