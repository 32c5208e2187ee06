//! Runs the hook that was there before Keyward, with the same input, when Keyward accepts.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::exit::Exit;

/// Runs `hook` with what git wrote.
///
/// # Errors
/// The hook could not be started; the caller rejects the push, as git does with a hook that fails.
pub(crate) fn run(hook: &Path, input: &[u8]) -> Result<Exit> {
    let mut child = Command::new(hook).stdin(Stdio::piped()).spawn().with_context(|| {
        format!("push rejected: could not run the hook {} that Keyward is chained with", hook.display())
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A hook may leave without reading; that is its right.
        let _ = stdin.write_all(input);
    }
    let status = child.wait().with_context(|| format!("could not wait for {}", hook.display()))?;
    Ok(if status.success() { Exit::Clean } else { Exit::Blocked })
}
