//! Any bytes behind the head of a file that holds others or hides text: whatever opens them ends, and what is found can be placed.
//! Input: a byte that chooses the head, then the bytes.

#![no_main]

use std::sync::LazyLock;

use keyward_rules::{Engine, Input};
use libfuzzer_sys::fuzz_target;

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::builtin);

const HEADS: [&[u8]; 10] = [
    b"%PDF-1.7\n1 0 obj\n<< >>\nstream\n",
    b"%PDF-1.7\n1 0 obj\n<< >>\nstream\nBT [(",
    // Pages of 512 bytes; what stands behind the magic is the input's own.
    b"SQLite format 3\0\x02\0",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"\xfd7zXZ\0",
    b"BZh91AY&SY",
    b"\x28\xb5\x2f\xfd",
    // A binary file with strings.
    b"MZ\0",
    b"<p>&#",
];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let text = [HEADS[usize::from(choice) % HEADS.len()], bytes].concat();
    let (matches, doubts) = ENGINE.scan_with_doubts(&Input::whole(&text, "a/file"));
    for found in &matches {
        assert!(found.span.start <= found.span.end && found.span.end <= text.len());
        assert!(found.member.is_some() || !found.span.is_empty());
    }
    assert!(doubts.len() <= 100);
});
