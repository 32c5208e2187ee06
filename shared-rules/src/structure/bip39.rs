//! Seed phrases, BIP-39: 12 to 24 words of a list of 2048, the last of which holds a checksum.
//! <https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki>

use std::collections::HashSet;
use std::ops::Range;

use bip0039::language::Language;
use bip0039::{English, Mnemonic};

use super::Verdict;

/// How many words a phrase has, the longest first.
const COUNTS: [usize; 5] = [24, 21, 18, 15, 12];

/// Shortest and longest word of the list, and the longest gap between two words: `", "`, or ` 12. ` in a numbered list.
const WORD: Range<usize> = 3..9;
const GAP: usize = 6;

/// A phrase of words joined by blanks.
pub(super) fn judge(value: &[u8]) -> Verdict {
    match phrase_at(value, 0) {
        Some(found) if found.span.end == value.len() => Verdict::checksum(found.right),
        _ => Verdict::Foreign,
    }
}

/// Words that stand in a text as a phrase does.
#[derive(Debug)]
pub(crate) struct Phrase {
    /// From the first word to the last.
    pub(crate) span: Range<usize>,
    /// The words joined by blanks, however they stood.
    pub(crate) words: String,
    /// Whether the checksum is right.
    pub(crate) right: bool,
}

/// The longest phrase that begins at `at`: one with a right checksum, else one after which no further word of the list follows.
pub(crate) fn phrase_at(text: &[u8], at: usize) -> Option<Phrase> {
    let places = words_at(text, at);
    let words: Vec<&str> = places.iter().filter_map(|word| std::str::from_utf8(&text[word.clone()]).ok()).collect();
    let phrase = |count: usize, right: bool| {
        let (last, words) = (places.get(count - 1)?, words.get(..count)?);
        is_drawn(words).then(|| Phrase { span: at..last.end, words: words.join(" "), right })
    };
    let valid = |phrase: &Phrase| Mnemonic::<English>::validate(phrase.words.as_str()).is_ok();
    let right = COUNTS.iter().find_map(|&count| phrase(count, true).filter(valid));
    right.or_else(|| COUNTS.contains(&words.len()).then(|| phrase(words.len(), false)).flatten())
}

/// Where the words of the list stand that follow one another from `at` on.
fn words_at(text: &[u8], at: usize) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = at;
    while words.len() <= COUNTS[0] {
        let Some(rest) = text.get(start..) else { break };
        let length = rest.iter().take(WORD.end).take_while(|byte| byte.is_ascii_lowercase()).count();
        let word = std::str::from_utf8(&rest[..length]).unwrap_or_default();
        let ends = rest.get(length).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
        if !ends || !WORD.contains(&length) || English::index_of(word).is_none() {
            break;
        }
        words.push(start..start + length);
        let gap = |byte: &&u8| byte.is_ascii_whitespace() || byte.is_ascii_digit() || b",.;\"'`)-".contains(byte);
        start += length + rest[length..].iter().take(GAP).take_while(gap).count();
    }
    words
}

/// Samples in documentation repeat one word; drawn words hardly ever recur.
fn is_drawn(words: &[&str]) -> bool {
    let distinct: HashSet<&str> = words.iter().copied().collect();
    distinct.len() * 4 >= words.len() * 3
}

/// A phrase of `count` words out of `random`.
pub(crate) fn phrase(count: usize, random: &[u8]) -> Option<String> {
    let entropy = random.get(..count.checked_mul(4)? / 3).filter(|_| COUNTS.contains(&count))?;
    Mnemonic::<English>::from_entropy(entropy).ok().map(Mnemonic::into_phrase)
}

#[cfg(test)]
mod tests {
    use super::{Verdict, judge, phrase, phrase_at};

    fn drawn(count: usize) -> String {
        let random: Vec<u8> = (0..64u8).map(|byte| byte.wrapping_mul(151) ^ 0x5a).collect();
        phrase(count, &random).expect("a count that the specification has")
    }

    #[test]
    fn a_phrase_holds_and_one_with_two_words_swapped_does_not() {
        for count in [12, 15, 18, 21, 24] {
            let phrase = drawn(count);
            assert_eq!(judge(phrase.as_bytes()), Verdict::Right, "{count}");
            let mut words: Vec<&str> = phrase.split(' ').collect();
            let wrong = (1..count).filter(|&index| {
                words.swap(0, index);
                let verdict = judge(words.join(" ").as_bytes());
                words.swap(0, index);
                verdict != Verdict::Right
            });
            assert!(wrong.count() > count / 2, "{count}");
        }
    }

    #[test]
    fn what_is_no_phrase_is_foreign() {
        let repeated = ["abandon"; 11].join(" ") + " about";
        for text in ["", "abandon", &repeated, "the quick brown fox jumps over the lazy dog and runs away now"] {
            assert_eq!(judge(text.as_bytes()), Verdict::Foreign, "{text}");
        }
    }

    #[test]
    fn words_are_found_in_lists_and_before_other_text() {
        let words = drawn(12);
        let numbered: Vec<String> =
            words.split(' ').enumerate().map(|(index, word)| format!("{}. {word}", index + 1)).collect();
        for text in [words.replace(' ', "\", \""), words.replace(' ', "\n"), numbered.join("\n")[3..].to_owned()] {
            let found = phrase_at(format!("{text} and so on").as_bytes(), 0).expect(&text);
            assert_eq!((found.words.as_str(), found.right, found.span), (words.as_str(), true, 0..text.len()));
        }
    }
}
