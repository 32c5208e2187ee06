//! Bech32, BIP-173: a readable part, `1`, base32 and six digits of checksum, all in one case.
//! <https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki>

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};

use super::Verdict;

pub(super) fn judge(value: &[u8]) -> Verdict {
    let text = std::str::from_utf8(value);
    Verdict::checksum(text.is_ok_and(|text| CheckedHrpstring::new::<Bech32>(text).is_ok()))
}

/// `data` behind `readable`, in capitals if that is.
pub(crate) fn encode(readable: &str, data: &[u8]) -> Option<String> {
    let part = Hrp::parse(readable).ok()?;
    let capitals = readable.bytes().any(|byte| byte.is_ascii_uppercase());
    let text =
        if capitals { bech32::encode_upper::<Bech32>(part, data) } else { bech32::encode_lower::<Bech32>(part, data) };
    text.ok()
}

#[cfg(test)]
mod tests {
    use super::{Verdict, encode, judge};

    #[test]
    fn the_vectors_of_the_specification() {
        for valid in ["A12UEL5L", "a12uel5l", "?1ezyfcl", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"] {
            assert_eq!(judge(valid.as_bytes()), Verdict::Right, "{valid}");
        }
        for invalid in ["A1G7SGD8", "10a06t8", "1qzzfhee", "a12UEL5L", "x1b4n0q5v", "li1dgmt3"] {
            assert_eq!(judge(invalid.as_bytes()), Verdict::Wrong, "{invalid}");
        }
    }

    #[test]
    fn case_follows_the_readable_part() {
        assert!(
            encode("ACME-KEY-", &[1; 32])
                .is_some_and(|text| text.starts_with("ACME-KEY-1QYQS") && !text.contains(char::is_lowercase))
        );
        assert_eq!(encode("", &[1; 32]), None);
    }
}
