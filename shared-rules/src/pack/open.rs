//! A pack with its index: any one object, by id. Source and index in, objects out; follows deltas within bounds.

use std::ops::Range;

use super::buffer::Buffer;
use super::delta::{Delta, LONGEST_SIZES};
use super::entry::{self, Entry, LONGEST_HEAD, Made};
use super::inflate::Inflater;
use super::pace::{self, Pace};
use super::source::{Source, window};
use super::{HEADER, Index, ObjectId, ObjectKind, PackError, Unreadable};

/// Deltas followed for one object. Git makes chains of 50 by itself and of 4,095 at most.
pub const MOST_DELTAS: usize = 10_000;

/// A pack and its index.
#[derive(Debug)]
pub struct Pack<S, D> {
    pub(super) source: S,
    index: Index<D>,
    /// Where the objects end and the pack's checksum begins.
    end: u64,
}

/// What the caller allows.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// Bytes of the largest object that is read.
    pub largest: u64,
    /// Whether to go on; asked after every fraction of a millisecond of work.
    pub proceed: &'a (dyn Fn() -> bool + Sync),
}

/// What an object is and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it is.
    pub kind: ObjectKind,
    /// Its bytes.
    pub size: u64,
}

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl<S: Source, D: AsRef<[u8]>> Pack<S, D> {
    /// Checks that both are what they say and belong together. Its cost does not grow with the number of objects.
    pub fn open(source: S, index: Index<D>) -> Result<Pack<S, D>, PackError> {
        let width = index.hash().width() as u64;
        let end = source.size().checked_sub(width).filter(|end| *end >= HEADER);
        let end = end.ok_or(PackError::Pack("it is cut off"))?;
        let mut header = [0; HEADER as usize];
        source.read_at(0, &mut header)?;
        let number = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if !header.starts_with(b"PACK") {
            return Err(PackError::Pack("it does not begin as one"));
        }
        if !matches!(number(4), 2 | 3) {
            return Err(PackError::Pack("its version is neither 2 nor 3"));
        }
        if number(8) != index.count() {
            return Err(PackError::Pack("its number of objects is not the index's"));
        }
        let mut checksum = vec![0; width as usize];
        source.read_at(end, &mut checksum)?;
        if checksum != index.pack_checksum() {
            return Err(PackError::Pack("its checksum is not the one that the index has"));
        }
        Ok(Pack { source, index, end })
    }

    /// Its index.
    pub fn index(&self) -> &Index<D> {
        &self.index
    }

    /// Reads single objects, one after the other.
    pub fn reader<'p>(&'p self, bounds: Bounds<'p>) -> Reader<'p, S, D> {
        Reader {
            pack: self,
            largest: bounds.largest,
            pace: Pace::new(bounds.proceed),
            inflater: Inflater::new(),
            head: Vec::new(),
            delta: Buffer::default(),
            spare: Buffer::default(),
        }
    }

    /// The head of the object at `offset`.
    pub(super) fn entry(&self, offset: u64, buffer: &mut Vec<u8>) -> Result<Entry, Unreadable> {
        if !(HEADER..self.end).contains(&offset) {
            return Err(Unreadable::Header("its place lies beyond the pack"));
        }
        let bytes = window(&self.source, offset..self.end.min(offset + LONGEST_HEAD as u64), buffer)?;
        entry::parse(bytes, offset, self.index.hash())
    }

    /// Where the objects lie.
    pub(super) fn objects(&self) -> Range<u64> {
        HEADER..self.end
    }

    /// Where the object with this id begins, if it is here to make another from.
    pub(super) fn base(&self, id: &ObjectId) -> Result<u64, Unreadable> {
        self.index.find(id).and_then(|position| self.index.offset(position)).ok_or(Unreadable::NoBase(*id))
    }
}

/// Reads single objects of a pack; keeps its buffers from one to the next.
pub struct Reader<'p, S, D> {
    pack: &'p Pack<S, D>,
    largest: u64,
    pace: Pace<'p>,
    inflater: Inflater,
    head: Vec<u8>,
    delta: Buffer,
    spare: Buffer,
}

