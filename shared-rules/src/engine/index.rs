//! From the bytes at an anchor to the few rules that could match there, by a hash of four bytes.

use std::collections::HashMap;

use super::files::Files;
use super::filter::{FIRST_THREE, Filter, head};
use super::finder::keyword::DEFAULT_NAMES;
use crate::context::{Words, normalize};
use crate::rule::{Catalogue, Finder, RuleIndex, Shape};

const KEY: usize = 4;

/// Shortest provider id that is told from other words, in letters and digits.
const SHORTEST_CALLER: usize = 5;

/// A literal and a rule it anchors, filed under its first bytes.
#[derive(Clone, Copy)]
struct Entry {
    key: u32,
    /// The first eight bytes, and which of them the literal has: most that share a key differ here.
    head: u64,
    has: u64,
    /// Where the literal lies in the table's text.
    start: u32,
    length: u32,
    rule: u32,
}

/// Bytes of a literal that are compared at once.
const HEAD: usize = 8;

/// Literals of one length class: a filter, and buckets by the upper bits of the same hash.
struct Shelf {
    filter: Filter,
    entries: Vec<Entry>,
    /// Where each bucket's entries begin.
    buckets: Box<[u16; BUCKETS + 1]>,
}

/// Buckets of a shelf: about one for every literal.
const BUCKETS: usize = 4096;

impl Shelf {
    fn new() -> Self {
        Shelf { filter: Filter::new(), entries: Vec::new(), buckets: Box::new([0; BUCKETS + 1]) }
    }

    #[inline(always)]
    fn bucket(key: u32) -> usize {
        Filter::hash(key) >> 5
    }

    /// Puts the entries into their buckets by counting: this is paid at every push.
    fn sort(&mut self) {
        for entry in &self.entries {
            self.buckets[Self::bucket(entry.key) + 1] += 1;
        }
        for bucket in 0..BUCKETS {
            self.buckets[bucket + 1] += self.buckets[bucket];
        }
        let mut next = self.buckets.clone();
        let mut sorted = self.entries.clone();
        for entry in &self.entries {
            let place = &mut next[Self::bucket(entry.key)];
            sorted[usize::from(*place)] = *entry;
            *place += 1;
        }
        self.entries = sorted;
    }
}

/// Literals by their first three or four bytes. Filled once, then sorted: start-up is paid at every push.
struct Table {
    /// Those of four and more bytes, and those of three.
    shelves: [Shelf; 2],
    /// All literals, one behind the other.
    text: Vec<u8>,
}

impl Table {
    fn new() -> Self {
        Table { shelves: [Shelf::new(), Shelf::new()], text: Vec::new() }
    }

    fn insert(&mut self, literal: &[u8], rule: RuleIndex) {
        let (kind, key) = match *literal {
            [a, b, c] => (1, u32::from_le_bytes([a, b, c, 0])),
            _ => (0, literal.first_chunk().map_or(0, |&head| u32::from_le_bytes(head))),
        };
        let start = self.text.len() as u32;
        self.text.extend_from_slice(literal);
        self.shelves[kind].filter.insert(key);
        let first = &literal[..literal.len().min(HEAD)];
        let has = if first.len() == HEAD { !0 } else { (1 << (8 * first.len())) - 1 };
        let (length, rule) = (literal.len() as u32, rule as u32);
        self.shelves[kind].entries.push(Entry { key, head: head(first), has, start, length, rule });
    }

    fn sort(&mut self) {
        self.shelves.iter_mut().for_each(Shelf::sort);
    }

    /// Calls `each` with length and rule of every literal at the start of `text`.
    #[inline(always)]
    fn at(&self, text: &[u8], mut each: impl FnMut(usize, RuleIndex)) {
        let Some(&head) = text.first_chunk::<KEY>() else { return };
        let key = u32::from_le_bytes(head);
        for (kind, key) in [(0, key), (1, key & FIRST_THREE)] {
            if self.shelves[kind].filter.may_hold(key) {
                self.look_up(kind, key, text, &mut each);
            }
        }
    }

    /// Calls `each` for every literal that is a word of `words`; all have at least four bytes.
    fn in_words(&self, words: &Words, mut each: impl FnMut(RuleIndex)) {
        let letters = words.as_bytes();
        let filter = &self.shelves[0].filter;
        for (at, head) in letters.array_windows::<KEY>().enumerate() {
            let key = u32::from_le_bytes(*head);
            if filter.may_hold(key) {
                self.look_up(0, key, &letters[at..], &mut |length, rule| {
                    if words.holds(at, length) {
                        each(rule);
                    }
                });
            }
        }
    }

    /// Whether a literal stands in `letters` at a place that `counts`.
    fn any(&self, letters: &[u8], counts: impl Fn(usize, usize) -> bool) -> bool {
        let filter = &self.shelves[0].filter;
        letters.array_windows::<KEY>().enumerate().any(|(at, head)| {
            let key = u32::from_le_bytes(*head);
            let mut found = false;
            if filter.may_hold(key) {
                self.look_up(0, key, &letters[at..], &mut |length, _| found |= counts(at, length));
            }
            found
        })
    }

    fn look_up(&self, kind: usize, key: u32, text: &[u8], each: &mut impl FnMut(usize, RuleIndex)) {
        let shelf = &self.shelves[kind];
        let bucket = Shelf::bucket(key);
        let bounds = usize::from(shelf.buckets[bucket])..usize::from(shelf.buckets[bucket + 1]);
        let head = head(text);
        for entry in shelf.entries[bounds].iter().filter(|entry| head & entry.has == entry.head) {
            let (start, length) = (entry.start as usize, entry.length as usize);
            let whole = || text.starts_with(&self.text[start..start + length]);
            if length <= HEAD && length <= text.len() || length > HEAD && whole() {
                each(length, entry.rule as RuleIndex);
            }
        }
    }
}

