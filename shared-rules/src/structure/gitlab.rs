//! GitLab's routable tokens: prefix, base64url of random bytes and routing, `.01.`, two base36 digits with the length of that
//! base64url, and seven base36 digits with the CRC-32 of all before.
//! <https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/>,
//! code: `lib/authn/token_field/generator/routable_token.rb` of GitLab

use super::Verdict;

const DIGITS: usize = 7;

pub(super) fn judge(value: &[u8]) -> Verdict {
    let Some((body, digits)) = value.split_at_checked(value.len().wrapping_sub(DIGITS)) else { return Verdict::Wrong };
    // The part a model puts before the generated token (`glrt-`, `t1_`) is not always there yet when the checksum is made.
    let unprefixed = after(body, b'-');
    let starts = [body, unprefixed, after(unprefixed, b'_')];
    Verdict::checksum(starts.into_iter().any(|start| base36(crc32fast::hash(start)).as_bytes() == digits))
}

pub(super) fn tail(body: &[u8]) -> Option<String> {
    Some(base36(crc32fast::hash(body)))
}

/// What follows the first `mark` among the first bytes.
fn after(text: &[u8], mark: u8) -> &[u8] {
    const LONGEST_PREFIX: usize = 10;
    text.iter().take(LONGEST_PREFIX).position(|&byte| byte == mark).map_or(text, |at| &text[at + 1..])
}

/// Seven digits hold every 32-bit value.
fn base36(mut rest: u32) -> String {
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[rest as usize % 36];
        rest /= 36;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::base36;

    #[test]
    fn base36_is_zero_padded() {
        assert_eq!(base36(0), "0000000");
        assert_eq!(base36(35), "000000z");
        assert_eq!(base36(u32::MAX), "1z141z3");
    }
}
