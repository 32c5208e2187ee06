//! From objects with findings to commits, paths and the question whether a credential is new. Runs only when something was found.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use keyward_rules::pack::{ObjectId, ObjectKind};
use keyward_rules::policy::{Action, Decision};
use keyward_rules::{Finding, Fingerprint, printable};

use super::before::Before;
use super::find::Found;
use super::judge::Judge;
use super::known::{Pending, known};
use super::merge::Merge;
use super::{Place, Sighting};
use crate::expiry;
use crate::honour::Honour;
use crate::objects::difference::{Introduced, all_introduced};
use crate::objects::{Heads, NewCommits, Store};
use crate::scanner::Scanner;

/// Sightings of which is asked whether they were there before. Further ones count as new.
const MOST_PENDING: usize = 50_000;

/// What placing needs.
#[derive(Clone, Copy)]
pub(super) struct Tools<'t> {
    pub(super) store: &'t Store,
    pub(super) scanner: &'t Scanner,
    pub(super) honour: &'t Honour,
    pub(super) before: &'t Before<'t>,
    pub(super) judge: Judge<'t>,
}

/// A blob at a path in a new commit.
struct Introduction {
    commit: ObjectId,
    path: Vec<u8>,
    replaced: Vec<ObjectId>,
}

/// One sighting for each credential, new ones before known ones, each in the order of its first commit; and the new commits.
///
/// # Errors
/// An object could not be read, or there is no time left.
pub(super) fn place(tools: Tools<'_>, found: &Found) -> Result<(Vec<Sighting>, NewCommits)> {
    if found.objects.is_empty() {
        return Ok((Vec::new(), NewCommits::default()));
    }
    let commits = new_commits(tools.store, found)?;
    let merge = Merge::new(tools.judge, &commits);
    let ends = found.credentials.iter().map(|(_, finding)| (finding.fingerprint, finding.expires)).collect();
    let (pending, contents) = (Vec::new(), HashMap::new());
    let mut placing = Placing { tools, found, commits: &commits, pending, ends, merge, contents };
    let introductions = placing.introductions()?;
    for (&id, &kind) in &found.objects {
        tools.store.time_left()?;
        placing.object(id, kind, introductions.get(&id).map_or(&[], Vec::as_slice))?;
    }
    let sightings = placing.finish()?;
    Ok((sightings, commits))
}

/// The same where history cannot be read: every credential counts as new, and stands in its object.
pub(super) fn unplaced(judge: Judge<'_>, found: &Found) -> Vec<Sighting> {
    let none = NewCommits::default();
    let mut merge = Merge::new(judge, &none);
    for (id, finding) in &found.credentials {
        merge.add(sighting(finding.clone(), Place::Unplaced(*id), Vec::new(), false));
    }
    merge.finish()
}

/// Commits that the push makes reachable: those that arrived or were left behind, as far as the pushed refs lead to them.
fn new_commits(store: &Store, found: &Found) -> Result<NewCommits> {
    let mut heads = Heads::new();
    let mut waiting: Vec<ObjectId> = found.tips.values().copied().collect();
    while let Some(id) = waiting.pop() {
        if heads.contains_key(&id) {
            continue;
        }
        let head = match found.left_behind.get(&id) {
            Some(head) => head.clone(),
            None if found.arrived.contains(&id) => store.commit(id)?,
            None => continue,
        };
        store.time_left()?;
        waiting.extend(&head.parents);
        heads.insert(id, head);
    }
    Ok(NewCommits::sorted(heads, found.tips.clone()))
}

fn sighting(finding: Finding, place: Place, commits: Vec<ObjectId>, known: bool) -> Sighting {
    Sighting { finding, place, commits, known, excuse: None, decision: Decision::Act(Action::Observe) }
}

