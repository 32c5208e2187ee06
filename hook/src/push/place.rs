//! From objects with findings to commits, paths and the question whether a credential is new. Runs only when something was found.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use git2::{ObjectType, Oid};
use keyward_rules::policy::{Action, Decision};
use keyward_rules::{Finding, Fingerprint, printable};

use super::find::{Found, FoundObject};
use super::{Place, Sighting};
use crate::expiry;
use crate::honour::Honour;
use crate::objects::{Store, history};
use crate::scanner::Scanner;

/// A blob at a path in a new commit.
struct Introduction {
    commit: Oid,
    path: Vec<u8>,
    replaced: Vec<Oid>,
}

/// One sighting for each credential, new ones before known ones, each in the order of its first commit.
///
/// # Errors
/// An object could not be read.
pub(crate) fn place(store: &Store, scanner: &Scanner, honour: &Honour, found: &Found) -> Result<Vec<Sighting>> {
    if found.objects.is_empty() {
        return Ok(Vec::new());
    }
    let mut placing = Placing {
        store,
        scanner,
        honour,
        introductions: HashMap::new(),
        order: found.commits.iter().enumerate().map(|(index, &id)| (id, index)).collect(),
        contents: HashMap::new(),
        before: HashSet::new(),
    };
    let introduced = introductions(store, scanner, found)?;
    placing.introductions = introduced.blobs;
    let unsure = found.objects.iter().map(|object| object.id).filter(|&id| found.arrived.may_be_old(id)).collect();
    placing.before = history::reachable_before(store, &unsure)?;
    let mut by_fingerprint: BTreeMap<Fingerprint, Vec<Sighting>> = BTreeMap::new();
    let mut all = introduced.names;
    for object in &found.objects {
        all.extend(placing.object(object)?);
    }
    for sighting in all {
        by_fingerprint.entry(sighting.finding.fingerprint).or_default().push(sighting);
    }
    let mut sightings: Vec<Sighting> = by_fingerprint.into_values().filter_map(|same| placing.merge(same)).collect();
    sightings.sort_by_key(|sighting| {
        let first = sighting.commits.first().and_then(|id| placing.order.get(id)).copied();
        (sighting.known, first.unwrap_or(usize::MAX), sighting.finding.path.clone(), sighting.finding.location)
    });
    Ok(sightings)
}

/// The same where history cannot be read: every credential counts as new, and stands in its object.
pub(crate) fn unplaced(found: &Found) -> Vec<Sighting> {
    let sightings = found.objects.iter().flat_map(|object| {
        object.findings.iter().map(|finding| Sighting {
            finding: finding.clone(),
            place: Place::Object(object.id),
            commits: Vec::new(),
            known: false,
            excuse: None,
            decision: Decision::Act(Action::Observe),
        })
    });
    sightings.collect()
}

/// What new commits introduce: blobs with findings, and names with findings.
#[derive(Default)]
struct Introductions {
    blobs: HashMap<Oid, Vec<Introduction>>,
    names: Vec<Sighting>,
}

fn introductions(store: &Store, scanner: &Scanner, found: &Found) -> Result<Introductions> {
    let of = |kind| found.objects.iter().filter(move |object| object.kind == kind).map(|object| object.id);
    let blobs: HashSet<Oid> = of(ObjectType::Blob).collect();
    let in_names = of(ObjectType::Tree).next().is_some();
    let mut introductions = Introductions::default();
    if blobs.is_empty() && !in_names {
        return Ok(introductions);
    }
    for &id in &found.commits {
        history::introduced(store, &store.commit(id)?, &mut |introduced| {
            if blobs.contains(&introduced.blob) {
                introductions.blobs.entry(introduced.blob).or_default().push(Introduction {
                    commit: id,
                    path: introduced.path.to_vec(),
                    replaced: introduced.replaced.to_vec(),
                });
            }
            if in_names {
                introductions.names.extend(names(scanner, id, &introduced));
            }
        })?;
    }
    Ok(introductions)
}

/// Credentials in the path itself; known where a parent has a file there already.
fn names(scanner: &Scanner, commit: Oid, introduced: &history::Introduced<'_>) -> Vec<Sighting> {
    let lines: Vec<u8> = introduced.path.iter().map(|&byte| if byte == b'/' { b'\n' } else { byte }).collect();
    let sighting = |mut finding: Finding| {
        finding.path = scanner.path(introduced.path, &finding);
        Sighting {
            finding,
            place: Place::Name,
            commits: vec![commit],
            known: !introduced.replaced.is_empty(),
            excuse: None,
            decision: Decision::Act(Action::Observe),
        }
    };
    scanner.scan_at(&lines, b"", &commit.to_string()).into_iter().map(sighting).collect()
}

