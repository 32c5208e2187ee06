//! Credentials that are valid nowhere, made up at run time, so that none stands in any file.

use std::fmt;
use std::fs;
use std::path::Path;

use keyward_rules::rule::sample::Sample;

/// How many of its characters in a row give a credential away.
const WINDOW: usize = 6;

/// A made-up credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    text: String,
    prefix: usize,
}

impl Credential {
    /// A GitHub token with the right checksum: it is blocked by default.
    pub fn github(seed: u64) -> Credential {
        Credential::of("ghp_", "{base62:30}{checksum:crc32-base62}", seed)
    }

    /// A password as a person's generator makes it: what it is, only its name tells.
    pub fn password(seed: u64) -> Credential {
        Credential::of("", "{password:16}", seed)
    }

    /// `prefix` is public and may be shown; what `template` expands to may not.
    pub fn of(prefix: &str, template: &str, seed: u64) -> Credential {
        let sample = Sample::expand(&format!("{prefix}{template}"), seed, None).expect("a good template");
        Credential { text: sample.text, prefix: prefix.len() }
    }

    /// A script whose second line holds the credential.
    pub fn script(&self) -> String {
        format!("#!/bin/sh\nexport GITHUB_TOKEN=\"{self}\"\n./release\n")
    }

    /// Fails if `text` shows a part of the credential beyond its prefix.
    pub fn assert_hidden_in(&self, what: &str, text: &[u8]) {
        let secret = &self.text.as_bytes()[self.prefix..];
        let shown = secret.windows(WINDOW).find(|part| text.windows(WINDOW).any(|window| window == *part));
        assert!(shown.is_none(), "{what} shows a part of the credential:\n{}", String::from_utf8_lossy(text));
    }

    /// The same for every file under `folder`, but for git's own objects: those are what was pushed.
    pub fn assert_hidden_under(&self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "objects") {
                self.assert_hidden_under(&path);
            } else if path.is_file() {
                self.assert_hidden_in(&path.display().to_string(), &fs::read(&path).expect("a readable file"));
            }
        }
    }
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