/// Words of which one must stand in an assigned name before any keyword rule can say yes to it.
struct NameWords {
    long: Table,
    /// Words of up to three letters, which stand alone.
    short: Filter,
}

impl NameWords {
    fn new() -> Self {
        NameWords { long: Table::new(), short: Filter::new() }
    }

    fn insert(&mut self, word: &[u8]) {
        if word.len() >= KEY { self.long.insert(word, 0) } else { self.short.insert(short_key(word)) }
    }

    fn any(&self, name: &Words) -> bool {
        let letters = name.as_bytes();
        let short = name.words().any(|word| word.len() < KEY && self.short.may_hold(short_key(word)));
        short || self.long.any(letters, |at, length| length > LONGEST_ALONE || name.holds(at, length))
    }
}

/// Longest word that must stand alone in a name; `Words::contains` has the same.
const LONGEST_ALONE: usize = 5;

fn short_key(word: &[u8]) -> u32 {
    word.iter().fold(word.len() as u32, |key, &byte| key << 8 | u32::from(byte))
}

/// Which rules hang on what.
pub(super) struct Index {
    prefixes: Table,
    keywords: Table,
    names: NameWords,
    /// Rules with keywords by their provider's id, for calls of the provider's library.
    callers: Table,
    hosts: HashMap<String, Vec<RuleIndex>>,
    schemes: HashMap<String, RuleIndex>,
    labels: HashMap<String, RuleIndex>,
    infixes: Vec<(String, Vec<RuleIndex>)>,
    files: Files,
    finders: Vec<(Finder, RuleIndex)>,
}

impl Index {
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        let mut index = Index {
            prefixes: Table::new(),
            keywords: Table::new(),
            names: NameWords::new(),
            callers: Table::new(),
            hosts: HashMap::new(),
            schemes: HashMap::new(),
            labels: HashMap::new(),
            infixes: Vec::new(),
            files: Files::default(),
            finders: Vec::new(),
        };
        for (rule, checked) in catalogue.rules().iter().enumerate() {
            match &checked.shape {
                Shape::Prefix(prefixes) => {
                    prefixes.iter().for_each(|prefix| index.prefixes.insert(prefix.as_bytes(), rule));
                }
                Shape::Keyword { keywords, names } => {
                    keywords.iter().for_each(|keyword| index.keywords.insert(keyword.as_bytes(), rule));
                    // Without names of its own a rule takes the usual ones, or its keywords.
                    let named = if names.is_empty() { keywords } else { names };
                    named.iter().for_each(|word| index.names.insert(word.as_bytes()));
                    let provider = normalize(catalogue.provider(checked).id.as_bytes());
                    if provider.len() >= SHORTEST_CALLER {
                        index.callers.insert(provider.as_bytes(), rule);
                    }
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
                Shape::Infix(infixes) => infixes.iter().for_each(|infix| index.insert_infix(infix, rule)),
                Shape::File(files) => files.iter().for_each(|file| index.files.insert(file, rule)),
                Shape::Finder(finder) => index.finders.push((*finder, rule)),
                // Searched by an automaton of their own.
                Shape::Search { .. } => {}
            }
        }
        index.prefixes.sort();
        DEFAULT_NAMES.iter().for_each(|word| index.names.insert(word.as_bytes()));
        index.names.long.sort();
        index.keywords.sort();
        index.callers.sort();
        index
    }

    fn insert_infix(&mut self, infix: &str, rule: RuleIndex) {
        match self.infixes.iter_mut().find(|(known, _)| known == infix) {
            Some((_, rules)) => rules.push(rule),
            None => self.infixes.push((infix.to_owned(), vec![rule])),
        }
    }

    /// What the first four bytes of prefixes are, and the first three of the shortest.
    pub(super) fn prefix_filters(&self) -> [&Filter; 2] {
        [&self.prefixes.shelves[0].filter, &self.prefixes.shelves[1].filter]
    }

    /// Rules whose prefix stands at the start of `text`.
    #[inline(always)]
    pub(super) fn prefixes(&self, text: &[u8], mut each: impl FnMut(RuleIndex)) {
        self.prefixes.at(text, |_, rule| each(rule));
    }

    /// Rules of which a keyword stands in `words`.
    pub(super) fn keywords(&self, words: &Words, each: impl FnMut(RuleIndex)) {
        self.keywords.in_words(words, each);
    }

    /// Whether any keyword rule could take a value of this name.
    pub(super) fn may_be_named(&self, name: &Words) -> bool {
        self.names.any(name)
    }

    /// Rules whose provider is named in `words`.
    pub(super) fn callers(&self, words: &Words, each: impl FnMut(RuleIndex)) {
        self.callers.in_words(words, each);
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

    /// Literals that stand inside credentials, with their rules.
    pub(super) fn infixes(&self) -> &[(String, Vec<RuleIndex>)] {
        &self.infixes
    }

    /// Rules for lines of the file at `path`, in lower case.
    pub(super) fn files(&self, path: &str) -> Vec<RuleIndex> {
        self.files.of(path)
    }

    /// Rules that name this finder.
    pub(super) fn finders(&self, finder: Finder) -> impl Iterator<Item = RuleIndex> + '_ {
        self.finders.iter().filter(move |(known, _)| *known == finder).map(|(_, rule)| *rule)
    }
}
