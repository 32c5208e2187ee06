//! A regular expression of an imported rule, compiled on its first use: a hook starts anew for every push.

use std::sync::{Arc, OnceLock};

use regex::bytes::{Regex, RegexBuilder};

use crate::rule::pattern::COMPILED_LIMIT;

/// An expression in the syntax of the `regex` crate, on bytes. One that does not compile matches nothing; `check` tells beforehand.
#[derive(Clone)]
pub struct Expression {
    source: String,
    compiled: Arc<OnceLock<Option<Regex>>>,
}

impl Expression {
    /// Takes the source; nothing is compiled yet.
    pub fn new(source: String) -> Self {
        Expression { source, compiled: Arc::default() }
    }

    /// Compiles now.
    ///
    /// # Errors
    /// The regex engine's own description, in one line.
    pub fn check(&self) -> Result<(), String> {
        let regex = compile(&self.source).map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => {
                format!("compiled it is larger than {} MiB; shorten its repetitions", limit >> 20)
            }
            other => other.to_string().lines().last().unwrap_or_default().to_owned(),
        })?;
        let _ = self.compiled.set(Some(regex));
        Ok(())
    }

    /// The compiled form, if it has one.
    pub(crate) fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.source).ok()).as_ref()
    }

    /// Whether it matches anywhere in `text`.
    pub fn matches(&self, text: &[u8]) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }
}

fn compile(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).unicode(false).size_limit(COMPILED_LIMIT).build()
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Expression({})", self.source)
    }
}
