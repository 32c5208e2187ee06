//! Rule files as written. `Rule` in `super` is the checked thing. Also read by the build script, which embeds every file.

use serde::{Deserialize, Serialize};

use super::words::{Class, Confidence, Severity};

/// One file of `rules/`: a provider and its rules.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderFile {
    /// Who issues the credentials.
    pub provider: ProviderSpec,
    /// The credentials it issues.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleSpec>,
}

/// Who issues a credential, and what a person does when one got out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSpec {
    /// The file's name.
    pub id: String,
    /// The provider's name as a person writes it.
    pub name: String,
    /// The provider's own page on its credentials.
    pub docs: String,
    /// Where a person revokes one.
    pub console: String,
    /// What a thief can do.
    pub opens: String,
    /// How to revoke.
    pub revoke: String,
    /// What to use instead, preferring what expires by itself.
    pub ephemeral: String,
    /// What to look at after revoking.
    pub afterwards: String,
}

/// One credential type as written in a rule file. `docs/rules.md` explains every key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RuleSpec {
    pub id: String,
    pub name: String,
    pub class: Class,
    pub severity: Severity,
    pub source: String,
    #[serde(default)]
    pub prefix: Vec<String>,
    #[serde(default)]
    pub keywords: Vec<String>,
    #[serde(default)]
    pub names: Vec<String>,
    #[serde(default)]
    pub hosts: Vec<String>,
    #[serde(default)]
    pub schemes: Vec<String>,
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub infix: Vec<String>,
    #[serde(default)]
    pub lookback: Option<u32>,
    #[serde(default)]
    pub files: Vec<String>,
    #[serde(default)]
    pub finder: Option<String>,
    #[serde(default)]
    pub pattern: Option<String>,
    #[serde(default)]
    pub confidence: Option<Confidence>,
    #[serde(default)]
    pub structure: Option<String>,
    #[serde(default)]
    pub entropy: Option<f32>,
    #[serde(default)]
    pub near: Vec<String>,
    #[serde(default)]
    pub unless: Vec<String>,
    #[serde(default)]
    pub pair: Vec<String>,
    #[serde(default)]
    pub reach: Option<u32>,
    #[serde(default)]
    matches: Vec<String>,
    #[serde(default)]
    ignores: Vec<String>,
    #[serde(skip)]
    pub samples: Samples,
}

/// Templates that prove a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples {
    /// Those in which it must be found.
    pub matches: Vec<String>,
    /// Those in which it must not.
    pub ignores: Vec<String>,
}

impl ProviderFile {
    /// Reads one rule file.
    ///
    /// # Errors
    /// The parser's words, with line, column and expected keys.
    pub fn parse(text: &str) -> Result<ProviderFile, toml::de::Error> {
        let mut file: ProviderFile = toml::from_str(text)?;
        for rule in &mut file.rules {
            rule.samples =
                Samples { matches: std::mem::take(&mut rule.matches), ignores: std::mem::take(&mut rule.ignores) };
        }
        Ok(file)
    }
}
