//! Macaroons in binary format version 2, as PyPI issues them.
//! <https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt>

use super::Verdict;
use crate::decode;

const LOCATION: u64 = 1;
const IDENTIFIER: u64 = 2;
const SIGNATURE: u64 = 6;
const END_OF_SECTION: u64 = 0;
const SIGNATURE_BYTES: usize = 32;

pub(super) fn judge(value: &[u8]) -> Verdict {
    Verdict::decoded(is_macaroon(value))
}

/// Whether the base64 that opens with version 2 ("Ag") inside `value` is one whole macaroon.
fn is_macaroon(value: &[u8]) -> bool {
    let Some(start) = value.windows(2).position(|window| window == b"Ag") else { return false };
    decode::base64(&value[start..]).is_some_and(|bytes| bytes.first() == Some(&2) && parses(&bytes[1..]).is_some())
}

fn parses(mut rest: &[u8]) -> Option<()> {
    let mut field = |expected: &[u64]| -> Option<(u64, usize)> {
        let kind = varint(&mut rest)?;
        if !expected.contains(&kind) {
            return None;
        }
        if kind == END_OF_SECTION {
            return Some((kind, 0));
        }
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        rest = rest.get(length..)?;
        Some((kind, length))
    };
    if field(&[LOCATION, IDENTIFIER])?.0 == LOCATION {
        field(&[IDENTIFIER])?;
    }
    field(&[END_OF_SECTION])?;
    // Each caveat is an identifier, with a location and a verification id if a third party discharges it.
    while field(&[LOCATION, IDENTIFIER, END_OF_SECTION])?.0 != END_OF_SECTION {
        while field(&[IDENTIFIER, 4, END_OF_SECTION])?.0 != END_OF_SECTION {}
    }
    let (_, length) = field(&[SIGNATURE])?;
    (length == SIGNATURE_BYTES).then_some(())
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::is_macaroon;

    fn token(signature: usize) -> Vec<u8> {
        let mut bytes = vec![2, 1, 8];
        bytes.extend(b"acme.org");
        bytes.extend([2, 3, b'i', b'd', b'!', 0]);
        bytes.extend([2, 4, b'r', b'u', b'l', b'e', 0, 0]);
        bytes.extend([6, signature as u8]);
        bytes.extend(vec![7; signature]);
        format!("pypi-{}", URL_SAFE_NO_PAD.encode(bytes)).into_bytes()
    }

    #[test]
    fn a_whole_macaroon_is_one_and_a_cut_one_is_not() {
        assert!(is_macaroon(&token(32)));
        assert!(!is_macaroon(&token(31)));
        assert!(!is_macaroon(&token(32)[..40]));
    }
}
