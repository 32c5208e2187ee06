//! Classes of 64 bytes as bit masks, and the places where a literal may begin: sixteen at once anywhere, thirty-two at once where the
//! machine has AVX2.

use wide::u8x16;

use super::heads::{HEAD, Heads};
use super::{BLOCK, TEXT};

/// One bit a byte, lowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Masks {
    /// Token characters: letters, digits and `_ - . / + ~`.
    pub(super) token: u64,
    pub(super) alphanumeric: u64,
    pub(super) capital: u64,
    pub(super) digit: u64,
    /// Backslash and `%`, which open escapes such as `\n` and `%3D` before a credential.
    pub(super) escape: u64,
}

/// A way to classify a block.
pub(super) trait Classify: Copy {
    fn classify(self, block: &[u8; BLOCK]) -> Masks;
    /// The bytes of the block at which one of the heads may stand.
    fn heads(self, text: &[u8; TEXT], heads: &Heads) -> u64;
}

/// What every machine can do.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Classify for Portable {
    #[inline(always)]
    fn classify(self, block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks::default();
        for part in 0..4 {
            let bytes = sixteen(block, part * 16);
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

    #[inline(always)]
    fn heads(self, text: &[u8; TEXT], heads: &Heads) -> u64 {
        let mut mask = 0;
        for part in 0..4 {
            let mut left = u8x16::splat(0xff);
            for place in 0..HEAD {
                let bytes = sixteen(text, part * 16 + place) | u8x16::splat(0x20);
                let low = u8x16::new(heads.low[place]).shuffle(bytes & u8x16::splat(0x0f));
                let high = u8x16::new(heads.high[place]).shuffle((bytes >> 4u8) & u8x16::splat(0x0f));
                left &= low & high;
            }
            let none = left.simd_eq(u8x16::splat(0));
            mask |= u64::from(!none.to_bitmask() as u16) << (part * 16);
        }
        mask
    }
}

#[inline(always)]
fn sixteen<const N: usize>(text: &[u8; N], at: usize) -> u8x16 {
    let bytes: [u8; 16] = text[at..at + 16].try_into().expect("the slice has this length");
    u8x16::new(bytes)
}

/// Groups of characters by the lower half of a byte. Each bit stands for one pair of halves below, so that their `and` tells the group.
#[cfg(target_arch = "x86_64")]
const LOW: [u8; 16] = {
    let mut low = [0; 16];
    let mut half = 0;
    while half < 16 {
        let mut groups = 0;
        if half >= 1 {
            groups |= SMALL_A_TO_O | CAPITAL_A_TO_O;
        }
        if half <= 10 {
            groups |= SMALL_P_TO_Z | CAPITAL_P_TO_Z;
        }
        if half <= 9 {
            groups |= DIGIT;
        }
        // `+ - . /`, then `_`, then `~`.
        if matches!(half, 0xb | 0xd | 0xe | 0xf) {
            groups |= MARK;
        }
        if half == 0xf {
            groups |= UNDERSCORE;
        }
        if half == 0xe {
            groups |= TILDE;
        }
        low[half] = groups;
        half += 1;
    }
    low
};

/// The same by the upper half. Bytes of 0x80 and above are in none.
#[cfg(target_arch = "x86_64")]
const HIGH: [u8; 16] = {
    let mut high = [0; 16];
    high[2] = MARK;
    high[3] = DIGIT;
    high[4] = CAPITAL_A_TO_O;
    high[5] = CAPITAL_P_TO_Z | UNDERSCORE;
    high[6] = SMALL_A_TO_O;
    high[7] = SMALL_P_TO_Z | TILDE;
    high
};

#[cfg(target_arch = "x86_64")]
const SMALL_A_TO_O: u8 = 1;
#[cfg(target_arch = "x86_64")]
const SMALL_P_TO_Z: u8 = 1 << 1;
#[cfg(target_arch = "x86_64")]
const CAPITAL_A_TO_O: u8 = 1 << 2;
#[cfg(target_arch = "x86_64")]
const CAPITAL_P_TO_Z: u8 = 1 << 3;
#[cfg(target_arch = "x86_64")]
const DIGIT: u8 = 1 << 4;
#[cfg(target_arch = "x86_64")]
const MARK: u8 = 1 << 5;
#[cfg(target_arch = "x86_64")]
const UNDERSCORE: u8 = 1 << 6;
#[cfg(target_arch = "x86_64")]
const TILDE: u8 = 1 << 7;

// No closure holds an instruction here: one would not be inlined, and each instruction would become a call.
#[cfg(target_arch = "x86_64")]
impl Classify for pulp::x86::V3 {
    #[inline(always)]
    fn classify(self, block: &[u8; BLOCK]) -> Masks {
        let (low, high) = (twice(self, &LOW), twice(self, &HIGH));
        let mut masks = Masks::default();
        for part in 0..2 {
            let bytes = load(self, block, part * 32);
            let groups = groups(self, bytes, low, high);
            let shift = part * 32;
            let letters = SMALL_A_TO_O | SMALL_P_TO_Z | CAPITAL_A_TO_O | CAPITAL_P_TO_Z;
            masks.token |= some(self, groups) << shift;
            masks.alphanumeric |= some(self, of(self, groups, letters | DIGIT)) << shift;
            masks.capital |= some(self, of(self, groups, CAPITAL_A_TO_O | CAPITAL_P_TO_Z)) << shift;
            masks.digit |= some(self, of(self, groups, DIGIT)) << shift;
            let backslash = self.avx2._mm256_cmpeq_epi8(bytes, splat(self, b'\\'));
            let percent = self.avx2._mm256_cmpeq_epi8(bytes, splat(self, b'%'));
            masks.escape |= bits(self, self.avx2._mm256_or_si256(backslash, percent)) << shift;
        }
        masks
    }

    #[inline(always)]
    fn heads(self, text: &[u8; TEXT], heads: &Heads) -> u64 {
        let mut mask = 0;
        for part in 0..2 {
            let mut left = splat(self, 0xff);
            for place in 0..HEAD {
                let bytes = self.avx2._mm256_or_si256(load(self, text, part * 32 + place), splat(self, 0x20));
                let (low, high) = (twice(self, &heads.low[place]), twice(self, &heads.high[place]));
                left = self.avx2._mm256_and_si256(left, groups(self, bytes, low, high));
            }
            mask |= some(self, left) << (part * 32);
        }
        mask
    }
}

#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::__m256i;
#[cfg(target_arch = "x86_64")]
use pulp::x86::V3;

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn load<const N: usize>(v3: V3, text: &[u8; N], at: usize) -> __m256i {
    let _ = v3;
    let bytes: [u8; 32] = *text[at..].first_chunk().expect("thirty-two bytes are there");
    pulp::cast(bytes)
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn splat(v3: V3, byte: u8) -> __m256i {
    v3.avx._mm256_set1_epi8(byte as i8)
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn bits(v3: V3, lanes: __m256i) -> u64 {
    // Hidden from the optimizer, which otherwise goes on in lanes of single bits and takes them apart byte by byte.
    std::hint::black_box(v3.avx2._mm256_movemask_epi8(lanes) as u32).into()
}

/// A bit for each byte that is not zero.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn some(v3: V3, lanes: __m256i) -> u64 {
    bits(v3, v3.avx2._mm256_cmpeq_epi8(lanes, v3.avx._mm256_setzero_si256())) ^ 0xffff_ffff
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn of(v3: V3, groups: __m256i, wanted: u8) -> __m256i {
    v3.avx2._mm256_and_si256(groups, splat(v3, wanted))
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn twice(v3: V3, table: &[u8; 16]) -> __m256i {
    v3.avx2._mm256_broadcastsi128_si256(pulp::cast(*table))
}

/// For each byte the groups that both of its halves are in.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn groups(v3: V3, bytes: __m256i, low: __m256i, high: __m256i) -> __m256i {
    let half = splat(v3, 0x0f);
    let by_low = v3.avx2._mm256_shuffle_epi8(low, v3.avx2._mm256_and_si256(bytes, half));
    let upper = v3.avx2._mm256_and_si256(v3.avx2._mm256_srli_epi16::<4>(bytes), half);
    v3.avx2._mm256_and_si256(by_low, v3.avx2._mm256_shuffle_epi8(high, upper))
}
