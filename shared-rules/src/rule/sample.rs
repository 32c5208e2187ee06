//! Expands sample templates, so that no real-looking credential stands in any file. The syntax is in `docs/rules.md`.
//! The same template and seed always give the same text; nothing here is random enough for anything but samples.

mod forms;

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::structure::Structure;

const OPEN_MARK: &str = "«";
const CLOSE_MARK: &str = "»";

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const PASSWORD_MARKS: &str = "!#%*+-.^_";

/// Longest run of one template and longest sample, in bytes, and how deep templates may stand inside each other. Rule files may be
/// a stranger's; without bounds a line of theirs fills the memory or the stack.
const LONGEST: usize = 1 << 20;
const DEEPEST: usize = 8;

/// A template expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The text, marks removed.
    pub text: String,
    /// Byte ranges of the marked credentials.
    pub secrets: Vec<Range<usize>>,
}

impl Sample {
    /// Expands `template`. `structure` completes a bare `{checksum}`.
    ///
    /// # Errors
    /// A sentence naming the template that cannot be expanded.
    pub fn expand(template: &str, seed: u64, structure: Option<Structure>) -> Result<Sample, String> {
        let mut expansion = Expansion {
            rest: template,
            random: Random::new(template, seed),
            structure,
            sample: Sample { text: String::new(), secrets: Vec::new() },
            open: None,
            depth: 0,
        };
        expansion.run("")?;
        if expansion.open.is_some() {
            return Err(format!("`{OPEN_MARK}` without `{CLOSE_MARK}` in {template:?}"));
        }
        Ok(expansion.sample)
    }

    /// The credentials' ranges; the whole text where none is marked.
    pub fn secrets_or_all(&self) -> Vec<Range<usize>> {
        if self.secrets.is_empty() { std::iter::once(0..self.text.len()).collect() } else { self.secrets.clone() }
    }
}

struct Expansion<'t> {
    rest: &'t str,
    random: Random,
    structure: Option<Structure>,
    sample: Sample,
    open: Option<usize>,
    depth: usize,
}

