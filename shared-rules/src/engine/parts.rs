//! Scans an object of which only parts are new, as when most of it was copied from an object scanned before.

use std::ops::Range;

use super::{Doubt, Engine, Input};
use crate::finding::Match;

/// An object, and what of it no earlier object held.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The whole object.
    pub input: Input<'a>,
    /// Ranges of it to look at, ascending and apart. They need no margin: a credential that reaches over an edge is seen whole.
    pub new: &'a [Range<usize>],
}

/// What a scan gave.
#[derive(Debug, Default)]
pub struct Scanned {
    /// Every credential that begins in a new part or reaches into one, ascending.
    pub matches: Vec<Match>,
    /// What could not be looked at.
    pub doubts: Vec<Doubt>,
    /// Where something stands that may be a credential in other surroundings: a copy of these bytes, even of a part of them, is new
    /// in the object that copies. Ascending.
    pub candidates: Vec<Range<usize>>,
}

impl Engine {
    /// Scans the new parts of an object. Whoever hands on every candidate of an object to those made from it finds in each what
    /// a scan of the whole object finds there.
    pub fn scan_parts(&self, parts: &Parts<'_>) -> Scanned {
        let whole = Input { range: 0..parts.input.bytes.len(), ..parts.input.clone() };
        let (matches, doubts) = self.scan_with_doubts(&whole);
        let candidates = matches.iter().map(|found| found.span.clone()).collect();
        Scanned { matches, doubts, candidates }
    }
}
