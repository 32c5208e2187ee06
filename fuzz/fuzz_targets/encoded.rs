//! Any bytes in base64, up to four deep, behind a name: the decoder and what it leads to. Input: a byte that chooses, then the bytes.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use keyward_rules::{Engine, Input};
use libfuzzer_sys::fuzz_target;

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::builtin);

fuzz_target!(|data: &[u8]| {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let mut text = bytes.to_vec();
    for depth in 0..=choice & 3 {
        let encoded = match (choice >> 2).wrapping_add(depth) % 3 {
            0 => STANDARD.encode(&text),
            1 => URL_SAFE.encode(&text),
            _ => URL_SAFE_NO_PAD.encode(&text),
        };
        let name = ["", "password: ", "data:\n  key: \"", "Authorization: Basic "][usize::from(choice >> 4 & 3)];
        text = format!("{name}{encoded}").into_bytes();
    }
    for found in ENGINE.scan(&Input::whole(&text, "secret.yaml")) {
        assert!(found.span.start < found.span.end && found.span.end <= text.len());
    }
});
