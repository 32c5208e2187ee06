//! A scan as SARIF 2.1.0, which code hosts show beside the lines.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeSet;

use anyhow::Result;
use keyward_rules::{Catalogue, Class};
use serde_json::{Value, json};

use super::taxonomies;
use crate::command::{Judged, Scan};
use crate::expiry;

/// Renders a scan as one run.
///
/// # Errors
/// None in practice: the document is plain data.
pub(crate) fn render(scan: &Scan, catalogue: &Catalogue) -> Result<String> {
    let used: BTreeSet<&str> = scan.findings.iter().map(|judged| judged.finding.rule.as_str()).collect();
    let rules: Vec<Value> = used.iter().filter_map(|id| rule(catalogue, id)).collect();
    let classes: BTreeSet<Class> = scan.findings.iter().map(|judged| judged.finding.class).collect();
    let results: Vec<Value> = scan.findings.iter().map(|judged| result(judged, scan.now)).collect();
    let notifications: Vec<Value> = scan
        .not_scanned
        .iter()
        .map(|item| json!({ "level": "warning", "message": { "text": format!("{}: {}", item.path, item.reason) } }))
        .collect();
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "Keyward", "version": env!("CARGO_PKG_VERSION"), "rules": rules, "supportedTaxonomies": taxonomies::supported() } },
            "taxonomies": taxonomies::of(&classes),
            "columnKind": "unicodeCodePoints",
            "invocations": [{ "executionSuccessful": notifications.is_empty(), "toolExecutionNotifications": notifications }],
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

fn rule(catalogue: &Catalogue, id: &str) -> Option<Value> {
    let rule = catalogue.rule(catalogue.find(id)?);
    let provider = catalogue.provider(rule);
    Some(json!({
        "id": rule.id,
        "shortDescription": { "text": rule.name },
        "helpUri": rule.source,
        "help": { "text": format!("Opens: {}. Revoke: {} ({}). Instead: {}.", provider.opens, provider.revoke, provider.console, provider.ephemeral) },
        "relationships": taxonomies::relationships(rule.class),
        "properties": { "tags": taxonomies::tags(rule.class) },
    }))
}

fn result(judged: &Judged, now: i64) -> Value {
    let finding = &judged.finding;
    let level = match judged.decision.as_str() {
        "block" => "error",
        "warn" | "known" => "warning",
        _ => "note",
    };
    json!({
        "ruleId": finding.rule,
        "level": level,
        "message": { "text": format!("{} [{}]: {}", finding.name, finding.code, expiry::reason(finding, now)) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&finding.path) },
            "region": {
                "startLine": finding.location.line,
                "startColumn": finding.location.column,
                "endLine": finding.location.end_line,
                "endColumn": finding.location.end_column,
            },
        } }],
        "partialFingerprints": { "keyward/1": finding.fingerprint.to_string() },
        "properties": { "code": finding.code, "confidence": finding.confidence, "severity": finding.severity, "evidence": finding.evidence, "commit": judged.commit, "verdict": judged.decision.as_str() },
    })
}

/// A relative reference, RFC 3986: what is no plain path character is percent-encoded.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
