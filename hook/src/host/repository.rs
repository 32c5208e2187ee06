//! Bare repositories as they lie on disk: whether a folder is one, what its configuration says, where its hooks are.
//! Objects and refs are not touched, so every object format and every way to keep refs is the same here.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use git2::{Config, ConfigLevel, Repository};

/// Whether a folder holds a repository's files.
pub(crate) fn is_repository(path: &Path) -> bool {
    path.join("HEAD").symlink_metadata().is_ok() && path.join("objects").is_dir()
}

/// Checks that pushes can go to a path.
///
/// # Errors
/// It is no bare repository.
pub(crate) fn check(path: &Path) -> Result<()> {
    if path.join(".git").symlink_metadata().is_ok() {
        bail!("it has a work tree; pushes go to bare repositories, name one of those");
    }
    if !path.is_dir() {
        bail!("there is no such folder");
    }
    if !is_repository(path) {
        bail!("there is no repository: HEAD or objects is missing");
    }
    let bare = settings(path)?.get_bool("core.bare").unwrap_or(true);
    if !bare {
        bail!("it belongs to a work tree; pushes go to bare repositories, name one of those");
    }
    Ok(())
}

/// The user that owns a path, where it is another than the one that this runs as. A hook runs as the owner.
pub(crate) fn foreign_owner(path: &Path) -> Option<u32> {
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        let of = |path: &Path| std::fs::metadata(path).ok().map(|metadata| metadata.uid());
        let owner = of(path)?;
        (owner != of(Path::new("/proc/self"))?).then_some(owner)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        None
    }
}

/// The repository's configuration with the user's and the system's, as git reads it there.
///
/// # Errors
/// A file of it could not be read.
pub(crate) fn settings(path: &Path) -> Result<Config> {
    let unreadable = || format!("could not read the configuration of {}", path.display());
    // Opened as a whole, conditional includes count too.
    if let Ok(repository) = Repository::open_bare(path) {
        return repository.config().with_context(unreadable);
    }
    let mut config = Config::open_default().with_context(unreadable)?;
    config.add_file(&path.join("config"), ConfigLevel::Local, false).with_context(unreadable)?;
    Ok(config)
}

/// The folder in which git looks for the repository's hooks: `core.hooksPath` moves it, and a hook elsewhere would never run.
///
/// # Errors
/// The configuration could not be read.
pub(crate) fn hooks_folder(path: &Path) -> Result<PathBuf> {
    let full = path.canonicalize().with_context(|| format!("could not find {}", path.display()))?;
    Ok(match settings(path)?.get_path("core.hooksPath") {
        Ok(folder) if folder.is_absolute() => folder,
        Ok(folder) => full.join(folder),
        Err(_) => full.join("hooks"),
    })
}

/// Asks git for a path that the user's or the system's configuration names.
///
/// # Errors
/// Git could not be started.
pub(crate) fn global_path(name: &str) -> Result<Option<PathBuf>> {
    let mut command = Command::new("git");
    // At the root, so that no repository around has a say.
    command.args(["config", "--type=path", "--get", name]).current_dir("/");
    let output = command.output().context("could not run git")?;
    let text = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
    Ok((output.status.success() && !text.is_empty()).then(|| PathBuf::from(text)))
}

/// Sets a path in the user's configuration.
///
/// # Errors
/// Git could not be started, or could not write the file.
pub(crate) fn set_global_path(name: &str, path: &Path) -> Result<()> {
    let mut command = Command::new("git");
    command.args(["config", "--global", name]).arg(path).current_dir("/");
    let output = command.output().context("could not run git")?;
    if !output.status.success() {
        bail!("could not set {name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
