//! The engine, the key and the repository's name in one: bytes in, findings out, and never a credential.

use std::ops::Range;
use std::sync::Arc;

use keyward_rules::pack::ObjectId;
use keyward_rules::policy::matches;
use keyward_rules::rule::Shape;
use keyward_rules::{
    Doubt, Engine, Finding, FingerprintKey, Input, Lines, Match, Origin, Parts, Place, Secret, printable, redact,
};

/// What stands in a shown path instead of a credential.
const HIDDEN: &[u8] = b"[hidden]";

/// Scans buffers of one repository.
pub(crate) struct Scanner {
    engine: Arc<Engine>,
    key: FingerprintKey,
    repository: String,
    /// Folders in which a rule looks at some files for their path, `*` standing for any part of a name; lower case.
    folders: Vec<String>,
}

impl Scanner {
    /// These rules with this key, for this repository.
    pub(crate) fn new(engine: Arc<Engine>, key: FingerprintKey, repository: String) -> Self {
        let mut folders = Vec::new();
        for rule in engine.catalogue().rules() {
            if let Shape::File(files) = &rule.shape {
                let inside = files.iter().filter_map(|file| file.rsplit_once('/'));
                folders.extend(inside.map(|(folder, _)| folder.rsplit('/').next().unwrap_or(folder).to_owned()));
            }
        }
        folders.sort_unstable();
        folders.dedup();
        Scanner { engine, key, repository, folders }
    }

    /// Findings in one buffer whose path and commit are not known yet: whatever is one at some place.
    pub(crate) fn scan(&self, text: &[u8]) -> Vec<Finding> {
        self.scan_in(text, b"", Place::Open)
    }

    /// Findings in one buffer whose place is known; path and commit are empty where there is none.
    pub(crate) fn scan_at(&self, text: &[u8], path: &[u8], commit: &str) -> Vec<Finding> {
        self.scan_in(text, path, Place::Known { commit })
    }

    /// Findings in the new parts of an object of a push whose path is not known, what of its archives' members was not looked at, as
    /// fragments to show, and where something stands that makes a copy of it new. The commit is that which the object is.
    pub(crate) fn scan_parts(
        &self,
        text: &[u8],
        new: &[Range<usize>],
        commit: Option<ObjectId>,
    ) -> (Vec<Finding>, Vec<String>, Vec<Range<usize>>) {
        let commit = commit.filter(|_| self.engine.depends_on_place()).map(|id| id.to_string());
        let place = commit.as_deref().map_or(Place::Open, |commit| Place::Known { commit });
        let scanned = self.engine.scan_parts(&Parts { input: Input::whole(text, "").at(place), new });
        (self.findings(text, b"", &scanned.matches), self.all_noted(&scanned.doubts), scanned.candidates)
    }

    /// Findings in the names of files, one a line.
    pub(crate) fn scan_names(&self, names: &[u8]) -> Vec<Finding> {
        self.scan_at(names, b"", "")
    }

    /// What a file may hold whose path ends so: more than without, where a rule looks at files of that name.
    pub(crate) fn scan_named(&self, text: &[u8], path: &[u8]) -> Vec<Finding> {
        self.scan_in(text, path, Place::Open)
    }

    /// Whether some rule looks at a file for its path, or for the end of it that is given.
    pub(crate) fn wants_file(&self, path: &[u8]) -> bool {
        self.engine.wants_path(&String::from_utf8_lossy(path))
    }

    /// Whether some rule looks at files for lying in a folder of this name.
    pub(crate) fn wants_folder(&self, name: &[u8]) -> bool {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        self.folders.iter().any(|folder| matches(folder, &name))
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
        (self.findings(text, path, &matches), self.all_noted(&doubts))
    }

    fn findings(&self, text: &[u8], path: &[u8], matches: &[Match]) -> Vec<Finding> {
        if matches.is_empty() {
            return Vec::new();
        }
        let origin = Origin { text, lines: &Lines::of(text), path, repository: &self.repository };
        let finding = |found: &Match| {
            let mut finding = redact(self.engine.catalogue(), &self.key, found, &origin);
            if !path.is_empty() {
                finding.path = self.path(path, &finding);
            }
            finding
        };
        matches.iter().map(finding).collect()
    }

    fn all_noted(&self, doubts: &[Doubt]) -> Vec<String> {
        doubts.iter().map(|doubt| self.noted(doubt)).collect()
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

    /// The engine's rules.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}
