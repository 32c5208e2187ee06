//! What a literal or a name leads to, where a pattern alone cannot decide.

pub(super) mod assignment;
pub(super) mod keyword;
pub(super) mod mnemonic;
pub(super) mod pem;
mod score;
pub(super) mod url;
