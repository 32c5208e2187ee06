//! Bytes in, matches out. Anchors first, then the few rules that hang on each, then structure and context.

mod confirm;
mod encoded;
mod finder;
mod index;
mod resolve;
mod runs;

use std::ops::Range;

use aho_corasick::packed::Searcher;

use crate::context::{Assignment, Words};
use crate::finding::Match;
use crate::rule::{Catalogue, RuleIndex, Shape};
use index::Index;

/// Bytes scanned by all passes before the next are, so that they stay in the first-level cache.
const CHUNK: usize = 16 * 1024;

/// Names without which an assigned value is no credential, in the spellings people use. Teddy searches these at memory speed.
const NAME_WORDS: &[&str] = &[
    "passw", "Passw", "PASSW", "pwd", "Pwd", "PWD", "pass", "Pass", "PASS", "secret", "Secret", "SECRET", "token",
    "Token", "TOKEN", "_key", "-key", "Key", "KEY",
];

/// What is scanned: a buffer, the part of it that is new, and where it lies.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The whole object, so that a credential at an edge is seen whole.
    pub bytes: &'a [u8],
    /// The part in which anchors are looked for.
    pub range: Range<usize>,
    /// Path of the file, empty if it has none.
    pub path: &'a str,
}

impl<'a> Input<'a> {
    /// A whole buffer.
    pub fn whole(bytes: &'a [u8], path: &'a str) -> Self {
        Input { bytes, range: 0..bytes.len(), path }
    }
}

/// The compiled catalogue. Building one costs well under a millisecond; patterns are compiled on first use.
pub struct Engine {
    catalogue: Catalogue,
    index: Index,
    names: Searcher,
}

impl Engine {
    /// Builds the indexes for a catalogue.
    pub fn new(catalogue: Catalogue) -> Self {
        let index = Index::new(&catalogue);
        let names = Searcher::new(NAME_WORDS.iter().chain(&finder::mnemonic::NAMES)).expect("a dozen short literals");
        Engine { catalogue, index, names }
    }

    /// The engine over the embedded rules.
    pub fn builtin() -> Self {
        Engine::new(Catalogue::builtin())
    }

    /// The rules in force.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Every credential in the input, ascending by place, none overlapping another.
    pub fn scan(&self, input: &Input<'_>) -> Vec<Match> {
        self.scan_inside(input, 0)
    }

    /// The same below `depth` decodings.
    fn scan_inside(&self, input: &Input<'_>, depth: usize) -> Vec<Match> {
        let mut scan = Scan { engine: self, input, depth, found: Vec::new(), last_value: usize::MAX, seen: Vec::new() };
        let end = input.range.end.min(input.bytes.len());
        let mut start = input.range.start.min(end);
        while start < end {
            let stop = end.min(start + CHUNK);
            scan.chunk(start..stop);
            start = stop;
        }
        resolve::resolve(&self.catalogue, input.bytes, scan.found)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({} rules)", self.catalogue.rules().len())
    }
}

/// One run over one input.
struct Scan<'s> {
    engine: &'s Engine,
    input: &'s Input<'s>,
    /// Decodings undone so far.
    depth: usize,
    found: Vec<Match>,
    /// Value that was judged last, since a name word and a token run often lead to the same one.
    last_value: usize,
    /// Rules already tried at one anchor; kept to be reused.
    seen: Vec<RuleIndex>,
}

