//! Looks at the objects of a push, one after the other, on one thread: what is found, what could not be looked at, and what each names
//! that did not arrive. Holds no object's bytes.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use keyward_rules::pack::{Commit, HashKind, Marks, ObjectId, ObjectKind, Tag, Unreadable, Visit, Visitor};
use keyward_rules::policy::DoubtKind;
use keyward_rules::{Confidence, Finding, Fingerprint};

use super::doubts::Doubts;
use super::names::Names;
use super::turn::Turn;
use crate::expiry;
use crate::objects::arrived::Arrived;
use crate::objects::unreadable;
use crate::scanner::Scanner;

/// Different credentials kept of each confidence.
const MOST_CREDENTIALS: usize = 20_000;

/// Objects kept that are named and did not arrive. A push to a repository of a hundred thousand files names as many.
const MOST_OUTSIDE: usize = 1_000_000;

/// How a Git LFS pointer begins, and how long one may be: both by its specification.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";
const LARGEST_POINTER: usize = 1024;

/// What is the same for every thread.
#[derive(Clone, Copy)]
pub(super) struct Scene<'s> {
    pub(super) scanner: &'s Scanner,
    pub(super) arrived: &'s Arrived,
    pub(super) hash: HashKind,
}

/// What objects name and did not arrive.
#[derive(Debug, Default)]
pub(super) struct Outside {
    /// Parents of commits.
    pub(super) commits: HashSet<ObjectId>,
    /// Commits whose folder did not arrive.
    pub(super) roots: HashSet<ObjectId>,
    /// Entries of folders, and what tags name.
    pub(super) others: HashSet<ObjectId>,
}

/// A blob that a rule may want for its path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Named {
    pub(super) blob: ObjectId,
    /// Its name, the folder's before it where that counts.
    pub(super) path: Vec<u8>,
}

/// What was learned.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// Objects with findings.
    pub(super) objects: HashMap<ObjectId, ObjectKind>,
    /// Each credential where it was met first.
    pub(super) credentials: HashMap<Fingerprint, (ObjectId, Finding)>,
    pub(super) doubts: Doubts,
    pub(super) outside: Outside,
    pub(super) named: HashSet<Named>,
    /// Folders whose name may make a rule want what is in them, by that name.
    pub(super) folders: HashSet<(ObjectId, Vec<u8>)>,
    /// Files to be scanned before or after the others.
    pub(super) turns: HashMap<ObjectId, Turn>,
    /// Git LFS pointers.
    pub(super) pointers: u64,
    /// Objects for which there was no time.
    pub(super) unscanned: u64,
}

/// One thread's look.
pub(super) struct Look<'s> {
    pub(super) scene: Scene<'s>,
    pub(super) learned: Learned,
    names: Names,
}

impl<'s> Look<'s> {
    /// Notes which files are to be scanned first and last, if `turns` says so.
    pub(super) fn new(scene: Scene<'s>, turns: bool) -> Look<'s> {
        Look { scene, learned: Learned::default(), names: Names::new(turns) }
    }

    /// Looks at an object of which `new` is to be looked at; what of it is to be looked at wherever it is copied to.
    pub(super) fn object(&mut self, id: ObjectId, kind: ObjectKind, bytes: &[u8], new: &[Range<usize>]) -> Marks {
        match kind {
            ObjectKind::Tree => {
                self.names.tree(self.scene, &mut self.learned, id, bytes, new);
                return Marks::NONE;
            }
            ObjectKind::Commit => self.commit(id, bytes),
            ObjectKind::Tag => self.tag(id, bytes),
            ObjectKind::Blob => self.learned.pointers += u64::from(is_pointer(bytes)),
        }
        let (findings, doubts, candidates) = self.scene.scanner.scan_parts(bytes, new, in_commit(kind).then_some(id));
        for doubt in doubts {
            self.learned.doubts.add(DoubtKind::Container, format!("object {id} was not scanned whole: {doubt}"));
        }
        self.learned.found(id, kind, findings);
        Marks::Ranges(candidates)
    }

    /// The same for an object that is looked at as a whole.
    pub(super) fn whole(&mut self, id: ObjectId, kind: ObjectKind, bytes: &[u8]) {
        self.object(id, kind, bytes, std::slice::from_ref(&(0..bytes.len())));
    }

    /// A blob at a path for which a rule may want it.
    pub(super) fn at_path(&mut self, id: ObjectId, bytes: &[u8], path: &[u8]) {
        let findings = self.scene.scanner.scan_named(bytes, path);
        self.learned.found(id, ObjectKind::Blob, findings);
    }

    /// Notes an object that could not be read.
    pub(super) fn unread(&mut self, id: ObjectId, reason: &Unreadable) {
        let doubts = &mut self.learned.doubts;
        match reason {
            Unreadable::Stopped => self.learned.unscanned += 1,
            Unreadable::TooLarge { size, .. } => doubts.add(DoubtKind::Size, too_large(id, *size)),
            Unreadable::LargeBase { size, .. } => {
                let detail = format!(
                    "object {id} was not scanned: it is made from one of {} MiB, over `largest_object`",
                    size >> 20
                );
                doubts.add(DoubtKind::Size, detail);
            }
            reason => doubts.add(DoubtKind::Git, format!("{}: {reason}", unreadable(id))),
        }
    }

    /// Ends the look.
    pub(super) fn finish(mut self) -> Learned {
        self.names.finish(self.scene, &mut self.learned);
        self.learned
    }

    fn commit(&mut self, id: ObjectId, bytes: &[u8]) {
        let Scene { arrived, hash, .. } = self.scene;
        let commit = match Commit::parse(bytes, hash) {
            Ok(commit) => commit,
            Err(error) => return self.damaged(id, &error),
        };
        if !arrived.contains(&commit.tree) {
            self.learned.outside.roots.insert(id);
        }
        for parent in commit.parents() {
            match parent {
                Ok(parent) if arrived.contains(&parent) => {}
                Ok(parent) => {
                    self.learned.outside.commits.insert(parent);
                }
                Err(error) => self.damaged(id, &error),
            }
        }
    }

    fn tag(&mut self, id: ObjectId, bytes: &[u8]) {
        match Tag::parse(bytes, self.scene.hash) {
            Ok(tag) if self.scene.arrived.contains(&tag.target) => {}
            Ok(tag) if tag.kind == ObjectKind::Commit => {
                self.learned.outside.commits.insert(tag.target);
            }
            Ok(tag) => {
                self.learned.outside(tag.target);
            }
            Err(error) => self.damaged(id, &error),
        }
    }

    fn damaged(&mut self, id: ObjectId, error: &keyward_rules::pack::Damaged) {
        self.learned.doubts.add(DoubtKind::Git, format!("{}: {error}", unreadable(id)));
    }
}

impl Visitor for Look<'_> {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        self.object(visit.id, visit.kind, visit.bytes, visit.new)
    }

    fn unread(&mut self, id: ObjectId, _kind: Option<ObjectKind>, reason: &Unreadable) {
        Look::unread(self, id, reason);
    }
}

