//! Literals that lead to what no prefix of a token run leads to: keys in armour, URLs, names, commands, private JWKs, and marks
//! inside credentials. Each kind is looked for the cheapest way: English names by one small search over everything; whatever begins
//! a word by a hash of its first four bytes at the starts of words; marks inside credentials within the few runs that look drawn.

use std::ops::Range;

use aho_corasick::packed::Searcher;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memmem::Finder;

use super::filter::{FOLD, Filter};
use super::finder::{mnemonic, url};
use super::index::Index;
use crate::rule::RuleIndex;

/// What a literal leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A PEM block.
    Pem,
    /// A JSON Web Key.
    Jwk,
    /// The name of a password or key.
    Name,
    /// The name of a wallet's seed phrase.
    Seed,
    /// Rules whose credential or command holds the literal.
    Infix(Vec<RuleIndex>),
}

/// Names without which an assigned value is no credential, in the spellings people use: few enough for the fastest search. They
/// are found inside words too. Those in other scripts begin no word of letters.
const NAMES: &[&str] = &[
    "passw",
    "Passw",
    "PASSW",
    "pwd",
    "Pwd",
    "PWD",
    "pass",
    "Pass",
    "PASS",
    "secret",
    "Secret",
    "SECRET",
    "token",
    "Token",
    "TOKEN",
    "_key",
    "-key",
    "Key",
    "KEY",
    "密码",
    "密碼",
    "口令",
    "密钥",
    "密鑰",
    "パスワード",
    "トークン",
    "비밀번호",
    "пароль",
    "Пароль",
];

/// The same in other languages written in Latin letters, at the start of a word in any case.
const FOREIGN_NAMES: &[&str] = &[
    "senha",
    "contrase",
    "kennwort",
    "geheim",
    "segredo",
    "schluessel",
    "clave",
    "chave",
    "jeton",
    "heslo",
    "haslo",
    "wachtwoord",
    "parola",
    "lozenka",
    "bindpw",
    "rootpw",
    "psk=",
    "psk:",
    "psk\"",
    "salt",
    "mnemonic",
    "seed",
];

/// A JSON Web Key's type in the ways to write a member.
const KEY_TYPES: &[&str] = &["kty\"", "kty'", "kty:", "kty=", "kty\\", "kty "];

/// Bytes of a word that are hashed.
const KEY: usize = 4;

/// All marks.
pub(super) struct Marks {
    names: Searcher,
    longest_name: usize,
    words: Words,
    inside: Option<(AhoCorasick, Vec<Vec<RuleIndex>>)>,
    others: Option<(Searcher, Vec<Vec<RuleIndex>>)>,
    url: Finder<'static>,
}

/// Literals filed under the four bytes with which their first word begins.
struct Words {
    filter: Filter,
    entries: Vec<Entry>,
    /// Where the entries of each bucket of the filter's hash begin.
    buckets: Box<[u16; BUCKETS + 1]>,
}

struct Entry {
    key: u32,
    literal: Vec<u8>,
    /// Bytes of the literal before its first word.
    lead: usize,
    mark: Mark,
}

