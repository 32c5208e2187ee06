//! Scans an object of which only parts are new, as when most of it was copied from an object scanned before.
//!
//! What is found must not depend on how an object was put together. So an anchor that reads further than `MARGIN`, and one at which
//! something has a credential's form whatever else was made of it, is a candidate: it is looked at again in every object that copies it.
//! All other anchors see nothing beyond the margin, and so what they saw in the object they are copied from.

use std::ops::Range;

use super::{Doubt, Engine, Input, LARGEST_UNPACKED, Undoing};
use crate::context::FileKind;
use crate::finding::Match;

/// Bytes before and behind an anchor that it may read without noting it. New parts must be widened by as much: a longer credential,
/// a name in wrapped calls and the head of a table reach less far, `reach` and `lookback` of rules above it are noted.
pub const MARGIN: usize = 768;

/// An object, and what of it no earlier object held.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// The whole object.
    pub input: Input<'a>,
    /// Ranges of it to look at, ascending and apart, with `MARGIN` around everything that is not copied in one piece.
    pub new: &'a [Range<usize>],
}

/// What a scan gave.
#[derive(Debug, Default)]
pub struct Scanned {
    /// Every credential whose anchor lies in a new part, ascending.
    pub matches: Vec<Match>,
    /// What could not be looked at.
    pub doubts: Vec<Doubt>,
    /// Where something stands that may be a credential in other surroundings: a copy of these bytes, even of a part of them, is new
    /// in the object that copies. Ascending and apart.
    pub candidates: Vec<Range<usize>>,
}

impl Engine {
    /// Scans the new parts of an object. Whoever hands on every candidate of an object to those made from it finds in each what
    /// a scan of the whole object finds there.
    pub fn scan_parts(&self, parts: &Parts<'_>) -> Scanned {
        let mut undoing = Undoing {
            depth: 0,
            budget: LARGEST_UNPACKED,
            doubts: Vec::new(),
            kind: FileKind::of(parts.input.path),
            whole: true,
        };
        let (matches, noted) = self.scan_as_written(&parts.input, parts.new, &mut undoing);
        Scanned { matches, doubts: undoing.doubts, candidates: ranges(noted) }
    }
}

/// Each anchor with the bytes that make it one.
const ANCHOR: usize = 8;

fn ranges(mut anchors: Vec<usize>) -> Vec<Range<usize>> {
    anchors.sort_unstable();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for at in anchors {
        match ranges.last_mut() {
            Some(last) if at <= last.end => last.end = last.end.max(at + ANCHOR),
            _ => ranges.push(at..at + ANCHOR),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::slice;

    use super::{MARGIN, Parts, ranges};
    use crate::engine::tests::ENGINE;
    use crate::engine::{Engine, Input};
    use crate::rule::sample::Sample;

    /// Numbers that look random and are the same in every run.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % end.max(1)
        }
    }

    /// Every sample of every rule, what must match and what must not.
    fn fragments(engine: &Engine) -> Vec<Vec<u8>> {
        let samples =
            engine.catalogue().rules().iter().flat_map(|rule| rule.samples.matches.iter().chain(&rule.samples.ignores));
        samples.filter_map(|sample| Some(Sample::expand(sample, 3, None).ok()?.text.into_bytes())).collect()
    }

    /// A text of fragments with words between them.
    fn text(dice: &mut Dice, fragments: &[Vec<u8>]) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..dice.below(12) + 1 {
            text.extend_from_slice(&fragments[dice.below(fragments.len())]);
            let gap = [0, 1, 3, 40, 900][dice.below(5)];
            let filler = b"\nplain words of a file, a = b(c);";
            text.extend(filler.iter().cycle().take(dice.below(gap + 1)));
        }
        text
    }

    /// A child put together from pieces of its base and new bytes, and the parts of it to look at.
    fn child(dice: &mut Dice, base: &[u8], candidates: &[Range<usize>], margin: usize) -> (Vec<u8>, Vec<Range<usize>>) {
        let mut bytes = Vec::new();
        let mut new: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while at < base.len() {
            let start = bytes.len();
            let end = base.len().min(at + dice.below(base.len()) + 1);
            bytes.extend_from_slice(&base[at..end]);
            let inside = candidates.iter().filter(|range| range.start < end && at < range.end);
            new.extend(inside.map(|range| start + range.start.max(at) - at..start + range.end.min(end) - at));
            new.push(start.saturating_sub(margin)..start + margin);
            at = match dice.below(4) {
                0 => end + dice.below(40),
                1 => end.saturating_sub(dice.below(20)).max(at + 1),
                _ => end,
            };
            if dice.below(2) == 0 {
                let start = bytes.len();
                let letters = b"x0 =\"\n_-A:{}";
                bytes.extend((0..dice.below(30)).map(|_| letters[dice.below(letters.len())]));
                new.push(start.saturating_sub(margin)..bytes.len() + margin);
            }
        }
        new.push(bytes.len().saturating_sub(margin)..bytes.len());
        (bytes, joined(new))
    }

    fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
        ranges.sort_unstable_by_key(|range| range.start);
        let mut joined: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match joined.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        joined
    }

    type Told = Vec<(usize, Range<usize>, Vec<u8>, String)>;

    fn told(engine: &Engine, bytes: &[u8], new: &[Range<usize>]) -> Told {
        let scanned = engine.scan_parts(&Parts { input: Input::whole(bytes, ""), new });
        let each = scanned.matches.iter().map(|found| {
            let belief = format!("{:?} {:?} {:?} {:?}", found.evidence, found.confidence, found.trail, found.expires);
            (found.rule, found.span.clone(), found.secret.expose().to_vec(), belief)
        });
        each.collect()
    }

    /// How many children are told otherwise by their new parts than as a whole.
    fn differences(cases: usize, margin: usize, propagated: bool) -> usize {
        let engine = ENGINE.clone();
        let fragments = fragments(&engine);
        let mut dice = Dice(7);
        let mut different = 0;
        for _ in 0..cases {
            let base = text(&mut dice, &fragments);
            let scanned =
                engine.scan_parts(&Parts { input: Input::whole(&base, ""), new: slice::from_ref(&(0..base.len())) });
            let candidates = if propagated { scanned.candidates } else { Vec::new() };
            let (bytes, new) = child(&mut dice, &base, &candidates, margin);
            let whole = told(&engine, &bytes, slice::from_ref(&(0..bytes.len())));
            let parts = told(&engine, &bytes, &new);
            if whole != parts {
                different += 1;
                if margin == MARGIN && propagated {
                    panic!("{whole:?}\n{parts:?}\n{new:?}\n{}", String::from_utf8_lossy(&bytes));
                }
            }
        }
        different
    }

    #[test]
    fn what_is_found_does_not_depend_on_how_an_object_was_put_together() {
        assert_eq!(differences(400, MARGIN, true), 0);
    }

    #[test]
    fn without_margin_or_candidates_it_would() {
        assert!(differences(60, 0, true) > 0);
        assert!(differences(60, MARGIN, false) > 0);
    }

    #[test]
    fn anchors_side_by_side_are_one_range() {
        assert_eq!(ranges(vec![30, 0, 4, 8]), [0..16, 30..38]);
    }
}
