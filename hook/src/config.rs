//! The server's configuration file, and the files it names: key and allowlist. What is wrong is said with file, line and remedy.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use keyward_rules::allowlist::Allowlist;
use keyward_rules::baseline::{self, Baseline};
use keyward_rules::grant::{Approver, MOST_APPROVERS};
use keyward_rules::import::Settings;
use keyward_rules::policy::Policy;
use keyward_rules::window::{self, Windows};
use keyward_rules::{Class, Confidence, Engine, FingerprintKey, Severity};
use serde::Deserialize;

use crate::key_file::{new_key, random_key, read_key};
use crate::ledger::Ledger;
use crate::patience::Patience;
use crate::rule_files;

/// What `keyward install` writes: every setting with its default and its meaning.
pub(crate) const EXAMPLE: &str = include_str!("../../deploy/keyward.toml");

/// Most hours for which `grants.hours` may let a grant hold.
const MOST_GRANT_HOURS: u32 = 168;

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
    /// File to which every push is appended; empty for none.
    pub(crate) ledger: PathBuf,
    /// Whether pushes without a finding or a doubt are recorded too.
    pub(crate) ledger_clean: bool,
    /// Bytes after which the ledger goes on in a new file.
    pub(crate) ledger_size: u64,
    /// File with the key that signs the ledger's heads; empty for none.
    pub(crate) ledger_key: PathBuf,
    /// The system log's socket, to which signed heads go; empty for none.
    pub(crate) system_log: PathBuf,
    /// File with allowances; empty for none.
    pub(crate) allow: PathBuf,
    /// File with what was there on the day Keyward came, written by `keyward baseline`; empty for none.
    pub(crate) baseline: PathBuf,
    /// File with import windows and the off switch, written by `keyward window` and `keyward off`.
    pub(crate) windows: PathBuf,
    /// Who may let one secret in, and for how long.
    pub(crate) grants: GrantsSection,
    /// Objects above this many bytes are not read: `policy.doubt.size` decides.
    pub(crate) largest_object: u64,
    /// Seconds after which a push is no longer waited for: `policy.doubt.time` decides.
    pub(crate) deadline: Patience,
    /// What is blocked, warned about, observed.
    pub(crate) policy: Policy,
    /// Rules beside the built-in ones.
    pub(crate) rules: RulesSection,
}

/// `[grants]`: one secret of one commit, let in by an approver's signature.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GrantsSection {
    /// Most hours for which a grant may hold.
    pub(crate) hours: u32,
    /// Folder with grants for pushes that bring none with them; empty for none.
    pub(crate) folder: PathBuf,
    /// Whose grants count.
    pub(crate) approver: Vec<Approver>,
}

impl Default for GrantsSection {
    fn default() -> Self {
        GrantsSection { hours: 24, folder: PathBuf::from("grants"), approver: Vec::new() }
    }
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
            ledger_clean: true,
            ledger_size: 64 << 20,
            ledger_key: PathBuf::from("ledger.key"),
            system_log: PathBuf::from("/dev/log"),
            allow: PathBuf::new(),
            baseline: PathBuf::new(),
            windows: PathBuf::from("windows.json"),
            grants: GrantsSection::default(),
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
    pub(crate) ledger: Option<Ledger>,
    pub(crate) allowlist: Allowlist,
    pub(crate) allow_file: Option<PathBuf>,
    /// Read when something was found, see `Config::baseline`.
    pub(crate) baseline_file: Option<PathBuf>,
    pub(crate) windows: Windows,
    pub(crate) windows_file: Option<PathBuf>,
    pub(crate) grants: GrantsSection,
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
        let allow_file = named(&written.allow);
        let windows_file = named(&written.windows);
        let ledger = named(&written.ledger).map(|path| Ledger {
            path,
            clean: written.ledger_clean,
            size: written.ledger_size,
            key: named(&written.ledger_key),
            system_log: named(&written.system_log),
        });
        let grants = GrantsSection {
            folder: named(&written.grants.folder).unwrap_or_default(),
            ..checked(written.grants).map_err(|problem| anyhow::anyhow!("{}: {problem}", file.display()))?
        };
        let RulesSection { import, class, severity, confidence, honour } = written.rules;
        let rule_files: Vec<PathBuf> = import.iter().filter_map(|path| named(path)).collect();
        let imported = Settings { class, severity, confidence };
        let contact = if written.contact.trim().is_empty() { NO_CONTACT.to_owned() } else { written.contact };
        Ok(Config {
            contact,
            key: read_key(&key_file)?,
            ledger,
            allowlist: allow_file.as_deref().map(read_allowlist).transpose()?.unwrap_or_default(),
            allow_file,
            baseline_file: named(&written.baseline),
            windows: windows_file.as_deref().map(read_windows).transpose()?.unwrap_or_default(),
            windows_file,
            grants,
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
        let key_file = file.with_file_name("key");
        let key =
            if key_file.exists() { read_key(&key_file)? } else { new_key(&key_file).unwrap_or_else(|_| random_key()) };
        Ok(Config::of_key(key))
    }

    /// The defaults with this key, and no file beside it.
    pub(crate) fn of_key(key: FingerprintKey) -> Config {
        let defaults = ConfigFile::default();
        Config {
            contact: defaults.contact,
            key,
            ledger: None,
            allowlist: Allowlist::default(),
            allow_file: None,
            baseline_file: None,
            windows: Windows::default(),
            windows_file: None,
            grants: GrantsSection { folder: PathBuf::new(), ..defaults.grants },
            largest_object: defaults.largest_object,
            deadline: defaults.deadline,
            policy: defaults.policy,
            engine: Arc::new(Engine::builtin()),
            rule_files: Vec::new(),
            imported: Settings::default(),
            honour: defaults.rules.honour,
        }
    }

    /// What was there on the day Keyward came. It may be long, so it is read only where something was found.
    ///
    /// # Errors
    /// The file is there and cannot be read, or holds something else.
    pub(crate) fn baseline(&self) -> Result<Baseline> {
        let Some(path) = &self.baseline_file else { return Ok(Baseline::default()) };
        match read_bounded(path, baseline::LARGEST)? {
            None => Ok(Baseline::default()),
            Some(text) => Baseline::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display())),
        }
    }
}

