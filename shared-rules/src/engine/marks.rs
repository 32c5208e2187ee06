//! Literals that lead to what neither a token run nor a name does: keys in armour, URLs, names in other languages,
//! private JWKs, and whatever stands inside a credential or a command of the rules.

use aho_corasick::packed::Searcher;
use memchr::memmem::Finder;

use super::finder::{pem, url};
use super::index::Index;
use crate::rule::RuleIndex;

/// Literals that one search can take before it turns slow.
const GROUP: usize = 48;

/// What a literal leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A PEM block.
    Pem,
    /// The middle of a URL.
    Url,
    /// A JSON Web Key.
    Jwk,
    /// The name of a password or key.
    Name,
    /// An escape that may stand inside a value.
    Escape,
    /// Rules whose credential holds the literal.
    Infix(Vec<RuleIndex>),
}

/// Names without which an assigned value is no credential, in the spellings people use: a group of their own, few enough for the
/// fastest search.
const NAME_WORDS: &[&str] = &[
    "passw", "Passw", "PASSW", "pwd", "Pwd", "PWD", "pass", "Pass", "PASS", "secret", "Secret", "SECRET", "token",
    "Token", "TOKEN", "_key", "-key", "Key", "KEY",
];

/// Password, key and secret in other languages, in the spellings people use.
const FOREIGN_NAMES: &[&str] = &[
    "senha",
    "Senha",
    "SENHA",
    "ontrase",
    "ONTRASE",
    "ennwort",
    "ENNWORT",
    "eheim",
    "EHEIM",
    "egredo",
    "EGREDO",
    "chluessel",
    "CHLUESSEL",
    "clave",
    "Clave",
    "CLAVE",
    "chave",
    "Chave",
    "CHAVE",
    "jeton",
    "Jeton",
    "JETON",
    "heslo",
    "aslo",
    "achtwoord",
    "密码",
    "密碼",
    "口令",
    "密钥",
    "密鑰",
    "パスワード",
    "トークン",
    "비밀번호",
    "암호",
    "토큰",
    "пароль",
    "Пароль",
    "ПАРОЛЬ",
    "токен",
    "psk",
    "salt",
    "SALT",
    "Salt",
];

/// Escapes of characters that credentials are made of. JSON's `\/` is searched on its own: two bytes would slow all others down.
const ESCAPES: &[&str] = &[
    "\\u002", "\\u003", "\\u005f", "\\x2", "\\x3d", "\\x3D", "\\x5f", "%2B", "%2b", "%2F", "%2f", "%3D", "%3d", "&#x",
    "&#4", "&#6",
];
const ESCAPED_SLASH: &[u8] = b"\\/";

/// All marks, in groups that are searched one after the other.
pub(super) struct Marks {
    groups: Vec<Group>,
    escaped_slash: Finder<'static>,
}

struct Group {
    searcher: Searcher,
    marks: Vec<Mark>,
    longest: usize,
}

impl Marks {
    pub(super) fn new(index: &Index) -> Self {
        let mut literals: Vec<(&str, Mark)> = vec![("kty", Mark::Jwk)];
        literals.extend(pem::OPENINGS.iter().map(|&opening| (opening, Mark::Pem)));
        literals.push((url::MARK, Mark::Url));
        for (infix, rule) in index.infixes() {
            match literals.iter_mut().find(|(known, _)| known == infix) {
                Some((_, Mark::Infix(rules))) => rules.push(*rule),
                _ => literals.push((infix, Mark::Infix(vec![*rule]))),
            }
        }
        literals.extend(ESCAPES.iter().map(|&escape| (escape, Mark::Escape)));
        literals.extend(FOREIGN_NAMES.iter().map(|&name| (name, Mark::Name)));
        let names: Vec<(&str, Mark)> = NAME_WORDS.iter().map(|&name| (name, Mark::Name)).collect();
        let groups = std::iter::once(names.as_slice()).chain(literals.chunks(GROUP)).map(Group::new).collect();
        Marks { groups, escaped_slash: Finder::new(ESCAPED_SLASH) }
    }

    /// Calls `each` with every mark that begins below `end`, and where it begins and ends.
    pub(super) fn find<'m>(
        &'m self,
        bytes: &[u8],
        start: usize,
        end: usize,
        mut each: impl FnMut(&'m Mark, usize, usize),
    ) {
        for group in &self.groups {
            // A literal may straddle the end; its mark is where it begins.
            let text = &bytes[start..bytes.len().min(end + group.longest - 1)];
            for hit in group.searcher.find_iter(text) {
                each(&group.marks[hit.pattern().as_usize()], start + hit.start(), start + hit.end());
            }
        }
        for at in self.escaped_slash.find_iter(&bytes[start..bytes.len().min(end + 1)]) {
            each(&Mark::Escape, start + at, start + at + ESCAPED_SLASH.len());
        }
    }
}

impl Group {
    fn new(literals: &[(&str, Mark)]) -> Self {
        Group {
            searcher: Searcher::new(literals.iter().map(|(literal, _)| literal)).expect("a few dozen short literals"),
            marks: literals.iter().map(|(_, mark)| mark.clone()).collect(),
            longest: literals.iter().map(|(literal, _)| literal.len()).max().unwrap_or(1),
        }
    }
}
