//! From all that was found to what is reported: one match for each place, pairs joined.

use std::collections::BTreeMap;

use crate::finding::{Evidence, Match};
use crate::rule::{Catalogue, Confidence, Finder, Shape};

/// Two halves of a pair stand within this many bytes of each other.
const PAIR_DISTANCE: usize = 1000;

/// Joins pairs, keeps the best of overlapping matches, and sorts by place.
pub(super) fn resolve(catalogue: &Catalogue, bytes: &[u8], mut found: Vec<Match>) -> Vec<Match> {
    if found.is_empty() {
        return found;
    }
    debug_assert!(found.iter().all(|found| found.span.end <= bytes.len()));
    // Of two rules that say the same, the one written first is meant to win.
    found.sort_by(|a, b| {
        rank(catalogue, b).cmp(&rank(catalogue, a)).then(a.rule.cmp(&b.rule)).then(a.span.start.cmp(&b.span.start))
    });
    let mut kept: Vec<Match> = Vec::with_capacity(found.len());
    // What is kept does not overlap, so only the last that begins before a candidate's end can stand in its way.
    let mut by_start: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for candidate in found {
        let in_its_way = by_start.range(..candidate.span.end).next_back().map(|(_, same)| same);
        // Several credentials may hide in one encoded text.
        let beside = |other: &Match| {
            !other.trail.is_empty()
                && other.span == candidate.span
                && other.secret != candidate.secret
                && !candidate.trail.is_empty()
        };
        let overlaps = |other: &Match| other.span.end > candidate.span.start && !beside(other);
        if !in_its_way.is_some_and(|same| same.iter().any(|&index| overlaps(&kept[index]))) {
            by_start.entry(candidate.span.start).or_default().push(kept.len());
            kept.push(candidate);
        }
    }
    kept.sort_by_key(|found| found.span.start);
    pair(catalogue, &mut kept);
    kept
}

/// What is believed more, says more and is more specific comes first.
fn rank(catalogue: &Catalogue, found: &Match) -> (bool, u8, Confidence, u8, bool, usize) {
    let specific = match catalogue.rule(found.rule).shape {
        Shape::Label(_) => 5,
        Shape::Host(_) => 4,
        Shape::Prefix(_) | Shape::Infix(_) => 3,
        Shape::Keyword { .. } | Shape::File(_) => 2,
        Shape::Scheme(_) => 1,
        Shape::Finder(Finder::Assignment) | Shape::Search { .. } => 0,
        Shape::Finder(_) => 4,
    };
    // A guess from the name alone never hides a known form, and an imported rule hides no more than such a guess.
    let known = match catalogue.rule(found.rule).shape {
        Shape::Finder(Finder::Assignment) => 0,
        Shape::Search { .. } => 1,
        // What a block's armour says holds, even where its body could be more than one thing.
        Shape::Label(_) => 3,
        _ => 2,
    };
    (found.checksum == Some(true), known, found.confidence, specific, found.trail.is_empty(), found.span.len())
}

fn pair(catalogue: &Catalogue, kept: &mut [Match]) {
    for index in 0..kept.len() {
        let rule = catalogue.rule(kept[index].rule);
        if rule.pair.is_empty() {
            continue;
        }
        let here = &kept[index].span;
        let is_partner = |other: &Match| {
            rule.pair.contains(&catalogue.rule(other.rule).id)
                && other.span.start.saturating_sub(here.end).max(here.start.saturating_sub(other.span.end))
                    <= PAIR_DISTANCE
        };
        // Matches are sorted by place, so partners are close in the list too.
        let before =
            kept[..index].iter().rev().take_while(|other| here.start.saturating_sub(other.span.end) <= PAIR_DISTANCE);
        let after =
            kept[index + 1..].iter().take_while(|other| other.span.start.saturating_sub(here.end) <= PAIR_DISTANCE);
        if before.chain(after).any(is_partner) {
            kept[index].evidence = kept[index].evidence.max(Evidence::Paired);
            kept[index].confidence = Confidence::High;
        }
    }
}
