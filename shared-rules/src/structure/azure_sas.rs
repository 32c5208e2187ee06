//! Azure shared access signatures: a query whose `sig` signs the rest of it, the end `se` included.
//! <https://learn.microsoft.com/rest/api/storageservices/create-service-sas>,
//! <https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas>

use std::ops::Range;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::Verdict;
use crate::decode;

/// HMAC-SHA-256.
const SIGNATURE_BYTES: usize = 32;

/// Longest stretch of a query looked at on either side of its signature, in bytes.
const REACH: usize = 1024;

/// The value of `sig`.
pub(super) fn judge(value: &[u8]) -> Verdict {
    let signature = decode::base64(&unescaped(value));
    Verdict::decoded(signature.is_some_and(|bytes| bytes.len() == SIGNATURE_BYTES))
}

/// The end that the query around the signature at `place` tells, in seconds since 1970. A query that tells two, or that leaves the end
/// to a policy on the server, tells none: what is not signed must not make a signature look ended.
pub(super) fn expiry(text: &[u8], place: &Range<usize>) -> Option<i64> {
    let query = String::from_utf8(unescaped(query(text, place)?)).ok()?.replace("amp;", "").replace("\\u0026", "&");
    let mut ends = Vec::new();
    for parameter in query.split(['&', '?', ' ', ';']) {
        match parameter.split_once('=') {
            Some(("se", end)) => ends.push(end),
            Some(("si", _)) => return None,
            _ => {}
        }
    }
    match ends[..] {
        [end] => seconds(end),
        _ => None,
    }
}

/// What surrounds the signature up to a quote, a blank that is none of the query's, or a line end.
fn query<'t>(text: &'t [u8], place: &Range<usize>) -> Option<&'t [u8]> {
    let ends = |byte: &u8| byte.is_ascii_control() || b" \"'`<>,".contains(byte);
    let before = &text[place.start.saturating_sub(REACH)..place.start];
    let after = &text[place.end..text.len().min(place.end + REACH)];
    let start = place.start - before.iter().rev().position(ends).unwrap_or(before.len());
    let end = place.end + after.iter().position(ends).unwrap_or(after.len());
    text.get(start..end)
}

/// Storage writes ISO 8601 in UTC, whole days included; the messaging services write seconds since 1970.
fn seconds(end: &str) -> Option<i64> {
    let day = || end.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    end.parse().ok().or_else(|| end.parse::<Timestamp>().ok().or_else(day).map(Timestamp::as_second))
}

/// Percent-encoding undone; a `%` that begins none is itself.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        let escape = tail.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{expiry, judge, seconds};
    use crate::rule::sample::Sample;
    use crate::structure::Verdict;

    fn end_of(template: &str) -> Option<i64> {
        let sample = Sample::expand(template, 1, None).expect("a good template");
        let place = sample.secrets[0].clone();
        assert_eq!(judge(&sample.text.as_bytes()[place.clone()]), Verdict::Fits);
        expiry(sample.text.as_bytes(), &place)
    }

    #[test]
    fn a_query_tells_its_end_wherever_that_stands() {
        let new_year_2030 = Some(1_893_456_000);
        for template in [
            "?sv=2022-11-02&se=2030-01-01T00:00:00Z&sp=r&sig=«{percent({b64:32})}»",
            "https://acme.example/logs?sig=«{percent({b64:32})}»&se=2030-01-01T00%3A00%3A00Z&sv=2022-11-02",
            "\"sv=2022-11-02&amp;se=2030-01-01&amp;sig=«{b64:32}»\"",
            "SharedAccessSignature sr=acme&sig=«{percent({b64:32})}»&se=1893456000&skn=send",
        ] {
            assert_eq!(end_of(template), new_year_2030, "{template}");
        }
    }

    #[test]
    fn what_is_not_signed_ends_nothing() {
        for template in [
            "se=2001-01-01&sv=2022-11-02&se=2030-01-01&sig=«{b64:32}»",
            "se=2001-01-01&sv=2022-11-02&si=policy&sig=«{b64:32}»",
            "sv=2022-11-02&sig=«{b64:32}»",
            "se=2001-01-01 sv=2022-11-02&sig=«{b64:32}»",
            "se=soon&sig=«{b64:32}»",
        ] {
            assert_eq!(end_of(template), None, "{template}");
        }
    }

    #[test]
    fn every_documented_form_of_a_date_is_read() {
        for text in
            ["2030-01-01", "2030-01-01T00:00Z", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00.0000000Z", "1893456000"]
        {
            assert_eq!(seconds(text), Some(1_893_456_000), "{text}");
        }
    }
}
