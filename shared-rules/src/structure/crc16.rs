//! Base32 without padding whose last two bytes are the CRC-16/XMODEM, little-endian, of all before: seeds of NATS and Stellar.
//! <https://github.com/nats-io/nkeys/blob/main/strkey.go>,
//! <https://github.com/stellar/stellar-protocol/blob/master/ecosystem/sep-0023.md>

use crc::{CRC_16_XMODEM, Crc};
use data_encoding::BASE32_NOPAD;

use super::Verdict;

const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// The seed of an Ed25519 key, which both formats hold: shorter values are none.
const SEED_BYTES: usize = 32;

pub(super) fn judge(value: &[u8]) -> Verdict {
    // Bits behind the last byte must be zero, or several texts would be one key.
    let bytes = BASE32_NOPAD.decode(value).unwrap_or_default();
    let right = bytes
        .split_last_chunk()
        .is_some_and(|(data, &crc)| data.len() > SEED_BYTES && CRC.checksum(data) == u16::from_le_bytes(crc));
    Verdict::checksum(right)
}

/// Bits that `body` leaves open up to its next whole byte become zero.
pub(super) fn tail(body: &[u8]) -> Option<String> {
    let whole = (body.len() * 5).div_ceil(8);
    let mut padded = body.to_vec();
    padded.resize(body.len().next_multiple_of(8), b'A');
    let mut bytes = BASE32_NOPAD.decode(&padded).ok()?;
    bytes.truncate(whole);
    bytes.extend(CRC.checksum(&bytes).to_le_bytes());
    Some(BASE32_NOPAD.encode(&bytes)[body.len()..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::CRC;

    #[test]
    fn the_published_check_value() {
        assert_eq!(CRC.checksum(b"123456789"), 0x31c3);
    }
}
