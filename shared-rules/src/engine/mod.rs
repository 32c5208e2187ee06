//! Bytes in, matches out. Anchors first, then the few rules that hang on each, then structure and context.

mod confirm;
mod contained;
mod encoded;
mod escaped;
mod files;
mod filter;
mod finder;
mod index;
mod literals;
mod marks;
mod parts;
mod resolve;
mod runs;
mod scan;
mod search;

use std::cell::Cell;
use std::ops::Range;
use std::slice;

use crate::decode::container::Trouble;
use crate::decode::utf16;
use crate::finding::Match;
use crate::rule::Catalogue;
pub use contained::Doubt;
use index::Index;
use marks::Marks;
pub use parts::{MARGIN, Parts, Scanned};
use scan::{Scan, Undoing};
use search::Searches;

/// Bytes scanned by all passes before the next are, so that they stay in the first-level cache.
const CHUNK: usize = 16 * 1024;

/// Bytes unpacked and decoded for one input, all its members and nested containers together.
const LARGEST_UNPACKED: usize = 64 << 20;

/// What is scanned: a whole object, and where it lies.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The object.
    pub bytes: &'a [u8],
    /// Path of the file, empty if it has none.
    pub path: &'a str,
    /// Whether path and commit are known.
    pub place: Place<'a>,
    /// Whether something at the present anchor may be a credential in other surroundings.
    noted: Cell<bool>,
}

/// What is known of the place of a text. Imported rules may hang on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// Nothing yet: whatever a rule may find at some path or in some commit is found.
    Open,
    /// `Input::path` is the path, and this the commit's id, empty if it is in none.
    Known {
        /// The commit's id.
        commit: &'a str,
    },
}

impl<'a> Input<'a> {
    /// A whole buffer; without a path its place counts as open.
    pub fn whole(bytes: &'a [u8], path: &'a str) -> Self {
        let place = if path.is_empty() { Place::Open } else { Place::Known { commit: "" } };
        Input { bytes, path, place, noted: Cell::new(false) }
    }

    /// The same at another place.
    pub fn at(self, place: Place<'a>) -> Self {
        Input { place, ..self }
    }

    /// Says that what stands at the present anchor is or may become a credential by bytes further away than `parts::MARGIN`, or that it
    /// has a credential's form and only its surroundings speak against it.
    fn note(&self) {
        self.noted.set(true);
    }
}

/// The compiled catalogue. Building one costs well under a millisecond; patterns are compiled on first use.
pub struct Engine {
    catalogue: Catalogue,
    index: Index,
    marks: Marks,
    machine: runs::Machine,
    searches: Option<Searches>,
}

impl Engine {
    /// Builds the indexes for a catalogue.
    pub fn new(catalogue: Catalogue) -> Self {
        let index = Index::new(&catalogue);
        let marks = Marks::new(&index);
        let searches = Searches::new(&catalogue);
        Engine { catalogue, index, marks, machine: runs::Machine::new(), searches }
    }

    /// The engine over the embedded rules.
    pub fn builtin() -> Self {
        Engine::new(Catalogue::builtin())
    }

    /// The rules in force.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Whether what imported rules find may change once the place is known.
    pub fn depends_on_place(&self) -> bool {
        self.searches.as_ref().is_some_and(Searches::depend_on_place)
    }

    /// Whether some rule looks at the lines of a file for its path: of which any end may be given, and only what is given counts.
    pub fn wants_path(&self, path: &str) -> bool {
        !self.index.files(&path.to_ascii_lowercase()).is_empty()
    }

    /// Every credential in the input, ascending by place, none overlapping another.
    pub fn scan(&self, input: &Input<'_>) -> Vec<Match> {
        self.scan_with_doubts(input).0
    }

    /// The same, and what could not be looked at: encrypted, damaged and oversized members of archives.
    pub fn scan_with_doubts(&self, input: &Input<'_>) -> (Vec<Match>, Vec<Doubt>) {
        let everything = 0..input.bytes.len();
        let Scanned { matches, doubts, .. } =
            self.scan_parts(&Parts { input: input.clone(), new: slice::from_ref(&everything) });
        (matches, doubts)
    }

