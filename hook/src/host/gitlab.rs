//! GitLab, self-managed: Gitaly runs `custom_hooks` of the repository, then the folder that `custom_hooks_dir` names, each file that is
//! executable, in the order of names. Sources: GitLab's page "Git server hooks" and Gitaly's internal/gitaly/hook/custom.go.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::repository::{check, is_repository};
use super::{HOOK, Layout, Newcomers, OURS, Protocol, Push, Said, Seat, Standing};

/// The folder in a repository that holds its hooks.
pub(crate) const CUSTOM: &str = "custom_hooks";

/// The folder whose files all run.
pub(crate) const FOLDER: &str = "pre-receive.d";

/// Where the Linux package keeps Gitaly's configuration.
const GITALY: &str = "/var/opt/gitlab/gitaly/config.toml";

/// GitLab.
pub(super) struct Gitlab;

impl Layout for Gitlab {
    fn name(&self) -> &'static str {
        "GitLab"
    }

    fn recognizes(&self, path: &Path) -> bool {
        if !is_repository(path) {
            return path.file_name().is_some_and(|name| name == CUSTOM) || path.join(FOLDER).is_dir();
        }
        // Gitaly keeps repositories of projects below such folders, and a mark at the root of each storage.
        path.join(CUSTOM).is_dir()
            || path.ancestors().any(|folder| {
                folder.file_name().is_some_and(|name| name == "@hashed" || name == "@groups" || name == "@snippets")
                    || folder.join(".gitaly-metadata").is_file()
            })
    }

    fn seat(&self, path: &Path) -> Result<Seat> {
        let folder = if is_repository(path) {
            check(path)?;
            path.join(CUSTOM)
        } else if path.is_dir() {
            path.to_owned()
        } else {
            bail!("it is neither a repository nor the folder that `custom_hooks_dir` of Gitaly names");
        };
        Ok(Seat { hook: folder.join(FOLDER).join(OURS), before: None, hides: None })
    }

    fn standing(&self, repository: &Path) -> Result<Standing> {
        Ok(Standing { places: order(repository, hooks_dir().as_deref()), ..Standing::default() })
    }

    fn new_repositories(&self, path: &Path) -> Newcomers {
        let global = if is_repository(path) { hooks_dir() } else { hooks_dir().or_else(|| Some(path.to_owned())) };
        let covering = global.iter().flat_map(|folder| sorted(&folder.join(FOLDER))).find(|file| runs_ours(file));
        match covering {
            Some(file) => Newcomers::Covered(format!("{}, by custom_hooks_dir", file.display())),
            None => Newcomers::Uncovered(
                "run `keyward install --host gitlab DIR`, DIR being Gitaly's `custom_hooks_dir`".to_owned(),
            ),
        }
    }

    fn said(&self, said: Said<'_>) -> Option<Push> {
        let id = said("GL_REPOSITORY");
        if id.is_none() && said("GL_PROJECT_PATH").is_none() {
            return None;
        }
        let protocol = match said("GL_PROTOCOL").as_deref() {
            Some("ssh") => Protocol::Ssh,
            Some("http") => Protocol::Http,
            Some("web") => Protocol::Web,
            _ => Protocol::Unknown,
        };
        let repository = said("GL_PROJECT_PATH").map(|path| named(path, id.as_deref().unwrap_or_default()));
        Some(Push { repository, actor: said("GL_USERNAME").or_else(|| said("GL_ID")), protocol })
    }
}

/// A project's wiki and designs are repositories of their own under the project's path.
fn named(path: String, id: &str) -> String {
    let kind = id.split('-').next().unwrap_or_default();
    let end = format!(".{kind}");
    if matches!(kind, "wiki" | "design") && !path.ends_with(&end) { path + &end } else { path }
}

/// The files that Gitaly would run for a repository, in its order.
pub(crate) fn order(repository: &Path, global: Option<&Path>) -> Vec<PathBuf> {
    let custom = repository.join(CUSTOM);
    let mut files = vec![custom.join(HOOK)];
    files.extend(sorted(&custom.join(FOLDER)));
    files.extend(global.iter().flat_map(|folder| sorted(&folder.join(FOLDER))));
    files.retain(|file| !file.to_string_lossy().ends_with('~') && file.is_file());
    files
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn runs_ours(file: &Path) -> bool {
    super::Script::read(file).is_some() && super::is_executable(file)
}

/// The folder of hooks for all repositories, as Gitaly's configuration names it.
pub(crate) fn hooks_dir() -> Option<PathBuf> {
    let file = std::env::var_os("KEYWARD_GITALY_CONFIG").map_or_else(|| PathBuf::from(GITALY), PathBuf::from);
    let text = fs::read_to_string(file).ok()?;
    hooks_dir_of(&text)
}

fn hooks_dir_of(text: &str) -> Option<PathBuf> {
    let table: toml::Table = toml::from_str(text).ok()?;
    let folder = table.get("hooks")?.get("custom_hooks_dir")?.as_str()?;
    (!folder.is_empty()).then(|| PathBuf::from(folder))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::hooks_dir_of;

    #[test]
    fn gitalys_configuration_names_the_folder() {
        let text =
            "[git]\nbin_path = '/opt/git'\n[hooks]\ncustom_hooks_dir = \"/var/opt/gitlab/gitaly/custom_hooks\"\n";
        assert_eq!(hooks_dir_of(text), Some(PathBuf::from("/var/opt/gitlab/gitaly/custom_hooks")));
        assert_eq!(hooks_dir_of("[hooks]\ncustom_hooks_dir = ''"), None);
        assert_eq!(hooks_dir_of("not toml"), None);
    }
}
