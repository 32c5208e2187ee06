//! PEM blocks, RFC 7468, in every way people paste them: escaped line ends, indentation, comment marks, string concatenation.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::der;
use crate::context::entropy;
use crate::decode;
use crate::engine::Engine;
use crate::finding::{Evidence, Match};
use crate::rule::{Confidence, MAX_REACH};
use crate::secret::Secret;

/// What opens a label.
const WORD: &[u8] = b"BEGIN ";

/// What ends a label, and what opens the block's last line.
const DASHES: &[u8] = b"----";
const CLOSINGS: &[&[u8]] = &[b"-----END ", b"---- END "];

/// Longest label looked at, in bytes.
const LONGEST_LABEL: usize = 40;

/// Least base64 characters of key material: an Ed25519 key in PKCS#8 has 64, its seed alone 44.
const LEAST_MATERIAL: usize = 40;

/// Least entropy of key material in bits per character: of base64, and of the hexadecimal of OpenVPN's static keys.
const LEAST_ENTROPY: f32 = 4.0;
const LEAST_ENTROPY_OF_HEX: f32 = 3.5;

/// The block whose `BEGIN` stands at `at`, if its label is one of a rule's and it holds key material.
pub(in crate::engine) fn find(engine: &Engine, bytes: &[u8], at: usize) -> Option<Match> {
    // RFC 7468 has five dashes, RFC 4716 and ssh.com's tools four and a blank.
    let before = &bytes[..at];
    let begin =
        [&b"-----"[..], b"---- "].iter().find(|dashes| before.ends_with(dashes)).map(|dashes| at - dashes.len())?;
    let opening = at + WORD.len() - begin;
    let at = begin;
    let text = &bytes[at + opening..];
    let label_length = memchr::memmem::find(&text[..text.len().min(LONGEST_LABEL)], DASHES)?;
    let label = std::str::from_utf8(text[..label_length].trim_ascii_end()).ok()?;
    let rule = engine.index.label(label)?;
    let dashes = text[label_length..].iter().take_while(|&&byte| byte == b'-').count();
    let body_start = at + opening + label_length + dashes;
    let window = &bytes[body_start..bytes.len().min(body_start + MAX_REACH)];
    let (body, end) = match CLOSINGS.iter().filter_map(|closing| memchr::memmem::find(window, closing)).min() {
        Some(end) => (&window[..end], body_start + end + 9 + label_length + dashes),
        None => (window, 0),
    };
    let material = Material::of(body);
    let hex = material.base64.iter().all(u8::is_ascii_hexdigit);
    let least = if hex { LEAST_ENTROPY_OF_HEX } else { LEAST_ENTROPY };
    if material.base64.len() < LEAST_MATERIAL || entropy(&material.base64) < least {
        return None;
    }
    let end = if end == 0 { body_start + material.consumed } else { end.min(bytes.len()) };
    let checked = engine.catalogue.rule(rule);
    Some(Match {
        rule,
        span: at..end,
        secret: Secret::new(&material.base64),
        evidence: Evidence::Shape,
        confidence: material.believe(label, checked.confidence),
        checksum: None,
        expires: None,
        name: None,
        trail: Vec::new(),
        member: None,
        prefix: format!("-----BEGIN {label}-----"),
    })
}

/// Key material without armour: the canonical form, so that re-indenting or escaping a key does not make it another.
struct Material {
    base64: Vec<u8>,
    consumed: usize,
    encrypted: bool,
}

impl Material {
    fn of(body: &[u8]) -> Material {
        let mut material = Material { base64: Vec::new(), consumed: 0, encrypted: false };
        for line in lines(body) {
            if is_header(line) {
                material.encrypted |= memchr::memmem::find(line, b"ENCRYPTED").is_some();
                material.consumed = end_of(body, line);
                continue;
            }
            let Some(text) = armour(line) else { break };
            material.base64.extend_from_slice(text);
            if !text.is_empty() {
                material.consumed = end_of(body, line);
            }
        }
        material.encrypted |= is_encrypted_openssh(&material.base64);
        material
    }
}

impl Material {
    /// How far a block of this label is believed: whole key material fully, a torn piece of it less, anything else hardly.
    fn believe(&self, label: &str, confidence: Confidence) -> Confidence {
        if self.encrypted || label.contains("ENCRYPTED") {
            return confidence.min(Confidence::Medium);
        }
        let whole = |decoded: &[u8]| match label {
            "OPENSSH PRIVATE KEY" => decoded.starts_with(b"openssh-key-v1\0").then_some(true),
            "PGP PRIVATE KEY BLOCK" | "PGP SECRET KEY BLOCK" => {
                // Packet tags 5 and 7, secret key and subkey, in the old and the new form. RFC 9580, 4.2.
                matches!(decoded.first(), Some(0x94..=0x97 | 0x9c..=0x9f | 0xc5 | 0xc7)).then_some(true)
            }
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "DSA PRIVATE KEY" => der::is_private_key(decoded),
            _ => Some(true),
        };
        // The last group may be torn; what comes before it decodes all the same.
        // OpenPGP closes with a checksum of its own: `=` and four characters. RFC 9580, 6.1.
        let sum = self.base64.len().checked_sub(5).filter(|&at| label.starts_with("PGP") && self.base64[at] == b'=');
        let material = &self.base64[..sum.unwrap_or(self.base64.len())];
        let groups = &material[..material.len() / 4 * 4];
        match decode::base64(groups).or_else(|| decode::base64(material)).as_deref().map(whole) {
            Some(Some(true)) => confidence,
            Some(Some(false)) => confidence.min(Confidence::Medium),
            _ => Confidence::Low,
        }
    }
}

