//! Scans every object a push brings, and every object it makes reachable that lay in the store already.

use std::collections::HashSet;

use anyhow::{Context, Result};
use git2::{ObjectType, Odb, Oid, Repository};
use keyward_rules::Finding;
use keyward_rules::policy::{Doubt, DoubtKind};

use super::updates::RefUpdate;
use crate::objects::arrived::Arrived;
use crate::objects::history;
use crate::scanner::Scanner;

/// Findings by object, and what is needed to place them.
pub(crate) struct Found {
    /// Objects with findings, with the name of the tag where it is one.
    pub(crate) objects: Vec<FoundObject>,
    /// New commits, oldest first.
    pub(crate) commits: Vec<Oid>,
    pub(crate) arrived: Arrived,
    pub(crate) doubts: Vec<Doubt>,
}

/// One object with findings.
pub(crate) struct FoundObject {
    pub(crate) id: Oid,
    pub(crate) kind: ObjectType,
    pub(crate) findings: Vec<Finding>,
}

/// Scans.
///
/// # Errors
/// An object git has could not be read: nobody may call that clean.
pub(crate) fn find(repository: &Repository, scanner: &Scanner, updates: &[RefUpdate], largest: u64) -> Result<Found> {
    let arrived = Arrived::from_env(repository)?;
    let odb = repository.odb().context("could not open the object store")?;
    let mut search =
        Search { odb: &odb, scanner, largest, named: HashSet::new(), objects: Vec::new(), doubts: Vec::new() };
    for &id in arrived.ids() {
        search.object(id)?;
    }
    let tips = search.tips(repository, updates, &arrived)?;
    let commits = history::new_commits(repository, &tips)?;
    search.stored(repository, &commits, &arrived)?;
    Ok(Found { objects: search.objects, commits, arrived, doubts: search.doubts })
}

struct Search<'s> {
    odb: &'s Odb<'s>,
    scanner: &'s Scanner,
    largest: u64,
    /// What arrived commits and trees name.
    named: HashSet<Oid>,
    objects: Vec<FoundObject>,
    doubts: Vec<Doubt>,
}

impl Search<'_> {
    fn object(&mut self, id: Oid) -> Result<()> {
        let (size, kind) = self.odb.read_header(id).with_context(|| format!("could not read object {id}"))?;
        if size as u64 > self.largest {
            let detail = format!("object {id} of {} MiB was not scanned: it is over `largest_object`", size >> 20);
            self.doubts.push(Doubt { kind: DoubtKind::Size, detail });
            return Ok(());
        }
        let object = self.odb.read(id).with_context(|| format!("could not read object {id}"))?;
        if kind == ObjectType::Tree {
            self.names(object.data());
            return Ok(());
        }
        let findings = self.scanner.scan(object.data(), b"");
        if !findings.is_empty() {
            self.objects.push(FoundObject { id, kind, findings });
        }
        Ok(())
    }

    /// Remembers the ids a tree names: `mode name NUL id`, again and again.
    fn names(&mut self, mut tree: &[u8]) {
        while let Some(end) = tree.iter().position(|&byte| byte == 0) {
            let Some(id) = tree.get(end + 1..end + 21).and_then(|bytes| Oid::from_bytes(bytes).ok()) else { return };
            self.named.insert(id);
            tree = &tree[end + 21..];
        }
    }

    /// The commits the refs shall name. What a ref names otherwise, through tags or directly, is scanned here if it did not arrive.
    fn tips(&mut self, repository: &Repository, updates: &[RefUpdate], arrived: &Arrived) -> Result<Vec<Oid>> {
        let mut tips = Vec::new();
        for id in updates.iter().filter_map(|update| update.new) {
            let mut object = repository.find_object(id, None).with_context(|| format!("could not read object {id}"))?;
            while let Some(tag) = object.as_tag() {
                if !arrived.contains(tag.id()) {
                    self.object(tag.id())?;
                }
                let target = tag.target().with_context(|| format!("could not read object {}", tag.target_id()))?;
                object = target;
            }
            match object.kind() {
                Some(ObjectType::Commit) => tips.push(object.id()),
                // Tags may point at blobs and trees, so "not a commit" is not "nothing to scan".
                Some(ObjectType::Tree) => self.tree(repository, object.id(), arrived)?,
                _ if !arrived.contains(object.id()) => self.object(object.id())?,
                _ => {}
            }
        }
        Ok(tips)
    }

    fn tree(&mut self, repository: &Repository, root: Oid, arrived: &Arrived) -> Result<()> {
        let mut waiting = vec![root];
        let mut seen = HashSet::new();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            let tree = repository.find_tree(id).with_context(|| format!("could not read tree {id}"))?;
            for entry in &tree {
                match entry.kind() {
                    Some(ObjectType::Tree) => waiting.push(entry.id()),
                    Some(ObjectType::Blob) if !arrived.contains(entry.id()) && seen.insert(entry.id()) => {
                        self.object(entry.id())?
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Scans what new commits introduce that did not arrive: a deleted branch or a fork's store may have left it behind.
    fn stored(&mut self, repository: &Repository, commits: &[Oid], arrived: &Arrived) -> Result<()> {
        let all_arrived = commits.iter().all(|&id| arrived.contains(id));
        if all_arrived
            && self.named.iter().all(|&id| arrived.contains(id))
            && self.roots_arrived(repository, commits, arrived)
        {
            return Ok(());
        }
        let mut waiting = HashSet::new();
        for &id in commits {
            if !arrived.contains(id) {
                waiting.insert(id);
            }
            let commit = repository.find_commit(id).with_context(|| format!("could not read commit {id}"))?;
            history::introduced(repository, &commit, &mut |introduced| {
                if !arrived.contains(introduced.blob) {
                    waiting.insert(introduced.blob);
                }
            })?;
        }
        waiting.into_iter().try_for_each(|id| self.object(id))
    }

    fn roots_arrived(&self, repository: &Repository, commits: &[Oid], arrived: &Arrived) -> bool {
        commits.iter().all(|&id| repository.find_commit(id).is_ok_and(|commit| arrived.contains(commit.tree_id())))
    }
}
