//! What folders name: credentials in the names themselves, objects that did not arrive, files that a rule wants for their name. Looks at
//! what is new in a folder; the rest was looked at with the folder it was copied from.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use keyward_rules::pack::{HashKind, ObjectId, ObjectKind, Tree, TreeEntry};
use keyward_rules::policy::DoubtKind;

use super::look::{Learned, Named, Scene};
use super::turn::Turn;
use crate::objects::unreadable;

/// Bytes of names scanned at once, since most folders bring only a few.
const BATCH: usize = 16 << 10;

/// Entries remembered, so that what one folder after the other repeats is looked at once.
const REMEMBERED: usize = 1 << 13;

/// Names of which is remembered whether a rule wants them.
const MOST_WORDS: usize = 1 << 14;

/// Files of which is noted that they come first or last.
const MOST_TURNS: usize = 200_000;

/// Blobs and folders kept that a rule may want for their names.
const MOST_NAMED: usize = 100_000;

/// One thread's look at folders.
#[derive(Default)]
pub(super) struct Names {
    /// Names that are still to be scanned, one a line.
    text: Vec<u8>,
    /// Where each folder's names end, and the folder.
    ends: Vec<(usize, ObjectId)>,
    /// Entries met lately: the object, and a hash of the name with a key of this process.
    lately: Vec<Option<(ObjectId, u64)>>,
    hasher: RandomState,
    wanted: HashMap<Box<[u8]>, Wanted>,
    /// Whether to note which files come first and last.
    turns: bool,
}

/// Whether a rule wants a file of this name, or files in a folder of it, and how soon one is to be scanned.
#[derive(Clone, Copy)]
struct Wanted {
    file: bool,
    folder: bool,
    turn: Turn,
}

impl Names {
    /// Notes which files are to be scanned first and last, if `turns` says so.
    pub(super) fn new(turns: bool) -> Names {
        Names { turns, ..Names::default() }
    }

    /// Looks at the entries of a folder that lie in the new ranges.
    pub(super) fn tree(
        &mut self,
        scene: Scene<'_>,
        learned: &mut Learned,
        id: ObjectId,
        bytes: &[u8],
        new: &[Range<usize>],
    ) {
        let mut ranges = new.iter().peekable();
        let mut start = 0;
        for entry in Tree::entries(bytes, scene.hash) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    learned.doubts.add(DoubtKind::Git, format!("{}: {error}", unreadable(id)));
                    break;
                }
            };
            let end = end(bytes, &entry, scene.hash);
            while ranges.next_if(|range| range.end <= start).is_some() {}
            if ranges.peek().is_some_and(|range| range.start < end) && self.is_first(&entry) {
                self.entry(scene, learned, &entry);
            }
            start = end;
        }
        if self.text.len() > self.ends.last().map_or(0, |(end, _)| *end) {
            self.ends.push((self.text.len(), id));
        }
        if self.text.len() >= BATCH {
            self.finish(scene, learned);
        }
    }

    /// Scans the names that are left.
    pub(super) fn finish(&mut self, scene: Scene<'_>, learned: &mut Learned) {
        let (text, ends) = (std::mem::take(&mut self.text), std::mem::take(&mut self.ends));
        if text.is_empty() || scene.scanner.scan_names(&text).is_empty() {
            return;
        }
        // Something is there: whose names they are, each folder's alone tell.
        let mut start = 0;
        for (end, id) in ends {
            learned.found(id, ObjectKind::Tree, scene.scanner.scan_names(&text[start..end]));
            start = end;
        }
    }

    fn entry(&mut self, scene: Scene<'_>, learned: &mut Learned, entry: &TreeEntry<'_>) {
        self.text.extend_from_slice(entry.name);
        self.text.push(b'\n');
        if entry.mode.is_submodule() {
            return;
        }
        if !scene.arrived.contains(&entry.id) {
            learned.outside(entry.id);
        }
        let wanted = self.wanted(scene, entry.name);
        if self.turns && wanted.turn != Turn::Usual && !entry.mode.is_tree() && learned.turns.len() < MOST_TURNS {
            learned.turns.insert(entry.id, wanted.turn);
        }
        if learned.named.len() + learned.folders.len() >= MOST_NAMED {
            if wanted.file || wanted.folder {
                let detail = format!(
                    "more than {MOST_NAMED} files are to be looked at for their names, and the others were not"
                );
                learned.doubts.add(DoubtKind::Git, detail);
            }
        } else if entry.mode.is_tree() && wanted.folder {
            learned.folders.insert((entry.id, entry.name.to_vec()));
        } else if !entry.mode.is_tree() && wanted.file {
            learned.named.insert(Named { blob: entry.id, path: entry.name.to_vec() });
        }
    }

    /// Whether this name of this object was not met lately.
    fn is_first(&mut self, entry: &TreeEntry<'_>) -> bool {
        if self.lately.is_empty() {
            self.lately = vec![None; REMEMBERED];
        }
        let key = self.hasher.hash_one((entry.name, entry.mode.is_tree()));
        let bytes = entry.id.as_bytes();
        let slot = (usize::from(bytes[0]) << 8 | usize::from(bytes[1])) ^ key as usize;
        let slot = &mut self.lately[slot % REMEMBERED];
        let met = *slot == Some((entry.id, key));
        *slot = Some((entry.id, key));
        !met
    }

    fn wanted(&mut self, scene: Scene<'_>, name: &[u8]) -> Wanted {
        if let Some(&known) = self.wanted.get(name) {
            return known;
        }
        let scanner = scene.scanner;
        let wanted =
            Wanted { file: scanner.wants_file(name), folder: scanner.wants_folder(name), turn: Turn::of(name) };
        if self.wanted.len() < MOST_WORDS {
            self.wanted.insert(name.into(), wanted);
        }
        wanted
    }
}

/// Where an entry ends, whose name lies in `bytes`.
fn end(bytes: &[u8], entry: &TreeEntry<'_>, hash: HashKind) -> usize {
    entry.name.as_ptr() as usize - bytes.as_ptr() as usize + entry.name.len() + 1 + hash.width()
}
