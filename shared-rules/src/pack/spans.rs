//! Which bytes of an object no earlier object held. The steps of a delta in, ranges out; looks at no byte of either object.

use std::ops::Range;

use super::delta::Parts;

/// Ranges kept for one object. One that has more counts as new, or to be handed on, as a whole.
pub const MOST_RANGES: usize = 1 << 16;

/// What of an object is to be looked at again in every object that copies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marks {
    /// These ranges, in any order.
    Ranges(Vec<Range<usize>>),
    /// Whatever is made from the object is new as a whole.
    Whole,
}

impl Marks {
    /// No mark at all.
    pub const NONE: Marks = Marks::Ranges(Vec::new());

    /// The same, as ranges of an object of so many bytes that ascend and lie apart.
    pub(super) fn tidy(self, length: usize) -> Marks {
        let Marks::Ranges(mut ranges) = self else { return Marks::Whole };
        if ranges.len() > MOST_RANGES {
            return Marks::Whole;
        }
        ranges.retain_mut(|range| {
            range.end = range.end.min(length);
            range.start < range.end
        });
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|next, kept| {
            let joined = next.start <= kept.end;
            if joined {
                kept.end = kept.end.max(next.end);
            }
            joined
        });
        Marks::Ranges(ranges)
    }
}

/// Gathers the new ranges of an object while its delta is applied.
pub(super) struct Spans<'m> {
    margin: usize,
    marks: &'m [Range<usize>],
    base: usize,
    /// Bytes made so far.
    at: usize,
    /// Where the base goes on behind what was copied last; `None` behind new bytes, whose edge is widened already.
    follows: Option<usize>,
    ranges: Vec<Range<usize>>,
    is_whole: bool,
}

impl<'m> Spans<'m> {
    /// For an object made from a base of so many bytes with these marks, which are tidy. `ranges` is filled.
    pub(super) fn new(margin: usize, marks: &'m [Range<usize>], base: usize, mut ranges: Vec<Range<usize>>) -> Self {
        ranges.clear();
        Spans { margin, marks, base, at: 0, follows: Some(0), ranges, is_whole: false }
    }

    /// The new ranges, ascending and apart.
    pub(super) fn finish(mut self) -> Vec<Range<usize>> {
        if self.follows.is_some_and(|follows| follows != self.base) {
            self.add(self.at..self.at, self.margin);
        }
        let length = self.at;
        if self.is_whole {
            self.ranges.clear();
            self.ranges.push(0..length);
        }
        if let Some(last) = self.ranges.last_mut() {
            last.end = last.end.min(length);
        }
        self.ranges.retain(|range| range.start < range.end);
        self.ranges
    }

    /// Adds a range, widened, which begins not before what was made when the last one was added; joins it with those it meets.
    fn add(&mut self, range: Range<usize>, margin: usize) {
        let mut range = range.start.saturating_sub(margin)..range.end.saturating_add(margin);
        while let Some(last) = self.ranges.pop_if(|last| last.end >= range.start) {
            range.start = range.start.min(last.start);
            range.end = range.end.max(last.end);
        }
        self.is_whole = self.is_whole || self.ranges.len() >= MOST_RANGES;
        if !self.is_whole {
            self.ranges.push(range);
        }
    }

    /// A copied mark is new in the object, as far as it was copied.
    fn hand_on(&mut self, from: usize, length: usize) {
        let end = from.saturating_add(length);
        let first = self.marks.partition_point(|mark| mark.end <= from);
        let marks = self.marks;
        for mark in marks[first..].iter().take_while(|mark| mark.start < end) {
            let copied = mark.start.max(from)..mark.end.min(end);
            self.add(self.at + (copied.start - from)..self.at + (copied.end - from), 0);
        }
    }
}

