//! When a credential ends by its own word: today's time in, words out.

use jiff::Timestamp;
use keyward_rules::Finding;

/// Now, in seconds since 1970.
pub(crate) fn now() -> i64 {
    Timestamp::now().as_second()
}

/// `expired on 2025-03-31` or `expires on 2030-01-01`, days in UTC; none for what tells no end.
pub(crate) fn words(finding: &Finding, now: i64) -> Option<String> {
    let day = Timestamp::from_second(finding.expires?).ok()?.strftime("%Y-%m-%d");
    Some(if finding.has_ended(now) { format!("expired on {day}") } else { format!("expires on {day}") })
}

/// Why it is believed, and when it ends.
pub(crate) fn reason(finding: &Finding, now: i64) -> String {
    match words(finding, now) {
        Some(words) => format!("{}, {words}", finding.reason),
        None => finding.reason.clone(),
    }
}

/// The end of one credential that stands in two places: the later, and none if one place tells none. Else a copy made to look
/// ended would speak for the one that works.
pub(crate) fn later(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.zip(other).map(|(one, other)| one.max(other))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use keyward_rules::rule::sample::Sample;
    use keyward_rules::{Engine, FingerprintKey};

    use super::{later, reason};
    use crate::scanner::Scanner;

    #[test]
    fn a_token_says_when_it_ends_before_and_after() {
        let token = Sample::expand("T={jwt({\"iss\":\"acme\",\"exp\":1893456000})}", 1, None).expect("a good template");
        let scanner = Scanner::new(Arc::new(Engine::builtin()), FingerprintKey::new([1; 32]), String::new());
        let finding = scanner.scan(token.text.as_bytes()).remove(0);
        assert!(reason(&finding, 1_893_455_999).ends_with(", expires on 2030-01-01"));
        assert!(reason(&finding, 1_893_456_000).ends_with(", expired on 2030-01-01"));
    }

    #[test]
    fn the_later_end_counts_and_none_outlasts_all() {
        assert_eq!(later(Some(1), Some(2)), Some(2));
        assert_eq!(later(Some(1), None), None);
    }
}
