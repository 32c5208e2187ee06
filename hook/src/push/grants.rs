//! Grants that come with a push, or lie in the server's folder for it: each that holds lets one secret of one commit in. Those that do
//! not hold change nothing, and each is told in one line.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use keyward_rules::grant::{Grant, LONGEST, Occasion, Refusal, Unverified};
use keyward_rules::policy::Decision;

use super::Sighting;
use crate::config::Config;

/// Grants of one push that are looked at; each costs as many signature checks as there are approvers.
const MOST_GRANTS: usize = 16;

/// Push options that are looked at.
const MOST_OPTIONS: usize = 1000;

/// Files of the server's folder that are looked at.
const MOST_FILES: usize = 1000;

const OPTION: &str = "keyward.allow=";
const ENDING: &str = "grant";

/// Lets in what is granted: how many credentials, and which grants did not count and why.
pub(super) fn apply(config: &Config, push: &Occasion<'_>, sightings: &mut [Sighting]) -> (usize, Vec<String>) {
    let blocked = |sightings: &[Sighting]| sightings.iter().filter(|sighting| sighting.decision.blocks()).count();
    let before = blocked(sightings);
    if before == 0 {
        return (0, Vec::new());
    }
    let options = options();
    let mut refused = Vec::new();
    for (index, text) in options.iter().take(MOST_GRANTS).enumerate() {
        if let Err(refusal) = one(config, push, sightings, text) {
            refused.push(format!("grant {} does not count: {refusal}", index + 1));
        }
    }
    if options.len() > MOST_GRANTS {
        refused.push(format!(
            "{} more grants were not looked at: a push may bring {MOST_GRANTS}",
            options.len() - MOST_GRANTS
        ));
    }
    for text in in_folder(&config.grants.folder, sightings) {
        if let Err(refusal) = one(config, push, sightings, &text) {
            refused.push(format!("a grant on the server does not count: {refusal}"));
        }
    }
    (before - blocked(sightings), refused)
}

/// What an approver off the server needs to know: the command for the first secret that is blocked. Only for a push of one ref.
pub(super) fn request(config: &Config, push: &Occasion<'_>, sightings: &[Sighting]) -> Option<String> {
    let ([reference], false) = (push.refs, config.grants.approver.is_empty()) else { return None };
    let blocked = sightings.iter().find(|sighting| sighting.decision.blocks() && !sighting.commits.is_empty())?;
    let (code, commit) = (blocked.finding.code, blocked.commits.first()?);
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./@+".contains(&byte));
    // What a shell reads otherwise is not offered to be copied.
    (plain(reference) && plain(push.repository)).then(|| {
        format!("keyward grant sign {code} --repository {} --commit {commit} --ref {reference}", push.repository)
    })
}

fn one(config: &Config, push: &Occasion<'_>, sightings: &mut [Sighting], text: &str) -> Result<(), Refusal> {
    let read = Unverified::parse(text)?;
    let (grant, approver) = read.verify(&config.grants.approver)?;
    grant.holds(push)?;
    let mut covered: Vec<&mut Sighting> = sightings.iter_mut().filter(|sighting| is_covered(grant, sighting)).collect();
    // A code that stands for two secrets here is no name for one.
    let secrets: HashSet<_> = covered.iter().map(|sighting| sighting.finding.fingerprint).collect();
    match secrets.len() {
        0 => return Err(grant.covers_nothing()),
        1 => {}
        _ => return Err(Refusal::Several),
    }
    for sighting in &mut covered {
        let reason = format!("{} (granted by {}, until {})", grant.reason, approver.name, grant.end());
        sighting.decision = Decision::Allowed(reason);
    }
    Ok(())
}

/// Whether it is blocked, and the grant speaks of it and of the commit that brings it.
fn is_covered(grant: &Grant, sighting: &Sighting) -> bool {
    let commit = sighting.commits.first().map(ToString::to_string);
    sighting.decision.blocks() && commit.is_some_and(|commit| grant.covers(&sighting.finding.fingerprint, &commit))
}

/// Grants among the push options that git hands on.
fn options() -> Vec<String> {
    let count = std::env::var("GIT_PUSH_OPTION_COUNT").ok().and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let option = |index: usize| std::env::var(format!("GIT_PUSH_OPTION_{index}")).ok();
    let grant = |text: String| text.strip_prefix(OPTION).map(str::to_owned);
    (0..count.min(MOST_OPTIONS)).filter_map(option).filter_map(grant).collect()
}

/// Those of the folder that say they are for something that is blocked here; the others are none of this push's business.
fn in_folder(folder: &Path, sightings: &[Sighting]) -> Vec<String> {
    if folder.as_os_str().is_empty() {
        return Vec::new();
    }
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == ENDING)).take(MOST_FILES);
    let texts = files.filter_map(|path| {
        let mut text = String::new();
        File::open(path).ok()?.take(LONGEST as u64 + 2).read_to_string(&mut text).ok()?;
        Some(text)
    });
    let concerns = |text: &String| {
        let read = Unverified::parse(text);
        read.is_ok_and(|read| sightings.iter().any(|sighting| is_covered(read.claims(), sighting)))
    };
    texts.filter(concerns).take(MOST_GRANTS).collect()
}
