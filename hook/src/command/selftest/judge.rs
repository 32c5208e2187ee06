//! Compares what a push came to with what it should have come to. A rejection counts only if it was for the planted credential, and
//! nothing may show a credential or steer a terminal.

use anyhow::Result;
use keyward_rules::printable;

use super::shape::{Expected, Shape};
use super::world::{Push, World};
use crate::ledger::Push as Recorded;

/// Characters of one thing told of a push that went wrong.
const LONGEST_DETAIL: usize = 160;

/// What a push came to, in the words of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Got {
    pub(super) holds: bool,
    /// The verdict, and for one that does not hold what else is known.
    pub(super) words: String,
}

/// Judges a push.
pub(super) fn judge(world: &World, shape: &Shape, push: &Push) -> Result<Got> {
    let entries = world.ledger()?;
    let new = &entries[push.recorded.min(entries.len())..];
    let planted = Planted::of(world);
    if let Some(words) = planted.mishap(push, new) {
        return Ok(Got { holds: false, words });
    }
    let words = words(push, new, &planted);
    Ok(Got { holds: words == shape.expected.as_str(), words })
}

/// What the engine finds in the credential by itself: that must be found in the push.
struct Planted {
    secret: String,
    /// Rule and fingerprint.
    findings: Vec<(String, String)>,
}

impl Planted {
    fn of(world: &World) -> Planted {
        let found = world.scanner().scan(world.secret().as_bytes());
        let findings = found.into_iter().map(|finding| (finding.rule, finding.fingerprint.to_string())).collect();
        Planted { secret: world.secret().to_owned(), findings }
    }

    /// Whether the ledger has it with this decision.
    fn is(&self, entries: &[Recorded], decision: &str) -> bool {
        let mut findings = entries.iter().flat_map(|entry| &entry.findings);
        findings.any(|found| {
            found.decision == decision
                && self.findings.iter().any(|(rule, print)| *rule == found.rule && *print == found.fingerprint)
        })
    }

    /// What may not happen, whatever the verdict.
    fn mishap(&self, push: &Push, entries: &[Recorded]) -> Option<String> {
        // The lines around a key block say only what it is.
        let secret = |line: &&str| line.len() > 20 && !line.starts_with("-----");
        let shown = |text: &str| self.secret.lines().filter(secret).any(|line| text.contains(line));
        if !push.accepted && push.changed {
            return Some("rejected, and yet a ref changed".to_owned());
        }
        if push.message().iter().any(|line| shown(line)) {
            return Some("the message shows the credential".to_owned());
        }
        if entries.iter().any(|entry| shown(&format!("{entry:?}"))) {
            return Some("the ledger shows the credential".to_owned());
        }
        let plain = |line: &&str| line.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let steering = push.message().into_iter().find(|line| !plain(line))?;
        Some(detail("the message is not plain ASCII", steering))
    }
}

fn words(push: &Push, entries: &[Recorded], planted: &Planted) -> String {
    let doubt = entries.iter().flat_map(|entry| &entry.doubts).next();
    let said = push.message().first().map(|line| (*line).to_owned());
    if !push.accepted {
        return match (planted.is(entries, "block"), doubt.or(said.as_ref())) {
            (true, _) => Expected::Rejected.as_str().to_owned(),
            (false, Some(reason)) => detail("rejected, but not for the credential", reason),
            (false, None) => detail("rejected, but not by the hook", push.text.trim()),
        };
    }
    match (said, doubt, planted.is(entries, "known")) {
        (None, ..) => Expected::Accepted.as_str().to_owned(),
        (Some(_), Some(_), false) => Expected::Named.as_str().to_owned(),
        (Some(_), None, true) => Expected::Known.as_str().to_owned(),
        (Some(said), ..) => detail("accepted with a message", &said),
    }
}