impl Parts for Spans<'_> {
    fn copied(&mut self, from: usize, length: usize) {
        if self.is_whole {
            self.at += length;
            return;
        }
        if self.follows.is_some_and(|follows| follows != from) {
            self.add(self.at..self.at, self.margin);
        }
        if !self.marks.is_empty() {
            self.hand_on(from, length);
        }
        self.follows = Some(from.saturating_add(length));
        self.at += length;
    }

    fn inserted(&mut self, length: usize) {
        if !self.is_whole {
            self.add(self.at..self.at + length, self.margin);
        }
        self.follows = None;
        self.at += length;
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::super::delta::Parts;
    use super::{MOST_RANGES, Marks, Spans};

    enum Step {
        Copy(usize, usize),
        Insert(usize),
    }
    use Step::{Copy, Insert};

    /// Steps, and the new ranges they lead to.
    type Case<'a> = (&'a [Step], &'a [(usize, usize)]);

    fn new(margin: usize, marks: &[Range<usize>], base: usize, steps: &[Step]) -> Vec<(usize, usize)> {
        let mut spans = Spans::new(margin, marks, base, Vec::new());
        for step in steps {
            match step {
                Copy(from, length) => spans.copied(*from, *length),
                Insert(length) => spans.inserted(*length),
            }
        }
        spans.finish().into_iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn new_bytes_and_seams_are_widened_by_the_margin() {
        let cases: [Case<'_>; 10] = [
            (&[Copy(0, 100)], &[]),
            (&[Copy(0, 40), Copy(40, 60)], &[]),
            (&[Copy(0, 40), Insert(5), Copy(40, 60)], &[(35, 50)]),
            (&[Copy(0, 40), Copy(50, 50)], &[(35, 45)]),
            (&[Copy(10, 90)], &[(0, 5)]),
            (&[Copy(0, 90)], &[(85, 90)]),
            (&[Insert(3), Copy(0, 100)], &[(0, 8)]),
            (&[Copy(0, 100), Insert(3)], &[(95, 103)]),
            (&[Copy(0, 40), Insert(1), Copy(41, 9), Insert(1), Copy(51, 49)], &[(35, 56)]),
            (&[], &[]),
        ];
        for (number, (steps, expected)) in cases.iter().enumerate() {
            assert_eq!(new(5, &[], 100, steps), *expected, "case {number}");
        }
        assert!(new(0, &[], 100, &[Copy(0, 40), Copy(50, 50)]).is_empty(), "a seam has no width of its own");
        assert_eq!(new(0, &[], 100, &[Copy(0, 40), Insert(5), Copy(40, 60)]), [(40, 45)]);
    }

    #[test]
    fn a_mark_is_new_in_every_copy_as_far_as_it_was_copied() {
        let marks = [10..20, 60..70];
        assert_eq!(new(0, &marks, 100, &[Copy(0, 100)]), [(10, 20), (60, 70)]);
        assert_eq!(new(0, &marks, 100, &[Copy(0, 15), Copy(65, 35)]), [(10, 20)], "two halves meet");
        assert_eq!(new(0, &marks, 100, &[Copy(19, 42)]), [(0, 1), (41, 42)]);
        assert!(new(0, &marks, 100, &[Copy(0, 10), Copy(20, 40)]).is_empty());
        assert_eq!(new(0, &marks, 100, &[Copy(10, 10), Copy(10, 10), Insert(2)]), [(0, 22)]);
    }

    #[test]
    fn marks_are_tidied_before_they_are_handed_on() {
        let marks = Marks::Ranges(vec![50..60, 0..5, 3..9, 9..10, 7..7, 90..200, 150..160]);
        assert_eq!(marks.tidy(100), Marks::Ranges(vec![0..10, 50..60, 90..100]));
        assert_eq!(Marks::Ranges(vec![0..1; MOST_RANGES + 1]).tidy(9), Marks::Whole);
    }

    #[test]
    fn an_object_of_very_many_ranges_is_new_as_a_whole() {
        let edits = |count: usize| -> Vec<Step> { (0..count).flat_map(|at| [Copy(at * 9, 8), Insert(1)]).collect() };
        let base = 9 * (MOST_RANGES + 1);
        assert_eq!(new(0, &[], base, &edits(MOST_RANGES)).len(), MOST_RANGES);
        assert_eq!(new(0, &[], base, &edits(MOST_RANGES + 1)), [(0, base)]);
    }
}
