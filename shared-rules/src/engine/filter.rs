//! Says fast of most places that nothing could begin there.

use super::runs::heads::Heads;

/// A set of four-byte keys that says no fast: one bit for each 17-bit hash.
pub(super) struct Filter(Box<[u64; 2048]>);

impl Filter {
    pub(super) fn new() -> Self {
        Filter(Box::new([0; 2048]))
    }

    /// Lets everything through.
    #[cfg(test)]
    pub(super) fn full() -> Self {
        Filter(Box::new([!0; 2048]))
    }

    pub(super) fn insert(&mut self, key: u32) {
        let hash = Self::hash(key);
        self.0[hash >> 6] |= 1 << (hash & 63);
    }

    #[inline(always)]
    pub(super) fn may_hold(&self, key: u32) -> bool {
        self.bit(key) == 1
    }

    /// The same as a number, for callers that cannot afford a branch.
    #[inline(always)]
    fn bit(&self, key: u32) -> u64 {
        let hash = Self::hash(key);
        self.0[hash >> 6] >> (hash & 63) & 1
    }

    #[inline(always)]
    pub(super) fn hash(key: u32) -> usize {
        (key.wrapping_mul(0x9e37_79b1) >> 15) as usize
    }
}

/// The first eight bytes of a text as a number, zero behind its end.
#[inline(always)]
pub(super) fn head(text: &[u8]) -> u64 {
    let padded = || {
        let mut head = [0; 8];
        head[..text.len()].copy_from_slice(text);
        head
    };
    u64::from_le_bytes(text.first_chunk().copied().unwrap_or_else(padded))
}

/// Sets the bit that makes capitals small, in all four bytes.
pub(super) const FOLD: u32 = 0x2020_2020;

/// Cuts a little-endian key of four bytes to its first three.
pub(super) const FIRST_THREE: u32 = 0x00ff_ffff;

/// What is asked at the starts of words, and of words in long token runs.
#[derive(Clone, Copy)]
pub(super) struct Filters<'f> {
    /// Over four bytes without case.
    pub(super) starts: &'f Filter,
    /// Over four bytes, and over three.
    pub(super) prefixes: [&'f Filter; 2],
    /// Over the first three bytes of literals, anywhere.
    pub(super) literals: &'f Heads,
}

impl Filters<'_> {
    /// 1 if a mark's word may begin with these four bytes, else 0.
    #[inline(always)]
    pub(super) fn may_start(&self, key: u32) -> u64 {
        self.starts.bit(key | FOLD)
    }

    /// 1 if a prefix may begin with these four bytes, else 0.
    #[inline(always)]
    pub(super) fn may_be_prefix(&self, key: u32) -> u64 {
        self.prefixes[0].bit(key) | self.prefixes[1].bit(key & FIRST_THREE)
    }
}
