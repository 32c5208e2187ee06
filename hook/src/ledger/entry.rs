//! What an entry of the ledger holds. Everything in it is bounded, whatever a push brings.

use serde::{Deserialize, Serialize};

/// Refs of one push that are kept by name.
pub(crate) const MOST_REFS: usize = 1000;

/// Findings of one push that are kept.
pub(crate) const MOST_FINDINGS: usize = 1000;

/// Commits kept for one finding.
pub(crate) const MOST_COMMITS: usize = 10;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// When, UTC.
    pub(crate) time: String,
    #[serde(flatten)]
    pub(crate) event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Event {
    /// Somebody pushed.
    Push(Push),
    /// The server's administrator did something.
    Admin(Admin),
}

/// A push.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Push {
    /// Name of the repository.
    pub(crate) repository: String,
    /// Where it lies.
    pub(crate) folder: String,
    /// Who pushed, if the host says so.
    pub(crate) actor: Option<String>,
    /// `old new name` of each ref.
    pub(crate) refs: Vec<String>,
    /// How many more refs there were.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) more_refs: usize,
    /// `accepted` or `rejected`.
    pub(crate) verdict: String,
    /// Why it was accepted in spite of what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spared: Option<Sparing>,
    /// What was found.
    pub(crate) findings: Vec<LedgerFinding>,
    /// How many more findings there were.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) more_findings: usize,
    /// What could not be told.
    pub(crate) doubts: Vec<String>,
    /// Grants that came with it and did not count, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) grants_refused: Vec<String>,
}

/// What keeps a push from being rejected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sparing {
    /// `warn` or `observe` of the policy's mode, `import` or `off` of a window.
    pub(crate) by: String,
    /// Who opened the window, why, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<String>,
}

/// A finding as the ledger keeps it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LedgerFinding {
    pub(crate) code: String,
    pub(crate) fingerprint: String,
    pub(crate) rule: String,
    pub(crate) confidence: String,
    pub(crate) evidence: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<i64>,
    pub(crate) decision: String,
    /// Why it was allowed, and by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allowed: Option<String>,
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) commits: Vec<String>,
}

/// Something the server's administrator did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Admin {
    /// What.
    pub(crate) act: Act,
    /// Who, as they said; else the account.
    pub(crate) by: String,
    /// The repository it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository: Option<String>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
    /// Why, or what exactly.
    pub(crate) reason: String,
}

/// Its kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Act {
    /// An import window was opened.
    WindowOpened,
    /// An import window was closed before its end.
    WindowClosed,
    /// Keyward was switched off.
    SwitchedOff,
    /// Keyward was switched on again before the end.
    SwitchedOn,
    /// Secrets were added to the baseline.
    Baseline,
    /// An allowance was added.
    Allowed,
    /// An allowance has ended by itself.
    AllowanceEnded,
}

impl Act {
    /// The word in the ledger.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Act::WindowOpened => "window-opened",
            Act::WindowClosed => "window-closed",
            Act::SwitchedOff => "switched-off",
            Act::SwitchedOn => "switched-on",
            Act::Baseline => "baseline",
            Act::Allowed => "allowed",
            Act::AllowanceEnded => "allowance-ended",
        }
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use keyward_rules::ledger::LONGEST_LINE;
    use keyward_rules::printable;

    use super::{Act, Entry, Event, LedgerFinding, MOST_COMMITS, MOST_FINDINGS, MOST_REFS, Push};

    #[test]
    fn the_largest_push_fits_a_line() {
        // The longest that `printable` gives, in characters that take most room.
        let name = printable("\u{10348}".repeat(1000).as_bytes());
        let finding = LedgerFinding {
            code: "KW-7F3K9QXD".into(),
            fingerprint: "f".repeat(64),
            rule: "r".repeat(60),
            path: name.clone(),
            allowed: Some(name.clone()),
            commits: vec!["c".repeat(64); MOST_COMMITS],
            ..LedgerFinding::default()
        };
        let push = Push {
            refs: vec![format!("{0} {0} {name}", "a".repeat(64)); MOST_REFS],
            findings: vec![finding; MOST_FINDINGS],
            ..Push::default()
        };
        let text = serde_json::to_string(&Entry { time: String::new(), event: Event::Push(push) }).expect("plain data");
        assert!(text.len() < LONGEST_LINE, "{} bytes", text.len());
    }

    #[test]
    fn the_words_of_acts_are_those_of_the_ledger() {
        for act in [
            Act::WindowOpened,
            Act::WindowClosed,
            Act::SwitchedOff,
            Act::SwitchedOn,
            Act::Baseline,
            Act::Allowed,
            Act::AllowanceEnded,
        ] {
            assert_eq!(serde_json::to_value(act).expect("a word"), act.as_str());
        }
    }
}
