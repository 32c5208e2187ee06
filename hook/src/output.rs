//! The only place that writes to standard output and standard error. Each text is built whole and written once.

use std::io::Write;

use crate::exit::Exit;

/// Writes a result to standard output. A closed pipe is the reader's choice, not an error.
pub(crate) fn result(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a message to standard error, which git relays to the developer.
pub(crate) fn message(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// Writes one line for an error and all its causes.
pub(crate) fn error(error: &anyhow::Error) {
    message(&format!("error: {}\n", one_line(error)));
}

/// An error and its causes in one line.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}").lines().map(str::trim_end).collect::<Vec<_>>().join("\n  ")
}

/// Writes help or a usage error as clap words it.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        message(&error.render().to_string());
        Exit::CouldNotTell
    } else {
        result(&error.render().to_string());
        Exit::Clean
    }
}
