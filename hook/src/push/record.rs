//! One push as an entry of the ledger. A failure to write it is a doubt for the policy.

use std::path::Path;

use jiff::Timestamp;
use keyward_rules::allowlist::{Allowlist, Day};
use keyward_rules::policy::{Decision, Doubt, DoubtKind};
use keyward_rules::printable;

use super::updates::{self, RefUpdate};
use super::{Inspection, Sighting, today};
use crate::config::Config;
use crate::ledger::{Act, Admin, Event, Ledger, LedgerFinding, MOST_COMMITS, MOST_FINDINGS, MOST_REFS, Push, Weight};
use crate::output;
use crate::scanner::Scanner;
use crate::server::Server;

/// Writes the ledger if the configuration names one and there is something to write.
pub(super) fn record(
    config: &Config,
    server: &Server,
    input: &[u8],
    inspection: &Inspection,
    rejected: bool,
) -> Option<Doubt> {
    let ledger = config.ledger.as_ref()?;
    let updates = updates::parse(input).unwrap_or_default();
    let unusual = !inspection.sightings.is_empty()
        || !inspection.doubts.is_empty()
        || !inspection.grants_refused.is_empty()
        || inspection.stance.is_window();
    if !unusual && (updates.is_empty() || !ledger.clean) {
        return None;
    }
    let push = push(config, server, &updates, inspection, rejected);
    let weight = if unusual { Weight::Heavy } else { Weight::Light };
    let error = append(ledger, &config.allowlist, weight, Event::Push(push)).err()?;
    Some(Doubt { kind: DoubtKind::Ledger, detail: output::one_line(&error) })
}

/// Appends an event, before it the allowances that have ended since the last entry: so each end is told once, here and in the system log.
///
/// # Errors
/// As `Ledger::append`.
fn append(ledger: &Ledger, allowlist: &Allowlist, weight: Weight, event: Event) -> anyhow::Result<()> {
    let mut ended = Vec::new();
    ledger.append(Timestamp::now(), weight, |last| {
        let before = last.and_then(|time| Day::parse(time.get(..10)?));
        let since = before.into_iter().flat_map(|before| allowlist.ended_since(before, today()));
        ended = since.map(|entry| format!("{}: {}, of {}", entry.subject, entry.reason, entry.owner)).collect();
        let told = ended.iter().map(|words| {
            let reason = printable(words.as_bytes());
            Event::Admin(Admin {
                act: Act::AllowanceEnded,
                by: "keyward".into(),
                repository: None,
                until: None,
                reason,
            })
        });
        told.chain([event]).collect()
    })?;
    for words in ended {
        ledger.tell(&format!("an allowance has ended: {words}; `keyward allow list` shows all"));
    }
    Ok(())
}

fn push(config: &Config, server: &Server, updates: &[RefUpdate], inspection: &Inspection, rejected: bool) -> Push {
    let scanner = Scanner::new(config.engine.clone(), config.key.clone(), server.repository.clone());
    let described = |update: &RefUpdate| {
        let [old, new] = [update.old, update.new].map(|id| id.map_or_else(|| "-".to_owned(), |id| id.to_string()));
        format!("{old} {new} {}", scanner.ref_name(&update.name))
    };
    let git_dir = std::env::var_os("GIT_DIR").unwrap_or_else(|| ".".into());
    let folder = Path::new(&git_dir).canonicalize().unwrap_or_default();
    Push {
        repository: server.repository.clone(),
        folder: printable(folder.as_os_str().as_encoded_bytes()),
        actor: server.actor.clone(),
        refs: updates.iter().take(MOST_REFS).map(described).collect(),
        more_refs: updates.len().saturating_sub(MOST_REFS),
        verdict: if rejected { "rejected" } else { "accepted" }.to_owned(),
        spared: inspection.stance.sparing(),
        findings: inspection.sightings.iter().take(MOST_FINDINGS).map(kept).collect(),
        more_findings: inspection.sightings.len().saturating_sub(MOST_FINDINGS),
        doubts: inspection.doubts.iter().map(|doubt| doubt.detail.clone()).collect(),
        grants_refused: inspection.grants_refused.clone(),
    }
}

fn kept(sighting: &Sighting) -> LedgerFinding {
    let finding = &sighting.finding;
    let allowed = match &sighting.decision {
        Decision::Allowed(reason) => Some(printable(reason.as_bytes())),
        _ => None,
    };
    LedgerFinding {
        code: finding.code.to_string(),
        fingerprint: finding.fingerprint.to_string(),
        rule: finding.rule.clone(),
        confidence: finding.confidence.to_string(),
        evidence: finding.evidence.as_str().to_owned(),
        expires: finding.expires,
        decision: sighting.decision.as_str().to_owned(),
        allowed,
        path: finding.path.clone(),
        line: finding.location.line,
        commits: sighting.commits.iter().take(MOST_COMMITS).map(ToString::to_string).collect(),
    }
}
