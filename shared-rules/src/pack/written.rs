//! Packs for tests, written byte by byte: whole objects and deltas of both kinds in any order, sound or damaged, without git.
//! The ids are the test's own, for nothing here hashes.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::{HashKind, Index, ObjectId, ObjectKind, Pack};

/// A pack in the making.
pub(crate) struct Writer {
    hash: HashKind,
    bytes: Vec<u8>,
    objects: Vec<(ObjectId, u64)>,
}

/// A step of a delta.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// From, length.
    Copy(usize, usize),
    Insert(Vec<u8>),
}

impl Writer {
    pub(crate) fn new(hash: HashKind) -> Writer {
        Writer { hash, bytes: b"PACK\x00\x00\x00\x02\x00\x00\x00\x00".to_vec(), objects: Vec::new() }
    }

    /// Where the next object will begin.
    pub(crate) fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    pub(crate) fn whole(&mut self, id: ObjectId, kind: ObjectKind, bytes: &[u8]) {
        let number = match kind {
            ObjectKind::Commit => 1,
            ObjectKind::Tree => 2,
            ObjectKind::Blob => 3,
            ObjectKind::Tag => 4,
        };
        self.raw(id, &[&head(number, bytes.len() as u64)[..], &deflate(bytes)].concat());
    }

    pub(crate) fn delta_at(&mut self, id: ObjectId, base: u64, delta: &[u8]) {
        let mut head = head(6, delta.len() as u64);
        head.extend(distance(self.offset() - base));
        self.raw(id, &[&head[..], &deflate(delta)].concat());
    }

    pub(crate) fn delta_to(&mut self, id: ObjectId, base: ObjectId, delta: &[u8]) {
        let head = head(7, delta.len() as u64);
        self.raw(id, &[&head[..], base.as_bytes(), &deflate(delta)].concat());
    }

    /// An entry as it is.
    pub(crate) fn raw(&mut self, id: ObjectId, bytes: &[u8]) {
        self.objects.push((id, self.offset()));
        self.bytes.extend(bytes);
    }

    /// The pack and its index.
    pub(crate) fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        self.bytes[8..12].copy_from_slice(&(self.objects.len() as u32).to_be_bytes());
        let checksum = vec![0xcc; self.hash.width()];
        self.bytes.extend(&checksum);
        (self.bytes, index(self.objects, &checksum))
    }

    pub(crate) fn open(self) -> Pack<Vec<u8>, Vec<u8>> {
        let hash = self.hash;
        let (pack, index) = self.finish();
        Pack::open(pack, Index::open(index, hash).expect("a good index")).expect("a good pack")
    }
}

/// An id that begins with this number.
pub(crate) fn id(hash: HashKind, number: u32) -> ObjectId {
    let mut bytes = vec![0x11; hash.width()];
    bytes[..4].copy_from_slice(&number.wrapping_mul(0x9e37_79b1).to_be_bytes());
    bytes[4..8].copy_from_slice(&number.to_be_bytes());
    ObjectId::from_bytes(&bytes).expect("the hash's width")
}

/// An index of objects at these places.
pub(crate) fn index(mut objects: Vec<(ObjectId, u64)>, checksum: &[u8]) -> Vec<u8> {
    objects.sort();
    let mut bytes = b"\xfftOc\x00\x00\x00\x02".to_vec();
    for first in 0..=u8::MAX {
        let below = objects.partition_point(|(id, _)| id.as_bytes()[0] <= first);
        bytes.extend((below as u32).to_be_bytes());
    }
    objects.iter().for_each(|(id, _)| bytes.extend(id.as_bytes()));
    bytes.extend(vec![0; objects.len() * 4]);
    let mut long = Vec::new();
    for (_, offset) in &objects {
        let short = u32::try_from(*offset).ok().filter(|offset| offset >> 31 == 0);
        bytes.extend(short.unwrap_or(1 << 31 | long.len() as u32).to_be_bytes());
        if short.is_none() {
            long.push(*offset);
        }
    }
    long.iter().for_each(|offset| bytes.extend(offset.to_be_bytes()));
    bytes.extend(checksum);
    bytes.extend(vec![0xdd; checksum.len()]);
    bytes
}

/// The head of an entry: three bits of kind, and the size.
pub(crate) fn head(kind: u8, size: u64) -> Vec<u8> {
    let mut bytes = vec![kind << 4 | (size & 15) as u8];
    let mut rest = size >> 4;
    while rest > 0 {
        *bytes.last_mut().expect("one byte") |= 0x80;
        bytes.push((rest & 0x7f) as u8);
        rest >>= 7;
    }
    bytes
}

fn distance(mut distance: u64) -> Vec<u8> {
    let mut bytes = vec![(distance & 0x7f) as u8];
    while distance >= 128 {
        distance = (distance >> 7) - 1;
        bytes.insert(0, 0x80 | (distance & 0x7f) as u8);
    }
    bytes
}

/// A stream that holds these bytes; few of them as they are, for an encoder takes its time to start.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() < 100 {
        let length = bytes.len() as u16;
        let head = [&[0x78, 1, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
        return [&head[..], bytes, &adler(bytes).to_be_bytes()].concat();
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn adler(bytes: &[u8]) -> u32 {
    let sum = |(low, high): (u32, u32), byte: &u8| {
        ((low + u32::from(*byte)) % 65521, (high + low + u32::from(*byte)) % 65521)
    };
    let (low, high) = bytes.iter().fold((1, 0), sum);
    high << 16 | low
}

/// A delta, encoded.
pub(crate) fn delta(base: usize, steps: &[Step]) -> Vec<u8> {
    let result: usize = steps.iter().map(Step::length).sum();
    let mut bytes = [size(base), size(result)].concat();
    for step in steps {
        match step {
            Step::Copy(from, length) => copy(*from, *length, &mut bytes),
            Step::Insert(new) => new.chunks(127).for_each(|piece| {
                bytes.push(piece.len() as u8);
                bytes.extend(piece);
            }),
        }
    }
    bytes
}

/// What the steps make.
pub(crate) fn made(base: &[u8], steps: &[Step]) -> Vec<u8> {
    let part = |step: &Step| match step {
        Step::Copy(from, length) => base[*from..from + length].to_vec(),
        Step::Insert(new) => new.clone(),
    };
    steps.iter().flat_map(part).collect()
}

impl Step {
    fn length(&self) -> usize {
        match self {
            Step::Copy(_, length) => *length,
            Step::Insert(new) => new.len(),
        }
    }
}

fn copy(mut from: usize, mut length: usize, bytes: &mut Vec<u8>) {
    while length > 0 {
        let piece = length.min(0xff_ffff);
        let numbers = (from as u64 | (piece as u64) << 32).to_le_bytes();
        let at = bytes.len();
        bytes.push(0x80);
        for (bit, byte) in numbers.iter().enumerate().take(7) {
            // A length of 65,536 is written as none, as git does.
            if *byte != 0 && !(piece == 0x10000 && bit > 3) {
                bytes[at] |= 1 << bit;
                bytes.push(*byte);
            }
        }
        (from, length) = (from + piece, length - piece);
    }
}

fn size(mut size: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while size >= 128 {
        bytes.push(0x80 | (size & 0x7f) as u8);
        size >>= 7;
    }
    bytes.push(size as u8);
    bytes
}
