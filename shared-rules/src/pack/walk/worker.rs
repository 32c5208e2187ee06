//! One thread of a walk: takes trees of deltas and goes through each depth first. Bases in, visits out; holds a base until the last
//! object is made from it.

use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use super::forest::Forest;
use super::{Shared, Visit, Visitor, Walked};
use crate::pack::buffer::Buffer;
use crate::pack::delta::Delta;
use crate::pack::entry::{Entry, Made};
use crate::pack::inflate::Inflater;
use crate::pack::open::{LARGE_DELTA, fits, longest_delta, made_size};
use crate::pack::pace::{self, Pace};
use crate::pack::spans::Spans;
use crate::pack::{Marks, ObjectKind, Reader, Source, Unreadable};

/// Objects above this are made by one thread at a time, so that not every thread holds some of them.
const LARGE: u64 = 8 << 20;

/// Buffers kept for the next object.
const MOST_SPARE: usize = 4;

/// A thread's part of a walk.
pub(super) struct Worker<'w, S, D, V> {
    shared: &'w Shared<'w, S, D>,
    visitor: &'w mut V,
    pace: Pace<'w>,
    inflater: Inflater,
    head: Vec<u8>,
    delta: Buffer,
    ranges: Vec<Range<usize>>,
    spare: Vec<Buffer>,
    /// From the root to the object that the next one is made from, those that more objects are made from.
    bases: Vec<Base>,
    held: usize,
    reader: Option<Reader<'w, S, D>>,
    turn: Option<MutexGuard<'w, ()>>,
    walked: Walked,
}

/// An object that others are still to be made from.
struct Base {
    slot: u32,
    kind: ObjectKind,
    /// `None` once it was let go.
    bytes: Option<Buffer>,
    marks: Marks,
    next: Option<u32>,
    last: Option<u32>,
}

/// The caller said to stop.
struct Stopped;

impl<'w, S: Source, D: AsRef<[u8]> + Sync, V: Visitor> Worker<'w, S, D, V> {
    pub(super) fn new(shared: &'w Shared<'w, S, D>, visitor: &'w mut V) -> Self {
        Worker {
            shared,
            visitor,
            pace: Pace::new(shared.plan.bounds.proceed),
            inflater: Inflater::new(),
            head: Vec::new(),
            delta: Buffer::default(),
            ranges: Vec::new(),
            spare: Vec::new(),
            bases: Vec::new(),
            held: 0,
            reader: None,
            turn: None,
            walked: Walked::default(),
        }
    }

    /// Goes through trees until none is left.
    pub(super) fn run(mut self) -> Walked {
        loop {
            let roots = self.shared.take();
            if roots.is_empty() {
                return self.walked;
            }
            for &root in roots {
                if self.tree(root).is_err() {
                    self.shared.stopped.store(true, Ordering::Relaxed);
                    return self.walked;
                }
                self.turn = None;
            }
        }
    }

    fn tree(&mut self, root: u32) -> Result<(), Stopped> {
        match self.root(root) {
            Ok((kind, bytes)) => self.visit(root, kind, bytes),
            Err((kind, reason)) => self.unread(root, kind, &reason)?,
        }
        while let Some(mut base) = self.bases.pop() {
            self.held -= base.held();
            let Some(child) = base.take_child(&self.shared.forest) else { continue };
            let made = self.restore(&mut base).and_then(|()| self.make(&base, child));
            let kind = base.kind;
            self.keep(base);
            match made {
                Ok(bytes) => self.visit(child, kind, bytes),
                Err(reason) => self.unread(child, Some(kind), &reason)?,
            }
        }
        Ok(())
    }

    /// An object that is stored whole.
    fn root(&mut self, slot: u32) -> Result<(ObjectKind, Buffer), (Option<ObjectKind>, Unreadable)> {
        let entry = self.entry(slot).map_err(|reason| (None, reason))?;
        let kind = match entry.made {
            Made::Whole(kind) => kind,
            made => return Err((None, self.baseless(made))),
        };
        let bytes = self.inflate_whole(slot, &entry).map_err(|reason| (Some(kind), reason))?;
        self.ranges.clear();
        self.ranges.extend((!bytes.is_empty()).then_some(0..bytes.len()));
        Ok((kind, bytes))
    }

    fn inflate_whole(&mut self, slot: u32, entry: &Entry) -> Result<Buffer, Unreadable> {
        fits(entry.size, self.shared.plan.bounds.largest)?;
        self.wait_for_turn(entry.size);
        let mut out = self.spare.pop().unwrap_or_default();
        let stream = self.stream(slot, entry);
        self.inflater.inflate(&self.shared.pack.source, stream, entry.size, &mut out, &mut self.pace)?;
        Ok(out)
    }

