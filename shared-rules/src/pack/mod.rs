//! Git's objects as they lie in packs: read without git, each delta resolved once, and only bytes that no earlier object held
//! marked as new. Bytes in, objects out; files, mappings and clocks are the caller's.

mod buffer;
mod commit;
mod delta;
mod entry;
mod error;
mod id;
mod index;
mod inflate;
pub mod loose;
mod open;
mod order;
mod pace;
mod source;
mod spans;
#[cfg(test)]
mod tests;
mod tree;
mod walk;
#[cfg(test)]
pub(crate) mod written;

pub use commit::{Commit, Parents, Tag};
pub use error::{PackError, Unreadable};
pub use id::{HashKind, NoObjectId, ObjectId, ObjectKind};
pub use index::Index;
pub use open::{Bounds, Header, MOST_DELTAS, Object, Pack, Reader};
pub use order::Order;
pub use source::Source;
pub use spans::{MOST_RANGES, Marks};
pub use tree::{Damaged, Mode, Tree, TreeEntry};
pub use walk::{HELD, Plan, Visit, Visitor, Walked};

/// Bytes of a pack before its first object.
const HEADER: u64 = 12;
