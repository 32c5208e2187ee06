//! Classes of 64 bytes as bit masks: sixteen at once anywhere, thirty-two at once where the machine has AVX2.

use wide::u8x16;

use super::BLOCK;

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
}

/// What every machine can do.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Classify for Portable {
    #[inline(always)]
    fn classify(self, block: &[u8; BLOCK]) -> Masks {
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
}

#[cfg(target_arch = "x86_64")]
impl Classify for pulp::x86::V3 {
    #[inline(always)]
    fn classify(self, block: &[u8; BLOCK]) -> Masks {
        let mut masks = Masks::default();
        let (avx, avx2) = (self.avx, self.avx2);
        let splat = |byte: u8| avx._mm256_set1_epi8(byte as i8);
        let or = |one, other| avx2._mm256_or_si256(one, other);
        let bits = |lanes| u64::from(avx2._mm256_movemask_epi8(lanes) as u32);
        for part in 0..2 {
            let bytes: [u8; 32] = block[part * 32..part * 32 + 32].try_into().expect("half of the block");
            let bytes = pulp::cast(bytes);
            let between = |value, low: u8, high: u8| {
                let clamped = avx2._mm256_min_epu8(avx2._mm256_max_epu8(value, splat(low)), splat(high));
                avx2._mm256_cmpeq_epi8(clamped, value)
            };
            let is = |byte: u8| avx2._mm256_cmpeq_epi8(bytes, splat(byte));
            let letter = between(or(bytes, splat(0x20)), b'a', b'z');
            let digit = between(bytes, b'0', b'9');
            let token = or(or(letter, between(bytes, b'-', b'9')), or(or(is(b'_'), is(b'+')), is(b'~')));
            let shift = part * 32;
            masks.token |= bits(token) << shift;
            masks.alphanumeric |= bits(or(letter, digit)) << shift;
            masks.capital |= bits(between(bytes, b'A', b'Z')) << shift;
            masks.digit |= bits(digit) << shift;
            masks.escape |= bits(or(is(b'\\'), is(b'%'))) << shift;
        }
        masks
    }
}
