//! What a server says to a finding: block, warn, observe. One total function, `judge`; nothing in a pushed tree can change it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::allowlist::{AllowEntry, Allowlist, Day};
use crate::finding::{Evidence, Finding};
use crate::rule::{Class, Confidence};

/// The policy as it stands in the server's configuration.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Whether a push is rejected, or only told that it would be.
    pub mode: Mode,
    /// Findings at least this confident are blocked.
    pub block: Threshold,
    /// Findings at least this confident, and not blocked, are shown to the developer. All others go to the ledger alone.
    pub warn: Threshold,
    /// The most that is done about a credential that says, signed, that it has ended.
    pub expired: Action,
    /// Exceptions, the first that fits decides.
    pub rule: Vec<PolicyRule>,
    /// What happens when something could not be told.
    pub doubt: DoubtPolicy,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            mode: Mode::Enforce,
            block: Threshold::High,
            warn: Threshold::Medium,
            expired: Action::Warn,
            rule: Vec::new(),
            doubt: DoubtPolicy::default(),
        }
    }
}

/// What comes of a push that the policy rejects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It is rejected.
    Enforce,
    /// It is accepted, and the developer reads that it would be rejected.
    Warn,
    /// It is accepted, and only the ledger says that it would be rejected.
    Observe,
}

/// Least confidence for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Threshold {
    /// Everything found.
    Low,
    /// Where name or form speak for it.
    Medium,
    /// Distinctive formats, right checksums, complete pairs.
    High,
    /// Nothing.
    Never,
}

impl Threshold {
    fn admits(self, confidence: Confidence) -> bool {
        match self {
            Threshold::Low => true,
            Threshold::Medium => confidence >= Confidence::Medium,
            Threshold::High => confidence >= Confidence::High,
            Threshold::Never => false,
        }
    }
}

/// What is done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Recorded in the ledger.
    Observe,
    /// Shown, and the push accepted.
    Warn,
    /// The push is rejected.
    Block,
}

/// One exception: every condition given must hold. Texts are compared whole, `*` standing for anything.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyRule {
    /// Rule ids, as `generic-*`.
    pub id: Option<String>,
    /// Provider ids.
    pub provider: Option<String>,
    /// Class of the credential.
    pub class: Option<Class>,
    /// Least evidence.
    pub evidence: Option<EvidenceWord>,
    /// Paths in the repository.
    pub path: Option<String>,
    /// Name of the pushed ref. A push of several is judged for each, and the strictest counts.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// Names of the repository.
    pub repository: Option<String>,
    /// Who pushes, where the host says so.
    pub actor: Option<String>,
    /// What is done.
    pub action: Option<Action>,
}

/// `Evidence` as a configuration word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum EvidenceWord {
    Shape,
    Checksum,
    Paired,
    Validated,
    Identified,
}

impl From<EvidenceWord> for Evidence {
    fn from(word: EvidenceWord) -> Evidence {
        match word {
            EvidenceWord::Shape => Evidence::Shape,
            EvidenceWord::Checksum => Evidence::Checksum,
            EvidenceWord::Paired => Evidence::Paired,
            EvidenceWord::Validated => Evidence::Validated,
            EvidenceWord::Identified => Evidence::Identified,
        }
    }
}

/// What happens to a push that could not be judged in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DoubtPolicy {
    /// An object that git has and the hook could not read, a crash, a line from git that is no ref update.
    pub git: DoubtAction,
    /// An object over the size limit.
    pub size: DoubtAction,
    /// A push that took longer than the deadline.
    pub time: DoubtAction,
    /// A member of an archive that is encrypted, damaged, packed in an unknown way, or too much to unpack.
    pub container: DoubtAction,
    /// A Git LFS pointer, whose content does not pass through git.
    pub lfs: DoubtAction,
    /// A ledger that could not be written.
    pub ledger: DoubtAction,
}

impl Default for DoubtPolicy {
    fn default() -> Self {
        DoubtPolicy {
            git: DoubtAction::Reject,
            size: DoubtAction::Reject,
            time: DoubtAction::Reject,
            container: DoubtAction::Accept,
            lfs: DoubtAction::Accept,
            ledger: DoubtAction::Accept,
        }
    }
}

/// The verdict on a doubt. It is always said aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DoubtAction {
    /// The push is rejected.
    Reject,
    /// The push is accepted and the doubt is shown and recorded.
    Accept,
}

/// Something that could not be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Which line of `DoubtPolicy` decides.
    pub kind: DoubtKind,
    /// What happened and what to do, as a lowercase fragment.
    pub detail: String,
}

/// The lines of `DoubtPolicy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubtKind {
    /// Git itself.
    Git,
    /// An object too large.
    Size,
    /// The deadline.
    Time,
    /// Something in an archive.
    Container,
    /// A Git LFS pointer.
    Lfs,
    /// The ledger.
    Ledger,
}

