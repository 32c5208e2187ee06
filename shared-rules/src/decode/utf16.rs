//! UTF-16 in either order, with or without a byte order mark: whole texts, as Windows tools write them, and strings in the midst of
//! programs and other binary files, as .NET keeps them. RFC 2781.

use std::ops::Range;

/// Bytes at the head that are looked at, and how many of each hundred must be the zero halves of ASCII characters.
const HEAD: usize = 256;
const LEAST_ZEROS: usize = 40;

/// Bytes at the head of which one is zero if the file is binary.
const BINARY_HEAD: usize = 1024;

/// Shortest string in a binary file, in characters: what is shorter is no credential.
const SHORTEST: usize = 12;

/// A text in UTF-8 and where in the original each of its bytes came from.
pub(crate) struct Decoded {
    pub(crate) text: Vec<u8>,
    origin: Origin,
}

enum Origin {
    /// One text that begins at this byte.
    Whole(usize),
    /// Strings of ASCII, each a line: its start in the text and in the original.
    Strings(Vec<(usize, usize)>),
}

/// The text if the bytes are UTF-16, else the strings of a binary file if it has any.
pub(crate) fn decode(bytes: &[u8]) -> Option<Decoded> {
    let Some((big_endian, start)) = order(bytes) else { return strings(bytes) };
    let (units, _) = bytes[start..].as_chunks::<2>();
    let units = units.iter().map(|&unit| if big_endian { u16::from_be_bytes(unit) } else { u16::from_le_bytes(unit) });
    let mut text = Vec::with_capacity(bytes.len() / 2);
    for letter in char::decode_utf16(units) {
        let mut buffer = [0; 4];
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
    }
    Some(Decoded { text, origin: Origin::Whole(start) })
}

/// Whether a few bytes are the beginning of a text in ASCII characters.
pub(crate) fn opens(bytes: &[u8]) -> bool {
    let (pairs, _) = bytes.as_chunks::<2>();
    pairs.len() > 2
        && (pairs.iter().all(|&pair| is_ascii(pair)) || pairs.iter().all(|&[high, low]| is_ascii([low, high])))
}

