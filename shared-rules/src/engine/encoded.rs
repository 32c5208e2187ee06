//! Base64 that hides text: what the text holds, or, behind a telling name, the text itself.

use super::finder::assignment;
use super::{Engine, Input};
use crate::context::Assignment;
use crate::decode;
use crate::finding::Match;

/// Decodings undone one inside the other.
const DEEPEST: usize = 3;

/// Shortest and longest encoded text, in bytes. The sniff at the head needs the one, the other bounds the work.
const SHORTEST: usize = 16;
const LONGEST: usize = 256 * 1024;

/// Name of this decoding in a finding's trail.
const BASE64: &str = "base64";

/// What the base64 that begins at `at` hides, if it is that and hides text.
pub(super) fn find(engine: &Engine, input: &Input<'_>, at: usize, depth: usize) -> Vec<Match> {
    let text = &input.bytes[at..];
    // Random bytes are all printable once in ten thousand heads; identifiers and paths hardly ever decode to text.
    if depth >= DEEPEST || !text.get(..SHORTEST).and_then(decode::base64).is_some_and(|head| is_text(&head)) {
        return Vec::new();
    }
    let length = text.iter().take(LONGEST).take_while(|byte| is_base64(**byte)).count();
    let padding = text[length..].iter().take(2).take_while(|&&byte| byte == b'=').count();
    let span = at..at + length + padding;
    let Some(decoded) = decode::base64(&input.bytes[span.clone()]).filter(|decoded| is_text(decoded)) else {
        return Vec::new();
    };
    let inside = Input { place: input.place, ..Input::whole(&decoded, input.path) };
    let mut found = engine.scan_inside(&inside, depth + 1);
    if found.is_empty() {
        found.extend(
            Assignment::of(input.bytes, at).and_then(|name| assignment::find_decoded(engine, input, &decoded, &name)),
        );
    }
    for hidden in &mut found {
        hidden.span = span.clone();
        hidden.trail.insert(0, BASE64);
    }
    found
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
}
