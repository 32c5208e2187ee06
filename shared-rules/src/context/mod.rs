//! What stands around a value: the name it is assigned to, and whether it is a placeholder.

mod assignment;
mod file_kind;
mod placeholder;
mod published;
mod words;

pub(crate) use assignment::{Assignment, Operator};
pub(crate) use file_kind::FileKind;
pub(crate) use placeholder::{entropy, is_placeholder, least_entropy};
pub(crate) use published::is_published;
pub(crate) use words::{Words, normalize};
