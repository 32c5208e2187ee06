//! The result of a replay: a line for each push of which there is something to say, and the sum.

use std::fmt::Write;

use super::again::Replayed;
use super::past::PastPush;

/// Codes and doubts named for one push.
const SHOWN: usize = 3;

/// Lines and counts.
#[derive(Debug, Default)]
pub(super) struct Table {
    lines: String,
    pushes: usize,
    rejected: usize,
    /// Of those, how many were accepted then.
    newly: usize,
    warned: usize,
    /// Rejected then, and would not be now.
    freed: usize,
    from_record: usize,
}

impl Table {
    /// One push more.
    pub(super) fn add(&mut self, past: &PastPush, replayed: &Replayed) {
        self.pushes += 1;
        self.from_record += usize::from(replayed.from_record);
        let was_rejected = past.push.verdict == "rejected";
        let word = if replayed.is_rejected() {
            self.rejected += 1;
            self.newly += usize::from(!was_rejected);
            "rejected"
        } else if !replayed.warned.is_empty() {
            self.warned += 1;
            "warned"
        } else {
            "accepted"
        };
        self.freed += usize::from(was_rejected && !replayed.is_rejected());
        if word == "accepted" && !was_rejected {
            return;
        }
        let refs: Vec<&str> = past.updates.iter().take(SHOWN).map(|update| update.name.as_str()).collect();
        let more = past.updates.len() + past.push.more_refs - refs.len();
        let more = if more > 0 { format!(" +{more}") } else { String::new() };
        let (time, verdict, repository) = (&past.time, &past.push.verdict, &past.push.repository);
        let record = if replayed.from_record { "  (from the record)" } else { "" };
        let _ = writeln!(
            self.lines,
            "{time}  {verdict:<8} -> {word:<8}  {repository}  {}{more}  {}{record}",
            refs.join(" "),
            why(replayed)
        );
    }

    /// Whether a push would be rejected.
    pub(super) fn rejects(&self) -> bool {
        self.rejected > 0
    }

    /// The text.
    pub(super) fn render(&self) -> String {
        let mut text = self.lines.clone();
        let accepted = self.pushes - self.rejected - self.warned;
        let _ = writeln!(
            text,
            "{} pushes: {} would be rejected, {} of them were accepted; {} warned about; {accepted} accepted",
            self.pushes, self.rejected, self.newly, self.warned
        );
        if self.freed > 0 {
            let _ = writeln!(text, "{} were rejected and would not be", self.freed);
        }
        if self.from_record > 0 {
            let _ = writeln!(
                text,
                "{} have objects that are gone: they were not scanned anew, what the ledger has of them was judged",
                self.from_record
            );
        }
        text
    }
}

fn why(replayed: &Replayed) -> String {
    let reasons: Vec<&String> = if replayed.is_rejected() {
        replayed.blocked.iter().chain(&replayed.doubts).collect()
    } else {
        replayed.warned.iter().collect()
    };
    let mut text: Vec<&str> = reasons.iter().take(SHOWN).map(|reason| reason.as_str()).collect();
    let more = format!("+{}", reasons.len().saturating_sub(SHOWN));
    if reasons.len() > SHOWN {
        text.push(&more);
    }
    text.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{PastPush, Replayed, Table};
    use crate::ledger::Push;

    #[test]
    fn a_line_for_each_push_with_something_to_say_and_a_sum() {
        let push = |verdict: &str| {
            let refs = vec![format!("- {} refs/heads/main", "a".repeat(40))];
            let push = Push { repository: "group/app".into(), verdict: verdict.into(), refs, ..Push::default() };
            PastPush::of("2026-12-01T10:44:31Z".into(), push)
        };
        let codes = |count: usize| (0..count).map(|number| format!("KW-0000000{number}")).collect::<Vec<_>>();
        let mut table = Table::default();
        table.add(&push("accepted"), &Replayed::default());
        table.add(&push("accepted"), &Replayed { blocked: codes(5), ..Replayed::default() });
        table.add(&push("accepted"), &Replayed { warned: codes(1), ..Replayed::default() });
        table.add(&push("rejected"), &Replayed { from_record: true, ..Replayed::default() });
        table.add(&push("rejected"), &Replayed { doubts: vec!["a doubt".into()], ..Replayed::default() });
        assert!(table.rejects());
        insta::assert_snapshot!(table.render());
    }
}
