//! One run over one input: chunk by chunk through all passes, and what their anchors lead to.

use std::ops::Range;

use super::filter::Filters;
use super::marks::Mark;
use super::{Engine, Input, confirm, contained, encoded, escaped, finder, runs};
use crate::context::{Assignment, FileKind, Operator, Words};
use crate::decode::container::Trouble;
use crate::engine::Doubt;
use crate::finding::Match;
use crate::rule::{Confidence, Finder, RuleIndex, Shape};

/// Decodings and containers undone one inside the other.
const DEEPEST: usize = 4;

/// Bytes of a token run in which marks are looked for.
const LONGEST_RUN: usize = 512;

/// Shortest token run in which a credential with a mark inside begins, in bytes.
const SHORTEST_MARKED: usize = 16;

/// Tables with a column of passwords that are read in one input.
const MOST_TABLES: usize = 8;

/// Doubts kept for one input.
const MOST_DOUBTS: usize = 100;

/// Decodings undone on the way, and what they may still cost.
pub(super) struct Undoing {
    pub(super) depth: usize,
    /// Bytes that may still be unpacked or decoded.
    pub(super) budget: usize,
    pub(super) doubts: Vec<Doubt>,
    /// What the path of the file says that all this is from.
    pub(super) kind: FileKind,
    /// Whether the input is a whole file and not a piece of one.
    pub(super) whole: bool,
}

impl Undoing {
    pub(super) fn is_deepest(&self) -> bool {
        self.depth >= DEEPEST
    }

    pub(super) fn doubt(&mut self, member: String, trouble: Trouble) {
        let doubt = Doubt { member, trouble };
        if self.doubts.len() < MOST_DOUBTS && !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }
}

/// One run over one input.
pub(super) struct Scan<'s> {
    pub(super) engine: &'s Engine,
    pub(super) input: &'s Input<'s>,
    pub(super) undoing: &'s mut Undoing,
    /// What the path says.
    pub(super) kind: FileKind,
    /// Whether the input is a whole file.
    pub(super) whole: bool,
    pub(super) found: Vec<Match>,
    /// Anchors that must be looked at again wherever they are copied to.
    pub(super) noted: Vec<usize>,
    /// Value that was judged last, since a name word and a token run often lead to the same one.
    pub(super) last_value: usize,
    /// Encoded texts that were undone.
    pub(super) encoded: Vec<Range<usize>>,
    /// Where the text ends that was last undone around an escape, and around a reference of markup: these are met in a second pass.
    pub(super) escaped_until: usize,
    pub(super) referred_until: usize,
    /// Tables read so far.
    pub(super) tables: usize,
    /// Where literals of the chunk may begin; kept to be reused.
    pub(super) literals: Vec<usize>,
    /// Rules already tried at one anchor; kept to be reused.
    pub(super) seen: Vec<RuleIndex>,
}

