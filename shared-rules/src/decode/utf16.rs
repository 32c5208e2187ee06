//! UTF-16 in either order, with or without a byte order mark: what Windows tools write. RFC 2781.

/// Bytes at the head that are looked at, and how many of each hundred must be the zero halves of ASCII characters.
const HEAD: usize = 256;
const LEAST_ZEROS: usize = 40;

/// A text in UTF-8 and where in the original each of its bytes came from.
pub(crate) struct Decoded {
    pub(crate) text: Vec<u8>,
    start: usize,
}

/// The text if the bytes are UTF-16.
pub(crate) fn decode(bytes: &[u8]) -> Option<Decoded> {
    let (big_endian, start) = order(bytes)?;
    let (units, _) = bytes[start..].as_chunks::<2>();
    let units = units.iter().map(|&unit| if big_endian { u16::from_be_bytes(unit) } else { u16::from_le_bytes(unit) });
    let mut text = Vec::with_capacity(bytes.len() / 2);
    for letter in char::decode_utf16(units) {
        let mut buffer = [0; 4];
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
    }
    Some(Decoded { text, start })
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
        let text = String::from_utf8_lossy(&self.text);
        let mut letters = text.char_indices().peekable();
        let mut at = self.start;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::decode;

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