    /// An object that is a delta to `base`, and in `ranges` what is new of it.
    fn make(&mut self, base: &Base, slot: u32) -> Result<Buffer, Unreadable> {
        let entry = self.entry(slot)?;
        let largest = self.shared.plan.bounds.largest;
        let stream = self.stream(slot, &entry);
        let source = &self.shared.pack.source;
        if entry.size > longest_delta(largest) {
            fits(made_size(&mut self.inflater, source, stream)?, largest)?;
            return Err(LARGE_DELTA);
        }
        self.inflater.inflate(source, stream, entry.size, &mut self.delta, &mut self.pace)?;
        let result = Delta::parse(&self.delta)?.result;
        fits(result, largest)?;
        self.wait_for_turn(result);
        let from = base.bytes.as_deref().expect("a base that is used is there");
        let marks: &[Range<usize>] = if let Marks::Ranges(marks) = &base.marks { marks } else { &[] };
        let mut spans = Spans::new(self.shared.plan.margin, marks, from.len(), std::mem::take(&mut self.ranges));
        let mut out = self.spare.pop().unwrap_or_default();
        let length = result as usize;
        Delta::parse(&self.delta)?.apply(from, out.room(length), &mut spans, &mut self.pace)?;
        out.keep(length);
        self.ranges = spans.finish();
        if base.marks == Marks::Whole && length > 0 {
            self.ranges.clear();
            self.ranges.push(0..length);
        }
        Ok(out)
    }

    fn visit(&mut self, slot: u32, kind: ObjectKind, bytes: Buffer) {
        let shared = self.shared;
        let id = shared.pack.index().id(shared.forest.position(slot));
        let marks = self.visitor.visit(&Visit { id, kind, bytes: &bytes, new: &self.ranges });
        self.walked.visited += 1;
        self.walked.bytes += bytes.len() as u64;
        self.walked.new += self.ranges.iter().map(|range| range.len() as u64).sum::<u64>();
        match shared.forest.last_child(slot) {
            Some(last) => {
                let (marks, next) = (marks.tidy(bytes.len()), shared.forest.children(slot).next());
                self.keep(Base { slot, kind, bytes: Some(bytes), marks, next, last: Some(last) });
            }
            None => self.recycle(bytes),
        }
    }

    /// Reports an object and all that hangs on it.
    fn unread(&mut self, slot: u32, kind: Option<ObjectKind>, reason: &Unreadable) -> Result<(), Stopped> {
        if *reason == Unreadable::Stopped {
            return Err(Stopped);
        }
        let shared = self.shared;
        let id = |slot| shared.pack.index().id(shared.forest.position(slot));
        self.visitor.unread(id(slot), kind, reason);
        self.walked.unread += 1;
        let reason = reason.of_base(shared.forest.offset(slot));
        for child in shared.forest.tree(slot).skip(1) {
            self.pace.spend(pace::OBJECT).map_err(|_| Stopped)?;
            self.visitor.unread(id(child), kind, &reason);
            self.walked.unread += 1;
        }
        Ok(())
    }

    /// Holds a base that is needed further, and lets the oldest go where they are too much.
    fn keep(&mut self, base: Base) {
        if base.is_done() {
            self.recycle(base.bytes.unwrap_or_default());
            return;
        }
        self.held += base.held();
        self.bases.push(base);
        let older = self.bases.len() - 1;
        for base in &mut self.bases[..older] {
            if self.held <= self.shared.held {
                break;
            }
            self.held -= base.held();
            base.bytes = None;
        }
    }

    /// Makes a base anew that was let go.
    fn restore(&mut self, base: &mut Base) -> Result<(), Unreadable> {
        if base.bytes.is_some() {
            return Ok(());
        }
        let shared = self.shared;
        let reader = self.reader.get_or_insert_with(|| shared.pack.reader(shared.plan.bounds));
        let offset = shared.forest.offset(base.slot);
        let mut bytes = Buffer::default();
        // The way down was gone before, so it has an end.
        reader.read_at(offset, usize::MAX, &mut bytes).map_err(|reason| reason.of_base(offset))?;
        base.bytes = Some(bytes);
        self.walked.remade += 1;
        Ok(())
    }

    fn recycle(&mut self, bytes: Buffer) {
        if bytes.is_worth_keeping() && self.spare.len() < MOST_SPARE {
            self.spare.push(bytes);
        }
    }

    /// Large objects come one at a time, with all that hangs on them.
    fn wait_for_turn(&mut self, size: u64) {
        if size > LARGE && self.turn.is_none() {
            self.turn = Some(self.shared.large.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn entry(&mut self, slot: u32) -> Result<Entry, Unreadable> {
        self.pace.spend(pace::OBJECT)?;
        self.shared.pack.entry(self.shared.forest.offset(slot), &mut self.head)
    }

    /// Where an object's compressed bytes lie, which end before the next object.
    fn stream(&self, slot: u32, entry: &Entry) -> Range<u64> {
        entry.data..self.shared.forest.end(slot, self.shared.pack.objects().end)
    }

    /// Why a delta has no base.
    fn baseless(&self, made: Made) -> Unreadable {
        match made {
            Made::FromId(id) if self.shared.pack.index().find(&id).is_none() => Unreadable::NoBase(id),
            Made::FromOffset(offset) if !self.shared.forest.has(offset) => Unreadable::NoBaseAt(offset),
            _ => Unreadable::Cycle,
        }
    }
}

impl Base {
    /// The next object to be made from it.
    fn take_child(&mut self, forest: &Forest) -> Option<u32> {
        while let Some(child) = self.next {
            self.next = forest.after(child);
            if Some(child) != self.last {
                return Some(child);
            }
        }
        self.last.take()
    }

    fn is_done(&self) -> bool {
        self.last.is_none()
    }

    fn held(&self) -> usize {
        self.bytes.as_ref().map_or(0, Buffer::held)
    }
}
