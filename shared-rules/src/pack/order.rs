//! A pack's objects by their place. An index in, offsets and positions out, eight bytes an object.

use super::{Index, PackError};

/// The objects of a pack in the order of their offsets. A slot is a place in that order.
#[derive(Debug)]
pub struct Order {
    /// Offset above, position in the index below.
    keys: Vec<u64>,
    /// Bits of the position.
    bits: u32,
}

impl Order {
    /// Sorts the objects of an index; each must have a place of its own.
    pub fn of<D: AsRef<[u8]>>(index: &Index<D>) -> Result<Order, PackError> {
        let bits = u32::BITS - index.count().leading_zeros();
        let mut keys = Vec::with_capacity(index.count() as usize);
        for position in 0..index.count() {
            let offset = index.offset(position).ok_or(PackError::Index("it names a place beyond its own table"))?;
            if offset.leading_zeros() < bits {
                return Err(PackError::Index("it names a place beyond the pack"));
            }
            keys.push(offset << bits | u64::from(position));
        }
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] >> bits == pair[1] >> bits) {
            return Err(PackError::Index("it names one place for two objects"));
        }
        Ok(Order { keys, bits })
    }

    /// How many objects there are.
    pub fn count(&self) -> u32 {
        self.keys.len() as u32
    }

    /// Where the object of a slot begins.
    ///
    /// # Panics
    /// If the slot is not below `count`.
    pub fn offset(&self, slot: u32) -> u64 {
        self.keys[slot as usize] >> self.bits
    }

    /// The position of a slot's object in the index.
    ///
    /// # Panics
    /// If the slot is not below `count`.
    pub fn position(&self, slot: u32) -> u32 {
        (self.keys[slot as usize] & ((1 << self.bits) - 1)) as u32
    }

    /// The slot of the object that begins at `offset`.
    pub(super) fn slot(&self, offset: u64) -> Option<u32> {
        self.slot_before(offset, self.count())
    }

    /// The same, for an object that lies before the slot `end`, likely near it.
    pub(super) fn slot_before(&self, offset: u64, end: u32) -> Option<u32> {
        let (mut low, mut high, mut step) = (end, end, 1u32);
        while low > 0 {
            low = low.saturating_sub(step);
            if self.offset(low) <= offset {
                break;
            }
            (high, step) = (low, step.saturating_mul(2));
        }
        let between = &self.keys[low as usize..high as usize];
        let slot = low + between.partition_point(|key| key >> self.bits < offset) as u32;
        (slot < high && self.offset(slot) == offset).then_some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::Order;
    use crate::pack::written::{id, index};
    use crate::pack::{HashKind, Index};

    fn order(offsets: &[u64]) -> Result<Order, crate::pack::PackError> {
        let objects = offsets.iter().zip(0..).map(|(&offset, number)| (id(HashKind::Sha1, number), offset)).collect();
        Order::of(&Index::open(index(objects, &[0xcc; 20]), HashKind::Sha1).expect("a good index"))
    }

    #[test]
    fn objects_come_by_place_and_are_found_by_it() {
        for count in [0u64, 1, 2, 3, 100] {
            let offsets: Vec<u64> = (0..count).rev().map(|number| 12 + number * (1 << 28)).collect();
            let order = order(&offsets).expect("sound");
            assert_eq!(u64::from(order.count()), count);
            for slot in 0..order.count() {
                let offset = order.offset(slot);
                assert_eq!(offset, 12 + u64::from(slot) * (1 << 28));
                assert_eq!(order.slot(offset), Some(slot));
                assert_eq!(order.slot_before(offset, slot), None);
                assert_eq!(order.slot_before(offset, order.count().min(slot + 9)), Some(slot));
                assert_eq!((order.slot(offset + 1), order.slot(offset - 1)), (None, None));
            }
            assert_eq!(order.slot(u64::MAX), None);
        }
    }

    #[test]
    fn a_position_leads_back_to_its_id() {
        let objects: Vec<_> = (0..9).map(|number| (id(HashKind::Sha1, number), 12 + u64::from(number))).collect();
        let index = Index::open(index(objects, &[0xcc; 20]), HashKind::Sha1).expect("a good index");
        let order = Order::of(&index).expect("sound");
        for slot in 0..9 {
            assert_eq!(index.id(order.position(slot)), id(HashKind::Sha1, slot));
        }
    }

    #[test]
    fn one_place_for_two_objects_and_a_place_beyond_any_pack_are_refused() {
        assert!(order(&[12, 40, 12]).is_err());
        assert!(order(&[12, u64::MAX]).is_err());
    }
}
