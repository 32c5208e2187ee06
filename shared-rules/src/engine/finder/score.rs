//! Judges a value of no known form by its name, its letters and its place. Every step is a reason not to believe.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};

use crate::context::{FileKind, Words, entropy, is_placeholder, least_entropy};
use crate::rule::Confidence;

/// Shortest value that is worth protecting, in bytes.
pub(super) const SHORTEST: usize = 6;

/// What the name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Kind {
    Password,
    Secret,
    /// A mere `key`, which most often is one of a table.
    Key,
}

/// A value and what is known of its place.
pub(super) struct Candidate<'a> {
    pub(super) kind: Kind,
    pub(super) value: &'a [u8],
    pub(super) quoted: bool,
    /// The value is an argument of a function.
    pub(super) called: bool,
    /// Only a blank stands between name and value.
    pub(super) blank: bool,
    /// The byte behind the value.
    pub(super) next: Option<u8>,
    pub(super) place: FileKind,
}

static PASSWORD_NAMES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("words/password-names.txt").split_ascii_whitespace().collect());

static SECRET_NAMES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("words/secret-names.txt").split_ascii_whitespace().collect());

static KEY_NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| vec!["key", "auth", "clave", "chave"]);

/// Words that say a name is about a credential and holds none: anywhere in it, or behind the telling word (`token_url`,
/// while `url_token` holds one).
static NOT_A_VALUE: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("words/not-before.txt").split_ascii_whitespace().collect());
static NOT_BEHIND: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("words/not-after.txt").split_ascii_whitespace().collect());

/// Names in scripts other than Latin, which have no letters to compare without case.
const FOREIGN_PASSWORDS: &[&str] =
    &["密码", "密碼", "口令", "パスワード", "비밀번호", "암호", "пароль", "Пароль", "ПАРОЛЬ"];
const FOREIGN_SECRETS: &[&str] =
    &["密钥", "密鑰", "令牌", "トークン", "シークレット", "秘密鍵", "토큰", "секрет", "токен", "ключ"];

/// Values that everybody writes where a password would stand, and words such values are put together from.
static DUMMIES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("words/dummies.txt").split_ascii_whitespace().collect());

/// The commonest letter pairs of English and of identifiers; three pairs in five of a word are among them, one in seven of random letters.
const PAIRS: &[u8] = b"thheanineroreratonndentiesstarenateditiseeteaolesrouengnghingriolissiotmaalcolaseaheveclecomemilpeopprtrtaccclctdedidodiecelemensetfrgegehahifiicidifilinirivkelilllolyminenionooouowpapluprerirosesishsosptetutyunururveveadaiamapassbabebucacechckcrcudgdsefeiexexfofgofogoholsmombsnnantoiokonootoroutpaphpoqurdrlrmrnrsruscsksltatcthtlultumupusutvivowawewhwiwowsxtyiys";

/// What the name promises, if anything.
///
/// `held` says that the name is a whole text before something like `value`, in which only the words that promise count.
pub(in crate::engine) fn kind(name: &[u8], words: &Words, held: bool) -> Option<Kind> {
    static LISTS: LazyLock<NameLists> = LazyLock::new(NameLists::new);
    if let Some(kind) = LISTS.kind(words, held) {
        return Some(kind);
    }
    if name.is_ascii() {
        return None;
    }
    let holds = |list: &[&str]| list.iter().any(|word| memchr::memmem::find(name, word.as_bytes()).is_some());
    if holds(FOREIGN_PASSWORDS) {
        return Some(Kind::Password);
    }
    holds(FOREIGN_SECRETS).then_some(Kind::Secret)
}

/// What a word in a name says.
#[derive(Clone, Copy)]
enum Says {
    Holds(Kind),
    HoldsNone,
    /// The same, if it stands behind the word that promises a credential.
    HoldsNoneBehind,
}

fn stronger(one: Kind, other: Kind) -> Kind {
    match (one, other) {
        (Kind::Password, _) | (_, Kind::Password) => Kind::Password,
        (Kind::Secret, _) | (_, Kind::Secret) => Kind::Secret,
        _ => Kind::Key,
    }
}

