//! Streams of PDF documents, ISO 32000: unpacked, and the text that they show, without what stands between its letters. What a stream
//! is, its bytes tell: a document's own words about it may lie.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::container::{Member, Trouble};

/// What a document begins with, and within how many bytes: readers pass over what is before it.
const HEAD: &[u8] = b"%PDF-";
const NEAR: usize = 1024;

/// Streams taken out of one document.
const MOST_STREAMS: usize = 10_000;

/// Bytes of a stream that are looked at to tell base 85 or hexadecimal from others.
const SNIFFED: usize = 64;

/// From this distance on, in thousandths of a letter's height, letters are words apart.
const WORD_SPACE: f32 = -200.0;

/// Whether the bytes are a document.
pub(crate) fn is_document(bytes: &[u8]) -> bool {
    let near = &bytes[..bytes.len().min(NEAR)];
    let line_start = |at: usize| at == 0 || matches!(near[at - 1], b'\n' | b'\r');
    // Asked of every object: one byte is found faster than a word.
    memchr::memchr_iter(HEAD[0], near).any(|at| near[at..].starts_with(HEAD) && line_start(at))
}

/// Hands out the content of every stream, `budget` bytes of them in all, and tells what could not be looked at.
pub(crate) fn streams(bytes: &[u8], mut budget: usize, member: &mut dyn FnMut(Member)) -> Vec<(Vec<u8>, Trouble)> {
    let mut troubles = Vec::new();
    let encrypted = is_encrypted(bytes);
    if encrypted {
        troubles.push((Vec::new(), Trouble::Encrypted));
    }
    let mut at = 0;
    let mut count = 0;
    while let Some(start) = next_stream(bytes, at) {
        if count == MOST_STREAMS || budget == 0 {
            troubles.push((Vec::new(), Trouble::TooMuch));
            break;
        }
        count += 1;
        let name = format!("stream {count}").into_bytes();
        let stream = Stream::read(&bytes[start..], budget);
        at = start + stream.length;
        // Of sealed bytes one stream in some hundred looks as if it were packed.
        troubles.extend(stream.trouble.filter(|_| !encrypted).map(|trouble| (name.clone(), trouble)));
        let mut content = stream.content;
        let shown = shown(content.as_deref().unwrap_or(&bytes[start..at]));
        if !shown.is_empty() {
            content.get_or_insert_default().extend([b"\n", &shown[..]].concat());
        }
        if let Some(mut content) = content.filter(|content| !content.is_empty()) {
            content.truncate(budget);
            budget -= content.len();
            member(Member { name, bytes: content });
        }
    }
    troubles
}

/// Whether the document says that a password opens it: `/Encrypt` with a dictionary or the number of one.
fn is_encrypted(bytes: &[u8]) -> bool {
    memchr::memmem::find_iter(bytes, b"/Encrypt").any(|at| {
        let after = bytes[at + 8..].iter().find(|byte| !byte.is_ascii_whitespace());
        after.is_some_and(|byte| byte.is_ascii_digit() || *byte == b'<')
    })
}

/// Where the data of the next stream begins: behind the word and its line end.
fn next_stream(bytes: &[u8], from: usize) -> Option<usize> {
    const WORD: &[u8] = b"stream";
    let mut words = memchr::memmem::find_iter(&bytes[from..], WORD).map(|at| from + at);
    words.find_map(|at| {
        let rest = &bytes[at + WORD.len()..];
        let ending = [&b"\r\n"[..], b"\n", b"\r"].into_iter().find(|ending| rest.starts_with(ending))?;
        (!bytes[..at].ends_with(b"end")).then_some(at + WORD.len() + ending.len())
    })
}

/// A stream's data.
struct Stream {
    /// What it unpacks to; `None` if it stands there as it is.
    content: Option<Vec<u8>>,
    trouble: Option<Trouble>,
    /// Bytes of the document that it takes up.
    length: usize,
}

impl Stream {
    /// Reads the stream that `bytes` begins with.
    fn read(bytes: &[u8], budget: usize) -> Stream {
        if is_zlib(bytes) {
            let (content, trouble, length) = unpack(bytes, budget);
            return Stream { content: Some(content), trouble, length };
        }
        let length = memchr::memmem::find(bytes, b"endstream").unwrap_or(bytes.len());
        let text = &bytes[..length];
        let decoded = hexadecimal(text, budget).or_else(|| base85(text, budget));
        match decoded {
            Some(packed) if is_zlib(&packed) => {
                let (content, trouble, _) = unpack(&packed, budget);
                Stream { content: Some(content), trouble, length }
            }
            content => Stream { content, trouble: None, length },
        }
    }
}

