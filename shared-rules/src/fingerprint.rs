//! The one identity of a credential: a keyed hash that survives moves and renames and tells nothing to who lacks the key.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Serialize, Serializer};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::rule::Class;
use crate::secret::Secret;

/// Length of a fingerprint key in bytes.
pub const KEY_BYTES: usize = 32;

/// Crockford's base32: no I, L, O or U, so that a code can be read aloud.
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const CODE_PREFIX: &str = "KW-";
const CODE_LETTERS: usize = 8;

/// The installation's secret key for fingerprints. Servers that share it agree on codes.
#[derive(Clone)]
pub struct FingerprintKey(Zeroizing<[u8; KEY_BYTES]>);

/// Why a text is no fingerprint key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint key is {expected} hexadecimal digits; make one with `keyward key new`", expected = KEY_BYTES * 2)]
pub struct KeyError;

impl FingerprintKey {
    /// Takes 32 random bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        FingerprintKey(Zeroizing::new(bytes))
    }

    /// Reads 64 hexadecimal digits, blanks around them ignored.
    ///
    /// # Errors
    /// `KeyError` for anything else.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim().as_bytes();
        if text.len() != KEY_BYTES * 2 {
            return Err(KeyError);
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16).ok_or(KeyError)?;
            let low = char::from(pair[1]).to_digit(16).ok_or(KeyError)?;
            *byte = (high << 4 | low) as u8;
        }
        Ok(FingerprintKey(bytes))
    }

    /// The key as 64 hexadecimal digits, for the key file.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The fingerprint of `secret`. Guessable classes are bound to `repository`, so that the hook is no oracle for
    /// "does another repository have this password too".
    pub fn fingerprint(&self, secret: &Secret, class: Class, repository: &str) -> Fingerprint {
        if class.guessable() {
            let derived = mac(&*self.0, &[b"keyward/repository\0", repository.as_bytes()]);
            return Fingerprint(mac(&derived, &[secret.expose()]));
        }
        Fingerprint(mac(&*self.0, &[secret.expose()]))
    }
}

impl std::fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FingerprintKey(…)")
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// HMAC-SHA-256 of a credential's canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Fingerprint> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
        }
        Some(Fingerprint(bytes))
    }

    /// The short code: 40 bits, enough that two credentials of one installation hardly ever share one.
    pub fn code(&self) -> Code {
        let bits = self.0[..5].iter().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte));
        let letter = |index: usize| CODE_ALPHABET[(bits >> (35 - 5 * index) & 31) as usize];
        Code(std::array::from_fn(letter))
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What people say instead of a fingerprint: `KW-7F3K9QXD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; CODE_LETTERS]);

impl Code {
    /// Reads a code as people type it: any case, `KW-` optional, `O` for zero, `I` and `L` for one.
    pub fn parse(text: &str) -> Option<Code> {
        let upper = text.trim().to_ascii_uppercase();
        let letters = upper.strip_prefix(CODE_PREFIX).unwrap_or(&upper);
        let letters: Vec<u8> = letters
            .bytes()
            .map(|byte| match byte {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            })
            .collect();
        let letters: [u8; CODE_LETTERS] = letters.try_into().ok()?;
        letters.iter().all(|letter| CODE_ALPHABET.contains(letter)).then_some(Code(letters))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(CODE_PREFIX)?;
        f.write_str(std::str::from_utf8(&self.0).expect("the alphabet is ASCII"))
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Fingerprint, FingerprintKey, KeyError};
    use crate::rule::Class;
    use crate::secret::Secret;

    fn key(byte: u8) -> FingerprintKey {
        FingerprintKey::new([byte; 32])
    }

    #[test]
    fn only_the_key_and_the_secret_decide() {
        let secret = Secret::new(b"value");
        let of = |key: &FingerprintKey, class, repository| key.fingerprint(&secret, class, repository);
        assert_eq!(of(&key(1), Class::ApiKey, "a"), of(&key(1), Class::SshKey, "b"));
        assert_ne!(of(&key(1), Class::ApiKey, "a"), of(&key(2), Class::ApiKey, "a"));
        assert_ne!(of(&key(1), Class::Password, "a"), of(&key(1), Class::Password, "b"));
        assert_ne!(of(&key(1), Class::ApiKey, "a"), key(1).fingerprint(&Secret::new(b"Value"), Class::ApiKey, "a"));
    }

    #[test]
    fn codes_read_back_as_people_type_them() {
        let code = key(7).fingerprint(&Secret::new(b"value"), Class::ApiKey, "").code();
        let text = code.to_string();
        assert_eq!(text.len(), 11);
        assert_eq!(Code::parse(&text), Some(code));
        assert_eq!(Code::parse(&text.to_lowercase()[3..]), Some(code));
        assert_eq!(Code::parse("kw-oil00000"), Code::parse("KW-01100000"));
        assert_eq!(Code::parse("KW-7F3K"), None);
        assert_eq!(Code::parse("KW-7F3K9QXU"), None);
    }

    #[test]
    fn keys_and_fingerprints_read_back_from_their_text() {
        let hex = key(0xab).to_hex();
        let read = FingerprintKey::parse(&format!("{}\n", *hex)).expect("a key");
        assert_eq!(*read.to_hex(), *hex);
        assert_eq!(FingerprintKey::parse("abc").map(|_| ()), Err(KeyError));
        let fingerprint = key(1).fingerprint(&Secret::new(b"x"), Class::ApiKey, "");
        assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
    }
}