impl Expansion<'_> {
    /// Expands up to `end` (consumed), or to the end of the template where `end` is empty.
    fn run(&mut self, end: &str) -> Result<(), String> {
        loop {
            if self.sample.text.len() > LONGEST {
                return Err(format!("a sample is longer than {LONGEST} bytes"));
            }
            if !end.is_empty() && self.take(end) {
                return Ok(());
            }
            if self.take(OPEN_MARK) {
                self.open = Some(self.sample.text.len());
            } else if self.take(CLOSE_MARK) {
                let start = self.open.take().ok_or(format!("`{CLOSE_MARK}` without `{OPEN_MARK}`"))?;
                self.sample.secrets.push(start..self.sample.text.len());
            } else if self.rest.starts_with('{') && self.template()? {
            } else if let Some(next) = self.rest.chars().next() {
                self.sample.text.push(next);
                self.rest = &self.rest[next.len_utf8()..];
            } else if end.is_empty() {
                return Ok(());
            } else {
                return Err(format!("`{end}` is missing"));
            }
        }
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest.strip_prefix(text);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// Expands the template that opens here; false if the brace is just a brace.
    fn template(&mut self) -> Result<bool, String> {
        let inner = &self.rest[1..];
        let word_length = inner.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (word, after) = inner.split_at(word_length);
        if self.form(word, after)? {
            return Ok(true);
        }
        match (word, after.chars().next()) {
            ("uuid", Some('}')) => {
                self.rest = &after[1..];
                let uuid = self.random.uuid();
                self.sample.text.push_str(&uuid);
            }
            ("jwt", Some('}')) => {
                self.rest = &after[1..];
                let payload = format!("{{\"sub\":\"{}\",\"iat\":1700000000}}", self.random.text(DIGITS, 10));
                self.push_jwt(&payload);
            }
            ("jwt" | "b64" | "b64url", Some('(')) => {
                let word = word.to_owned();
                self.rest = &after[1..];
                let inside = self.inside()?;
                match word.as_str() {
                    "jwt" => self.push_jwt(&inside),
                    "b64" => self.sample.text.push_str(&STANDARD.encode(inside)),
                    _ => self.sample.text.push_str(&URL_SAFE_NO_PAD.encode(inside)),
                }
            }
            ("of", Some('(')) => {
                let close = after.find("):").ok_or("`{of(` needs `):LENGTH}`")?;
                let alphabet = after[1..close].to_owned();
                if alphabet.is_empty() {
                    return Err("`{of(` needs the characters to draw from".to_owned());
                }
                let (length, rest) =
                    length(&after[close + 2..], &mut self.random)?.ok_or("`{of(…):` needs a length")?;
                self.rest = rest;
                let text = self.random.text(&alphabet, length);
                self.sample.text.push_str(&text);
            }
            ("pem" | "pem1", Some(':')) => {
                let close = after.find('}').ok_or("`{pem:` needs `}`")?;
                let block = self.random.pem(&after[1..close]);
                let block =
                    if word == "pem1" { block.trim_end().replace('\n', "\\n") } else { block.trim_end().to_owned() };
                self.sample.text.push_str(&block);
                self.rest = &after[close + 1..];
            }
            ("checksum", Some(':' | '}')) => {
                let close = after.find('}').ok_or("`{checksum:` needs `}`")?;
                self.push_checksum(after[..close].strip_prefix(':'))?;
                self.rest = &after[close + 1..];
            }
            ("password", Some(':')) => {
                let Some((length, rest)) = length(&after[1..], &mut self.random)? else { return Ok(false) };
                self.rest = rest;
                let text = self.random.password(length);
                self.sample.text.push_str(&text);
            }
            (kind, Some(':')) => {
                let Some(alphabet) = alphabet(kind) else { return Ok(false) };
                let Some((length, rest)) = length(&after[1..], &mut self.random)? else { return Ok(false) };
                self.rest = rest;
                let text = self.random.text(&alphabet, length);
                self.sample.text.push_str(&text);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Expands what stands between `(` and `)}` into a text of its own.
    fn inside(&mut self) -> Result<String, String> {
        let outer = std::mem::replace(&mut self.sample, Sample { text: String::new(), secrets: Vec::new() });
        let open = self.open.take();
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("templates stand inside each other more than {DEEPEST} deep"));
        }
        self.run(")}")?;
        self.depth -= 1;
        self.open = open;
        Ok(std::mem::replace(&mut self.sample, outer).text)
    }

    fn push_jwt(&mut self, payload: &str) {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let signature = URL_SAFE_NO_PAD.encode(self.random.bytes(32));
        self.sample.text.push_str(&format!("{header}.{payload}.{signature}"));
    }

    fn push_checksum(&mut self, name: Option<&str>) -> Result<(), String> {
        let structure = match name {
            Some(name) => Structure::parse(name).ok_or_else(|| format!("unknown checksum `{name}`"))?,
            None => self.structure.ok_or("`{checksum}` needs a rule with `structure`")?,
        };
        let body = &self.sample.text.as_bytes()[self.open.unwrap_or(0)..];
        let tail = structure.tail(body).ok_or_else(|| format!("`{}` is no checksum", structure.as_str()))?;
        self.sample.text.push_str(&tail);
        Ok(())
    }
}

fn alphabet(kind: &str) -> Option<String> {
    Some(match kind {
        "digits" => DIGITS.to_owned(),
        "hex" => "0123456789abcdef".to_owned(),
        "HEX" => "0123456789ABCDEF".to_owned(),
        "lower" => LOWER.to_owned(),
        "upper" => UPPER.to_owned(),
        "alpha" => [UPPER, LOWER].concat(),
        "lowernum" => [LOWER, DIGITS].concat(),
        "uppernum" => [UPPER, DIGITS].concat(),
        "base62" => [UPPER, LOWER, DIGITS].concat(),
        "base32" => [UPPER, "234567"].concat(),
        "lowerbase32" => [LOWER, "234567"].concat(),
        "base58" => "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".to_owned(),
        "base64" => [UPPER, LOWER, DIGITS, "+/"].concat(),
        "base64url" => [UPPER, LOWER, DIGITS, "_-"].concat(),
        _ => return None,
    })
}

/// Reads `N}` or `N..M}`; a length between is drawn. `None` where it is neither.
fn length<'t>(text: &'t str, random: &mut Random) -> Result<Option<(usize, &'t str)>, String> {
    let Some((spec, rest)) = text.split_once('}') else { return Ok(None) };
    let (least, most) = spec.split_once("..").unwrap_or((spec, spec));
    let (Ok(least), Ok(most)) = (least.parse::<usize>(), most.parse::<usize>()) else { return Ok(None) };
    if most > LONGEST {
        return Err(format!("`{spec}` is longer than {LONGEST}"));
    }
    // A fixed length draws nothing, so that what follows stays as it was.
    let drawn = if least < most { random.below(most - least + 1) } else { 0 };
    Ok((least <= most).then_some((least + drawn, rest)))
}

/// SplitMix64, seeded by the template's text: fast, portable, and of no other use.
struct Random(u64);

