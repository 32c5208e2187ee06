//! `keyward explain CODE`: from a code in a message, or a rule's id, to what it is and what to do.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use keyward_rules::{Catalogue, Code, Engine, Rule};

use crate::config::{Config, default_file};
use crate::exit::Exit;
use crate::ledger::{self, Event, LedgerFinding, Push};
use crate::output;

pub(super) fn run(code: &str, config: Option<PathBuf>) -> Result<Exit> {
    let file = config.unwrap_or_else(default_file);
    let config = Config::load(&file);
    // Without a configuration the built-in rules can still be explained.
    let engine = config.as_ref().map_or_else(|_| Arc::new(Engine::builtin()), |config| config.engine.clone());
    let catalogue = engine.catalogue();
    if let Some(rule) = catalogue.find(code) {
        output::result(&about(catalogue, catalogue.rule(rule)));
        return Ok(Exit::Clean);
    }
    let Some(wanted) = Code::parse(code) else {
        bail!("`{code}` is neither a code such as KW-7F3K9QXD nor the id of a rule; `keyward rules` lists those");
    };
    let config = config?;
    let Some(ledger) = &config.ledger else {
        bail!("{} names no ledger, so nothing is remembered about codes", file.display());
    };
    let path = &ledger.path;
    let seen = seen(path, &wanted.to_string())?;
    let Some(Seen { finding: first, .. }) = seen.first() else {
        bail!("{wanted} is not in the ledger {}; was it another server's message?", path.display());
    };
    let mut others: Vec<&str> = seen.iter().map(|seen| seen.finding.fingerprint.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    if others.len() > 1 {
        bail!(
            "{wanted} stands for {} credentials; name one by its fingerprint in the ledger: {}",
            others.len(),
            others.join(", ")
        );
    }
    let mut text = format!("{wanted}\nfingerprint  {}\n", first.fingerprint);
    if let Some(rule) = catalogue.find(&first.rule) {
        text.push_str(&about(catalogue, catalogue.rule(rule)));
    }
    for Seen { time, push, finding } in &seen {
        let commits: Vec<&str> = finding.commits.iter().filter_map(|id| id.get(..7)).collect();
        let actor = push.actor.as_deref().unwrap_or("someone");
        let _ = writeln!(
            text,
            "seen         {time}  {}  {}:{}  commit {}  pushed by {actor}, {}",
            push.repository,
            finding.path,
            finding.line,
            commits.join(", "),
            push.verdict
        );
    }
    output::result(&text);
    Ok(Exit::Clean)
}

/// A finding in the ledger, and the push it came with.
pub(super) struct Seen {
    pub(super) time: String,
    pub(super) push: Push,
    pub(super) finding: LedgerFinding,
}

/// Every time the ledger has this code, oldest first.
///
/// # Errors
/// The ledger could not be read.
pub(super) fn seen(path: &Path, code: &str) -> Result<Vec<Seen>> {
    let mut seen = Vec::new();
    ledger::entries(path, &mut |entry| {
        let Event::Push(mut push) = entry.event else { return };
        let findings = std::mem::take(&mut push.findings);
        let wanted = findings.into_iter().filter(|finding| finding.code == code);
        seen.extend(wanted.map(|finding| Seen { time: entry.time.clone(), push: push.clone(), finding }));
    })?;
    Ok(seen)
}

fn about(catalogue: &Catalogue, rule: &Rule) -> String {
    let provider = catalogue.provider(rule);
    let mut text = format!(
        "what         {} ({}, {} harm, rule {})\nopens        {}\nrevoke       {}\n             {}\ninstead      {}\nafterwards   {}\nformat       {}\n",
        rule.name,
        rule.class,
        rule.severity,
        rule.id,
        provider.opens,
        provider.revoke,
        provider.console,
        provider.ephemeral,
        provider.afterwards,
        rule.source
    );
    if let Some(rest) = rule.class.beyond_revoking() {
        let _ = writeln!(text, "beyond that  {rest}");
    }
    text
}
