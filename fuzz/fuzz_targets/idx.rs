//! Any index under both hashes: refused in words, or every id in it is found where it says. Input: a byte that chooses, then the index;
//! with the choice, its magic and the size of its tables are put right first.

#![no_main]

use keyward_rules::pack::{HashKind, Index, Order};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let hash = if choice & 1 == 0 { HashKind::Sha1 } else { HashKind::Sha256 };
    let mut bytes = bytes.to_vec();
    if choice & 2 != 0 {
        mend(&mut bytes, hash, usize::from(choice >> 2));
    }
    let index = match Index::open(bytes, hash) {
        Ok(index) => index,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let sound = index.check(1 << 40);
    for position in 0..index.count() {
        let id = index.id(position);
        let found = index.find(&id).map(|found| index.id(found));
        assert!(found == Some(id) || sound.is_err());
        assert!(index.offset(position).is_some() || sound.is_err());
    }
    if let Ok(order) = Order::of(&index) {
        assert_eq!(order.count(), index.count());
        for slot in 0..order.count() {
            assert_eq!(index.offset(order.position(slot)), Some(order.offset(slot)));
            assert!(slot == 0 || order.offset(slot - 1) < order.offset(slot));
        }
    }
});

/// Gives it the magic and a first table for so many objects as it has room for, all below one first byte.
fn mend(bytes: &mut Vec<u8>, hash: HashKind, first: usize) {
    let count = bytes.len() / (hash.width() + 8);
    let mut head = b"\xfftOc\0\0\0\x02".to_vec();
    for entry in 0..256 {
        head.extend((if entry < first { 0 } else { count as u32 }).to_be_bytes());
    }
    bytes.resize(count * (hash.width() + 8) + 2 * hash.width(), 0);
    bytes.splice(0..0, head);
}