fn checked(grants: GrantsSection) -> Result<GrantsSection, String> {
    if !(1..=MOST_GRANT_HOURS).contains(&grants.hours) {
        return Err(format!("`grants.hours` must be 1 to {MOST_GRANT_HOURS}"));
    }
    if grants.approver.len() > MOST_APPROVERS {
        return Err(format!("`grants.approver` may name {MOST_APPROVERS}"));
    }
    if grants.approver.iter().any(|approver| approver.name.trim().is_empty()) {
        return Err("every `grants.approver` needs a `name`".to_owned());
    }
    Ok(grants)
}

fn read_allowlist(path: &Path) -> Result<Allowlist> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("could not read {}; an empty file allows nothing", path.display()))?;
    Allowlist::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
}

/// The windows in this file; none where it is not there.
///
/// # Errors
/// It is there and cannot be read, or holds something else.
pub(crate) fn read_windows(path: &Path) -> Result<Windows> {
    let text = read_bounded(path, window::LARGEST)?;
    let windows = text.map(|text| Windows::parse(&text)).transpose();
    Ok(windows.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?.unwrap_or_default())
}

/// The file's text, none where it is not there.
fn read_bounded(path: &Path, largest: u64) -> Result<Option<String>> {
    let context = || format!("could not read {}", path.display());
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(context)?,
    };
    let mut text = String::new();
    file.take(largest + 1).read_to_string(&mut text).with_context(context)?;
    if text.len() as u64 > largest {
        bail!("{} is larger than the {} MiB that are read", path.display(), largest >> 20);
    }
    Ok(Some(text))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        load(Some("[policy]\nmode = 'off'"));
        load(Some("[grants]\nhours = 1000"));
        load(Some("[[grants.approver]]\nname = 'ann'\nkey = 'none'"));
        std::fs::write(folder.path().join("windows.json"), "[]").expect("writable");
        load(Some(""));
        insta::assert_snapshot!(said.join("\n---\n"));
    }

    #[test]
    fn a_baseline_is_read_when_it_is_asked_for_and_may_be_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keyward.toml");
        new_key(&folder.path().join("key")).expect("a key");
        std::fs::write(&file, "baseline = 'baseline.jsonl'").expect("writable");
        let config = Config::load(&file).expect("a configuration");
        assert!(config.baseline().expect("none yet").is_empty());
        std::fs::write(folder.path().join("baseline.jsonl"), "text").expect("writable");
        let error = config.baseline().expect_err("no baseline").to_string();
        assert!(error.contains("baseline.jsonl: line 1 is no entry"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), key in "(policy|grants|rules)", word in "[a-z_]{1,12}", value in "[ -~]{0,20}") {
            for text in [text, format!("[{key}]\n{word} = {value}\n"), format!("[[{key}.{word}]]\n{word} = \"{value}\"")] {
                let _ = toml::from_str::<ConfigFile>(&text);
            }
        }
    }
}
