//! Literals by their first bytes without case: from a place in a text to the few marks that may begin there.

use super::filter::{FIRST_THREE, FOLD, Filter, head};
use super::marks::Mark;

/// Bytes of a literal's word that are compared at once.
const HEAD: usize = 8;

/// Buckets of a table: a few for each literal.
const BUCKETS: usize = 4096;

/// Literals filed under the bytes with which their word begins.
pub(super) struct Literals {
    /// Bytes of a key: three or four.
    key: u32,
    filter: Filter,
    entries: Vec<Entry>,
    /// The entries' heads and which of their bytes count, side by side: most are compared and nothing else is asked of them.
    heads: Vec<(u64, u64)>,
    /// Where the entries of each bucket of the filter's hash begin.
    buckets: Box<[u16; BUCKETS + 1]>,
}

/// A literal and what it leads to.
struct Entry {
    bucket: u16,
    /// The first eight bytes of its word without case, and which of them it has.
    head: u64,
    has: u64,
    literal: Box<[u8]>,
    /// Bytes of the literal before its word.
    lead: usize,
    /// Whether capitals and small letters differ.
    exact: bool,
    mark: Mark,
}

impl Literals {
    /// A table whose keys are the first four bytes of words.
    pub(super) fn by_four() -> Self {
        Literals::new(!0)
    }

    /// A table whose keys are the first three bytes.
    pub(super) fn by_three() -> Self {
        Literals::new(FIRST_THREE)
    }

    fn new(key: u32) -> Self {
        Literals {
            key,
            filter: Filter::new(),
            entries: Vec::new(),
            heads: Vec::new(),
            buckets: Box::new([0; BUCKETS + 1]),
        }
    }

    /// Adds a literal whose word begins behind `lead` bytes of it and has at least as many bytes as a key.
    pub(super) fn insert(&mut self, literal: &str, lead: usize, exact: bool, mark: Mark) {
        let word = &literal.as_bytes()[lead..];
        let mut head = [0; HEAD];
        let mut has = [0; HEAD];
        for (index, &byte) in word.iter().take(HEAD).enumerate() {
            (head[index], has[index]) = (byte | FOLD as u8, 0xff);
        }
        let (head, has) = (u64::from_le_bytes(head), u64::from_le_bytes(has));
        let key = head as u32 & self.key;
        self.filter.insert(key);
        let bucket = Self::bucket(key) as u16;
        self.entries.push(Entry { bucket, head, has, literal: literal.as_bytes().into(), lead, exact, mark });
    }

    /// To be called once after the last literal.
    pub(super) fn sort(&mut self) {
        self.entries.sort_by_key(|entry| entry.bucket);
        self.entries.iter().for_each(|entry| self.buckets[usize::from(entry.bucket) + 1] += 1);
        (0..BUCKETS).for_each(|bucket| self.buckets[bucket + 1] += self.buckets[bucket]);
        self.heads = self.entries.iter().map(|entry| (entry.head, entry.has)).collect();
    }

    /// What the keys are.
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The first three bytes of every literal's word.
    pub(super) fn heads(&self) -> impl Iterator<Item = [u8; 3]> + '_ {
        self.entries.iter().map(|entry| {
            let [first, second, third, ..] = entry.head.to_le_bytes();
            [first, second, third]
        })
    }

    /// Calls `each` with every mark whose word begins at `at`, and where its literal begins and ends.
    #[inline(always)]
    pub(super) fn at(&self, bytes: &[u8], at: usize, mut each: impl FnMut(&Mark, usize, usize)) {
        let head = head(&bytes[at..]) | (u64::from(FOLD) << 32 | u64::from(FOLD));
        let bucket = Self::bucket(head as u32 & self.key);
        let (from, to) = (usize::from(self.buckets[bucket]), usize::from(self.buckets[bucket + 1]));
        for (index, &(wanted, has)) in self.heads[from..to].iter().enumerate() {
            if head & has == wanted
                && let Some((mark, start)) = self.entries[from + index].mark_at(bytes, at)
            {
                each(mark, start, start + self.entries[from + index].literal.len());
            }
        }
    }

    fn bucket(key: u32) -> usize {
        Filter::hash(key) >> 5
    }
}

impl Entry {
    /// The mark, if its literal stands where its word at `at` asks for, and where the literal begins.
    fn mark_at(&self, bytes: &[u8], at: usize) -> Option<(&Mark, usize)> {
        let start = at.checked_sub(self.lead)?;
        let text = bytes.get(start..start + self.literal.len())?;
        self.is(text).then_some((&self.mark, start))
    }

    fn is(&self, text: &[u8]) -> bool {
        if self.exact { *text == *self.literal } else { text.eq_ignore_ascii_case(&self.literal) }
    }
}

#[cfg(test)]
mod tests {
    use super::Literals;
    use crate::engine::marks::Mark;

    fn found(table: &Literals, text: &str, at: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        table.at(text.as_bytes(), at, |_, start, end| found.push((start, end)));
        found
    }

    #[test]
    fn a_literal_is_found_where_its_word_begins() {
        let mut table = Literals::by_four();
        table.insert("curl ", 0, false, Mark::Name);
        table.insert("--user=", 2, false, Mark::Name);
        table.insert("CreateUserWith(", 0, true, Mark::Name);
        table.sort();
        assert_eq!(found(&table, "a cUrl x", 2), [(2, 7)]);
        assert_eq!(found(&table, "curl", 0), []);
        assert_eq!(found(&table, "--user=x", 2), [(0, 7)]);
        assert_eq!(found(&table, "user=x", 0), []);
        assert_eq!(found(&table, "CreateUserWith(", 0), [(0, 15)]);
        assert_eq!(found(&table, "createUserWith(", 0), []);
    }

    #[test]
    fn three_bytes_are_enough() {
        let mut table = Literals::by_three();
        table.insert("://", 0, true, Mark::Url);
        table.insert("Key", 0, true, Mark::Name);
        table.sort();
        assert_eq!(found(&table, "a://", 1), [(1, 4)]);
        assert_eq!(found(&table, "Key", 0), [(0, 3)]);
        assert_eq!(found(&table, "key", 0), []);
        assert_eq!(found(&table, "Ke", 0), []);
    }
}
