//! What may be wrong with a pack, its index or one of its objects. Holds ids and numbers, never an object's bytes.

use super::ObjectId;

/// A pack or index that cannot be used at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The index is none, is cut off or contradicts itself.
    #[error("the pack's index is damaged ({0}); run `git index-pack` on the pack")]
    Index(&'static str),
    /// The index has the form that git wrote before 2007.
    #[error("the pack's index has version 1, which is not read; run `git index-pack` on the pack")]
    OldIndex,
    /// The pack is none, is cut off, or is not the index's.
    #[error("the pack is damaged ({0}); run `git fsck`")]
    Pack(&'static str),
    /// The bytes could not be had.
    #[error("the pack could not be read: {0}")]
    Source(String),
}

/// Why one object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It has more bytes than the caller reads.
    #[error("it has {size} bytes, more than the limit of {largest}")]
    TooLarge {
        /// Its bytes.
        size: u64,
        /// The limit.
        largest: u64,
    },
    /// It is made from an object that has more bytes than the caller reads.
    #[error("it is a delta to an object of {size} bytes, more than the limit of {largest}")]
    LargeBase {
        /// The base's bytes.
        size: u64,
        /// The limit.
        largest: u64,
    },
    /// It is made from an object that the pack does not have.
    #[error("it is a delta to {0}, which the pack does not have; run `git fsck`")]
    NoBase(ObjectId),
    /// It is made from an object at a place where none begins.
    #[error("it is a delta to byte {0} of the pack, where no object begins; run `git fsck`")]
    NoBaseAt(u64),
    /// It is made from an object that could not be read itself.
    #[error("it is a delta to the object at byte {0} of the pack, which could not be read; run `git fsck`")]
    Base(u64),
    /// Its bases lead back to it.
    #[error("its delta leads back to itself; run `git fsck`")]
    Cycle,
    /// It hangs on more deltas than are followed for one object.
    #[error("it is made from more than {0} deltas one on the other; run `git repack -adf`")]
    TooDeep(usize),
    /// Its entry in the pack, or the header of a loose object, is none.
    #[error("its header is damaged ({0}); run `git fsck`")]
    Header(&'static str),
    /// Its compressed bytes are none, end early, or hold another number of bytes than its header says.
    #[error("its compressed bytes are damaged ({0}); run `git fsck`")]
    Stream(&'static str),
    /// Its delta is none, or does not fit its base.
    #[error("its delta is damaged ({0}); run `git fsck`")]
    Delta(&'static str),
    /// The bytes could not be had.
    #[error("it could not be read: {0}")]
    Source(String),
    /// The caller said that no more is to be done.
    #[error("there was no time left for it")]
    Stopped,
}

impl Unreadable {
    /// Whether it is only too large, or made from what is, and not damaged.
    pub fn is_for_size(&self) -> bool {
        matches!(self, Unreadable::TooLarge { .. } | Unreadable::LargeBase { .. })
    }

    /// What this means for an object made from the unreadable one, which lies at `offset`.
    pub(super) fn of_base(&self, offset: u64) -> Unreadable {
        match *self {
            Unreadable::TooLarge { size, largest } | Unreadable::LargeBase { size, largest } => {
                Unreadable::LargeBase { size, largest }
            }
            Unreadable::Stopped => Unreadable::Stopped,
            _ => Unreadable::Base(offset),
        }
    }
}

impl From<std::io::Error> for PackError {
    fn from(error: std::io::Error) -> PackError {
        PackError::Source(error.to_string())
    }
}

impl From<std::io::Error> for Unreadable {
    fn from(error: std::io::Error) -> Unreadable {
        Unreadable::Source(error.to_string())
    }
}