impl Marks {
    pub(super) fn new(index: &Index) -> Self {
        let mut words = Words { filter: Filter::new(), entries: Vec::new(), buckets: Box::new([0; BUCKETS + 1]) };
        words.insert("BEGIN ", Mark::Pem);
        KEY_TYPES.iter().for_each(|literal| words.insert(literal, Mark::Jwk));
        FOREIGN_NAMES.iter().for_each(|name| words.insert(name, Mark::Name));
        mnemonic::NAMES.iter().for_each(|name| words.insert(name, Mark::Seed));
        let (mut inside, mut others) = (Vec::new(), Vec::new());
        for (infix, rules) in index.infixes() {
            let token = infix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./+~".contains(&byte));
            let begins = infix.len() - lead(infix.as_bytes()) >= KEY;
            if begins {
                words.insert(infix, Mark::Infix(rules.clone()));
            }
            if token {
                inside.push((infix, rules.clone()));
            } else if !begins {
                others.push((infix, rules.clone()));
            }
        }
        words.sort();
        Marks {
            names: Searcher::new(NAMES).expect("some thirty short literals"),
            longest_name: NAMES.iter().map(|name| name.len()).max().unwrap_or(1),
            words,
            inside: group(inside).map(|(literals, rules)| {
                let search = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).prefilter(false).build(literals);
                (search.expect("the catalogue bounds literals"), rules)
            }),
            others: group(others)
                .map(|(literals, rules)| (Searcher::new(literals).expect("the catalogue bounds literals"), rules)),
            url: Finder::new(url::MARK),
        }
    }

    /// Calls `each` with where every name that begins in the range begins and ends. A literal may straddle the range's end.
    pub(super) fn names(&self, bytes: &[u8], range: &Range<usize>, mut each: impl FnMut(usize, usize)) {
        let text = &bytes[range.start..bytes.len().min(range.end + self.longest_name - 1)];
        for hit in self.names.find_iter(text) {
            each(range.start + hit.start(), range.start + hit.end());
        }
    }

    /// Calls `each` with the `://` of every URL in the range.
    pub(super) fn urls(&self, bytes: &[u8], range: &Range<usize>, mut each: impl FnMut(usize)) {
        let text = &bytes[range.start..bytes.len().min(range.end + url::MARK.len() - 1)];
        self.url.find_iter(text).for_each(|at| each(range.start + at));
    }

    /// Calls `each` with every mark of a rule that begins in the range and neither begins a word nor stands inside a token.
    pub(super) fn others(&self, bytes: &[u8], range: &Range<usize>, mut each: impl FnMut(RuleIndex, usize, usize)) {
        let Some((searcher, rules)) = &self.others else { return };
        let text = &bytes[range.start..bytes.len().min(range.end + LONGEST_OTHER - 1)];
        for hit in searcher.find_iter(text) {
            for &rule in &rules[hit.pattern().as_usize()] {
                each(rule, range.start + hit.start(), range.start + hit.end());
            }
        }
    }

    /// What the first four bytes of marks' words are, without case.
    pub(super) fn word_filter(&self) -> &Filter {
        &self.words.filter
    }

    /// Calls `each` with every mark whose first word begins at `at`.
    pub(super) fn at_word(&self, bytes: &[u8], at: usize, each: impl FnMut(&Mark, usize, usize)) {
        let Some(&head) = bytes[at..].first_chunk::<KEY>() else { return };
        let key = u32::from_le_bytes(head) | FOLD;
        self.words.look_up(key, bytes, at, each);
    }

    /// Rules whose mark stands in `bytes[start..end]`, and where.
    pub(super) fn inside(&self, bytes: &[u8], start: usize, end: usize, mut each: impl FnMut(RuleIndex, usize, usize)) {
        let Some((searcher, rules)) = &self.inside else { return };
        for hit in searcher.find_iter(&bytes[start..end]) {
            for &rule in &rules[hit.pattern().as_usize()] {
                each(rule, start + hit.start(), start + hit.end());
            }
        }
    }
}

/// Longest literal that neither begins a word nor stands inside a token.
const LONGEST_OTHER: usize = 16;

/// Literals apart from their rules; `None` where there are none.
fn group(literals: Vec<(&String, Vec<RuleIndex>)>) -> Option<(Vec<&String>, Vec<Vec<RuleIndex>>)> {
    (!literals.is_empty()).then(|| literals.into_iter().unzip())
}

/// Buckets of the word starts' literals.
const BUCKETS: usize = 4096;

fn bucket(key: u32) -> usize {
    Filter::hash(key) >> 5
}

/// Bytes of a literal before its first letter or digit.
fn lead(literal: &[u8]) -> usize {
    literal.iter().position(u8::is_ascii_alphanumeric).unwrap_or(literal.len())
}

impl Words {
    fn insert(&mut self, literal: &str, mark: Mark) {
        let lead = lead(literal.as_bytes());
        let head = literal.as_bytes()[lead..].first_chunk::<KEY>().expect("checked before, or one of ours");
        let key = u32::from_le_bytes(*head) | FOLD;
        self.filter.insert(key);
        self.entries.push(Entry { key, literal: literal.as_bytes().to_vec(), lead, mark });
    }

    fn sort(&mut self) {
        self.entries.sort_by_key(|entry| bucket(entry.key));
        self.entries.iter().for_each(|entry| self.buckets[bucket(entry.key) + 1] += 1);
        (0..BUCKETS).for_each(|bucket| self.buckets[bucket + 1] += self.buckets[bucket]);
    }

    fn look_up(&self, key: u32, bytes: &[u8], at: usize, mut each: impl FnMut(&Mark, usize, usize)) {
        let bounds = usize::from(self.buckets[bucket(key)])..usize::from(self.buckets[bucket(key) + 1]);
        for entry in self.entries[bounds].iter().filter(|entry| entry.key == key) {
            let Some(start) = at.checked_sub(entry.lead) else { continue };
            let end = start + entry.literal.len();
            if bytes.get(start..end).is_some_and(|text| text.eq_ignore_ascii_case(&entry.literal)) {
                each(&entry.mark, start, end);
            }
        }
    }
}
