//! Finds where a credential could begin: starts of words and of values inside runs of token characters, from 64-byte bit masks.
//! This pass touches every byte, so it does nothing else; about one position in fifty survives it.

use std::ops::Range;

use wide::u8x16;

/// Shortest run of token characters that anchors anything, in bytes. `report` erodes the masks to just this.
#[cfg(test)]
const SHORTEST_RUN: usize = 10;

const BLOCK: usize = 64;

/// Characters of a value whose switches are counted, and how many switches make it worth a look. Of drawn values this passes over
/// none of 32 hexadecimal or base62 characters, 2 % of 16 base62, 6 % of 16 capitals and digits; behind a name such as `token`
/// or `key` those are looked at all the same. Letters alone must switch more often, or every name of program text would do;
/// digits alone have none to count.
const HEAD: u32 = 32;
const LEAST_SWITCHES: u32 = 3;
const LEAST_SWITCHES_OF_LETTERS: u32 = 7;

/// Receives the places a credential could begin.
pub(super) trait Anchors {
    /// A token run of at least ten bytes begins here or goes on here behind a mark such as `_`, `-` or `\n`.
    fn word(&mut self, at: usize);
    /// A token run of at least ten bytes begins here whose head looks drawn rather than written.
    fn value(&mut self, at: usize);
}

/// One bit a byte, lowest first.
#[derive(Clone, Copy, Default)]
struct Masks {
    /// Token characters: letters, digits and `_ - . / + ~`.
    token: u64,
    alphanumeric: u64,
    capital: u64,
    digit: u64,
    /// `\` and `%`, which open escapes such as `\n` and `%3D` before a credential.
    escape: u64,
}

/// Calls `anchors` for every place in `range`, in ascending order for each kind. Bytes outside `range` count as context.
pub(super) fn find(bytes: &[u8], range: Range<usize>, anchors: &mut impl Anchors) {
    let mut before = Masks::default();
    for (bit, at) in (range.start.saturating_sub(3)..range.start).rev().enumerate() {
        let one = classify(&padded(&bytes[at..=at]));
        let place = 63 - bit;
        before.token |= (one.token & 1) << place;
        before.alphanumeric |= (one.alphanumeric & 1) << place;
        before.escape |= (one.escape & 1) << place;
    }
    let mut here = block(bytes, range.start);
    let mut at = range.start;
    while at < range.end {
        let next = block(bytes, at + BLOCK);
        report(&before, &here, &next, at, range.end, anchors);
        before = here;
        here = next;
        at += BLOCK;
    }
}

fn report(before: &Masks, here: &Masks, next: &Masks, at: usize, end: usize, anchors: &mut impl Anchors) {
    let token = u128::from(next.token) << 64 | u128::from(here.token);
    // Eroding by doubling leaves a bit where ten token characters follow: 2, 4, 8, then 8 + 2.
    let two = token & token >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    let mut run = (eight & two >> 8) as u64;
    if end - at < BLOCK {
        run &= (1u64 << (end - at)) - 1;
    }
    if run == 0 {
        return;
    }
    let previous = here.alphanumeric << 1 | before.alphanumeric >> 63;
    let escaped = here.escape << 2 | before.escape >> 62 | here.escape << 3 | before.escape >> 61;
    let mut words = run & (!previous | escaped);
    while words != 0 {
        anchors.word(at + words.trailing_zeros() as usize);
        words &= words - 1;
    }
    let mut values = run & !(here.token << 1 | before.token >> 63);
    if values == 0 {
        return;
    }
    let switches = switches(here, next);
    let digits = u128::from(next.digit) << 64 | u128::from(here.digit);
    let alphanumerics = u128::from(next.alphanumeric) << 64 | u128::from(here.alphanumeric);
    while values != 0 {
        let bit = values.trailing_zeros();
        let length = (!(token >> bit)).trailing_zeros().min(HEAD);
        let head = (1u128 << length) - 1;
        let least = if digits >> bit & head != 0 { LEAST_SWITCHES } else { LEAST_SWITCHES_OF_LETTERS };
        // The last character's switch leads out of the head.
        // Digits and marks alone have no switch to count: `1/1200000000000000:`.
        let number = (alphanumerics ^ digits) >> bit & head == 0;
        if number || (switches >> bit & head >> 1).count_ones() >= least {
            anchors.value(at + bit as usize);
        }
        values &= values - 1;
    }
}

