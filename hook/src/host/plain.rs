//! Plain bare repositories: one hook file in the folder where git looks, which `core.hooksPath` may move.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::repository::{check, global_path, hooks_folder};
use super::{HOOK, Layout, Newcomers, Protocol, Push, Said, Script, Seat, Standing, is_executable};

/// The hook that was there before, beside ours.
pub(super) const BEFORE: &str = "pre-receive.before-keyward";

/// Bare repositories that git serves by itself.
pub(super) struct Plain;

impl Layout for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn recognizes(&self, _path: &Path) -> bool {
        true
    }

    fn seat(&self, path: &Path) -> Result<Seat> {
        check(path)?;
        Ok(seat_in(&hooks_folder(path)?))
    }

    fn standing(&self, repository: &Path) -> Result<Standing> {
        let folder = hooks_folder(repository)?;
        let mut standing = Standing { places: vec![folder.join(HOOK)], ..Standing::default() };
        standing.aside.push((folder.join(BEFORE), "another file has taken its place".to_owned()));
        let own = repository.join("hooks");
        if own.canonicalize().ok() != folder.canonicalize().ok() {
            standing.aside.push((own.join(HOOK), format!("core.hooksPath leads to {}", folder.display())));
        }
        Ok(standing)
    }

    fn new_repositories(&self, _path: &Path) -> Newcomers {
        match nursery() {
            Ok(folder) if Script::read(&folder.hook()).is_some() && is_executable(&folder.hook()) => {
                Newcomers::Covered(format!("{}, by {}", folder.hook().display(), folder.setting()))
            }
            Ok(_) => Newcomers::Uncovered("run `keyward install --new-repositories`".to_owned()),
            Err(error) => Newcomers::Uncovered(format!("{error:#}")),
        }
    }

    fn said(&self, said: Said<'_>) -> Option<Push> {
        let protocol = if said("GATEWAY_INTERFACE").is_some() || said("REQUEST_METHOD").is_some() {
            Protocol::Http
        } else if said("SSH_CONNECTION").is_some() {
            Protocol::Ssh
        } else {
            Protocol::Unknown
        };
        Some(Push { repository: None, actor: said("REMOTE_USER"), protocol })
    }
}

/// The seat in a folder that holds one file for each hook.
pub(super) fn seat_in(folder: &Path) -> Seat {
    Seat { hook: folder.join(HOOK), before: Some(folder.join(BEFORE)), hides: None }
}

/// What git takes hooks of repositories from that are yet to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Nursery {
    /// `core.hooksPath` for all repositories: the template's hooks would never run.
    HooksPath(PathBuf),
    /// The folder that `init.templateDir` names, copied by `git init` and `git clone`.
    Template(PathBuf),
    /// Neither is set.
    None,
}

impl Nursery {
    fn setting(&self) -> &'static str {
        match self {
            Nursery::HooksPath(_) => "core.hooksPath",
            Nursery::Template(_) | Nursery::None => "init.templateDir",
        }
    }

    fn hook(&self) -> PathBuf {
        match self {
            Nursery::HooksPath(folder) => folder.join(HOOK),
            Nursery::Template(folder) => folder.join("hooks").join(HOOK),
            Nursery::None => PathBuf::new(),
        }
    }
}

/// Asks git which it is, for the user that runs this.
///
/// # Errors
/// Git could not be started.
pub(crate) fn nursery() -> Result<Nursery> {
    if let Some(folder) = global_path("core.hooksPath")? {
        return Ok(Nursery::HooksPath(folder));
    }
    Ok(global_path("init.templateDir")?.map_or(Nursery::None, Nursery::Template))
}
