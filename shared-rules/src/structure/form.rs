//! Every structure a rule file may name, each with its name and the code behind it.

use super::Verdict;
use super::{
    azure_annotated, azure_devops, azure_identifiable, azure_sas, base58check, base64_json, bech32, bip39, confluent,
    crc16, crc32, entra, gitlab, jwt, macaroon,
};

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
    /// CRC-32 of what is before, in one of the usual spellings, where the provider does not say which: a right one proves,
    /// a wrong one says nothing.
    Crc32Tail,
    /// Six base64 digits of CRC-32, little-endian, over what stands between the prefix and them.
    /// <https://docs.confluent.io/cloud/current/security/authenticate/workload-identities/service-accounts/api-keys/overview.html>
    Crc32Base64,
    /// Base32 whose last two bytes are the CRC-16/XMODEM of the others: NATS and Stellar.
    /// <https://github.com/stellar/stellar-protocol/blob/master/ecosystem/sep-0023.md>
    Crc16Base32,
    /// Seven base36 digits of CRC-32 over all before them.
    /// <https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/>
    GitlabRoutable,
    /// Microsoft's common annotated security key: Marvin32 over the 80 characters before.
    /// <https://github.com/microsoft/security-utilities>
    AzureAnnotated,
    /// Microsoft's older identifiable keys: Marvin32 in the last four bytes, with a seed for each signature.
    /// <https://github.com/microsoft/security-utilities>
    AzureIdentifiable,
    /// Azure DevOps tokens of 52 base32 characters: CRC-32 strewn over the bytes.
    /// <https://github.com/microsoft/security-utilities>
    AzureDevops,
    /// Microsoft Entra ID client secrets: three digits of Marvin32 at the end.
    /// <https://github.com/microsoft/security-utilities>
    EntraSecret,
    /// Base58 whose last four bytes are the double SHA-256 of the others, in Bitcoin's alphabet.
    /// <https://en.bitcoin.it/wiki/Base58Check_encoding>
    Base58Check,
    /// The same in the XRP Ledger's alphabet.
    /// <https://xrpl.org/docs/references/protocol/data-types/base58-encodings>
    Base58CheckXrp,
    /// Bech32, BIP-173.
    /// <https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki>
    Bech32,
    /// An English seed phrase, BIP-39.
    /// <https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki>
    Bip39,
    /// The signature of an Azure shared access signature, whose query tells when it ends.
    /// <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>
    AzureSas,
    /// A JSON Web Token, RFC 7519.
    Jwt,
    /// Base64 of a JSON object.
    Base64Json,
    /// A macaroon in binary format version 2.
    Macaroon,
}

/// What must stand behind a body.
type Tail = fn(&[u8]) -> Option<String>;

/// A whole value out of random bytes.
type Make = fn(&[u8; 64]) -> String;

/// What is known of a structure.
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) judge: fn(&[u8]) -> Verdict,
    pub(super) tail: Option<Tail>,
    pub(super) make: Option<Make>,
}

impl Form {
    const fn new(name: &'static str, judge: fn(&[u8]) -> Verdict) -> Form {
        Form { name, judge, tail: None, make: None }
    }

    const fn ends_in(self, tail: Tail) -> Form {
        Form { tail: Some(tail), ..self }
    }

    const fn made_by(self, make: Make) -> Form {
        Form { make: Some(make), ..self }
    }
}

impl Structure {
    /// Every structure, for the list in error messages.
    pub const ALL: &[Structure] = &[
        Structure::Crc32Base62,
        Structure::Crc32Base62All,
        Structure::Crc32Hex,
        Structure::Crc32HexLe,
        Structure::Crc32Tail,
        Structure::Crc32Base64,
        Structure::Crc16Base32,
        Structure::GitlabRoutable,
        Structure::AzureAnnotated,
        Structure::AzureIdentifiable,
        Structure::AzureDevops,
        Structure::EntraSecret,
        Structure::Base58Check,
        Structure::Base58CheckXrp,
        Structure::Bech32,
        Structure::Bip39,
        Structure::AzureSas,
        Structure::Jwt,
        Structure::Base64Json,
        Structure::Macaroon,
    ];

    pub(super) const fn form(self) -> Form {
        match self {
            Structure::Crc32Base62 => {
                Form::new("crc32-base62", crc32::judge_base62).ends_in(|body| Some(crc32::base62(body)))
            }
            Structure::Crc32Base62All => {
                Form::new("crc32-base62-all", crc32::judge_base62_all).ends_in(|body| Some(crc32::base62_all(body)))
            }
            Structure::Crc32Hex => Form::new("crc32-hex", crc32::judge_hex).ends_in(|body| Some(crc32::hex(body))),
            Structure::Crc32HexLe => {
                Form::new("crc32-hex-le", crc32::judge_hex_le).ends_in(|body| Some(crc32::hex_le(body)))
            }
            Structure::Crc32Tail => {
                Form::new("crc32-tail", crc32::judge_tail).ends_in(|body| Some(crc32::upper_hex(body)))
            }
            Structure::Crc32Base64 => Form::new("crc32-base64", confluent::judge).ends_in(confluent::tail),
            Structure::Crc16Base32 => Form::new("crc16-base32", crc16::judge).ends_in(crc16::tail),
            Structure::GitlabRoutable => Form::new("gitlab-routable", gitlab::judge).ends_in(gitlab::tail),
            Structure::AzureAnnotated => {
                Form::new("azure-annotated", azure_annotated::judge).ends_in(azure_annotated::tail)
            }
            Structure::AzureIdentifiable => {
                Form::new("azure-identifiable", azure_identifiable::judge).ends_in(azure_identifiable::tail)
            }
            Structure::AzureDevops => Form::new("azure-devops", azure_devops::judge).made_by(azure_devops::make),
            Structure::EntraSecret => Form::new("entra-secret", entra::judge).ends_in(entra::tail),
            Structure::Base58Check => Form::new("base58check", base58check::judge),
            Structure::Base58CheckXrp => Form::new("base58check-xrp", base58check::judge_xrp),
            Structure::Bech32 => Form::new("bech32", bech32::judge),
            Structure::Bip39 => Form::new("bip39", bip39::judge),
            Structure::AzureSas => Form::new("azure-sas", azure_sas::judge),
            Structure::Jwt => Form::new("jwt", jwt::judge),
            Structure::Base64Json => Form::new("base64-json", base64_json::judge),
            Structure::Macaroon => Form::new("macaroon", macaroon::judge),
        }
    }

    /// Whether it has a checksum.
    pub fn is_checksum(self) -> bool {
        !matches!(self, Structure::AzureSas | Structure::Jwt | Structure::Base64Json | Structure::Macaroon)
    }
}