impl DoubtPolicy {
    /// What the policy says to this kind.
    pub fn action(&self, kind: DoubtKind) -> DoubtAction {
        match kind {
            DoubtKind::Git => self.git,
            DoubtKind::Size => self.size,
            DoubtKind::Time => self.time,
            DoubtKind::Container => self.container,
            DoubtKind::Lfs => self.lfs,
            DoubtKind::Ledger => self.ledger,
        }
    }
}

/// Where and by whom something is pushed.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Full names of the refs.
    pub refs: &'a [String],
    /// Name of the repository.
    pub repository: &'a str,
    /// Who pushes, if the host says so.
    pub actor: Option<&'a str>,
    /// Today, for expiry of allowances.
    pub today: Day,
    /// Now, for expiry of credentials; seconds since 1970.
    pub now: i64,
}

/// What is decided about one finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// An action of the policy.
    Act(Action),
    /// It was reachable before; reported and never rejected.
    Known,
    /// An entry of the allowlist holds: its reason.
    Allowed(String),
}

impl Decision {
    /// The word in JSON, SARIF and the ledger.
    pub fn as_str(&self) -> &'static str {
        match self {
            Decision::Act(Action::Block) => "block",
            Decision::Act(Action::Warn) => "warn",
            Decision::Act(Action::Observe) => "observe",
            Decision::Known => "known",
            Decision::Allowed(_) => "allowed",
        }
    }

    /// Whether it rejects.
    pub fn blocks(&self) -> bool {
        *self == Decision::Act(Action::Block)
    }
}

/// Decides about one finding. Total: every finding in every context has exactly one decision. Of several refs, the one under which most is
/// done decides: else a second ref in the push would soften what is said to the first.
pub fn judge(
    policy: &Policy,
    allowlist: &Allowlist,
    finding: &Finding,
    known: bool,
    context: &Context<'_>,
) -> Decision {
    if let Some(entry) = allowlist.entry(finding, context.today) {
        return Decision::Allowed(reason(entry));
    }
    if known {
        return Decision::Known;
    }
    let mut strictest = None;
    for reference in context.refs {
        strictest = strictest.max(Some(action(policy, finding, Some(reference), context)));
        if strictest == Some(Action::Block) {
            break;
        }
    }
    Decision::Act(strictest.unwrap_or_else(|| action(policy, finding, None, context)))
}

/// What is done about a finding under one ref.
fn action(policy: &Policy, finding: &Finding, reference: Option<&str>, context: &Context<'_>) -> Action {
    let exception = policy.rule.iter().find(|rule| fits(rule, finding, reference, context));
    exception.and_then(|rule| rule.action).unwrap_or_else(|| {
        let action = by_confidence(policy, finding.confidence);
        if finding.has_ended(context.now) { action.min(policy.expired) } else { action }
    })
}

impl Policy {
    /// One ref for each way in which exceptions tell refs apart: as good as all of them to `judge`, and few where there are a million.
    pub fn distinct_refs(&self, refs: &[String]) -> Vec<String> {
        let patterns: Vec<&String> = self.rule.iter().filter_map(|rule| rule.reference.as_ref()).collect();
        let mut seen = HashSet::new();
        let ways = |name: &String| patterns.iter().map(|pattern| matches(pattern, name)).collect::<Vec<bool>>();
        refs.iter().filter(|name| seen.insert(ways(name))).cloned().collect()
    }
}

fn by_confidence(policy: &Policy, confidence: Confidence) -> Action {
    if policy.block.admits(confidence) {
        Action::Block
    } else if policy.warn.admits(confidence) {
        Action::Warn
    } else {
        Action::Observe
    }
}

fn reason(entry: &AllowEntry) -> String {
    format!("{} ({}, until {})", entry.reason, entry.owner, entry.expires)
}

fn fits(rule: &PolicyRule, finding: &Finding, reference: Option<&str>, context: &Context<'_>) -> bool {
    let text = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|pattern| matches(pattern, value));
    text(&rule.id, &finding.rule)
        && text(&rule.provider, &finding.provider)
        && rule.class.is_none_or(|class| class == finding.class)
        && rule.evidence.is_none_or(|least| finding.evidence >= least.into())
        && text(&rule.path, &finding.path)
        && rule.reference.as_ref().is_none_or(|pattern| reference.is_some_and(|name| matches(pattern, name)))
        && text(&rule.repository, context.repository)
        && rule.actor.as_ref().is_none_or(|pattern| context.actor.is_some_and(|actor| matches(pattern, actor)))
}

/// Whether `text` is `pattern`, `*` standing for any run of characters. Linear in both.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = pattern.contains('*').then(|| pattern.rsplit('*').next().unwrap_or_default()) else {
        return rest.is_empty();
    };
    let middle: Vec<&str> = parts.collect();
    for part in &middle[..middle.len() - 1] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
pub(crate) mod tests;
