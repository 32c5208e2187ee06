//! Base64 and hexadecimal that hide text, keys or a container: what is inside, or, behind a telling name, the text itself.

use std::ops::Range;

use super::finder::{assignment, der};
use super::{Engine, Input, Undoing, contained};
use crate::context::Assignment;
use crate::decode::{self, container, is_text, utf16};
use crate::finding::Match;

/// Shortest and longest encoded text, in bytes. The sniff at the head needs the one, the other bounds the work.
const SHORTEST: usize = 16;
const LONGEST: usize = 256 * 1024;

/// Shortest text in hexadecimal: a credential of 20 characters.
const SHORTEST_HEX: usize = 40;

/// Shortest line of base64 that goes on in the next: MIME breaks at 76, PEM at 64, some tools at 60.
const SHORTEST_LINE: usize = 56;

/// Names of these decodings in a finding's trail.
const BASE64: &str = "base64";
const HEX: &str = "hex";

/// What the base64 or hexadecimal that begins at `at` hides, and where it ends if it was undone.
pub(super) fn find(
    engine: &Engine,
    input: &Input<'_>,
    at: usize,
    undoing: &mut Undoing,
) -> Option<(Vec<Match>, usize)> {
    let text = &input.bytes[at..];
    let whole = text.get(..SHORTEST)?;
    // Random bytes are all printable once in ten thousand heads; identifiers and paths hardly ever decode to text.
    // The first three tell most: a container's first byte is none of a text's, or `B`, `P` or `(`.
    let opens = |head: [u8; 3]| {
        let containers = matches!(head[0], 0x1f | 0x28 | 0x30 | 0x37 | 0x42 | 0x50 | 0x52 | 0xce | 0xfd | 0xfe);
        // UTF-16 has a zero in each letter.
        is_text(&head) || containers || head[0] == 0 || head[1] == 0
    };
    let head = decode::base64_head(whole).filter(|&head| opens(head)).and_then(|_| decode::base64(whole));
    if let Some(head) = head.filter(|head| is_text(head) || is_binary(head)) {
        input.note();
        let (span, decoded) = base64(input.bytes, at, &head)?;
        return Some((inside(engine, input, &decoded, span.clone(), BASE64, undoing), span.end));
    }
    decode::hex(&whole[..2]).filter(|first| is_text(first))?;
    decode::hex(whole).filter(|head| is_text(head))?;
    input.note();
    let length = text.iter().take(LONGEST).take_while(|byte| byte.is_ascii_hexdigit()).count();
    if length < SHORTEST_HEX {
        return None;
    }
    let decoded = decode::hex(&text[..length]).filter(|decoded| is_text(decoded))?;
    Some((inside(engine, input, &decoded, at..at + length, HEX, undoing), at + length))
}

/// Whether the head opens DER, a key store, gzip or another container, or UTF-16, as PowerShell takes commands.
fn is_binary(head: &[u8]) -> bool {
    matches!(head, [0x30, 40..=0x7f | 0x81 | 0x82, ..] | [0xfe, 0xed, ..] | [0xce, 0xce, ..])
        || container::sniff(head).is_some()
        || utf16::opens(head)
}

/// The base64 at `at`, over several lines if it is broken into lines of one length, and what it decodes to.
fn base64(bytes: &[u8], at: usize, head: &[u8]) -> Option<(Range<usize>, Vec<u8>)> {
    let limit = bytes.len().min(at + LONGEST);
    let first = line_end(bytes, at, limit);
    let fits = |decoded: &Vec<u8>| !is_text(head) || is_text(decoded);
    let joined = (first - at >= SHORTEST_LINE).then(|| join(bytes, at, first, limit)).flatten();
    if let Some((end, text)) = joined
        && let Some(decoded) = decode::base64(&text).filter(fits)
    {
        return Some((at..pad(bytes, end), decoded));
    }
    let decoded = decode::base64(&bytes[at..first]).filter(fits)?;
    Some((at..pad(bytes, first), decoded))
}

/// The lines that go on where the first ends, all as long as it but for the last; `None` if there are none.
fn join(bytes: &[u8], at: usize, first: usize, limit: usize) -> Option<(usize, Vec<u8>)> {
    let length = first - at;
    let mut text = bytes[at..first].to_vec();
    let mut end = first;
    while let Some(start) = next_line(bytes, end, limit) {
        let stop = line_end(bytes, start, limit);
        // A line of something else may begin with letters too.
        let whole = bytes.get(stop).is_none_or(|byte| matches!(byte, b'\n' | b'\r' | b'\\' | b'=' | b'"' | b'\''));
        if stop == start || stop - start > length || !whole {
            break;
        }
        text.extend_from_slice(&bytes[start..stop]);
        end = stop;
        if stop - start < length {
            break;
        }
    }
    (end > first).then_some((end, text))
}

fn line_end(bytes: &[u8], start: usize, limit: usize) -> usize {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    start + bytes[start..limit].iter().take_while(|byte| is_base64(byte)).count()
}

fn pad(bytes: &[u8], end: usize) -> usize {
    end + bytes[end..].iter().take(2).take_while(|&&byte| byte == b'=').count()
}

/// Start of the text on the next line, over the line end as such or as an escape, and over indentation.
fn next_line(bytes: &[u8], end: usize, limit: usize) -> Option<usize> {
    let rest = &bytes[end..limit];
    let after = [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"].iter().find_map(|ending| rest.strip_prefix(*ending))?;
    let blanks = after.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    Some(limit - after.len() + blanks)
}

fn inside(
    engine: &Engine,
    input: &Input<'_>,
    decoded: &[u8],
    span: Range<usize>,
    how: &'static str,
    undoing: &mut Undoing,
) -> Vec<Match> {
    if let Some(kind) = der::kind(decoded) {
        return der::matched(engine, kind, decoded, span).into_iter().collect();
    }
    let mut found = if is_text(decoded) || decoded.get(..12).is_some_and(utf16::opens) {
        engine.scan_piece(&Input::whole(decoded, input.path).at(input.place), undoing)
    } else if container::sniff(decoded).is_some() {
        contained::find(engine, &Input::whole(decoded, input.path).at(input.place), undoing)
    } else {
        Vec::new()
    };
    if found.is_empty() && is_text(decoded) {
        found.extend(
            Assignment::of(input.bytes, span.start)
                .and_then(|name| assignment::find_decoded(engine, input, decoded, &name)),
        );
    }
    for hidden in &mut found {
        hidden.span = span.clone();
        hidden.trail.insert(0, how);
    }
    found
}
