//! What a credential says about itself: checksums and decodable forms. A value in, right or wrong out.

mod crc32;
mod jwt;
mod macaroon;

pub use jwt::JwtClaims;

/// A checksum or decoder that a rule file may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Six base62 digits (0-9A-Za-z) of CRC-32 over what stands between the last `_` and them.
    /// <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>
    Crc32Base62,
    /// Six base62 digits (0-9a-zA-Z) of CRC-32 over all before them.
    Crc32Base62All,
    /// Eight hexadecimal digits of CRC-32 over what stands between the prefix' last `_` and them.
    Crc32Hex,
    /// Eight hexadecimal digits after the last `_`: CRC-32, little-endian, of all before it.
    Crc32HexLe,
    /// A JSON Web Token, RFC 7519.
    Jwt,
    /// Base64 of a JSON object.
    Base64Json,
    /// A macaroon in binary format version 2.
    Macaroon,
}

impl Structure {
    /// Every structure, for the list in error messages.
    pub const ALL: &[Structure] = &[
        Structure::Crc32Base62,
        Structure::Crc32Base62All,
        Structure::Crc32Hex,
        Structure::Crc32HexLe,
        Structure::Jwt,
        Structure::Base64Json,
        Structure::Macaroon,
    ];

    /// The name a rule file uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Structure::Crc32Base62 => "crc32-base62",
            Structure::Crc32Base62All => "crc32-base62-all",
            Structure::Crc32Hex => "crc32-hex",
            Structure::Crc32HexLe => "crc32-hex-le",
            Structure::Jwt => "jwt",
            Structure::Base64Json => "base64-json",
            Structure::Macaroon => "macaroon",
        }
    }

    /// The structure of this name.
    pub fn parse(name: &str) -> Option<Structure> {
        Structure::ALL.iter().copied().find(|structure| structure.as_str() == name)
    }

    /// Whether it is a checksum: a wrong one is a sample or a typo and still reported, while a value
    /// that does not decode was never a credential of that form.
    pub fn is_checksum(self) -> bool {
        matches!(self, Structure::Crc32Base62 | Structure::Crc32Base62All | Structure::Crc32Hex | Structure::Crc32HexLe)
    }

    /// Whether the value holds what this structure promises.
    pub fn confirms(self, value: &[u8]) -> bool {
        match self {
            Structure::Crc32Base62 | Structure::Crc32Base62All | Structure::Crc32Hex => {
                let Some(split) = value.len().checked_sub(self.tail_length()) else { return false };
                let (body, tail) = value.split_at(split);
                self.tail(body).is_some_and(|expected| {
                    expected.as_bytes().eq_ignore_ascii_case(tail) && self.same_case(&expected, tail)
                })
            }
            Structure::Crc32HexLe => {
                let Some(split) = value.len().checked_sub(8) else { return false };
                self.tail(&value[..split])
                    .is_some_and(|expected| expected.as_bytes() == value[split..].to_ascii_lowercase())
            }
            Structure::Jwt => jwt::decode(value).is_some(),
            Structure::Base64Json => decodes_to_json(value),
            Structure::Macaroon => macaroon::is_macaroon(value),
        }
    }

    /// The checksum that completes `body`, for samples. `None` for structures that are no checksum.
    pub fn tail(self, body: &[u8]) -> Option<String> {
        let after_underscore = || body.iter().rposition(|&byte| byte == b'_').map_or(body, |at| &body[at + 1..]);
        match self {
            Structure::Crc32Base62 => Some(crc32::base62(after_underscore(), crc32::UPPER_FIRST)),
            Structure::Crc32Base62All => Some(crc32::base62(body, crc32::LOWER_FIRST)),
            Structure::Crc32Hex => Some(crc32::hex(after_hex_prefix(body))),
            Structure::Crc32HexLe => Some(crc32::hex_little_endian(body.strip_suffix(b"_").unwrap_or(body))),
            Structure::Jwt | Structure::Base64Json | Structure::Macaroon => None,
        }
    }

    fn tail_length(self) -> usize {
        if self == Structure::Crc32Hex { 8 } else { 6 }
    }

    /// Base62 tells cases apart, hexadecimal does not.
    fn same_case(self, expected: &str, tail: &[u8]) -> bool {
        self == Structure::Crc32Hex || expected.as_bytes() == tail
    }
}

/// Between the prefix' last `_` and the checksum; a separating `_` right before the checksum belongs to neither.
fn after_hex_prefix(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"_").unwrap_or(body);
    body.iter().rposition(|&byte| byte == b'_').map_or(body, |at| &body[at + 1..])
}

fn decodes_to_json(value: &[u8]) -> bool {
    // Base64 of an object opens "eyJ", of one with a blank first "eyA".
    let start = value.windows(3).position(|window| window == b"eyJ" || window == b"eyA");
    let Some(start) = start else { return false };
    let end = value[start..]
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric() && !b"+/-_=".contains(byte))
        .map_or(value.len(), |length| start + length);
    // Some providers append "_" and a signature to the JSON: try the whole, then up to the last "_".
    let candidates = [Some(&value[start..end]), value[start..end].rsplitn(2, |&byte| byte == b'_').nth(1)];
    candidates.into_iter().flatten().any(|text| {
        crate::decode::base64(text)
            .and_then(|json| serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&json).ok())
            .is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::Structure;

    #[test]
    fn a_checksum_confirms_its_own_body_and_no_other() {
        for &structure in Structure::ALL.iter().filter(|structure| structure.is_checksum()) {
            let body = b"acme_0123456789abcdefghijABCDEFGHIJ_".to_vec();
            let body = if structure == Structure::Crc32HexLe { body } else { body[..body.len() - 1].to_vec() };
            let tail = structure.tail(&body).expect("a checksum completes");
            let whole = [body.as_slice(), tail.as_bytes()].concat();
            assert!(structure.confirms(&whole), "{}", structure.as_str());
            let mut typo = whole.clone();
            typo[8] ^= 1;
            assert!(!structure.confirms(&typo), "{}", structure.as_str());
        }
    }

    #[test]
    fn every_name_parses_back() {
        for &structure in Structure::ALL {
            assert_eq!(Structure::parse(structure.as_str()), Some(structure));
        }
    }

    #[test]
    fn short_and_empty_values_are_wrong_not_a_panic() {
        for &structure in Structure::ALL {
            for value in [&b""[..], b"_", b"abc", b"eyJ", b"...."] {
                assert!(!structure.confirms(value), "{} on {value:?}", structure.as_str());
            }
        }
    }
}
