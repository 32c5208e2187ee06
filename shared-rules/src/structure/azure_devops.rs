//! Azure DevOps personal access tokens in their older form: 52 lower-case base32 characters, 32 bytes, of which four hold a
//! CRC-32 that differs between users' and applications' tokens.
//! <https://github.com/microsoft/security-utilities>, `SEC101_102_AdoPat.cs` and `IdentifiableMetadata.cs`

use data_encoding::BASE32_NOPAD;

use super::Verdict;

const BYTES: usize = 32;

/// Where the checksum's bytes stand, least significant first.
const PLACES: [usize; 4] = [22, 8, 7, 2];

/// What the checksum is combined with: tokens of users, of applications.
const KINDS: [u32; 2] = [0xe0b9_692d, 0x1019_f92e];

pub(super) fn judge(value: &[u8]) -> Verdict {
    let bytes: Option<[u8; BYTES]> =
        BASE32_NOPAD.decode(&value.to_ascii_uppercase()).ok().and_then(|bytes| bytes.try_into().ok());
    let right = bytes.is_some_and(|bytes| {
        let said = u32::from_le_bytes(PLACES.map(|place| bytes[place]));
        KINDS.iter().any(|kind| said == checksum(&bytes) ^ kind)
    });
    Verdict::checksum(right)
}

pub(super) fn make(random: &[u8; 64]) -> String {
    let mut bytes: [u8; BYTES] = std::array::from_fn(|index| random[index]);
    let checksum = (checksum(&bytes) ^ KINDS[0]).to_le_bytes();
    PLACES.iter().zip(checksum).for_each(|(&place, byte)| bytes[place] = byte);
    BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
}

/// Over all bytes but its own.
fn checksum(bytes: &[u8; BYTES]) -> u32 {
    let covered: Vec<u8> =
        bytes.iter().enumerate().filter(|(index, _)| !PLACES.contains(index)).map(|(_, &byte)| byte).collect();
    crc32fast::hash(&covered)
}
