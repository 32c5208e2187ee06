//! Finds where a credential could begin: starts of words and of values inside runs of token characters, from 64-byte bit masks.
//! This pass touches every byte, so it does nothing else; about one position in fifty survives it.

use std::ops::Range;

mod classify;
pub(super) mod heads;

use classify::{Classify, Masks, Portable};

use super::filter::Filters;

/// Shortest run of token characters that anchors anything, in bytes. `report` erodes the masks to just this.
#[cfg(test)]
const SHORTEST_RUN: usize = 10;

/// Bytes classified at once: a bit each in a mask.
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
    /// A token run of at least ten bytes begins here or goes on here behind a mark such as `_`, `-` or `\n`, and the filters let it
    /// through.
    fn word(&mut self, at: usize);
    /// A token run of at least ten bytes begins here whose head looks drawn rather than written.
    fn value(&mut self, at: usize);
    /// A word of any length begins here, behind something else or as a capital behind a small letter, and the filter lets it through.
    fn start(&mut self, at: usize);
    /// A `\` or `%` stands here behind two letters or digits.
    fn escape(&mut self, at: usize);
    /// A literal that may stand anywhere may begin here.
    fn literal(&mut self, at: usize);
}

/// The fastest way to classify bytes on this machine. Asked for once: the answer does not change.
#[derive(Clone, Copy)]
pub(super) struct Machine {
    #[cfg(target_arch = "x86_64")]
    v3: Option<pulp::x86::V3>,
}

impl Machine {
    pub(super) fn new() -> Self {
        Machine {
            #[cfg(target_arch = "x86_64")]
            v3: pulp::x86::V3::try_new(),
        }
    }
}

/// Calls `anchors` for every place in `range`, in ascending order for each kind. Bytes outside `range` count as context.
pub(super) fn find(
    machine: Machine,
    filters: Filters<'_>,
    bytes: &[u8],
    range: Range<usize>,
    anchors: &mut impl Anchors,
) {
    #[cfg(target_arch = "x86_64")]
    if let Some(v3) = machine.v3 {
        return v3.vectorize(Run { classes: v3, filters, bytes, range, anchors });
    }
    let _ = machine;
    pulp::NullaryFnOnce::call(Run { classes: Portable, filters, bytes, range, anchors });
}

/// One pass, as a value so that it can be compiled for the machine's wider registers as a whole.
struct Run<'r, C, A> {
    classes: C,
    filters: Filters<'r>,
    bytes: &'r [u8],
    range: Range<usize>,
    anchors: &'r mut A,
}

impl<C: Classify, A: Anchors> pulp::NullaryFnOnce for Run<'_, C, A> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Run { classes, filters, bytes, range, anchors } = self;
        let mut before = Masks::default();
        for (bit, at) in (range.start.saturating_sub(3)..range.start).rev().enumerate() {
            let one = classes.classify(&padded(&bytes[at..=at]));
            let place = 63 - bit;
            before.token |= (one.token & 1) << place;
            before.alphanumeric |= (one.alphanumeric & 1) << place;
            before.capital |= (one.capital & 1) << place;
            before.escape |= (one.escape & 1) << place;
        }
        let mut here = block(classes, bytes, range.start);
        let mut at = range.start;
        let mut tail = [0; TEXT];
        while at < range.end {
            let next = block(classes, bytes, at + BLOCK);
            let text = text(bytes, at, &mut tail);
            let inside = if range.end - at < BLOCK { (1u64 << (range.end - at)) - 1 } else { !0 };
            let mut literals = classes.heads(text, filters.literals) & inside;
            while literals != 0 {
                anchors.literal(at + literals.trailing_zeros() as usize);
                literals &= literals - 1;
            }
            report([&before, &here, &next], filters, text, at, inside, anchors);
            before = here;
            here = next;
            at += BLOCK;
        }
    }
}

#[inline(always)]
fn report(
    [before, here, next]: [&Masks; 3],
    filters: Filters<'_>,
    text: &[u8; TEXT],
    at: usize,
    inside: u64,
    anchors: &mut impl Anchors,
) {
    let previous = here.alphanumeric << 1 | before.alphanumeric >> 63;
    let capital = here.capital << 1 | before.capital >> 63;
    // A number goes on in the letters behind it, and capitals in small letters; a capital behind anything else begins a word.
    let mut starts = here.alphanumeric & (!previous | here.capital & !capital) & inside;
    let mut passed = 0u64;
    // Four at a time and without a branch for each: one in a hundred passes, and its place cannot be foretold.
    while starts != 0 {
        for _ in 0..4 {
            let bit = starts.trailing_zeros() as usize & (BLOCK - 1);
            passed |= filters.may_start(key(text, bit)) << bit & starts;
            starts &= starts.wrapping_sub(1);
        }
    }
    while passed != 0 {
        anchors.start(at + passed.trailing_zeros() as usize);
        passed &= passed - 1;
    }
    let mut escapes = here.escape & previous & (here.alphanumeric << 2 | before.alphanumeric >> 62) & inside;
    while escapes != 0 {
        anchors.escape(at + escapes.trailing_zeros() as usize);
        escapes &= escapes - 1;
    }
    let token = u128::from(next.token) << 64 | u128::from(here.token);
    // Eroding by doubling leaves a bit where ten token characters follow: 2, 4, 8, then 8 + 2.
    let two = token & token >> 1;
    let four = two & two >> 2;
    let eight = four & four >> 4;
    let run = (eight & two >> 8) as u64 & inside;
    if run == 0 {
        return;
    }
    let escaped = here.escape << 2 | before.escape >> 62 | here.escape << 3 | before.escape >> 61;
    let mut words = run & (!previous | escaped);
    let mut passed = 0u64;
    while words != 0 {
        let bit = words.trailing_zeros() as usize & (BLOCK - 1);
        passed |= filters.may_be_prefix(key(text, bit)) << bit;
        words &= words - 1;
    }
    while passed != 0 {
        anchors.word(at + passed.trailing_zeros() as usize);
        passed &= passed - 1;
    }
    let values = run & !(here.token << 1 | before.token >> 63);
    if values != 0 {
        report_values(values, token, here, next, at, anchors);
    }
}

