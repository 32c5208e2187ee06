//! Undoing the encodings and containers that hide a credential from a byte search. Everything is bounded by its input's length
//! or by a budget.

pub(crate) mod container;
pub(crate) mod escape;
pub(crate) mod pdf;
pub(crate) mod sqlite;
pub(crate) mod utf16;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

// Built once: each holds a table over all bytes.

static ENGINES: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&STANDARD, LENIENT), GeneralPurpose::new(&URL_SAFE, LENIENT)];

/// Decodes base64 in either alphabet, padded or not.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let url = text.iter().any(|byte| matches!(byte, b'-' | b'_'));
    ENGINES[usize::from(url)].decode(text).ok()
}

/// The value of each base64 character in either alphabet, 255 for what is none.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut digit = 0;
    while digit < 26 {
        values[b'A' as usize + digit as usize] = digit;
        values[b'a' as usize + digit as usize] = digit + 26;
        if digit < 10 {
            values[b'0' as usize + digit as usize] = digit + 52;
        }
        digit += 1;
    }
    (values[b'+' as usize], values[b'/' as usize]) = (62, 63);
    (values[b'-' as usize], values[b'_' as usize]) = (62, 63);
    values
};

/// What the first four characters of base64 decode to; `None` if they are none.
pub(crate) fn base64_head(text: &[u8]) -> Option<[u8; 3]> {
    let values = text.first_chunk::<4>()?.map(|byte| VALUES[usize::from(byte)]);
    if values.contains(&255) {
        return None;
    }
    let bits = values.iter().fold(0, |bits: u32, &value| bits << 6 | u32::from(value));
    let [_, first, second, third] = bits.to_be_bytes();
    Some([first, second, third])
}

/// Decodes pairs of hexadecimal digits.
pub(crate) fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8; 2]| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
    let (pairs, rest) = text.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(pair).collect()).flatten()
}

/// Whether the bytes are printable ASCII and line ends.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
}