impl Random {
    fn new(template: &str, seed: u64) -> Self {
        let mut state = 0xcbf2_9ce4_8422_2325u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in template.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Random(state)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    fn uuid(&mut self) -> String {
        let hex = self.text("0123456789abcdef", 31);
        let variant = self.text("89ab", 1);
        format!("{}-{}-4{}-{variant}{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
    }

    /// At least one of each kind where there is room; ends in a letter or digit, as generators tend to.
    fn password(&mut self, length: usize) -> String {
        let all = [UPPER, LOWER, DIGITS, PASSWORD_MARKS].concat();
        let mut letters: Vec<char> = self.text(&all, length).chars().collect();
        let places = length.saturating_sub(1);
        for (place, kind) in [UPPER, DIGITS, PASSWORD_MARKS, LOWER].into_iter().enumerate().take(places) {
            letters[place * places / 4] = self.text(kind, 1).chars().next().unwrap_or('a');
        }
        if let Some(last) = letters.last_mut() {
            *last = self.text(LOWER, 1).chars().next().unwrap_or('a');
        }
        letters.into_iter().collect()
    }

    fn pem(&mut self, label: &str) -> String {
        let mut body = opening(label).to_vec();
        body.extend(self.bytes(640));
        let lines: Vec<String> = STANDARD
            .encode(body)
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let blank = if label.starts_with("PGP") { "\n" } else { "" };
        format!("-----BEGIN {label}-----\n{blank}{}\n-----END {label}-----\n", lines.join("\n"))
    }
}

/// First bytes of a key file of this label.
fn opening(label: &str) -> &'static [u8] {
    match label {
        "OPENSSH PRIVATE KEY" => b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01",
        "PGP PRIVATE KEY BLOCK" => &[0x95, 0x03, 0x98, 0x04],
        "PRIVATE KEY" => b"\x30\x82\x02\x80\x02\x01\x00\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
        "ENCRYPTED PRIVATE KEY" => b"\x30\x82\x02\x80\x30\x4e\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d",
        _ => b"\x30\x82\x02\x80\x02\x01\x00\x02\x82\x01\x01\x00",
    }
}

#[cfg(test)]
mod tests {
    use super::Sample;
    use crate::structure::Structure;

    fn expand(template: &str) -> Sample {
        Sample::expand(template, 1, Some(Structure::Crc32Base62)).expect("a good template")
    }

    #[test]
    fn templates_expand_to_their_alphabet_and_length() {
        assert_eq!(expand("{hex:32}").text.len(), 32);
        assert!((3..=5).contains(&expand("{of(ab):3..5}").text.len()));
        assert_eq!(expand("{uuid}").text.len(), 36);
        assert_eq!(expand("{password:14}").text.len(), 14);
        assert!(expand("{pem:RSA PRIVATE KEY}").text.starts_with("-----BEGIN RSA PRIVATE KEY-----\nMII"));
        assert!(!expand("{pem1:RSA PRIVATE KEY}").text.contains('\n'));
        assert!(Structure::Jwt.confirms(expand("{jwt({\"iss\":\"x\"})}").text.as_bytes()));
        assert_eq!(expand("{b64(a{b64(b)}c)}").text, "YVlnPT1j");
    }

    #[test]
    fn a_brace_that_opens_no_template_is_itself() {
        let text = "{\"a\": {}, b: ${NAME}, {{ jinja }}, {lower}, {uuid:4}";
        assert_eq!(expand(text).text, text);
    }

    #[test]
    fn marks_give_ranges_and_checksums_start_at_the_mark() {
        let sample = expand("x=«ghp_{base62:30}{checksum}» y=«{digits:3}»");
        assert_eq!(sample.secrets, vec![2..42, 45..48]);
        assert!(Structure::Crc32Base62.confirms(&sample.text.as_bytes()[2..42]));
    }

    #[test]
    fn the_same_template_and_seed_give_the_same_text() {
        assert_eq!(expand("{base62:30}"), expand("{base62:30}"));
        assert_ne!(expand("{base62:30}").text, Sample::expand("{base62:30}", 2, None).expect("good").text);
    }

    #[test]
    fn a_broken_template_is_named() {
        let deep = format!("{}x{}", "{b64(".repeat(9), ")}".repeat(9));
        let many = "{hex:600000}".repeat(2);
        for broken in [
            "«abc",
            "abc»",
            "{checksum:none}",
            "{b64(abc",
            "{hex:1048577}",
            "{of(ab):1..99999999}",
            "{of():5}",
            &deep,
            &many,
        ] {
            assert!(Sample::expand(broken, 1, None).is_err(), "{broken}");
        }
    }
}
