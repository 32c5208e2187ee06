//! Any rule file: refused in words, or reviewed, proved and run.

#![no_main]

use keyward_rules::rule::{prove, review};
use keyward_rules::{Catalogue, Engine, Input};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut catalogue = Catalogue::empty();
    if let Err(error) = catalogue.add_toml("acme.toml", text) {
        assert!(error.to_string().starts_with("acme.toml:"));
        return;
    }
    let problems = review(&catalogue);
    assert!(problems.iter().all(|problem| problem.starts_with("acme.toml:")));
    // What `check` refuses may be slow; that is why it is refused.
    if problems.is_empty() {
        let engine = Engine::new(catalogue);
        prove(&engine);
        engine.scan(&Input::whole(text.as_bytes(), ""));
    }
});
