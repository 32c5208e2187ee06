//! Any loose object: refused in words, or its size is what its header says. Input: a byte that chooses, then the file, or what it holds.

#![no_main]

use keyward_fuzz::stored;
use keyward_rules::pack::{Bounds, loose};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let file = if choice & 1 == 0 { bytes.to_vec() } else { stored(bytes) };
    let header = loose::header(&file);
    match loose::read(&file, &Bounds { largest: 1 << 20, proceed: &|| true }) {
        Ok(object) => {
            let header = header.expect("what can be read has a header");
            assert_eq!((header.kind, header.size), (object.kind, object.bytes.len() as u64));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
