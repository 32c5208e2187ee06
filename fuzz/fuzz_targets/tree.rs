//! Any tree under both hashes: its entries, written again, are its bytes, up to where it is damaged.

#![no_main]

use keyward_rules::pack::{HashKind, Tree};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        let mut rest = data;
        for entry in Tree::entries(data, hash) {
            let Ok(entry) = entry else { return assert!(!rest.is_empty()) };
            let space = rest.iter().position(|byte| *byte == b' ').expect("a mode ends");
            let mode = std::str::from_utf8(&rest[..space]).expect("digits");
            assert_eq!(u32::from_str_radix(mode, 8), Ok(entry.mode.0));
            let written = [b" ", entry.name, b"\0", entry.id.as_bytes()].concat();
            rest = rest[space..].strip_prefix(&written[..]).expect("what was read");
        }
        assert!(rest.is_empty());
    }
});
