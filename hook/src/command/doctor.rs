//! `keyward doctor`: proves for each repository that the hook fires. What files tell comes first, then two pushes with a real git: one with
//! a made-up credential, one without. Nothing of either is left behind.

mod canary;
mod cleanup;
mod dispatch;
mod proof;
mod remote;
mod report;

use std::path::Path;

use anyhow::Result;

use crate::cli::ReportFormat;
use crate::exit::Exit;
use crate::host::{Fault, Host, Tried, coverage, foreign_owner, hooks_dir, repository};
use crate::output;
use canary::{Canary, nonce};
use proof::Proof;
use report::{Check, Diagnosis};

/// Prints a canary for hosts on which this program cannot be run, as an appliance.
pub(super) fn print_canary() -> Result<Exit> {
    output::result(&format!("{}\n", Canary::text()?));
    Ok(Exit::Clean)
}

pub(super) fn run(targets: &[String], host: Option<Host>, format: ReportFormat) -> Result<Exit> {
    let mut tried = Tried::default();
    let mut diagnose = |target: &String| {
        if remote::is_address(target) { remote::diagnose(target) } else { local(target, host, &mut tried) }
    };
    let diagnoses: Vec<Diagnosis> = targets.iter().map(&mut diagnose).collect();
    output::result(&match format {
        ReportFormat::Text => report::text(&diagnoses),
        ReportFormat::Json => report::json(&diagnoses),
    });
    Ok(if diagnoses.iter().all(Diagnosis::is_healthy) { Exit::Clean } else { Exit::Blocked })
}

fn local(target: &str, host: Option<Host>, tried: &mut Tried) -> Diagnosis {
    let path = Path::new(target);
    let mut diagnosis = Diagnosis::of(target);
    if let Err(error) = repository::check(path) {
        diagnosis.add(Check::failed(format!("it could not be looked at: {error:#}"), "name a bare repository"));
        return diagnosis;
    }
    let host = host.unwrap_or_else(|| Host::of(path));
    diagnosis.host = Some(host);
    if let Some(owner) = foreign_owner(path) {
        let remedy = format!("run it as the owner, as by `sudo -u '#{owner}' keyward doctor {target}`");
        diagnosis.add(Check::failed(format!("it belongs to user {owner}, as whom git runs the hook"), &remedy));
        return diagnosis;
    }
    let fault = files(path, host, tried, &mut diagnosis);
    if let Err(error) = pushes(path, host, fault.as_ref(), &mut diagnosis) {
        diagnosis.add(Check::failed(format!("the proof could not be made: {error:#}"), "mend that and run it again"));
    }
    settings(path, host, &mut diagnosis);
    diagnosis
}

/// What files tell.
fn files(path: &Path, host: Host, tried: &mut Tried, diagnosis: &mut Diagnosis) -> Option<Fault> {
    let seen = match coverage(host, path, None, tried) {
        Ok(seen) => seen,
        Err(error) => {
            diagnosis.add(Check::failed(
                format!("its hooks could not be looked at: {error:#}"),
                "mend that and run it again",
            ));
            return None;
        }
    };
    match (&seen.fault, &seen.hook) {
        (Some(fault), _) => {
            let (reason, remedy) = fault.told(path);
            diagnosis.add(Check::failed(reason, &remedy));
        }
        (None, Some(hook)) => diagnosis.add(Check::passed(format!("the hook stands at {}", hook.display()))),
        (None, None) => {}
    }
    seen.fault
}

/// What pushes prove. Whatever comes of them, nothing is left behind.
fn pushes(path: &Path, host: Host, fault: Option<&Fault>, diagnosis: &mut Diagnosis) -> Result<()> {
    let mut proof = Proof::prepare(path, host)?;
    let proved = prove(&mut proof, fault, diagnosis);
    diagnosis.add(proof.clean_up());
    proved
}

fn prove(proof: &mut Proof, fault: Option<&Fault>, diagnosis: &mut Diagnosis) -> Result<()> {
    let planted = proof.push(&Canary::planted(nonce()?)?)?;
    diagnosis.add(report::of_planted(&planted, fault.is_some()));
    if planted.asked() && planted.rejected {
        diagnosis.add(report::of_clean(&proof.push(&Canary::clean(nonce()?))?));
    }
    Ok(())
}

/// What is worth knowing and no fault.
fn settings(path: &Path, host: Host, diagnosis: &mut Diagnosis) {
    let options =
        repository::settings(path).and_then(|settings| Ok(settings.get_bool("receive.advertisePushOptions")?));
    // GitLab's own git takes push options whatever the repository says.
    if host != Host::Gitlab && !options.unwrap_or(false) {
        diagnosis.add(Check::note(
            "push options are off, so a developer cannot hand in a one-time grant; \
             `git config receive.advertisePushOptions true` in the repository turns them on",
        ));
    }
    if host == Host::Gitlab && hooks_dir().is_none() {
        diagnosis.add(Check::note(
            "Gitaly's configuration was not found, so only the repository's own hooks were looked at; KEYWARD_GITALY_CONFIG names the file",
        ));
    }
    if host == Host::Gitlab {
        diagnosis.add(Check::note(
            "Gitaly's order of hooks was followed, Gitaly itself was not asked; `keyward doctor URL` asks it",
        ));
    }
}
