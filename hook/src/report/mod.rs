//! What a scan prints: text for people, JSON for programs, SARIF for platforms. One file for each format.

pub(crate) mod json;
pub(crate) mod sarif;
pub(crate) mod text;

mod taxonomies;

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Counts on the terminal while a scan runs; silent where standard error is no terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Starts counting `what`.
    pub(crate) fn new(what: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template(&format!("{{spinner}} {{human_pos}} {what} in {{elapsed}}")) {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Progress(bar)
    }

    /// One more.
    pub(crate) fn step(&self) {
        self.steps(1);
    }

    /// So many more. Several threads may count.
    pub(crate) fn steps(&self, count: u64) {
        self.0.inc(count);
    }

    /// Takes the count off the screen.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
