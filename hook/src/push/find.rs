//! Scans every object a push brings, and every object it makes reachable that lay in the store already.
//! What cannot be read is a doubt; it never hides what was found elsewhere.

use std::collections::HashSet;

use anyhow::Result;
use git2::{ObjectType, Odb, Oid};
use keyward_rules::Finding;
use keyward_rules::policy::{Doubt, DoubtKind};

use super::updates::RefUpdate;
use crate::objects::arrived::Arrived;
use crate::objects::{Store, history};
use crate::output;
use crate::scanner::Scanner;

/// Doubts kept; a damaged store would otherwise give one for each of its objects.
const MOST_DOUBTS: usize = 20;

/// Findings by object, and what is needed to place them.
pub(crate) struct Found {
    /// Objects with findings.
    pub(crate) objects: Vec<FoundObject>,
    /// New commits, oldest first.
    pub(crate) commits: Vec<Oid>,
    pub(crate) arrived: Arrived,
    pub(crate) doubts: Vec<Doubt>,
}

/// One object with findings; of a tree, those in the names it holds.
pub(crate) struct FoundObject {
    pub(crate) id: Oid,
    pub(crate) kind: ObjectType,
    pub(crate) findings: Vec<Finding>,
}

/// Scans.
///
/// # Errors
/// The object store or the quarantine cannot be opened at all.
pub(crate) fn find(store: &Store, scanner: &Scanner, updates: &[RefUpdate], largest: u64) -> Result<Found> {
    let arrived = Arrived::from_env(store)?;
    let odb = store.odb()?;
    let mut search = Search {
        store,
        odb: &odb,
        scanner,
        arrived: &arrived,
        largest,
        named: HashSet::new(),
        objects: Vec::new(),
        doubts: Vec::new(),
    };
    arrived.ids().iter().for_each(|&id| search.object(id));
    let mut tips = Vec::new();
    for id in updates.iter().filter_map(|update| update.new) {
        let tip = search.tip(id);
        tips.extend(search.or_doubt(tip).flatten());
    }
    let commits = history::new_commits(store, &tips);
    let commits = search.or_doubt(commits).unwrap_or_default();
    let stored = search.stored(&commits);
    search.or_doubt(stored);
    let (objects, doubts) = (search.objects, search.doubts);
    Ok(Found { objects, commits, arrived, doubts })
}

/// A doubt about git.
pub(super) fn doubt(error: &anyhow::Error) -> Doubt {
    Doubt { kind: DoubtKind::Git, detail: output::one_line(error) }
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

struct Search<'s> {
    store: &'s Store,
    odb: &'s Odb<'s>,
    scanner: &'s Scanner,
    arrived: &'s Arrived,
    largest: u64,
    /// What arrived trees name.
    named: HashSet<Oid>,
    objects: Vec<FoundObject>,
    doubts: Vec<Doubt>,
}

impl Search<'_> {
    /// The value, or none and a doubt.
    fn or_doubt<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if self.doubts.len() < MOST_DOUBTS {
                    self.doubts.push(doubt(&error));
                }
                None
            }
        }
    }

    fn object(&mut self, id: Oid) {
        let scanned = self.scan(id);
        self.or_doubt(scanned);
    }

    fn scan(&mut self, id: Oid) -> Result<()> {
        let (size, kind) = self.store.header(self.odb, id)?;
        if size > self.largest {
            let detail = format!("object {id} of {} MiB was not scanned: it is over `largest_object`", size >> 20);
            self.doubts.push(Doubt { kind: DoubtKind::Size, detail });
            return Ok(());
        }
        let object = self.store.read(self.odb, id)?;
        let findings = match kind {
            ObjectType::Tree => self.names(object.data()),
            ObjectType::Blob => {
                let (findings, doubts) = self.scanner.scan_object(object.data());
                let details = doubts.iter().map(|doubt| format!("object {id} was not scanned whole: {doubt}"));
                let room = MOST_DOUBTS.saturating_sub(self.doubts.len());
                self.doubts.extend(details.take(room).map(|detail| Doubt { kind: DoubtKind::Container, detail }));
                findings
            }
            _ => {
                let mut findings = self.scanner.scan_at(object.data(), b"", &id.to_string());
                findings.iter_mut().for_each(|finding| count_from_message(finding, object.data()));
                findings
            }
        };
        if !findings.is_empty() {
            self.objects.push(FoundObject { id, kind, findings });
        }
        Ok(())
    }

    /// Remembers the ids a tree names and scans its names: `mode name NUL id`, again and again.
    fn names(&mut self, mut tree: &[u8]) -> Vec<Finding> {
        let mut names = Vec::new();
        while let Some(end) = tree.iter().position(|&byte| byte == 0) {
            let Some(id) = tree.get(end + 1..end + 21).and_then(|bytes| Oid::from_bytes(bytes).ok()) else { break };
            self.named.insert(id);
            let name = tree[..end].splitn(2, |&byte| byte == b' ').nth(1).unwrap_or_default();
            names.extend_from_slice(name);
            names.push(b'\n');
            tree = &tree[end + 21..];
        }
        self.scanner.scan_at(&names, b"", "")
    }

    /// The commit a ref shall name. What it names otherwise, through tags or directly, is scanned here if it did not arrive.
    fn tip(&mut self, id: Oid) -> Result<Option<Oid>> {
        let mut object = self.store.object(id)?;
        while let Some(tag) = object.as_tag() {
            if !self.arrived.contains(tag.id()) {
                self.object(tag.id());
            }
            object = self.store.object(tag.target_id())?;
        }
        match object.kind() {
            Some(ObjectType::Commit) => return Ok(Some(object.id())),
            // Tags may point at blobs and trees, so "not a commit" is not "nothing to scan".
            Some(ObjectType::Tree) => self.tree(object.id())?,
            _ if !self.arrived.contains(object.id()) => self.object(object.id()),
            _ => {}
        }
        Ok(None)
    }

    fn tree(&mut self, root: Oid) -> Result<()> {
        let mut waiting = vec![root];
        let mut seen = HashSet::new();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            for entry in &self.store.tree(id)? {
                match entry.kind() {
                    Some(ObjectType::Tree) => waiting.push(entry.id()),
                    Some(ObjectType::Blob) if !self.arrived.contains(entry.id()) && seen.insert(entry.id()) => {
                        self.object(entry.id());
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Scans what new commits introduce that did not arrive: a deleted branch or a fork's store may have left it behind.
    fn stored(&mut self, commits: &[Oid]) -> Result<()> {
        let arrived = self.arrived;
        let mut roots = commits.iter().map(|&id| self.store.commit(id).map(|commit| commit.tree_id()));
        let all_arrived = commits.iter().chain(&self.named).all(|&id| arrived.contains(id));
        if all_arrived && roots.all(|root| root.is_ok_and(|root| arrived.contains(root))) {
            return Ok(());
        }
        let mut waiting = HashSet::new();
        for &id in commits {
            if !arrived.contains(id) {
                waiting.insert(id);
            }
            let compared = self.store.commit(id).and_then(|commit| {
                history::introduced(self.store, &commit, &mut |introduced| {
                    if !arrived.contains(introduced.blob) {
                        waiting.insert(introduced.blob);
                    }
                })
            });
            self.or_doubt(compared);
        }
        waiting.into_iter().for_each(|id| self.object(id));
        Ok(())
    }
}
