//! Runs the git of this machine, with no setting of this machine: what the caller has configured or is in the middle of changes nothing.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Settings for every repository of a scratch folder. Nothing is written through to the disk, and nothing still runs when a shape is
/// over.
pub(super) const CONFIG: &str = "[user]
    name = Dev
    email = dev@example.com
[core]
    compression = 1
    fsync = none
[gc]
    auto = 0
[maintenance]
    auto = false
[receive]
    autogc = false
[protocol \"file\"]
    allow = always
";

/// Variables that a program needs to start at all.
const KEPT: [&str; 3] = ["PATH", "TMPDIR", "LD_LIBRARY_PATH"];

/// Why a shape cannot be pushed on this machine.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotRun(pub(super) String);

/// Makes sure that there is a git.
pub(super) fn check() -> Result<()> {
    must(git(&std::env::temp_dir(), &std::env::temp_dir()).arg("version"), b"").map(drop)
}

/// What git said and how it ended.
pub(super) struct Done {
    pub(super) good: bool,
    pub(super) out: Vec<u8>,
    pub(super) err: String,
}

/// A `git` in `folder` that reads the configuration in `home` and its repository's own.
pub(super) fn git(home: &Path, folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).env_clear();
    command.envs(KEPT.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))));
    command.env("HOME", home).env("GIT_CONFIG_GLOBAL", home.join("gitconfig")).env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command
}

/// Runs it with `input` on standard input.
pub(super) fn run(command: &mut Command, input: &[u8]) -> Result<Done> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("could not run `git`; is it installed?")?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // In a thread, since git may write before it has read everything.
        scope.spawn(move || {
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(input);
            }
        });
        child.wait_with_output()
    });
    let output = output.context("could not wait for git")?;
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Done { good: output.status.success(), out: output.stdout, err })
}

/// Runs it, which must go well; what it printed.
pub(super) fn must(command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
    let done = run(command, input)?;
    if !done.good {
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).take(6).collect();
        bail!("`git {}` failed: {}", words.join(" "), done.err.trim());
    }
    Ok(done.out)
}
