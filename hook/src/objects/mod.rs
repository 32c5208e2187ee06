//! A repository's objects and refs: which objects a push brings, which it makes reachable, and what was reachable before.

mod alternates;
pub(crate) mod arrived;
pub(crate) mod difference;
mod file;
mod folder;
mod graph;
mod history;
mod loose;
mod map;
pub(crate) mod reach;
mod refs;
mod repository;
mod store;
mod trees;

use std::num::NonZero;

pub(crate) use folder::MappedPack;
pub(crate) use history::{Heads, NewCommits, unreached};
pub(crate) use refs::Reference;
pub(crate) use store::{OutOfTime, Store, unreadable};

/// Most threads for the objects of one repository: a server has other pushes too.
const MOST_THREADS: usize = 4;

/// Objects for which a further thread is worth its start.
const FOR_A_THREAD: u64 = 500;

/// Threads for so many objects.
pub(crate) fn threads(objects: u64) -> usize {
    let most = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    usize::try_from(objects / FOR_A_THREAD + 1).unwrap_or(most).min(most)
}
