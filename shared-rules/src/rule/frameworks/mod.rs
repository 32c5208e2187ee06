//! What a leaked credential of each class means in published frameworks. The table is `frameworks.toml`, embedded by the build.

// The build script reads the same file, where everything in it must be public.
#[allow(unreachable_pub)]
mod spec;

use std::sync::LazyLock;

pub use spec::{Entry, Framework};

use super::words::{self, Class};
use spec::{ClassMentions, FrameworksFile, Mention};

static TABLE: LazyLock<FrameworksFile> = LazyLock::new(|| {
    let table = include_bytes!(concat!(env!("OUT_DIR"), "/frameworks.postcard"));
    postcard::from_bytes(table).expect("the build script wrote this table")
});

/// One entry that a class touches.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// The framework the entry is from.
    pub framework: &'static Framework,
    /// The entry.
    pub entry: &'static Entry,
    /// Why the class touches it, as a fragment.
    pub why: &'static str,
}

/// Every framework that is referred to.
pub fn frameworks() -> &'static [Framework] {
    &TABLE.frameworks
}

impl Class {
    /// What a leaked credential of this class touches, in the order of `frameworks` and their entries.
    pub fn frameworks(self) -> Vec<Reference> {
        let mentions: Vec<&Mention> = TABLE.every.iter().chain(&self.mentions().refs).collect();
        let entries =
            TABLE.frameworks.iter().flat_map(|framework| framework.entries.iter().map(move |e| (framework, e)));
        entries
            .filter_map(|(framework, entry)| {
                let mention = mentions.iter().find(|mention| mention.id == entry.id)?;
                Some(Reference { framework, entry, why: &mention.why })
            })
            .collect()
    }

    /// What is left to do after revoking, for keys that others trusted or that protected data; `None` where revoking is enough.
    pub fn beyond_revoking(self) -> Option<&'static str> {
        self.mentions().beyond_revoking.as_deref()
    }

    fn mentions(self) -> &'static ClassMentions {
        TABLE.classes.iter().find(|mentions| mentions.class == self).expect("a test looks up every class")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Class, TABLE, frameworks};

    #[test]
    fn every_class_is_mapped_once_and_touches_every_framework() {
        assert_eq!(TABLE.classes.len(), Class::ALL.len());
        for &class in Class::ALL {
            let touched: BTreeSet<&str> = class.frameworks().iter().map(|found| found.framework.id.as_str()).collect();
            assert_eq!(touched, BTreeSet::from(["CWE", "NIST-CSF", "OWASP-NHI"]), "{class}");
        }
    }

    #[test]
    fn every_mention_leads_to_an_entry_and_every_entry_is_mentioned() {
        let mentions = TABLE.classes.iter().flat_map(|class| &class.refs).chain(&TABLE.every);
        let mentioned: BTreeSet<&str> = mentions.map(|mention| mention.id.as_str()).collect();
        let entries = frameworks().iter().flat_map(|framework| &framework.entries);
        let known: Vec<&str> = entries.map(|entry| entry.id.as_str()).collect();
        assert_eq!(known.iter().copied().collect::<BTreeSet<_>>(), mentioned);
        assert_eq!(known.len(), mentioned.len(), "an id stands twice");
    }

    #[test]
    fn a_class_mentions_nothing_twice() {
        for mentions in &TABLE.classes {
            let ids: Vec<&str> = mentions.refs.iter().chain(&TABLE.every).map(|mention| mention.id.as_str()).collect();
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{}", mentions.class);
        }
    }

    #[test]
    fn keys_that_others_trust_say_what_revoking_leaves_undone() {
        let trust = [Class::TlsKey, Class::SigningKey, Class::EncryptionKey, Class::SessionSecret];
        for &class in Class::ALL {
            assert_eq!(class.beyond_revoking().is_some(), trust.contains(&class), "{class}");
        }
    }

    #[test]
    fn every_address_is_the_publishers_own() {
        for framework in frameworks() {
            let host = framework.url.split('/').nth(2).expect("a host");
            for entry in &framework.entries {
                assert!(entry.url.starts_with(&format!("https://{host}/")), "{}: {}", entry.id, entry.url);
            }
        }
    }
}
