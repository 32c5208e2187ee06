//! All sightings of one credential as one: the place that weighs most, with every commit that holds it.

use std::collections::{HashMap, HashSet};

use keyward_rules::Fingerprint;
use keyward_rules::pack::ObjectId;
use keyward_rules::policy::{Action, Decision};

use super::judge::Judge;
use super::{Place, Sighting};
use crate::objects::NewCommits;

/// Gathers sightings by credential.
pub(super) struct Merge<'m> {
    judge: Judge<'m>,
    commits: &'m NewCommits,
    merged: HashMap<Fingerprint, Merged>,
}

struct Merged {
    first: Sighting,
    commits: HashSet<ObjectId>,
}

impl<'m> Merge<'m> {
    pub(super) fn new(judge: Judge<'m>, commits: &'m NewCommits) -> Merge<'m> {
        Merge { judge, commits, merged: HashMap::new() }
    }

    /// Whether the credential was met.
    pub(super) fn has(&self, fingerprint: &Fingerprint) -> bool {
        self.merged.contains_key(fingerprint)
    }

    /// Adds a sighting and decides about it. Known is a credential only if it is so in all its places, and a mark in one excuses nothing
    /// in another: what is blocked in one place is blocked.
    pub(super) fn add(&mut self, mut sighting: Sighting) {
        sighting.decision = self.judge.decide(&sighting);
        let commits = sighting.commits.iter().copied().filter(|&id| self.commits.position(id).is_some());
        let commits: Vec<ObjectId> = commits.collect();
        match self.merged.get_mut(&sighting.finding.fingerprint) {
            Some(merged) => {
                merged.commits.extend(commits);
                if key(&sighting, self.commits) < key(&merged.first, self.commits) {
                    merged.first = sighting;
                }
            }
            None => {
                let merged = Merged { commits: commits.into_iter().collect(), first: sighting };
                self.merged.insert(merged.first.finding.fingerprint, merged);
            }
        }
    }

    /// New ones before known ones, each in the order of its first commit.
    pub(super) fn finish(self) -> Vec<Sighting> {
        let Merge { commits, merged, .. } = self;
        let mut sightings: Vec<Sighting> = merged.into_values().map(|merged| whole(merged, commits)).collect();
        sightings.sort_by_cached_key(|sighting| {
            let first = sighting.commits.first().and_then(|&id| commits.position(id)).unwrap_or(usize::MAX);
            let finding = &sighting.finding;
            (sighting.known, first, finding.path.clone(), finding.location, finding.code.to_string())
        });
        sightings
    }
}

/// The commit that introduces it, then the others, oldest first.
fn whole(merged: Merged, commits: &NewCommits) -> Sighting {
    let Merged { mut first, commits: all } = merged;
    let introducing = first.commits.first().copied();
    let mut others: Vec<ObjectId> = all.into_iter().filter(|id| Some(*id) != introducing).collect();
    others.sort_by_key(|&id| commits.position(id));
    first.commits = introducing.into_iter().chain(others).collect();
    first
}

/// The lowest is told.
fn key<'s>(sighting: &'s Sighting, commits: &NewCommits) -> impl Ord + use<'s> {
    let mildness = match sighting.decision {
        Decision::Act(Action::Block) => 0,
        Decision::Act(Action::Warn) => 1,
        Decision::Act(Action::Observe) => 2,
        Decision::Known | Decision::Allowed(_) => 3,
    };
    (
        !sighting.decision.blocks(),
        sighting.excuse.is_some(),
        sighting.known,
        mildness,
        sighting.commits.first().and_then(|&id| commits.position(id)).unwrap_or(usize::MAX),
        sighting.place == Place::Name,
        sighting.finding.path.as_str(),
        sighting.finding.location,
    )
}
