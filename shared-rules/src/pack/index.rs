//! A pack's index, version 2: which objects a pack holds and where each begins. Index bytes in, ids and offsets out; never reads the pack.

use std::ops::Range;

use super::{HashKind, ObjectId, PackError};

/// What an index of version 2 opens with; one of version 1 opens with its fan-out table.
const MAGIC: [u8; 8] = *b"\xfftOc\x00\x00\x00\x02";

/// Entries of the fan-out table, four bytes each.
const FAN_OUT: usize = 256;

/// Where the ids begin.
const IDS: usize = MAGIC.len() + FAN_OUT * 4;

/// The bit of a short offset that says it is an entry of the table of long ones.
const LONG: u32 = 1 << 31;

/// A pack's index.
#[derive(Debug)]
pub struct Index<D> {
    data: D,
    hash: HashKind,
    count: u32,
    /// Entries of the table of long offsets.
    long: usize,
}

impl<D: AsRef<[u8]>> Index<D> {
    /// Reads the index's frame. Its cost does not grow with the number of objects; `check` looks at each.
    pub fn open(data: D, hash: HashKind) -> Result<Index<D>, PackError> {
        let bytes = data.as_ref();
        if !bytes.starts_with(&MAGIC[..4]) {
            return Err(if bytes.len() < IDS { PackError::Index("it is cut off") } else { PackError::OldIndex });
        }
        if !bytes.starts_with(&MAGIC) {
            return Err(PackError::Index("its version is not 2"));
        }
        let count = fan_out(bytes)?;
        // Id, checksum and short offset of each object, then the long offsets, then the checksums of pack and index.
        let short = IDS as u64 + u64::from(count) * (hash.width() as u64 + 8) + 2 * hash.width() as u64;
        let rest = (bytes.len() as u64).checked_sub(short).ok_or(PackError::Index("it is cut off"))?;
        if rest % 8 != 0 || rest / 8 > u64::from(count) {
            return Err(PackError::Index("its length does not fit its number of objects"));
        }
        Ok(Index { data, hash, count, long: (rest / 8) as usize })
    }

    /// How many objects it names.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The hash of its ids.
    pub fn hash(&self) -> HashKind {
        self.hash
    }

    /// Checks every id and every offset against a pack of so many bytes.
    pub fn check(&self, pack: u64) -> Result<(), PackError> {
        let objects = super::HEADER..pack.saturating_sub(self.hash.width() as u64);
        let mut earlier: &[u8] = &[];
        for position in 0..self.count {
            let id = self.id_bytes(position);
            if id < earlier {
                return Err(PackError::Index("its ids are not sorted"));
            }
            earlier = id;
            if !self.bucket(id[0]).contains(&position) {
                return Err(PackError::Index("its table of first bytes does not fit its ids"));
            }
            if !self.offset(position).is_some_and(|offset| objects.contains(&offset)) {
                return Err(PackError::Index("it names a place beyond the pack"));
            }
        }
        Ok(())
    }

    /// The id at a position.
    ///
    /// # Panics
    /// If the position is not below `count`.
    pub fn id(&self, position: u32) -> ObjectId {
        ObjectId::from_bytes(self.id_bytes(position)).expect("the slice has the hash's width")
    }

    /// Where the object at a position begins; `None` if the index points beyond its own table.
    ///
    /// # Panics
    /// If the position is not below `count`.
    pub fn offset(&self, position: u32) -> Option<u64> {
        assert!(position < self.count, "a position below the count");
        let bytes = self.data.as_ref();
        let short = IDS + self.count as usize * (self.hash.width() + 4);
        let offset = number(bytes, short + position as usize * 4);
        if offset & LONG == 0 {
            return Some(u64::from(offset));
        }
        let entry = (offset & !LONG) as usize;
        let at = short + self.count as usize * 4 + entry * 8;
        (entry < self.long).then(|| u64::from(number(bytes, at)) << 32 | u64::from(number(bytes, at + 4)))
    }

    /// The position of an id.
    pub fn find(&self, id: &ObjectId) -> Option<u32> {
        if id.kind() != self.hash {
            return None;
        }
        let mut bucket = self.bucket(id.as_bytes()[0]);
        while !bucket.is_empty() {
            let middle = bucket.start + (bucket.end - bucket.start) / 2;
            match self.id_bytes(middle).cmp(id.as_bytes()) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => bucket.start = middle + 1,
                std::cmp::Ordering::Greater => bucket.end = middle,
            }
        }
        None
    }

    /// The checksum of the pack it was made for.
    pub(super) fn pack_checksum(&self) -> &[u8] {
        let bytes = self.data.as_ref();
        let width = self.hash.width();
        &bytes[bytes.len() - 2 * width..bytes.len() - width]
    }

    /// The positions of the ids with this first byte.
    fn bucket(&self, first: u8) -> Range<u32> {
        let entry = |at: usize| number(self.data.as_ref(), MAGIC.len() + at * 4);
        let start = usize::from(first).checked_sub(1).map_or(0, entry);
        start..entry(usize::from(first))
    }

    fn id_bytes(&self, position: u32) -> &[u8] {
        assert!(position < self.count, "a position below the count");
        let width = self.hash.width();
        &self.data.as_ref()[IDS + position as usize * width..][..width]
    }
}

