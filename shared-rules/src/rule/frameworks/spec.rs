//! `frameworks.toml` as written. Also read by the build script, which embeds it.

use serde::{Deserialize, Serialize};

use super::words::Class;

/// The whole file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameworksFile {
    /// What is referred to.
    #[serde(rename = "framework")]
    pub frameworks: Vec<Framework>,
    /// What holds for every class.
    pub every: Vec<Mention>,
    /// What each class adds.
    #[serde(rename = "class")]
    pub classes: Vec<ClassMentions>,
}

/// A published list of risks, weaknesses or outcomes.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// Short name: `OWASP-NHI`, `CWE`, `NIST-CSF`.
    pub id: String,
    /// The publisher's name for it.
    pub name: String,
    /// The edition its ids are from.
    pub version: String,
    /// Who publishes it.
    pub publisher: String,
    /// Its front page.
    pub url: String,
    /// Those of its entries that are referred to.
    #[serde(rename = "entry")]
    pub entries: Vec<Entry>,
}

/// One entry of a framework, in the publisher's words.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// As `CWE-798`; unique over all frameworks.
    pub id: String,
    /// The publisher's title.
    pub title: String,
    /// The publisher's page.
    pub url: String,
}

/// That a class touches an entry.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mention {
    /// The entry's id.
    pub id: String,
    /// Why, as a fragment.
    pub why: String,
}

/// What is said of one class.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassMentions {
    /// The class.
    pub class: Class,
    /// The entries it touches beside those of every class.
    pub refs: Vec<Mention>,
    /// What is left to do after revoking, where others trusted or were protected by the key.
    #[serde(default)]
    pub beyond_revoking: Option<String>,
}