/// All lists of names in one automaton: this runs at every assigned value.
struct NameLists {
    automaton: AhoCorasick,
    says: Vec<Says>,
}

impl NameLists {
    fn new() -> Self {
        let lists = [
            (&PASSWORD_NAMES, Says::Holds(Kind::Password)),
            (&SECRET_NAMES, Says::Holds(Kind::Secret)),
            (&KEY_NAMES, Says::Holds(Kind::Key)),
            (&NOT_A_VALUE, Says::HoldsNone),
            (&NOT_BEHIND, Says::HoldsNoneBehind),
        ];
        let words = lists.iter().flat_map(|(list, says)| list.iter().map(|&word| (word, *says)));
        let (patterns, says): (Vec<&str>, Vec<Says>) = words.unzip();
        let automaton = AhoCorasickBuilder::new()
            .kind(Some(AhoCorasickKind::DFA))
            .prefilter(false)
            .build(&patterns)
            .expect("some hundred short words");
        NameLists { automaton, says }
    }

    fn kind(&self, name: &Words, held: bool) -> Option<Kind> {
        let mut best = None;
        let mut told_from = usize::MAX;
        let mut denied_from = 0;
        for found in
            self.automaton.find_overlapping_iter(name.as_bytes()).filter(|found| name.holds(found.start(), found.len()))
        {
            match self.says[found.pattern().as_usize()] {
                Says::HoldsNone => return None,
                Says::HoldsNoneBehind => denied_from = denied_from.max(found.start()),
                Says::Holds(kind) => {
                    told_from = told_from.min(found.start());
                    best = Some(best.map_or(kind, |best| stronger(best, kind)));
                }
            }
        }
        if held { best.filter(|kind| *kind != Kind::Key) } else { best.filter(|_| denied_from <= told_from) }
    }
}

/// How far the value is believed; `None` if it is no credential or stands for one.
pub(super) fn judge(candidate: &Candidate<'_>) -> Option<Confidence> {
    let value = candidate.value;
    if value.len() < SHORTEST || !value.is_ascii() || stands_for_a_password(value) || is_reference(candidate) {
        return None;
    }
    if value.iter().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control()) || is_code(candidate) {
        return None;
    }
    let random = is_random(value);
    let enough = match candidate.kind {
        Kind::Password => true,
        Kind::Secret => random && value.len() >= 12,
        Kind::Key => random && value.len() >= 24 && is_mixed(value) && !candidate.place.test,
    };
    if !enough {
        return None;
    }
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    if letters == 0 || (digits == 0 && !random && (!candidate.quoted || letters + separators(value) == value.len())) {
        return None;
    }
    if !random && (candidate.place.test || names_itself(value)) {
        return None;
    }
    let chosen = candidate.kind == Kind::Password && (candidate.quoted || digits >= 2 && value.len() >= 8);
    if candidate.blank && !random && !chosen {
        return None;
    }
    // A password in hexadecimal of a digest's length is most often one.
    let digest = candidate.kind == Kind::Password
        && matches!(value.len(), 32 | 40 | 64 | 96 | 128)
        && value.iter().all(u8::is_ascii_hexdigit);
    let sure = random && !candidate.called && candidate.kind != Kind::Key && !digest;
    Some(if sure { Confidence::Medium } else { Confidence::Low })
}

/// Whether the value has capitals, small letters and digits, as keys have and digests in hexadecimal do not.
fn is_mixed(value: &[u8]) -> bool {
    [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit].iter().all(|kind| value.iter().any(kind))
}

/// Whether a value that a person wrote holds a word for what it is: `new-password-form`, `resetToken2`.
fn names_itself(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    [&b"password"[..], b"passwd", b"passwort", b"secret", b"token", b"apikey", b"credential", b"username"]
        .iter()
        .any(|word| memchr::memmem::find(&lower, word).is_some())
}

