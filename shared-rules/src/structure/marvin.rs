//! Marvin32, the keyed hash with which Microsoft marks its keys.
//! <https://github.com/microsoft/SymCrypt/blob/main/lib/marvin32.c>

/// The hash of `bytes`, its two halves folded into one.
pub(super) fn hash32(bytes: &[u8], seed: u64) -> u32 {
    let hash = hash64(bytes, seed);
    (hash >> 32) as u32 ^ hash as u32
}

fn hash64(bytes: &[u8], seed: u64) -> u64 {
    let mut state = State { low: seed as u32, high: (seed >> 32) as u32 };
    let (words, rest) = bytes.as_chunks::<4>();
    words.iter().for_each(|word| state.add(u32::from_le_bytes(*word)));
    let mut last = [0; 4];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    state.add(u32::from_le_bytes(last));
    state.mix();
    u64::from(state.high) << 32 | u64::from(state.low)
}

struct State {
    low: u32,
    high: u32,
}

impl State {
    fn add(&mut self, word: u32) {
        self.low = self.low.wrapping_add(word);
        self.mix();
    }

    fn mix(&mut self) {
        self.high ^= self.low;
        self.low = self.low.rotate_left(20).wrapping_add(self.high);
        self.high = self.high.rotate_left(9) ^ self.low;
        self.low = self.low.rotate_left(27).wrapping_add(self.high);
        self.high = self.high.rotate_left(19);
    }
}

#[cfg(test)]
mod tests {
    use super::hash64;

    #[test]
    fn the_vectors_of_the_reference_implementation() {
        assert_eq!(hash64(b"abc", 0xd53c_d9ce_cd08_93b7), 0x22c7_4339_4927_69bf);
        assert_eq!(hash64(b"abcdefghijklmnopqrstuvwxyz", 0x0ddd_deee_efff_f000), 0xa128_eb7e_7260_aca2);
        let seed = 0x004f_b61a_001b_dbcc;
        assert_eq!(hash64(b"", seed), 0x30ed_35c1_00cd_3c7d);
        assert_eq!(hash64(b"\xaf", seed), 0x48e7_3fc7_7d75_ddc1);
        assert_eq!(hash64(b"\x86\x42\xdc\x59", seed), 0x7008_f2e8_7e9c_f556);
        assert_eq!(hash64(b"\xab\x42\x7e\xa8\xd1\x0f\xc7", seed), 0xe118_47e4_f067_8c41);
    }
}
