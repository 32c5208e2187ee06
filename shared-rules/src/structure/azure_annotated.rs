//! Microsoft's common annotated security keys of 84 or 88 characters: random, `JQQJ99` at 52, date, platform and provider data, the
//! provider's signature at 76, and a Marvin32 checksum from 80 on, written in base62 (in base64 by the first of them).
//! <https://github.com/microsoft/security-utilities>, `IdentifiableSecrets.cs` and `LegacyCommonAnnotatedSecurityKey.cs`

use data_encoding::{BASE64, BASE64_NOPAD};

use super::{Verdict, marvin};

/// Where the checksum begins.
const BODY: usize = 80;

const SEED: u64 = u64::from_be_bytes(*b"Default0");

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Microsoft's own library tells these keys by their marks alone, so a wrong checksum says nothing.
pub(super) fn judge(value: &[u8]) -> Verdict {
    let Some((body, digits)) = value.split_at_checked(BODY) else { return Verdict::Foreign };
    let right = checksum(body).is_some_and(|checksum| match digits.len() {
        4 => base62(checksum).starts_with(digits) || BASE64.encode(&checksum[..3]).as_bytes() == digits,
        8 => [long(checksum), BASE64.encode(&checksum)].iter().any(|right| right.as_bytes() == digits),
        _ => false,
    });
    if right { Verdict::Right } else { Verdict::Fits }
}

/// The four characters of the short form.
pub(super) fn tail(body: &[u8]) -> Option<String> {
    let digits = base62(checksum(body).filter(|_| body.len() == BODY)?);
    Some(digits[..4].iter().map(|&digit| char::from(digit)).collect())
}

fn checksum(body: &[u8]) -> Option<[u8; 4]> {
    Some(marvin::hash32(&BASE64.decode(body).ok()?, SEED).to_le_bytes())
}

/// The long form: of the sixth digit only the bits are kept that fit into four bytes.
fn long(checksum: [u8; 4]) -> String {
    let mut digits = base62(checksum);
    let last = BASE64_NOPAD.decode(&[b'A', b'A', b'A', digits[5]]).map_or(0, |bytes| bytes[2] & 0x30);
    digits[5] = BASE64_NOPAD.encode(&[0, 0, last]).as_bytes()[3];
    format!("{}==", digits.map(char::from).iter().collect::<String>())
}

/// The four bytes as one big-endian number, most significant digit first; one `0` for each leading zero byte, the rest of the six
/// filled with `0` at the end.
fn base62(checksum: [u8; 4]) -> [u8; 6] {
    let mut rest = u32::from_be_bytes(checksum) as usize;
    let mut digits = Vec::new();
    while rest > 0 || digits.is_empty() {
        digits.push(DIGITS[rest % 62]);
        rest /= 62;
    }
    let zeros = checksum.iter().take(3).take_while(|&&byte| byte == 0).count();
    digits.extend(std::iter::repeat_n(b'0', zeros));
    digits.reverse();
    let mut filled = [b'0'; 6];
    filled.iter_mut().zip(digits).for_each(|(place, digit)| *place = digit);
    filled
}

#[cfg(test)]
mod tests {
    use super::{Verdict, base62, judge, long, tail};

    #[test]
    fn the_long_form_holds_six_digits_of_which_the_short_has_four() {
        let body = format!("{}JQQJ99AE{}ACOG", "H".repeat(52), "A".repeat(16));
        let short = tail(body.as_bytes()).expect("a whole body");
        let digits = long(super::checksum(body.as_bytes()).expect("base64"));
        assert!(digits.starts_with(&short) && digits.ends_with("=="), "{digits}");
        assert_eq!(judge(format!("{body}{short}").as_bytes()), Verdict::Right);
        assert_eq!(judge(format!("{body}{digits}").as_bytes()), Verdict::Right);
        assert_eq!(judge(format!("{body}0000").as_bytes()), Verdict::Fits);
    }

    #[test]
    fn leading_zero_bytes_are_digits_and_the_end_is_filled() {
        assert_eq!(&base62([0, 0, 0, 1]), b"000100");
        assert_eq!(&base62([0, 0, 0, 0]), b"000000");
        assert_eq!(&base62([0xff, 0xff, 0xff, 0xff]), b"4gfFC3");
        assert_eq!(long([0xff, 0xff, 0xff, 0xff]), "4gfFCw==");
    }
}
