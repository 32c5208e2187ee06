//! What excuses a match of an imported rule: criteria over the credential, what stands around it, and its place.

use super::Expression;
use crate::context::entropy;

/// An excuse: any of the criteria, or all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowance {
    /// Every criterion must hold; otherwise one is enough.
    pub all: bool,
    /// What is asked; without any, nothing is excused.
    pub criteria: Vec<Criterion>,
}

/// One question about a match.
#[derive(Clone, Debug, PartialEq)]
pub enum Criterion {
    /// The text holds a match of one of the expressions.
    Matches(Target, Vec<Expression>),
    /// The text holds one of the words.
    Contains(Target, Vec<String>),
    /// The text holds one of the words, which are in lower case, in any case.
    ContainsAnyCase(Target, Vec<String>),
    /// The text is one of the words, in any case.
    Is(Target, Vec<String>),
    /// The text's Shannon entropy in bits per byte is at most this.
    EntropyAtMost(Target, f64),
}

/// What a criterion looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The credential.
    Secret,
    /// The whole match.
    Match,
    /// The lines on which the match stands.
    Line,
    /// The file's path.
    Path,
    /// The commit's id.
    Commit,
}

/// A match as the criteria see it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The credential.
    pub secret: &'a [u8],
    /// The whole match.
    pub matched: &'a [u8],
    /// The lines on which it stands.
    pub line: &'a [u8],
    /// The file's path, if it is known: what is not known excuses nothing.
    pub path: Option<&'a str>,
    /// The commit's id, if it is known.
    pub commit: Option<&'a str>,
}

impl Allowance {
    /// Whether it excuses the match.
    pub fn holds(&self, subject: &Subject<'_>) -> bool {
        let mut answers = self.criteria.iter().map(|criterion| criterion.holds(subject));
        if self.all { !self.criteria.is_empty() && answers.all(|holds| holds) } else { answers.any(|holds| holds) }
    }

    /// Whether the answer may change with path or commit.
    pub fn depends_on_place(&self) -> bool {
        self.criteria.iter().any(|criterion| matches!(criterion.target(), Target::Path | Target::Commit))
    }
}

impl Criterion {
    /// The regular expressions it needs.
    pub fn expressions(&self) -> &[Expression] {
        if let Criterion::Matches(_, expressions) = self { expressions } else { &[] }
    }

    fn target(&self) -> Target {
        match self {
            Criterion::Matches(target, _)
            | Criterion::Contains(target, _)
            | Criterion::ContainsAnyCase(target, _)
            | Criterion::Is(target, _)
            | Criterion::EntropyAtMost(target, _) => *target,
        }
    }

    fn holds(&self, subject: &Subject<'_>) -> bool {
        let Some(text) = subject.text(self.target()) else { return false };
        let holds = |text: &[u8], word: &String| memchr::memmem::find(text, word.as_bytes()).is_some();
        match self {
            Criterion::Matches(_, any) => any.iter().any(|expression| expression.matches(text)),
            Criterion::Contains(_, any) => any.iter().any(|word| holds(text, word)),
            Criterion::ContainsAnyCase(_, any) => {
                let text = text.to_ascii_lowercase();
                any.iter().any(|word| holds(&text, word))
            }
            Criterion::Is(_, any) => any.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes())),
            Criterion::EntropyAtMost(_, bits) => f64::from(entropy(text)) <= *bits,
        }
    }
}

impl<'a> Subject<'a> {
    fn text(&self, target: Target) -> Option<&'a [u8]> {
        match target {
            Target::Secret => Some(self.secret),
            Target::Match => Some(self.matched),
            Target::Line => Some(self.line),
            Target::Path => self.path.map(str::as_bytes),
            Target::Commit => self.commit.map(str::as_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowance, Criterion, Expression, Subject, Target};

    const HERE: Subject<'_> = Subject {
        secret: b"Sesame-Open",
        matched: b"key = Sesame-Open",
        line: b"# sample: key = Sesame-Open",
        path: Some("docs/a.md"),
        commit: None,
    };

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn each_criterion_looks_at_its_own_text() {
        let regex = |source: &str| vec![Expression::new(source.to_owned())];
        let cases = [
            (Criterion::Matches(Target::Secret, regex("^Ses")), true),
            (Criterion::Matches(Target::Secret, regex("key")), false),
            (Criterion::Matches(Target::Match, regex("^key")), true),
            (Criterion::Matches(Target::Line, regex("sample")), true),
            (Criterion::Matches(Target::Path, regex(r"\.md$")), true),
            (Criterion::Contains(Target::Secret, words(&["sesame"])), false),
            (Criterion::ContainsAnyCase(Target::Secret, words(&["x", "sesame"])), true),
            (Criterion::Is(Target::Commit, words(&["0123"])), false),
            (Criterion::EntropyAtMost(Target::Secret, 8.0), true),
            (Criterion::EntropyAtMost(Target::Secret, 1.0), false),
        ];
        for (criterion, expected) in cases {
            let allowance = Allowance { all: true, criteria: vec![criterion] };
            assert_eq!(allowance.holds(&HERE), expected, "{allowance:?}");
        }
    }

    #[test]
    fn nothing_is_excused_by_what_is_not_known_or_not_asked() {
        let path = Criterion::Matches(Target::Path, vec![Expression::new(String::new())]);
        let secret = Criterion::Contains(Target::Secret, words(&["Sesame"]));
        let nowhere = Subject { path: None, ..HERE };
        let holds = |all, criteria: &[Criterion]| Allowance { all, criteria: criteria.to_vec() }.holds(&nowhere);
        assert!(!holds(true, &[]) && !holds(false, &[]));
        assert!(holds(false, &[path.clone(), secret.clone()]));
        assert!(!holds(true, &[path, secret]));
    }
}
