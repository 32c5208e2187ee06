//! Any ledger and any log, apart by a zero byte: walked to the end in words; what was written and then changed does not pass for whole.

#![no_main]

use keyward_rules::ledger::{Check, Heads, Line, Link, write};
use keyward_rules::sign::PrivateKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (ledger, log) = text.split_once('\0').unwrap_or((&text, ""));
    let mut heads = Heads::default();
    heads.add(log, &[PrivateKey::new(&[1; 32]).public()]);
    assert_eq!(heads.signed, 0, "signed by nobody");
    let mut check = Check::against(heads, 1);
    ledger.lines().enumerate().for_each(|(index, line)| check.line("ledger", index + 1, line));
    assert!(check.finish().problems.iter().all(|problem| !problem.what.to_string().is_empty()));
    changed(data);
});

/// Three lines with a byte changed: never the same entries, all whole.
fn changed(data: &[u8]) {
    let mut link = Link::default();
    let mut lines = Vec::new();
    for number in 0..3 {
        let (line, next) = write(&link, &format!("{{\"text\":\"{number}\"}}"));
        assert!(Line::parse(&line).is_some_and(|line| line.is_sound()));
        lines.push(line);
        link = next;
    }
    let &[which, at, byte, ..] = data else { return };
    let line = &mut lines[usize::from(which) % 3];
    let at = usize::from(at) % line.len();
    let mut bytes = line.clone().into_bytes();
    if bytes[at] == byte {
        return;
    }
    bytes[at] = byte;
    let Ok(other) = String::from_utf8(bytes) else { return };
    *line = other;
    let mut check = Check::against(Heads::default(), 1);
    lines.iter().enumerate().for_each(|(index, line)| check.line("ledger", index + 1, line));
    let whole = check.finish();
    // The last line may have become a torn one, which only a head would miss.
    assert!(!whole.problems.is_empty() || whole.entries < 3, "{lines:?}");
}
