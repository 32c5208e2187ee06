//! Literals that lead to what neither a token run nor a name does: keys in armour, URLs, names in other languages,
//! private JWKs, and whatever stands inside a credential or a command of the rules.

use aho_corasick::packed::Searcher;

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
    /// The name of a password or key in another language than English.
    Name,
    /// Rules whose credential holds the literal.
    Infix(Vec<RuleIndex>),
}

/// Password, key and secret in other languages, in the spellings people use.
const NAMES: &[&str] = &[
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

/// All marks, in groups that are searched one after the other.
pub(super) struct Marks {
    groups: Vec<Group>,
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
        literals.extend(NAMES.iter().map(|&name| (name, Mark::Name)));
        Marks { groups: literals.chunks(GROUP).map(Group::new).collect() }
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
