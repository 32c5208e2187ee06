//! Credentials with escapes in them: the text around an escape is undone and scanned again.

use std::ops::Range;

use super::{Engine, Input, Undoing};
use crate::decode::escape;
use crate::finding::Match;

/// Bytes before and after an escape that are undone with it. Credentials with escapes are values on one line.
const BEFORE: usize = 512;
const AFTER: usize = 1536;

/// Name of this decoding in a finding's trail.
const ESCAPES: &str = "escapes";

/// Whether the escape at `at` stands inside something that could be a credential: between characters of tokens, a digit near.
pub(super) fn is_inside_a_value(bytes: &[u8], at: usize) -> bool {
    let Some((_, length)) = escape::one(&bytes[at..]) else { return false };
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'_' | b'-' | b'=' | b'.');
    let before = &bytes[at.saturating_sub(12)..at];
    let after = &bytes[at + length..bytes.len().min(at + length + 24)];
    let words = before.iter().rev().take(2).all(part) && after.iter().take(6).all(part) && after.len() >= 6;
    words && before.len() >= 2 && before.iter().chain(after).any(u8::is_ascii_digit)
}

/// What is found around the escape at `at`, and where the undone text ends.
pub(super) fn find(engine: &Engine, input: &Input<'_>, at: usize, undoing: &mut Undoing) -> (Vec<Match>, usize) {
    let window = window(input.bytes, at);
    let text = &input.bytes[window.clone()];
    let undone = escape::undo(text);
    let mut found = engine.scan_piece(&Input::whole(&undone.text, input.path).at(input.place), undoing);
    for hidden in &mut found {
        let original = undone.original(&hidden.span);
        hidden.span = window.start + original.start..window.start + original.end;
        hidden.trail.insert(0, ESCAPES);
    }
    (found, window.end)
}

/// The line around `at`, as far as it is near.
fn window(bytes: &[u8], at: usize) -> Range<usize> {
    let floor = at.saturating_sub(BEFORE);
    let ceiling = bytes.len().min(at + AFTER);
    let start = memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |index| floor + index + 1);
    let end = memchr::memchr(b'\n', &bytes[at..ceiling]).map_or(ceiling, |index| at + index);
    start..end
}