fn end_of(body: &[u8], line: &[u8]) -> usize {
    line.as_ptr() as usize - body.as_ptr() as usize + line.len()
}

/// Lines as written or as escaped: `\n`, `\r\n`, `\\n`, and a blank where a shell joined them.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let cut = rest.iter().position(|&byte| byte == b'\n' || byte == b'\\').unwrap_or(rest.len());
        let line = &rest[..cut];
        let mut next = cut;
        while rest.get(next) == Some(&b'\\') {
            next += 1;
        }
        // After backslashes comes the letter of the escape; after none, the line end itself.
        if next > cut && matches!(rest.get(next), Some(b'n' | b'r' | b't')) || next == cut {
            next += 1;
        }
        rest = rest.get(next..).unwrap_or_default();
        Some(line)
    })
}

/// `Proc-Type: 4,ENCRYPTED` and its kind, RFC 1421.
fn is_header(line: &[u8]) -> bool {
    // In program text a header is a string of its own.
    let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'+')).unwrap_or(line.len());
    let line = &line[start..];
    let colon = memchr::memmem::find(line, b": ");
    colon.is_some_and(|at| line[..at].trim_ascii().iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-'))
}

/// The base64 of one line without what source code puts around it; `None` if the line is something else.
fn armour(line: &[u8]) -> Option<&[u8]> {
    let around = |byte: &u8| {
        matches!(
            byte,
            b' ' | b'\t'
                | b'\r'
                | b'"'
                | b'\''
                | b'`'
                | b','
                | b';'
                | b'.'
                | b'('
                | b')'
                | b'#'
                | b'*'
                | b'>'
                | b'|'
                | b'&'
                | b'-'
                | b':'
        )
    };
    let mut text = line;
    while let Some((last, rest)) = text.split_last() {
        // Java and JavaScript join lines with `+`, which base64 has too: it is a joint if a quote stands before it.
        let joint =
            *last == b'+' && rest.trim_ascii_end().last().is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        if !around(last) && !joint {
            break;
        }
        text = rest;
    }
    let start = text.iter().position(|byte| !around(byte)).unwrap_or(text.len());
    let text = &text[start..];
    // `+ "MIIE…"` opens a line in some styles.
    let text = text.strip_prefix(b"+ \"").or(text.strip_prefix(b"+ '")).unwrap_or(text);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    (text.iter().all(plain) || text.iter().all(|byte| plain(byte) || *byte == b' ')).then_some(text)
}

/// An OpenSSH key names its cipher right after the magic; `none` means open.
/// <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key>
fn is_encrypted_openssh(base64: &[u8]) -> bool {
    let Some(head) = base64.get(..36).and_then(|head| STANDARD.decode(head).ok()) else { return false };
    head.strip_prefix(b"openssh-key-v1\0").is_some_and(|rest| rest.get(4..8) != Some(b"none"))
}

#[cfg(test)]
mod tests {
    use super::Material;

    #[test]
    fn key_material_is_the_same_however_it_is_pasted() {
        let forms: &[&[u8]] = &[
            b"\nMIIEabc+\nde/f==\n",
            b"\\nMIIEabc+\\nde/f==\\n",
            b"\\\\nMIIEabc+\\\\nde/f==",
            b"\r\n   MIIEabc+\r\n   de/f==\r\n",
            b"\n# MIIEabc+\n# de/f==\n",
            b"\\n\" +\n  \"MIIEabc+\\n\" +\n  \"de/f==\\n\"",
            b"\n\"MIIEabc+\"\n\"de/f==\"",
            b"\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIEabc+\nde/f==\n",
        ];
        for form in forms {
            assert_eq!(Material::of(form).base64, b"MIIEabc+de/f==", "{}", String::from_utf8_lossy(form));
        }
    }

    #[test]
    fn material_ends_where_something_else_begins() {
        assert_eq!(Material::of(b"\nMIIE\n<paste here>\nabcd").base64, b"MIIE");
        assert!(Material::of(b"\nProc-Type: 4,ENCRYPTED\n\nMIIE").encrypted);
    }
}
