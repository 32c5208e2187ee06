//! The closed vocabularies of a rule, the same words in TOML, JSON and messages. Also read by the build script.

use serde::{Deserialize, Serialize};

/// Writes the enum, its words and `as_str` from one list, so that no word can stand in two places and differ.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every value, in ascending order.
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            /// The word as it stands in rule files, policies and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What kind of machine identity a credential is, and so what its theft allows.
    Class {
        /// A static key of one service.
        ApiKey = "api-key",
        /// A token or client secret of an OAuth flow.
        OauthToken = "oauth-token",
        /// A credential of a non-human account.
        ServiceAccount = "service-account",
        /// A private key for SSH.
        SshKey = "ssh-key",
        /// A private key for TLS.
        TlsKey = "tls-key",
        /// A key whose theft lets a thief forge what others trust.
        SigningKey = "signing-key",
        /// A key that protects stored data.
        EncryptionKey = "encryption-key",
        /// A key or token of a web session.
        SessionSecret = "session-secret",
        /// A URL or string that holds host, user and password.
        ConnectionString = "connection-string",
        /// A URL whose knowledge is enough to post to it.
        WebhookUrl = "webhook-url",
        /// A token of a build or deployment system.
        CiToken = "ci-token",
        /// A password, chosen by a person or a generator.
        Password = "password",
    }
}

impl Class {
    /// Whether values of this class can be guessed, so that their fingerprints must not be comparable across repositories.
    pub fn guessable(self) -> bool {
        matches!(self, Class::Password | Class::ConnectionString)
    }
}

words! {
    /// The harm if the credential is real and live.
    Severity {
        /// Hardly usable alone.
        Low = "low",
        /// Narrow, read-only or short-lived.
        Medium = "medium",
        /// Writes, or reads of private data.
        High = "high",
        /// A whole account, forged trust, production data or money.
        Critical = "critical",
    }
}

words! {
    /// How little doubt there is that the value is a credential at all.
    Confidence {
        /// Reported, but a person should look.
        Low = "low",
        /// The name around it or its shape speaks for it.
        Medium = "medium",
        /// A distinctive format, a right checksum or a complete pair.
        High = "high",
    }
}
