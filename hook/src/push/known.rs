//! Which of the things found were reachable before the push, from a ref and at a path where they were judged at least as strictly.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use keyward_rules::pack::{ObjectId, ObjectKind};
use keyward_rules::policy::Action;
use keyward_rules::{Finding, Fingerprint};

use super::Sighting;
use super::find::Found;
use super::place::Tools;
use crate::objects::reach::{self, Wanted};

/// Groups of refs looked at, each alike for the policy; what only others lead to counts as new.
const MOST_GROUPS: usize = 32;

/// Commits looked at from each of the refs at hand, before every ref is read: most of what is old lies in their newest folders.
const NEAR: usize = 64;

/// Something found in an object that may be old.
pub(super) struct Pending {
    pub(super) object: ObjectId,
    pub(super) sighting: Sighting,
    /// Whether it is told also if it was there before. What merely came along, as the base of a delta, is not.
    pub(super) is_told: bool,
}

/// The credentials of each object that were there before.
pub(super) type Known = HashMap<ObjectId, HashSet<Fingerprint>>;

/// Asks for what is pending. Newest first, so what is old is mostly found at once.
///
/// # Errors
/// The refs could not be read, or there is no time left.
pub(super) fn known(tools: Tools<'_>, found: &Found, pending: &[Pending]) -> Result<Known> {
    let mut asked: HashMap<ObjectId, HashMap<Fingerprint, Action>> = HashMap::new();
    for Pending { object, sighting, .. } in pending.iter().filter(|pending| !pending.sighting.known) {
        let action = tools.judge.action(&sighting.finding, None);
        let strictest = asked.entry(*object).or_default().entry(sighting.finding.fingerprint).or_insert(action);
        *strictest = action.max(*strictest);
    }
    if asked.is_empty() {
        return Ok(Known::new());
    }
    let mut search = Search { tools, found, asked, reference: String::new(), known: Known::new() };
    for near in tools.before.near() {
        search.reference.clone_from(&near.name);
        reach::search(tools.store, [near.target].into_iter(), NEAR, &mut search)?;
    }
    if !search.is_done() {
        for (name, targets) in tools.before.alike()?.into_values().take(MOST_GROUPS) {
            search.reference = name;
            reach::search(tools.store, targets.into_iter(), usize::MAX, &mut search)?;
        }
    }
    Ok(search.known)
}

struct Search<'k> {
    tools: Tools<'k>,
    found: &'k Found,
    /// How strictly each credential of each object is judged now; without those that are known to have been there.
    asked: HashMap<ObjectId, HashMap<Fingerprint, Action>>,
    /// One of the refs that are gone through, for all of them.
    reference: String,
    known: Known,
}

impl Search<'_> {
    /// What is found in an object at a path where it lay before. Without one its kind tells how it is looked at.
    fn findings(&self, id: &ObjectId, path: &[u8]) -> Vec<Finding> {
        let Tools { store, scanner, .. } = self.tools;
        match self.found.objects.get(id) {
            Some(ObjectKind::Blob) if !path.is_empty() => {
                // Where the file came from does not matter here; rules that ask for a commit are not bound to one.
                store.blob(*id).map(|bytes| scanner.scan_named(&bytes, path)).unwrap_or_default()
            }
            Some(ObjectKind::Tree) => scanner.scan_names(&store.tree(*id).map(|tree| tree.names()).unwrap_or_default()),
            _ => store.read(*id).map(|object| scanner.scan(&object.bytes)).unwrap_or_default(),
        }
    }
}

impl Wanted for Search<'_> {
    fn is_done(&self) -> bool {
        self.asked.is_empty()
    }

    fn has(&self, id: &ObjectId) -> bool {
        self.asked.contains_key(id)
    }

    fn meet(&mut self, id: &ObjectId, path: &[u8]) {
        for finding in self.findings(id, path) {
            let Some(asked) = self.asked.get_mut(id) else { return };
            let then = self.tools.judge.action(&finding, Some(&self.reference));
            if asked.get(&finding.fingerprint).is_some_and(|now| then >= *now) {
                asked.remove(&finding.fingerprint);
                self.known.entry(*id).or_default().insert(finding.fingerprint);
            }
            if asked.is_empty() {
                self.asked.remove(id);
            }
        }
    }
}
