//! Windows: hours in which the server's administrator lets pushes in that would be rejected, or switches Keyward off. A command writes
//! them; the hook reads them. Text in, text out; now is an argument.

use serde::{Deserialize, Serialize};

use crate::grant::When;

/// Most hours for which an import window may be open.
pub const MOST_IMPORT_HOURS: u32 = 72;

/// Most hours for which Keyward may be off.
pub const MOST_OFF_HOURS: u32 = 24;

/// Largest file of windows read, in bytes.
pub const LARGEST: u64 = 1 << 20;

const HOUR: i64 = 3600;

/// What happens to pushes meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowKind {
    /// They are scanned and recorded, and not rejected for what is found, for size or for time.
    Import,
    /// They are recorded, and not scanned.
    Off,
}

impl WindowKind {
    /// Most hours.
    pub fn longest(self) -> u32 {
        match self {
            WindowKind::Import => MOST_IMPORT_HOURS,
            WindowKind::Off => MOST_OFF_HOURS,
        }
    }

    /// The word in the file and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            WindowKind::Import => "import",
            WindowKind::Off => "off",
        }
    }
}

/// One window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// What it does.
    pub kind: WindowKind,
    /// The one repository it is for; every one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// When it was opened, in seconds since 1970.
    pub opened: i64,
    /// When it ends, in seconds since 1970.
    pub until: i64,
    /// Who opened it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Window {
    /// Whether it is open now.
    pub fn is_open(&self, now: i64) -> bool {
        (self.opened..self.until).contains(&now)
    }

    /// Its end as people read it.
    pub fn end(&self) -> When {
        When(self.until)
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.by.trim().is_empty() || self.reason.trim().is_empty() {
            return Err("needs somebody who opened it and a reason");
        }
        let span = self.until.checked_sub(self.opened);
        if !span.is_some_and(|span| (1..=i64::from(self.kind.longest()) * HOUR).contains(&span)) {
            return Err("is open for longer than a window may be, or not at all");
        }
        if self.kind == WindowKind::Import && self.repository.is_none() {
            return Err("is an import window and names no repository");
        }
        Ok(())
    }
}

/// Every window of a server, ended ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Windows {
    window: Vec<Window>,
}

/// Why windows are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// Not the file that `keyward window` writes.
    #[error("{0}; `keyward window` writes this file, remove it to close every window")]
    Form(String),
    /// A window that the command would not have written.
    #[error("window {0} {1}; remove the file to close every window")]
    Meaning(usize, &'static str),
}

impl Windows {
    /// Reads the file.
    ///
    /// # Errors
    /// `WindowError`; one wrong window is reason enough to trust none.
    pub fn parse(text: &str) -> Result<Windows, WindowError> {
        let windows: Windows = serde_json::from_str(text).map_err(|error| WindowError::Form(error.to_string()))?;
        for (index, window) in windows.window.iter().enumerate() {
            window.check().map_err(|problem| WindowError::Meaning(index + 1, problem))?;
        }
        Ok(windows)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("windows are plain data") + "\n"
    }

    /// Adds one.
    ///
    /// # Errors
    /// `WindowError::Meaning`.
    pub fn open(&mut self, window: Window) -> Result<(), WindowError> {
        window.check().map_err(|problem| WindowError::Meaning(self.window.len() + 1, problem))?;
        self.window.push(window);
        Ok(())
    }

    /// Takes out those of this kind that are open and for this repository, given as `Window` has it.
    pub fn close(&mut self, kind: WindowKind, repository: Option<&str>, now: i64) -> Vec<Window> {
        let fits =
            |window: &Window| window.kind == kind && window.repository.as_deref() == repository && window.is_open(now);
        let (closed, kept) = std::mem::take(&mut self.window).into_iter().partition(fits);
        self.window = kept;
        closed
    }