/// Whether the value is a word, mask or placeholder that people write instead of a password.
pub(in crate::engine) fn stands_for_a_password(value: &[u8]) -> bool {
    if is_placeholder(value) || value.len() < 4 {
        return true;
    }
    let holds = |part: &[u8]| memchr::memmem::find(value, part).is_some();
    let wrapped = |open: u8, close: u8| value.first() == Some(&open) && value.last() == Some(&close);
    let variable = value[0] == b'$' && value[1..].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let formatted = value.starts_with(b"%s") || value.ends_with(b"%s");
    if variable || formatted || holds(b"${") || holds(b"$(") || holds(b"***") || is_protected(value) {
        return true;
    }
    if wrapped(b'{', b'}') || wrapped(b'<', b'>') || wrapped(b'%', b'%') || wrapped(b'[', b']') || wrapped(b'@', b'@') {
        return true;
    }
    let plain: Vec<u8> = value.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    let distinct = plain.iter().collect::<std::collections::BTreeSet<_>>().len();
    distinct < 4 || is_made_of_dummies(&plain)
}

/// Whether the value is encrypted, hashed or public: SOPS, ejson, dotenvx, Jasypt, AWS KMS, Fernet, Spring Cloud Config, Ansible vault, crypt(3), PHC strings,
/// data URIs, resource names, publishable keys, PostgreSQL's and MySQL's hashes,
/// Ethereum and Tron addresses.
fn is_protected(value: &[u8]) -> bool {
    const OPENINGS: &[&[u8]] = &[
        b"ENC[",
        b"ENC(",
        b"EJ[",
        b"encrypted:",
        b"enc:",
        b"{cipher}",
        b"!vault",
        b"$ANSIBLE_VAULT",
        b"vault:v",
        b"data:",
        b"arn:",
        b"urn:",
        b"pbkdf2",
        b"{bcrypt}",
        b"{SSHA",
        b"sha256$",
        b"sha512$",
        b"scram-sha",
        b"SCRAM-SHA",
        b"pk.",
        b"pk_",
        b"pub",
        b"otpauth:",
        b"fernet:",
        b"$P$",
        b"$H$",
        b"gAAAAAB",
        b"AQECAH",
        b"AQICAH",
    ];
    let crypt = value[0] == b'$' && value[1..].iter().filter(|&&byte| byte == b'$').count() >= 2;
    let address = value.len() == 42 && value.starts_with(b"0x") && value[2..].iter().all(u8::is_ascii_hexdigit);
    let character_class =
        [&b"A-Z"[..], b"a-z", b"0-9", b"\\w", b"\\d"].iter().any(|part| memchr::memmem::find(value, part).is_some());
    let hash = value.len() == 35 && value.starts_with(b"md5") || value.len() == 41 && value[0] == b'*';
    let hash = hash && value[value.len() - 32..].iter().all(u8::is_ascii_hexdigit);
    let coin = value.len() == 34 && value[0] == b'T' && value.iter().all(u8::is_ascii_alphanumeric);
    crypt || address || hash || coin || character_class || OPENINGS.iter().any(|opening| value.starts_with(opening))
}

/// Whether `plain` splits into dummy words and numbers without remainder.
fn is_made_of_dummies(plain: &[u8]) -> bool {
    let mut reachable = vec![false; plain.len() + 1];
    reachable[0] = true;
    for at in 0..plain.len() {
        if !reachable[at] {
            continue;
        }
        let rest = &plain[at..];
        if rest[0].is_ascii_digit() {
            reachable[at + 1] = true;
        }
        for word in DUMMIES.iter() {
            if rest.starts_with(word.as_bytes()) {
                reachable[at + word.len()] = true;
            }
        }
    }
    reachable[plain.len()] && plain.iter().any(u8::is_ascii_alphabetic)
}

/// Whether the value looks drawn from a generator rather than written by a person.
pub(in crate::engine) fn is_random(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    if value.len() < 8 || letters == 0 || entropy(value) < least_entropy(value) {
        return false;
    }
    // Hexadecimal letters make common pairs by chance; that many digits do not stand in words.
    if value.len() >= 16 && digits * 4 >= value.len() && letters * 8 >= value.len() {
        return true;
    }
    let natural = naturalness(value);
    if digits == 0 { value.len() >= 12 && natural < 0.3 } else { natural < 0.5 }
}

