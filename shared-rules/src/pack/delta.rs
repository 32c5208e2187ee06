//! A delta: how an object is made from another by copies out of it and new bytes. Base and delta in, the object out; every step is
//! checked against both lengths.

use super::Unreadable;
use super::pace::Pace;

/// Bytes that hold a delta's two sizes.
pub(super) const LONGEST_SIZES: usize = 20;

/// Bytes that a copy has whose size is given as zero.
const COPY_OF_ZERO: usize = 0x10000;

/// Learns where each part of an object comes from, in the object's order.
pub(super) trait Parts {
    /// The next `length` bytes are the base's from `from` on.
    fn copied(&mut self, from: usize, length: usize);
    /// The next `length` bytes were in no base.
    fn inserted(&mut self, length: usize);
}

/// For who does not ask.
impl Parts for () {
    fn copied(&mut self, _: usize, _: usize) {}
    fn inserted(&mut self, _: usize) {}
}

/// A delta, its sizes read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delta<'a> {
    /// Bytes of the object it is applied to.
    pub(super) base: u64,
    /// Bytes of the object it makes.
    pub(super) result: u64,
    steps: &'a [u8],
}

impl<'a> Delta<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Delta<'a>, Unreadable> {
        let (base, bytes) = size(bytes)?;
        let (result, steps) = size(bytes)?;
        Ok(Delta { base, result, steps })
    }

    /// Makes the object in `out`, which has just its length.
    pub(super) fn apply(
        &self,
        base: &[u8],
        out: &mut [u8],
        parts: &mut impl Parts,
        pace: &mut Pace<'_>,
    ) -> Result<(), Unreadable> {
        if self.base != base.len() as u64 {
            return Err(Unreadable::Delta("it is for a base of another size"));
        }
        let mut steps = self.steps;
        let mut at = 0;
        while let Some((&step, rest)) = steps.split_first() {
            let source = if step & 0x80 != 0 {
                let (from, length, rest) = copy(step, rest)?;
                steps = rest;
                parts.copied(from, length);
                from.checked_add(length)
                    .and_then(|end| base.get(from..end))
                    .ok_or(Unreadable::Delta("it copies from beyond its base"))?
            } else {
                let length = usize::from(step);
                let new = rest.get(..length).ok_or(CUT_OFF)?;
                if length == 0 {
                    return Err(Unreadable::Delta("it has a step that git does not know"));
                }
                steps = &rest[length..];
                parts.inserted(length);
                new
            };
            let room =
                out.get_mut(at..at + source.len()).ok_or(Unreadable::Delta("it makes more bytes than it says"))?;
            room.copy_from_slice(source);
            at += source.len();
            pace.spend(source.len())?;
        }
        if at == out.len() { Ok(()) } else { Err(Unreadable::Delta("it makes fewer bytes than it says")) }
    }
}

const CUT_OFF: Unreadable = Unreadable::Delta("it is cut off");

/// A number of seven bits a byte, the lowest first.
fn size(bytes: &[u8]) -> Result<(u64, &[u8]), Unreadable> {
    let mut size = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let (bits, shift) = (u64::from(byte & 0x7f), 7 * at as u32);
        if shift > 63 || bits << shift >> shift != bits {
            return Err(Unreadable::Delta("it gives a size beyond any number"));
        }
        size |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok((size, &bytes[at + 1..]));
        }
    }
    Err(CUT_OFF)
}

/// A copy's place and length: the step's bits say which of their bytes follow.
#[inline]
fn copy(step: u8, mut bytes: &[u8]) -> Result<(usize, usize, &[u8]), Unreadable> {
    let mut numbers = [0u8; 8];
    // Four bytes of the place, three of the length.
    for (bit, number) in numbers.iter_mut().enumerate().take(7) {
        if step & 1 << bit != 0 {
            let (&byte, rest) = bytes.split_first().ok_or(CUT_OFF)?;
            *number = byte;
            bytes = rest;
        }
    }
    let numbers = u64::from_le_bytes(numbers);
    let (from, length) = ((numbers & 0xffff_ffff) as usize, (numbers >> 32) as usize);
    Ok((from, if length == 0 { COPY_OF_ZERO } else { length }, bytes))
}

#[cfg(test)]
mod tests {
    use super::{Delta, LONGEST_SIZES};
    use crate::pack::Unreadable;
    use crate::pack::pace::Pace;

    fn apply(base: &[u8], delta: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let delta = Delta::parse(delta)?;
        let mut out = vec![0; delta.result as usize];
        delta.apply(base, &mut out, &mut (), &mut Pace::new(&|| true))?;
        Ok(out)
    }

    #[test]
    fn copies_and_new_bytes_make_the_object() {
        let delta = [&[6, 9, 0x91, 2, 3, 4][..], b"wxyz", &[0x90, 2]].concat();
        assert_eq!(apply(b"abcdef", &delta).expect("good"), b"cdewxyzab");
        let base = vec![7; 0x10001];
        let whole = [0x81, 0x80, 0x04, 0x80, 0x80, 0x04, 0x81, 1];
        assert_eq!(apply(&base, &whole).expect("a copy of zero is one of 65,536"), base[1..]);
        assert_eq!(apply(b"", &[0, 0]).expect("empty"), b"");
    }

    #[test]
    fn deltas_that_lie_are_refused() {
        let overlong = [&[0xff; 9][..], &[0x02, 0]].concat();
        let cases: [(&[u8], &str); 12] = [
            (&[], "cut off"),
            (&[6], "cut off"),
            (&[0x86], "cut off"),
            (&overlong, "beyond any number"),
            (&[5, 1, 1, b'a'], "another size"),
            (&[6, 1, 0], "does not know"),
            (&[6, 4, 4, b'a'], "cut off"),
            (&[6, 4, 0x91, 2], "cut off"),
            (&[6, 6, 0x91, 1, 6], "beyond its base"),
            (&[6, 6, 0x9f, 0xff, 0xff, 0xff, 0xff, 6], "beyond its base"),
            (&[6, 1, 0x90, 2], "more bytes"),
            (&[6, 3, 0x90, 2], "fewer bytes"),
        ];
        for (delta, reason) in cases {
            let error = apply(b"abcdef", delta).expect_err(reason).to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert!(overlong.len() < LONGEST_SIZES);
    }

    #[test]
    fn a_delta_of_many_copies_stops_when_the_caller_says_so() {
        let base = vec![0; 1 << 20];
        let steps = [0xc0, 0x10].repeat(16);
        let delta = [&[0x80, 0x80, 0x40, 0x80, 0x80, 0x80, 0x08][..], &steps].concat();
        let delta = Delta::parse(&delta).expect("good");
        let mut out = vec![0; delta.result as usize];
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let proceed = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 4;
        let stopped = delta.apply(&base, &mut out, &mut (), &mut Pace::new(&proceed));
        assert_eq!(stopped, Err(Unreadable::Stopped));
        assert_eq!(asked.into_inner(), 5);
    }
}
