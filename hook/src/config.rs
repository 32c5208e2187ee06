//! The server's configuration file, and the files it names: key and allowlist. What is wrong is said with file, line and remedy.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use keyward_rules::allowlist::Allowlist;
use keyward_rules::import::Settings;
use keyward_rules::policy::Policy;
use keyward_rules::{Class, Confidence, Engine, FingerprintKey, Severity};
use serde::Deserialize;

use crate::patience::Patience;
use crate::rule_files;

/// What `keyward install` writes: every setting with its default and its meaning.
pub(crate) const EXAMPLE: &str = include_str!("../../deploy/keyward.toml");

/// Whom developers ask where the administrator has set nothing.
const NO_CONTACT: &str = "the administrator of this Git server";

/// `keyward.toml` as written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigFile {
    /// URL or address shown in every message: whom a developer asks.
    pub(crate) contact: String,
    /// File with the fingerprint key, 64 hexadecimal digits; relative to the configuration file.
    pub(crate) key: PathBuf,
    /// File to which every push with a finding or a doubt is appended; empty for none.
    pub(crate) ledger: PathBuf,
    /// File with allowances; empty for none.
    pub(crate) allow: PathBuf,
    /// Objects above this many bytes are not read: `policy.doubt.size` decides.
    pub(crate) largest_object: u64,
    /// Seconds after which a push is no longer waited for: `policy.doubt.time` decides.
    pub(crate) deadline: Patience,
    /// What is blocked, warned about, observed.
    pub(crate) policy: Policy,
    /// Rules beside the built-in ones.
    pub(crate) rules: RulesSection,
}

/// `[rules]`: what other scanners' files bring.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RulesSection {
    /// Rule files, Gitleaks', Betterleaks' or Keyward's own; relative to the configuration file.
    pub(crate) import: Vec<PathBuf>,
    /// What imported rules find.
    pub(crate) class: Class,
    /// Harm of what imported rules find.
    pub(crate) severity: Severity,
    /// Confidence of a match of an imported rule.
    pub(crate) confidence: Confidence,
    /// Which exceptions in a repository are heeded.
    pub(crate) honour: Vec<HonourWord>,
}

impl Default for RulesSection {
    fn default() -> Self {
        let Settings { class, severity, confidence } = Settings::default();
        RulesSection { import: Vec::new(), class, severity, confidence, honour: Vec::new() }
    }
}

/// Exceptions that other scanners let a repository make for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HonourWord {
    /// The file `.gitleaksignore` at its root.
    GitleaksIgnore,
    /// A comment `gitleaks:allow` or `betterleaks:allow` on the credential's line.
    Inline,
}

impl Default for ConfigFile {
    fn default() -> Self {
        ConfigFile {
            contact: NO_CONTACT.to_owned(),
            key: PathBuf::from("key"),
            ledger: PathBuf::from("ledger.jsonl"),
            allow: PathBuf::new(),
            largest_object: 512 << 20,
            deadline: Patience::Auto,
            policy: Policy::default(),
            rules: RulesSection::default(),
        }
    }
}

/// The configuration with everything it names loaded.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) contact: String,
    pub(crate) key: FingerprintKey,
    pub(crate) ledger: Option<PathBuf>,
    pub(crate) allowlist: Allowlist,
    pub(crate) largest_object: u64,
    pub(crate) deadline: Patience,
    pub(crate) policy: Policy,
    /// The built-in rules and those of `rule_files`.
    pub(crate) engine: Arc<Engine>,
    pub(crate) rule_files: Vec<PathBuf>,
    pub(crate) imported: Settings,
    pub(crate) honour: Vec<HonourWord>,
}