impl<S: Source, D: AsRef<[u8]>> Reader<'_, S, D> {
    /// Kind and size of an object; `None` if the pack does not have it. Inflates a few bytes at most.
    pub fn header(&mut self, id: &ObjectId) -> Result<Option<Header>, Unreadable> {
        let Some(offset) = self.find(id)? else { return Ok(None) };
        let Chain { kind, entries } = self.chain(offset, MOST_DELTAS)?;
        let size = if entries.len() == 1 { entries[0].size } else { self.made_size(&entries[0])? };
        Ok(Some(Header { kind, size }))
    }

    /// An object; `None` if the pack does not have it.
    pub fn read(&mut self, id: &ObjectId) -> Result<Option<Object>, Unreadable> {
        let Some(offset) = self.find(id)? else { return Ok(None) };
        let mut out = Buffer::default();
        let kind = self.read_at(offset, MOST_DELTAS, &mut out)?;
        Ok(Some(Object { kind, bytes: out.into_bytes() }))
    }

    /// The object that begins at `offset`, made from no more than `deepest` deltas.
    pub(super) fn read_at(&mut self, offset: u64, deepest: usize, out: &mut Buffer) -> Result<ObjectKind, Unreadable> {
        let Chain { kind, entries } = self.chain(offset, deepest)?;
        for entry in entries.iter().rev() {
            self.step(entry, out).map_err(|error| seen_from(offset, entry.offset, error))?;
        }
        Ok(kind)
    }

    /// Makes the next object of a chain out of the one in `out`.
    fn step(&mut self, entry: &Entry, out: &mut Buffer) -> Result<(), Unreadable> {
        self.pace.spend(pace::OBJECT)?;
        let source = &self.pack.source;
        let stream = entry.data..self.pack.end;
        if matches!(entry.made, Made::Whole(_)) {
            fits(entry.size, self.largest)?;
            return self.inflater.inflate(source, stream, entry.size, out, &mut self.pace);
        }
        if entry.size > longest_delta(self.largest) {
            fits(self.made_size(entry)?, self.largest)?;
            return Err(LARGE_DELTA);
        }
        self.inflater.inflate(source, stream, entry.size, &mut self.delta, &mut self.pace)?;
        let delta = Delta::parse(&self.delta)?;
        fits(delta.result, self.largest)?;
        delta.apply(out, self.spare.room(delta.result as usize), &mut (), &mut self.pace)?;
        self.spare.keep(delta.result as usize);
        std::mem::swap(out, &mut self.spare);
        Ok(())
    }

    fn find(&mut self, id: &ObjectId) -> Result<Option<u64>, Unreadable> {
        let index = &self.pack.index;
        let Some(position) = index.find(id) else { return Ok(None) };
        index.offset(position).map(Some).ok_or(Unreadable::Header("its place lies beyond the index"))
    }

    /// The heads from the object to the whole one that it is made from.
    fn chain(&mut self, offset: u64, deepest: usize) -> Result<Chain, Unreadable> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut at = offset;
        loop {
            self.pace.spend(pace::OBJECT)?;
            let entry = self.pack.entry(at, &mut self.head).map_err(|error| seen_from(offset, at, error))?;
            entries.push(entry);
            at = match entry.made {
                Made::Whole(kind) => return Ok(Chain { kind, entries }),
                Made::FromOffset(base) => base,
                Made::FromId(id) => self.pack.base(&id).map_err(|error| seen_from(offset, at, error))?,
            };
            if entries.len() > deepest {
                return Err(Unreadable::TooDeep(deepest));
            }
        }
    }

    /// Bytes of what a delta makes.
    fn made_size(&mut self, entry: &Entry) -> Result<u64, Unreadable> {
        made_size(&mut self.inflater, &self.pack.source, entry.data..self.pack.end)
    }
}

/// An object and what it is made from, down to what is stored whole and gives all of them their kind.
struct Chain {
    kind: ObjectKind,
    entries: Vec<Entry>,
}

/// What an error at one object of a chain means for the object that is asked for.
fn seen_from(asked: u64, at: u64, error: Unreadable) -> Unreadable {
    if asked == at { error } else { error.of_base(at) }
}

/// Bytes of what a delta makes; inflates no more than its head.
pub(super) fn made_size<S: Source>(inflater: &mut Inflater, source: &S, stream: Range<u64>) -> Result<u64, Unreadable> {
    let mut head = [0; LONGEST_SIZES];
    Ok(Delta::parse(inflater.peek(source, stream, &mut head)?)?.result)
}

/// Bytes of the longest delta that is read: one of an object at the limit that has nothing of its base.
pub(super) fn longest_delta(largest: u64) -> u64 {
    largest.saturating_add(largest / 8).saturating_add(64)
}

/// A delta that is longer, though its object is not too large.
pub(super) const LARGE_DELTA: Unreadable = Unreadable::Delta("it is longer than what it makes");

pub(super) fn fits(size: u64, largest: u64) -> Result<(), Unreadable> {
    if size > largest { Err(Unreadable::TooLarge { size, largest }) } else { Ok(()) }
}
