//! The engine, the key and the repository's name in one: bytes in, findings out, and never a credential.

use std::collections::HashSet;

use keyward_rules::{Engine, Finding, Fingerprint, FingerprintKey, Input, Origin, redact};

/// Scans buffers of one repository.
pub(crate) struct Scanner {
    engine: Engine,
    key: FingerprintKey,
    repository: String,
}

impl Scanner {
    /// The built-in rules with this key, for this repository.
    pub(crate) fn new(key: FingerprintKey, repository: String) -> Self {
        Scanner { engine: Engine::builtin(), key, repository }
    }

    /// Findings in one buffer.
    pub(crate) fn scan(&self, text: &[u8], path: &[u8]) -> Vec<Finding> {
        let name = String::from_utf8_lossy(path);
        let matches = self.engine.scan(&Input::whole(text, &name));
        let origin = Origin { text, path, repository: &self.repository };
        matches.iter().map(|found| redact(self.engine.catalogue(), &self.key, found, &origin)).collect()
    }

    /// The fingerprints in one buffer.
    pub(crate) fn fingerprints(&self, text: &[u8]) -> HashSet<Fingerprint> {
        self.scan(text, b"").into_iter().map(|finding| finding.fingerprint).collect()
    }

    /// The engine's rules.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}
