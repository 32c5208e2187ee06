//! Packs and indexes out of a fuzzer's bytes. Nothing is hashed, so any ids and checksums do.

use keyward_rules::pack::{HashKind, Index, ObjectId, Pack};

/// A pack in the making.
pub struct Writer {
    hash: HashKind,
    bytes: Vec<u8>,
    offsets: Vec<u64>,
}

impl Writer {
    /// An empty pack.
    pub fn new(hash: HashKind) -> Writer {
        Writer { hash, bytes: b"PACK\0\0\0\x02\0\0\0\0".to_vec(), offsets: Vec::new() }
    }

    /// Where each object so far begins.
    pub fn offsets(&self) -> &[u64] {
        &self.offsets
    }

    /// Where the next will.
    pub fn offset(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Adds an entry: three bits of kind, what stands between head and stream, and what the stream holds.
    pub fn add(&mut self, kind: u8, between: &[u8], content: &[u8]) {
        let mut head = vec![kind << 4 | (content.len() & 15) as u8];
        let mut rest = content.len() >> 4;
        while rest > 0 {
            *head.last_mut().expect("one byte") |= 0x80;
            head.push((rest & 0x7f) as u8);
            rest >>= 7;
        }
        self.add_raw(&[&head[..], between, &stored(content)].concat());
    }

    /// Adds an entry as it is.
    pub fn add_raw(&mut self, entry: &[u8]) {
        self.offsets.push(self.offset());
        self.bytes.extend(entry);
    }

    /// The pack, opened.
    pub fn open(mut self) -> Pack<Vec<u8>, Vec<u8>> {
        let width = self.hash.width();
        self.bytes[8..12].copy_from_slice(&(self.offsets.len() as u32).to_be_bytes());
        self.bytes.extend(vec![0xcc; width]);
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        let count = (self.offsets.len() as u32).to_be_bytes();
        // Every id begins with a zero, so every entry of the first table is the whole number.
        (0..256).for_each(|_| index.extend(count));
        (0..self.offsets.len()).for_each(|number| index.extend(id(self.hash, number).as_bytes()));
        index.extend(vec![0; 4 * self.offsets.len()]);
        self.offsets.iter().for_each(|offset| index.extend((*offset as u32).to_be_bytes()));
        index.extend(vec![0xcc; width]);
        index.extend(vec![0xdd; width]);
        Pack::open(self.bytes, Index::open(index, self.hash).expect("a good index")).expect("a good pack")
    }
}

/// The id of an object, by number.
pub fn id(hash: HashKind, number: usize) -> ObjectId {
    let mut bytes = vec![0; hash.width()];
    bytes[1..5].copy_from_slice(&(number as u32).to_be_bytes());
    ObjectId::from_bytes(&bytes).expect("the hash's width")
}

/// How far back an object's base begins, as a pack writes it.
pub fn distance(mut distance: u64) -> Vec<u8> {
    let mut bytes = vec![(distance & 0x7f) as u8];
    while distance >= 128 {
        distance = (distance >> 7) - 1;
        bytes.insert(0, 0x80 | (distance & 0x7f) as u8);
    }
    bytes
}

/// A stream that holds these bytes as they are, so that a change of a byte stays one.
pub fn stored(content: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 1];
    let mut pieces = content.chunks(0xffff).peekable();
    loop {
        let piece = pieces.next().unwrap_or_default();
        let last = pieces.peek().is_none();
        stream.push(u8::from(last));
        stream.extend((piece.len() as u16).to_le_bytes());
        stream.extend((!(piece.len() as u16)).to_le_bytes());
        stream.extend(piece);
        if last {
            break;
        }
    }
    let sum = |(low, high): (u32, u32), byte: &u8| {
        let low = (low + u32::from(*byte)) % 65521;
        (low, (high + low) % 65521)
    };
    let (low, high) = content.iter().fold((1, 0), sum);
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}