/// RFC 1950: method 8, a window of at most 32 KiB, and a check of both bytes.
fn is_zlib(bytes: &[u8]) -> bool {
    matches!(*bytes, [first, second, ..] if first & 0x8f == 8 && (u16::from(first) << 8 | u16::from(second)) % 31 == 0)
}

fn unpack(bytes: &[u8], budget: usize) -> (Vec<u8>, Option<Trouble>, usize) {
    let mut decoder = ZlibDecoder::new(bytes);
    let mut content = Vec::new();
    let end = (&mut decoder).take(budget as u64 + 1).read_to_end(&mut content);
    let trouble = if content.len() > budget { Some(Trouble::TooMuch) } else { end.err().map(|_| Trouble::Damaged) };
    content.truncate(budget);
    (content, trouble, decoder.total_in() as usize)
}

/// Hexadecimal up to its `>`.
fn hexadecimal(text: &[u8], budget: usize) -> Option<Vec<u8>> {
    let is_digit = |byte: &u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace();
    let end = memchr::memchr(b'>', text)?;
    if !text[..end.min(SNIFFED)].iter().all(is_digit) {
        return None;
    }
    let digits: Vec<u32> = text[..end].iter().filter_map(|&byte| char::from(byte).to_digit(16)).collect();
    Some(digits.chunks_exact(2).take(budget).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

/// Base 85 up to its `~>`.
fn base85(text: &[u8], budget: usize) -> Option<Vec<u8>> {
    let is_digit = |byte: &u8| matches!(byte, b'!'..=b'u' | b'z') || byte.is_ascii_whitespace();
    let end = memchr::memmem::find(text, b"~>")?;
    if !text[..end.min(SNIFFED)].iter().all(is_digit) {
        return None;
    }
    let (mut bytes, mut group) = (Vec::new(), Vec::with_capacity(5));
    for &byte in &text[..end] {
        match byte {
            b'z' if group.is_empty() => bytes.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => continue,
        }
        if group.len() == 5 {
            bytes.extend(four(&group));
            group.clear();
        }
        if bytes.len() > budget {
            break;
        }
    }
    if group.len() > 1 {
        let known = group.len() - 1;
        group.resize(5, 84);
        bytes.extend(&four(&group)[..known]);
    }
    bytes.truncate(budget);
    Some(bytes)
}

fn four(digits: &[u8]) -> [u8; 4] {
    digits.iter().fold(0u32, |number, &digit| number.wrapping_mul(85).wrapping_add(u32::from(digit))).to_be_bytes()
}

/// The text that a page's content shows: its strings, a line for each operator. Typesetters cut words into many strings and set the
/// distance between them.
fn shown(content: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if !is_page(content) {
        return text;
    }
    let mut at = 0;
    while let Some(&byte) = content.get(at) {
        match byte {
            b'(' => at = literal(content, at + 1, &mut text),
            b'<' if content.get(at + 1) != Some(&b'<') => {
                let end = memchr::memchr(b'>', &content[at..]).map_or(content.len(), |end| at + end + 1);
                text.extend(hexadecimal(&content[at + 1..end], content.len()).unwrap_or_default());
                at = end;
            }
            b'-' | b'0'..=b'9' => {
                let length = content[at..].iter().take_while(|byte| matches!(byte, b'-' | b'.' | b'0'..=b'9')).count();
                let number = std::str::from_utf8(&content[at..at + length]).ok().and_then(|text| text.parse().ok());
                if number.is_some_and(|number: f32| number < WORD_SPACE) {
                    text.push(b' ');
                }
                at += length;
            }
            b'T' | b'\'' | b'"' | b'B' | b'E' if !text.ends_with(b"\n") => {
                text.push(b'\n');
                at += 1;
            }
            _ => at += 1,
        }
    }
    if text.trim_ascii().is_empty() { Vec::new() } else { text }
}

/// Whether it is a page's content: it begins a text and shows some.
fn is_page(content: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(content, word).is_some();
    has(b"BT") && (has(b"TJ") || has(b"Tj"))
}

/// Adds the string that begins at `at` to `text`; where its closing parenthesis has passed.
fn literal(content: &[u8], mut at: usize, text: &mut Vec<u8>) -> usize {
    let mut open = 1;
    while let Some(&byte) = content.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                let (letter, length) = escape(&content[at..]);
                text.extend(letter);
                at += length;
            }
            b')' if open == 1 => return at,
            b')' => {
                open -= 1;
                text.push(byte);
            }
            b'(' => {
                open += 1;
                text.push(byte);
            }
            _ => text.push(byte),
        }
    }
    at
}

