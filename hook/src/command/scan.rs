//! `keyward scan`: a folder's files, or every object of a repository.

mod files;
mod history;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use keyward_rules::Finding;
use keyward_rules::policy::{Context, Decision, judge};

use crate::cli::ScanFormat;
use crate::config::Config;
use crate::exit::Exit;
use crate::expiry;
use crate::objects::Store;
use crate::output;
use crate::push::today;
use crate::report;
use crate::scanner::Scanner;
use crate::server::Server;

/// A finding with what the policy says to it.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) finding: Finding,
    /// Commit that introduced it, for histories.
    pub(crate) commit: Option<String>,
    pub(crate) decision: Decision,
}

/// Something that was not scanned, and why.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct NotScanned {
    pub(crate) path: String,
    pub(crate) reason: String,
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

pub(super) fn run(path: &Path, history: bool, format: ScanFormat, config: Option<PathBuf>) -> Result<Exit> {
    let config = match config {
        Some(file) => Config::load(&file)?,
        None => Config::personal()?,
    };
    if !path.exists() {
        bail!("{} does not exist", path.display());
    }
    let store = repository(path, history)?;
    let git_dir = store.as_ref().map_or(path, |store| store.repository().path());
    let server = Server::of(git_dir);
    let scanner = Scanner::new(config.key.clone(), server.repository.clone());
    let mut scan = match &store {
        Some(store) => history::scan(store, &scanner, config.largest_object)?,
        None => files::scan(path, &scanner, config.largest_object)?,
    };
    scan.now = expiry::now();
    let context = Context { refs: &[], repository: &server.repository, actor: None, today: today(), now: scan.now };
    for judged in &mut scan.findings {
        judged.decision = judge(&config.policy, &config.allowlist, &judged.finding, false, &context);
    }
    scan.findings.sort_by(|a, b| {
        (&a.finding.path, a.finding.location, &a.commit).cmp(&(&b.finding.path, b.finding.location, &b.commit))
    });
    output::result(&match format {
        ScanFormat::Text => report::text::render(&scan),
        ScanFormat::Json => report::json::render(&scan)?,
        ScanFormat::Sarif => report::sarif::render(&scan, scanner.engine().catalogue())?,
    });
    Ok(exit(&scan))
}

/// The repository whose history is to be scanned, if it is that and not a folder's files.
fn repository(path: &Path, history: bool) -> Result<Option<Store>> {
    let bare = path.is_dir() && path.join("HEAD").is_file() && path.join("objects").is_dir();
    if !history && !bare {
        return Ok(None);
    }
    Store::open(path).with_context(|| format!("{} is no repository that can be read", path.display())).map(Some)
}

fn exit(scan: &Scan) -> Exit {
    if scan.findings.iter().any(|judged| judged.decision.blocks()) {
        Exit::Blocked
    } else if scan.not_scanned.is_empty() {
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
    // The first of a place takes its end along.
    findings.retain_mut(|judged| {
        let end = ends.remove(&place(judged));
        judged.finding.expires = end.flatten();
        end.is_some()
    });
}
