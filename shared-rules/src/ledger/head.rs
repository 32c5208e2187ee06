//! A head: where the ledger stood, signed. Sent elsewhere, it tells later whether what it saw is still there.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::Link;
use crate::sign::{PrivateKey, PublicKey, Purpose, SIGNATURE_LETTERS};

/// How every head begins.
const MARK: &str = "keyward-head/1";

/// Places in one line where a head is looked for.
const MOST_IN_LINE: usize = 10;

/// Most heads kept; the newest are the ones that count.
const MOST_HEADS: usize = 1 << 20;

/// A head as its text says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number and hash of the ledger's last line.
    pub link: Link,
    /// When, UTC.
    pub time: String,
    signature: String,
}

impl Head {
    /// Signs where the ledger stands.
    pub fn sign(link: &Link, time: &str, key: &PrivateKey) -> Head {
        let signature = key.sign(Purpose::Head, said(link, time).as_bytes());
        Head { link: link.clone(), time: time.to_owned(), signature }
    }

    /// What looks like heads in a line, whatever a log has put before and after it, be it half a head.
    pub fn find(line: &str) -> Vec<Head> {
        let places = line.match_indices(MARK).take(MOST_IN_LINE);
        places.filter_map(|(at, _)| Head::read(&line[at + MARK.len()..])).collect()
    }

    fn read(text: &str) -> Option<Head> {
        let mut words = text.split_ascii_whitespace();
        let (number, hash, time, signature) = (words.next()?, words.next()?, words.next()?, words.next()?);
        let hash_fits = hash.len() == 64 && HEXLOWER.decode(hash.as_bytes()).is_ok();
        if !hash_fits || time.len() > 40 || signature.len() != SIGNATURE_LETTERS {
            return None;
        }
        let link = Link { number: number.parse().ok()?, hash: hash.to_owned() };
        Some(Head { link, time: time.to_owned(), signature: signature.to_owned() })
    }

    /// Whether one of these keys signed it.
    pub fn is_of(&self, keys: &[PublicKey]) -> bool {
        let said = said(&self.link, &self.time);
        keys.iter().any(|key| key.verifies(Purpose::Head, said.as_bytes(), &self.signature))
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{MARK} {} {}", said(&self.link, &self.time), self.signature)
    }
}

fn said(link: &Link, time: &str) -> String {
    format!("{} {} {time}", link.number, link.hash)
}

/// Heads to compare a ledger with, by the number of the line they saw.
#[derive(Clone, Debug, Default)]
pub struct Heads {
    pub(super) by_number: BTreeMap<u64, Vec<Head>>,
    /// Heads with the signature of one of the keys.
    pub signed: usize,
    /// Heads with nobody's.
    pub foreign: usize,
}

impl Heads {
    /// Adds every head in a log that one of these keys signed; anybody may write to a log, so others are counted alone.
    pub fn add(&mut self, log: &str, keys: &[PublicKey]) {
        for found in log.lines().map(Head::find).filter(|found| !found.is_empty()) {
            match found.into_iter().find(|head| head.is_of(keys)) {
                Some(head) => self.keep(head),
                None => self.foreign += 1,
            }
        }
    }

    fn keep(&mut self, head: Head) {
        self.signed += 1;
        let same = self.by_number.entry(head.link.number).or_default();
        if !same.iter().any(|known| known.link.hash == head.link.hash) {
            same.push(head);
        }
        if self.by_number.len() > MOST_HEADS {
            self.by_number.pop_first();
        }
    }

    /// The one that saw most.
    pub fn newest(&self) -> Option<&Head> {
        self.by_number.last_key_value().and_then(|(_, heads)| heads.first())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Head, Heads};
    use crate::ledger::Link;
    use crate::sign::PrivateKey;

    fn link(number: u64) -> Link {
        Link { number, hash: "ab".repeat(32) }
    }

    #[test]
    fn a_head_is_found_in_a_line_of_a_log() {
        let key = PrivateKey::new(&[1; 32]);
        let head = Head::sign(&link(12), "2026-12-01T10:44:31Z", &key);
        let line = format!("Dec  1 10:44:31 git keyward[77]: {head} and more");
        assert_eq!(Head::find(&line), std::slice::from_ref(&head));
        let torn = head.to_string();
        for cut in 0..torn.len() {
            let mut heads = Heads::default();
            heads.add(&format!("{}{head}", &torn[..cut]), &[key.public()]);
            assert_eq!((heads.signed, heads.foreign), (1, 0), "cut at {cut}");
        }
        assert_eq!(Head::find(&"keyward-head/1 ".repeat(1000)), []);
        assert!(head.is_of(&[key.public()]) && !head.is_of(&[PrivateKey::new(&[2; 32]).public()]));
    }

    #[test]
    fn only_signed_heads_are_kept_and_others_counted() {
        let (key, other) = (PrivateKey::new(&[1; 32]), PrivateKey::new(&[2; 32]));
        let mine = [3, 9, 9].map(|number| Head::sign(&link(number), "t", &key).to_string());
        let log = format!("{}\nnoise\n{}\n", mine.join("\n"), Head::sign(&link(50), "t", &other));
        let mut heads = Heads::default();
        heads.add(&log, &[key.public()]);
        assert_eq!((heads.signed, heads.foreign, heads.by_number.len()), (3, 1, 2));
        assert_eq!(heads.newest().map(|head| head.link.number), Some(9));
        let changed = mine[0].replace("keyward-head/1 3", "keyward-head/1 4");
        heads.add(&changed, &[key.public()]);
        assert_eq!((heads.signed, heads.foreign), (3, 2));
    }

    proptest! {
        #[test]
        fn no_log_panics(log in "(keyward-head/1)? ?[0-9]{0,21} ?[0-9a-f]{0,65} ?[ -~]{0,120}\n?") {
            Heads::default().add(&log, &[PrivateKey::new(&[1; 32]).public()]);
        }
    }
}
