//! `keyward allow list`, `check` and `add`: what is allowed, what of it is of no more use, and one entry more.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use keyward_rules::allowlist::{AllowEntry, Allowlist, Day};
use keyward_rules::{Code, Fingerprint};

use super::explain::seen;
use super::ledger::{configuration, of};
use super::{account, replace};
use crate::cli::admin::AllowCommand;
use crate::config::Config;
use crate::exit::Exit;
use crate::ledger::{self, Act, Admin, Event, LedgerFinding, Weight};
use crate::output;
use crate::push::today;

pub(super) fn run(command: AllowCommand) -> Result<Exit> {
    match command {
        AllowCommand::List { config } => list(config),
        AllowCommand::Check { config, soon, unused } => check(config, i64::from(soon), i64::from(unused)),
        AllowCommand::Add { secret, config, reason, owner, expires } => {
            add(&secret, config, &Addition { reason, owner, expires })
        }
    }
}

fn list(config: Option<PathBuf>) -> Result<Exit> {
    let (config, _) = configuration(config)?;
    let usage = Usage::of(&config)?;
    let mut text = String::new();
    for (index, entry) in config.allowlist.entries().iter().enumerate() {
        let _ = writeln!(text, "{}", usage.line(index, entry, today()));
    }
    if text.is_empty() {
        text.push_str("nothing is allowed\n");
    }
    output::result(&text);
    Ok(Exit::Clean)
}

fn check(config: Option<PathBuf>, soon: i64, unused: i64) -> Result<Exit> {
    let (config, _) = configuration(config)?;
    let (usage, today) = (Usage::of(&config)?, today());
    let mut text = String::new();
    for (index, entry) in config.allowlist.entries().iter().enumerate() {
        if let Some(problem) = usage.problem(index, entry, today, soon, unused) {
            let _ = writeln!(text, "{problem:<10} {}", usage.line(index, entry, today));
        }
    }
    let found = !text.is_empty();
    let _ = writeln!(text, "{}", usage.since());
    output::result(&text);
    Ok(if found { Exit::Blocked } else { Exit::Clean })
}

/// When each allowance was last used, as the ledger tells.
struct Usage {
    last: Vec<Option<Day>>,
    /// The ledger's first day.
    begins: Option<Day>,
}

impl Usage {
    fn of(config: &Config) -> Result<Usage> {
        let entries = config.allowlist.entries();
        let mut usage = Usage { last: vec![None; entries.len()], begins: None };
        let Some(path) = config.ledger.as_ref().map(|ledger| &ledger.path) else { return Ok(usage) };
        if ledger::files(path).is_empty() {
            return Ok(usage);
        }
        ledger::entries(path, &mut |entry| {
            let day = entry.time.get(..10).and_then(Day::parse);
            usage.begins = usage.begins.or(day);
            let (Event::Push(push), Some(day)) = (entry.event, day) else { return };
            for finding in push.findings.iter().filter(|finding| finding.decision == "allowed") {
                usage.count(entries, finding, day);
            }
        })?;
        Ok(usage)
    }

    /// The first that fits and held on that day, as it was judged.
    fn count(&mut self, entries: &[AllowEntry], finding: &LedgerFinding, day: Day) {
        let fingerprint = Fingerprint::parse(&finding.fingerprint);
        let fits =
            |entry: &AllowEntry| day <= entry.expires && entry.subject.fits(fingerprint, &finding.rule, &finding.path);
        if let Some(index) = entries.iter().position(fits) {
            self.last[index] = self.last[index].max(Some(day));
        }
    }

    /// Why somebody should look at it.
    fn problem(&self, index: usize, entry: &AllowEntry, today: Day, soon: i64, unused: i64) -> Option<&'static str> {
        let long = |day: Day| day.days_until(today) >= unused;
        match (today.days_until(entry.expires), self.last[index], self.begins) {
            (left, ..) if left < 0 => Some("ended"),
            (left, ..) if left < soon => Some("ends soon"),
            // A ledger that is younger than that says nothing about use.
            (_, None, Some(begins)) if long(begins) => Some("unused"),
            (_, Some(last), _) if long(last) => Some("unused"),
            _ => None,
        }
    }

    fn line(&self, index: usize, entry: &AllowEntry, today: Day) -> String {
        let left = today.days_until(entry.expires);
        let end = match left {
            ..0 => format!("ended {}", entry.expires),
            0 => "ends today".to_owned(),
            _ => format!("until {}, {left} days", entry.expires),
        };
        let used = self.last[index].map_or_else(|| "never used".to_owned(), |day| format!("last used {day}"));
        format!("{}: {end}; {used}; {}: {}", entry.subject, entry.owner, entry.reason)
    }

    fn since(&self) -> String {
        match self.begins {
            Some(day) => format!("use as the ledger tells since {day}"),
            None => "there is no ledger that could tell of use".to_owned(),
        }
    }
}

/// What an entry says beside its secret.
struct Addition {
    reason: String,
    owner: String,
    expires: String,
}