    /// What an encoding hid in a piece of a file.
    fn scan_piece(&self, input: &Input<'_>, undoing: &mut Undoing) -> Vec<Match> {
        let whole = std::mem::replace(&mut undoing.whole, false);
        let found = self.scan_deeper(input, undoing);
        undoing.whole = whole;
        found
    }

    /// What an encoding or container hid, one level down.
    fn scan_deeper(&self, input: &Input<'_>, undoing: &mut Undoing) -> Vec<Match> {
        if undoing.is_deepest() || input.bytes.len() > undoing.budget {
            undoing.doubt(String::new(), Trouble::TooMuch);
            return Vec::new();
        }
        undoing.budget -= input.bytes.len();
        undoing.depth += 1;
        let found = self.scan_as_written(input, slice::from_ref(&(0..input.bytes.len())), undoing).0;
        undoing.depth -= 1;
        found
    }

    /// The bytes as they are and, where they look like it, as UTF-16: a mark at the head is no reason to pass over the rest.
    /// With the anchors at which something was noted.
    fn scan_as_written(
        &self,
        input: &Input<'_>,
        new: &[Range<usize>],
        undoing: &mut Undoing,
    ) -> (Vec<Match>, Vec<usize>) {
        let (mut found, noted) = self.scan_inside(input, new, undoing);
        if let Some(decoded) = utf16::decode(input.bytes) {
            found.extend(self.scan_utf16(input, &decoded, undoing));
            contained::only_in_members(&mut found);
            found = resolve::resolve(&self.catalogue, input.bytes, found);
        }
        (found, noted)
    }

    /// A whole UTF-16 text.
    fn scan_utf16(&self, input: &Input<'_>, decoded: &utf16::Decoded, undoing: &mut Undoing) -> Vec<Match> {
        let text = Input::whole(&decoded.text, input.path);
        let mut found = self.scan_inside(&text, slice::from_ref(&(0..decoded.text.len())), undoing).0;
        let mut places: Vec<usize> = found.iter().flat_map(|found| [found.span.start, found.span.end]).collect();
        places.sort_unstable();
        let original = decoded.original(&places);
        let place = |at: usize| original[places.partition_point(|place| *place < at)];
        for found in &mut found {
            found.span = place(found.span.start)..place(found.span.end);
            found.trail.insert(0, "utf-16");
        }
        found
    }

