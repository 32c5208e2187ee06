//! What `keyward doctor` found, in words and as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use super::proof::Answer;
use crate::host::Host;

/// Lines of a push's output that are repeated.
const LINES: usize = 8;

/// What was found about one target.
#[derive(Clone, Debug)]
pub(super) struct Diagnosis {
    target: String,
    pub(super) host: Option<Host>,
    checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Check {
    outcome: Outcome,
    what: String,
    remedy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Note,
    Failed,
}

impl Check {
    /// It is as it should be.
    pub(super) fn passed(what: String) -> Check {
        Check { outcome: Outcome::Passed, what, remedy: None }
    }

    /// It is worth knowing.
    pub(super) fn note(what: &str) -> Check {
        Check { outcome: Outcome::Note, what: what.to_owned(), remedy: None }
    }

    /// It is not as it should be, and what to do.
    pub(super) fn failed(what: String, remedy: &str) -> Check {
        Check { outcome: Outcome::Failed, what, remedy: Some(remedy.to_owned()) }
    }
}

impl Diagnosis {
    pub(super) fn of(target: &str) -> Diagnosis {
        Diagnosis { target: target.to_owned(), host: None, checks: Vec::new() }
    }

    pub(super) fn add(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// Nothing failed.
    pub(super) fn is_healthy(&self) -> bool {
        self.checks.iter().all(|check| check.outcome != Outcome::Failed)
    }
}

impl Answer {
    /// The code in the message, in brackets.
    pub(super) fn code(&self) -> String {
        let code = self.text.find("[KW-").and_then(|at| self.text.get(at..at + 13)).filter(|code| code.ends_with(']'));
        code.unwrap_or_default().to_owned()
    }

    /// The end of what git printed, safe to show.
    pub(super) fn said(&self) -> String {
        let lines: Vec<String> =
            self.text.lines().map(|line| keyward_rules::printable(line.trim().as_bytes())).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n         ")
    }
}

/// What the push with the canary proves.
pub(super) fn of_planted(answer: &Answer, faulty: bool) -> Check {
    let again =
        if faulty { "do what stands above" } else { "see which hook ran: `git config --show-origin core.hooksPath`" };
    match (answer.receipt, answer.rejected) {
        (Some((true, true)), true) => {
            Check::passed(format!("a push with a made-up credential was rejected {}", answer.code()))
        }
        (Some((false, true)), _) => Check::note(
            "the hook fires and sees the made-up credential; the policy, or a mode that only watches, lets it pass",
        ),
        (Some((false, false)), _) => Check::failed(
            "the hook ran and did not see the made-up credential".to_owned(),
            "see whether it is switched off, or an older program runs",
        ),
        (Some(_), _) => Check::failed(
            format!("the hook rejects, but not for the made-up credential: {}", answer.said()),
            "every push is rejected so; mend what it names",
        ),
        (None, true) if answer.asked() => {
            Check::passed(format!("a push with a made-up credential was rejected {}", answer.code()))
        }
        (None, true) if answer.text.contains("Keyward") => Check::failed(
            format!("the hook fails: {}", answer.said()),
            "mend what it names, as the user that git runs as",
        ),
        (None, true) => Check::failed(
            format!("the push was rejected before Keyward was asked: {}", answer.said()),
            "see which hook says that; Keyward's must run whatever others say",
        ),
        (None, false) => {
            Check::failed("a push with a made-up credential was accepted: no hook of Keyward's ran".to_owned(), again)
        }
    }
}

/// What the push without it proves.
pub(super) fn of_clean(answer: &Answer) -> Check {
    match (answer.receipt, answer.rejected) {
        (_, false) => Check::passed("a push without one was accepted".to_owned()),
        (Some((false, _)), true) => {
            Check::note(&format!("Keyward accepts a push without one, another hook rejects it: {}", answer.said()))
        }
        (_, true) => Check::failed(format!("a push without one was rejected: {}", answer.said()), "mend what it names"),
    }
}

pub(super) fn text(diagnoses: &[Diagnosis]) -> String {
    let mut text = String::new();
    for diagnosis in diagnoses {
        let host = diagnosis.host.map(|host| format!(" [{}]", host.layout().name())).unwrap_or_default();
        let _ = writeln!(text, "{}{host}", diagnosis.target);
        for check in &diagnosis.checks {
            let word = match check.outcome {
                Outcome::Passed => "ok",
                Outcome::Note => "note",
                Outcome::Failed => "FAILED",
            };
            let _ = writeln!(text, "  {word:6} {}", check.what);
            if let Some(remedy) = &check.remedy {
                let _ = writeln!(text, "         -> {remedy}");
            }
        }
    }
    let healthy = diagnoses.iter().filter(|diagnosis| diagnosis.is_healthy()).count();
    let _ = writeln!(text, "{healthy} of {} healthy", diagnoses.len());
    text
}

pub(super) fn json(diagnoses: &[Diagnosis]) -> String {
    let check = |check: &Check| {
        let outcome = match check.outcome {
            Outcome::Passed => "passed",
            Outcome::Note => "note",
            Outcome::Failed => "failed",
        };
        json!({ "outcome": outcome, "what": check.what, "remedy": check.remedy })
    };
    let targets: Vec<Value> = diagnoses
        .iter()
        .map(|diagnosis| {
            json!({
                "target": diagnosis.target,
                "host": diagnosis.host.map(|host| host.layout().name()),
                "healthy": diagnosis.is_healthy(),
                "checks": diagnosis.checks.iter().map(check).collect::<Vec<_>>(),
            })
        })
        .collect();
    format!("{:#}\n", json!({ "schema": "keyward.doctor/1", "targets": targets }))
}
