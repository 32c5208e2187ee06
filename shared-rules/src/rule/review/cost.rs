//! Whether a pattern can be slow. The regex crate never backtracks, so the worst it can do is states times bytes at every anchor.

use regex_syntax::hir::{Hir, HirKind};

use crate::rule::pattern::parse;
use crate::rule::{DEFAULT_REACH, Rule};

/// Most states times bytes of reach.
const MOST_WORK: usize = 8 << 20;

/// Most repetitions of nested counts, multiplied.
const MOST_NESTED: usize = 1500;

/// What is wrong with a rule's pattern.
pub(super) fn problem(rule: &Rule) -> Option<String> {
    let hir = parse(rule.pattern.as_ref()?.source()).ok()?;
    let nested = nested(&hir);
    if nested > MOST_NESTED {
        return Some(format!(
            "`pattern` counts inside of counts, {nested} times in all, and at most {MOST_NESTED} are allowed"
        ));
    }
    if hir.properties().maximum_len().is_none() && !rule.says_reach {
        return Some(format!(
            "`pattern` repeats without an upper bound: write `reach`, the longest credential in bytes \
             ({DEFAULT_REACH} if you know no better), or a bound"
        ));
    }
    let work = states(&hir).saturating_mul(rule.reach);
    (work > MOST_WORK).then(|| {
        format!(
            "`pattern` has {} states and `reach` {} bytes; multiplied they are {work} and may be {MOST_WORK}: leave the \
             upper bounds of long repetitions out, or lower `reach`",
            states(&hir),
            rule.reach
        )
    })
}

/// Places that a match can be in; counted repetitions are written out, as the engine does.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Capture(capture) => states(&capture.sub),
        HirKind::Repetition(repetition) => {
            let copies = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(1);
            states(&repetition.sub).saturating_mul(copies as usize)
        }
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(states).fold(0, usize::saturating_add),
    }
}

/// The largest product of counts that stand inside each other; 1 where none does.
fn nested(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let inner = product(&repetition.sub);
            if inner > 1 { inner.saturating_mul(count(repetition.max)) } else { 1 }
        }
        HirKind::Capture(capture) => nested(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(nested).max().unwrap_or(1),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => 1,
    }
}

/// The largest product of counts on the way to any element.
fn product(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Repetition(repetition) => product(&repetition.sub).saturating_mul(count(repetition.max)),
        HirKind::Capture(capture) => product(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(product).max().unwrap_or(1),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => 1,
    }
}

/// A repetition without bound is one loop, not copies.
fn count(max: Option<u32>) -> usize {
    max.map_or(1, |max| max.max(1) as usize)
}
