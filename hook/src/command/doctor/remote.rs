//! A proof through an address, as a developer would push: the one way that asks every part of a host. Only the push that must be rejected
//! is made, since hooks that run after a push cannot be left out from here.

use anyhow::{Context, Result, bail};

use super::canary::{Canary, RULE, nonce};
use super::proof::{Answer, answer, commit, git, isolated};
use super::report::{Check, Diagnosis};

/// Whether a target is an address and no folder.
pub(super) fn is_address(target: &str) -> bool {
    let before_slash = target.split('/').next().unwrap_or_default();
    (target.contains("://") || before_slash.contains(':')) && !std::path::Path::new(target).exists()
}

/// Pushes a canary to an address.
pub(super) fn diagnose(target: &str) -> Diagnosis {
    let mut diagnosis = Diagnosis::of(target);
    match push(target) {
        Ok(answer) if answer.rejected && answer.text.contains(RULE) => {
            diagnosis.add(Check::passed(format!("a push with a made-up credential was rejected {}", answer.code())));
        }
        Ok(answer) if answer.rejected => {
            let remedy = "see what the host says; the account needs the right to push";
            diagnosis.add(Check::failed(
                format!("the push was rejected, not by Keyward's canary rule: {}", answer.said()),
                remedy,
            ));
        }
        Ok(_) => diagnosis.add(Check::failed(
            "a push with a made-up credential was accepted: the hook did not fire, or its policy lets it pass"
                .to_owned(),
            "run `keyward doctor` on the server, or see docs/hosts.md for this host",
        )),
        Err(error) => diagnosis
            .add(Check::failed(format!("the proof could not be made: {error:#}"), "mend that and run it again")),
    }
    diagnosis
}

fn push(target: &str) -> Result<Answer> {
    if target.starts_with('-') {
        bail!("{target} is no address");
    }
    let scratch = tempfile::tempdir().context("could not make a scratch folder")?;
    git(scratch.path(), &["init", "--quiet", "--bare", "--template=", "work"], "")?;
    let work = scratch.path().join("work");
    let canary = Canary::planted(nonce()?)?;
    let pushed = commit(&work, &canary)?;
    let tip = pushed.ids.last().cloned().unwrap_or_default();
    let mut command = isolated(&work);
    command.args(["--git-dir=.", "push", "--no-verify", target, &format!("{tip}:{}", canary.name())]);
    let answer = answer(&mut command, &canary.nonce)?;
    if !answer.rejected {
        git(&work, &["--git-dir=.", "push", "--no-verify", target, &format!(":{}", canary.name())], "")
            .with_context(|| format!("{} was accepted and could not be deleted", canary.name()))?;
    }
    Ok(answer)
}
