//! The rules for programs. `docs/json.md` describes the schema; within `keyward.rules/1` fields are only ever added.

use anyhow::Result;
use keyward_rules::rule::frameworks;
use keyward_rules::{Catalogue, Class, Rule};
use serde_json::{Value, json};

/// Renders all rules, and the frameworks they refer to, as one object.
///
/// # Errors
/// None in practice: the document is plain data.
pub(super) fn render(catalogue: &Catalogue) -> Result<String> {
    let rules: Vec<Value> = catalogue.rules().iter().map(|rule| one(catalogue, rule)).collect();
    let published: Vec<Value> = frameworks()
        .iter()
        .map(|framework| {
            let entries = framework.entries.iter().map(|e| json!({ "id": e.id, "title": e.title, "url": e.url }));
            json!({
                "id": framework.id,
                "name": framework.name,
                "version": framework.version,
                "publisher": framework.publisher,
                "url": framework.url,
                "entries": entries.collect::<Vec<_>>(),
            })
        })
        .collect();
    let classes: Vec<Value> = Class::ALL.iter().map(|&class| of_class(class)).collect();
    let mut text = serde_json::to_string_pretty(&json!({
        "schema": "keyward.rules/1",
        "rules": rules,
        "classes": classes,
        "frameworks": published,
    }))?;
    text.push('\n');
    Ok(text)
}

fn one(catalogue: &Catalogue, rule: &Rule) -> Value {
    let provider = catalogue.provider(rule);
    json!({
        "id": rule.id,
        "name": rule.name,
        "provider": provider.id,
        "class": rule.class,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "source": rule.source,
        "shape": rule.shape.as_str(),
        "structure": rule.structure.map(|structure| structure.as_str()),
        "pair": rule.pair,
        "matches": rule.samples.matches.len(),
        "ignores": rule.samples.ignores.len(),
        "console": provider.console,
        "opens": provider.opens,
        "revoke": provider.revoke,
        "ephemeral": provider.ephemeral,
        "afterwards": provider.afterwards,
        "beyond_revoking": rule.class.beyond_revoking(),
        "frameworks": rule.class.frameworks().iter().map(|found| &found.entry.id).collect::<Vec<_>>(),
    })
}

fn of_class(class: Class) -> Value {
    let touched = class.frameworks();
    let touched = touched.iter().map(|found| json!({ "id": found.entry.id, "why": found.why }));
    json!({
        "class": class,
        "beyond_revoking": class.beyond_revoking(),
        "frameworks": touched.collect::<Vec<_>>(),
    })
}