impl Scan<'_> {
    fn chunk(&mut self, range: Range<usize>) {
        let bytes = self.input.bytes;
        runs::find(bytes, range.clone(), self);
        // A literal may straddle the chunk's end; its anchor is where it begins.
        let text = &bytes[range.start..bytes.len().min(range.end + 11)];
        for at in memchr::memmem::find_iter(text, finder::pem::OPENING) {
            self.found.extend(finder::pem::find(self.engine, bytes, range.start + at));
        }
        let text = &bytes[range.start..bytes.len().min(range.end + 2)];
        for at in memchr::memmem::find_iter(text, finder::url::MARK) {
            finder::url::find(self.engine, self.input, range.start + at, &mut self.found);
        }
        let text = &bytes[range.start..bytes.len().min(range.end + 6)];
        for hit in self.engine.names.find_iter(text) {
            if hit.pattern().as_usize() >= NAME_WORDS.len() {
                self.found.extend(finder::mnemonic::find(self.engine, bytes, range.start + hit.end()));
            } else if let Some(value) = finder::assignment::value_after(bytes, range.start + hit.end()) {
                self.assigned(value);
            }
        }
    }

    /// Judges the value that begins at `at`, if it is assigned to a name.
    fn assigned(&mut self, at: usize) {
        if self.last_value == at {
            return;
        }
        self.last_value = at;
        let bytes = self.input.bytes;
        let Some(assignment) = Assignment::of(bytes, at) else { return };
        let before = Words::of(&bytes[assignment.lookback.clone()]);
        let name = Words::of(&bytes[assignment.name.clone()]);
        let mut seen = std::mem::take(&mut self.seen);
        seen.clear();
        self.engine.index.keywords(&before, |rule| {
            if !seen.contains(&rule) {
                seen.push(rule);
            }
        });
        let matches = self.found.len();
        for &rule in &seen {
            let Shape::Keyword { keywords, names } = &self.engine.catalogue.rule(rule).shape else { continue };
            if finder::keyword::names_it(keywords, names, &name) {
                self.found.extend(confirm::at(self.engine, self.input, rule, at, Some(&assignment)));
            }
        }
        self.seen = seen;
        if self.found.len() == matches {
            self.found.extend(finder::assignment::find(self.engine, self.input, at, &assignment, &name));
        }
    }
}

impl runs::Anchors for Scan<'_> {
    #[inline(always)]
    fn word(&mut self, at: usize) {
        let text = &self.input.bytes[at..];
        let (engine, input, found) = (self.engine, self.input, &mut self.found);
        engine.index.prefixes(text, |rule| found.extend(confirm::at(engine, input, rule, at, None)));
    }

    #[inline(always)]
    fn value(&mut self, at: usize) {
        let before = at.checked_sub(1).map(|index| self.input.bytes[index]);
        let assigned =
            |byte| matches!(byte, b'"' | b'\'' | b'`' | b' ' | b'\t' | b'=' | b':' | b'>' | b',' | b'|' | b'(' | b'\n');
        if before.is_none_or(assigned) {
            self.found.extend(encoded::find(self.engine, self.input, at, self.depth));
            self.assigned(at);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use std::sync::{Arc, LazyLock};

    use super::{Engine, Input};
    use crate::rule::Catalogue;
    use crate::rule::sample::Sample;

    pub(crate) static ENGINE: LazyLock<Arc<Engine>> =
        LazyLock::new(|| Arc::new(Engine::new(Catalogue::builtin_with_samples())));

    /// Expands a template and returns what the built-in rules find in it.
    fn found(template: &str) -> Vec<String> {
        let engine = ENGINE.clone();
        let sample = Sample::expand(template, 7, None).expect("a good template");
        let matches = engine.scan(&Input::whole(sample.text.as_bytes(), ""));
        matches.iter().map(|found| engine.catalogue().rule(found.rule).id.clone()).collect()
    }

    #[test]
    fn a_credential_is_found_behind_an_escape_and_inside_a_word_of_its_own() {
        for before in ["", "x=", "\\n", "%3D", "token_", "a-", "(", "\u{feff}"] {
            let template = format!("{before}ghp_{{base62:30}}{{checksum:crc32-base62}}");
            let sample = Sample::expand(&template, 7, None).expect("good").text;
            let expected = ENGINE.scan(&Input::whole(sample.as_bytes(), ""));
            // The checksum of the template covers the text before too, where there is an underscore: only presence counts here.
            assert_eq!(expected.len(), 1, "{before:?}");
        }
    }

    #[test]
    fn a_longer_word_is_not_cut_to_fit() {
        assert!(found("xghp_{base62:36}").is_empty());
        assert!(found("ghp_{base62:40}").is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn moving_a_credential_moves_the_finding_and_changes_nothing_else(before in "[ -~\n]{0,200}", at in 0usize..70) {
            let engine = ENGINE.clone();
            let token = Sample::expand("ghp_{base62:30}{checksum:crc32-base62}", 3, None).expect("good").text;
            let text = format!("{before}\n{}{token}\n", " ".repeat(at));
            let start = text.len() - token.len() - 1;
            let matches = engine.scan(&Input::whole(text.as_bytes(), ""));
            prop_assert!(matches.iter().any(|found| found.span == (start..start + token.len())));
        }

        #[test]
        fn no_input_makes_the_engine_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
            ENGINE.scan(&Input::whole(&bytes, "a/b"));
        }
    }
}