/// Share of neighbouring letters that are a common pair.
fn naturalness(value: &[u8]) -> f32 {
    let pairs: Vec<&[u8]> = value.windows(2).filter(|pair| pair.iter().all(u8::is_ascii_alphabetic)).collect();
    if pairs.len() < 4 {
        return 0.0;
    }
    let common = pairs.iter().filter(|pair| {
        let lower = [pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase()];
        // A capital behind a small letter begins a word; such a pair says nothing for nature.
        let joint = pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
        !joint && PAIRS.chunks_exact(2).any(|known| known == lower)
    });
    common.count() as f32 / pairs.len() as f32
}

fn separators(value: &[u8]) -> usize {
    value.iter().filter(|byte| matches!(byte, b'_' | b'-' | b'.' | b'/' | b':' | b' ')).count()
}

/// A path, a URL, a call, a lookup: the value is elsewhere.
fn is_reference(candidate: &Candidate<'_>) -> bool {
    let value = candidate.value;
    let holds = |part: &[u8]| memchr::memmem::find(value, part).is_some();
    let ends = |part: &str| value.to_ascii_lowercase().ends_with(part.as_bytes());
    holds(b"://")
        || value.starts_with(b"/") && value[1..].contains(&b'/')
        || value.starts_with(b"./")
        || value.starts_with(b"../")
        || value.starts_with(b"~/")
        || [
            ".pem", ".json", ".yml", ".yaml", ".key", ".txt", ".crt", ".env", ".conf", ".js", ".ts", ".py", ".html",
            ".md", ".xml",
        ]
        .iter()
        .any(|part| ends(part))
        || holds(b"process.env")
        || holds(b"environ")
        || holds(b"getenv")
        || holds(b"secrets.")
        || holds(b"vars.")
        || holds(b"{{")
        || !candidate.quoted
            && (holds(b"=\"")
                || holds(b"='")
                || holds(b"(")
                || holds(b"[")
                || holds(b"::")
                || holds(b"->")
                || holds(b"{")
                || holds(b"=="))
}

/// A bare word in program text is an identifier, not a value.
fn is_code(candidate: &Candidate<'_>) -> bool {
    if candidate.quoted {
        return false;
    }
    let identifier = candidate
        .value
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b')' | b'}' | b']'));
    let digits = candidate.value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if candidate.place.source && digits < 3 {
        return true;
    }
    let called = candidate.next == Some(b'(');
    called || identifier && !candidate.place.config && !is_random(candidate.value)
}

#[cfg(test)]
mod tests {
    use super::{is_random, naturalness, stands_for_a_password};
    use crate::rule::sample::Sample;

    #[test]
    fn what_everybody_writes_stands_for_a_password() {
        for value in [
            "password",
            "Password123",
            "my-secret-token",
            "test1234",
            "super_secret_password",
            "<password>",
            "${DB_PASS}",
            "********",
            "changeme",
            "rootroot",
        ] {
            assert!(stands_for_a_password(value.as_bytes()), "{value}");
        }
        for value in ["Tr0ub4dor&3", "kX9#mQ2$vL"] {
            assert!(!stands_for_a_password(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn generated_values_are_random_and_words_are_not() {
        let random = |kind: &str| {
            let template = format!("{{{kind}}}");
            (0..500)
                .filter(|&seed| is_random(Sample::expand(&template, seed, None).expect("good").text.as_bytes()))
                .count()
        };
        for kind in ["base62:32", "hex:40", "password:14", "base64:44", "lowernum:24"] {
            assert!(random(kind) >= 470, "{kind}: {} of 500", random(kind));
        }
        for word in [
            "user_password_reset",
            "AuthenticationToken",
            "select-your-country",
            "verification2",
            "oauth2_client_credentials",
        ] {
            assert!(!is_random(word.as_bytes()), "{word} {}", naturalness(word.as_bytes()));
        }
    }
}