/// What stands behind a backslash, and its length.
fn escape(rest: &[u8]) -> (Option<u8>, usize) {
    match rest.first() {
        None => (None, 0),
        Some(b'0'..=b'7') => {
            let digits = rest.iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7'));
            let length = digits.clone().count();
            (Some(digits.fold(0u8, |number, byte| number.wrapping_mul(8).wrapping_add(byte - b'0'))), length)
        }
        Some(b'\r') if rest.get(1) == Some(&b'\n') => (None, 2),
        Some(b'\r' | b'\n') => (None, 1),
        Some(b'n' | b'r' | b't' | b'b' | b'f') => (Some(b' '), 1),
        Some(&other) => (Some(other), 1),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::{HEAD, Trouble, base85, is_document, shown, streams};

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn document(streams: &[&[u8]]) -> Vec<u8> {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        for stream in streams {
            bytes.extend([b"1 0 obj\n<< /Length 1 >>\nstream\r\n", *stream, b"\nendstream\nendobj\n"].concat());
        }
        bytes
    }

    fn members(bytes: &[u8], budget: usize) -> (Vec<String>, Vec<Trouble>) {
        let mut members = Vec::new();
        let troubles = streams(bytes, budget, &mut |member| {
            members.push(format!(
                "{}: {}",
                String::from_utf8_lossy(&member.name),
                String::from_utf8_lossy(&member.bytes).escape_default()
            ));
        });
        (members, troubles.into_iter().map(|(_, trouble)| trouble).collect())
    }

    #[test]
    fn streams_are_unpacked_whatever_the_document_says_of_them() {
        let hex: String = zlib(b"third").iter().map(|byte| format!("{byte:02x}")).collect();
        let bytes = document(&[&zlib(b"first"), b"as it is", format!("{hex}>").as_bytes(), b"87cURD]j7BEbo80~>"]);
        let expected = ["stream 1: first", "stream 3: third", "stream 4: Hello world!"];
        assert_eq!(members(&bytes, 1000), (expected.map(str::to_owned).to_vec(), vec![]));
    }

    #[test]
    fn what_breaks_off_is_sealed_or_too_much_is_named() {
        let mut broken = zlib(b"the beginning of a text that is cut somewhere in its second half");
        broken.truncate(30);
        assert_eq!(members(&document(&[&broken]), 1000).1, [Trouble::Damaged]);
        let large = document(&[&zlib(&[b'a'; 2000]), &zlib(b"more")]);
        assert_eq!(members(&large, 1000).1, [Trouble::TooMuch, Trouble::TooMuch]);
        let sealed = [&document(&[&broken])[..], b"trailer << /Encrypt 5 0 R >>"].concat();
        assert_eq!(members(&sealed, 1000).1, [Trouble::Encrypted]);
        let told = [&document(&[])[..], b"the word /Encrypt alone"].concat();
        assert_eq!(members(&told, 1000).1, []);
    }

    #[test]
    fn what_a_page_shows_is_put_together() {
        for (content, text) in [
            ("BT (one) Tj (two) Tj ET", "\none\ntwo\n"),
            ("BT [(on)-20(e)12.5( t)-450(wo)] TJ ET", "\none t wo\n"),
            (
                r"BT [(a\(b\)) (c(d)e) (\101\\\
f)] TJ ET",
                "\na(b)c(d)eA\\f\n",
            ),
            ("BT <6f6e 65> Tj ET", "\none\n"),
            ("BT (open TJ", "\nopen TJ"),
            ("no page: (one) TJ", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(&shown(content.as_bytes())), text, "{content}");
        }
        let page = document(&[b"BT [(on)-20(e)] TJ ET"]);
        assert_eq!(members(&page, 1000).0, [r"stream 1: \n\none\n"]);
    }

    #[test]
    fn a_document_may_stand_behind_other_bytes_but_not_in_a_line() {
        assert!(is_document(b"%PDF-1.7\n") && is_document(b"junk\n%PDF-1.7\n"));
        assert!(!is_document(b"starts with %PDF-") && !is_document(&[&[b'\n'; 1024], HEAD].concat()));
    }

    #[test]
    fn base_85_ends_in_the_midst_of_a_group() {
        for (text, bytes) in [("z~>", &[0, 0, 0, 0][..]), ("5l~>", b"A"), ("5sb~>", b"AB"), ("~>", b"")] {
            assert_eq!(base85(text.as_bytes(), 100).as_deref(), Some(bytes), "{text}");
        }
        assert_eq!(base85(b"{}~>", 100), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(parts in proptest::collection::vec(("(stream\r?\n|endstream|BT|TJ|x\u{9c}|[(]|[)]|<|~>|\\\\)", proptest::collection::vec(any::<u8>(), 0..80)), 0..20)) {
            let bytes: Vec<u8> = parts.iter().flat_map(|(word, bytes)| [word.as_bytes(), bytes].concat()).collect();
            let mut total = 0;
            streams(&bytes, 10_000, &mut |member| total += member.bytes.len());
            prop_assert!(total <= 10_000);
        }
    }
}
