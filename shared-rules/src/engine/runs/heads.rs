//! The first three bytes of literals that may stand anywhere, as tables that are asked for 32 places at once: two look-ups of half a
//! byte and one `and` for each of the three. What passes is a literal's head nearly always, and is looked at again.

use super::super::filter::FOLD;

/// Bytes of a head.
pub(in crate::engine) const HEAD: usize = 3;

/// A bit for each group of heads; a place may begin a literal if one bit is left of all six look-ups.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Heads {
    /// Groups by the lower and the upper half of each byte, without case.
    pub(super) low: [[u8; 16]; HEAD],
    pub(super) high: [[u8; 16]; HEAD],
}

/// The halves of bytes that a group lets through.
#[derive(Clone, Copy, Default)]
struct Group([[u16; 2]; HEAD]);

impl Group {
    fn with(mut self, head: [u8; HEAD]) -> Group {
        for (halves, byte) in self.0.iter_mut().zip(head) {
            halves[0] |= 1 << (byte & 15);
            halves[1] |= 1 << (byte >> 4);
        }
        self
    }

    /// How many heads it lets through.
    fn size(&self) -> u32 {
        self.0.iter().flatten().map(|half| half.count_ones()).product()
    }
}

impl Heads {
    /// Puts each head into the group that grows least by it.
    pub(in crate::engine) fn new(heads: impl IntoIterator<Item = [u8; HEAD]>) -> Heads {
        let mut sorted: Vec<[u8; HEAD]> = heads.into_iter().map(|head| head.map(|byte| byte | FOLD as u8)).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut groups = [Group::default(); 8];
        for head in sorted {
            let growth = |group: &Group| group.with(head).size() - group.size();
            if let Some(best) = groups.iter_mut().min_by_key(|group| growth(group)) {
                *best = best.with(head);
            }
        }
        let mut tables = Heads { low: [[0; 16]; HEAD], high: [[0; 16]; HEAD] };
        for (bit, group) in groups.iter().enumerate() {
            for (place, halves) in group.0.iter().enumerate() {
                for half in 0..16 {
                    tables.low[place][half] |= u8::from(halves[0] >> half & 1 == 1) << bit;
                    tables.high[place][half] |= u8::from(halves[1] >> half & 1 == 1) << bit;
                }
            }
        }
        tables
    }

    /// Whether a literal may begin with these bytes.
    #[cfg(test)]
    pub(super) fn may_begin(&self, head: [u8; HEAD]) -> bool {
        let bits = |place: usize| {
            let byte = head[place] | FOLD as u8;
            self.low[place][usize::from(byte & 15)] & self.high[place][usize::from(byte >> 4)]
        };
        bits(0) & bits(1) & bits(2) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Heads;

    #[test]
    fn every_head_passes_and_few_others_do() {
        let heads: [[u8; 3]; 6] = [*b"pas", *b"PWD", *b"sec", *b"://", [0xe5, 0xaf, 0x86], *b" -p"];
        let tables = Heads::new(heads);
        assert!(heads.iter().all(|head| tables.may_begin(*head)));
        assert!(tables.may_begin(*b"PaS") && tables.may_begin(*b"pwd"));
        for other in [*b"abc", *b"pad", *b"the", *b"   ", [0; 3]] {
            assert!(!tables.may_begin(other), "{other:?}");
        }
        assert!(!Heads::new([]).may_begin(*b"pas"));
    }
}
