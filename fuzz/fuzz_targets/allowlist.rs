//! Any allowlist: refused in words, or every entry has somebody who answers for it.

#![no_main]

use keyward_rules::allowlist::Allowlist;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match Allowlist::parse(text) {
    Ok(list) =>
        assert!(list.entries().iter().all(|entry| !entry.owner.trim().is_empty() && !entry.reason.trim().is_empty())),
    Err(error) => assert!(!error.to_string().is_empty()),
});
