//! Finds objects behind refs, with the paths at which they lie: commits, their folders and files, and what tags name. Walks newest first
//! and stops when all that is asked for was met.

use std::collections::{BinaryHeap, HashSet};
use std::hash::{BuildHasher, RandomState};

use anyhow::Result;
use keyward_rules::pack::{ObjectId, ObjectKind};

use super::store::Store;

/// Deepest folder followed.
const DEEPEST: usize = 2048;

/// What is looked for.
pub(crate) trait Wanted {
    /// Whether everything was met.
    fn is_done(&self) -> bool;

    /// Whether the object is one that is still looked for.
    fn has(&self, id: &ObjectId) -> bool;

    /// The object was met: a file or folder at its path, others at none. It may be met again elsewhere.
    fn meet(&mut self, id: &ObjectId, path: &[u8]);
}

/// Goes through what old values of refs lead to, `most` commits of it. What cannot be read leads nowhere: only what is seen counts.
///
/// # Errors
/// There is no time left.
pub(crate) fn search(
    store: &Store,
    from: impl Iterator<Item = ObjectId>,
    most: usize,
    wanted: &mut dyn Wanted,
) -> Result<()> {
    let mut search = Search {
        store,
        wanted,
        seen: HashSet::new(),
        folders: HashSet::new(),
        queue: BinaryHeap::new(),
        hasher: RandomState::new(),
        path: Vec::new(),
    };
    for id in from {
        if search.wanted.is_done() {
            return Ok(());
        }
        search.named(id)?;
    }
    for _ in 0..most {
        let Some((_, id)) = search.queue.pop().filter(|_| !search.wanted.is_done()) else { break };
        search.commit(id)?;
    }
    Ok(())
}

struct Search<'s> {
    store: &'s Store,
    wanted: &'s mut dyn Wanted,
    /// Commits and tags that were met.
    seen: HashSet<ObjectId>,
    /// Folders that were gone through, each with a hash of its path under a key of this process.
    folders: HashSet<(ObjectId, u64)>,
    queue: BinaryHeap<(i64, ObjectId)>,
    hasher: RandomState,
    path: Vec<u8>,
}

impl Search<'_> {
    fn check(&mut self, id: ObjectId) {
        if self.wanted.has(&id) {
            self.wanted.meet(&id, &self.path);
        }
    }

    /// What a ref names: tags on tags, and what the last one is on.
    fn named(&mut self, id: ObjectId) -> Result<()> {
        if self.seen.contains(&id) {
            return Ok(());
        }
        let Ok((tags, end, kind)) = self.store.peel(id) else { return Ok(()) };
        for tag in tags {
            self.seen.insert(tag);
            self.check(tag);
        }
        match kind {
            ObjectKind::Commit => self.queue(end),
            ObjectKind::Tree => self.folder(end, 0, 0)?,
            _ => self.check(end),
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
        self.folder(commit.tree, 0, 0)?;
        commit.parents.into_iter().for_each(|parent| self.queue(parent));
        Ok(())
    }

    fn folder(&mut self, id: ObjectId, place: u64, depth: usize) -> Result<()> {
        if depth > DEEPEST || self.wanted.is_done() || !self.folders.insert((id, place)) {
            return Ok(());
        }
        self.store.time_left()?;
        self.check(id);
        let Ok(tree) = self.store.tree(id) else { return Ok(()) };
        for entry in tree.entries().filter(|entry| !entry.mode.is_submodule()) {
            if !entry.mode.is_tree() && !self.wanted.has(&entry.id) {
                continue;
            }
            let length = self.path.len();
            if length > 0 {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(entry.name);
            if entry.mode.is_tree() {
                self.folder(entry.id, self.hasher.hash_one((place, entry.name)), depth + 1)?;
            } else {
                self.check(entry.id);
            }
            self.path.truncate(length);
        }
        Ok(())
    }
}
