//! Files that are known by their path to hold credentials, one a line or one in all: `.pgpass`, `master.key`.

use crate::engine::{Engine, Input, confirm};
use crate::finding::Match;

/// Largest such file, in bytes, and most lines looked at.
const LARGEST: usize = 64 * 1024;
const MOST_LINES: usize = 1000;

/// What the rules for the input's path find at the starts of its lines.
pub(in crate::engine) fn find(engine: &Engine, input: &Input<'_>, found: &mut Vec<Match>) {
    if input.path.is_empty() || input.bytes.len() > LARGEST {
        return;
    }
    let path = input.path.to_ascii_lowercase();
    for rule in engine.index.files(&path) {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', input.bytes).map(|end| end + 1));
        found.extend(starts.take(MOST_LINES).filter_map(|at| confirm::at(engine, input, rule, at, None)));
    }
}
