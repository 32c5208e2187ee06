//! One push of the past judged again: in a scratch repository whose refs are those of that day and whose objects are the real one's; or,
//! where the objects are gone, by what the ledger has of it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use keyward_rules::policy::{Action, Context, Decision, DoubtAction, EvidenceWord, judge};
use keyward_rules::{Code, Confidence, Evidence, Finding, Fingerprint, Location};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::past::PastPush;
use crate::config::Config;
use crate::expiry;
use crate::ledger::LedgerFinding;
use crate::patience::Clock;
use crate::push::{inspect, today};
use crate::server::Server;

/// What judges.
pub(super) struct Again {
    config: Config,
}

/// What a push would come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Replayed {
    /// Codes of what would reject it.
    pub(super) blocked: Vec<String>,
    /// Codes of what would be warned about.
    pub(super) warned: Vec<String>,
    /// Doubts that would reject it.
    pub(super) doubts: Vec<String>,
    /// Whether its objects are gone, so that only what the ledger has of it was judged.
    pub(super) from_record: bool,
}

impl Replayed {
    pub(super) fn is_rejected(&self) -> bool {
        !self.blocked.is_empty() || !self.doubts.is_empty()
    }

    fn add(&mut self, code: Code, decision: &Decision) {
        let codes = match decision {
            Decision::Act(Action::Block) => &mut self.blocked,
            Decision::Act(Action::Warn) => &mut self.warned,
            _ => return,
        };
        let code = code.to_string();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
}

impl Again {
    pub(super) fn new(config: Config) -> Again {
        Again { config }
    }

    /// Scans it anew.
    ///
    /// # Errors
    /// The scratch repository could not be made.
    pub(super) fn scan(&self, past: &PastPush, folder: &Path, before: &[(String, String)]) -> Result<Replayed> {
        if past.updates.iter().all(|update| update.new.is_none()) {
            return Ok(Replayed::default());
        }
        let scratch = tempfile::tempdir().context("could not make a scratch folder")?;
        lay(scratch.path(), folder, before).context("could not make a scratch repository")?;
        let mut server = Server::of(folder);
        server.repository.clone_from(&past.push.repository);
        server.actor.clone_from(&past.push.actor);
        let inspection = inspect(&self.config, scratch.path(), &server, Clock::start(None), input(past).as_bytes());
        let mut replayed = Replayed::default();
        for sighting in &inspection.sightings {
            replayed.add(sighting.finding.code, &sighting.decision);
        }
        let doubts = inspection.doubts.iter();
        let rejecting = doubts.filter(|doubt| self.config.policy.doubt.action(doubt.kind) == DoubtAction::Reject);
        replayed.doubts = rejecting.map(|doubt| doubt.detail.clone()).collect();
        Ok(replayed)
    }

    /// Judges what the ledger has of it. Rules that are not in force now find nothing.
    pub(super) fn judge_record(&self, past: &PastPush) -> Replayed {
        let mut replayed = Replayed { from_record: true, ..Replayed::default() };
        let names = past.updates.iter().filter(|update| update.new.is_some()).map(|update| update.name.clone());
        let refs = self.config.policy.distinct_refs(&names.collect::<Vec<_>>());
        let context = Context {
            refs: &refs,
            repository: &past.push.repository,
            actor: past.push.actor.as_deref(),
            today: today(),
            now: expiry::now(),
        };
        for recorded in &past.push.findings {
            let Some(finding) = self.finding(recorded) else { continue };
            let known = recorded.decision == "known";
            let decision = judge(&self.config.policy, &self.config.allowlist, &finding, known, &context);
            replayed.add(finding.code, &decision);
        }
        replayed
    }

    fn finding(&self, recorded: &LedgerFinding) -> Option<Finding> {
        let catalogue = self.config.engine.catalogue();
        let rule = catalogue.rule(catalogue.find(&recorded.rule)?);
        let fingerprint = Fingerprint::parse(&recorded.fingerprint)?;
        let evidence: Option<EvidenceWord> = word(&recorded.evidence);
        Some(Finding {
            code: fingerprint.code(),
            fingerprint,
            rule: rule.id.clone(),
            name: rule.name.clone(),
            provider: catalogue.provider(rule).id.clone(),
            class: rule.class,
            severity: rule.severity,
            confidence: word::<Confidence>(&recorded.confidence).unwrap_or(rule.confidence),
            evidence: evidence.map_or(Evidence::Shape, Evidence::from),
            reason: String::new(),
            expires: recorded.expires,
            path: recorded.path.clone(),
            member: String::new(),
            location: Location { line: recorded.line, column: 1, end_line: recorded.line, end_column: 1 },
            preview: String::new(),
            mark: None,
        })
    }
}

fn word<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(Value::from(text)).ok()
}

/// What git wrote to the hook that day.
fn input(past: &PastPush) -> String {
    let mut text = String::new();
    for update in &past.updates {
        let length = update.old.as_ref().or(update.new.as_ref()).map_or(40, String::len);
        let id = |id: &Option<String>| id.clone().unwrap_or_else(|| "0".repeat(length));
        text.push_str(&format!("{} {} {}\n", id(&update.old), id(&update.new), update.name));
    }
    text
}

/// A bare repository with these refs, and another one's objects.
fn lay(scratch: &Path, folder: &Path, before: &[(String, String)]) -> std::io::Result<()> {
    let write = |name: &str, text: &str| {
        let path = scratch.join(name);
        fs::create_dir_all(path.parent().unwrap_or(scratch))?;
        fs::write(path, text)
    };
    let objects = folder.join("objects").canonicalize()?;
    let long = before.iter().any(|(_, id)| id.len() == 64);
    let format = if long { "1\n[extensions]\n\tobjectformat = sha256\n" } else { "0\n" };
    write("HEAD", "ref: refs/heads/keyward-replay\n")?;
    write("config", &format!("[core]\n\tbare = true\n\trepositoryformatversion = {format}"))?;
    write("objects/info/alternates", &format!("{}\n", objects.display()))?;
    write("refs/heads/.keyward", "")?;
    fs::remove_file(scratch.join("refs/heads/.keyward"))?;
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    let mut lines: Vec<String> = Vec::new();
    for (index, (name, id)) in before.iter().enumerate() {
        // A name that the ledger could not keep as it was would make git refuse them all.
        let name = if plain(name) { name.clone() } else { format!("refs/keyward/{index}") };
        lines.push(format!("{name} {id}"));
    }
    lines.sort();
    let packed = lines.iter().filter_map(|line| line.split_once(' ')).map(|(name, id)| format!("{id} {name}\n"));
    write("packed-refs", &packed.collect::<String>())
}
