//! From objects with findings to commits, paths and the question whether a credential is new. Runs only when something was found.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, Result};
use git2::{ObjectType, Oid, Repository};
use keyward_rules::policy::{Action, Decision};
use keyward_rules::{Finding, Fingerprint, printable};

use super::find::{Found, FoundObject};
use super::{Place, Sighting};
use crate::objects::history;
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
pub(crate) fn place(repository: &Repository, scanner: &Scanner, found: Found) -> Result<Vec<Sighting>> {
    if found.objects.is_empty() {
        return Ok(Vec::new());
    }
    let mut placing = Placing {
        repository,
        scanner,
        introductions: introductions(repository, &found)?,
        order: found.commits.iter().enumerate().map(|(index, &id)| (id, index)).collect(),
        contents: HashMap::new(),
        before: HashSet::new(),
    };
    let unsure = found.objects.iter().map(|object| object.id).filter(|&id| found.arrived.may_be_old(id)).collect();
    placing.before = history::reachable_before(repository, &unsure)?;
    let mut by_fingerprint: BTreeMap<Fingerprint, Vec<Sighting>> = BTreeMap::new();
    for object in &found.objects {
        for sighting in placing.object(object)? {
            by_fingerprint.entry(sighting.finding.fingerprint).or_default().push(sighting);
        }
    }
    let mut sightings: Vec<Sighting> = by_fingerprint.into_values().filter_map(|same| placing.merge(same)).collect();
    sightings.sort_by_key(|sighting| {
        let first = sighting.commits.first().and_then(|id| placing.order.get(id)).copied();
        (sighting.known, first.unwrap_or(usize::MAX), sighting.finding.path.clone(), sighting.finding.location)
    });
    Ok(sightings)
}

fn introductions(repository: &Repository, found: &Found) -> Result<HashMap<Oid, Vec<Introduction>>> {
    let blobs: HashSet<Oid> =
        found.objects.iter().filter(|object| object.kind == ObjectType::Blob).map(|object| object.id).collect();
    let mut introductions: HashMap<Oid, Vec<Introduction>> = HashMap::new();
    if blobs.is_empty() {
        return Ok(introductions);
    }
    for &id in &found.commits {
        let commit = repository.find_commit(id).with_context(|| format!("could not read commit {id}"))?;
        history::introduced(repository, &commit, &mut |introduced| {
            if blobs.contains(&introduced.blob) {
                introductions.entry(introduced.blob).or_default().push(Introduction {
                    commit: id,
                    path: introduced.path.to_vec(),
                    replaced: introduced.replaced.to_vec(),
                });
            }
        })?;
    }
    Ok(introductions)
}

struct Placing<'p> {
    repository: &'p Repository,
    scanner: &'p Scanner,
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
            decision: Decision::Act(Action::Observe),
        };
        match object.kind {
            ObjectType::Commit => {
                Ok(object.findings.iter().map(|finding| sighting(finding, Place::Commit, vec![object.id])).collect())
            }
            ObjectType::Tag => {
                let tag =
                    self.repository.find_tag(object.id).with_context(|| format!("could not read tag {}", object.id))?;
                let name = printable(tag.name_bytes());
                Ok(object.findings.iter().map(|finding| sighting(finding, Place::Tag(name.clone()), vec![])).collect())
            }
            _ if self.introductions.contains_key(&object.id) => self.blob(object, known),
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
            for finding in &object.findings {
                let mut finding = finding.clone();
                finding.path = printable(&introduction.path);
                sightings.push(Sighting {
                    known: reached_before || there.contains(&finding.fingerprint),
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

    fn fingerprints(&mut self, blob: Oid) -> Result<&HashSet<Fingerprint>> {
        if !self.contents.contains_key(&blob) {
            let content = self.repository.find_blob(blob).with_context(|| format!("could not read blob {blob}"))?;
            self.contents.insert(blob, self.scanner.fingerprints(content.content()));
        }
        Ok(&self.contents[&blob])
    }

    /// All sightings of one credential as one: the first place that is new, with every commit that holds it. Known only if all are.
    fn merge(&self, mut same: Vec<Sighting>) -> Option<Sighting> {
        let position = |sighting: &Sighting| sighting.commits.first().and_then(|id| self.order.get(id)).copied();
        same.sort_by_key(|sighting| {
            (sighting.known, position(sighting).unwrap_or(usize::MAX), sighting.finding.path.clone())
        });
        let mut commits: Vec<Oid> = same.iter().flat_map(|sighting| sighting.commits.iter().copied()).collect();
        let mut seen = HashSet::new();
        commits.retain(|&id| self.order.contains_key(&id) && seen.insert(id));
        commits.sort_by_key(|id| self.order.get(id).copied());
        let mut first = same.into_iter().next()?;
        if let Some(&introducing) = first.commits.first() {
            commits.retain(|&id| id != introducing);
            commits.insert(0, introducing);
        }
        first.commits = commits;
        Some(first)
    }
}
