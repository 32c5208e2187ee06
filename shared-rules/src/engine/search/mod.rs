//! Imported rules: one automaton finds their keywords, each rule's expression runs in the text around its own, and what it matches
//! is asked for path, allowances and the other rules it requires. Without imported rules none of this exists.

mod judge;
mod windows;

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::Input;
use crate::finding::Match;
use crate::rule::search::Search;
use crate::rule::{Catalogue, RuleIndex, Shape};
use judge::Judge;

/// Bytes before and after a keyword in which a match is looked for, and the longest match that is sure to be seen whole.
const WINDOW: usize = 4 * 1024;

/// The imported rules of a catalogue.
pub(super) struct Searches {
    keywords: AhoCorasick,
    /// The rules of each pattern of the automaton.
    rules: Vec<Vec<RuleIndex>>,
    /// Rules without keywords.
    everywhere: Vec<RuleIndex>,
    depend_on_place: bool,
}

impl Searches {
    /// None where nothing is imported.
    pub(super) fn new(catalogue: &Catalogue) -> Option<Searches> {
        let mut by_keyword: BTreeMap<&str, Vec<RuleIndex>> = BTreeMap::new();
        let mut everywhere = Vec::new();
        let mut depend_on_place = false;
        for (rule, checked) in catalogue.rules().iter().enumerate() {
            let Shape::Search { search, .. } = &checked.shape else { continue };
            depend_on_place |= search.depends_on_place();
            if search.keywords.is_empty() {
                everywhere.push(rule);
            }
            search.keywords.iter().for_each(|word| by_keyword.entry(word).or_default().push(rule));
        }
        if by_keyword.is_empty() && everywhere.is_empty() {
            return None;
        }
        let keywords = AhoCorasick::builder().ascii_case_insensitive(true).build(by_keyword.keys());
        let rules = by_keyword.into_values().collect();
        // Four megabytes of text give no automaton that is too large for its own numbers.
        Some(Searches { keywords: keywords.expect("a bounded set of words"), rules, everywhere, depend_on_place })
    }

    pub(super) fn depend_on_place(&self) -> bool {
        self.depend_on_place
    }

    /// What imported rules find, in new parts and old: what they require of each other reaches over the whole text.
    pub(super) fn find(&self, catalogue: &Catalogue, input: &Input<'_>) -> Vec<Match> {
        let mut judge = Judge::new(self, catalogue, input);
        let mut found = Vec::new();
        for (rule, regions) in self.regions(input.bytes, 0..input.bytes.len(), None) {
            let Some(search) = search(catalogue, rule).filter(|search| !search.silent && judge.applies(search)) else {
                continue;
            };
            windows::each_match(search, input.bytes, &regions, |hit| found.extend(judge.verdict(rule, &hit)));
        }
        found
    }

    /// Where each rule's expression is to run: around its keywords in `near`, or, without keywords, all of that.
    /// `only` names one rule that is meant.
    fn regions(
        &self,
        bytes: &[u8],
        near: Range<usize>,
        only: Option<RuleIndex>,
    ) -> BTreeMap<RuleIndex, Vec<Range<usize>>> {
        let meant = |rule: RuleIndex| only.is_none_or(|only| only == rule);
        let mut regions: BTreeMap<RuleIndex, Vec<Range<usize>>> = BTreeMap::new();
        for &rule in self.everywhere.iter().filter(|&&rule| meant(rule)) {
            regions.insert(rule, vec![near.clone()]);
        }
        for hit in self.keywords.find_overlapping_iter(&bytes[near.clone()]) {
            let around =
                (near.start + hit.start()).saturating_sub(WINDOW)..bytes.len().min(near.start + hit.end() + WINDOW);
            for &rule in self.rules[hit.pattern().as_usize()].iter().filter(|&&rule| meant(rule)) {
                windows::join(regions.entry(rule).or_default(), around.clone());
            }
        }
        regions
    }
}

/// What an imported rule looks for.
fn search(catalogue: &Catalogue, rule: RuleIndex) -> Option<&Search> {
    match &catalogue.rule(rule).shape {
        Shape::Search { search, .. } => Some(search),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
