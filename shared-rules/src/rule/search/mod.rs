//! A rule brought from another scanner: an expression searched in the text around keywords instead of tried at an anchor,
//! and what excuses a match of it.

mod allowance;
mod expression;

pub use allowance::{Allowance, Criterion, Subject, Target};
pub use expression::Expression;

use std::sync::Arc;

/// What an imported rule looks for. Shared by every catalogue that holds the rule, so that it is compiled once.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The rule's id as its own file has it; the catalogue's may differ where that was taken.
    pub id: String,
    /// Words of which one must stand near a match, in lower case. Empty: the whole text is searched.
    pub keywords: Vec<String>,
    /// What a match looks like.
    pub expression: Expression,
    /// The group that is the credential; `None` takes the first that is not empty, or the whole match where there is none.
    pub group: Option<usize>,
    /// Where the rule applies; everywhere if absent.
    pub path: Option<Expression>,
    /// What excuses a match: any of these.
    pub allowances: Vec<Arc<Allowance>>,
    /// Other rules of the same file that must match nearby.
    pub required: Vec<Required>,
    /// The rule only completes others and reports nothing itself.
    pub silent: bool,
}

/// A rule that must match near another one's match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Required {
    /// Position of the rule in its file.
    pub rule: usize,
    /// Most lines between the beginnings of both; anywhere in the text if absent.
    pub lines: Option<usize>,
    /// Most bytes between the columns at which both begin.
    pub columns: Option<usize>,
}

impl Search {
    /// Whether a verdict may change with path or commit.
    pub fn depends_on_place(&self) -> bool {
        self.path.is_some() || self.allowances.iter().any(|allowance| allowance.depends_on_place())
    }
}