/// The number of objects, if the fan-out table ascends.
fn fan_out(bytes: &[u8]) -> Result<u32, PackError> {
    let table = bytes.get(MAGIC.len()..IDS).ok_or(PackError::Index("it is cut off"))?;
    let mut count = 0;
    for at in (0..table.len()).step_by(4) {
        let entry = number(table, at);
        if entry < count {
            return Err(PackError::Index("its table of first bytes does not ascend"));
        }
        count = entry;
    }
    Ok(count)
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("the slice has four bytes"))
}

#[cfg(test)]
mod tests {
    use super::{IDS, Index};
    use crate::pack::written::{id, index};
    use crate::pack::{HashKind, ObjectId, PackError};

    /// Offsets of the objects, by number.
    const OFFSETS: [u64; 5] = [12, 900, 1 << 31, (1 << 31) - 1, 5 << 32];

    fn sample(hash: HashKind) -> Vec<u8> {
        let objects = OFFSETS.iter().zip(0..).map(|(&offset, number)| (id(hash, number), offset));
        index(objects.collect(), &vec![0xcc; hash.width()])
    }

    fn refusal(bytes: Vec<u8>) -> String {
        let checked = Index::open(bytes, HashKind::Sha1).and_then(|index| index.check(6 << 32));
        checked.expect_err("a damaged index").to_string()
    }

    #[test]
    fn ids_of_both_hashes_are_found_with_short_and_long_offsets() {
        for hash in [HashKind::Sha1, HashKind::Sha256] {
            let index = Index::open(sample(hash), hash).expect("a good index");
            assert_eq!((index.count(), index.hash()), (5, hash));
            index.check(6 << 32).expect("sound");
            for (offset, number) in OFFSETS.into_iter().zip(0..) {
                let position = index.find(&id(hash, number)).expect("it is there");
                assert_eq!((index.id(position), index.offset(position)), (id(hash, number), Some(offset)));
            }
            assert_eq!(index.find(&id(hash, 5)), None);
            assert_eq!(index.pack_checksum(), vec![0xcc; hash.width()]);
        }
        let index = Index::open(sample(HashKind::Sha1), HashKind::Sha1).expect("a good index");
        assert_eq!(index.find(&id(HashKind::Sha256, 0)), None, "an id of the other hash");
        let empty = super::super::written::index(Vec::new(), &[0xcc; 20]);
        assert_eq!(Index::open(empty, HashKind::Sha1).expect("an empty one").find(&id(HashKind::Sha1, 0)), None);
    }

    #[test]
    fn an_index_that_lies_is_refused() {
        let good = sample(HashKind::Sha1);
        let with = |at: usize, new: &[u8]| {
            let mut bytes = good.clone();
            bytes[at..at + new.len()].copy_from_slice(new);
            bytes
        };
        let offsets = IDS + 5 * 24;
        let close = |last: u8| ObjectId::from_bytes(&[&[5; 19][..], &[last]].concat()).expect("20 bytes");
        let mut unsorted = index(vec![(close(1), 12), (close(3), 40)], &[0xcc; 20]);
        unsorted[IDS + 19] = 4;
        let first = usize::from(good[IDS]);
        let cases = [
            (good[..IDS - 1].to_vec(), "cut off"),
            (good[..good.len() - 60].to_vec(), "cut off"),
            (good[..good.len() - 4].to_vec(), "length"),
            ([good.clone(), vec![0; 32]].concat(), "length"),
            (with(7, &[3]), "version"),
            (with(8, &9u32.to_be_bytes()), "ascend"),
            (with(IDS - 4, &u32::MAX.to_be_bytes()), "cut off"),
            (with(IDS, &[0xff; 20]), "first bytes"),
            (unsorted, "sorted"),
            (with(8 + first * 4, &0u32.to_be_bytes()), "first bytes"),
            (with(offsets, &7u32.to_be_bytes()), "beyond the pack"),
            (with(offsets, &(1u32 << 31 | 2).to_be_bytes()), "beyond the pack"),
            (with(good.len() - 48, &[0xff; 8]), "beyond the pack"),
        ];
        for (bytes, reason) in cases {
            let said = refusal(bytes);
            assert!(said.contains(reason), "{said} instead of {reason}");
        }
        let old = [0, 0, 0, 0].repeat(300);
        assert_eq!(Index::open(old, HashKind::Sha1).expect_err("version 1"), PackError::OldIndex);
    }
}
