//! `keyward explain CODE`: from a code in a message, or a rule's id, to what it is and what to do.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use keyward_rules::{Catalogue, Code, Engine, Rule};

use crate::config::{Config, default_file};
use crate::exit::Exit;
use crate::ledger::{self, Entry, LedgerFinding};
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
    let Some(path) = &config.ledger else {
        bail!("{} names no ledger, so nothing is remembered about codes", file.display());
    };
    let entries = ledger::read(path)?;
    let seen: Vec<(&Entry, &LedgerFinding)> = entries
        .iter()
        .flat_map(|entry| entry.findings.iter().map(move |finding| (entry, finding)))
        .filter(|(_, finding)| finding.code == wanted.to_string())
        .collect();
    let Some((_, first)) = seen.first() else {
        bail!("{wanted} is not in the ledger {}; was it another server's message?", path.display());
    };
    let mut others: Vec<&str> = seen.iter().map(|(_, finding)| finding.fingerprint.as_str()).collect();
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
    for (entry, finding) in &seen {
        let commits: Vec<&str> = finding.commits.iter().map(|id| &id[..id.len().min(7)]).collect();
        let actor = entry.actor.as_deref().unwrap_or("someone");
        let _ = writeln!(
            text,
            "seen         {}  {}  {}:{}  commit {}  pushed by {actor}, {}",
            entry.time,
            entry.repository,
            finding.path,
            finding.line,
            commits.join(", "),
            entry.verdict
        );
    }
    output::result(&text);
    Ok(Exit::Clean)
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
    if rule.class.forges_trust() {
        text.push_str("trust        what it signed or encrypted must be trusted anew; revoking alone is not enough\n");
    }
    text
}
