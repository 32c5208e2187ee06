//! Why a rule file is refused, and where in it.

/// Why a rule file is refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Not TOML, an unknown key, a missing key or a wrong type.
    #[error("{file}:{line}:{column}: {detail}")]
    Syntax {
        /// The file as the caller named it.
        file: String,
        /// Where it was noticed, from 1.
        line: usize,
        /// Character in the line, from 1.
        column: usize,
        /// The parser's words, with expected keys, and the line itself.
        detail: String,
    },
    /// A provider of a meaning that cannot be.
    #[error("{file}: provider `{provider}`: {problem}")]
    Provider {
        /// The file as the caller named it.
        file: String,
        /// The provider's id.
        provider: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// TOML of the right shape with a meaning that cannot be.
    #[error("{file}:{line}: rule `{rule}`: {problem}")]
    Meaning {
        /// The file as the caller named it.
        file: String,
        /// Line of the rule's `id`, from 1; 0 when the rule came from no text.
        line: usize,
        /// The rule's id.
        rule: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

/// The parser's error with its place in front, as compilers write it, and the line below.
pub(super) fn syntax(file: &str, text: &str, error: &toml::de::Error) -> RuleError {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let start = text[..at].rfind('\n').map_or(0, |index| index + 1);
    let (line, column) = (text[..start].matches('\n').count() + 1, text[start..at].chars().count() + 1);
    let shown = text[start..].lines().next().unwrap_or_default();
    let detail = format!("{}\n  {line} | {shown}", error.message().trim_end().replace('\n', ", "));
    RuleError::Syntax { file: file.to_owned(), line, column, detail }
}

/// The lines of the rules' `id`s in the order of the rules, from 1.
pub(super) fn rule_lines(text: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        open |= line.starts_with("[[rule]]");
        if open && line.strip_prefix("id").is_some_and(|rest| rest.trim_start().starts_with('=')) {
            lines.push(index + 1);
            open = false;
        }
    }
    lines
}

/// The line of the rule at `index` of its file; 0 where the file is laid out in a way that does not tell.
pub(super) fn line_of(lines: &[usize], index: usize) -> usize {
    lines.get(index).copied().unwrap_or(0)
}
