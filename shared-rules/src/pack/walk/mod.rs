//! Visits every object of a pack once, each delta resolved once, on as many threads as there are visitors. What no earlier object
//! held is marked as new. Holds only the bases still needed; skips nothing without a word.

#[cfg(test)]
mod equality;
mod forest;
#[cfg(test)]
mod tests;
mod worker;

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::pace::Pace;
use super::{Bounds, Marks, ObjectId, ObjectKind, Pack, PackError, Source, Unreadable};
use crate::engine::MARGIN;
use forest::Forest;
use worker::Worker;

/// Bytes of bases held by all threads together. Beyond it the oldest are let go and made anew when they are needed.
pub const HELD: usize = 64 << 20;

/// Trees of deltas that a thread takes at once.
const TAKEN: usize = 16;

/// What is visited, and how.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// Kinds of objects to visit.
    pub wanted: &'a [ObjectKind],
    /// The largest object, and whether to go on.
    pub bounds: Bounds<'a>,
    /// Bytes on either side of new bytes and seams that count as new too.
    pub margin: usize,
    /// Bytes of bases to hold.
    pub held: usize,
    /// What comes first: the lower, the earlier. A tree of deltas comes with the first of its objects.
    pub rank: Option<&'a (dyn Fn(&ObjectId) -> u32 + Sync)>,
}

impl<'a> Plan<'a> {
    /// Every object, in the pack's order, within these bounds.
    pub fn new(bounds: Bounds<'a>) -> Plan<'a> {
        let wanted = &[ObjectKind::Commit, ObjectKind::Tree, ObjectKind::Blob, ObjectKind::Tag];
        Plan { wanted, bounds, margin: MARGIN, held: HELD, rank: None }
    }
}

/// An object as it is visited.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// Its id, as the index has it.
    pub id: ObjectId,
    /// What it is.
    pub kind: ObjectKind,
    /// Its content.
    pub bytes: &'a [u8],
    /// What of it the object that it is made from did not have, with the margin; ascending and apart. What was marked there and
    /// copied is new too. All of it, if it is made from none.
    pub new: &'a [Range<usize>],
}

/// Sees every object.
pub trait Visitor: Send {
    /// Looks at an object and says what of it is new wherever it is copied to. The object that it is made from was visited before, by
    /// the same visitor.
    fn visit(&mut self, visit: &Visit<'_>) -> Marks;

    /// Learns of an object that cannot be read. Without a kind, if that hangs on what is missing.
    fn unread(&mut self, id: ObjectId, kind: Option<ObjectKind>, reason: &Unreadable);
}

/// What a walk did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Objects visited.
    pub visited: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of them that were new.
    pub new: u64,
    /// Objects that could not be read, each of which the visitor learned of.
    pub unread: u64,
    /// Objects that were not reached before the caller said to stop. If that was so early that their kinds were not known yet,
    /// those of every kind.
    pub left: u64,
    /// Bases made anew because too many bytes were held.
    pub remade: u64,
}

/// What the threads share.
struct Shared<'p, S, D> {
    pack: &'p Pack<S, D>,
    plan: &'p Plan<'p>,
    forest: Forest,
    /// Bytes of bases that each thread may hold.
    held: usize,
    /// The first root that no thread has taken.
    next: AtomicUsize,
    stopped: AtomicBool,
    /// Held by the thread that is busy with a tree that has a large object, so that there is one at a time.
    large: Mutex<()>,
}

impl<S: Source, D: AsRef<[u8]> + Sync> Pack<S, D> {
    /// Visits every object of a wanted kind, and each whose kind cannot be told. There is a thread for each visitor.
    ///
    /// # Panics
    /// If there is no visitor, or a visitor panics.
    pub fn walk<V: Visitor>(&self, plan: &Plan<'_>, visitors: &mut [V]) -> Result<Walked, PackError> {
        assert!(!visitors.is_empty(), "somebody must see the objects");
        self.index().check(self.source.size())?;
        let Some(mut forest) = Forest::build(self, plan.wanted, &mut Pace::new(plan.bounds.proceed))? else {
            return Ok(Walked { left: u64::from(self.index().count()), ..Walked::default() });
        };
        if let Some(rank) = plan.rank {
            forest.sort(|slot, forest| rank(&self.index().id(forest.position(slot))));
        }
        let shared = Shared {
            pack: self,
            plan,
            forest,
            held: plan.held / visitors.len(),
            next: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            large: Mutex::new(()),
        };
        let walked = shared.run(visitors);
        let left =
            if shared.stopped.into_inner() { shared.forest.wanted() - walked.visited - walked.unread } else { 0 };
        Ok(Walked { left, ..walked })
    }
}

impl<S: Source, D: AsRef<[u8]> + Sync> Shared<'_, S, D> {
    fn run<V: Visitor>(&self, visitors: &mut [V]) -> Walked {
        let (own, others) = visitors.split_first_mut().expect("there is one");
        std::thread::scope(|scope| {
            let work = |visitor| Worker::new(self, visitor).run();
            let others: Vec<_> = others.iter_mut().map(|visitor| scope.spawn(move || work(visitor))).collect();
            let walked = Worker::new(self, own).run();
            let join = |walked: Walked, other: std::thread::ScopedJoinHandle<'_, Walked>| match other.join() {
                Ok(other) => walked.and(other),
                Err(panic) => std::panic::resume_unwind(panic),
            };
            others.into_iter().fold(walked, join)
        })
    }

    /// The next roots for a thread; none, if all are taken or no more is to be done.
    fn take(&self) -> &[u32] {
        if self.stopped.load(Ordering::Relaxed) {
            return &[];
        }
        let roots = &self.forest.roots;
        let start = self.next.fetch_add(TAKEN, Ordering::Relaxed).min(roots.len());
        &roots[start..roots.len().min(start + TAKEN)]
    }
}

impl Walked {
    fn and(self, other: Walked) -> Walked {
        Walked {
            visited: self.visited + other.visited,
            bytes: self.bytes + other.bytes,
            new: self.new + other.new,
            unread: self.unread + other.unread,
            left: self.left + other.left,
            remade: self.remade + other.remade,
        }
    }
}
