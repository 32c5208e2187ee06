//! Microsoft Entra ID client secrets: 40 characters with `8Q~` from the fourth on, the last three being the first of six digits of a
//! Marvin32 checksum. The form before, with `7Q~`, has none.
//! <https://github.com/microsoft/security-utilities>, `IdentifiableMetadata.cs`

use super::{Verdict, marvin};

const BODY: usize = 37;

const SEED: u64 = u64::from_be_bytes(*b"AadPwd00");

const DIGITS: &[u8; 66] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890.-_~";

pub(super) fn judge(value: &[u8]) -> Verdict {
    match value.get(3..6) {
        Some(b"8Q~") => {}
        Some(b"7Q~") => return Verdict::Fits,
        _ => return Verdict::Foreign,
    }
    let split = value.split_at_checked(BODY);
    Verdict::checksum(split.is_some_and(|(body, digits)| tail(body).is_some_and(|right| right.as_bytes() == digits)))
}

pub(super) fn tail(body: &[u8]) -> Option<String> {
    let mut rest = marvin::hash32(body, SEED) as usize;
    let mut digits = [DIGITS[0]; 6];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[rest % DIGITS.len()];
        rest /= DIGITS.len();
    }
    (body.len() == BODY).then(|| digits[..3].iter().map(|&digit| char::from(digit)).collect())
}

#[cfg(test)]
mod tests {
    use super::{Verdict, judge};

    #[test]
    fn the_repeated_letter_of_microsofts_own_tests_holds() {
        let secret = |tail: &str| format!("zzz8Q~{}{tail}", "z".repeat(31));
        assert_eq!(judge(secret("blP").as_bytes()), Verdict::Right);
        assert_eq!(judge(secret("blQ").as_bytes()), Verdict::Wrong);
        assert_eq!(judge(format!("yyy7Q~{}", "y".repeat(31)).as_bytes()), Verdict::Fits);
    }
}