/// Of the runs that begin at `values`, those whose head looks drawn.
#[inline(always)]
fn report_values(mut values: u64, token: u128, here: &Masks, next: &Masks, at: usize, anchors: &mut impl Anchors) {
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
#[inline(always)]
fn switches(here: &Masks, next: &Masks) -> u128 {
    let wide = |next: u64, here: u64| u128::from(next) << 64 | u128::from(here);
    let alphanumeric = wide(next.alphanumeric, here.alphanumeric);
    let capital = wide(next.capital, here.capital);
    let digit = wide(next.digit, here.digit);
    (capital ^ capital >> 1 | digit ^ digit >> 1) & alphanumeric & alphanumeric >> 1
}

/// The block's bytes and those that the key of its last one needs.
const TEXT: usize = BLOCK + 3;

/// The text at `at`, where it lies: a copy would have to be written before it could be read. Only the last block's is padded.
#[inline(always)]
fn text<'t>(bytes: &'t [u8], at: usize, tail: &'t mut [u8; TEXT]) -> &'t [u8; TEXT] {
    match bytes[at..].first_chunk() {
        Some(whole) => whole,
        None => {
            let rest = &bytes[at..];
            tail[..rest.len()].copy_from_slice(rest);
            tail
        }
    }
}

/// The four bytes from `bit` on, the first lowest.
#[inline(always)]
fn key(text: &[u8; TEXT], bit: usize) -> u32 {
    u32::from_le_bytes([text[bit], text[bit + 1], text[bit + 2], text[bit + 3]])
}

#[inline(always)]
fn block(classes: impl Classify, bytes: &[u8], at: usize) -> Masks {
    match bytes.get(at..at + BLOCK) {
        Some(whole) => classes.classify(whole.try_into().expect("the slice has this length")),
        None => classes.classify(&padded(bytes.get(at..).unwrap_or_default())),
    }
}

fn padded(tail: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..tail.len()].copy_from_slice(tail);
    block
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use pulp::NullaryFnOnce;

    use super::super::filter::{Filter, Filters};
    use super::heads::Heads;
    use super::{Anchors, HEAD, LEAST_SWITCHES, LEAST_SWITCHES_OF_LETTERS, Machine, Portable, Run, SHORTEST_RUN, find};

    #[derive(Default, PartialEq, Debug)]
    struct Seen {
        words: Vec<usize>,
        values: Vec<usize>,
        starts: Vec<usize>,
        escapes: Vec<usize>,
        literals: Vec<usize>,
    }

    impl Anchors for Seen {
        fn word(&mut self, at: usize) {
            self.words.push(at);
        }
        fn value(&mut self, at: usize) {
            self.values.push(at);
        }
        fn start(&mut self, at: usize) {
            self.starts.push(at);
        }
        fn escape(&mut self, at: usize) {
            self.escapes.push(at);
        }
        fn literal(&mut self, at: usize) {
            self.literals.push(at);
        }
    }

    fn heads() -> Heads {
        Heads::new([*b"aB1", *b"_b%", *b"AA/"])
    }

    fn token(byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || b"_-./+~".contains(&byte)
    }

    /// The same, one byte at a time.
    fn slow(bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        for at in 0..bytes.len() {
            let back = |n: usize| at.checked_sub(n).map(|index| bytes[index]);
            let alphanumeric = |n| back(n).is_some_and(|byte| byte.is_ascii_alphanumeric());
            let camel = bytes[at].is_ascii_uppercase() && !back(1).is_some_and(|byte| byte.is_ascii_uppercase());
            if bytes[at].is_ascii_alphanumeric() && (!alphanumeric(1) || camel) {
                seen.starts.push(at);
            }
            if matches!(bytes[at], b'\\' | b'%') && alphanumeric(1) && alphanumeric(2) {
                seen.escapes.push(at);
            }
            let head = [0, 1, 2].map(|index| bytes.get(at + index).copied().unwrap_or_default());
            if heads().may_begin(head) {
                seen.literals.push(at);
            }
            let run = bytes[at..].iter().take_while(|&&byte| token(byte)).count();
            if run < SHORTEST_RUN {
                continue;
            }
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
            let all = Filter::full();
            let heads = heads();
            let open = Filters { starts: &all, prefixes: [&all, &all], literals: &heads };
            // Two ranges that meet must see what one range sees: no boundary is invented at a cut.
            find(Machine::new(), open, bytes, 0..cut, &mut seen);
            find(Machine::new(), open, bytes, cut..bytes.len(), &mut seen);
            prop_assert_eq!(&seen, &slow(bytes));
            let mut portable = Seen::default();
            Run { classes: Portable, filters: open, bytes, range: 0..bytes.len(), anchors: &mut portable }.call();
            prop_assert_eq!(portable, seen);
        }
    }
}
