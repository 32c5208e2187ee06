//! CRC-32 (IEEE) in the spellings that token formats use.

/// Base62 with digits, upper, lower: GitHub, npm.
pub(super) const UPPER_FIRST: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Base62 with digits, lower, upper: Apify, Deno.
pub(super) const LOWER_FIRST: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Six base62 digits, zero-padded: 62^6 holds every 32-bit value.
pub(super) fn base62(body: &[u8], alphabet: &[u8; 62]) -> String {
    let mut rest = crc32fast::hash(body) as usize;
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = alphabet[rest % 62];
        rest /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

/// Eight lower-case hexadecimal digits.
pub(super) fn hex(body: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(body))
}

/// The same with the four bytes in little-endian order.
pub(super) fn hex_little_endian(body: &[u8]) -> String {
    format!("{:08x}", crc32fast::hash(body).swap_bytes())
}

#[cfg(test)]
mod tests {
    use super::{UPPER_FIRST, base62, hex, hex_little_endian};

    #[test]
    fn spellings_of_the_standard_check_value() {
        // 0xCBF43926 is the published check value of CRC-32 for "123456789".
        assert_eq!(hex(b"123456789"), "cbf43926");
        assert_eq!(hex_little_endian(b"123456789"), "2639f4cb");
        assert_eq!(base62(b"", UPPER_FIRST), "000000");
    }
}
