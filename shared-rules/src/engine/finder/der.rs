//! Keys in binary: DER private keys, PKCS#12 containers, Java keystores; as files, or as base64 without armour.

use std::ops::Range;

use crate::engine::Engine;
use crate::finding::Match;
use crate::rule::{Confidence, Finder};

/// Bytes of a key that identify it: its head holds version, algorithm and the first numbers.
const IDENTITY: usize = 4096;

/// Object identifiers in an encrypted PKCS#8 key: PBES2, and the PKCS#5 and PKCS#12 schemes before it.
const ENCRYPTION: &[&[u8]] = &[b"\x2a\x86\x48\x86\xf7\x0d\x01\x05", b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"];

/// Object identifiers of keys: RSA, elliptic curves, Ed25519 and its kin, DSA.
const KEYS: &[&[u8]] = &[
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01",
    b"\x2a\x86\x48\xce\x3d\x02\x01",
    b"\x2b\x65",
    b"\x2a\x86\x48\xce\x38\x04\x01",
];

/// Object identifier of PKCS#12's key bags, without the last number: 1 is a key in the clear, 2 a shrouded one.
const KEY_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";

/// What binary key material is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Kind {
    PrivateKey { encrypted: bool },
    Pkcs12,
    JavaKeystore,
}

/// What the bytes are, from their first few dozen.
pub(in crate::engine) fn kind(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(b"\xfe\xed\xfe\xed\0\0\0") || bytes.starts_with(b"\xce\xce\xce\xce\0\0\0") {
        return holds_keys(bytes).then_some(Kind::JavaKeystore);
    }
    let (body, length) = sequence(bytes)?;
    // A key's outer length says how long it is; text that happens to begin like one does not fit.
    if length < 40 || bytes.len() < length / 2 || bytes.len() > length + 600 {
        return None;
    }
    let key = |rest: &[u8]| sequence(rest).is_some_and(|(algorithm, _)| is_one_of(algorithm, KEYS));
    match body {
        // PKCS#8 has an algorithm behind its version, PKCS#1 the modulus.
        [2, 1, 0 | 1, rest @ ..] if key(rest) => Some(Kind::PrivateKey { encrypted: false }),
        [2, 1, 0, 2, 0x21..=0x7f | 0x81 | 0x82, ..] => Some(Kind::PrivateKey { encrypted: false }),
        // SEC 1: the private number in an octet string.
        [2, 1, 1, 4, 20..=66, ..] => Some(Kind::PrivateKey { encrypted: false }),
        [2, 1, 3, 0x30, ..] => Some(Kind::Pkcs12),
        _ => {
            let (algorithm, _) = sequence(body)?;
            is_one_of(algorithm, ENCRYPTION).then_some(Kind::PrivateKey { encrypted: true })
        }
    }
}

/// Entries of a Java keystore that are looked at.
const MOST_ENTRIES: usize = 1000;