struct Placing<'p> {
    tools: Tools<'p>,
    found: &'p Found,
    commits: &'p NewCommits,
    /// What may have been there before.
    pending: Vec<Pending>,
    /// When each credential ends at the latest, wherever it stands.
    ends: HashMap<Fingerprint, Option<i64>>,
    merge: Merge<'p>,
    /// How strictly what a blob holds at a path is judged, for the parents' versions of files.
    contents: HashMap<(ObjectId, Vec<u8>), HashMap<Fingerprint, Action>>,
}

impl Placing<'_> {
    /// Where new commits introduce the blobs with findings. Names with findings are placed on the way.
    fn introductions(&mut self) -> Result<HashMap<ObjectId, Vec<Introduction>>> {
        let found = self.found;
        let of = |kind| found.objects.values().any(|found| *found == kind);
        let in_names = of(ObjectKind::Tree);
        let mut introductions: HashMap<ObjectId, Vec<Introduction>> = HashMap::new();
        if !of(ObjectKind::Blob) && !in_names {
            return Ok(introductions);
        }
        let mut names = Vec::new();
        // A name is placed by the files below it, wherever they are.
        let wanted = (!in_names).then(|| found.objects.keys().copied());
        all_introduced(self.tools.store, self.commits, found.arrived.packs(), wanted, &mut |commit, introduced| {
            if found.objects.contains_key(&introduced.blob) {
                introductions.entry(introduced.blob).or_default().push(Introduction {
                    commit,
                    path: introduced.path.to_vec(),
                    replaced: introduced.replaced.to_vec(),
                });
            }
            if in_names {
                names.extend(self.names(commit, &introduced));
            }
            Ok(true)
        })?;
        names.into_iter().for_each(|sighting| self.add(sighting));
        Ok(introductions)
    }

    /// Credentials in the path itself; known where a parent has a file there already.
    fn names(&self, commit: ObjectId, introduced: &Introduced<'_>) -> Vec<Sighting> {
        let lines: Vec<u8> = introduced.path.iter().map(|&byte| if byte == b'/' { b'\n' } else { byte }).collect();
        let scanner = self.tools.scanner;
        let placed = |mut finding: Finding| {
            finding.path = scanner.path(introduced.path, &finding);
            sighting(finding, Place::Name, vec![commit], !introduced.replaced.is_empty())
        };
        scanner.scan_at(&lines, b"", &commit.to_string()).into_iter().map(placed).collect()
    }

    fn object(&mut self, id: ObjectId, kind: ObjectKind, introductions: &[Introduction]) -> Result<()> {
        match kind {
            ObjectKind::Commit => self.text(id, |_| Ok((Place::Commit, vec![id]))),
            ObjectKind::Tag => self.text(id, |store| Ok((Place::Tag(printable(&store.tag_name(id)?)), Vec::new()))),
            ObjectKind::Blob if introductions.is_empty() => self.elsewhere(id),
            ObjectKind::Blob => self.blob(id, introductions),
            ObjectKind::Tree => self.folder(id),
        }
    }

    /// A commit or tag: its lines count from its message.
    fn text(&mut self, id: ObjectId, place: impl Fn(&Store) -> Result<(Place, Vec<ObjectId>)>) -> Result<()> {
        let bytes = self.tools.store.read(id)?.bytes;
        let (place, commits) = place(self.tools.store)?;
        for mut finding in self.tools.scanner.scan_at(&bytes, b"", &id.to_string()) {
            count_from_message(&mut finding, &bytes);
            self.ask(id, sighting(finding, place.clone(), commits.clone(), false), true);
        }
        Ok(())
    }

    /// A blob at no path of a new commit. The old version of a file, sent along as the base of a delta, is no part of the push.
    fn elsewhere(&mut self, id: ObjectId) -> Result<()> {
        let bytes = self.tools.store.blob(id)?;
        let mut findings = self.tools.scanner.scan(&bytes);
        // What was found for the file's name alone, in a folder that no commit leads to.
        let by_name = self.found.credentials.iter().filter(|(object, _)| *object == id).map(|(_, finding)| finding);
        let seen: HashSet<Fingerprint> = findings.iter().map(|finding| finding.fingerprint).collect();
        findings.extend(by_name.filter(|finding| !seen.contains(&finding.fingerprint)).cloned());
        for finding in findings {
            self.ask(id, sighting(finding, Place::Object(id), Vec::new(), false), false);
        }
        Ok(())
    }

    /// A folder: names are placed by the commits that introduce them, but for those that none does.
    fn folder(&mut self, id: ObjectId) -> Result<()> {
        let tree = self.tools.store.tree(id)?;
        for finding in self.tools.scanner.scan_names(&tree.names()) {
            if !self.merge.has(&finding.fingerprint) {
                self.ask(id, sighting(finding, Place::Object(id), Vec::new(), false), false);
            }
        }
        Ok(())
    }

    /// One sighting for each place a new commit puts the blob; known where the parents' version of the file holds the credential too, and
    /// no less seriously.
    fn blob(&mut self, id: ObjectId, introductions: &[Introduction]) -> Result<()> {
        let Tools { store, scanner, honour, judge, .. } = self.tools;
        let bytes = store.blob(id)?;
        for Introduction { commit, path, replaced } in introductions {
            store.time_left()?;
            let text = commit.to_string();
            for finding in scanner.scan_at(&bytes, path, &text) {
                let now = judge.action(&finding, None);
                let mut known = false;
                for &blob in replaced {
                    known |= self.held(blob, path)?.get(&finding.fingerprint).is_some_and(|then| *then >= now);
                }
                let excuse = honour.excuse(&finding, Some(&text));
                let sighting = sighting(finding, Place::File, vec![*commit], known);
                self.ask(id, Sighting { excuse, ..sighting }, true);
            }
        }
        Ok(())
    }

    /// Adds what was found in an object, at once if it cannot be old.
    fn ask(&mut self, object: ObjectId, sighting: Sighting, is_told: bool) {
        let may_be_old = !self.found.arrived.contains(&object) || self.tools.store.had(object);
        if !sighting.known && may_be_old && self.pending.len() < MOST_PENDING {
            self.pending.push(Pending { object, sighting, is_told });
        } else {
            self.add(sighting);
        }
    }

    fn add(&mut self, mut sighting: Sighting) {
        let end = self.ends.get(&sighting.finding.fingerprint).copied();
        let own = sighting.finding.expires;
        sighting.finding.expires = end.map_or(own, |end| expiry::later(end, own));
        self.merge.add(sighting);
    }

    fn finish(mut self) -> Result<Vec<Sighting>> {
        let known = known(self.tools, self.found, &self.pending)?;
        for Pending { object, mut sighting, is_told } in std::mem::take(&mut self.pending) {
            sighting.known = known.get(&object).is_some_and(|known| known.contains(&sighting.finding.fingerprint));
            if is_told || !sighting.known {
                self.add(sighting);
            }
        }
        Ok(self.merge.finish())
    }

    /// What a blob holds at a path.
    fn held(&mut self, blob: ObjectId, path: &[u8]) -> Result<&HashMap<Fingerprint, Action>> {
        let Tools { store, scanner, judge, .. } = self.tools;
        let key = (blob, path.to_vec());
        if !self.contents.contains_key(&key) {
            let mut held = HashMap::new();
            for finding in scanner.scan_named(&store.blob(blob)?, path) {
                let action = judge.action(&finding, None);
                let strictest = held.entry(finding.fingerprint).or_insert(action);
                *strictest = action.max(*strictest);
            }
            self.contents.insert(key.clone(), held);
        }
        Ok(&self.contents[&key])
    }
}

/// People count a commit's lines from its message, not from the header that git keeps before it.
fn count_from_message(finding: &mut Finding, object: &[u8]) {
    let header = object.windows(2).position(|pair| pair == b"\n\n").unwrap_or(0);
    let lines = object[..header].iter().filter(|&&byte| byte == b'\n').count() + 2;
    if finding.location.line > lines {
        finding.location.line -= lines;
        finding.location.end_line -= lines;
    }
}
