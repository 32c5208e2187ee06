//! How long a push may take: as the configuration says it, and as a clock that the work looks at.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Where the administrator says nothing.
const USUAL: Duration = Duration::from_secs(30);

/// On GitHub Enterprise Server, which gives all hooks of a push five seconds and rejects it after them, without a word of theirs.
const SHORT: Duration = Duration::from_millis(3500);

/// Longest that may be configured: a week.
const LONGEST: f64 = 7.0 * 86_400.0;

/// `deadline` as configured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Patience {
    /// What suits the host.
    #[default]
    Auto,
    /// This long; nothing for ever.
    Set(Option<Duration>),
}

impl Patience {
    /// How long a push on this host may take; `None` for ever.
    pub(crate) fn on(self, enterprise_server: bool) -> Option<Duration> {
        match self {
            Patience::Auto if enterprise_server => Some(SHORT),
            Patience::Auto => Some(USUAL),
            Patience::Set(patience) => patience,
        }
    }
}

impl<'de> Deserialize<'de> for Patience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Patience, D::Error> {
        deserializer.deserialize_any(Seconds)
    }
}

struct Seconds;

impl Visitor<'_> for Seconds {
    type Value = Patience;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"auto\" or a number of seconds, 0 for no deadline")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Patience, E> {
        if text == "auto" { Ok(Patience::Auto) } else { Err(E::invalid_value(de::Unexpected::Str(text), &self)) }
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Patience, E> {
        self.visit_f64(seconds as f64)
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Patience, E> {
        if !(0.0..=LONGEST).contains(&seconds) {
            return Err(E::invalid_value(de::Unexpected::Float(seconds), &self));
        }
        Ok(Patience::Set((seconds > 0.0).then(|| Duration::from_secs_f64(seconds))))
    }
}

/// Parts of the time after which no further object is scanned, and nothing further is looked up for what was found. The rest is for the
/// message and the ledger.
const SCAN: f64 = 0.8;
const PLACE: f64 = 0.92;

/// A clock that runs since the push came.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    patience: Option<Duration>,
    /// Whether all that can be scanned was.
    placing: AtomicBool,
}

impl Clock {
    /// Starts now, for as long as the program runs.
    pub(crate) fn start(patience: Option<Duration>) -> &'static Clock {
        Box::leak(Box::new(Clock { start: Instant::now(), patience, placing: AtomicBool::new(false) }))
    }

    /// How long a push may take.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// Whether there is time to go on with what is being done.
    pub(crate) fn proceeds(&self) -> bool {
        let part = if self.placing.load(Ordering::Relaxed) { PLACE } else { SCAN };
        self.patience.is_none_or(|patience| self.start.elapsed() < patience.mul_f64(part))
    }

    /// The scan is over: what follows has a little time of its own.
    pub(crate) fn scanned(&self) {
        self.placing.store(true, Ordering::Relaxed);
    }

    /// The time that was given, in words.
    pub(crate) fn words(&self) -> String {
        words(self.patience.unwrap_or_default())
    }
}

fn words(patience: Duration) -> String {
    match patience.as_secs_f64() {
        1.0 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::Deserialize;

    use super::{Clock, Patience, words};

    #[derive(Deserialize)]
    struct File {
        deadline: Patience,
    }

    fn read(text: &str) -> Result<Patience, String> {
        toml::from_str::<File>(&format!("deadline = {text}"))
            .map(|file| file.deadline)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_deadline_is_a_number_of_seconds_or_what_suits_the_host() {
        assert_eq!(read("\"auto\""), Ok(Patience::Auto));
        assert_eq!(read("30"), Ok(Patience::Set(Some(Duration::from_secs(30)))));
        assert_eq!(read("3.5"), Ok(Patience::Set(Some(Duration::from_millis(3500)))));
        assert_eq!(read("0"), Ok(Patience::Set(None)));
        for wrong in ["-1", "nan", "inf", "1e9", "\"soon\"", "[]", "true"] {
            let said = read(wrong).expect_err(wrong);
            assert!(said.contains("\"auto\" or a number of seconds"), "{said}");
        }
        assert_eq!(Patience::Auto.on(true), Some(Duration::from_millis(3500)));
        assert_eq!(Patience::Auto.on(false), Some(Duration::from_secs(30)));
        assert_eq!(Patience::Set(None).on(true), None);
    }

    #[test]
    fn a_clock_without_a_deadline_never_ends() {
        assert!(Clock::start(None).proceeds());
        let over = Clock::start(Some(Duration::ZERO));
        assert!(!over.proceeds());
        over.scanned();
        assert!(!over.proceeds());
        assert_eq!(words(Duration::from_millis(3500)), "3.5 seconds");
        assert_eq!(words(Duration::from_secs(1)), "1 second");
    }
}
