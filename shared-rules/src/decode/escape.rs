//! Escapes in the middle of a value: JSON's `\/` and `\u003d`, URLs' `%3D`, HTML's `&#61;`.

/// A text with its escapes undone, and where each of its bytes came from.
pub(crate) struct Unescaped {
    pub(crate) text: Vec<u8>,
    /// For each byte of `text`, and one behind its end, its place in the original.
    origins: Vec<u32>,
}

impl Unescaped {
    /// The original's range for a range of the text.
    pub(crate) fn original(&self, range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        self.origins[range.start] as usize..self.origins[range.end] as usize
    }
}

/// The text without its escapes.
pub(crate) fn undo(text: &[u8]) -> Unescaped {
    let mut undone = Unescaped { text: Vec::with_capacity(text.len()), origins: Vec::with_capacity(text.len() + 1) };
    let mut at = 0;
    while at < text.len() {
        let (byte, length) = one(&text[at..]).unwrap_or((text[at], 1));
        undone.text.push(byte);
        undone.origins.push(at as u32);
        at += length;
    }
    undone.origins.push(text.len() as u32);
    undone
}

/// The character of the escape that `text` begins with, and the escape's length. Only printable ASCII is undone: that is what
/// credentials are made of.
pub(crate) fn one(text: &[u8]) -> Option<(u8, usize)> {
    let (code, length) = match *text {
        [b'\\', b'/', ..] => (u32::from(b'/'), 2),
        [b'\\', b'u', b'0', b'0', high, low, ..] => (pair(high, low)?, 6),
        [b'\\', b'x', high, low, ..] => (pair(high, low)?, 4),
        [b'%', high, low, ..] => (pair(high, low)?, 3),
        [b'&', b'#', ..] => reference(text)?,
        _ => return None,
    };
    let byte = u8::try_from(code).ok().filter(u8::is_ascii_graphic)?;
    // An undone quote or backslash would end the value it stands in.
    (!matches!(byte, b'"' | b'\'' | b'\\' | b'`')).then_some((byte, length))
}

fn pair(high: u8, low: u8) -> Option<u32> {
    Some(char::from(high).to_digit(16)? << 4 | char::from(low).to_digit(16)?)
}

/// `&#61;` or `&#x3d;`.
fn reference(text: &[u8]) -> Option<(u32, usize)> {
    let end = text.iter().take(8).position(|&byte| byte == b';')?;
    let digits = std::str::from_utf8(&text[2..end]).ok()?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    Some((code.ok()?, end + 1))
}

#[cfg(test)]
mod tests {
    use super::undo;

    #[test]
    fn escapes_are_undone_and_ranges_lead_back() {
        for (escaped, plain) in [
            (r"a\/b", "a/b"),
            (r"a\u003db", "a=b"),
            (r"a\x3Db", "a=b"),
            ("a%3D%2bb", "a=+b"),
            ("a&#x2F;b&#61;", "a/b="),
            (r"zw\u00f6lf", r"zw\u00f6lf"),
            (r"a\u0022b", r"a\u0022b"),
            ("100% of %zz", "100% of %zz"),
            ("%", "%"),
        ] {
            let undone = undo(escaped.as_bytes());
            assert_eq!(undone.text, plain.as_bytes(), "{escaped}");
            assert_eq!(undone.original(&(0..plain.len())), 0..escaped.len());
        }
    }
}
