//! Tells which objects that a push names and did not bring are known from where the push goes on: the folders of commits that were
//! reachable before. Makes the common case cheap; what it does not settle is scanned.

use std::collections::{HashSet, VecDeque};

use keyward_rules::pack::ObjectId;

use crate::objects::Store;

/// Folders read at least, and for each object that is asked for.
const LEAST: usize = 64;
const FOR_EACH: usize = 4;

/// Takes out of `outside` what the folders of old commits hold. `from` are commits that a ref led to before.
pub(super) fn settle<'a>(store: &Store, from: impl Iterator<Item = &'a ObjectId>, outside: &mut HashSet<ObjectId>) {
    let asked = outside.clone();
    let mut budget = LEAST + FOR_EACH * asked.len();
    // Folders that the push does not name were replaced by it: what they hold is named beside what is new. The others are unchanged.
    let (mut changed, mut unchanged, mut seen) = (VecDeque::new(), VecDeque::new(), HashSet::new());
    for commit in from {
        if let Ok(commit) = store.commit(*commit)
            && seen.insert(commit.tree)
        {
            outside.remove(&commit.tree);
            changed.push_back(commit.tree);
        }
    }
    while let Some(id) = changed.pop_front().or_else(|| unchanged.pop_front()) {
        if outside.is_empty() || budget == 0 || store.time_left().is_err() {
            return;
        }
        budget -= 1;
        let Ok(tree) = store.tree(id) else { continue };
        for entry in tree.entries().filter(|entry| !entry.mode.is_submodule()) {
            outside.remove(&entry.id);
            if entry.mode.is_tree() && seen.insert(entry.id) {
                if asked.contains(&entry.id) { &mut unchanged } else { &mut changed }.push_back(entry.id);
            }
        }
    }
}