    fn scan_inside(&self, input: &Input<'_>, new: &[Range<usize>], undoing: &mut Undoing) -> (Vec<Match>, Vec<usize>) {
        let mut scan = Scan {
            engine: self,
            input,
            kind: undoing.kind,
            whole: undoing.whole,
            undoing,
            found: Vec::new(),
            noted: Vec::new(),
            last_value: usize::MAX,
            encoded: Vec::new(),
            escaped_until: 0,
            referred_until: 0,
            tables: 0,
            literals: Vec::new(),
            seen: Vec::new(),
        };
        if !new.is_empty() {
            scan.object();
        }
        for part in new {
            let end = part.end.min(input.bytes.len());
            let mut start = part.start.min(end);
            while start < end {
                let stop = end.min(start + CHUNK);
                scan.chunk(start..stop);
                start = stop;
            }
        }
        scan.take_back_encoded();
        let (mut found, noted) = (scan.found, scan.noted);
        if let Some(searches) = self.searches.as_ref().filter(|_| !new.is_empty()) {
            found.extend(searches.find(&self.catalogue, input));
        }
        contained::only_in_members(&mut found);
        (resolve::resolve(&self.catalogue, input.bytes, found), noted)
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({} rules)", self.catalogue.rules().len())
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

    /// A text with one credential, and the credential.
    fn secret() -> (String, String) {
        let sample =
            Sample::expand("first line\nTOKEN = «ghp_{base62:30}{checksum:crc32-base62}»\n", 5, None).expect("good");
        let secret = sample.text[sample.secrets[0].clone()].to_owned();
        (sample.text, secret)
    }

    fn trail(bytes: &[u8]) -> Vec<(Vec<&'static str>, String)> {
        let (_, secret) = secret();
        let matches = ENGINE.scan(&Input::whole(bytes, "a.bin"));
        assert!(matches.iter().all(|found| found.secret.expose() == secret.as_bytes()), "{matches:?}");
        let member = |found: &crate::Match| found.member.as_ref().map_or(String::new(), |member| member.path.clone());
        matches.iter().map(|found| (found.trail.clone(), member(found))).collect()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn base64(bytes: &[u8]) -> String {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(bytes)
    }

    #[test]
    fn encodings_and_containers_are_undone_one_inside_the_other() {
        let (text, _) = secret();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(utf16.len() as u64);
        header.set_cksum();
        tar.append_data(&mut header, "conf/app.env", utf16.as_slice()).expect("memory");
        let tar = tar.into_inner().expect("memory");
        let wrapped: Vec<String> = base64(text.repeat(3).as_bytes())
            .as_bytes()
            .chunks(76)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let one = |trail: &[&'static str], member: &str| vec![(trail.to_vec(), member.to_owned())];
        assert_eq!(trail(&utf16), one(&["utf-16"], ""));
        assert_eq!(trail(&gzip(text.as_bytes())), one(&["gzip"], ""));
        assert_eq!(trail(&gzip(&tar)), one(&["gzip", "tar", "utf-16"], "conf/app.env"));
        assert_eq!(trail(format!("data: {}", base64(text.as_bytes())).as_bytes()), one(&["base64"], ""));
        assert_eq!(
            trail(format!("data: {}", base64(base64(text.as_bytes()).as_bytes())).as_bytes()),
            one(&["base64", "base64"], "")
        );
        assert_eq!(trail(format!("data: {}", base64(&gzip(text.as_bytes()))).as_bytes()), one(&["base64", "gzip"], ""));
        assert_eq!(trail(format!("data: |\n  {}\n", wrapped.join("\n  ")).as_bytes()).len(), 1);
        // PowerShell's encoded commands.
        assert_eq!(trail(format!("-enc {}", base64(&utf16)).as_bytes()), one(&["base64", "utf-16"], ""));
        let program = [&b"MZ\x90\0\x03\0\0\0\xff"[..], &utf16, b"\xff\xff"].concat();
        assert_eq!(trail(&program), one(&["utf-16"], ""));
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(trail(format!("blob = '{hex}'").as_bytes()), one(&["hex"], ""));
    }

    #[test]
    fn what_a_document_shows_is_read_though_it_is_typeset() {
        let (_, secret) = secret();
        let (first, rest) = secret.split_at(9);
        let page = format!("%PDF-1.7\n1 0 obj\n<< >>\nstream\nBT [({first})-27({rest})] TJ ET\nendstream\nendobj\n");
        assert_eq!(trail(page.as_bytes()), [(vec!["pdf"], "stream 1".to_owned())]);
    }

    #[test]
    fn a_byte_order_mark_hides_no_plain_text_behind_it() {
        let (text, _) = secret();
        for mark in [&b"\xff\xfe"[..], b"\xfe\xff", &b"a\0".repeat(200)] {
            assert_eq!(trail(&[mark, b"\n", text.as_bytes()].concat()).len(), 1, "{mark:?}");
        }
    }

    #[test]
    fn escapes_inside_a_value_are_undone() {
        let sample =
            Sample::expand("aws_secret_access_key = \"«{base62:18}/{base62:15}+{base62:5}»\"", 5, None).expect("good");
        let secret = &sample.text[sample.secrets[0].clone()];
        for (slash, plus) in [("\\/", "+"), ("\\u002f", "\\u002b"), ("%2F", "%2B")] {
            let escaped = sample.text.replace('/', slash).replace('+', plus);
            let matches = ENGINE.scan(&Input::whole(escaped.as_bytes(), ""));
            assert_eq!(matches.len(), 1, "{slash}");
            assert_eq!(matches[0].secret.expose(), secret.as_bytes(), "{slash}");
            assert_eq!(matches[0].trail, ["escapes"]);
        }
    }

    #[test]
    fn references_in_markup_are_undone() {
        let sample = Sample::expand("<input name=aws_secret_access_key value=\"«{base62:18}/{base62:21}»\">", 5, None)
            .expect("good");
        let secret = &sample.text[sample.secrets[0].clone()];
        let matches =
            ENGINE.scan(&Input::whole(sample.text.replace(secret, &secret.replace('/', "&#x2F;")).as_bytes(), ""));
        let found: Vec<&[u8]> = matches.iter().map(|found| found.secret.expose()).collect();
        assert_eq!(found, [secret.as_bytes()]);
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
