//! The hook file that Keyward writes: a shell script of three lines that starts this program. Written, and known again, here alone.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// First words of the file, by which it is known again.
const MARK: &str = "#!/bin/sh\n# Keyward's pre-receive hook.";

/// Longest file looked at to tell whether it is ours, in bytes.
const LONGEST: u64 = 64 << 10;

/// What the hook file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// The program it starts.
    pub(crate) program: PathBuf,
    /// The configuration it names.
    pub(crate) config: PathBuf,
    /// The hook that runs when Keyward accepts.
    pub(crate) then: Option<PathBuf>,
}

impl Script {
    /// One that starts this very program.
    ///
    /// # Errors
    /// The system does not tell this program's path.
    pub(crate) fn of(config: &Path, then: Option<PathBuf>) -> Result<Script> {
        let program = std::env::current_exe().context("could not find this program's own path")?;
        Ok(Script { program, config: config.to_owned(), then })
    }

    /// The file's text.
    ///
    /// # Errors
    /// A path is not UTF-8.
    pub(crate) fn render(&self) -> Result<String> {
        let then = match &self.then {
            Some(then) => format!(" --then {}", quote(then)?),
            None => String::new(),
        };
        let (program, config) = (quote(&self.program)?, quote(&self.config)?);
        Ok(format!(
            "{MARK} `keyward uninstall` takes it out again.\nexec {program} pre-receive --config {config}{then}\n"
        ))
    }

    /// What a text says, if it is one of ours.
    pub(crate) fn parse(text: &str) -> Option<Script> {
        let line = text.strip_prefix(MARK)?.split_once("\nexec ")?.1;
        let (program, rest) = unquote(line)?;
        let (config, rest) = unquote(rest.strip_prefix(" pre-receive --config ")?)?;
        let then = match rest.strip_prefix(" --then ") {
            Some(rest) => Some(unquote(rest)?.0),
            None => None,
        };
        Some(Script { program, config, then })
    }

    /// Reads the hook at a path; `None` where there is none, or another's.
    pub(crate) fn read(path: &Path) -> Option<Script> {
        let length = fs::metadata(path).ok().filter(fs::Metadata::is_file)?.len();
        (length <= LONGEST).then(|| fs::read_to_string(path).ok()).flatten().and_then(|text| Script::parse(&text))
    }

    /// Writes beside the hook and renames over it, so that a push never meets half a hook.
    ///
    /// # Errors
    /// The file could not be written.
    pub(crate) fn write(&self, hook: &Path) -> Result<()> {
        write_executable(hook, &self.render()?)
    }
}

fn write_executable(hook: &Path, script: &str) -> Result<()> {
    let name = hook.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Hidden, since a host that runs every file of a folder would run it too.
    let next = hook.with_file_name(format!(".{name}.keyward-new"));
    fs::write(&next, script).with_context(|| format!("could not write {}", next.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&next, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("could not make {} executable", next.display()))?;
    }
    fs::rename(&next, hook).with_context(|| format!("could not write {}", hook.display()))
}

/// Whether git would run the file as a hook.
pub(crate) fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    return fs::metadata(path).is_ok_and(|metadata| {
        metadata.is_file() && std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0
    });
    #[cfg(not(unix))]
    path.is_file()
}

/// A word for /bin/sh.
pub(crate) fn quote(path: &Path) -> Result<String> {
    let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

/// The word that a text begins with, and what follows it.
fn unquote(text: &str) -> Option<(PathBuf, &str)> {
    let mut word = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let (part, after) = rest.split_once('\'')?;
        word.push_str(part);
        match after.strip_prefix(r"\''") {
            Some(after) => {
                word.push('\'');
                rest = after;
            }
            None => return Some((PathBuf::from(word), after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::{MARK, Script};

    #[test]
    fn what_is_not_ours_is_none() {
        for text in ["", "#!/bin/sh\nexec true\n", MARK, &format!("{MARK}\nexec '/a' pre-receive --config '/b")] {
            assert_eq!(Script::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(program in "/[ -~]{0,20}", config in "/[ -~]{0,20}", then in proptest::option::of("/[ -~]{0,20}")) {
            let script = Script { program: program.into(), config: config.into(), then: then.map(PathBuf::from) };
            prop_assert_eq!(Script::parse(&script.render().expect("UTF-8")), Some(script));
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = Script::parse(&text);
            let _ = Script::parse(&format!("{MARK}\nexec {text}"));
        }
    }
}
