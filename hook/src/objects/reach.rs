//! Which objects some ref leads to: commits, their folders and files, and what tags name. Walks newest first and stops when all are found.

use std::collections::{BinaryHeap, HashSet};

use anyhow::Result;
use keyward_rules::pack::{ObjectId, ObjectKind};

use super::store::Store;

/// Which of `wanted` the old values of refs lead to. What cannot be read leads nowhere: only what is seen counts as old.
///
/// # Errors
/// There is no time left.
pub(crate) fn reached(
    store: &Store,
    from: impl Iterator<Item = ObjectId>,
    wanted: &HashSet<ObjectId>,
) -> Result<HashSet<ObjectId>> {
    let mut search = Search { store, wanted, found: HashSet::new(), seen: HashSet::new(), queue: BinaryHeap::new() };
    for id in from {
        if search.is_done() {
            break;
        }
        search.named(id)?;
    }
    while let Some((_, id)) = search.queue.pop() {
        if search.is_done() {
            break;
        }
        search.commit(id)?;
    }
    Ok(search.found)
}

struct Search<'s> {
    store: &'s Store,
    wanted: &'s HashSet<ObjectId>,
    found: HashSet<ObjectId>,
    /// Commits and folders that were met.
    seen: HashSet<ObjectId>,
    queue: BinaryHeap<(i64, ObjectId)>,
}

impl Search<'_> {
    fn is_done(&self) -> bool {
        self.found.len() == self.wanted.len()
    }

    fn check(&mut self, id: ObjectId) {
        if self.wanted.contains(&id) {
            self.found.insert(id);
        }
    }

    /// What a ref names: tags on tags, and what the last one is on.
    fn named(&mut self, id: ObjectId) -> Result<()> {
        if self.seen.contains(&id) {
            return Ok(());
        }
        self.check(id);
        let Ok((tags, end, kind)) = self.store.peel(id) else { return Ok(()) };
        tags.into_iter().chain([end]).for_each(|id| self.check(id));
        match kind {
            ObjectKind::Commit => self.queue(end),
            ObjectKind::Tree => self.tree(end)?,
            _ => {}
        }
        Ok(())
    }

    fn queue(&mut self, id: ObjectId) {
        if !self.seen.contains(&id)
            && let Ok(commit) = self.store.commit(id)
        {
            self.seen.insert(id);
            self.queue.push((commit.time, id));
        }
    }

    fn commit(&mut self, id: ObjectId) -> Result<()> {
        self.check(id);
        let Ok(commit) = self.store.commit(id) else { return Ok(()) };
        self.tree(commit.tree)?;
        commit.parents.into_iter().for_each(|parent| self.queue(parent));
        Ok(())
    }

    fn tree(&mut self, root: ObjectId) -> Result<()> {
        let mut waiting = vec![root];
        while let Some(id) = waiting.pop() {
            if self.is_done() || !self.seen.insert(id) {
                continue;
            }
            self.store.time_left()?;
            self.check(id);
            let Ok(tree) = self.store.tree(id) else { continue };
            for entry in tree.entries() {
                if entry.mode.is_tree() {
                    waiting.push(entry.id);
                } else if !entry.mode.is_submodule() {
                    self.check(entry.id);
                }
            }
        }
        Ok(())
    }
}