impl Scan<'_> {
    pub(super) fn chunk(&mut self, range: Range<usize>) {
        let bytes = self.input.bytes;
        let engine = self.engine;
        let filters = Filters {
            starts: engine.marks.word_filter(),
            prefixes: engine.index.prefix_filters(),
            literals: engine.marks.heads(),
        };
        runs::find(engine.machine, filters, bytes, range, self);
        // Only now: what is encoded is known first, and its text is no value.
        let mut literals = std::mem::take(&mut self.literals);
        for at in literals.drain(..) {
            self.anchored(at, |scan| engine.marks.at(bytes, at, |mark, start, end| scan.marked(mark, start, end)));
        }
        self.literals = literals;
    }

    /// Does what the anchor at `at` leads to, and remembers it where that is asked for.
    #[inline(always)]
    fn anchored(&mut self, at: usize, work: impl FnOnce(&mut Self)) {
        let found = self.found.len();
        work(self);
        if self.input.noted.take() || self.found.len() > found {
            self.noted.push(at);
        }
    }

    /// Tries the rules whose mark stands inside the token run that begins at `at`.
    fn inside(&mut self, at: usize) {
        let (engine, input) = (self.engine, self.input);
        let text = &input.bytes[at..input.bytes.len().min(at + LONGEST_RUN)];
        let token = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'+' | b'~');
        let end = at + text.iter().position(|byte| !token(byte)).unwrap_or(text.len());
        if end - at < SHORTEST_MARKED {
            return;
        }
        let found = &mut self.found;
        engine.marks.inside(input.bytes, at, end, |rule, start, end| {
            input.note();
            found.extend(finder::infix::find(engine, input, rule, start, end));
        });
    }

    /// What an object is as a whole.
    pub(super) fn object(&mut self) {
        let bytes = self.input.bytes;
        if !self.whole {
            return;
        }
        finder::file::find(self.engine, self.input, &mut self.found);
        self.found.extend(contained::find(self.engine, self.input, self.undoing));
        if let Some(kind) = finder::der::kind(bytes) {
            self.found.extend(finder::der::matched(self.engine, kind, bytes, 0..bytes.len()));
        }
    }

    fn marked(&mut self, mark: &Mark, start: usize, end: usize) {
        let (engine, bytes) = (self.engine, self.input.bytes);
        match mark {
            Mark::Pem => {
                self.input.note();
                self.found.extend(finder::pem::find(engine, bytes, start));
            }
            Mark::Jwk => {
                self.input.note();
                self.found.extend(finder::jwk::find(engine, bytes, start));
            }
            Mark::Name => {
                self.named(end);
                self.tabled(start);
            }
            Mark::Reference => self.referred_until = self.unescape(start, self.referred_until),
            Mark::Url => finder::url::find(engine, self.input, start, &mut self.found),
            Mark::Seed => {
                self.input.note();
                self.found.extend(finder::mnemonic::find(engine, bytes, end));
            }
            Mark::Infix(rules) => {
                self.found
                    .extend(rules.iter().filter_map(|&rule| finder::infix::find(engine, self.input, rule, start, end)));
            }
        }
    }

    /// Judges the column of a table whose head holds the telling word at `at`.
    fn tabled(&mut self, at: usize) {
        if !matches!(self.input.bytes[at], b'p' | b'P') || self.kind.lock {
            return;
        }
        if self.tables == MOST_TABLES {
            // Where a table before it is changed, this one's turn may come.
            return self.input.note();
        }
        let found = finder::table::find(self.engine, self.input, at);
        self.tables += usize::from(!found.is_empty());
        self.found.extend(found);
    }

    /// Undoes the escape at `at` and what is around it, unless that was done up to `until`; up to where it is done now.
    fn unescape(&mut self, at: usize, until: usize) -> usize {
        if self.undoing.is_deepest() || !escaped::is_inside_a_value(self.input.bytes, at) {
            return until;
        }
        self.input.note();
        if at < until {
            return until;
        }
        let (found, end) = escaped::find(self.engine, self.input, at, self.undoing);
        self.found.extend(found);
        end
    }

    /// Tries all that a run which looks drawn may be.
    fn valued(&mut self, at: usize) {
        self.inside(at);
        let before = at.checked_sub(1).map(|index| self.input.bytes[index]);
        let assigned =
            |byte| matches!(byte, b'"' | b'\'' | b'`' | b' ' | b'\t' | b'=' | b':' | b'>' | b',' | b'|' | b'(' | b'\n');
        if before.is_none_or(assigned) {
            if self.encoded.last().is_none_or(|last| at >= last.end)
                && !self.undoing.is_deepest()
                && let Some((found, end)) = encoded::find(self.engine, self.input, at, self.undoing)
            {
                self.found.extend(found);
                self.encoded.push(at..end);
            }
            self.assigned(at);
        }
    }

    /// Judges the value of the name that holds a telling word which ends at `end`.
    fn named(&mut self, end: usize) {
        if let Some(value) = finder::assignment::value_after(self.input.bytes, end) {
            self.assigned(value);
        }
    }

    /// Judges the value that begins at `at`, if it is assigned to a name.
    fn assigned(&mut self, at: usize) {
        if self.last_value == at {
            return;
        }
        self.last_value = at;
        let bytes = self.input.bytes;
        if self.kind.lock {
            return;
        }
        let Some(assignment) = Assignment::of(bytes, at) else { return };
        let called = assignment.operator == Operator::Call;
        let text = &bytes[assignment.name.clone()];
        let name = Words::of(text);
        let matches = self.found.len();
        if called || self.engine.index.may_be_named(&name) {
            let before = Words::of(&bytes[assignment.lookback.clone()]);
            self.keywords(at, &assignment, &name, &before);
            if called {
                self.called(at, &assignment, &before);
            }
        }
        if self.found.len() == matches
            && let Some(kind) = finder::score::kind(text, &name, assignment.held)
            && !self.is_known_form(at)
        {
            let place = self.kind;
            self.found.extend(finder::assignment::find(self.engine, self.input, at, &assignment, kind, place));
        }
        if self.found.len() > matches && finder::assignment::is_encrypted(bytes, at) {
            self.found.truncate(matches);
        }
    }

    /// Tries the rules of which a keyword stands before the value.
    fn keywords(&mut self, at: usize, assignment: &Assignment, name: &Words, before: &Words) {
        let mut seen = std::mem::take(&mut self.seen);
        seen.clear();
        self.engine.index.keywords(before, |rule| {
            if !seen.contains(&rule) {
                seen.push(rule);
            }
        });
        for &rule in &seen {
            let Shape::Keyword { keywords, names } = &self.engine.catalogue.rule(rule).shape else { continue };
            if finder::keyword::names_it(keywords, names, name) {
                self.found.extend(confirm::at(self.engine, self.input, rule, at, Some(assignment)));
            }
        }
        self.seen = seen;
    }

    /// Judges an argument of a call that names a provider: `shodan.Shodan("…")`. The call tells less than a name does.
    fn called(&mut self, at: usize, assignment: &Assignment, before: &Words) {
        let (engine, input) = (self.engine, self.input);
        let mut tried = Vec::new();
        engine.index.callers(before, |rule| {
            if !tried.contains(&rule) {
                tried.push(rule);
            }
        });
        for rule in tried {
            if let Some(mut found) = confirm::at(engine, input, rule, at, Some(assignment)) {
                found.confidence = Confidence::Low;
                self.found.push(found);
            }
        }
    }

    /// Takes back what was judged by its name alone and is the encoding of a text that was undone: only at the end, since name and
    /// value may lie in two chunks.
    pub(super) fn take_back_encoded(&mut self) {
        let Some(last) = self.encoded.last() else { return };
        let end = last.end;
        let (catalogue, encoded) = (self.engine.catalogue(), &self.encoded);
        self.found.retain(|found| {
            let guess = matches!(catalogue.rule(found.rule).shape, Shape::Finder(Finder::Assignment));
            let start = found.span.start;
            !guess || !found.trail.is_empty() || start >= end || !encoded.iter().any(|span| span.contains(&start))
        });
    }

    /// Whether the value has a form that a rule knows, which then has judged it: found it, or known it for a sample or public.
    fn is_known_form(&self, at: usize) -> bool {
        let text = &self.input.bytes[at..];
        let mut known = false;
        self.engine.index.prefixes(text, |rule| {
            let rule = self.engine.catalogue.rule(rule);
            known |= rule.pattern.as_ref().is_some_and(|pattern| pattern.match_at(text, rule.reach).is_some());
        });
        known
    }
}

impl runs::Anchors for Scan<'_> {
    #[inline(always)]
    fn word(&mut self, at: usize) {
        self.anchored(at, |scan| {
            let (engine, input, found) = (scan.engine, scan.input, &mut scan.found);
            let text = &input.bytes[at..];
            engine.index.prefixes(text, |rule| found.extend(confirm::at(engine, input, rule, at, None)));
        });
    }

    #[inline(always)]
    fn start(&mut self, at: usize) {
        let (engine, bytes) = (self.engine, self.input.bytes);
        self.anchored(at, |scan| engine.marks.at_word(bytes, at, |mark, start, end| scan.marked(mark, start, end)));
    }

    #[inline(always)]
    fn literal(&mut self, at: usize) {
        self.literals.push(at);
    }

    #[inline(always)]
    fn escape(&mut self, at: usize) {
        self.anchored(at, |scan| scan.escaped_until = scan.unescape(at, scan.escaped_until));
    }

    #[inline(always)]
    fn value(&mut self, at: usize) {
        self.anchored(at, |scan| scan.valued(at));
    }
}
