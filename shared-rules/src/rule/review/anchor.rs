//! Whether an anchor stands in ordinary text so often that its rule would be tried everywhere, or would claim what is no credential.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex_syntax::hir::{Hir, HirKind};

use crate::context::normalize;
use crate::rule::pattern::parse;
use crate::rule::{Pattern, Rule, Shape};

/// Beginnings of token runs and words of names in program text, each with its number in a million bytes. Only what is common
/// stands there: beginnings from 60 on, words from 30 on.
static HEADS: LazyLock<HashMap<&str, u32>> = LazyLock::new(|| table(include_str!("heads.txt")));
static WORDS: LazyLock<HashMap<&str, u32>> = LazyLock::new(|| table(include_str!("words.txt")));

/// Names such as `apikey`, one a line.
const GENERIC: &str = include_str!("generic.txt");

/// What stands behind many a key and is no credential.
const UUID: &[u8] = b"00112233-4455-4667-8899-aabbccddeeff";

fn table(text: &str) -> HashMap<&str, u32> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).filter_map(|(word, rate)| Some((word, rate.parse().ok()?))).collect()
}

/// What is wrong with a rule's anchors.
pub(super) fn problems(rule: &Rule) -> Vec<String> {
    match &rule.shape {
        Shape::Prefix(prefixes) => prefixes.iter().filter_map(|text| prefix(text)).collect(),
        Shape::Keyword { keywords, names } if names.is_empty() && rule.near.is_empty() => {
            let marked = rule.pattern.as_ref().is_some_and(is_marked);
            keywords.iter().filter(|_| !marked).filter_map(|word| keyword(word)).collect()
        }
        Shape::Host(hosts) => hosts.iter().filter(|host| !host.contains('.')).map(|name| host(name)).collect(),
        Shape::Infix(infixes) => infixes.iter().filter_map(|text| infix(text)).collect(),
        Shape::Keyword { .. }
        | Shape::Scheme(_)
        | Shape::Label(_)
        | Shape::File(_)
        | Shape::Finder(_)
        | Shape::Search { .. } => Vec::new(),
    }
}

fn prefix(text: &str) -> Option<String> {
    let word = normalize(text.as_bytes());
    if let Some(rate) = HEADS.get(text) {
        return Some(format!(
            "prefix `{text}` stands {rate} times in a million bytes of program text, and 60 are too many; \
             take more of the credential's fixed beginning, or `keywords`"
        ));
    }
    (word.len() == text.len() && is_common(&word)).then(|| {
        format!("prefix `{text}` is a common word; take more of the credential's fixed beginning, or `keywords`")
    })
}

fn infix(text: &str) -> Option<String> {
    // With a blank or a mark it is a command or a form of its own, however common its word is.
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (plain && is_common(&normalize(text.as_bytes())))
        .then(|| format!("infix `{text}` is a common word; take more of what stands around it"))
}

fn keyword(word: &str) -> Option<String> {
    is_common(word).then(|| {
        format!(
            "keyword `{word}` says nothing of the provider, and the pattern has no mark of its own; \
             add `near`, or `names` with a word of the provider, or take a keyword that names it"
        )
    })
}

fn host(name: &str) -> String {
    format!("host `{name}` has no dot and would be every host below it; name the provider's domain")
}

fn is_common(word: &str) -> bool {
    WORDS.contains_key(word) || GENERIC.lines().any(|generic| generic == word)
}

/// Whether every match holds a fixed character, and UUIDs, which are all alike, are none.
fn is_marked(pattern: &Pattern) -> bool {
    parse(pattern.source()).is_ok_and(|hir| holds_fixed(&hir)) && pattern.match_at(UUID, UUID.len()).is_none()
}

fn holds_fixed(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(_) => true,
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => false,
        HirKind::Repetition(repetition) => repetition.min > 0 && holds_fixed(&repetition.sub),
        HirKind::Capture(capture) => holds_fixed(&capture.sub),
        HirKind::Concat(parts) => parts.iter().any(holds_fixed),
        HirKind::Alternation(parts) => parts.iter().all(holds_fixed),
    }
}
