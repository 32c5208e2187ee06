//! Private JSON Web Keys, RFC 7517 and 7518: an object with `kty` and the private member `d`, or `k` for a symmetric key.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::context::{entropy, is_placeholder};
use crate::engine::Engine;
use crate::finding::Match;
use crate::rule::Finder;

/// Bytes before and after `kty` in which the object's other members count: a 4096-bit RSA key has 3,200.
const REACH: usize = 6000;

static PRIVATE: LazyLock<Regex> = LazyLock::new(|| member("d"));
static SYMMETRIC: LazyLock<Regex> = LazyLock::new(|| member("k"));

/// A member of this name, its value of at least 128 bits in base64url; quoted, escaped or bare as JavaScript and YAML have it.
fn member(name: &str) -> Regex {
    let pattern = format!(r#"(?-u)[{{,\s"'\\]{name}\\?["']?\s*[:=]\s*\\?["']?([A-Za-z0-9_-]{{22,1400}})"#);
    Regex::new(&pattern).expect("a pattern of our own")
}

/// The private part of the key whose `kty` stands at `at`.
pub(in crate::engine) fn find(engine: &Engine, bytes: &[u8], at: usize) -> Option<Match> {
    let rule = engine.index.finders(Finder::Jwk).next()?;
    let object = object(bytes, at);
    let text = &bytes[object.clone()];
    let symmetric = memchr::memmem::find(&bytes[at..bytes.len().min(at + 12)], b"oct").is_some();
    let pattern = if symmetric { &SYMMETRIC } else { &PRIVATE };
    let value = pattern.captures(text)?.get(1)?;
    if is_placeholder(value.as_bytes()) || entropy(value.as_bytes()) < 3.5 {
        return None;
    }
    let span = object.start + value.start()..object.start + value.end();
    Some(Match::of(rule, span, value.as_bytes(), engine.catalogue.rule(rule).confidence))
}

/// The innermost braces around `at`, as far as they are near.
fn object(bytes: &[u8], at: usize) -> Range<usize> {
    let floor = at.saturating_sub(REACH);
    let ceiling = bytes.len().min(at + REACH);
    let start = bytes[floor..at].iter().rposition(|&byte| byte == b'{').map_or(floor, |index| floor + index);
    let end = bytes[at..ceiling].iter().position(|&byte| byte == b'}').map_or(ceiling, |index| at + index);
    start..end
}
