//! One hook file, written where a host looks for it or taken out again. A push never meets half a hook, and no hook of anybody is lost.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::host::{Host, Script, foreign_owner, is_executable, make_folder_of};

/// What was done.
pub(super) struct Change {
    /// What to tell; `None` where everything was so before.
    pub(super) line: Option<String>,
}

/// Writes the hook for a path of a host.
///
/// # Errors
/// The path is none of the host's, belongs to somebody else, or a file stands in the way.
pub(super) fn write(host: Host, path: &Path, config: &Path) -> Result<Change> {
    let seat = host.layout().seat(path)?;
    check_owner(path)?;
    make_folder_of(&seat.hook)?;
    let mut note = "";
    if seat.hook.symlink_metadata().is_ok() && Script::read(&seat.hook).is_none() {
        let Some(before) = &seat.before else { bail!("{} is not Keyward's; take it away", seat.hook.display()) };
        make_folder_of(before)?;
        note = keep(&seat.hook, before)?;
    }
    let then = seat.before.filter(|before| is_executable(before)).or(seat.hides);
    let script = Script::of(config, then)?;
    if Script::read(&seat.hook).as_ref() == Some(&script) && is_executable(&seat.hook) {
        return Ok(Change { line: None });
    }
    if note.is_empty() && script.then.is_some() {
        note = ", then the hook that was there";
    }
    script.write(&seat.hook)?;
    let line = format!("{} runs Keyward{note}", seat.hook.display());
    Ok(Change { line: Some(line) })
}

/// Renames the hook that is there.
fn keep(hook: &Path, before: &Path) -> Result<&'static str> {
    if before.exists() {
        bail!("{} and {} both exist; take one away", hook.display(), before.display());
    }
    fs::rename(hook, before).with_context(|| format!("could not rename {}", hook.display()))?;
    Ok(if is_executable(before) {
        ", then the hook that was there"
    } else {
        "; the hook that was there is not executable, git did not run it, and it is kept beside"
    })
}

/// A hook runs as the user that owns the repository; that user must be able to read what is made here.
fn check_owner(path: &Path) -> Result<()> {
    if let Some(owner) = foreign_owner(path) {
        bail!(
            "it belongs to user {owner}, as whom git runs the hook; run this as the owner, as by `sudo -u '#{owner}'`"
        );
    }
    Ok(())
}

/// Takes the hook out; the one from before comes back. One without Keyward is an error only where it was named.
///
/// # Errors
/// There is no hook of Keyward's, or a file could not be moved.
pub(super) fn take_out(host: Host, path: &Path, found_by_search: bool) -> Result<Change> {
    let seat = host.layout().seat(path)?;
    if Script::read(&seat.hook).is_none() {
        if found_by_search {
            return Ok(Change { line: None });
        }
        if seat.hook.symlink_metadata().is_err() {
            bail!("there is no hook {}", seat.hook.display());
        }
        bail!("{} is not Keyward's; it stays", seat.hook.display());
    }
    let line = match seat.before.filter(|before| before.exists()) {
        Some(before) => {
            fs::rename(&before, &seat.hook).with_context(|| format!("could not rename {}", before.display()))?;
            "Keyward is out, the hook from before is back"
        }
        None => {
            fs::remove_file(&seat.hook).with_context(|| format!("could not remove {}", seat.hook.display()))?;
            "Keyward is out"
        }
    };
    Ok(Change { line: Some(line.to_owned()) })
}
