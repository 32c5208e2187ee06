//! The hooks folder that a proof's push is given: a `pre-receive` alone, which starts what would have been started without the proof.
//! So no mail is sent and nothing is deployed by hooks that run after a push.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::host::{HOOK, Host, gitlab_order, hooks_dir, quote};

/// Fills `folder` for pushes to a repository.
///
/// # Errors
/// Git could not be asked where it looks for hooks, or a file could not be written.
pub(super) fn write(folder: &Path, repository: &Path, host: Host) -> Result<()> {
    let script = match host {
        Host::Gitlab => in_gitalys_order(&gitlab_order(repository, hooks_dir().as_deref()))?,
        _ => as_git_looks(&hooks_path(repository)?)?,
    };
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let hook = folder.join(HOOK);
    fs::write(&hook, script).with_context(|| format!("could not write {}", hook.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("could not make {} executable", hook.display()))?;
    }
    Ok(())
}

/// Where git itself says that it looks, from the repository's folder.
fn hooks_path(repository: &Path) -> Result<PathBuf> {
    let mut command = Command::new("git");
    command.args(["--git-dir=.", "rev-parse", "--git-path", "hooks"]).current_dir(repository);
    let output = command.output().context("could not run git")?;
    if !output.status.success() {
        bail!("git says: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end_matches('\n')))
}

/// Git runs an executable hook by this very path, and passes over one that is not.
fn as_git_looks(folder: &Path) -> Result<String> {
    let hook = quote(&folder.join(HOOK))?;
    Ok(format!("#!/bin/sh\n[ -x {hook} ] || exit 0\nexec {hook}\n"))
}

/// Gitaly runs one after the other until one fails, each with the whole input, and does not pass git's name of the quarantine on.
fn in_gitalys_order(files: &[PathBuf]) -> Result<String> {
    let mut script = "#!/bin/sh\nunset GIT_QUARANTINE_PATH\ninput=$(cat)\n".to_owned();
    for file in files {
        let hook = quote(file)?;
        script.push_str(&format!("if [ -x {hook} ]; then printf '%s\\n' \"$input\" | {hook} || exit 1; fi\n"));
    }
    Ok(script)
}
