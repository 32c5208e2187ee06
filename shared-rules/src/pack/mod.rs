//! Git's objects as they lie in packs: read without git, each delta resolved once, and only bytes that no earlier object held
//! marked as new. Bytes in, objects out; files, mappings and clocks are the caller's.

mod id;

pub use id::{HashKind, NoObjectId, ObjectId, ObjectKind};
