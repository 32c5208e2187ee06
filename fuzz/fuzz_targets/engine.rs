//! Any file at any path: findings lie in the text, ascend, do not overlap, and can be shown. Input: path, a zero byte, text.

#![no_main]

use std::sync::LazyLock;

use keyward_rules::fingerprint::FingerprintKey;
use keyward_rules::{Engine, Input, Lines, Origin, redact};
use libfuzzer_sys::fuzz_target;

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::builtin);

fuzz_target!(|data: &[u8]| {
    let split = data.iter().position(|&byte| byte == 0);
    let (path, text) = split.map_or((&[][..], data), |at| (&data[..at], &data[at + 1..]));
    let shown = String::from_utf8_lossy(path);
    let matches = ENGINE.scan(&Input::whole(text, &shown));
    let origin = Origin { text, lines: &Lines::of(text), path, repository: "group/app" };
    let key = FingerprintKey::new([1; 32]);
    let mut end = 0;
    for found in &matches {
        // What a container holds has its place there, and none in the text.
        if found.member.is_none() {
            assert!(found.span.start >= end && found.span.start < found.span.end && found.span.end <= text.len());
            end = found.span.end;
        }
        let finding = redact(ENGINE.catalogue(), &key, found, &origin);
        let said = [&finding.path, &finding.preview, &finding.reason];
        assert!(said.iter().all(|text| !text.contains(char::is_control)));
        assert!(finding.location.line <= finding.location.end_line);
    }
});
