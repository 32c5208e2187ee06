//! Tells values that stand for a credential from credentials: `xxxx`, `your-token-here`, `1234567890`, a value with no variety.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Words that people write where a credential would stand. At least four letters: in 36 random
/// base62 characters one of them turns up less than once in a thousand.
const WORDS: &[&[u8]] = &[
    b"example",
    b"sample",
    b"placeholder",
    b"changeme",
    b"change_me",
    b"change-me",
    b"replace",
    b"redacted",
    b"dummy",
    b"insert",
    b"your_",
    b"your-",
    b"yourapi",
    b"yourtoken",
    b"yoursecret",
    b"yourkey",
    b"yourpass",
    b"xxxx",
    b"****",
    b"....",
    b"----",
    b"____",
    b"todo",
    b"fixme",
    b"notreal",
    b"not-real",
    b"not_real",
    b"fake",
    b"foobar",
    b"deadbeef",
    b"lorem",
    b"abcdefgh",
    b"12345678",
    b"01234567",
    b"qwerty",
    b"secret_key",
    b"access_key",
    b"my_token",
    b"mytoken",
    b"goes-here",
    b"goes_here",
    b"here>",
    // Sample credentials of RFC 6749, 6750, 6238 and 7519.
    b"mf_9.b5f",
    b"czzcagrsa3f0",
    b"gx1fbat3bv",
    b"jbswy3dpehpk3pxp",
    b"gezdgnbvgy3tqojq",
    b"7fjfp0zbr1ktdrbnfvdmiw",
    b"${",
    b"{{",
    b"<%",
    b"$(",
];

/// Whether the value only stands for a credential.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let builder = AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).clone();
        builder.build(WORDS).expect("some fifty short words")
    });
    SEARCH.is_match(value) || has_long_series(&value.to_ascii_lowercase())
}

/// Eight or more characters in a row that repeat, count up or count down. Zeros, as digits or as base64's `A`,
/// are padding in some formats, so a row of them counts only where it is most of the value.
fn has_long_series(value: &[u8]) -> bool {
    [0i16, 1, -1].iter().any(|step| {
        let mut length = 1;
        value.windows(2).any(|pair| {
            length = if i16::from(pair[1]) - i16::from(pair[0]) == *step { length + 1 } else { 1 };
            let padding = *step == 0 && matches!(pair[1], b'a' | b'0');
            length >= 8 && (!padding || length * 2 > value.len())
        })
    })
}

/// Shannon entropy in bits per byte.
pub(crate) fn entropy(value: &[u8]) -> f32 {
    if value.is_empty() {
        return 0.0;
    }
    let mut counts = [0u32; 256];
    for &byte in value {
        counts[byte as usize] += 1;
    }
    let total = value.len() as f32;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| count as f32 / total)
        .map(|share| -share * share.log2())
        .sum()
}

/// The entropy below which a value of these letters and this length is not random.
///
/// A random text of `n` characters over `k` letters has on average about `log2(min(n, k))` minus half a bit; sixty-five percent of the
/// lesser bound is passed by all but one in thousands and by hardly a word or pattern. Separators do not widen the alphabet:
/// a UUID is hexadecimal.
pub(crate) fn least_entropy(value: &[u8]) -> f32 {
    let any = |set: fn(&u8) -> bool| value.iter().any(set);
    let digits = if any(u8::is_ascii_digit) { 10 } else { 0 };
    let case = |narrow: bool, wide: bool| match (narrow, wide) {
        (_, true) => 26,
        (true, false) => 6,
        (false, false) => 0,
    };
    let lower = case(any(|byte| (b'a'..=b'f').contains(byte)), any(|byte| (b'g'..=b'z').contains(byte)));
    let upper = case(any(|byte| (b'A'..=b'F').contains(byte)), any(|byte| (b'G'..=b'Z').contains(byte)));
    let letters = (digits + lower + upper) as f32;
    0.65 * letters.min(value.len() as f32).max(2.0).log2()
}

#[cfg(test)]
mod tests {
    use super::{entropy, is_placeholder, least_entropy};
    use crate::rule::sample::Sample;

    #[test]
    fn placeholders_are_told_from_values() {
        for value in [
            concat!("AKIA", "IOSFODNN7", "EXAMPLE"),
            concat!("ghp_", "xxxxxxxxxxxxxxxxxxxx"),
            "your-api-key",
            "a12345678b",
            "zyxwvutsrq",
            "${TOKEN}",
        ] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn random_values_are_neither_placeholders_nor_dull() {
        for kind in ["hex:32", "base62:36", "base64:40", "lowernum:20", "digits:20", "base32:16"] {
            let template = format!("{{{kind}}}");
            let refused = (0..2000)
                .map(|seed| Sample::expand(&template, seed, None).expect("a good template").text)
                .filter(|text| {
                    is_placeholder(text.as_bytes()) || entropy(text.as_bytes()) < least_entropy(text.as_bytes())
                })
                .count();
            assert!(refused <= 4, "{kind}: {refused} of 2000 refused");
        }
    }
}