struct Placing<'p> {
    store: &'p Store,
    scanner: &'p Scanner,
    honour: &'p Honour,
    introductions: HashMap<Oid, Vec<Introduction>>,
    /// Position of each new commit, oldest first.
    order: HashMap<Oid, usize>,
    /// Fingerprints by blob, for the parents' versions of files.
    contents: HashMap<Oid, HashSet<Fingerprint>>,
    /// Objects with findings that a ref reached before.
    before: HashSet<Oid>,
}

impl Placing<'_> {
    fn object(&mut self, object: &FoundObject) -> Result<Vec<Sighting>> {
        let known = self.before.contains(&object.id);
        let sighting = |finding: &Finding, place, commits| Sighting {
            finding: finding.clone(),
            place,
            commits,
            known,
            excuse: None,
            decision: Decision::Act(Action::Observe),
        };
        match object.kind {
            ObjectType::Commit => {
                Ok(object.findings.iter().map(|finding| sighting(finding, Place::Commit, vec![object.id])).collect())
            }
            ObjectType::Tag => {
                let name = printable(self.store.tag(object.id)?.name_bytes());
                Ok(object.findings.iter().map(|finding| sighting(finding, Place::Tag(name.clone()), vec![])).collect())
            }
            _ if self.introductions.contains_key(&object.id) => self.blob(object, known),
            // Names are placed by the commits that introduce them.
            ObjectType::Tree if !self.order.is_empty() => Ok(Vec::new()),
            // The old version of a file, sent along as the base of a delta, is no part of the push.
            _ if known => Ok(Vec::new()),
            _ => {
                Ok(object.findings.iter().map(|finding| sighting(finding, Place::Object(object.id), vec![])).collect())
            }
        }
    }

    /// One sighting for each place a new commit puts the blob; known where the parents' version of the file holds the credential too.
    fn blob(&mut self, object: &FoundObject, reached_before: bool) -> Result<Vec<Sighting>> {
        let introductions = self.introductions.remove(&object.id).unwrap_or_default();
        let mut sightings = Vec::new();
        for introduction in &introductions {
            let mut there = HashSet::new();
            for &blob in &introduction.replaced {
                there.extend(self.fingerprints(blob)?.iter().copied());
            }
            for mut finding in self.findings(object, introduction)? {
                finding.path = self.scanner.path(&introduction.path, &finding);
                sightings.push(Sighting {
                    known: reached_before || there.contains(&finding.fingerprint),
                    excuse: self.honour.excuse(&finding, Some(&introduction.commit.to_string())),
                    finding,
                    place: Place::File,
                    commits: vec![introduction.commit],
                    decision: Decision::Act(Action::Observe),
                });
            }
        }
        self.introductions.insert(object.id, introductions);
        Ok(sightings)
    }

    /// What is found in the blob now that its path and commit are known.
    fn findings(&self, object: &FoundObject, introduction: &Introduction) -> Result<Vec<Finding>> {
        if !self.scanner.depends_on_place(&object.findings) {
            return Ok(object.findings.clone());
        }
        let blob = self.store.blob(object.id)?;
        Ok(self.scanner.scan_at(blob.content(), &introduction.path, &introduction.commit.to_string()))
    }

    fn fingerprints(&mut self, blob: Oid) -> Result<&HashSet<Fingerprint>> {
        if !self.contents.contains_key(&blob) {
            let content = self.store.blob(blob)?;
            self.contents.insert(blob, self.scanner.fingerprints(content.content()));
        }
        Ok(&self.contents[&blob])
    }

    /// All sightings of one credential as one: the first place that is new, with every commit that holds it. Known only if all are.
    fn merge(&self, mut same: Vec<Sighting>) -> Option<Sighting> {
        let position = |sighting: &Sighting| sighting.commits.first().and_then(|id| self.order.get(id)).copied();
        same.sort_by_key(|sighting| {
            (
                // A mark in one place excuses nothing in another.
                sighting.excuse.is_some(),
                sighting.known,
                position(sighting).unwrap_or(usize::MAX),
                sighting.place == Place::Name,
                sighting.finding.path.clone(),
            )
        });
        let mut commits: Vec<Oid> = same.iter().flat_map(|sighting| sighting.commits.iter().copied()).collect();
        let mut seen = HashSet::new();
        commits.retain(|&id| self.order.contains_key(&id) && seen.insert(id));
        commits.sort_by_key(|id| self.order.get(id).copied());
        let end = same.iter().map(|sighting| sighting.finding.expires).reduce(expiry::later).flatten();
        let mut first = same.into_iter().next()?;
        first.finding.expires = end;
        if let Some(&introducing) = first.commits.first() {
            commits.retain(|&id| id != introducing);
            commits.insert(0, introducing);
        }
        first.commits = commits;
        Some(first)
    }
}
