//! The baseline: what lay in which repository on the day Keyward came. A machine writes it, one JSON object a line; what stands in it is
//! reported and never rejected. Text in, text out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::fingerprint::Fingerprint;

/// Largest baseline read, in bytes: some 300,000 secrets.
pub const LARGEST: u64 = 128 << 20;

/// One secret in one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineEntry {
    /// Its fingerprint, 64 hexadecimal digits. Passwords have another one in each repository.
    pub fingerprint: String,
    /// Name of the repository. In another one the same secret is new.
    pub repository: String,
    /// What people call it.
    pub code: String,
    /// The rule that found it.
    pub rule: String,
    /// One place where it stood, made safe to print.
    pub path: String,
    /// The line there.
    pub line: usize,
    /// The day it was added, UTC.
    pub added: String,
}

/// Every entry, by repository and fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<(String, Fingerprint), BaselineEntry>);

/// Why a baseline is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} is no entry of a baseline: {problem}; take it out, or write the file anew with `keyward baseline`"
)]
pub struct BaselineError {
    line: usize,
    problem: String,
}

impl Baseline {
    /// Reads a baseline. Empty lines say nothing.
    ///
    /// # Errors
    /// `BaselineError` with the first line that is no entry.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let mut baseline = Baseline::default();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let error = |problem: String| BaselineError { line: index + 1, problem };
            let entry: BaselineEntry = serde_json::from_str(line).map_err(|problem| error(problem.to_string()))?;
            if !baseline.add(entry) {
                return Err(error("its fingerprint is not 64 hexadecimal digits, or stands there twice".into()));
            }
        }
        Ok(baseline)
    }

    /// Whether this secret was in this repository.
    pub fn holds(&self, repository: &str, fingerprint: Fingerprint) -> bool {
        self.0.contains_key(&(repository.to_owned(), fingerprint))
    }

    /// Adds a finding; whether it is a new one.
    pub fn add_finding(&mut self, repository: &str, finding: &Finding, day: &str) -> bool {
        self.add(BaselineEntry {
            fingerprint: finding.fingerprint.to_string(),
            repository: repository.to_owned(),
            code: finding.code.to_string(),
            rule: finding.rule.clone(),
            path: finding.path.clone(),
            line: finding.location.line,
            added: day.to_owned(),
        })
    }

    /// What is there stays as it is.
    fn add(&mut self, entry: BaselineEntry) -> bool {
        let Some(fingerprint) = Fingerprint::parse(&entry.fingerprint) else { return false };
        let key = (entry.repository.clone(), fingerprint);
        if self.0.contains_key(&key) {
            return false;
        }
        self.0.insert(key, entry);
        true
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The file's text, sorted by repository, so that two versions can be compared by eye.
    pub fn to_text(&self) -> String {
        let line = |entry| serde_json::to_string(entry).expect("an entry is plain data") + "\n";
        self.0.values().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Baseline;
    use crate::fingerprint::{Fingerprint, FingerprintKey};
    use crate::policy::tests::finding;
    use crate::rule::{Class, Confidence};
    use crate::secret::Secret;

    fn of(text: &[u8]) -> Fingerprint {
        FingerprintKey::new([1; 32]).fingerprint(&Secret::new(text), Class::ApiKey, "")
    }

    #[test]
    fn what_was_added_is_there_and_only_in_its_repository() {
        let mut baseline = Baseline::default();
        let finding = finding(Confidence::High);
        assert!(baseline.add_finding("group/app", &finding, "2026-12-01"));
        assert!(!baseline.add_finding("group/app", &finding, "2026-12-02"), "it is there");
        assert!(baseline.holds("group/app", finding.fingerprint));
        assert!(!baseline.holds("group/other", finding.fingerprint));
        assert!(!baseline.holds("group/app", of(b"another")));
        assert_eq!(Baseline::parse(&baseline.to_text()), Ok(baseline.clone()));
        assert!(baseline.to_text().contains("2026-12-01"), "the first day stays");
    }

    #[test]
    fn a_line_that_is_no_entry_is_refused_with_its_number() {
        let mut baseline = Baseline::default();
        baseline.add_finding("a", &finding(Confidence::High), "2026-12-01");
        let good = baseline.to_text();
        for (text, line) in [
            (format!("{good}\n{{}}\n"), "line 3 "),
            (format!("{good}{good}"), "line 2 "),
            (good.replace("\"fingerprint\":\"", "\"fingerprint\":\"x"), "line 1 "),
            ("text".to_owned(), "line 1 "),
        ] {
            let error = Baseline::parse(&text).expect_err("refused").to_string();
            assert!(error.starts_with(line) && error.contains("keyward baseline"), "{error}");
        }
        assert_eq!(Baseline::parse("\n\n"), Ok(Baseline::default()));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Baseline::parse(&text);
        }
    }
}
