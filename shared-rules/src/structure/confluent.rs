//! Confluent Cloud API secrets: `cflt`, 54 characters, and as six base64 digits their CRC-32 in little-endian order.
//! <https://docs.confluent.io/cloud/current/security/authenticate/workload-identities/service-accounts/api-keys/overview.html>

use data_encoding::BASE64_NOPAD;

use super::Verdict;

const PREFIX: &[u8] = b"cflt";
const DIGITS: usize = 6;

pub(super) fn judge(value: &[u8]) -> Verdict {
    let split = value.split_at_checked(value.len().wrapping_sub(DIGITS));
    Verdict::checksum(split.is_some_and(|(body, digits)| tail(body).is_some_and(|right| right.as_bytes() == digits)))
}

pub(super) fn tail(body: &[u8]) -> Option<String> {
    let covered = body.strip_prefix(PREFIX)?;
    Some(BASE64_NOPAD.encode(&crc32fast::hash(covered).to_le_bytes()))
}

#[cfg(test)]
mod tests {
    use super::tail;

    #[test]
    fn the_digits_of_the_documented_example() {
        // The example of the documentation in two parts, so that nothing here looks like a secret.
        let body = ["cfltT8d8RzkNseTMEDKcjNM1BZTFPHq", "Rn/dQm9q7w6SjzZ12wZfwjaJdip"].concat();
        assert_eq!(tail(body.as_bytes()).as_deref(), Some("HZtDjw"));
    }
}
