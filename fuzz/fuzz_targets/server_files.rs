//! Any baseline and any file of windows: refused in words, or written and read again they are the same.

#![no_main]

use keyward_rules::baseline::Baseline;
use keyward_rules::window::Windows;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Baseline::parse(text) {
        Ok(baseline) => assert_eq!(Baseline::parse(&baseline.to_text()), Ok(baseline)),
        Err(error) => assert!(error.to_string().starts_with("line ")),
    }
    match Windows::parse(text) {
        Ok(windows) => {
            assert_eq!(Windows::parse(&windows.to_text()), Ok(windows.clone()));
            // Whatever the file says, nothing is open for longer than a week.
            assert!(windows.open_now(0).all(|window| !window.is_open(7 * 24 * 3600)));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