/// Whether a Java keystore has an entry for a private or secret key among those for certificates to trust.
fn holds_keys(bytes: &[u8]) -> bool {
    let number = |at: usize, length: usize| {
        bytes.get(at..at + length).map(|bytes| bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    };
    // Magic, version and count; then of each entry tag, alias, date, and of a certificate its type and its bytes.
    let mut at = 12;
    for _ in 0..MOST_ENTRIES.min(number(8, 4).unwrap_or(0)) {
        match number(at, 4) {
            Some(1 | 3) => return true,
            Some(2) => {}
            _ => return false,
        }
        let Some(alias) = number(at + 4, 2) else { return false };
        let after_date = at + 4 + 2 + alias + 8;
        let Some(kind) = number(after_date, 2) else { return false };
        let Some(certificate) = number(after_date + 2 + kind, 4) else { return false };
        at = after_date + 2 + kind + 4 + certificate;
    }
    false
}

/// Whether the bytes are a whole private key in the clear (`Some(true)`), a torn one (`Some(false)`) or none.
pub(super) fn is_private_key(bytes: &[u8]) -> Option<bool> {
    let (body, length) = sequence(bytes)?;
    let key = matches!(body, [2, 1, 0 | 1, 2 | 4 | 0x30, ..]);
    key.then_some(bytes.len() * 10 >= length * 8)
}

/// Content of the SEQUENCE that `bytes` begin with, as far as it is there, and its length as told.
fn sequence(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (length, head) = match *bytes {
        [0x30, length @ 0..0x80, ..] => (usize::from(length), 2),
        [0x30, 0x81, length, ..] => (usize::from(length), 3),
        [0x30, 0x82, high, low, ..] => (usize::from(high) << 8 | usize::from(low), 4),
        [0x30, 0x80, ..] => (bytes.len(), 2),
        _ => return None,
    };
    Some((&bytes[head..], length))
}

fn is_one_of(algorithm: &[u8], identifiers: &[&[u8]]) -> bool {
    let [6, _, identifier @ ..] = algorithm else { return false };
    identifiers.iter().any(|known| identifier.starts_with(known))
}

/// The match of the rule for this kind of key.
pub(in crate::engine) fn matched(engine: &Engine, kind: Kind, bytes: &[u8], span: Range<usize>) -> Option<Match> {
    let finder = match kind {
        Kind::PrivateKey { .. } => Finder::PrivateKeyDer,
        Kind::Pkcs12 => Finder::Pkcs12,
        Kind::JavaKeystore => Finder::JavaKeystore,
    };
    let rule = engine.index.finders(finder).next()?;
    // A PKCS#12 container that names no key bag holds certificates, or hides what it holds.
    let bag = |at: usize| matches!(bytes.get(at + KEY_BAG.len()), Some(1 | 2));
    let keyless = kind == Kind::Pkcs12 && !memchr::memmem::find_iter(bytes, KEY_BAG).any(bag);
    let encrypted = kind == Kind::PrivateKey { encrypted: true };
    let confidence = match (keyless, encrypted) {
        (true, _) => Confidence::Low,
        (_, true) => Confidence::Medium,
        _ => engine.catalogue.rule(rule).confidence,
    };
    Some(Match::of(rule, span, &bytes[..bytes.len().min(IDENTITY)], confidence))
}

#[cfg(test)]
mod tests {
    use super::{Kind, kind};

    fn der(body: &[u8]) -> Vec<u8> {
        let length = body.len() as u16;
        [&[0x30, 0x82][..], &length.to_be_bytes(), body].concat()
    }

    #[test]
    fn keys_are_told_from_certificates_and_public_keys() {
        let filler = [0x5a; 200];
        let rsa = [&[0x30, 13, 6, 9][..], b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", &[5, 0]].concat();
        let open = Kind::PrivateKey { encrypted: false };
        assert_eq!(kind(&der(&[&[2, 1, 0][..], &rsa, &filler].concat())), Some(open));
        assert_eq!(kind(&der(&[&[2, 1, 0, 2, 0x82, 1, 1, 0][..], &filler].concat())), Some(open));
        assert_eq!(kind(&der(&[&[2, 1, 1, 4, 32][..], &filler].concat())), Some(open));
        assert_eq!(kind(&der(&[&[2, 1, 3, 0x30, 0x82][..], &filler].concat())), Some(Kind::Pkcs12));
        assert_eq!(kind(&der(&[&rsa[..], &[3, 0x82], &filler].concat())), None);
        assert_eq!(kind(&der(&[&[0x30, 0x82, 1, 2, 0xa0, 3, 2, 1, 2][..], &filler].concat())), None);
        let pbes2 = [&[0x30, 64, 6, 9][..], b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"].concat();
        assert_eq!(kind(&der(&[&pbes2[..], &filler].concat())), Some(Kind::PrivateKey { encrypted: true }));
        assert_eq!(kind(b"0\x82"), None);
    }
}
