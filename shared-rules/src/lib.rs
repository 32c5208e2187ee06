//! Keyward's detection: which bytes are a credential, what it is, how far that is believed, and what the policy says to it.
//!
//! Bytes in, findings out. Nothing here touches a file, a network, a clock or the environment.

pub mod allowlist;
pub mod baseline;
mod context;
mod decode;
pub mod engine;
pub mod finding;
pub mod fingerprint;
pub mod grant;
pub mod import;
pub mod ledger;
pub mod pack;
pub mod policy;
pub mod redact;
pub mod rule;
pub mod secret;
pub mod sign;
pub mod structure;
pub mod window;

pub use decode::container::Trouble;
pub use engine::{Doubt, Engine, Input, MARGIN, Parts, Place, Scanned};
pub use finding::{Evidence, Finding, Lines, Location, Match};
pub use fingerprint::{Code, Fingerprint, FingerprintKey};
pub use redact::{Origin, printable, redact};
pub use rule::{Catalogue, Class, Confidence, Rule, RuleError, Severity};
pub use secret::Secret;