impl Config {
    /// Loads the file and what it names.
    ///
    /// # Errors
    /// A missing, unreadable or broken file, with what to do.
    pub(crate) fn load(file: &Path) -> Result<Config> {
        let text = fs::read_to_string(file)
            .with_context(|| format!("could not read {}; `keyward install` makes one", file.display()))?;
        let written: ConfigFile =
            toml::from_str(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
        let beside = file.parent().unwrap_or(Path::new(""));
        let named = |path: &Path| (!path.as_os_str().is_empty()).then(|| beside.join(path));
        let Some(key_file) = named(&written.key) else { bail!("{}: `key` must name a file", file.display()) };
        let allowlist = match named(&written.allow) {
            None => Allowlist::default(),
            Some(path) => {
                let text = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
                Allowlist::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?
            }
        };
        let RulesSection { import, class, severity, confidence, honour } = written.rules;
        let rule_files: Vec<PathBuf> = import.iter().filter_map(|path| named(path)).collect();
        let imported = Settings { class, severity, confidence };
        let contact = if written.contact.trim().is_empty() { NO_CONTACT.to_owned() } else { written.contact };
        Ok(Config {
            contact,
            key: read_key(&key_file)?,
            ledger: named(&written.ledger),
            allowlist,
            largest_object: written.largest_object,
            deadline: written.deadline,
            policy: written.policy,
            engine: Arc::new(rule_files::engine(&rule_files, imported)?),
            rule_files,
            imported,
            honour,
        })
    }

    /// For a person scanning without a server's configuration: the default policy, and a key of their own.
    ///
    /// # Errors
    /// Neither a key could be read nor one made.
    pub(crate) fn personal() -> Result<Config> {
        let file = default_file();
        if file.exists() {
            return Config::load(&file);
        }
        let defaults = ConfigFile::default();
        let key_file = file.with_file_name("key");
        let key =
            if key_file.exists() { read_key(&key_file)? } else { new_key(&key_file).unwrap_or_else(|_| random_key()) };
        Ok(Config {
            contact: defaults.contact,
            key,
            ledger: None,
            allowlist: Allowlist::default(),
            largest_object: defaults.largest_object,
            deadline: defaults.deadline,
            policy: defaults.policy,
            engine: Arc::new(Engine::builtin()),
            rule_files: Vec::new(),
            imported: Settings::default(),
            honour: defaults.rules.honour,
        })
    }
}

/// `/etc/keyward/keyward.toml` if it exists or could be made, else the same in the user's configuration folder.
pub(crate) fn default_file() -> PathBuf {
    let system = PathBuf::from("/etc/keyward/keyward.toml");
    let home = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")));
    match home {
        Some(home) if !system.exists() => home.join("keyward").join("keyward.toml"),
        _ => system,
    }
}

/// Makes a key and writes it where only the owner can read it. Never overwrites.
///
/// # Errors
/// The file exists or could not be written.
pub(crate) fn new_key(file: &Path) -> Result<FingerprintKey> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    let key = random_key();
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file).with_context(|| format!("could not make {}", file.display()))?;
    out.write_all(format!("{}\n", *key.to_hex()).as_bytes())
        .with_context(|| format!("could not write {}", file.display()))?;
    Ok(key)
}

fn random_key() -> FingerprintKey {
    let mut bytes = [0; keyward_rules::fingerprint::KEY_BYTES];
    getrandom::fill(&mut bytes).expect("the system has a random number generator");
    FingerprintKey::new(bytes)
}

fn read_key(file: &Path) -> Result<FingerprintKey> {
    let text = fs::read_to_string(file).with_context(|| {
        format!("could not read the key {}; make one with `keyward key new --file {}`", file.display(), file.display())
    })?;
    FingerprintKey::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigFile, EXAMPLE, new_key};

    #[test]
    fn the_example_equals_the_defaults() {
        let example: ConfigFile = toml::from_str(EXAMPLE).expect("the example parses");
        assert_eq!(example, ConfigFile::default());
    }

    #[test]
    fn what_is_wrong_is_said_with_its_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keyward.toml");
        let mut said = Vec::new();
        let mut load = |text: Option<&str>| {
            if let Some(text) = text {
                std::fs::write(&file, text).expect("writable");
            }
            let error = Config::load(&file).expect_err("a broken configuration");
            said.push(crate::output::one_line(&error).replace(&folder.path().display().to_string(), "DIR"));
        };
        load(None);
        load(Some("contract = 'x'"));
        load(Some("largest_object = 'big'"));
        load(Some("[policy]\nblock = 'hig'"));
        load(Some(""));
        std::fs::write(folder.path().join("key"), "short").expect("writable");
        load(Some(""));
        std::fs::remove_file(folder.path().join("key")).expect("removable");
        new_key(&folder.path().join("key")).expect("a key");
        load(Some("allow = 'allow.toml'"));
        std::fs::write(folder.path().join("allow.toml"), "[[allow]]\nrule = 'x'").expect("writable");
        load(Some("allow = 'allow.toml'"));
        load(Some("[rules]\nimport = ['none.toml']"));
        std::fs::write(folder.path().join("rules.toml"), "[[rules]]\nid = 1").expect("writable");
        load(Some("[rules]\nimport = ['rules.toml']"));
        load(Some("[rules]\nhonour = ['everything']"));
        load(Some("[rules]\nconfidence = 'certain'"));
        insta::assert_snapshot!(said.join("\n---\n"));
    }
}
