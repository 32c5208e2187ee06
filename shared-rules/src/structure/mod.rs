//! What a credential says about itself: checksums, decodable forms, its own expiry. A value in, a verdict out.

mod azure_annotated;
mod azure_devops;
mod azure_identifiable;
mod azure_sas;
mod base58check;
mod base64_json;
mod bech32;
mod bip39;
mod confluent;
mod crc16;
mod crc32;
mod entra;
mod form;
mod gitlab;
mod jwt;
mod macaroon;
mod marvin;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub(crate) use base58check::Alphabet;
pub(crate) use bip39::phrase_at;
pub use form::Structure;
pub use jwt::JwtClaims;

/// Making values of a form, for samples.
pub(crate) mod make {
    pub(crate) use super::base58check::encode as base58check;
    pub(crate) use super::bech32::encode as bech32;
    pub(crate) use super::bip39::phrase as bip39;
}

/// What a value is in the light of its structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its checksum is right: a chance hit is out of the question.
    Right,
    /// Its checksum is wrong: a sample or a typo, still worth telling.
    Wrong,
    /// It decodes as it should and has no checksum that could be held against it.
    Fits,
    /// It was never a credential of that form.
    Foreign,
}

impl Verdict {
    fn checksum(right: bool) -> Verdict {
        if right { Verdict::Right } else { Verdict::Wrong }
    }

    fn decoded(decodes: bool) -> Verdict {
        if decodes { Verdict::Fits } else { Verdict::Foreign }
    }
}

impl Structure {
    /// The structure of this name.
    pub fn parse(name: &str) -> Option<Structure> {
        Structure::ALL.iter().copied().find(|structure| structure.as_str() == name)
    }

    /// The name a rule file uses.
    pub fn as_str(self) -> &'static str {
        self.form().name
    }

    /// What `value` is in the light of this structure.
    pub fn judge(self, value: &[u8]) -> Verdict {
        (self.form().judge)(value)
    }

    /// Whether the value holds what this structure promises.
    pub fn confirms(self, value: &[u8]) -> bool {
        matches!(self.judge(value), Verdict::Right | Verdict::Fits)
    }

    /// The checksum that completes `body`, for samples. `None` where no checksum stands at the end, or `body` has no
    /// length that leaves just that.
    pub fn tail(self, body: &[u8]) -> Option<String> {
        self.form().tail.and_then(|tail| tail(body))
    }

    /// A value of this structure out of random bytes, for samples of forms whose checksum is strewn over the value.
    pub fn make(self, random: &[u8; 64]) -> Option<String> {
        self.form().make.map(|make| make(random))
    }

    /// When the credential at `place` in `text` ends by its own word, in seconds since 1970. Only where that word is part of what
    /// is signed, so that nobody can change it and keep a credential that works.
    pub fn expiry(self, text: &[u8], place: &Range<usize>) -> Option<i64> {
        match self {
            Structure::Jwt => jwt::decode(text.get(place.clone())?)?.expires,
            Structure::AzureSas => azure_sas::expiry(text, place),
            _ => None,
        }
    }
}
