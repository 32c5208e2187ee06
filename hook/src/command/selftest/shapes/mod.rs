//! The shapes, a file for each family.

mod clean;
mod containers;
mod encodings;
mod objects;
mod refs;
mod stores;

use super::shape::Family;

/// All of them, in the order of the table.
pub(super) static FAMILIES: [Family; 6] =
    [refs::FAMILY, objects::FAMILY, encodings::FAMILY, containers::FAMILY, stores::FAMILY, clean::FAMILY];
