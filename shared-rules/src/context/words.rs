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
        let mut previous = Kind::Other;
        let mut dash = false;
        let mut flag = false;
        for &byte in text {
            let kind = KINDS[byte as usize];
            if kind != Kind::Other {
                // `-Dsonar.login`: Java's flag is no part of the word behind it.
                let starts = begins_word(previous, kind) || flag && kind == Kind::Small;
                words.starts |= u128::from(starts) << words.length;
                // Sets the bit that makes a capital small and leaves digits as they are.
                words.letters[words.length] = byte | 0x20;
                words.length += 1;
            }
            flag = dash && byte == b'D';
            dash = byte == b'-';
            previous = kind;
        }
        words
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.letters[..self.length]
    }

    /// The words one by one.
    pub(crate) fn words(&self) -> impl Iterator<Item = &[u8]> {
        let mut starts = self.starts & !1;
        let mut at = 0;
        std::iter::from_fn(move || {
            if at >= self.length {
                return None;
            }
            let end = (starts.trailing_zeros() as usize).min(self.length);
            starts &= starts.wrapping_sub(1);
            let word = &self.letters[at..end];
            at = end;
            Some(word)
        })
    }

    /// Whether `word`, normalized, stands here; one of up to five letters must stand alone.
    pub(crate) fn contains(&self, word: &[u8]) -> bool {
        // Names are a few dozen letters: a plain search is done before a clever one is set up.
        let letters = self.as_bytes();
        let counts = |at| word.len() > 5 || self.holds(at, word.len());
        let Some(&first) = word.first() else { return false };
        memchr::memchr_iter(first, letters).any(|at| letters[at..].starts_with(word) && counts(at))
    }

    /// Whether what stands at `at` over `length` letters counts as a word. A short one must stand alone, or "auth" would be
    /// found in "author". A longer one begins at a word's start or lies inside one word: "hapikey" is not in "UPSTASH_API_KEY".
    pub(crate) fn holds(&self, at: usize, length: usize) -> bool {
        let end = at + length;
        if length <= 5 {
            return self.is_start(at) && (end == self.length || self.is_start(end));
        }
        self.is_start(at) || (at + 1..end).all(|inside| !self.is_start(inside))
    }

    fn is_start(&self, at: usize) -> bool {
        self.starts >> at & 1 == 1
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other,
    Small,
    Capital,
    Digit,
}

static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Other; 256];
    let mut byte = 0u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'a'..=b'z' => Kind::Small,
            b'A'..=b'Z' => Kind::Capital,
            b'0'..=b'9' => Kind::Digit,
            _ => Kind::Other,
        };
        byte += 1;
    }
    kinds
};

/// A word begins after a separator, at a capital after a small letter, and between letters and digits.
#[inline(always)]
fn begins_word(previous: Kind, kind: Kind) -> bool {
    match kind {
        Kind::Small => matches!(previous, Kind::Other | Kind::Digit),
        Kind::Capital => previous != Kind::Capital,
        Kind::Digit => previous != Kind::Digit,
        Kind::Other => false,
    }
}

/// Lower-case letters and digits of `text`, as keywords are stored.
pub(crate) fn normalize(text: &[u8]) -> String {
    // At start-up this runs over every keyword of every rule.
    let mut letters = Vec::with_capacity(text.len());
    letters.extend(text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase));
    String::from_utf8(letters).expect("ASCII letters and digits")
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
        assert!(holds("NEXTAUTH_SECRET", "authsecret"));
    }

    #[test]
    fn a_keyword_begins_at_a_word_or_lies_inside_one() {
        let holds = |name: &str, word: &str| {
            let words = Words::of(name.as_bytes());
            let at = words.as_bytes().windows(word.len()).position(|window| window == word.as_bytes());
            words.holds(at.expect("it is there"), word.len())
        };
        assert!(!holds("UPSTASH_API_KEY", "hapikey"));
        assert!(holds("HAPI_KEY", "hapikey"));
        assert!(holds("mydatadogname", "datadog"));
        assert!(holds("-Dsonar.login", "sonarlogin"));
    }
}
