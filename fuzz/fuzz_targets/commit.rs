//! Any commit and any tag under both hashes: refused in words, or what they name stands in them, and the message lies inside.

#![no_main]

use keyward_rules::pack::{Commit, HashKind, Tag};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lower = data.to_ascii_lowercase();
    let stands = |text: String| lower.windows(text.len()).any(|window| window == text.as_bytes());
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        match Commit::parse(data, hash) {
            Ok(commit) => {
                assert!(stands(format!("tree {}", commit.tree)) && commit.message <= data.len());
                assert!(commit.parents().flatten().all(|parent| stands(format!("parent {parent}"))));
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        match Tag::parse(data, hash) {
            Ok(tag) => assert!(stands(format!("object {}", tag.target)) && tag.message <= data.len()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
