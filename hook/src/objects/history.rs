//! Commits and trees: which commits a push makes reachable, what each introduces, and what was reachable before.

use std::collections::HashSet;

use anyhow::{Context, Result, bail};
use git2::{Commit, ObjectType, Oid, Sort, Tree};

use super::Store;

/// Deepest folder followed. Git itself refuses paths of more than 4096 bytes on most systems.
const DEEPEST: usize = 2048;

/// A blob at a path that no parent of the commit has there.
pub(crate) struct Introduced<'a> {
    /// Path from the root, as bytes.
    pub(crate) path: &'a [u8],
    /// The blob.
    pub(crate) blob: Oid,
    /// Blobs the parents have at that path.
    pub(crate) replaced: &'a [Oid],
}

/// Commits reachable from `tips` and from no existing ref, oldest first.
///
/// # Errors
/// A commit could not be read.
pub(crate) fn new_commits(store: &Store, tips: &[Oid]) -> Result<Vec<Oid>> {
    if tips.is_empty() {
        return Ok(Vec::new());
    }
    let mut walk = store.repository().revwalk().context("could not walk the commits")?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE).context("could not sort the commits")?;
    for &tip in tips {
        store.commit(tip)?;
        walk.push(tip).with_context(|| format!("could not read commit {tip}"))?;
    }
    // Refs that name no commit, such as a tag on a blob, are left out by libgit2 itself.
    walk.hide_glob("*").context("could not read the refs")?;
    walk.collect::<Result<Vec<Oid>, _>>().context("could not walk the commits")
}

/// Calls `each` for every blob `commit` introduces.
///
/// # Errors
/// An object could not be read, or folders are nested deeper than any file system holds.
pub(crate) fn introduced(store: &Store, commit: &Commit<'_>, each: &mut dyn FnMut(Introduced<'_>)) -> Result<()> {
    let parents: Vec<Oid> =
        commit.parent_ids().map(|id| store.commit(id).map(|parent| parent.tree_id())).collect::<Result<_>>()?;
    if parents.contains(&commit.tree_id()) {
        return Ok(());
    }
    let mut path = Vec::new();
    Difference { store, each }.tree(commit.tree_id(), &parents, &mut path, 0)
}

struct Difference<'d> {
    store: &'d Store,
    each: &'d mut dyn FnMut(Introduced<'_>),
}

impl Difference<'_> {
    fn tree(&mut self, tree: Oid, parents: &[Oid], path: &mut Vec<u8>, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            bail!("tree {tree} is nested deeper than {DEEPEST} folders");
        }
        let tree = self.store.tree(tree)?;
        let parents: Vec<Tree<'_>> = parents.iter().map(|&parent| self.store.tree(parent)).collect::<Result<_>>()?;
        for entry in &tree {
            let there: Vec<(Oid, Option<ObjectType>)> = parents
                .iter()
                .filter_map(|parent| parent.get_name_bytes(entry.name_bytes()).map(|entry| (entry.id(), entry.kind())))
                .collect();
            if there.iter().any(|&(id, _)| id == entry.id()) {
                continue;
            }
            let same_kind: Vec<Oid> =
                there.iter().filter(|&&(_, kind)| kind == entry.kind()).map(|&(id, _)| id).collect();
            let length = path.len();
            if length > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(entry.name_bytes());
            match entry.kind() {
                Some(ObjectType::Tree) => self.tree(entry.id(), &same_kind, path, depth + 1)?,
                Some(ObjectType::Blob) => (self.each)(Introduced { path, blob: entry.id(), replaced: &same_kind }),
                // A submodule's commit lies in another repository.
                _ => {}
            }
            path.truncate(length);
        }
        Ok(())
    }
}

/// Which of `wanted` some ref reaches before the push: commits, trees' blobs, and what tags name.
/// Walks history newest first and stops when all are found.
///
/// # Errors
/// An object could not be read.
pub(crate) fn reachable_before(store: &Store, wanted: &HashSet<Oid>) -> Result<HashSet<Oid>> {
    let mut search = Search { store, wanted, found: HashSet::new(), seen: HashSet::new() };
    if wanted.is_empty() {
        return Ok(search.found);
    }
    for reference in store.repository().references().context("could not read the refs")?.flatten() {
        if let Some(id) = reference.resolve().ok().and_then(|reference| reference.target()) {
            search.named(id)?;
        }
    }
    let mut walk = store.repository().revwalk().context("could not walk the commits")?;
    walk.push_glob("*").context("could not read the refs")?;
    for id in walk {
        let id = id.context("could not walk the commits")?;
        search.check(id);
        search.tree(store.commit(id)?.tree_id())?;
        if search.found.len() == wanted.len() {
            break;
        }
    }
    Ok(search.found)
}

struct Search<'s> {
    store: &'s Store,
    wanted: &'s HashSet<Oid>,
    found: HashSet<Oid>,
    seen: HashSet<Oid>,
}

impl Search<'_> {
    fn check(&mut self, id: Oid) {
        if self.wanted.contains(&id) {
            self.found.insert(id);
        }
    }

    /// What a ref names: tags on tags, and what the last one is on, unless it is a commit, which the walk visits.
    fn named(&mut self, id: Oid) -> Result<()> {
        let mut object = self.store.object(id)?;
        self.check(id);
        while let Some(tag) = object.as_tag() {
            let target = tag.target_id();
            self.check(target);
            object = self.store.object(target)?;
        }
        match object.kind() {
            Some(ObjectType::Tree) => self.tree(object.id()),
            _ => Ok(()),
        }
    }

    fn tree(&mut self, root: Oid) -> Result<()> {
        let mut waiting = vec![root];
        while let Some(id) = waiting.pop() {
            if !self.seen.insert(id) {
                continue;
            }
            self.check(id);
            for entry in &self.store.tree(id)? {
                match entry.kind() {
                    Some(ObjectType::Tree) => waiting.push(entry.id()),
                    Some(ObjectType::Blob) => self.check(entry.id()),
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
