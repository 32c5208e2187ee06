//! Rules: what a credential looks like, who issues it, how much harm it does. Data in, checked types out.

mod catalogue;
mod error;
mod format;
mod frameworks;
mod imported;
mod pattern;
mod proof;
mod review;
pub mod sample;
pub mod search;
mod spec;
mod words;

pub use catalogue::{Catalogue, RuleIndex};
pub use error::RuleError;
pub use format::{Alphabet, Format};
pub use frameworks::{Entry, Framework, Reference, frameworks};
pub use imported::IMPORTED;
pub use pattern::{Pattern, PatternMatch};
pub use proof::prove;
pub use review::review;
pub use spec::{ProviderFile, ProviderSpec, RuleSpec, Samples};
pub use words::{Class, Confidence, Severity};

use std::sync::Arc;

use crate::structure::Structure;
use search::Search;

/// Longest credential in bytes unless its rule's `reach` says otherwise.
pub const DEFAULT_REACH: usize = 512;

/// The longest `reach` a rule may ask for, in bytes: a 16384-bit RSA key in PEM with room to spare.
pub const MAX_REACH: usize = 64 * 1024;

/// One credential type, checked.
#[derive(Debug)]
pub struct Rule {
    /// Stable identifier, unique in its catalogue.
    pub id: String,
    /// Name as a person would say it.
    pub name: String,
    /// What the credential is.
    pub class: Class,
    /// Harm if it is real.
    pub severity: Severity,
    /// Confidence of a bare match, before checksum, pair or context.
    pub confidence: Confidence,
    /// The page that documents the format.
    pub source: String,
    /// Index of its provider in the catalogue.
    pub provider: usize,
    /// Where the engine looks.
    pub shape: Shape,
    /// What a value must look like; absent where a finder or a parser decides.
    pub pattern: Option<Pattern>,
    /// Checksum or decoder that confirms a value.
    pub structure: Option<Structure>,
    /// Least Shannon entropy in bits per character; `None` takes the default for the alphabet.
    pub entropy: Option<f32>,
    /// Words of which one must stand nearby.
    pub near: Vec<String>,
    /// Words of which none may stand nearby: they say that the value is meant to be public.
    pub unless: Vec<String>,
    /// Ids of rules whose match nearby completes the credential.
    pub pair: Vec<String>,
    /// Longest credential in bytes.
    pub reach: usize,
    /// Bytes of the line before the word that holds an infix in which the match may begin.
    pub lookback: usize,
    /// Whether the rule file gives `reach`, which a pattern without an upper bound needs.
    pub(crate) says_reach: bool,
    /// What proves it; empty in a catalogue made for scanning alone.
    pub samples: Samples,
}

/// How a rule is anchored, and so what it costs.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// The credential begins with one of these.
    Prefix(Vec<String>),
    /// The name before an assigned value tells.
    Keyword {
        /// Words that name the provider or the whole variable, normalized.
        keywords: Vec<String>,
        /// Words of which one must be in the assigned name, normalized. Empty where the rule gives none:
        /// then a keyword in the name is enough, and one before it needs a name such as `key` or `token`.
        names: Vec<String>,
    },
    /// A URL on one of these hosts.
    Host(Vec<String>),
    /// A URL of one of these schemes that carries a password.
    Scheme(Vec<String>),
    /// A PEM block of one of these labels.
    Label(Vec<String>),
    /// One of these stands inside the credential.
    Infix(Vec<String>),
    /// Lines of files whose path ends like this; `*` stands for any part of a name.
    File(Vec<String>),
    /// Code under this name.
    Finder(Finder),
    /// An imported rule, searched in the text around its keywords.
    Search {
        /// What is looked for.
        search: Arc<Search>,
        /// Index of the first rule of its file: `Search::required` counts from there.
        first: RuleIndex,
    },
}

impl Shape {
    /// The rule file's key for this shape.
    pub fn as_str(&self) -> &'static str {
        match self {
            Shape::Prefix(_) => "prefix",
            Shape::Keyword { .. } => "keywords",
            Shape::Host(_) => "hosts",
            Shape::Scheme(_) => "schemes",
            Shape::Label(_) => "labels",
            Shape::Infix(_) => "infix",
            Shape::File(_) => "files",
            Shape::Finder(_) => "finder",
            Shape::Search { .. } => "search",
        }
    }
}

/// Detection that data cannot express, by the name a rule file uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finder {
    /// Values assigned to names such as `password` or `client_secret`, judged by the scorer.
    Assignment,
    /// Wallet seed phrases behind names such as `mnemonic`.
    Mnemonic,
    /// A private JSON Web Key, RFC 7517.
    Jwk,
    /// A private key in DER, bare or in base64: PKCS#1, PKCS#8, SEC 1.
    PrivateKeyDer,
    /// A PKCS#12 container, bare or in base64. RFC 7292.
    Pkcs12,
    /// A Java keystore, JKS or JCEKS, bare or in base64.
    JavaKeystore,
}

impl Finder {
    /// Every finder, for the list in error messages.
    pub const ALL: &[Finder] = &[
        Finder::Assignment,
        Finder::Mnemonic,
        Finder::Jwk,
        Finder::PrivateKeyDer,
        Finder::Pkcs12,
        Finder::JavaKeystore,
    ];

    /// The name a rule file uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Finder::Assignment => "assignment",
            Finder::Mnemonic => "mnemonic",
            Finder::Jwk => "jwk",
            Finder::PrivateKeyDer => "private-key-der",
            Finder::Pkcs12 => "pkcs12",
            Finder::JavaKeystore => "java-keystore",
        }
    }
}
