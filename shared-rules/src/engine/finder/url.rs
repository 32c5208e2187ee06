//! URLs: those whose host belongs to a rule, and those that carry a password. RFC 3986.

use std::ops::Range;

use super::score;
use crate::engine::{Engine, Input, confirm};
use crate::finding::Match;
use crate::rule::Confidence;

pub(in crate::engine) const MARK: &str = "://";

/// Longest scheme and longest authority looked at, in bytes.
const LONGEST_SCHEME: usize = 24;
const LONGEST_AUTHORITY: usize = 512;

/// Adds what the URL around the mark at `at` leads to.
pub(in crate::engine) fn find(engine: &Engine, input: &Input<'_>, at: usize, found: &mut Vec<Match>) {
    let bytes = input.bytes;
    let Some(url) = Url::around(bytes, at) else { return };
    let host = url.host(bytes);
    for rule in engine.index.hosts(&host) {
        found.extend(confirm::at(engine, input, rule, url.scheme.start, None));
    }
    let Some(password) = url.password.clone() else { return };
    let scheme = String::from_utf8_lossy(&bytes[url.scheme.clone()]).to_ascii_lowercase();
    let base = scheme.split('+').next().unwrap_or_default();
    let Some(rule) = engine.index.scheme(&scheme).or_else(|| engine.index.scheme(base)) else { return };
    let Some(confidence) = believe(engine.catalogue.rule(rule).confidence, bytes, &url, &host) else { return };
    found.push(Match::of(rule, password.clone(), &bytes[password], confidence));
}

/// How far a password in a URL is believed: not at all if it is one that everybody writes.
fn believe(confidence: Confidence, bytes: &[u8], url: &Url, host: &str) -> Option<Confidence> {
    let password = &bytes[url.password.clone()?];
    let user = &bytes[url.user.clone()];
    if password.eq_ignore_ascii_case(user) || score::stands_for_a_password(password) {
        return None;
    }
    let documented = host.ends_with("example.com")
        || host.ends_with("example.org")
        || host.ends_with(".example")
        || host == "host"
        || host == "hostname";
    if documented && !score::is_random(password) {
        return None;
    }
    let local =
        matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "db" | "database" | "host.docker.internal" | "[::1]");
    if (local || documented) && !score::is_random(password) {
        return Some(Confidence::Low);
    }
    Some(confidence)
}

/// The parts of one URL.
struct Url {
    scheme: Range<usize>,
    user: Range<usize>,
    password: Option<Range<usize>>,
    host: Range<usize>,
}

impl Url {
    fn around(bytes: &[u8], at: usize) -> Option<Url> {
        let floor = at.saturating_sub(LONGEST_SCHEME);
        let scheme_byte = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let mut start =
            bytes[floor..at].iter().rposition(|byte| !scheme_byte(byte)).map_or(floor, |index| floor + index + 1);
        // An escape such as `\n` right before the scheme is not part of it.
        if start > 0 && bytes[start - 1] == b'\\' {
            start += 1;
        }
        if start >= at {
            return None;
        }
        let authority = at + MARK.len();
        let window = &bytes[authority..bytes.len().min(authority + LONGEST_AUTHORITY)];
        let ends = |byte: &u8| {
            byte.is_ascii_whitespace()
                || byte.is_ascii_control()
                || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')
        };
        let line = &window[..window.iter().position(ends).unwrap_or(window.len())];
        let plain = line.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(line.len());
        let sign = line[..plain].iter().rposition(|&byte| byte == b'@').or_else(|| late_sign(line, plain));
        let host_start = sign.map_or(0, |sign| sign + 1);
        let host_length = line[host_start..]
            .iter()
            .position(|byte| matches!(byte, b'/' | b'?' | b'#' | b':' | b',' | b')' | b'}' | b'|' | b';'))
            .unwrap_or(line.len() - host_start);
        let user_info = sign.map_or(&line[..0], |sign| &line[..sign]);
        let colon = user_info.iter().position(|&byte| byte == b':');
        let password = colon.map(|colon| authority + colon + 1..authority + user_info.len());
        Some(Url {
            scheme: start..at,
            user: authority..authority + colon.unwrap_or(user_info.len()),
            password: password.filter(|password| !password.is_empty()),
            host: authority + host_start..authority + host_start + host_length,
        })
    }

    fn host(&self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(&bytes[self.host.clone()]).to_ascii_lowercase()
    }
}

/// The `@` behind a password with an unescaped `/`, `?` or `#`, which parsers refuse and people write:
/// only if a colon comes first and no port can be meant.
fn late_sign(line: &[u8], plain: usize) -> Option<usize> {
    let colon = line[..plain].iter().position(|&byte| byte == b':')?;
    let after_colon = &line[colon + 1..plain];
    if after_colon.is_empty() || after_colon.iter().all(u8::is_ascii_digit) {
        return None;
    }
    line.iter().rposition(|&byte| byte == b'@').filter(|&sign| sign > plain)
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn the_parts_of_a_url() {
        let cases = [
            ("postgres://u:p%40ss@db.internal:5432/x", "u", Some("p%40ss"), "db.internal"),
            ("redis://:pass@cache", "", Some("pass"), "cache"),
            ("https://token@host/path", "token", None, "host"),
            ("https://host:8080/a@b", "", None, "host"),
            ("mongodb://u:pa/ss@h1,h2", "u", Some("pa/ss"), "h1"),
            ("amqp://u:p@ss@h", "u", Some("p@ss"), "h"),
            ("https://host/?q=a:b@c", "", None, "host"),
        ];
        for (text, user, password, host) in cases {
            let bytes = text.as_bytes();
            let url = Url::around(bytes, text.find("://").expect("a mark")).expect("a URL");
            assert_eq!(&text[url.user.clone()], user, "{text}");
            assert_eq!(url.password.clone().map(|range| &text[range]), password, "{text}");
            assert_eq!(url.host(bytes), host, "{text}");
        }
    }
}
