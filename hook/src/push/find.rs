//! Scans every object a push brings, and every object it makes reachable that lay in the store already.
//! What cannot be read is a doubt; it never hides what was found elsewhere.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use keyward_rules::Finding;
use keyward_rules::pack::{ObjectId, ObjectKind};
use keyward_rules::policy::{Doubt, DoubtKind};

use super::before::Before;
use super::doubts::Doubts;
use super::look::{Learned, Look, Named, Scene};
use super::settle::settle;
use super::sweep::sweep;
use super::updates::RefUpdate;
use crate::objects::arrived::Arrived;
use crate::objects::difference::introduced;
use crate::objects::{Heads, OutOfTime, Store};
use crate::patience::Clock;
use crate::scanner::Scanner;

/// Commits of a push that are all compared with their parents.
const FEW: usize = 100;

/// What was found, and what is needed to place it.
#[derive(Default)]
pub(crate) struct Found {
    /// Objects with findings; a folder's are in the names it holds.
    pub(crate) objects: HashMap<ObjectId, ObjectKind>,
    /// Each credential as it was met first, and the object.
    pub(crate) credentials: Vec<(ObjectId, Finding)>,
    pub(crate) doubts: Vec<Doubt>,
    pub(crate) arrived: Arrived,
    /// Commits that did not arrive and that no ref led to.
    pub(crate) left_behind: Heads,
    /// The commit that each pushed id leads to.
    pub(crate) tips: HashMap<ObjectId, ObjectId>,
}

/// Scans.
///
/// # Errors
/// The quarantine cannot be listed at all.
pub(crate) fn find(
    store: &Store,
    scanner: &Scanner,
    before: &Before<'_>,
    updates: &[RefUpdate],
    clock: &Clock,
) -> Result<Found> {
    let arrived = store.arrived()?;
    let scene = Scene { scanner, arrived: &arrived, hash: store.hash() };
    let learned = sweep(scene, store.bounds(), clock.patience().is_some());
    let mut search = Search { store, before, learned, look: Look::new(scene, false), scanned: HashSet::new() };
    let tips = search.tips(updates);
    let left_behind = search.commits();
    search.few(tips.values());
    search.introduced(&left_behind);
    search.others();
    search.named();
    let (mut learned, of_look) = (search.learned, search.look.finish());
    learned.merge(of_look);
    conclude(&mut learned, arrived.count(), clock);
    Ok(Found {
        objects: learned.objects,
        credentials: learned.credentials.into_values().collect(),
        doubts: learned.doubts.into_vec(),
        left_behind,
        tips,
        arrived,
    })
}

/// Says what was left out.
fn conclude(learned: &mut Learned, arrived: u64, clock: &Clock) {
    if learned.doubts.is_late() || learned.unscanned > 0 {
        let of = arrived.max(learned.unscanned);
        let detail = match learned.unscanned {
            0 => format!("the push was not checked to its end within {}", clock.words()),
            count => format!("{count} of {of} objects were not scanned within {}", clock.words()),
        };
        learned.doubts.add(DoubtKind::Time, detail);
    }
    let detail = match learned.pointers {
        0 => return,
        1 => "1 file is a Git LFS pointer: what it points to was not scanned".to_owned(),
        count => format!("{count} files are Git LFS pointers: what they point to was not scanned"),
    };
    learned.doubts.add(DoubtKind::Lfs, detail);
}

/// A doubt about git.
pub(super) fn doubt(error: &anyhow::Error) -> Option<Doubt> {
    let mut doubts = Doubts::default();
    doubts.error(error);
    doubts.into_vec().pop()
}

struct Search<'s> {
    store: &'s Store,
    before: &'s Before<'s>,
    learned: Learned,
    look: Look<'s>,
    /// Objects that did not arrive and were scanned.
    scanned: HashSet<ObjectId>,
}

