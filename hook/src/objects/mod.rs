//! Which objects a push brings, which it makes reachable, and what was reachable before.

pub(crate) mod arrived;
pub(crate) mod history;
mod store;

pub(crate) use store::Store;
