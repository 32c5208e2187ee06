//! From the bytes at an anchor to the few rules that could match there, by a hash of four bytes.

use std::collections::HashMap;

use crate::context::Words;
use crate::rule::{Catalogue, Finder, RuleIndex, Shape};

const KEY: usize = 4;

/// A set of four-byte keys that says no fast: one bit for each 16-bit hash.
struct Filter(Box<[u64; 1024]>);

impl Filter {
    fn new() -> Self {
        Filter(Box::new([0; 1024]))
    }

    fn insert(&mut self, key: u32) {
        let hash = Self::hash(key);
        self.0[hash >> 6] |= 1 << (hash & 63);
    }

    #[inline(always)]
    fn may_hold(&self, key: u32) -> bool {
        let hash = Self::hash(key);
        self.0[hash >> 6] >> (hash & 63) & 1 == 1
    }

    #[inline(always)]
    fn hash(key: u32) -> usize {
        (key.wrapping_mul(0x9e37_79b1) >> 16) as usize
    }
}

/// A literal and the rules it anchors.
struct Entry {
    literal: Vec<u8>,
    rules: Vec<RuleIndex>,
}

/// Literals by their first four bytes.
struct Table {
    filter: Filter,
    buckets: HashMap<u32, Vec<usize>>,
    entries: Vec<Entry>,
}

impl Table {
    fn new() -> Self {
        Table { filter: Filter::new(), buckets: HashMap::new(), entries: Vec::new() }
    }

    fn insert(&mut self, literal: &[u8], rule: RuleIndex) {
        let bucket = self.buckets.get(&keys(literal)[0]).map_or(&[][..], Vec::as_slice);
        if let Some(&known) = bucket.iter().find(|&&index| self.entries[index].literal == literal) {
            self.entries[known].rules.push(rule);
            return;
        }
        let index = self.entries.len();
        self.entries.push(Entry { literal: literal.to_vec(), rules: vec![rule] });
        for key in keys(literal) {
            self.filter.insert(key);
            self.buckets.entry(key).or_default().push(index);
        }
    }

    #[inline(always)]
    fn at<'t>(&'t self, text: &'t [u8]) -> Option<impl Iterator<Item = &'t Entry>> {
        let key = u32::from_le_bytes(*text.first_chunk::<KEY>()?);
        if !self.filter.may_hold(key) {
            return None;
        }
        let bucket = self.buckets.get(&key)?;
        Some(bucket.iter().map(|&index| &self.entries[index]).filter(move |entry| text.starts_with(&entry.literal)))
    }
}

/// The four-byte keys a literal is filed under: a literal of three bytes goes under each byte that may follow.
fn keys(literal: &[u8]) -> Vec<u32> {
    match literal.first_chunk::<KEY>() {
        Some(&chunk) => vec![u32::from_le_bytes(chunk)],
        None => (0..=255u8).map(|last| u32::from_le_bytes([literal[0], literal[1], literal[2], last])).collect(),
    }
}

/// Which rules hang on what.
pub(super) struct Index {
    prefixes: Table,
    keywords: Table,
    hosts: HashMap<String, Vec<RuleIndex>>,
    schemes: HashMap<String, RuleIndex>,
    labels: HashMap<String, RuleIndex>,
    assignments: Vec<RuleIndex>,
}

impl Index {
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let mut index = Index {
            prefixes: Table::new(),
            keywords: Table::new(),
            hosts: HashMap::new(),
            schemes: HashMap::new(),
            labels: HashMap::new(),
            assignments: Vec::new(),
        };
        for (rule, checked) in catalogue.rules().iter().enumerate() {
            match &checked.shape {
                Shape::Prefix(prefixes) => {
                    prefixes.iter().for_each(|prefix| index.prefixes.insert(prefix.as_bytes(), rule));
                }
                Shape::Keyword { keywords, .. } => {
                    keywords.iter().for_each(|keyword| index.keywords.insert(keyword.as_bytes(), rule));
                }
                Shape::Host(hosts) => {
                    hosts.iter().for_each(|host| index.hosts.entry(host.clone()).or_default().push(rule));
                }
                Shape::Scheme(schemes) => schemes.iter().for_each(|scheme| {
                    index.schemes.insert(scheme.clone(), rule);
                }),
                Shape::Label(labels) => labels.iter().for_each(|label| {
                    index.labels.insert(label.clone(), rule);
                }),
                Shape::Finder(Finder::Assignment) => index.assignments.push(rule),
            }
        }
        index
    }

    /// Rules whose prefix stands at the start of `text`.
    #[inline(always)]
    pub(super) fn prefixes(&self, text: &[u8], mut each: impl FnMut(RuleIndex)) {
        if let Some(entries) = self.prefixes.at(text) {
            entries.flat_map(|entry| &entry.rules).for_each(|&rule| each(rule));
        }
    }

    /// Rules of which a keyword stands in `words`.
    pub(super) fn keywords(&self, words: &Words, mut each: impl FnMut(RuleIndex)) {
        let letters = words.as_bytes();
        for at in 0..letters.len().saturating_sub(KEY - 1) {
            let Some(entries) = self.keywords.at(&letters[at..]) else { continue };
            entries
                .filter(|entry| words.holds(at, entry.literal.len()))
                .flat_map(|entry| &entry.rules)
                .for_each(|&rule| each(rule));
        }
    }

    /// Rules for this host or a domain above it.
    pub(super) fn hosts<'i>(&'i self, host: &'i str) -> impl Iterator<Item = RuleIndex> + 'i {
        let parents = host.match_indices('.').map(|(at, _)| &host[at + 1..]);
        std::iter::once(host).chain(parents).filter_map(|name| self.hosts.get(name)).flatten().copied()
    }

    /// The rule for URLs of this scheme that carry a password.
    pub(super) fn scheme(&self, scheme: &str) -> Option<RuleIndex> {
        self.schemes.get(scheme).copied()
    }

    /// The rule for PEM blocks of this label.
    pub(super) fn label(&self, label: &str) -> Option<RuleIndex> {
        self.labels.get(label).copied()
    }

    /// Rules for values assigned to telling names.
    pub(super) fn assignments(&self) -> &[RuleIndex] {
        &self.assignments
    }
}
