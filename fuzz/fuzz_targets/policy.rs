//! Any policy, and any pattern in one: parsed, written and read again it is the same; a pattern without `*` fits only itself.

#![no_main]

use keyward_rules::policy::{Policy, matches};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(policy) = toml::from_str::<Policy>(text) {
        let written = toml::to_string(&policy).expect("a policy is plain data");
        assert_eq!(toml::from_str::<Policy>(&written).as_ref(), Ok(&policy));
    }
    let (pattern, name) = text.split_once('\n').unwrap_or((text, ""));
    assert!(pattern.contains('*') || matches(pattern, name) == (pattern == name));
    assert!(matches("*", name) && matches(&format!("{name}*"), name) && matches(&format!("*{name}"), name));
});