/// A verdict and, cut short and on one line, what is known of it.
fn detail(verdict: &str, more: &str) -> String {
    let line: String = more.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_DETAIL).collect();
    format!("{verdict}: {}", printable(line.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Planted, words};
    use crate::command::selftest::world::Push;
    use crate::ledger::{LedgerFinding, Push as Recorded};

    const SECRET: &str = "not a credential, but long enough to be one";

    fn planted() -> Planted {
        Planted { secret: SECRET.to_owned(), findings: vec![("acme-token".to_owned(), "ab12".to_owned())] }
    }

    fn push(accepted: bool, message: &str) -> Push {
        let text = message.lines().map(|line| format!("remote: {line}\n")).collect();
        Push { accepted, text, took: Duration::ZERO, recorded: 0, changed: accepted }
    }

    fn entry(found: &[(&str, &str, &str)], doubts: &[&str]) -> Recorded {
        let finding = |&(rule, fingerprint, decision): &(&str, &str, &str)| LedgerFinding {
            code: "KW-00000000".to_owned(),
            fingerprint: fingerprint.to_owned(),
            rule: rule.to_owned(),
            decision: decision.to_owned(),
            line: 1,
            ..LedgerFinding::default()
        };
        Recorded {
            findings: found.iter().map(finding).collect(),
            doubts: doubts.iter().map(|doubt| (*doubt).to_owned()).collect(),
            ..Recorded::default()
        }
    }

    #[test]
    fn a_rejection_counts_only_for_the_planted_credential() {
        let rejected = push(false, "error: push rejected: something");
        for (found, doubts, expected) in [
            (&[("acme-token", "ab12", "block")][..], &[][..], "rejected"),
            (&[("acme-token", "ab12", "block")], &["an object could not be read"], "rejected"),
            (
                &[("acme-token", "cd34", "block")],
                &[],
                "rejected, but not for the credential: error: push rejected: something",
            ),
            (&[("acme-token", "ab12", "known")], &["late"], "rejected, but not for the credential: late"),
        ] {
            assert_eq!(words(&rejected, &[entry(found, doubts)], &planted()), expected);
        }
        let elsewhere = Push { text: "fatal: no\nsuch place".to_owned(), ..push(false, "") };
        assert_eq!(words(&elsewhere, &[], &planted()), "rejected, but not by the hook: fatal: no such place");
    }

    #[test]
    fn an_acceptance_is_told_by_what_the_developer_reads() {
        let known = [entry(&[("acme-token", "ab12", "known")], &[])];
        let doubt = [entry(&[], &["its member `a` is encrypted"])];
        let word = push(true, "warning: push accepted, look");
        assert_eq!(words(&push(true, ""), &[], &planted()), "accepted");
        assert_eq!(words(&word, &known, &planted()), "known");
        assert_eq!(words(&word, &doubt, &planted()), "named");
        assert_eq!(words(&word, &[], &planted()), "accepted with a message: warning: push accepted, look");
        // What only the ledger tells, nobody reads.
        assert_eq!(words(&push(true, ""), &doubt, &planted()), "accepted");
    }

    #[test]
    fn what_may_never_happen_is_told_before_the_verdict() {
        let mishap = |push: Push, entry: Recorded| planted().mishap(&push, &[entry]).unwrap_or_default();
        let none = || entry(&[], &[]);
        assert_eq!(mishap(push(false, "error: fine"), none()), "");
        let changed = Push { changed: true, ..push(false, "") };
        assert_eq!(mishap(changed, none()), "rejected, and yet a ref changed");
        assert_eq!(mishap(push(true, &format!("look: {SECRET}")), none()), "the message shows the credential");
        assert_eq!(mishap(push(true, ""), entry(&[], &[SECRET])), "the ledger shows the credential");
        let steering = mishap(push(true, "file \u{1b}[2J\u{202e}"), none());
        assert!(steering.starts_with("the message is not plain ASCII: ") && steering.is_ascii(), "{steering}");
    }
}
