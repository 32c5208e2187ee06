//! What a `git push` came to.

use crate::program::Run;

/// The outcome of a push, and what git printed.
#[derive(Clone, Debug)]
pub struct Push {
    /// Whether git says that every ref was updated.
    pub accepted: bool,
    /// All of git's output, the hook's message with `remote: ` before each line.
    pub text: String,
}

impl Push {
    pub(crate) fn of(run: &Run) -> Push {
        Push { accepted: run.code == 0, text: format!("{}{}", run.out, run.err) }
    }

    /// The hook's message without git's `remote: `.
    pub fn message(&self) -> String {
        self.text
            .lines()
            .filter_map(|line| line.strip_prefix("remote: "))
            .map(|line| format!("{}\n", line.trim_end()))
            .collect()
    }

    /// Asserts that the hook's message holds `text`, wherever its lines break.
    #[track_caller]
    pub fn words(&self, text: &str) -> &Push {
        let words = self.message().split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(text), "{text:?} is not in\n{}", self.text);
        self
    }

    /// The first code in the message, `KW-` and eight characters.
    #[track_caller]
    pub fn code(&self) -> &str {
        let code = self.text.find("KW-").and_then(|at| self.text.get(at..at + 11));
        code.unwrap_or_else(|| panic!("no code in\n{}", self.text))
    }

    /// Asserts that git's output holds `text`.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Push {
        assert!(self.text.contains(text), "{text:?} is not in\n{}", self.text);
        self
    }

    /// Asserts that git's output does not hold `text`.
    #[track_caller]
    pub fn says_nothing_of(&self, text: &str) -> &Push {
        assert!(!self.text.contains(text), "{text:?} is in\n{}", self.text);
        self
    }
}
