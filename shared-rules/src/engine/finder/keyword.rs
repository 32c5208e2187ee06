//! Whether the name of an assigned value says what a keyword rule looks for.

use crate::context::Words;

/// Names that mark an assigned value as a credential when the keyword stands before the name and the rule gives none of its own.
pub(in crate::engine) const DEFAULT_NAMES: &[&str] = &[
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "pass",
    "auth",
    "authorization",
    "credential",
    "credentials",
    "bearer",
    "apikey",
];

/// `keywords` are known to stand before the value; `name` is the assigned name.
pub(in crate::engine) fn names_it(keywords: &[String], names: &[String], name: &Words) -> bool {
    if names.is_empty() {
        keywords.iter().any(|word| name.contains(word.as_bytes()))
            || DEFAULT_NAMES.iter().any(|word| name.contains(word.as_bytes()))
    } else {
        names.iter().any(|word| name.contains(word.as_bytes()))
    }
}
