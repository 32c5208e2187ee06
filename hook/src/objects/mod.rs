//! A repository's objects and refs: which objects a push brings, which it makes reachable, and what was reachable before.

mod alternates;
pub(crate) mod arrived;
mod file;
pub(crate) mod folder;
pub(crate) mod difference;
mod history;
mod map;
pub(crate) mod reach;
mod refs;
mod repository;
mod store;
mod trees;

pub(crate) use history::{Heads, NewCommits, unreached};
pub(crate) use store::{CommitHead, OutOfTime, Store, unreadable};
