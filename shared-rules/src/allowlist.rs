//! The one way to allow a finding: an entry on the server with owner, reason and expiry.

use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;

use crate::finding::Finding;
use crate::fingerprint::Fingerprint;
use crate::policy::matches;

/// A calendar day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// A day of the Gregorian calendar.
    pub fn new(year: u16, month: u8, day: u8) -> Self {
        Day { year, month, day }
    }

    /// Reads `2027-01-31`.
    pub fn parse(text: &str) -> Option<Day> {
        let date: Date = text.parse().ok()?;
        Some(Day::new(u16::try_from(date.year()).ok()?, date.month().unsigned_abs(), date.day().unsigned_abs()))
    }

    /// Days from this one to a later one; negative to an earlier one.
    pub fn days_until(self, later: Day) -> i64 {
        later.number() - self.number()
    }

    /// Days since the beginning of the calendar. What is no day of it counts as the last before.
    fn number(self) -> i64 {
        let year = i16::try_from(self.year).unwrap_or(i16::MAX).min(9999);
        let month = self.month.clamp(1, 12);
        let date = (1..=self.day.clamp(1, 31)).rev().find_map(|day| Date::new(year, month as i8, day as i8).ok());
        date.map_or(0, |date| i64::from((date - Date::ZERO).get_days()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// One allowance, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowEntry {
    /// The credential, or every finding of `rule` under `path`.
    pub subject: Subject,
    /// Why it is allowed.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Last day it holds.
    pub expires: Day,
}

/// What an entry allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One credential, wherever it stands.
    Fingerprint(Fingerprint),
    /// Findings of one rule in paths that fit, `*` standing for anything.
    Place {
        /// Rule id.
        rule: String,
        /// Path pattern.
        path: String,
    },
}

/// Every allowance of a server.
#[derive(Clone, Debug, Default)]
pub struct Allowlist(Vec<AllowEntry>);

/// Why an allowlist is refused.
#[derive(Debug, thiserror::Error)]
pub enum AllowError {
    /// Not TOML, an unknown or missing key, a wrong type; the text names line, column and expected keys.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// An entry whose meaning cannot be.
    #[error("entry {number} {problem}")]
    Meaning {
        /// Position from 1.
        number: usize,
        /// What is wrong.
        problem: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSpec {
    #[serde(default)]
    allow: Vec<EntrySpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntrySpec {
    fingerprint: Option<String>,
    rule: Option<String>,
    path: Option<String>,
    reason: String,
    owner: String,
    expires: toml::value::Datetime,
}

impl Allowlist {
    /// Reads `[[allow]]` entries.
    ///
    /// # Errors
    /// `AllowError` naming the place or the entry.
    pub fn parse(text: &str) -> Result<Allowlist, AllowError> {
        let file: FileSpec = toml::from_str(text)?;
        let entries = file.allow.into_iter().enumerate();
        let checked = entries
            .map(|(index, spec)| check(spec).map_err(|problem| AllowError::Meaning { number: index + 1, problem }));
        Ok(Allowlist(checked.collect::<Result<_, _>>()?))
    }

    /// The entry that allows this finding today.
    pub fn entry(&self, finding: &Finding, today: Day) -> Option<&AllowEntry> {
        self.0.iter().find(|entry| today <= entry.expires && entry.subject.is(finding))
    }

    /// Entries that held on the day `before` and hold no more today.
    pub fn ended_since(&self, before: Day, today: Day) -> impl Iterator<Item = &AllowEntry> {
        self.0.iter().filter(move |entry| before <= entry.expires && entry.expires < today)
    }

    /// Every entry.
    pub fn entries(&self) -> &[AllowEntry] {
        &self.0
    }
}

impl Subject {
    fn is(&self, finding: &Finding) -> bool {
        self.fits(Some(finding.fingerprint), &finding.rule, &finding.path)
    }

    /// Whether it speaks of what has these.
    pub fn fits(&self, fingerprint: Option<Fingerprint>, rule: &str, path: &str) -> bool {
        match self {
            Subject::Fingerprint(wanted) => Some(*wanted) == fingerprint,
            Subject::Place { rule: wanted, path: pattern } => wanted == rule && matches(pattern, path),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Fingerprint(fingerprint) => write!(f, "{}", fingerprint.code()),
            Subject::Place { rule, path } => write!(f, "{rule} in {path}"),
        }
    }
}

fn check(spec: EntrySpec) -> Result<AllowEntry, &'static str> {
    let subject = match (spec.fingerprint, spec.rule, spec.path) {
        (Some(text), None, None) => Subject::Fingerprint(
            Fingerprint::parse(&text)
                .ok_or("has a `fingerprint` that is not 64 hexadecimal digits; copy it from `keyward explain CODE`")?,
        ),
        (None, Some(rule), Some(path)) => Subject::Place { rule, path },
        _ => return Err("needs either `fingerprint`, or `rule` with `path`"),
    };
    if spec.reason.trim().is_empty() || spec.owner.trim().is_empty() {
        return Err("needs a `reason` and an `owner`");
    }
    let date = spec.expires.date.ok_or("needs a day in `expires`, as 2027-01-31")?;
    Ok(AllowEntry {
        subject,
        reason: spec.reason,
        owner: spec.owner,
        expires: Day::new(date.year, date.month, date.day),
    })
}

#[cfg(test)]
mod tests {
    use super::{Allowlist, Day};
    use crate::finding::{Evidence, Finding, Location};
    use crate::fingerprint::FingerprintKey;
    use crate::rule::{Class, Confidence, Severity};
    use crate::secret::Secret;

    fn finding() -> Finding {
        let fingerprint = FingerprintKey::new([1; 32]).fingerprint(&Secret::new(b"x"), Class::ApiKey, "");
        Finding {
            code: fingerprint.code(),
            fingerprint,
            rule: "acme-token".into(),
            name: String::new(),
            provider: "acme".into(),
            class: Class::ApiKey,
            severity: Severity::High,
            confidence: Confidence::High,
            evidence: Evidence::Shape,
            reason: String::new(),
            expires: None,
            member: String::new(),
            path: "tests/keys/a.env".into(),
            location: Location { line: 1, column: 1, end_line: 1, end_column: 2 },
            preview: String::new(),
            mark: None,
        }
    }

    #[test]
    fn an_entry_holds_for_its_subject_until_its_day() {
        let finding = finding();
        let tail = "reason = \"sample\"\nowner = \"ann\"\nexpires = 2026-12-31\n";
        for subject in
            [format!("fingerprint = \"{}\"", finding.fingerprint), "rule = \"acme-token\"\npath = \"tests/*\"".into()]
        {
            let list = Allowlist::parse(&format!("[[allow]]\n{subject}\n{tail}")).expect("a good list");
            assert!(list.entry(&finding, Day::new(2026, 12, 31)).is_some());
            assert!(list.entry(&finding, Day::new(2027, 1, 1)).is_none());
        }
        let other = Allowlist::parse(&format!("[[allow]]\nrule = \"acme-token\"\npath = \"src/*\"\n{tail}"))
            .expect("a good list");
        assert!(other.entry(&finding, Day::new(2026, 12, 31)).is_none());
    }

    #[test]
    fn days_are_counted_over_months_and_years() {
        let day = |text: &str| Day::parse(text).expect("a day");
        assert_eq!(day("2026-12-31").days_until(day("2027-01-01")), 1);
        assert_eq!(day("2028-03-01").days_until(day("2028-02-28")), -2);
        assert_eq!(Day::new(2026, 2, 31).days_until(day("2026-03-01")), 1);
        assert_eq!(day("2026-12-01"), Day::new(2026, 12, 1));
        assert!(["2026-13-01", "2026-02-30", "tomorrow", ""].into_iter().all(|text| Day::parse(text).is_none()));
    }

    #[test]
    fn an_entry_ends_once() {
        let entry = "[[allow]]\nrule = \"a\"\npath = \"b\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31";
        let list = Allowlist::parse(entry).expect("a good list");
        let ended = |before: u8, today: (u16, u8, u8)| {
            list.ended_since(Day::new(2026, 12, before), Day::new(today.0, today.1, today.2)).count()
        };
        assert_eq!(ended(31, (2027, 1, 1)), 1);
        assert_eq!(ended(30, (2026, 12, 31)), 0);
        assert_eq!(ended(1, (2027, 3, 1)), 1);
        assert_eq!(list.ended_since(Day::new(2027, 1, 1), Day::new(2027, 1, 2)).count(), 0);
    }

    #[test]
    fn an_entry_without_owner_reason_or_day_is_refused() {
        for text in [
            "[[allow]]\nrule = \"a\"\npath = \"b\"\nreason = \"\"\nowner = \"ann\"\nexpires = 2026-12-31",
            "[[allow]]\nrule = \"a\"\nreason = \"r\"\nowner = \"ann\"\nexpires = 2026-12-31",
            "[[allow]]\nfingerprint = \"12\"\nreason = \"r\"\nowner = \"ann\"\nexpires = 2026-12-31",
            "[[allow]]\nrule = \"a\"\npath = \"b\"\nreason = \"r\"\nowner = \"ann\"\nexpires = 10:00:00",
            "[[allow]]\nrule = \"a\"\npath = \"b\"\nreason = \"r\"\nowner = \"ann\"",
            "[[allow]]\nrules = \"a\"",
        ] {
            assert!(Allowlist::parse(text).is_err(), "{text}");
        }
    }
}
