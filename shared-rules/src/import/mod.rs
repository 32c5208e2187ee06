//! Rules of other scanners: a `.gitleaks.toml` or a Betterleaks file in, checked rules and a report out of what was taken, what was
//! taken with a difference, and what was not and why. Reads no file itself; what a file extends comes from the caller.
//!
//! Formats: <https://github.com/gitleaks/gitleaks#configuration>, <https://github.com/betterleaks/betterleaks/blob/main/docs/config.md>.

mod check;
mod document;
mod expression;
mod extend;
mod filter;
mod report;
mod spec;

pub use report::{Note, Report};

use std::sync::Arc;

use crate::rule::search::Search;
use crate::rule::{Class, Confidence, Severity};

/// Largest file read, in bytes.
pub const LARGEST_FILE: usize = 4 << 20;

/// Most rules taken from a file and those it extends.
pub const MOST_RULES: usize = 5_000;

/// What imported rules say where their own file has no word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What the credentials are.
    pub class: Class,
    /// Harm if one is real.
    pub severity: Severity,
    /// Confidence of a match.
    pub confidence: Confidence,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { class: Class::ApiKey, severity: Severity::High, confidence: Confidence::Medium }
    }
}

/// When expressions are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compile {
    /// At once, so that the report names what does not compile.
    Now,
    /// On first use, so that a hook starts fast; what does not compile matches nothing.
    Later,
}

/// The rules of one file and those it extends.
#[derive(Clone, Debug)]
pub struct Import {
    /// What can be used; `Search::required` counts positions here.
    pub rules: Vec<ImportedRule>,
    /// What became of the file.
    pub report: Report,
    /// What the rules say of class, severity and confidence.
    pub settings: Settings,
}

/// One rule, checked.
#[derive(Clone, Debug)]
pub struct ImportedRule {
    /// Its description, or its id where it has none.
    pub name: String,
    /// File and line it comes from.
    pub source: String,
    /// What it looks for.
    pub search: Arc<Search>,
}

/// Why a file cannot be read at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not TOML, or a value of the wrong type.
    #[error("{file}:{line}:{column}: {problem}")]
    Syntax {
        /// The file as the caller named it.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// More than `LARGEST_FILE`.
    #[error("{file}: it has {bytes} bytes; at most {LARGEST_FILE} are read")]
    TooLarge {
        /// The file as the caller named it.
        file: String,
        /// Its size.
        bytes: usize,
    },
    /// More than `MOST_RULES`.
    #[error("{file}: it has {rules} rules with those it extends; at most {MOST_RULES} are read")]
    TooManyRules {
        /// The file as the caller named it.
        file: String,
        /// How many.
        rules: usize,
    },
}

/// Reads a file's text, the file being called `file` in what is said. `open` gives the text of a file beside it that `extend.path`
/// names, or says why it cannot; it is asked for plain relative paths alone and must not leave the file's folder either.
///
/// # Errors
/// The file is too large, no TOML, or a value has the wrong type. A single rule that cannot be used is no error: the report says so.
pub fn import(
    file: &str,
    text: &str,
    settings: Settings,
    compile: Compile,
    open: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<Import, ImportError> {
    let mut report = Report::new(file);
    let written = extend::chain(file, text, &mut report, open)?;
    let rules = check::rules(written, compile, &mut report);
    Ok(Import { rules, report, settings })
}

/// Whether the text is a rule file of Keyward's own, by its tables; what is no TOML is not.
pub fn is_own(text: &str) -> bool {
    toml::de::DeTable::parse(text)
        .is_ok_and(|root| root.get_ref().iter().any(|(key, _)| ["provider", "rule"].contains(&key.get_ref().as_ref())))
}

#[cfg(test)]
mod tests;
