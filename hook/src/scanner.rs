//! The engine, the key and the repository's name in one: bytes in, findings out, and never a credential.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use keyward_rules::rule::IMPORTED;
use keyward_rules::{
    Doubt, Engine, Finding, Fingerprint, FingerprintKey, Input, Lines, Match, Origin, Place, Secret, printable, redact,
};

/// What stands in a shown path instead of a credential.
const HIDDEN: &[u8] = b"[hidden]";

/// Scans buffers of one repository.
pub(crate) struct Scanner {
    engine: Arc<Engine>,
    key: FingerprintKey,
    repository: String,
}

impl Scanner {
    /// These rules with this key, for this repository.
    pub(crate) fn new(engine: Arc<Engine>, key: FingerprintKey, repository: String) -> Self {
        Scanner { engine, key, repository }
    }

    /// Findings in one buffer whose path and commit are not known yet: whatever is one at some place.
    pub(crate) fn scan(&self, text: &[u8]) -> Vec<Finding> {
        self.scan_in(text, b"", Place::Open)
    }

    /// Findings in one buffer whose place is known; path and commit are empty where there is none.
    pub(crate) fn scan_at(&self, text: &[u8], path: &[u8], commit: &str) -> Vec<Finding> {
        self.scan_in(text, path, Place::Known { commit })
    }

    /// The same for an object of a push, with what of its archives' members was not looked at, as fragments to show.
    pub(crate) fn scan_object(&self, text: &[u8]) -> (Vec<Finding>, Vec<String>) {
        self.scan_noting(text, b"", Place::Open)
    }

    /// The same for a file.
    pub(crate) fn scan_file(&self, text: &[u8], path: &[u8]) -> (Vec<Finding>, Vec<String>) {
        self.scan_noting(text, path, Place::Known { commit: "" })
    }

    fn scan_in(&self, text: &[u8], path: &[u8], place: Place<'_>) -> Vec<Finding> {
        self.scan_noting(text, path, place).0
    }

    fn scan_noting(&self, text: &[u8], path: &[u8], place: Place<'_>) -> (Vec<Finding>, Vec<String>) {
        let name = String::from_utf8_lossy(path);
        let (matches, doubts) = self.engine.scan_with_doubts(&Input::whole(text, &name).at(place));
        let doubts = doubts.iter().map(|doubt| self.noted(doubt)).collect();
        if matches.is_empty() {
            return (Vec::new(), doubts);
        }
        let origin = Origin { text, lines: &Lines::of(text), path, repository: &self.repository };
        let finding = |found: &Match| {
            let mut finding = redact(self.engine.catalogue(), &self.key, found, &origin);
            if !path.is_empty() {
                finding.path = self.path(path, &finding);
            }
            finding
        };
        (matches.iter().map(finding).collect(), doubts)
    }

    /// A doubt about a container as a person reads it; its member's name is from whoever made the archive.
    fn noted(&self, doubt: &Doubt) -> String {
        match doubt.member.as_str() {
            "" => format!("it {}", doubt.trouble),
            member => format!("its member `{}` {}", self.hide(member.as_bytes(), Vec::new()), doubt.trouble),
        }
    }

    /// A path made safe to show, with the archive's member behind it: what the rules find in it, and the found credential itself, are hidden.
    pub(crate) fn path(&self, path: &[u8], finding: &Finding) -> String {
        let inside = if finding.member.is_empty() { "" } else { "!/" };
        let path = &[path, inside.as_bytes(), finding.member.as_bytes()].concat();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-+=~".contains(byte);
        let mut hidden = Vec::new();
        let mut start = 0;
        for word in path.split(|byte| !is_word(byte)) {
            let fingerprint = self.key.fingerprint(&Secret::new(word), finding.class, &self.repository);
            if !word.is_empty() && fingerprint == finding.fingerprint {
                hidden.push(start..start + word.len());
            }
            start += word.len() + 1;
        }
        self.hide(path, hidden)
    }

    /// The name of a ref made safe to show.
    pub(crate) fn ref_name(&self, name: &str) -> String {
        self.hide(name.as_bytes(), Vec::new())
    }

    /// Replaces what the rules find in `text`, and the spans given.
    fn hide(&self, text: &[u8], mut hidden: Vec<Range<usize>>) -> String {
        hidden.extend(self.engine.scan(&Input::whole(text, "")).into_iter().map(|found| found.span));
        hidden.sort_by_key(|span| span.start);
        let mut safe = Vec::new();
        let mut at = 0;
        for span in hidden.into_iter().filter(|span| !span.is_empty()) {
            if span.start >= at {
                safe.extend_from_slice(&text[at..span.start]);
                safe.extend_from_slice(HIDDEN);
                at = span.end;
            }
        }
        safe.extend_from_slice(&text[at..]);
        printable(&safe)
    }

    /// The fingerprints in one buffer.
    pub(crate) fn fingerprints(&self, text: &[u8]) -> HashSet<Fingerprint> {
        self.scan(text).into_iter().map(|finding| finding.fingerprint).collect()
    }

    /// Whether these findings, made without a place, may be others once it is known.
    pub(crate) fn depends_on_place(&self, findings: &[Finding]) -> bool {
        self.engine.depends_on_place() && findings.iter().any(|finding| finding.provider == IMPORTED)
    }

    /// The engine's rules.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}
