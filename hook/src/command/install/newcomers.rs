//! Repositories that are yet to be made: the hook in the folder that git copies into each, or in the one that serves all.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::host::{HOOK, Host, Nursery, OURS, Script, make_folder_of, nursery, set_global_path};

/// Beside the configuration, where git has no template folder yet.
const TEMPLATE: &str = "template";

/// Writes the hook for new repositories.
///
/// # Errors
/// The host covers them in another way, another hook stands there, or git could not be asked.
pub(super) fn install(host: Host, config: &Path) -> Result<String> {
    let (hook, template) = match (host, nursery()?) {
        (Host::Plain, Nursery::HooksPath(folder)) => (folder.join(HOOK), None),
        (Host::Gitea, Nursery::HooksPath(folder)) => {
            bail!("core.hooksPath is set to {}, Gitea's hooks do not run with it; unset it", folder.display())
        }
        (Host::Plain | Host::Gitea, Nursery::Template(folder)) => (in_template(host, &folder), None),
        (Host::Plain | Host::Gitea, Nursery::None) => {
            let folder = config.parent().unwrap_or(Path::new("/")).join(TEMPLATE);
            (in_template(host, &folder), Some(folder))
        }
        (Host::Gitlab | Host::Gitolite | Host::Ghes, _) => bail!("{}", covered_otherwise(host)),
    };
    if hook.symlink_metadata().is_ok() && Script::read(&hook).is_none() {
        bail!("{} is another hook; take it away, or have it start Keyward", hook.display());
    }
    make_folder_of(&hook)?;
    Script::of(config, None)?.write(&hook)?;
    let mut text = format!("new repositories: {} runs Keyward\n", hook.display());
    if let Some(folder) = template {
        set_global_path("init.templateDir", &folder)?;
        text.push_str(&format!("init.templateDir: set to {} for this user\n", folder.display()));
    }
    Ok(text)
}

/// Takes that hook out again. The folder and git's setting stay.
///
/// # Errors
/// There is none of Keyward's, or it could not be removed.
pub(super) fn uninstall(host: Host) -> Result<String> {
    let hook = match (host, nursery()?) {
        (Host::Plain, Nursery::HooksPath(folder)) => folder.join(HOOK),
        (Host::Plain | Host::Gitea, Nursery::Template(folder)) => in_template(host, &folder),
        (Host::Plain | Host::Gitea, _) => {
            bail!("git copies no hook into new repositories: init.templateDir is not set")
        }
        (Host::Gitlab | Host::Gitolite | Host::Ghes, _) => bail!("{}", covered_otherwise(host)),
    };
    if Script::read(&hook).is_none() {
        bail!("there is no hook of Keyward's at {}", hook.display());
    }
    fs::remove_file(&hook).with_context(|| format!("could not remove {}", hook.display()))?;
    Ok(format!("new repositories: {} is gone\n", hook.display()))
}

fn in_template(host: Host, folder: &Path) -> PathBuf {
    let hooks = folder.join("hooks");
    if host == Host::Gitea { hooks.join(format!("{HOOK}.d")).join(OURS) } else { hooks.join(HOOK) }
}

fn covered_otherwise(host: Host) -> &'static str {
    match host {
        Host::Gitlab => {
            "GitLab covers new repositories by a folder: name the one of Gitaly's `custom_hooks_dir` as path"
        }
        Host::Gitolite => "gitolite covers new repositories by itself: name its home folder as path",
        _ => "GitHub Enterprise Server covers new repositories by the hook's setting, not by files",
    }
}
