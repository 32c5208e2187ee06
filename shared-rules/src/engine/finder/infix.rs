//! Credentials with a fixed mark inside, and commands that carry one: from the mark back to where they could begin.

use crate::engine::{Engine, Input, confirm};
use crate::finding::Match;
use crate::rule::RuleIndex;

/// Bytes before the mark in which the credential or command may begin.
const LOOKBACK: usize = 160;

/// The first match of `rule` around the mark at `start..end`.
pub(in crate::engine) fn find(
    engine: &Engine,
    input: &Input<'_>,
    rule: RuleIndex,
    start: usize,
    end: usize,
) -> Option<Match> {
    let bytes = input.bytes;
    let ends = |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || matches!(byte, b'"' | b'\'' | b'`');
    let floor = start.saturating_sub(LOOKBACK);
    let word = bytes[floor..start].iter().rposition(ends).map_or(floor, |index| floor + index + 1);
    let before = word - engine.catalogue.rule(rule).lookback.min(word);
    let first = memchr::memrchr(b'\n', &bytes[before..word]).map_or(before, |index| before + index + 1);
    let begins = |at: &usize| *at == start || *at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    (first..=start).filter(begins).find_map(|at| confirm::around(engine, input, rule, at, end))
}
