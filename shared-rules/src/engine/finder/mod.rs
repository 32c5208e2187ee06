//! What a literal or a name leads to, where a pattern alone cannot decide.

pub(super) mod assignment;
pub(super) mod der;
pub(super) mod file;
pub(super) mod infix;
pub(super) mod jwk;
pub(super) mod keyword;
pub(super) mod mnemonic;
pub(super) mod pem;
pub(super) mod score;
pub(super) mod table;
pub(super) mod url;
