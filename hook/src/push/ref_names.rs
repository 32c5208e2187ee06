//! Credentials in the names of refs that a push makes: whoever fetches reads them. Updates in, sightings out.

use keyward_rules::policy::{Action, Decision};

use super::judge::Judge;
use super::updates::RefUpdate;
use super::{Place, Sighting};
use crate::scanner::Scanner;

/// One sighting for each credential in a new ref's name that stands nowhere else in the push.
pub(super) fn sightings(
    scanner: &Scanner,
    judge: Judge<'_>,
    updates: &[RefUpdate],
    elsewhere: &[Sighting],
) -> Vec<Sighting> {
    let new: Vec<&RefUpdate> = updates.iter().filter(|update| update.old.is_none() && update.new.is_some()).collect();
    // Names hold no line break, so a line is a name.
    let names: String = new.iter().flat_map(|update| [update.name.as_str(), "\n"]).collect();
    let mut found: Vec<Sighting> = Vec::new();
    for mut finding in scanner.scan_names(names.as_bytes()) {
        let told = |sighting: &Sighting| sighting.finding.fingerprint == finding.fingerprint;
        let Some(update) = new.get(finding.location.line - 1).filter(|_| !elsewhere.iter().chain(&found).any(told))
        else {
            continue;
        };
        finding.path = scanner.ref_name(&update.name);
        (finding.location.line, finding.location.end_line) = (1, 1);
        let decision = Decision::Act(Action::Observe);
        let sighting =
            Sighting { finding, place: Place::Ref, commits: Vec::new(), known: false, excuse: None, decision };
        found.push(Sighting { decision: judge.decide(&sighting), ..sighting });
    }
    found
}
