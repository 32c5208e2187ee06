//! From a match to a finding: placed, fingerprinted, and without the credential. After this step nothing can leak it.

use crate::finding::{Finding, Lines, Match, mark};
use crate::fingerprint::FingerprintKey;
use crate::rule::{Catalogue, Class, Finder, Rule, Shape};
use crate::structure::JwtClaims;

/// What a finding needs beside its match.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The scanned bytes.
    pub text: &'a [u8],
    /// Their lines.
    pub lines: &'a Lines<'a>,
    /// Path from the scanned root, as it is in the repository.
    pub path: &'a [u8],
    /// Stable name of the repository; guessable credentials are fingerprinted for it alone.
    pub repository: &'a str,
}

/// Places and redacts a match.
pub fn redact(catalogue: &Catalogue, key: &FingerprintKey, found: &Match, origin: &Origin<'_>) -> Finding {
    let rule = catalogue.rule(found.rule);
    let fingerprint = key.fingerprint(&found.secret, rule.class, origin.repository);
    Finding {
        code: fingerprint.code(),
        fingerprint,
        rule: rule.id.clone(),
        name: rule.name.clone(),
        provider: catalogue.provider(rule).id.clone(),
        class: rule.class,
        severity: rule.severity,
        confidence: found.confidence,
        evidence: found.evidence,
        reason: reason(rule, found, &catalogue.provider(rule).name),
        expires: found.expires,
        path: printable(origin.path),
        member: found.member.as_ref().map(|member| member.path.clone()).unwrap_or_default(),
        location: found.member.as_ref().map_or_else(|| origin.lines.location(&found.span), |member| member.location),
        preview: preview(rule, found),
        mark: mark(origin.text, &found.span),
    }
}

/// Why it is believed, as the tail of a sentence a developer reads.
fn reason(rule: &Rule, found: &Match, provider: &str) -> String {
    let mut reason = match (&rule.shape, found.checksum) {
        (_, Some(true)) => format!("{provider}'s checksum is correct"),
        (_, Some(false)) => format!("{provider}'s checksum is wrong: a sample or a typo?"),
        (Shape::Prefix(_), None) => format!("prefix and length are {provider}'s"),
        (Shape::Host(_), None) => format!("the address is {provider}'s and holds the secret"),
        (Shape::Label(_), None) => "a whole key block".to_owned(),
        (Shape::Scheme(_), None) => "a password stands in the address".to_owned(),
        (Shape::Keyword { .. }, None) => format!("the name says {provider}, the form fits"),
        (Shape::Infix(_), None) => format!("the form is {provider}'s"),
        (Shape::File(_), None) => "the file is one for credentials".to_owned(),
        (Shape::Finder(Finder::Jwk | Finder::PrivateKeyDer | Finder::Pkcs12 | Finder::JavaKeystore), None) => {
            "a whole private key or key store".to_owned()
        }
        (Shape::Finder(Finder::Mnemonic), None) => "the name says wallet, the words are of its list".to_owned(),
        (Shape::Finder(Finder::Assignment), None) => "the name says secret, the value looks it".to_owned(),
        (Shape::Search { .. }, None) => "a rule of this organization's own matches".to_owned(),
    };
    if rule.structure.is_some_and(|structure| structure.as_str() == "jwt")
        && let Some(claims) = JwtClaims::decode(found.secret.expose())
    {
        reason = format!("it decodes, signed with {}", printable(claims.algorithm.as_bytes()));
    }
    if found.evidence.as_str() == "paired" {
        reason.push_str(", its other half is beside it");
    }
    if !found.trail.is_empty() {
        reason.push_str(&format!(", inside {}", found.trail.join(" in ")));
    }
    reason
}

/// `NAME=prefix[50 more characters]`.
fn preview(rule: &Rule, found: &Match) -> String {
    let hidden = found.secret.len().saturating_sub(found.prefix.len());
    let secret = match rule.shape {
        Shape::Label(_) => format!("{}[key material]", found.prefix),
        // The length of a password is part of it.
        _ if rule.class == Class::Password || rule.class == Class::ConnectionString => "[hidden]".to_owned(),
        _ if found.prefix.is_empty() => format!("[{hidden} characters]"),
        _ => format!("{}[{hidden} more characters]", found.prefix),
    };
    match &found.name {
        Some(name) => format!("{name}={secret}"),
        None => secret,
    }
}

/// Text from strangers made safe to print on a terminal and in a log: control and invisible characters escaped, bounded.
pub fn printable(text: &[u8]) -> String {
    const LONGEST: usize = 400;
    let mut safe = String::new();
    for chunk in text.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter.is_control() || is_invisible(letter) {
                safe.extend(letter.escape_unicode());
            } else {
                safe.push(letter);
            }
        }
        safe.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    if safe.chars().count() > LONGEST {
        safe = safe.chars().take(LONGEST).chain("...".chars()).collect();
    }
    safe
}

/// Characters that change how others are read: bidirectional controls, zero-width and tag characters, line separators.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Lines, Origin, printable, redact};
    use crate::engine::Input;
    use crate::fingerprint::FingerprintKey;
    use crate::rule::sample::Sample;

    #[test]
    fn names_from_strangers_cannot_steer_a_terminal() {
        assert_eq!(printable("a\x1b[31mb\u{202e}c".as_bytes()), "a\\u{1b}[31mb\\u{202e}c");
        assert_eq!(printable(b"a\xffb\tc"), "a\\xffb\\u{9}c");
        assert_eq!(printable("zwölf/名前.env".as_bytes()), "zwölf/名前.env");
    }

    /// Every rule's samples, redacted: no run of the secret's own characters is left in anything that is shown.
    #[test]
    fn no_finding_shows_more_than_the_fixed_prefix() {
        let engine = crate::engine::tests::ENGINE.clone();
        let key = FingerprintKey::new([1; 32]);
        let mut seen = 0;
        for rule in engine.catalogue().rules() {
            for template in &rule.samples.matches {
                let sample = Sample::expand(template, 5, rule.structure).expect("proven elsewhere");
                let text = sample.text.as_bytes();
                for found in engine.scan(&Input::whole(text, "")) {
                    let finding = redact(
                        engine.catalogue(),
                        &key,
                        &found,
                        &Origin { text, lines: &Lines::of(text), path: b"", repository: "" },
                    );
                    // A fingerprint has sixty hexadecimal digits of its own, which meet a value's by chance.
                    let shown = serde_json::to_string(&finding).expect("plain data");
                    let shown = shown.replace(&finding.fingerprint.to_string(), "");
                    let secret = &found.secret.expose()[found.prefix.len().min(found.secret.len())..];
                    for window in secret.windows(6).take(400) {
                        let window = String::from_utf8_lossy(window);
                        // The rule's own words, such as a label or a name, may recur by chance in short values.
                        if shown.contains(&*window) && !found.prefix.contains(&*window) && !rule_says(&finding, &window)
                        {
                            panic!("{}: part of the secret is shown: {}", rule.id, finding.preview);
                        }
                    }
                    seen += 1;
                }
            }
        }
        assert!(seen > 100, "only {seen} samples were seen");
    }

    fn rule_says(finding: &crate::finding::Finding, part: &str) -> bool {
        [&finding.rule, &finding.name, &finding.provider, &finding.reason, &finding.preview]
            .iter()
            .any(|text| text.contains(part))
            && !part.bytes().any(|byte| byte.is_ascii_digit())
    }

    proptest! {
        #[test]
        fn printable_text_has_no_control_characters(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(!printable(&bytes).chars().any(char::is_control));
        }
    }
}
