//! Ed25519 keys and signatures as lines of text, for grants and for heads of the ledger. Makes no randomness and touches no file.

use std::fmt;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// Random bytes that a private key is made of.
pub const SEED_BYTES: usize = 32;

/// Characters of a signature's text.
pub const SIGNATURE_LETTERS: usize = 86;

const PRIVATE: &str = "keyward-private-key:";
const PUBLIC: &str = "keyward-public-key:";

/// What a signature is for. It is part of what is signed, so that none can stand in for one of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A grant.
    Grant,
    /// A head of the ledger.
    Head,
}

impl Purpose {
    fn message(self, text: &[u8]) -> Vec<u8> {
        let name: &[u8] = match self {
            Purpose::Grant => b"keyward grant 1\0",
            Purpose::Head => b"keyward ledger head 1\0",
        };
        [name, text].concat()
    }
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Not the form of a private key.
    #[error("a private key is one line, `{PRIVATE}` and 64 hexadecimal digits")]
    Private,
    /// Not the form of a public key.
    #[error("a public key is one word, `{PUBLIC}` and 43 letters, digits, `-` or `_`")]
    Public,
}

/// The half of a key that signs. It shows itself to nobody and is wiped from memory.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Takes random bytes.
    pub fn new(seed: &[u8; SEED_BYTES]) -> PrivateKey {
        PrivateKey(SigningKey::from_bytes(seed))
    }

    /// Reads the text of a key file, blanks around it ignored.
    ///
    /// # Errors
    /// `KeyTextError` for anything else.
    pub fn parse(text: &str) -> Result<PrivateKey, KeyTextError> {
        let digits = text.trim().strip_prefix(PRIVATE).ok_or(KeyTextError::Private)?;
        let bytes = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| KeyTextError::Private)?);
        let seed: &[u8; SEED_BYTES] = bytes.as_slice().try_into().map_err(|_| KeyTextError::Private)?;
        Ok(PrivateKey::new(seed))
    }

    /// The line for a key file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new(self.0.to_bytes());
        let digits = Zeroizing::new(HEXLOWER_PERMISSIVE.encode(&*seed));
        Zeroizing::new(format!("{PRIVATE}{}", *digits))
    }

    /// The half that others may have.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature's text.
    pub fn sign(&self, purpose: Purpose, text: &[u8]) -> String {
        BASE64URL_NOPAD.encode(&self.0.sign(&purpose.message(text)).to_bytes())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {})", self.public())
    }
}

/// The half of a key that checks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads one.
    ///
    /// # Errors
    /// `KeyTextError` for anything else, points that are no key included.
    pub fn parse(text: &str) -> Result<PublicKey, KeyTextError> {
        let letters = text.trim().strip_prefix(PUBLIC).ok_or(KeyTextError::Public)?;
        let bytes = BASE64URL_NOPAD.decode(letters.as_bytes()).map_err(|_| KeyTextError::Public)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyTextError::Public)?;
        VerifyingKey::from_bytes(&bytes).map(PublicKey).map_err(|_| KeyTextError::Public)
    }

    /// Whether `signature`, as text, is this key's.
    pub fn verifies(&self, purpose: Purpose, text: &[u8], signature: &str) -> bool {
        let bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.is_some_and(|bytes| self.0.verify_strict(&purpose.message(text), &Signature::from_bytes(&bytes)).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", BASE64URL_NOPAD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PublicKey, D::Error> {
        PublicKey::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{PrivateKey, PublicKey, Purpose, SIGNATURE_LETTERS};

    #[test]
    fn keys_read_back_from_their_text() {
        let key = PrivateKey::new(&[7; 32]);
        let read = PrivateKey::parse(&format!(" {}\n", *key.to_text())).expect("a key");
        assert_eq!(read.public(), key.public());
        assert_eq!(PublicKey::parse(&key.public().to_string()), Ok(key.public()));
        assert!(!format!("{key:?}").contains("0707"));
        for text in ["", "keyward-private-key:", "keyward-private-key:07", &key.public().to_string()] {
            assert!(PrivateKey::parse(text).is_err(), "{text}");
        }
        for text in ["", "keyward-public-key:", "keyward-public-key:AA", key.to_text().as_str()] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_signature_is_of_one_key_one_purpose_and_one_text() {
        let (key, other) = (PrivateKey::new(&[1; 32]), PrivateKey::new(&[2; 32]));
        let signature = key.sign(Purpose::Grant, b"text");
        assert_eq!(signature.len(), SIGNATURE_LETTERS);
        assert!(key.public().verifies(Purpose::Grant, b"text", &signature));
        assert!(!key.public().verifies(Purpose::Head, b"text", &signature));
        assert!(!key.public().verifies(Purpose::Grant, b"Text", &signature));
        assert!(!other.public().verifies(Purpose::Grant, b"text", &signature));
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_signature(signature in "[A-Za-z0-9_-]{80,90}", text in any::<Vec<u8>>()) {
            prop_assert!(!PrivateKey::new(&[1; 32]).public().verifies(Purpose::Head, &text, &signature));
        }
    }
}
