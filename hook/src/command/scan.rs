//! `keyward scan`: a folder's files, or every object of a repository.

mod files;
mod history;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use keyward_rules::Finding;
use keyward_rules::baseline::Baseline;
use keyward_rules::pack::Bounds;
use keyward_rules::policy::{Action, Context, Decision, judge};

use crate::cli::ScanFormat;
use crate::config::Config;
use crate::exit::Exit;
use crate::expiry;
use crate::honour::{Excuse, Honour};
use crate::objects::Store;
use crate::output;
use crate::push::today;
use crate::report;
use crate::rule_files;
use crate::scanner::Scanner;
use crate::server::Server;

/// A finding with what the policy says to it.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) finding: Finding,
    /// Commit that introduced it, for histories.
    pub(crate) commit: Option<String>,
    /// What the repository says in its favour, where the configuration heeds that.
    pub(crate) excuse: Option<Excuse>,
    pub(crate) decision: Decision,
}

impl Judged {
    /// A finding on which the policy is still to be asked.
    fn of(finding: Finding, commit: Option<String>, honour: &Honour) -> Judged {
        let excuse = honour.excuse(&finding, commit.as_deref());
        Judged { finding, commit, excuse, decision: Decision::Act(Action::Observe) }
    }
}

/// Something that was not scanned, and why.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct NotScanned {
    pub(crate) path: String,
    pub(crate) reason: String,
    /// Whether only a member of an archive is missing, which leaves the scan whole otherwise.
    #[serde(skip)]
    pub(crate) member: bool,
}

impl NotScanned {
    /// A whole file or object.
    fn whole(path: String, reason: String) -> Self {
        NotScanned { path, reason, member: false }
    }

    /// Something in the archive at `path`.
    fn member(path: &str, reason: String) -> Self {
        NotScanned { path: path.to_owned(), reason, member: true }
    }
}

/// How much was scanned.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(crate) struct Stats {
    /// Files, or objects of a history.
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// What one scan yields.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) findings: Vec<Judged>,
    pub(crate) not_scanned: Vec<NotScanned>,
    pub(crate) stats: Stats,
    /// When it was scanned, in seconds since 1970.
    pub(crate) now: i64,
}

impl Scan {
    /// How many findings have this excuse.
    pub(crate) fn excused(&self, excuse: Excuse) -> usize {
        self.findings.iter().filter(|judged| judged.excuse == Some(excuse)).count()
    }
}

pub(super) fn run(
    path: &Path,
    history: bool,
    format: ScanFormat,
    rules: &[PathBuf],
    config: Option<PathBuf>,
) -> Result<Exit> {
    let mut config = match config {
        Some(file) => Config::load(&file)?,
        None => Config::personal()?,
    };
    if !path.exists() {
        bail!("{} does not exist", path.display());
    }
    if !rules.is_empty() {
        config.engine = Arc::new(rule_files::engine_telling(&config.rule_files, rules, config.imported)?);
    }
    let store = repository(path, history, config.largest_object)?;
    let git_dir = store.as_ref().map_or(path, |store| store.repository().git_dir());
    let server = Server::of(git_dir);
    let scanner = Scanner::new(config.engine.clone(), config.key.clone(), server.repository.clone());
    let mut scan = match &store {
        Some(store) => history::scan(store, &scanner, &Honour::of_head(&config, store))?,
        None => files::scan(path, &scanner, &Honour::of_folder(&config, path), config.largest_object)?,
    };
    decide(&mut scan, &config, &server.repository)?;
    output::result(&match format {
        ScanFormat::Text => report::text::render(&scan),
        ScanFormat::Json => report::json::render(&scan)?,
        ScanFormat::Sarif => report::sarif::render(&scan, scanner.engine().catalogue())?,
    });
    Ok(exit(&scan))
}

/// Every object of a repository scanned and judged; and the name it is judged under, its path's if none is given.
///
/// # Errors
/// It is no repository, or could not be read at all.
pub(super) fn history_of(path: &Path, name: Option<&str>, config: &Config) -> Result<(String, Scan)> {
    let store = open(path, config.largest_object)?;
    let name = name.map_or_else(|| Server::of(store.repository().git_dir()).repository, str::to_owned);
    let scanner = Scanner::new(config.engine.clone(), config.key.clone(), name.clone());
    let mut scan = history::scan(&store, &scanner, &Honour::of_head(config, &store))?;
    decide(&mut scan, config, &name)?;
    Ok((name, scan))
}

/// Asks the policy about each finding, and puts them in order.
fn decide(scan: &mut Scan, config: &Config, repository: &str) -> Result<()> {
    scan.now = expiry::now();
    let context = Context { refs: &[], repository, actor: None, today: today(), now: scan.now };
    let baseline = if scan.findings.is_empty() { Baseline::default() } else { config.baseline()? };
    for judged in &mut scan.findings {
        let known = baseline.holds(repository, judged.finding.fingerprint);
        judged.decision = match judged.excuse {
            Some(excuse) => Decision::Allowed(excuse.reason().to_owned()),
            None => judge(&config.policy, &config.allowlist, &judged.finding, known, &context),
        };
    }
    scan.findings.sort_by(|a, b| {
        (&a.finding.path, a.finding.location, &a.commit).cmp(&(&b.finding.path, b.finding.location, &b.commit))
    });
    Ok(())
}

/// The repository whose history is to be scanned, if it is that and not a folder's files.
fn repository(path: &Path, history: bool, largest: u64) -> Result<Option<Store>> {
    let bare = path.is_dir() && path.join("HEAD").is_file() && path.join("objects").is_dir();
    if !history && !bare {
        return Ok(None);
    }
    open(path, largest).map(Some)
}

fn open(path: &Path, largest: u64) -> Result<Store> {
    Store::open(path, Bounds { largest, proceed: &|| true })
        .with_context(|| format!("{} is no repository that can be read", path.display()))
}

fn exit(scan: &Scan) -> Exit {
    if scan.findings.iter().any(|judged| judged.decision.blocks()) {
        Exit::Blocked
    } else if scan.not_scanned.iter().all(|item| item.member) {
        Exit::Clean
    } else {
        Exit::CouldNotTell
    }
}

/// The same credential at the same place is told once.
pub(crate) fn distinct(findings: &mut Vec<Judged>) {
    let place = |judged: &Judged| (judged.finding.fingerprint, judged.finding.path.clone());
    let mut ends = HashMap::new();
    for judged in findings.iter() {
        let end = judged.finding.expires;
        ends.entry(place(judged)).and_modify(|known| *known = expiry::later(*known, end)).or_insert(end);
    }
    let mut seen = HashSet::new();
    findings.retain_mut(|judged| {
        let place = place(judged);
        judged.finding.expires = ends.get(&place).copied().flatten();
        // A mark on one line excuses nothing on another.
        seen.insert((place, judged.excuse))
    });
}
