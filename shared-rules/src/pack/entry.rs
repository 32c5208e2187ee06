//! The head of an object in a pack: what it is made from and how many bytes its stream holds. Bytes in, numbers out; inflates nothing.

use super::{HashKind, ObjectId, ObjectKind, Unreadable};

/// Bytes that hold any head: a size, then a distance or a base's id.
pub(super) const LONGEST_HEAD: usize = 10 + 32;

/// What an object is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// From nothing: it is stored whole.
    Whole(ObjectKind),
    /// From the object that begins at this byte of the pack.
    FromOffset(u64),
    /// From the object with this id.
    FromId(ObjectId),
}

/// The head of an object in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where the head begins.
    pub(super) offset: u64,
    pub(super) made: Made,
    /// Bytes of the inflated stream: of the object, or of its delta.
    pub(super) size: u64,
    /// Where the stream begins.
    pub(super) data: u64,
}

/// Reads the head at the start of `bytes`, which lie at `offset` of the pack.
pub(super) fn parse(bytes: &[u8], offset: u64, hash: HashKind) -> Result<Entry, Unreadable> {
    let mut head = Head { bytes, at: 0 };
    let (kind, size) = head.kind_and_size()?;
    let made = match kind {
        1 => Made::Whole(ObjectKind::Commit),
        2 => Made::Whole(ObjectKind::Tree),
        3 => Made::Whole(ObjectKind::Blob),
        4 => Made::Whole(ObjectKind::Tag),
        6 => Made::FromOffset(base_offset(offset, head.distance()?)?),
        7 => Made::FromId(head.id(hash)?),
        _ => return Err(Unreadable::Header("its kind is none that git knows")),
    };
    Ok(Entry { offset, made, size, data: offset + head.at as u64 })
}

fn base_offset(offset: u64, distance: u64) -> Result<u64, Unreadable> {
    match offset.checked_sub(distance) {
        Some(base) if distance > 0 && base >= super::HEADER => Ok(base),
        _ => Err(Unreadable::Header("its base lies outside the pack")),
    }
}

struct Head<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Head<'_> {
    fn byte(&mut self) -> Result<u8, Unreadable> {
        let byte = *self.bytes.get(self.at).ok_or(Unreadable::Header("it is cut off"))?;
        self.at += 1;
        Ok(byte)
    }

    fn kind_and_size(&mut self) -> Result<(u8, u64), Unreadable> {
        let mut byte = self.byte()?;
        let kind = byte >> 4 & 7;
        let mut size = u64::from(byte & 15);
        let mut shift = 4;
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift > 60 || bits << shift >> shift != bits {
                return Err(Unreadable::Header("its size is beyond any number"));
            }
            size |= bits << shift;
            shift += 7;
        }
        Ok((kind, size))
    }

    /// How far before the entry its base begins. Each further byte counts one more, so that no number is written in two ways.
    fn distance(&mut self) -> Result<u64, Unreadable> {
        let mut byte = self.byte()?;
        let mut distance = u64::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            distance = (distance + 1)
                .checked_mul(128)
                .filter(|distance| *distance < 1 << 62)
                .ok_or(Unreadable::Header("its base is beyond any distance"))?
                | u64::from(byte & 0x7f);
        }
        Ok(distance)
    }

    fn id(&mut self, hash: HashKind) -> Result<ObjectId, Unreadable> {
        let bytes = self.bytes.get(self.at..self.at + hash.width()).ok_or(Unreadable::Header("it is cut off"))?;
        self.at += hash.width();
        Ok(ObjectId::from_bytes(bytes).expect("the slice has the hash's width"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, LONGEST_HEAD, Made, parse};
    use crate::pack::{HashKind, ObjectKind, Unreadable};

    fn head(bytes: &[u8]) -> Result<Entry, Unreadable> {
        parse(bytes, 1000, HashKind::Sha1)
    }

    #[test]
    fn heads_of_each_kind_are_read() {
        let whole = |kind, size, data| Ok(Entry { offset: 1000, made: Made::Whole(kind), size, data });
        assert_eq!(head(&[0x15]), whole(ObjectKind::Commit, 5, 1001));
        assert_eq!(head(&[0x20]), whole(ObjectKind::Tree, 0, 1001));
        assert_eq!(head(&[0xbf, 0x01]), whole(ObjectKind::Blob, 31, 1002));
        assert_eq!(head(&[0xc0, 0x80, 0x01]), whole(ObjectKind::Tag, 1 << 11, 1003));
        let largest = [&[0xbf][..], &[0xff; 8], &[0x0f]].concat();
        assert_eq!(head(&largest), whole(ObjectKind::Blob, u64::MAX, 1010));
        assert_eq!(head(&[0x61, 0x03]), Ok(Entry { offset: 1000, made: Made::FromOffset(997), size: 1, data: 1002 }));
        assert_eq!(
            head(&[0x61, 0x80, 0x00]),
            Ok(Entry { offset: 1000, made: Made::FromOffset(872), size: 1, data: 1003 })
        );
        let id = "ab".repeat(20).parse().expect("an id");
        let named = [&[0x72][..], &[0xab; 20]].concat();
        assert_eq!(head(&named), Ok(Entry { offset: 1000, made: Made::FromId(id), size: 2, data: 1021 }));
        assert!(parse(&named, 1000, HashKind::Sha256).is_err(), "the other hash's ids are longer");
        let longest = [&[0xff][..], &[0xff; 8], &[0x0f], &[0xab; 32]].concat();
        assert_eq!(longest.len(), LONGEST_HEAD);
        assert!(parse(&longest, 1000, HashKind::Sha256).is_ok());
    }

    #[test]
    fn heads_that_are_none_are_refused() {
        let overlong = [&[0xbf][..], &[0xff; 8], &[0x10]].concat();
        let endless = [0xff; 64];
        let far = [&[0x61][..], &[0xff; 12]].concat();
        let none: [&[u8]; 9] =
            [b"", &[0x80], &[0x00], &[0x50], &overlong, &endless, &far, &[0x61, 0x00], &[0x61, 0x87, 0x70]];
        for bytes in none {
            assert!(matches!(head(bytes), Err(Unreadable::Header(_))), "{bytes:x?}");
        }
    }
}
