//! How imported rules stand in a catalogue: under ids of their own, and under one provider that stands for whoever issued the credential.

use super::search::Search;
use super::spec::{ProviderSpec, Samples};
use super::{DEFAULT_REACH, Rule, RuleIndex, Shape};
use crate::import::{ImportedRule, Note, Settings};

/// Id of the provider of imported rules.
pub const IMPORTED: &str = "imported";

pub(super) fn provider() -> ProviderSpec {
    let text = |text: &str| text.to_owned();
    ProviderSpec {
        id: text(IMPORTED),
        name: text("its issuer"),
        docs: String::new(),
        console: text("the page of the service that issued it"),
        opens: text("what the service that issued it lets its holder do"),
        revoke: text("ask whoever runs that service, or whoever wrote the rule"),
        ephemeral: text("a credential that expires by itself, if the service has any"),
        afterwards: text("read that service's log for calls you did not make"),
    }
}

/// The id itself, or one made of it that is not taken.
pub(super) fn free_id(id: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(id) {
        return id.to_owned();
    }
    let prefixed = format!("{IMPORTED}-{id}");
    let numbered = (2..).map(|number| format!("{prefixed}-{number}"));
    std::iter::once(prefixed.clone()).chain(numbered).find(|id| !taken(id)).unwrap_or(prefixed)
}

/// What to say of a rule that goes by another id.
pub(super) fn renamed(rule: &ImportedRule, id: &str) -> Option<Note> {
    if rule.search.id == id {
        return None;
    }
    let (file, line) = rule.source.rsplit_once(':')?;
    Some(Note {
        file: file.to_owned(),
        line: line.parse().unwrap_or_default(),
        subject: format!("rule `{}`", rule.search.id),
        reason: format!("this id is taken, so it goes by `{id}`"),
    })
}

pub(super) fn rule(
    imported: &ImportedRule,
    id: String,
    provider: usize,
    first: RuleIndex,
    settings: &Settings,
) -> Rule {
    let search: std::sync::Arc<Search> = imported.search.clone();
    Rule {
        id,
        name: imported.name.clone(),
        class: settings.class,
        severity: settings.severity,
        confidence: settings.confidence,
        source: imported.source.clone(),
        provider,
        shape: Shape::Search { search, first },
        pattern: None,
        structure: None,
        entropy: None,
        near: Vec::new(),
        unless: Vec::new(),
        pair: Vec::new(),
        reach: DEFAULT_REACH,
        lookback: 0,
        samples: Samples::default(),
    }
}
