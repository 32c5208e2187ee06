//! What a commit introduces: the files that none of its parents has at their paths.

use std::iter::Peekable;
use std::rc::Rc;

use anyhow::{Result, bail};
use keyward_rules::pack::{ObjectId, TreeEntry};

use super::folder::MappedPack;
use super::graph::Graph;
use super::history::NewCommits;
use super::store::{CommitHead, Store};
use super::trees::Content;

/// Deepest folder followed. Git itself refuses paths of more than 4096 bytes on most systems.
const DEEPEST: usize = 2048;

/// A file at a path that no parent of the commit has there.
pub(crate) struct Introduced<'a> {
    /// Path from the root, as bytes.
    pub(crate) path: &'a [u8],
    /// The blob.
    pub(crate) blob: ObjectId,
    /// Blobs the parents have at that path.
    pub(crate) replaced: &'a [ObjectId],
}

/// Calls `each` for every file that `commit` introduces. Folders for which `may_hold` says no are passed over.
///
/// # Errors
/// An object could not be read, folders are nested deeper than any file system holds, or there is no time left.
pub(crate) fn introduced(
    store: &Store,
    commit: &CommitHead,
    may_hold: &dyn Fn(&ObjectId) -> bool,
    each: &mut dyn FnMut(Introduced<'_>),
) -> Result<()> {
    let mut parents = Vec::new();
    for &id in &commit.parents {
        match store.commit(id) {
            Ok(parent) => parents.push(parent.tree),
            Err(_) if store.is_cut_off(id) => {}
            Err(error) => return Err(error),
        }
    }
    if parents.contains(&commit.tree) || !may_hold(&commit.tree) {
        return Ok(());
    }
    Difference { store, may_hold, each }.tree(commit.tree, &parents, &mut Vec::new(), 0)
}

/// Commits from which on it pays to ask all folders at once which of them hold what is looked for.
const MANY: usize = 500;

/// Calls `each` for what commits introduce, the oldest first, as long as it says to go on. `packs` are those that folders mostly lie in.
/// Of a long history only what leads to one of the `wanted` files is gone through, if they are given.
///
/// # Errors
/// An object could not be read, `each` failed, or there is no time left.
pub(crate) fn all_introduced(
    store: &Store,
    commits: &NewCommits,
    packs: &[&'static MappedPack],
    wanted: Option<impl Iterator<Item = ObjectId>>,
    each: &mut dyn FnMut(ObjectId, Introduced<'_>) -> Result<bool>,
) -> Result<()> {
    let graph = match wanted.filter(|_| commits.count() >= MANY) {
        Some(wanted) => Graph::of(packs, wanted, store.hash(), store.bounds())?,
        None => None,
    };
    let may_hold = |folder: &ObjectId| graph.as_ref().is_none_or(|graph| graph.may_hold(folder));
    for (id, head) in commits.iter() {
        if graph.as_ref().is_some_and(|graph| !graph.may_introduce(&head.tree, commits.trees_of(&head.parents))) {
            continue;
        }
        let mut goes_on = Ok(true);
        introduced(store, head, &may_hold, &mut |introduced| {
            if let Ok(true) = goes_on {
                goes_on = each(id, introduced);
            }
        })?;
        if !goes_on? {
            break;
        }
    }
    Ok(())
}

struct Difference<'d> {
    store: &'d Store,
    may_hold: &'d dyn Fn(&ObjectId) -> bool,
    each: &'d mut dyn FnMut(Introduced<'_>),
}

impl Difference<'_> {
    fn tree(&mut self, tree: ObjectId, parents: &[ObjectId], path: &mut Vec<u8>, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            bail!("tree {tree} is nested deeper than {DEEPEST} folders");
        }
        self.store.time_left()?;
        let tree = self.store.tree(tree)?;
        let parents: Vec<Rc<Content>> = parents.iter().map(|&parent| self.store.tree(parent)).collect::<Result<_>>()?;
        let mut beside: Vec<Beside<'_, _>> = parents.iter().map(|parent| Beside::new(parent.entries())).collect();
        for entry in tree.entries() {
            let there: Vec<ObjectId> = beside.iter_mut().filter_map(|parent| parent.entry(&entry)).collect();
            if there.contains(&entry.id) {
                continue;
            }
            let length = path.len();
            if length > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(entry.name);
            if entry.mode.is_tree() {
                if (self.may_hold)(&entry.id) {
                    self.tree(entry.id, &there, path, depth + 1)?;
                }
            } else if !entry.mode.is_submodule() {
                // A submodule's commit lies in another repository.
                (self.each)(Introduced { path, blob: entry.id, replaced: &there });
            }
            path.truncate(length);
        }
        Ok(())
    }
}

/// Goes over a parent's folder in step with the commit's, both in git's order. In one that is out of order a file may be overlooked, and
/// then counts as introduced.
struct Beside<'a, I: Iterator<Item = TreeEntry<'a>>> {
    entries: Peekable<I>,
}

impl<'a, I: Iterator<Item = TreeEntry<'a>>> Beside<'a, I> {
    fn new(entries: I) -> Self {
        Beside { entries: entries.peekable() }
    }

    /// The object at the same name, if it is one of the same kind.
    fn entry(&mut self, wanted: &TreeEntry<'_>) -> Option<ObjectId> {
        while self.entries.next_if(|entry| order(entry).lt(order(wanted))).is_some() {}
        let same = |entry: &TreeEntry<'_>| {
            entry.name == wanted.name
                && entry.mode.is_tree() == wanted.mode.is_tree()
                && entry.mode.is_submodule() == wanted.mode.is_submodule()
        };
        self.entries.peek().filter(|entry| same(entry)).map(|entry| entry.id)
    }
}

/// Git's order: a folder counts as if its name ended in a slash.
fn order<'a>(entry: &TreeEntry<'a>) -> impl Iterator<Item = u8> + use<'a> {
    let end = if entry.mode.is_tree() { b'/' } else { 0 };
    entry.name.iter().copied().chain([end])
}
