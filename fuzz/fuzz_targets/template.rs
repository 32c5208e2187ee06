//! Any sample template under any structure: refused in words, or expanded the same way twice, with marks that lie in the text.

#![no_main]

use keyward_rules::rule::sample::Sample;
use keyward_rules::structure::Structure;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (choice, template) = input;
    let structure = Structure::ALL.get(usize::from(choice)).copied();
    let Ok(sample) = Sample::expand(template, 1, structure) else { return };
    for range in sample.secrets_or_all() {
        assert!(sample.text.get(range).is_some());
    }
    assert_eq!(Sample::expand(template, 1, structure).as_ref(), Ok(&sample));
});
