//! CRC-32 (IEEE) at the end of a token, in the spellings that formats use. The functions without `judge` give what must stand
//! behind a body; what of the body they cover differs.

use super::Verdict;

/// Base62 with digits, upper, lower: GitHub, npm.
const UPPER_FIRST: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Base62 with digits, lower, upper: Apify, Deno.
const LOWER_FIRST: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Over what follows the last `_`.
pub(super) fn base62(body: &[u8]) -> String {
    base62_of(after_underscore(body), UPPER_FIRST)
}

/// Over all of it.
pub(super) fn base62_all(body: &[u8]) -> String {
    base62_of(body, LOWER_FIRST)
}

/// Between the prefix' last `_` and the checksum; a separating `_` right before the checksum belongs to neither.
pub(super) fn hex(body: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(after_underscore(body.strip_suffix(b"_").unwrap_or(body))))
}

/// Over all before the separating `_`, the four bytes in little-endian order.
pub(super) fn hex_le(body: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(body.strip_suffix(b"_").unwrap_or(body)).swap_bytes())
}

/// Over all of it, in capitals.
pub(super) fn upper_hex(body: &[u8]) -> String {
    format!("{:08X}", crc32fast::hash(body))
}

pub(super) fn judge_base62(value: &[u8]) -> Verdict {
    Verdict::checksum(ends_in(value, 6, |body, tail| tail == base62(body).as_bytes()))
}

pub(super) fn judge_base62_all(value: &[u8]) -> Verdict {
    Verdict::checksum(ends_in(value, 6, |body, tail| tail == base62_all(body).as_bytes()))
}

pub(super) fn judge_hex(value: &[u8]) -> Verdict {
    Verdict::checksum(ends_in(value, 8, |body, tail| tail.eq_ignore_ascii_case(hex(body).as_bytes())))
}

pub(super) fn judge_hex_le(value: &[u8]) -> Verdict {
    Verdict::checksum(ends_in(value, 8, |body, tail| tail.eq_ignore_ascii_case(hex_le(body).as_bytes())))
}

/// Eight hexadecimal digits or six of base62, over all before them or what follows the prefix. A dozen tries leave one chance
/// in hundreds of millions.
pub(super) fn judge_tail(value: &[u8]) -> Verdict {
    let covered = |body: &[u8], spelled: &dyn Fn(&[u8]) -> bool| {
        let bare = body.strip_suffix(b"=").or(body.strip_suffix(b"_")).unwrap_or(body);
        [body, bare, after_underscore(body), after_underscore(bare)].into_iter().any(spelled)
    };
    let hex =
        ends_in(value, 8, |body, tail| covered(body, &|part| tail.eq_ignore_ascii_case(upper_hex(part).as_bytes())));
    let base62 = ends_in(value, 6, |body, tail| {
        let spelled = |part: &[u8], digits| tail == base62_of(part, digits).as_bytes();
        covered(body, &|part| spelled(part, UPPER_FIRST) || spelled(part, LOWER_FIRST))
    });
    if hex || base62 { Verdict::Right } else { Verdict::Fits }
}

/// Whether the last `length` bytes are what the rest asks for.
fn ends_in(value: &[u8], length: usize, is: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    value.split_at_checked(value.len().wrapping_sub(length)).is_some_and(|(body, tail)| is(body, tail))
}

/// Six base62 digits, zero-padded: 62^6 holds every 32-bit value.
fn base62_of(body: &[u8], alphabet: &[u8; 62]) -> String {
    let mut rest = crc32fast::hash(body) as usize;
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = alphabet[rest % 62];
        rest /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

fn after_underscore(body: &[u8]) -> &[u8] {
    body.iter().rposition(|&byte| byte == b'_').map_or(body, |at| &body[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::{Verdict, base62, base62_of, hex, hex_le, judge_tail, upper_hex};

    #[test]
    fn spellings_of_the_standard_check_value() {
        // 0xCBF43926 is the published check value of CRC-32 for "123456789".
        assert_eq!(hex(b"123456789"), "cbf43926");
        assert_eq!(hex_le(b"123456789"), "2639f4cb");
        assert_eq!(upper_hex(b"123456789"), "CBF43926");
        assert_eq!(base62(b""), "000000");
    }

    #[test]
    fn an_undocumented_checksum_proves_when_right_and_says_nothing_when_wrong() {
        let body = b"acme_9dk2lw8fn3";
        for tail in [upper_hex(body), upper_hex(&body[5..]), base62(body), base62_of(body, super::LOWER_FIRST)] {
            let mut value = [body, tail.as_bytes()].concat();
            assert_eq!(judge_tail(&value), Verdict::Right, "{tail}");
            value[7] ^= 1;
            assert_eq!(judge_tail(&value), Verdict::Fits, "{tail}");
        }
    }
}
