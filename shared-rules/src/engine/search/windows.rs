//! Runs an expression over parts of a text: every match that begins in a region, in time linear in the regions' length.

use std::ops::Range;

use regex::bytes::Regex;

use super::WINDOW;
use crate::rule::search::Search;

/// Bytes an expression runs over at once. Iterating over all matches of a text may take the square of its length.
const PIECE: usize = 32 * 1024;

/// Most bytes a match is followed for that reaches the end of what was looked at.
const LONGEST: usize = 64 * 1024;

/// Where an expression matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// The whole match, without line ends around it.
    pub(super) whole: Range<usize>,
    /// The credential.
    pub(super) secret: Range<usize>,
}

/// Adds a region behind the others, which come in ascending order of their ends.
pub(super) fn join(regions: &mut Vec<Range<usize>>, region: Range<usize>) {
    match regions.last_mut() {
        // A long keyword may begin before a short one that ends earlier.
        Some(last) if region.start <= last.end => {
            last.start = last.start.min(region.start);
            last.end = last.end.max(region.end);
        }
        _ => regions.push(region),
    }
}

/// Calls `each` for every match that begins in one of the regions.
pub(super) fn each_match(search: &Search, bytes: &[u8], regions: &[Range<usize>], mut each: impl FnMut(Hit)) {
    let Some(regex) = search.expression.regex() else { return };
    let mut at = 0;
    for region in regions {
        at = at.max(region.start);
        while at < region.end {
            let stop = region.end.min(at + PIECE);
            let edge = region.end.min(stop + WINDOW);
            while at < stop {
                let Some((whole, seen)) = match_from(regex, bytes, at, edge).filter(|(whole, _)| whole.start < stop)
                else {
                    break;
                };
                at = whole.end.max(whole.start + 1);
                each_hit(search, regex, &bytes[..seen], whole, &mut each);
            }
            at = at.max(stop);
        }
    }
}

/// The first match from `at` on, looking as far as `edge`, and how far was looked. One that ends just there may end there only
/// because the text seems to: it is tried again on more.
fn match_from(regex: &Regex, bytes: &[u8], at: usize, edge: usize) -> Option<(Range<usize>, usize)> {
    let found = regex.find_at(&bytes[..edge], at)?;
    let start = found.start();
    let (mut end, mut edge) = (found.end(), edge);
    while end == edge && edge < bytes.len() && edge - start < LONGEST {
        edge = bytes.len().min(edge + WINDOW);
        let again = regex.find_at(&bytes[..edge], start)?;
        if again.start() != start {
            return Some((again.range(), edge));
        }
        end = again.end();
    }
    Some((start..end, edge))
}

/// `bytes` are those in which the match was seen, so that its groups are the same.
fn each_hit(search: &Search, regex: &Regex, bytes: &[u8], whole: Range<usize>, each: &mut impl FnMut(Hit)) {
    let mut trimmed = whole.clone();
    while trimmed.len() > 1 && bytes[trimmed.end - 1] == b'\n' {
        trimmed.end -= 1;
    }
    while trimmed.len() > 1 && bytes[trimmed.start] == b'\n' {
        trimmed.start += 1;
    }
    let secret = if regex.captures_len() == 1 {
        trimmed.clone()
    } else {
        let Some(groups) = regex.captures_at(bytes, whole.start) else { return };
        let group = match search.group {
            Some(group) => groups.get(group),
            None => groups.iter().skip(1).flatten().find(|group| !group.is_empty()),
        };
        match group {
            Some(group) => group.range(),
            None if search.group.is_none() => trimmed.clone(),
            None => return,
        }
    };
    if !secret.is_empty() {
        each(Hit { whole: trimmed, secret });
    }
}
