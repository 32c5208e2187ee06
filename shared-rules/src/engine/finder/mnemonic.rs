//! Wallet seed phrases: words of one list that follow a name such as `mnemonic` or `seed phrase`, on one line, in an array, numbered.

use crate::engine::{Engine, confirm};
use crate::finding::{Evidence, Match};
use crate::rule::{Confidence, Finder};
use crate::secret::Secret;
use crate::structure::phrase_at;

/// Names that lead to one, at the start of a word in any case, and the usual ones that are written together.
pub(in crate::engine) const NAMES: &[&str] = &[
    "mnemonic",
    "seed",
    "phrase",
    "passphrase",
    "keyphrase",
    "secretphrase",
    "recoveryphrase",
    "backupphrase",
    "walletphrase",
    "walletseed",
    "walletmnemonic",
    "masterseed",
];

/// From such a word to the phrase, in bytes: the rest of the name, a type, a count in parentheses, a line end.
const LONGEST_GAP: usize = 48;

/// The phrase behind the name word that ends at `at`.
pub(in crate::engine) fn find(engine: &Engine, bytes: &[u8], at: usize) -> Option<Match> {
    let rule = engine.index.finders(Finder::Mnemonic).next()?;
    let end = bytes.len().min(at + LONGEST_GAP);
    let starts = |&start: &usize| bytes[start].is_ascii_lowercase() && !bytes[start - 1].is_ascii_alphanumeric();
    let phrase = (at + 1..end).filter(starts).find_map(|start| phrase_at(bytes, start))?;
    let start = bytes[..at].iter().rposition(|byte| !is_name(*byte)).map_or(0, |index| index + 1);
    let length = bytes[start..].iter().position(|byte| !is_name(*byte)).unwrap_or_default();
    let confidence = engine.catalogue.rule(rule).confidence;
    let (evidence, confidence) = match phrase.right {
        true => (Evidence::Checksum, Confidence::High),
        false => (Evidence::Shape, confidence.min(Confidence::Medium)),
    };
    Some(Match {
        rule,
        span: phrase.span,
        secret: Secret::new(phrase.words.as_bytes()),
        evidence,
        confidence,
        checksum: Some(phrase.right),
        expires: None,
        name: confirm::plain_name(&bytes[start..start + length]),
        trail: Vec::new(),
        member: None,
        prefix: String::new(),
    })
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