fn add(secret: &str, config: Option<PathBuf>, addition: &Addition) -> Result<Exit> {
    let (config, file) = configuration(config)?;
    let Some(path) = &config.allow_file else {
        bail!("{} names no allowances; make an empty file and set `allow = \"allow.toml\"` there", file.display());
    };
    let fingerprint = fingerprint(secret, &config, &file)?;
    let entry = entry(fingerprint, addition)?;
    let subject = Allowlist::parse(&entry).map_err(|error| anyhow::anyhow!("not added: {error}"))?;
    if subject.entries().iter().any(|entry| entry.expires < today()) {
        bail!("not added: `--expires` is in the past");
    }
    let before = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    let text = if before.trim().is_empty() { entry } else { format!("{}\n\n{entry}", before.trim_end()) };
    Allowlist::parse(&text).map_err(|error| anyhow::anyhow!("not added: {}: {error}", path.display()))?;
    if let Some(ledger) = &config.ledger {
        let reason = format!("{}: {} ({})", fingerprint.code(), addition.reason, addition.owner);
        let until = Some(addition.expires.clone());
        let admin = Admin { act: Act::Allowed, by: account(), repository: None, until, reason };
        ledger.append(Timestamp::now(), Weight::Heavy, |_| vec![Event::Admin(admin)])?;
    }
    replace(path, &text)?;
    output::result(&format!("{}: {} is allowed until {}\n", path.display(), fingerprint.code(), addition.expires));
    Ok(Exit::Clean)
}

/// The one secret that a code stands for in the ledger.
fn fingerprint(secret: &str, config: &Config, file: &Path) -> Result<Fingerprint> {
    if let Some(fingerprint) = Fingerprint::parse(secret) {
        return Ok(fingerprint);
    }
    let Some(code) = Code::parse(secret) else {
        bail!("`{secret}` is neither a code such as KW-7F3K9QXD nor a fingerprint of 64 digits");
    };
    let ledger = of(config, file)?;
    let mut found: Vec<String> =
        seen(&ledger.path, &code.to_string())?.into_iter().map(|seen| seen.finding.fingerprint).collect();
    found.sort();
    found.dedup();
    match found.as_slice() {
        [one] => Fingerprint::parse(one).with_context(|| format!("the ledger's fingerprint of {code} is none")),
        [] => bail!("{code} is not in the ledger {}; was it another server's message?", ledger.path.display()),
        many => bail!("{code} stands for {} secrets; name one by its fingerprint: {}", many.len(), many.join(", ")),
    }
}

fn entry(fingerprint: Fingerprint, addition: &Addition) -> Result<String> {
    let Some(expires) = Day::parse(&addition.expires) else { bail!("`--expires` is a day, as 2027-01-31") };
    let quoted = |text: &str| toml::Value::from(text).to_string();
    Ok(format!(
        "[[allow]]\nfingerprint = \"{fingerprint}\" # {}\nreason = {}\nowner = {}\nexpires = {expires}\n",
        fingerprint.code(),
        quoted(&addition.reason),
        quoted(&addition.owner)
    ))
}

#[cfg(test)]
mod tests {
    use keyward_rules::allowlist::{Allowlist, Day};
    use keyward_rules::{Class, FingerprintKey, Secret};

    use super::{Addition, Usage, entry};
    use crate::ledger::LedgerFinding;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a day")
    }

    fn allowlist() -> Allowlist {
        let entry = |path: &str, expires: &str| {
            format!("[[allow]]\nrule = \"a\"\npath = \"{path}\"\nreason = \"r\"\nowner = \"o\"\nexpires = {expires}\n")
        };
        let days = ["2026-11-30", "2026-12-10", "2027-12-01"];
        Allowlist::parse(&days.map(|day| entry("x/*", day)).concat()).expect("a good list")
    }

    #[test]
    fn what_ended_ends_soon_or_is_unused_is_told() {
        let list = allowlist();
        let mut usage = Usage { last: vec![None; 3], begins: Some(day("2026-08-01")) };
        let finding = LedgerFinding { rule: "a".into(), path: "x/b".into(), ..LedgerFinding::default() };
        let told = |usage: &Usage| {
            let entries = list.entries().iter().enumerate();
            let told = entries.map(|(index, entry)| usage.problem(index, entry, day("2026-12-01"), 14, 90));
            told.map(Option::unwrap_or_default).collect::<Vec<_>>()
        };
        assert_eq!(told(&usage), ["ended", "ends soon", "unused"]);
        // The first held and fitted on that day, so the others were not used.
        usage.count(list.entries(), &finding, day("2026-11-20"));
        assert_eq!(told(&usage), ["ended", "ends soon", "unused"]);
        usage.count(list.entries(), &finding, day("2026-12-11"));
        assert_eq!(told(&usage), ["ended", "ends soon", ""]);
        assert_eq!(told(&Usage { last: vec![None; 3], begins: Some(day("2026-11-20")) })[2], "", "too young to tell");
        let lines = list.entries().iter().enumerate().map(|(index, entry)| usage.line(index, entry, day("2026-12-01")));
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn an_entry_is_written_as_it_is_read() {
        let secret = FingerprintKey::new([1; 32]).fingerprint(&Secret::new(b"x"), Class::ApiKey, "");
        let addition = |expires: &str| Addition {
            reason: "a \"sample\"\nof [[allow]]".into(),
            owner: "ann\\".into(),
            expires: expires.into(),
        };
        let text = entry(secret, &addition("2027-01-31")).expect("a good entry");
        let list = Allowlist::parse(&text).expect("its own text");
        assert_eq!(list.entries().len(), 1);
        assert_eq!(list.entries()[0].reason, addition("").reason);
        for expires in ["tomorrow", "2027-01-31\nrule = \"a\"", "2027-02-30"] {
            assert!(entry(secret, &addition(expires)).is_err(), "{expires}");
        }
    }
}
