//! Names without case and separators, so that `DD_API_KEY`, `dd-api-key` and `ddApiKey` are one.

/// Longest text normalized at once, in bytes.
pub(crate) const LONGEST: usize = 128;

/// Lower-case letters and digits of a short text, and where its words began. Lives on the stack: this runs at every assigned value.
#[derive(Clone)]
pub(crate) struct Words {
    letters: [u8; LONGEST],
    length: usize,
    starts: u128,
}

impl Words {
    /// Normalizes the last `LONGEST` bytes of `text`.
    pub(crate) fn of(text: &[u8]) -> Self {
        let text = &text[text.len().saturating_sub(LONGEST)..];
        let mut words = Words { letters: [0; LONGEST], length: 0, starts: 0 };
        let mut previous = b' ';
        for &byte in text {
            if byte.is_ascii_alphanumeric() {
                if begins_word(previous, byte) {
                    words.starts |= 1 << words.length;
                }
                words.letters[words.length] = byte.to_ascii_lowercase();
                words.length += 1;
            }
            previous = byte;
        }
        words
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.letters[..self.length]
    }

    /// Whether `word`, normalized, stands here. Up to five letters must be words of their own, or
    /// "auth" would be found in "author".
    pub(crate) fn contains(&self, word: &[u8]) -> bool {
        memchr::memmem::find_iter(self.as_bytes(), word).any(|at| self.holds(at, word.len()))
    }

    /// Whether what stands at `at` over `length` letters counts as a word.
    pub(crate) fn holds(&self, at: usize, length: usize) -> bool {
        length > 5 || (self.is_start(at) && (at + length == self.length || self.is_start(at + length)))
    }

    fn is_start(&self, at: usize) -> bool {
        self.starts >> at & 1 == 1
    }
}

/// A word begins after a separator, at a capital after a small letter, and between letters and digits.
fn begins_word(previous: u8, byte: u8) -> bool {
    !previous.is_ascii_alphanumeric()
        || (byte.is_ascii_uppercase() && !previous.is_ascii_uppercase())
        || byte.is_ascii_digit() != previous.is_ascii_digit()
}

/// Lower-case letters and digits of `text`, as keywords are stored.
pub(crate) fn normalize(text: &[u8]) -> String {
    text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(|&byte| char::from(byte.to_ascii_lowercase())).collect()
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn spellings_of_one_name_are_one() {
        for name in ["DD_API_KEY", "dd-api-key", "ddApiKey", "dd api key", "DD.API.Key"] {
            assert_eq!(Words::of(name.as_bytes()).as_bytes(), b"ddapikey", "{name}");
        }
    }

    #[test]
    fn a_short_word_must_stand_alone() {
        let holds = |name: &str, word: &str| Words::of(name.as_bytes()).contains(word.as_bytes());
        assert!(holds("API_KEY", "key"));
        assert!(holds("apiKey", "key"));
        assert!(!holds("keyboard", "key"));
        assert!(!holds("author", "auth"));
        assert!(holds("mydatadogname", "datadog"));
    }
}