/// A character of ASCII text, its zero half second.
fn is_ascii([letter, zero]: [u8; 2]) -> bool {
    zero == 0 && matches!(letter, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// The strings of a binary file.
fn strings(bytes: &[u8]) -> Option<Decoded> {
    memchr::memchr(0, &bytes[..bytes.len().min(BINARY_HEAD)])?;
    let (mut text, mut starts) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(near) = next_string(bytes, at) {
        let string = widest(bytes, near, at);
        at = string.end.max(near + STEP);
        if string.len() >= SHORTEST * 2 {
            starts.push((text.len(), string.start));
            // In either order the letters are what is not zero.
            text.extend(bytes[string].iter().filter(|&&byte| byte != 0));
            text.push(b'\n');
        }
    }
    (!text.is_empty()).then_some(Decoded { text, origin: Origin::Strings(starts) })
}

/// Bytes compared at once, less than half of the shortest string.
const STEP: usize = 8;

/// The next place from which on the bytes of a step are zero in turn.
fn next_string(bytes: &[u8], from: usize) -> Option<usize> {
    const EVEN: u64 = u64::from_le_bytes([0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0]);
    let (steps, _) = bytes[from..].as_chunks::<STEP>();
    let found = steps.iter().position(|&step| {
        let word = u64::from_le_bytes(step);
        word != 0 && (word & EVEN == 0 || word & !EVEN == 0)
    });
    found.map(|index| from + index * STEP)
}

/// The longest string of ASCII around `near`, in either order, that begins at `floor` or later.
fn widest(bytes: &[u8], near: usize, floor: usize) -> Range<usize> {
    let little = |[letter, zero]: [u8; 2]| is_ascii([letter, zero]);
    let big = |[zero, letter]: [u8; 2]| is_ascii([letter, zero]);
    let found = [around(bytes, near, floor, little), around(bytes, near + 1, floor, little)];
    let found = found.into_iter().chain([around(bytes, near, floor, big), around(bytes, near + 1, floor, big)]);
    found.max_by_key(Range::len).unwrap_or(near..near)
}

/// The pairs around `at` that are characters.
fn around(bytes: &[u8], at: usize, floor: usize, is_character: impl Fn([u8; 2]) -> bool) -> Range<usize> {
    let pair = |at: usize| bytes.get(at..at + 2).is_some_and(|pair| is_character([pair[0], pair[1]]));
    let mut end = at;
    while pair(end) {
        end += 2;
    }
    let mut start = at;
    while end > at && start >= floor + 2 && pair(start - 2) {
        start -= 2;
    }
    start..end
}

/// Byte order and the text's first byte, by the mark or by where the zero halves stand.
fn order(bytes: &[u8]) -> Option<(bool, usize)> {
    match *bytes {
        // The same mark with two zeros opens UTF-32.
        [0xff, 0xfe, first, second, ..] if first != 0 || second != 0 => return Some((false, 2)),
        [0xfe, 0xff, _, _, ..] => return Some((true, 2)),
        _ => {}
    }
    let head = &bytes[..bytes.len().min(HEAD)];
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let enough = |zeros: usize, others: usize| {
        head.len() >= 16 && zeros * 100 >= head.len() * LEAST_ZEROS && others * 10 <= zeros
    };
    if enough(odd, even) {
        return Some((false, 0));
    }
    enough(even, odd).then_some((true, 0))
}

impl Decoded {
    /// Where in the original the given places of the text are; the places must ascend.
    pub(crate) fn original(&self, places: &[usize]) -> Vec<usize> {
        match &self.origin {
            Origin::Whole(start) => self.original_from(*start, places),
            Origin::Strings(starts) => places.iter().map(|&place| original_in(starts, place)).collect(),
        }
    }

    fn original_from(&self, start: usize, places: &[usize]) -> Vec<usize> {
        let text = String::from_utf8_lossy(&self.text);
        let mut letters = text.char_indices().peekable();
        let mut at = start;
        let mut original = Vec::with_capacity(places.len());
        for &place in places {
            while let Some((_, letter)) = letters.next_if(|(index, _)| *index < place) {
                at += letter.len_utf16() * 2;
            }
            original.push(at);
        }
        original
    }
}

/// The place of one byte of the strings' text, each byte but the line ends being two of the original.
fn original_in(starts: &[(usize, usize)], place: usize) -> usize {
    let index = starts.partition_point(|&(start, _)| start <= place).saturating_sub(1);
    starts.get(index).map_or(0, |&(start, original)| original + (place - start) * 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode, opens};

    fn encode(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
        let mark = if mark { "\u{feff}" } else { "" };
        format!("{mark}{text}")
            .encode_utf16()
            .flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn every_form_is_read_and_places_lead_back() {
        let text = "name = zw\u{f6}lf \u{1f511} KEY_VALUE = 12345678";
        let place = text.find("KEY").expect("it is there");
        for (big_endian, mark) in [(true, true), (true, false), (false, true), (false, false)] {
            let bytes = encode(text, big_endian, mark);
            let decoded = decode(&bytes).expect("UTF-16");
            assert_eq!(String::from_utf8_lossy(&decoded.text), text);
            let original = decoded.original(&[place, place + 3]);
            let key = encode("KEY", big_endian, false);
            assert_eq!(bytes[original[0]..original[1]], key[..], "{big_endian} {mark}");
        }
    }

    #[test]
    fn strings_of_a_binary_file_are_read_and_places_lead_back() {
        for big_endian in [false, true] {
            for shift in 0..9 {
                let (first, second) =
                    (encode("a string of its own", big_endian, false), encode("KEY=12345678", big_endian, false));
                let noise = [&b"\x7fELF\0\0\x01"[..], &vec![0xff; shift]].concat();
                let bytes = [&noise[..], &first, b"\xfe\xff\xfd", &second, &noise].concat();
                let decoded = decode(&bytes).expect("strings");
                assert_eq!(String::from_utf8_lossy(&decoded.text), "a string of its own\nKEY=12345678\n", "{shift}");
                let original = decoded.original(&[20, 32]);
                assert_eq!(bytes[original[0]..original[1]], second[..], "{big_endian} {shift}");
            }
        }
    }

    #[test]
    fn short_strings_and_files_without_zeros_at_the_head_have_none() {
        let short = [&b"\0\xff"[..], &encode("eleven long", false, false), &[0xff; 9]].concat();
        assert!(decode(&short).is_none());
        assert!(decode(&[&[b'a'; 2000][..], &encode("long enough to be a string", false, false)].concat()).is_none());
    }

    #[test]
    fn a_beginning_is_told_in_either_order() {
        assert!(opens(&encode("$token", false, false)) && opens(&encode("$token", true, false)));
        assert!(!opens(b"$token") && !opens(&[0; 12]) && !opens(b"a\0"));
    }

    #[test]
    fn other_texts_and_binaries_are_not() {
        assert!(decode(b"plain text of more than sixteen bytes").is_none());
        assert!(decode(&[0; 64]).is_none());
        assert!(decode(b"").is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Some(decoded) = decode(&bytes) {
                let end = decoded.text.len();
                prop_assert!(decoded.original(&[end / 2, end]).iter().all(|&at| at <= bytes.len()));
            }
        }
    }
}
