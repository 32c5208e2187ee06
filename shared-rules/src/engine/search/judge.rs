//! From a match of an imported rule's expression to a finding: path, allowances, and the rules it requires nearby.

use std::collections::HashMap;
use std::ops::Range;

use super::windows::{self, Hit};
use super::{Searches, WINDOW, search};
use crate::context::Assignment;
use crate::engine::confirm::plain_name;
use crate::engine::{Input, Place};
use crate::finding::{Evidence, Match};
use crate::rule::search::{Required, Search, Subject};
use crate::rule::{Catalogue, RuleIndex, Shape};
use crate::secret::Secret;

/// Judges the matches in one text.
pub(super) struct Judge<'j> {
    searches: &'j Searches,
    catalogue: &'j Catalogue,
    input: &'j Input<'j>,
    /// Where rules that others require match, found when first asked for.
    partners: HashMap<RuleIndex, Vec<usize>>,
    /// Where lines begin, found when first asked for.
    lines: Vec<usize>,
}

impl<'j> Judge<'j> {
    pub(super) fn new(searches: &'j Searches, catalogue: &'j Catalogue, input: &'j Input<'j>) -> Self {
        Judge { searches, catalogue, input, partners: HashMap::new(), lines: Vec::new() }
    }

    /// Whether the rule applies to the path at all.
    pub(super) fn applies(&self, search: &Search) -> bool {
        match (&search.path, self.input.place) {
            (Some(path), Place::Known { .. }) => path.matches(self.input.path.as_bytes()),
            _ => true,
        }
    }

    /// The finding, unless something excuses it or a rule it requires is not there.
    pub(super) fn verdict(&mut self, rule: RuleIndex, hit: &Hit) -> Option<Match> {
        let checked = self.catalogue.rule(rule);
        let Shape::Search { search, first } = &checked.shape else { return None };
        if self.excused(search, hit) {
            return None;
        }
        for required in &search.required {
            if !self.is_there(first + required.rule, required, hit.whole.start) {
                return None;
            }
        }
        let bytes = self.input.bytes;
        let name = Assignment::of(bytes, hit.secret.start);
        Some(Match {
            rule,
            secret: Secret::new(&bytes[hit.secret.clone()]),
            evidence: if search.required.is_empty() { Evidence::Shape } else { Evidence::Paired },
            confidence: checked.confidence,
            checksum: None,
            expires: None,
            name: name.and_then(|assignment| plain_name(&bytes[assignment.name])),
            trail: Vec::new(),
            member: None,
            prefix: String::new(),
            span: hit.secret.clone(),
        })
    }

    fn excused(&self, search: &Search, hit: &Hit) -> bool {
        let bytes = self.input.bytes;
        let (path, commit) = match self.input.place {
            Place::Open => (None, None),
            Place::Known { commit } => (Some(self.input.path), Some(commit)),
        };
        let subject = Subject {
            secret: &bytes[hit.secret.clone()],
            matched: &bytes[hit.whole.clone()],
            line: &bytes[lines_around(bytes, &hit.whole)],
            path,
            commit,
        };
        search.allowances.iter().any(|allowance| allowance.holds(&subject))
    }

    /// Whether the other rule matches near enough to `at`.
    fn is_there(&mut self, rule: RuleIndex, required: &Required, at: usize) -> bool {
        if !self.partners.contains_key(&rule) {
            let places = self.places(rule);
            self.partners.insert(rule, places);
        }
        if self.lines.is_empty() {
            let ends = memchr::memchr_iter(b'\n', self.input.bytes).map(|end| end + 1);
            self.lines = std::iter::once(0).chain(ends).collect();
        }
        let line_of = |at: usize| self.lines.partition_point(|&start| start <= at) - 1;
        let here = line_of(at);
        let column = at - self.lines[here];
        let reach = required.lines.unwrap_or(usize::MAX);
        let places = &self.partners[&rule];
        let from = self.lines[here.saturating_sub(reach)];
        let first = places.partition_point(|&place| place < from);
        let close = places[first..]
            .iter()
            .map(|&place| (line_of(place), place))
            .take_while(|(line, _)| line.saturating_sub(here) <= reach);
        close
            .map(|(line, place)| place - self.lines[line])
            .any(|other| required.columns.is_none_or(|columns| column.abs_diff(other) <= columns))
    }

    /// Where a rule that others require matches, anywhere in the text, ascending.
    fn places(&self, rule: RuleIndex) -> Vec<usize> {
        let Some(search) = search(self.catalogue, rule).filter(|search| self.applies(search)) else {
            return Vec::new();
        };
        let bytes = self.input.bytes;
        let regions = self.searches.regions(bytes, 0..bytes.len(), Some(rule));
        let mut places = Vec::new();
        windows::each_match(search, bytes, regions.get(&rule).map_or(&[], Vec::as_slice), |hit| {
            if !self.excused(search, &hit) {
                places.push(hit.whole.start);
            }
        });
        places
    }
}

/// The lines on which a match stands, without their ends; of longer lines, what stands within a window of the match.
fn lines_around(bytes: &[u8], whole: &Range<usize>) -> Range<usize> {
    let floor = whole.start.saturating_sub(WINDOW);
    let start = memchr::memrchr(b'\n', &bytes[floor..whole.start]).map_or(floor, |index| floor + index + 1);
    let behind = &bytes[whole.end..bytes.len().min(whole.end + WINDOW)];
    let end = whole.end + memchr::memchr(b'\n', behind).unwrap_or(behind.len());
    start..end
}