impl Learned {
    /// Notes an object that one of those that arrived names, and that did not arrive itself.
    pub(super) fn outside(&mut self, id: ObjectId) {
        if self.outside.others.len() < MOST_OUTSIDE {
            self.outside.others.insert(id);
        } else if !self.outside.others.contains(&id) {
            let detail =
                format!("more than {MOST_OUTSIDE} objects are named that were not sent, and the others not looked at");
            self.doubts.add(DoubtKind::Git, detail);
        }
    }

    /// Keeps what was found in an object.
    pub(super) fn found(&mut self, id: ObjectId, kind: ObjectKind, findings: Vec<Finding>) {
        if findings.is_empty() {
            return;
        }
        self.objects.insert(id, kind);
        findings.into_iter().for_each(|finding| self.credential(id, finding));
    }

    fn credential(&mut self, id: ObjectId, finding: Finding) {
        if let Some((place, known)) = self.credentials.get_mut(&finding.fingerprint) {
            let end = expiry::later(known.expires, finding.expires);
            // What one place says less surely, another may say more.
            if finding.confidence > known.confidence {
                (*place, *known) = (id, finding);
            }
            known.expires = end;
            return;
        }
        if self.credentials.len() >= MOST_CREDENTIALS && self.are_many(finding.confidence) {
            let detail =
                format!("more than {MOST_CREDENTIALS} different secrets were found, and the others not judged");
            return self.doubts.add(DoubtKind::Git, detail);
        }
        self.credentials.insert(finding.fingerprint, (id, finding));
    }

    fn are_many(&self, confidence: Confidence) -> bool {
        self.credentials.values().filter(|(_, known)| known.confidence == confidence).count() >= MOST_CREDENTIALS
    }

    /// Adds what another thread learned.
    pub(super) fn merge(&mut self, other: Learned) {
        self.objects.extend(other.objects);
        other.credentials.into_values().for_each(|(id, finding)| self.credential(id, finding));
        self.doubts.merge(other.doubts);
        self.outside.commits.extend(other.outside.commits);
        self.outside.roots.extend(other.outside.roots);
        other.outside.others.into_iter().for_each(|id| self.outside(id));
        self.named.extend(other.named);
        self.folders.extend(other.folders);
        self.turns.extend(other.turns);
        self.pointers += other.pointers;
        self.unscanned += other.unscanned;
    }
}

/// What is said of an object over the limit.
pub(super) fn too_large(id: ObjectId, size: u64) -> String {
    format!("object {id} of {} MiB was not scanned: it is over `largest_object`", size >> 20)
}

fn in_commit(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::Commit | ObjectKind::Tag)
}

fn is_pointer(bytes: &[u8]) -> bool {
    bytes.len() < LARGEST_POINTER && bytes.starts_with(POINTER)
}
