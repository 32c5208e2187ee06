//! Literals that lead to what no prefix of a token run leads to: keys in armour, URLs, names, commands, private JWKs, and marks
//! inside credentials. Each kind is looked for the cheapest way: a few dozen that may stand anywhere by their first three bytes;
//! whatever begins a word by a hash of its first four bytes at the starts of words; marks inside credentials within the few runs that look drawn.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::filter::Filter;
use super::finder::{mnemonic, url};
use super::index::Index;
use super::literals::Literals;
use super::runs::heads::Heads;
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
    /// What follows a URL's scheme.
    Url,
    /// A character that markup writes as a number.
    Reference,
    /// The name of a wallet's seed phrase.
    Seed,
    /// Rules whose credential or command holds the literal.
    Infix(Vec<RuleIndex>),
}

/// Names without which an assigned value is no credential: few enough to be looked for everywhere. They are found inside words too.
/// Those in other scripts begin no word of letters.
const NAMES: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "_key",
    "-key",
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

/// Names that count in this spelling alone: a small `key` ends "monkey" and begins "keyboard".
const SPELLED_NAMES: &[&str] = &["Key", "KEY"];

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

/// How numbers of characters begin in markup: `&#61;`, `&#x3D;`.
const REFERENCES: &[&str] = &["&#x", "&#0", "&#1", "&#2", "&#3", "&#4", "&#5", "&#6", "&#7", "&#8", "&#9"];

/// A JSON Web Key's type in the ways to write a member.
const KEY_TYPES: &[&str] = &["kty\"", "kty'", "kty:", "kty=", "kty\\", "kty "];

/// Bytes of a word that are hashed.
const KEY: usize = 4;

/// All marks.
pub(super) struct Marks {
    /// Those that begin a word.
    words: Literals,
    /// Those that may stand anywhere, and what they begin with.
    anywhere: Literals,
    heads: Heads,
    inside: Option<(AhoCorasick, Vec<Vec<RuleIndex>>)>,
}

impl Marks {
    pub(super) fn new(index: &Index) -> Self {
        let (mut words, mut anywhere) = (Literals::by_four(), Literals::by_three());
        let mut word = |literal: &str, mark| words.insert(literal, lead(literal), false, mark);
        word("BEGIN ", Mark::Pem);
        KEY_TYPES.iter().for_each(|literal| word(literal, Mark::Jwk));
        FOREIGN_NAMES.iter().for_each(|name| word(name, Mark::Name));
        mnemonic::NAMES.iter().for_each(|name| word(name, Mark::Seed));
        NAMES.iter().for_each(|name| anywhere.insert(name, 0, false, Mark::Name));
        SPELLED_NAMES.iter().for_each(|name| anywhere.insert(name, 0, true, Mark::Name));
        anywhere.insert(url::MARK, 0, true, Mark::Url);
        REFERENCES.iter().for_each(|reference| anywhere.insert(reference, 0, false, Mark::Reference));
        let mut inside = Vec::new();
        for (infix, rules) in index.infixes() {
            let token = infix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./+~".contains(&byte));
            let begins = infix.len() - lead(infix) >= KEY;
            if begins {
                word(infix, Mark::Infix(rules.clone()));
            }
            if token {
                inside.push((infix, rules.clone()));
            } else if !begins {
                anywhere.insert(infix, 0, true, Mark::Infix(rules.clone()));
            }
        }
        words.sort();
        anywhere.sort();
        Marks {
            heads: Heads::new(anywhere.heads()),
            words,
            anywhere,
            inside: group(inside).map(|(literals, rules)| {
                let search = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).prefilter(false).build(literals);
                (search.expect("the catalogue bounds literals"), rules)
            }),
        }
    }

    /// What the first three bytes are of marks that may stand anywhere.
    pub(super) fn heads(&self) -> &Heads {
        &self.heads
    }

    /// Calls `each` with every mark of any place that begins at `at`.
    pub(super) fn at(&self, bytes: &[u8], at: usize, each: impl FnMut(&Mark, usize, usize)) {
        self.anywhere.at(bytes, at, each);
    }

    /// What the first four bytes of marks' words are, without case.
    pub(super) fn word_filter(&self) -> &Filter {
        self.words.filter()
    }

    /// Calls `each` with every mark whose first word begins at `at`.
    pub(super) fn at_word(&self, bytes: &[u8], at: usize, each: impl FnMut(&Mark, usize, usize)) {
        self.words.at(bytes, at, each);
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

/// Literals apart from their rules; `None` where there are none.
fn group(literals: Vec<(&String, Vec<RuleIndex>)>) -> Option<(Vec<&String>, Vec<Vec<RuleIndex>>)> {
    (!literals.is_empty()).then(|| literals.into_iter().unzip())
}

/// Bytes of a literal before its first letter or digit.
fn lead(literal: &str) -> usize {
    literal.bytes().position(|byte| byte.is_ascii_alphanumeric()).unwrap_or(literal.len())
}
