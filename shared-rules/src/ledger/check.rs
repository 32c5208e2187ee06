//! Walks a ledger line by line and says what is whole and where it breaks; compares it with signed heads.

use super::{Head, Heads, Line, Link};

/// Most places named; what was rewritten from the first on breaks everywhere.
const MOST_PROBLEMS: usize = 20;

/// A check under way: files in the order of their lines.
#[derive(Debug, Default)]
pub struct Check {
    heads: Heads,
    /// Number that the first entry should have at most.
    from: u64,
    link: Link,
    first: u64,
    entries: u64,
    problems: Vec<Problem>,
    notes: Vec<Note>,
    more: u64,
    /// Heads whose line came by.
    met: usize,
}

/// A place where the ledger is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line in it, from 1; 0 where it is about the whole.
    pub line: usize,
    /// What is wrong.
    pub what: Break,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// The line says something else than it did.
    #[error("the line was changed: its hash does not fit")]
    Changed,
    /// Lines before it are missing, or it was put in.
    #[error("the line does not follow from entry {0}: lines were taken out, put in or rewritten")]
    Unlinked(u64),
    /// Entries before the first are not there.
    #[error("the ledger begins at entry {first}, and should at {from}: files were taken away")]
    Beheaded {
        /// Number of the first entry.
        first: u64,
        /// Number that the first should have.
        from: u64,
    },
    /// A signed head saw another line with this number.
    #[error("entry {number} is not the one that was signed at {time}: the ledger was rewritten")]
    Rewritten {
        /// Number of the line.
        number: u64,
        /// When it was signed.
        time: String,
    },
    /// A signed head saw a line behind the last.
    #[error("the ledger ends at entry {last}, and entry {number} was signed at {time}: it was cut off")]
    CutOff {
        /// Number of the last line.
        last: u64,
        /// Number of the line that was signed.
        number: u64,
        /// When it was signed.
        time: String,
    },
}

/// A line that is no entry: a hook was ended while it wrote. It says nothing, and the chain must go on over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The file.
    pub file: String,
    /// The line in it, from 1.
    pub line: usize,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// Number of the first entry; above 1 where older files are not there.
    pub first: u64,
    /// Number of the last entry.
    pub last: u64,
    /// How many entries were read.
    pub entries: u64,
    /// Where it breaks, in order; empty if it is whole.
    pub problems: Vec<Problem>,
    /// How many further breaks are not named.
    pub more: u64,
    /// Torn lines.
    pub torn: Vec<Note>,
    /// Heads that an entry was compared with.
    pub heads_met: usize,
}

impl Check {
    /// Begins; heads may be none. `from` is the number of the first entry: 1, unless older files were put elsewhere.
    pub fn against(heads: Heads, from: u64) -> Check {
        Check { heads, from, ..Check::default() }
    }

    /// The next line of a file, without its line break. Empty lines say nothing.
    pub fn line(&mut self, file: &str, number: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        let Some(line) = Line::parse(text) else {
            if self.notes.len() < MOST_PROBLEMS {
                self.notes.push(Note { file: file.to_owned(), line: number });
            }
            return;
        };
        let begins = self.entries == 0;
        if begins {
            self.first = line.number;
            if line.number > self.from {
                self.problem(file, number, Break::Beheaded { first: line.number, from: self.from });
            }
            self.link = Link { number: line.number.saturating_sub(1), hash: line.previous.to_owned() };
        }
        // The very first entry follows nothing, and nothing else does.
        let rootless = (line.number == 1) != line.previous.is_empty();
        if !line.is_sound() {
            self.problem(file, number, Break::Changed);
        } else if rootless || line.previous != self.link.hash || Some(line.number) != self.link.number.checked_add(1) {
            self.problem(file, number, Break::Unlinked(self.link.number));
        } else {
            self.compare(file, number, &line);
        }
        self.entries += 1;
        self.link = line.link();
    }

    /// Ends.
    pub fn finish(mut self) -> Whole {
        let last = self.link.number;
        if let Some(newest) = self.heads.newest().filter(|head| head.link.number > last).cloned() {
            let Head { link, time, .. } = newest;
            self.problem("", 0, Break::CutOff { last, number: link.number, time });
        }
        Whole {
            first: self.first,
            last,
            entries: self.entries,
            problems: self.problems,
            more: self.more,
            torn: self.notes,
            heads_met: self.met,
        }
    }

    fn compare(&mut self, file: &str, number: usize, line: &Line<'_>) {
        let Some(heads) = self.heads.by_number.get(&line.number) else { return };
        self.met += heads.len();
        if let Some(head) = heads.iter().find(|head| head.link.hash != line.hash) {
            let time = head.time.clone();
            self.problem(file, number, Break::Rewritten { number: line.number, time });
        }
    }

