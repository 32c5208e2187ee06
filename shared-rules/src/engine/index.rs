//! From the bytes at an anchor to the few rules that could match there, by a hash of four bytes.

use std::collections::HashMap;
use std::ops::Range;

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

/// A literal and a rule it anchors, filed under its first bytes.
struct Entry {
    key: u32,
    literal: Range<u32>,
    rule: RuleIndex,
}

/// Literals by their first three or four bytes. Filled once, then sorted: start-up is paid at every push.
struct Table {
    /// Over the first four bytes of longer literals, and over the three of the shortest.
    filters: [Filter; 2],
    entries: [Vec<Entry>; 2],
    /// All literals, one behind the other.
    text: Vec<u8>,
}

/// Cuts a little-endian key of four bytes to its first three.
const FIRST_THREE: u32 = 0x00ff_ffff;

impl Table {
    fn new() -> Self {
        Table { filters: [Filter::new(), Filter::new()], entries: [Vec::new(), Vec::new()], text: Vec::new() }
    }

    fn insert(&mut self, literal: &[u8], rule: RuleIndex) {
        let (kind, key) = match *literal {
            [a, b, c] => (1, u32::from_le_bytes([a, b, c, 0])),
            _ => (0, literal.first_chunk().map_or(0, |&head| u32::from_le_bytes(head))),
        };
        let start = self.text.len() as u32;
        self.text.extend_from_slice(literal);
        self.filters[kind].insert(key);
        self.entries[kind].push(Entry { key, literal: start..self.text.len() as u32, rule });
    }

    fn sort(&mut self) {
        self.entries.iter_mut().for_each(|entries| entries.sort_unstable_by_key(|entry| (entry.key, entry.rule)));
    }

    /// Calls `each` with length and rule of every literal at the start of `text`.
    #[inline(always)]
    fn at(&self, text: &[u8], mut each: impl FnMut(usize, RuleIndex)) {
        let Some(&head) = text.first_chunk::<KEY>() else { return };
        let key = u32::from_le_bytes(head);
        for (kind, key) in [(0, key), (1, key & FIRST_THREE)] {
            if self.filters[kind].may_hold(key) {
                self.look_up(kind, key, text, &mut each);
            }
        }
    }

    /// The same where no literal has just three bytes.
    #[inline(always)]
    fn at_long(&self, text: &[u8], mut each: impl FnMut(usize, RuleIndex)) {
        let Some(&head) = text.first_chunk::<KEY>() else { return };
        let key = u32::from_le_bytes(head);
        if self.filters[0].may_hold(key) {
            self.look_up(0, key, text, &mut each);
        }
    }

    fn look_up(&self, kind: usize, key: u32, text: &[u8], each: &mut impl FnMut(usize, RuleIndex)) {
        let entries = &self.entries[kind];
        let first = entries.partition_point(|entry| entry.key < key);
        for entry in entries[first..].iter().take_while(|entry| entry.key == key) {
            let literal = &self.text[entry.literal.start as usize..entry.literal.end as usize];
            if text.starts_with(literal) {
                each(literal.len(), entry.rule);
            }
        }
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
    mnemonic: Option<RuleIndex>,
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
            mnemonic: None,
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
                Shape::Finder(Finder::Mnemonic) => index.mnemonic = Some(rule),
            }
        }
        index.prefixes.sort();
        index.keywords.sort();
        index
    }

    /// Rules whose prefix stands at the start of `text`.
    #[inline(always)]
    pub(super) fn prefixes(&self, text: &[u8], mut each: impl FnMut(RuleIndex)) {
        self.prefixes.at(text, |_, rule| each(rule));
    }

    /// Rules of which a keyword stands in `words`.
    pub(super) fn keywords(&self, words: &Words, mut each: impl FnMut(RuleIndex)) {
        let letters = words.as_bytes();
        for at in 0..letters.len().saturating_sub(KEY - 1) {
            self.keywords.at_long(&letters[at..], |length, rule| {
                if words.holds(at, length) {
                    each(rule);
                }
            });
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

    /// The rule for wallet seed phrases.
    pub(super) fn mnemonic(&self) -> Option<RuleIndex> {
        self.mnemonic
    }

    /// Rules for values assigned to telling names.
    pub(super) fn assignments(&self) -> &[RuleIndex] {
        &self.assignments
    }
}