impl Search<'_> {
    /// What the refs shall name: tags and what they are on join what is outside if they did not arrive. The commit behind each id.
    fn tips(&mut self, updates: &[RefUpdate]) -> HashMap<ObjectId, ObjectId> {
        let mut tips = HashMap::new();
        for id in updates.iter().filter_map(|update| update.new).collect::<HashSet<_>>() {
            let Some((tags, end, kind)) = self.learned.doubts.or_none(self.store.peel(id)) else { continue };
            let outside = &mut self.learned.outside;
            outside.others.extend(tags.into_iter().filter(|tag| !self.look.scene.arrived.contains(tag)));
            let arrived = self.look.scene.arrived.contains(&end);
            match kind {
                ObjectKind::Commit => {
                    tips.insert(id, end);
                    outside.commits.extend((!arrived).then_some(end));
                }
                // Tags may point at blobs and trees, so "not a commit" is not "nothing to scan".
                _ => outside.others.extend((!arrived).then_some(end)),
            }
        }
        tips
    }

    /// Commits that did not arrive and that no ref led to: a deleted branch or a fork's store left them behind.
    fn commits(&mut self) -> Heads {
        let commits = std::mem::take(&mut self.learned.outside.commits);
        let heads = self.before.unreached(&commits);
        // Where that could not be told, none of them speaks for what else did not arrive.
        let Some(heads) = self.learned.doubts.or_none(heads) else { return Heads::new() };
        for &id in heads.keys() {
            self.scan(id);
            self.learned.outside.roots.insert(id);
        }
        self.learned.outside.commits = commits.into_iter().filter(|id| !heads.contains_key(id)).collect();
        heads
    }

    /// Where a push brings only a few commits, all of them are compared with their parents: what was there and only moved is told then.
    fn few<'t>(&mut self, tips: impl Iterator<Item = &'t ObjectId>) {
        if self.learned.outside.others.is_empty() {
            return;
        }
        let (mut seen, mut waiting) = (HashSet::new(), tips.copied().collect::<Vec<_>>());
        while let Some(id) = waiting.pop() {
            if !self.look.scene.arrived.contains(&id) || !seen.insert(id) {
                continue;
            }
            if seen.len() > FEW {
                return;
            }
            // What cannot be read was told before.
            waiting.extend(self.store.commit(id).map(|head| head.parents).unwrap_or_default());
        }
        self.learned.outside.roots.extend(seen);
    }

    /// What these commits introduce that did not arrive.
    fn introduced(&mut self, left_behind: &Heads) {
        for id in std::mem::take(&mut self.learned.outside.roots) {
            let head = left_behind.get(&id).cloned().map_or_else(|| self.store.commit(id), Ok);
            let Some(head) = self.learned.doubts.or_none(head) else { continue };
            let (mut names, mut blobs) = (Vec::new(), Vec::new());
            let compared = introduced(self.store, &head, &|_| true, &mut |introduced| {
                names.extend(introduced.path.iter().map(|&byte| if byte == b'/' { b'\n' } else { byte }));
                names.push(b'\n');
                if self.look.scene.scanner.wants_file(introduced.path) {
                    self.learned.named.insert(Named { blob: introduced.blob, path: introduced.path.to_vec() });
                }
                if !self.look.scene.arrived.contains(&introduced.blob) {
                    blobs.push(introduced.blob);
                }
            });
            self.learned.doubts.or_none(compared);
            blobs.into_iter().for_each(|blob| self.scan_once(blob));
            self.learned.found(head.tree, ObjectKind::Tree, self.look.scene.scanner.scan_names(&names));
        }
    }

    /// Entries and targets that did not arrive and are not known from where the push goes on: one that moved, or was left behind.
    fn others(&mut self) {
        loop {
            let mut outside = std::mem::take(&mut self.learned.outside.others);
            outside.extend(std::mem::take(&mut self.look.learned.outside.others));
            outside.retain(|id| !self.scanned.contains(id));
            if outside.is_empty() {
                return;
            }
            let near = self.before.near().iter().map(|found| &found.target);
            settle(self.store, self.learned.outside.commits.iter().chain(near), &mut outside);
            outside.into_iter().for_each(|id| self.scan_once(id));
        }
    }

    /// Files that a rule wants for their path.
    fn named(&mut self) {
        let mut named = std::mem::take(&mut self.learned.named);
        named.extend(std::mem::take(&mut self.look.learned.named));
        let mut folders = std::mem::take(&mut self.learned.folders);
        folders.extend(std::mem::take(&mut self.look.learned.folders));
        // What neither arrived nor was scanned is old.
        let concerns = |id: &ObjectId| self.look.scene.arrived.contains(id) || self.scanned.contains(id);
        folders.retain(|(id, _)| concerns(id));
        named.retain(|named| concerns(&named.blob));
        for (id, name) in folders {
            let Some(tree) = self.learned.doubts.or_none(self.store.tree(id)) else { continue };
            for entry in tree.entries().filter(|entry| !entry.mode.is_tree() && !entry.mode.is_submodule()) {
                let path = [name.as_slice(), b"/", entry.name].concat();
                if concerns(&entry.id) && self.look.scene.scanner.wants_file(&path) {
                    named.insert(Named { blob: entry.id, path });
                }
            }
        }
        for Named { blob, path } in named {
            if let Some((ObjectKind::Blob, bytes)) = self.read(blob) {
                self.look.at_path(blob, &bytes, &path);
            }
        }
    }

    fn scan_once(&mut self, id: ObjectId) {
        if self.scanned.insert(id) {
            self.scan(id);
        }
    }

    fn scan(&mut self, id: ObjectId) {
        if let Some((kind, bytes)) = self.read(id) {
            self.look.whole(id, kind, &bytes);
        }
    }

    fn read(&mut self, id: ObjectId) -> Option<(ObjectKind, Vec<u8>)> {
        match self.store.time_left().and_then(|()| self.store.try_read(id)) {
            Ok(Ok(object)) => return Some((object.kind, object.bytes)),
            Ok(Err(reason)) => self.look.unread(id, &reason),
            Err(error) if error.is::<OutOfTime>() => self.look.learned.unscanned += 1,
            Err(error) => self.learned.doubts.error(&error),
        }
        None
    }
}
