//! Base58 whose last four bytes are the first of the double SHA-256 of all before: WIF, extended keys, seeds.
//! <https://en.bitcoin.it/wiki/Base58Check_encoding>

use sha2::{Digest, Sha256};

use super::Verdict;

const CHECKSUM_BYTES: usize = 4;

/// Longest value worth decoding, in bytes: the time grows with its square. Extended keys have 111.
const LONGEST: usize = 200;

/// The order of the 58 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Bitcoin's, and nearly everybody's.
    Bitcoin,
    /// That of the XRP Ledger.
    Xrp,
}

impl Alphabet {
    fn digits(self) -> &'static bs58::Alphabet {
        match self {
            Alphabet::Bitcoin => bs58::Alphabet::BITCOIN,
            Alphabet::Xrp => bs58::Alphabet::RIPPLE,
        }
    }
}

pub(super) fn judge(value: &[u8]) -> Verdict {
    Verdict::checksum(holds(value, Alphabet::Bitcoin))
}

pub(super) fn judge_xrp(value: &[u8]) -> Verdict {
    Verdict::checksum(holds(value, Alphabet::Xrp))
}

fn holds(value: &[u8], alphabet: Alphabet) -> bool {
    let decoded = Some(value)
        .filter(|value| value.len() <= LONGEST)
        .and_then(|value| bs58::decode(value).with_alphabet(alphabet.digits()).into_vec().ok())
        .unwrap_or_default();
    decoded.split_last_chunk().is_some_and(|(payload, tail)| !payload.is_empty() && checksum(payload) == *tail)
}

/// The text of `payload`, version bytes included.
pub(crate) fn encode(payload: &[u8], alphabet: Alphabet) -> String {
    let bytes = [payload, &checksum(payload)].concat();
    bs58::encode(bytes).with_alphabet(alphabet.digits()).into_string()
}

fn checksum(payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::digest(Sha256::digest(payload));
    std::array::from_fn(|index| digest[index])
}

#[cfg(test)]
mod tests {
    use super::{Alphabet, Verdict, encode, judge, judge_xrp};

    #[test]
    fn the_addresses_of_the_specifications_hold() {
        // Public addresses: the first block's, and the XRP Ledger's account zero and genesis account.
        assert_eq!(judge(b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), Verdict::Right);
        assert_eq!(judge_xrp(b"rrrrrrrrrrrrrrrrrrrrrhoLvTp"), Verdict::Right);
        assert_eq!(judge_xrp(b"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"), Verdict::Right);
        assert_eq!(judge(b"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"), Verdict::Wrong);
    }

    #[test]
    fn version_bytes_give_the_known_beginnings() {
        let key = |head: &[u8], length: usize| encode(&[head, &vec![7; length]].concat(), Alphabet::Bitcoin);
        assert!(key(&[0x80], 32).starts_with('5'));
        assert!(key(&[0x04, 0x88, 0xad, 0xe4], 74).starts_with("xprv"));
        assert!(key(&[13, 15, 58, 7], 32).starts_with("edsk"));
    }
}