    fn problem(&mut self, file: &str, line: usize, what: Break) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem { file: file.to_owned(), line, what });
        } else {
            self.more += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Break, Check, Heads, Whole};
    use crate::ledger::{Head, Link, write};
    use crate::sign::PrivateKey;

    fn key() -> PrivateKey {
        PrivateKey::new(&[1; 32])
    }

    fn ledger(count: usize, word: &str) -> Vec<String> {
        let mut link = Link::default();
        let mut lines = Vec::new();
        for index in 0..count {
            let (line, next) = write(&link, &format!("{{\"text\":\"{word} {index}\"}}"));
            lines.push(line);
            link = next;
        }
        lines
    }

    fn heads(lines: &[String], numbers: &[usize]) -> Heads {
        let mut heads = Heads::default();
        for &number in numbers {
            let link = crate::ledger::Line::parse(&lines[number - 1]).expect("a line").link();
            heads.add(&Head::sign(&link, "noon", &key()).to_string(), &[key().public()]);
        }
        heads
    }

    fn check(lines: &[String], heads: Heads) -> Whole {
        check_from(1, lines, heads)
    }

    fn check_from(from: u64, lines: &[String], heads: Heads) -> Whole {
        let mut check = Check::against(heads, from);
        lines.iter().enumerate().for_each(|(index, line)| check.line("l", index + 1, line));
        check.finish()
    }

    fn breaks(lines: &[String], heads: Heads) -> Vec<(usize, Break)> {
        check(lines, heads).problems.into_iter().map(|problem| (problem.line, problem.what)).collect()
    }

    #[test]
    fn what_was_written_is_whole() {
        let lines = ledger(9, "a");
        let whole = check(&lines, heads(&lines, &[2, 9]));
        assert_eq!((whole.first, whole.last, whole.entries, whole.heads_met), (1, 9, 9, 2));
        assert!(whole.problems.is_empty() && whole.torn.is_empty(), "{whole:?}");
        for from in [5, 9] {
            let later = check_from(from, &lines[4..], heads(&lines, &[2, 9]));
            assert_eq!((later.first, later.heads_met), (5, 1));
            assert!(later.problems.is_empty(), "{later:?}");
        }
        assert_eq!(check(&[], Heads::default()).entries, 0);
    }

    #[test]
    fn what_was_taken_away_at_the_beginning_shows() {
        let lines = ledger(9, "a");
        assert_eq!(breaks(&lines[4..], Heads::default()), [(1, Break::Beheaded { first: 5, from: 1 })]);
        let early = check_from(4, &lines[4..], Heads::default()).problems;
        assert_eq!(early[0].what, Break::Beheaded { first: 5, from: 4 });
    }

    #[test]
    fn a_change_shows_where_it_is() {
        let lines = ledger(5, "a");
        let mut changed = lines.clone();
        changed[2] = changed[2].replace("a 2", "b 2");
        assert_eq!(breaks(&changed, Heads::default()), [(3, Break::Changed)]);
        let mut missing = lines.clone();
        missing.remove(2);
        assert_eq!(breaks(&missing, Heads::default()), [(3, Break::Unlinked(2))]);
        let mut put_in = lines.clone();
        put_in.insert(2, ledger(3, "b")[2].clone());
        assert_eq!(breaks(&put_in, Heads::default()), [(3, Break::Unlinked(2)), (4, Break::Unlinked(3))]);
        let mut begun_again = lines.clone();
        begun_again.extend(ledger(2, "b"));
        assert_eq!(breaks(&begun_again, Heads::default()), [(6, Break::Unlinked(5))]);
    }

    #[test]
    fn a_rewritten_or_cut_ledger_does_not_fit_its_heads() {
        let (lines, time) = (ledger(9, "a"), || "noon".to_owned());
        let mut rewritten = ledger(9, "b");
        assert!(breaks(&rewritten, Heads::default()).is_empty(), "by itself it is whole");
        assert_eq!(breaks(&rewritten, heads(&lines, &[4])), [(4, Break::Rewritten { number: 4, time: time() })]);
        rewritten.truncate(2);
        let cut = Break::CutOff { last: 2, number: 9, time: time() };
        assert_eq!(breaks(&rewritten, heads(&lines, &[4, 9])), [(0, cut)]);
        let cut = Break::CutOff { last: 7, number: 9, time: time() };
        assert_eq!(breaks(&lines[..7], heads(&lines, &[9])), [(0, cut)]);
        let cut = Break::CutOff { last: 0, number: 9, time: time() };
        assert_eq!(breaks(&[], heads(&lines, &[9])), [(0, cut)]);
    }

    #[test]
    fn a_torn_line_is_noted_and_the_chain_goes_on_over_it() {
        let lines = ledger(4, "a");
        for cut in 1..lines[2].len() {
            let mut torn = lines.clone();
            torn.insert(2, lines[2][..cut].to_owned());
            let whole = check(&torn, Heads::default());
            assert!(whole.problems.is_empty(), "{whole:?}");
            assert_eq!(whole.torn[0].line, 3);
            torn.remove(3);
            assert_eq!(check(&torn, Heads::default()).problems[0].what, Break::Unlinked(2));
        }
    }

    #[test]
    fn of_very_many_breaks_the_rest_is_counted() {
        let lines: Vec<String> = (0..30).map(|_| ledger(2, "a")[1].clone()).collect();
        let whole = check(&lines, Heads::default());
        assert_eq!((whole.problems.len(), whole.more), (20, 10));
    }
}