/// A bit where a character and the next are both alphanumeric and of different kind: small, capital, digit.
/// A name of several words switches once or twice a word, a random value at every second character.
fn switches(here: &Masks, next: &Masks) -> u128 {
    let wide = |next: u64, here: u64| u128::from(next) << 64 | u128::from(here);
    let alphanumeric = wide(next.alphanumeric, here.alphanumeric);
    let capital = wide(next.capital, here.capital);
    let digit = wide(next.digit, here.digit);
    (capital ^ capital >> 1 | digit ^ digit >> 1) & alphanumeric & alphanumeric >> 1
}

#[inline(always)]
fn block(bytes: &[u8], at: usize) -> Masks {
    match bytes.get(at..at + BLOCK) {
        Some(whole) => classify(whole.try_into().expect("the slice has this length")),
        None => classify(&padded(bytes.get(at..).unwrap_or_default())),
    }
}

fn padded(tail: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..tail.len()].copy_from_slice(tail);
    block
}

#[inline(always)]
fn classify(block: &[u8; BLOCK]) -> Masks {
    let mut masks = Masks::default();
    for part in 0..4 {
        let bytes: [u8; 16] = block[part * 16..part * 16 + 16].try_into().expect("a quarter of the block");
        let bytes = u8x16::new(bytes);
        let between =
            |value: u8x16, low: u8, high: u8| value.max(u8x16::splat(low)).min(u8x16::splat(high)).simd_eq(value);
        let is = |byte: u8| bytes.simd_eq(u8x16::splat(byte));
        let letter = between(bytes | u8x16::splat(0x20), b'a', b'z');
        let digit = between(bytes, b'0', b'9');
        let capital = between(bytes, b'A', b'Z');
        let alphanumeric = letter | digit;
        // '-' to '9' is "-./0123456789".
        let token = letter | between(bytes, b'-', b'9') | is(b'_') | is(b'+') | is(b'~');
        let escape = is(b'\\') | is(b'%');
        let shift = part * 16;
        masks.token |= u64::from(token.to_bitmask()) << shift;
        masks.alphanumeric |= u64::from(alphanumeric.to_bitmask()) << shift;
        masks.capital |= u64::from(capital.to_bitmask()) << shift;
        masks.digit |= u64::from(digit.to_bitmask()) << shift;
        masks.escape |= u64::from(escape.to_bitmask()) << shift;
    }
    masks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Anchors, HEAD, LEAST_SWITCHES, LEAST_SWITCHES_OF_LETTERS, SHORTEST_RUN, find};

    #[derive(Default, PartialEq, Debug)]
    struct Seen {
        words: Vec<usize>,
        values: Vec<usize>,
    }

    impl Anchors for Seen {
        fn word(&mut self, at: usize) {
            self.words.push(at);
        }
        fn value(&mut self, at: usize) {
            self.values.push(at);
        }
    }

    fn token(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"_-./+~".contains(&byte)
    }

    /// The same, one byte at a time.
    fn slow(bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        for at in 0..bytes.len() {
            let run = bytes[at..].iter().take_while(|&&byte| token(byte)).count();
            if run < SHORTEST_RUN {
                continue;
            }
            let back = |n: usize| at.checked_sub(n).map(|index| bytes[index]);
            let escape = |n| back(n).is_some_and(|byte| byte == b'\\' || byte == b'%');
            if !back(1).is_some_and(|byte| byte.is_ascii_alphanumeric()) || escape(2) || escape(3) {
                seen.words.push(at);
            }
            let head = &bytes[at..at + run.min(HEAD as usize)];
            let kind = |byte: u8| [byte.is_ascii_lowercase(), byte.is_ascii_uppercase(), byte.is_ascii_digit()];
            let switch = |pair: &&[u8]| pair.iter().all(u8::is_ascii_alphanumeric) && kind(pair[0]) != kind(pair[1]);
            let digit = head.iter().any(u8::is_ascii_digit);
            let number = !head.iter().any(u8::is_ascii_alphabetic);
            let least = if digit { LEAST_SWITCHES } else { LEAST_SWITCHES_OF_LETTERS };
            if !back(1).is_some_and(token) && (number || head.windows(2).filter(switch).count() >= least as usize) {
                seen.values.push(at);
            }
        }
        seen
    }

    proptest! {
        #[test]
        fn masks_and_a_plain_loop_agree(text in "[a-cAB0-1_/. %\\\\]{0,300}", cut in 0usize..300) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            let mut seen = Seen::default();
            // Two ranges that meet must see what one range sees: no boundary is invented at a cut.
            find(bytes, 0..cut, &mut seen);
            find(bytes, cut..bytes.len(), &mut seen);
            prop_assert_eq!(seen, slow(bytes));
        }
    }
}