    /// Takes out those that have ended: the ledger remembers them.
    pub fn forget_ended(&mut self, now: i64) {
        self.window.retain(|window| now < window.until);
    }

    /// The window that counts for a push to this repository: off before import.
    pub fn at(&self, repository: &str, now: i64) -> Option<&Window> {
        let fits = |window: &&Window| {
            window.is_open(now) && window.repository.as_ref().is_none_or(|wanted| wanted == repository)
        };
        self.window.iter().filter(fits).max_by_key(|window| window.kind == WindowKind::Off)
    }

    /// All that are open, for the list.
    pub fn open_now(&self, now: i64) -> impl Iterator<Item = &Window> {
        self.window.iter().filter(move |window| window.is_open(now))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MOST_IMPORT_HOURS, MOST_OFF_HOURS, Window, WindowKind, Windows};

    const NOW: i64 = 1_796_000_000;

    fn window(kind: WindowKind, repository: Option<&str>, hours: i64) -> Window {
        Window {
            kind,
            repository: repository.map(str::to_owned),
            opened: NOW,
            until: NOW + hours * 3600,
            by: "ann".into(),
            reason: "the old server moves".into(),
        }
    }

    #[test]
    fn a_window_counts_for_its_repository_until_its_end() {
        let mut windows = Windows::default();
        windows.open(window(WindowKind::Import, Some("group/app"), 2)).expect("a good window");
        let end = NOW + 2 * 3600;
        assert!(windows.at("group/app", NOW).is_some() && windows.at("group/app", end - 1).is_some());
        assert!(windows.at("group/app", end).is_none() && windows.at("group/app", NOW - 1).is_none());
        assert!(windows.at("group/other", NOW).is_none());
        windows.open(window(WindowKind::Off, None, 1)).expect("a good window");
        assert_eq!(windows.at("group/app", NOW).map(|window| window.kind), Some(WindowKind::Off));
        assert!(windows.at("group/other", NOW).is_some());
        assert_eq!(Windows::parse(&windows.to_text()), Ok(windows.clone()));
        assert_eq!(windows.open_now(NOW + 3600).count(), 1);
        assert!(windows.close(WindowKind::Off, Some("group/app"), NOW).is_empty());
        assert_eq!(windows.close(WindowKind::Off, None, NOW).len(), 1);
        windows.forget_ended(end);
        assert_eq!(windows, Windows::default());
    }

    #[test]
    fn what_the_command_would_not_write_is_refused() {
        let good = |window: Window| Windows::default().open(window).is_ok();
        assert!(good(window(WindowKind::Import, Some("a"), i64::from(MOST_IMPORT_HOURS))));
        assert!(!good(window(WindowKind::Import, Some("a"), i64::from(MOST_IMPORT_HOURS) + 1)));
        assert!(good(window(WindowKind::Off, None, i64::from(MOST_OFF_HOURS))));
        assert!(!good(window(WindowKind::Off, None, i64::from(MOST_OFF_HOURS) + 1)));
        assert!(!good(window(WindowKind::Off, None, 0)) && !good(window(WindowKind::Off, None, -1)));
        assert!(!good(window(WindowKind::Import, None, 1)));
        assert!(!good(Window { reason: " ".into(), ..window(WindowKind::Off, None, 1) }));
        assert!(!good(Window { opened: i64::MIN, ..window(WindowKind::Off, None, 1) }));
        let mut windows = Windows::default();
        windows.open(window(WindowKind::Off, None, 1)).expect("a good window");
        let text = windows.to_text();
        for changed in [
            text.replace("\"ann\"", "\"\""),
            text.replace("\"off\"", "\"import\""),
            text.replace("\"by\"", "\"from\""),
            text.replace(&format!("{}", NOW + 3600), &format!("{}", i64::MAX)),
            "[]".to_owned(),
        ] {
            assert!(Windows::parse(&changed).is_err(), "{changed}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = Windows::parse(&text);
        }
    }
}
