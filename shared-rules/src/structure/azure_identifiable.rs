//! Microsoft's older identifiable keys: base64 of 32, 39, 40 or 64 bytes, a four-character signature before the last six
//! digits, a Marvin32 checksum in the last four bytes. The seed tells what the key is for.
//! <https://github.com/microsoft/security-utilities>, `IdentifiableSecrets.cs` and `IdentifiableMetadata.cs`

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

use super::{Verdict, marvin};

const CHECKSUM_BYTES: usize = 4;
const SIGNATURE: usize = 4;

type Seed = &'static [u8; 8];

/// Keys of the messaging services share their seeds.
const MESSAGING: &[Seed] = &[b"Send0000", b"Listen00", b"Manage00", b"System00", b"Unknown0"];

/// Signatures, and the seeds of the keys that carry them.
const SIGNATURES: &[(&[u8; SIGNATURE], &[Seed])] = &[
    (b"+ASt", &[b"Default0"]),
    (b"ACDb", &[b"MastRW00", b"MastRO00", b"SystRW00", b"SystRO00", b"SysAll00", b"Resour00", b"Encryp00"]),
    (b"+ABa", &[b"AbAcct00"]),
    // The subscription's seed is the same as IoT Hub's.
    (b"APIM", &[b"IoTHub00", b"Tenant00", b"Gatewy00", b"GitKey00"]),
    (b"+AMC", &[b"Classic0"]),
    (b"+ASb", MESSAGING),
    (b"+AEh", MESSAGING),
    (b"+ARm", MESSAGING),
    (b"AIoT", &[b"IoTHub00", b"DpsKey00", b"Device00"]),
    (REDIS, &[b"Access00"]),
    (b"AZEG", &[b"SendRecv"]),
    (b"AzSe", &[b"PAdmin00", b"Query000"]),
    (b"+ACR", &[b"ACRDflt0"]),
    (b"AzFu", &[b"Functi00", b"Master00", b"System00"]),
];

/// Azure Cache for Redis replaces marks by letters after the checksum is made, so a wrong one says nothing.
const REDIS: &[u8; SIGNATURE] = b"AzCa";

/// A key without a signature is older than these, and has no checksum.
pub(super) fn judge(value: &[u8]) -> Verdict {
    let bare = unpadded(value);
    let Some((signature, seeds)) = signature(bare) else { return Verdict::Fits };
    let decoded = BASE64_NOPAD.decode(bare).or_else(|_| BASE64URL_NOPAD.decode(bare)).unwrap_or_default();
    let right = decoded.split_last_chunk::<CHECKSUM_BYTES>().is_some_and(|(data, tail)| {
        seeds.iter().any(|seed| marvin::hash32(data, u64::from_be_bytes(**seed)) == u32::from_le_bytes(*tail))
    });
    if !right && signature == REDIS { Verdict::Fits } else { Verdict::checksum(right) }
}

/// For a body that ends in its signature: six digits, and padding. Bits left open before the checksum become zero.
pub(super) fn tail(body: &[u8]) -> Option<String> {
    let (signature, seeds) = signature(&[body, b"......"].concat())?;
    let bytes = match body.len() {
        80 => 64,
        37 => 32,
        46 => 39,
        48 => 40,
        _ => return None,
    };
    let mut padded = body.to_vec();
    padded.resize(body.len().next_multiple_of(4), b'A');
    let mut key = BASE64.decode(&padded).or_else(|_| BASE64URL.decode(&padded)).ok()?;
    key.truncate(bytes - CHECKSUM_BYTES);
    key.extend(marvin::hash32(&key, u64::from_be_bytes(**seeds.first()?)).to_le_bytes());
    // Keys of Azure Functions go into URLs.
    let text = if signature == b"AzFu" { BASE64URL.encode(&key) } else { BASE64.encode(&key) };
    Some(text[body.len()..].to_owned())
}

fn signature(bare: &[u8]) -> Option<(&'static [u8; SIGNATURE], &'static [Seed])> {
    const DIGITS: usize = 6;
    let start = bare.len().checked_sub(DIGITS + SIGNATURE)?;
    let found = &bare[start..start + SIGNATURE];
    SIGNATURES.iter().find(|(signature, _)| *signature == found).copied()
}

/// Without padding, which is percent-encoded in URLs.
fn unpadded(mut value: &[u8]) -> &[u8] {
    while let Some(shorter) = value.strip_suffix(b"=").or(value.strip_suffix(b"%3D")).or(value.strip_suffix(b"%3d")) {
        value = shorter;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::{Verdict, judge};

    #[test]
    fn the_repeated_letters_of_microsofts_own_tests_hold() {
        let key = |letter: &str| format!("{}+ASt5mnCaw==", letter.repeat(76));
        assert_eq!(judge(key("a").as_bytes()), Verdict::Right);
        assert_eq!(judge(key("b").as_bytes()), Verdict::Wrong);
    }

    #[test]
    fn a_key_without_a_signature_is_an_older_one() {
        assert_eq!(judge(format!("{}==", "a".repeat(86)).as_bytes()), Verdict::Fits);
    }

    #[test]
    fn every_signature_and_every_key_kind_has_a_body_that_its_checksum_completes() {
        for (signature, _) in super::SIGNATURES {
            for length in [33, 42, 44, 76] {
                let body = [vec![b'B'; length], signature.to_vec()].concat();
                let tail = super::tail(&body).expect("a length that keys have");
                assert_eq!(judge(&[body, tail.into_bytes()].concat()), Verdict::Right, "{signature:?} at {length}");
            }
        }
    }
}
