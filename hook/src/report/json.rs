//! A scan for programs. `docs/json.md` describes the schema; within `keyward.scan/1` fields are only ever added.

use anyhow::Result;
use keyward_rules::Finding;
use serde::Serialize;

use crate::command::{NotScanned, Scan, Stats};
use crate::expiry;
use crate::honour::Excuse;

/// Name and version of the schema.
const SCHEMA: &str = "keyward.scan/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    findings: Vec<Item<'a>>,
    not_scanned: &'a [NotScanned],
    excused: Excused,
    stats: Stats,
}

#[derive(Serialize)]
struct Excused {
    inline: usize,
    gitleaksignore: usize,
}

#[derive(Serialize)]
struct Item<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    commit: Option<&'a str>,
    expiry: Option<String>,
    verdict: &'static str,
}

/// Renders a scan as one object.
///
/// # Errors
/// None in practice: the document is plain data.
pub(crate) fn render(scan: &Scan) -> Result<String> {
    let findings = scan.findings.iter().map(|judged| Item {
        finding: &judged.finding,
        commit: judged.commit.as_deref(),
        expiry: expiry::words(&judged.finding, scan.now),
        verdict: judged.decision.as_str(),
    });
    let document = Document {
        schema: SCHEMA,
        findings: findings.collect(),
        not_scanned: &scan.not_scanned,
        excused: Excused { inline: scan.excused(Excuse::Mark), gitleaksignore: scan.excused(Excuse::IgnoreFile) },
        stats: scan.stats,
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}
