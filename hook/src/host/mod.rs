//! Git hosts: where each keeps its hooks, how a repository of it is known, what it tells a hook. One file for each; what they share
//! (repositories on disk, the hook's file, whether a repository is covered) stands beside them. Nothing here looks at a push.

mod coverage;
mod find;
mod ghes;
mod gitea;
mod gitlab;
mod gitolite;
mod plain;
pub(crate) mod repository;
mod script;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

pub(crate) use coverage::{Coverage, Fault, Tried, coverage};
pub(crate) use find::repositories;
pub(crate) use gitlab::{CUSTOM, FOLDER as CUSTOM_FOLDER, hooks_dir, order as gitlab_order};
pub(crate) use plain::{Nursery, nursery};
pub(crate) use repository::{foreign_owner, set_global_path};
pub(crate) use script::{Script, is_executable, quote};

/// The hook's name, in git and on every host.
pub(crate) const HOOK: &str = "pre-receive";

/// What Keyward's file is called where a folder holds all hooks.
pub(crate) const OURS: &str = "keyward";

/// A kind of Git host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Host {
    /// Bare repositories over SSH, HTTP or a file system
    Plain,
    /// Gitea and Forgejo
    Gitea,
    /// GitLab, self-managed
    Gitlab,
    /// Gitolite 3
    Gitolite,
    /// GitHub Enterprise Server
    Ghes,
}

/// What differs from host to host.
pub(crate) trait Layout {
    /// The host's name as a person writes it.
    fn name(&self) -> &'static str;

    /// Whether a path is a repository, or a place for hooks, of this host.
    fn recognizes(&self, path: &Path) -> bool;

    /// Where the hook goes for a repository, or for all that the host has.
    ///
    /// # Errors
    /// The path is none of this host's, or a hook there would be lost or never run.
    fn seat(&self, path: &Path) -> Result<Seat>;

    /// Where the host looks for hooks of a repository.
    ///
    /// # Errors
    /// The repository's configuration could not be read.
    fn standing(&self, repository: &Path) -> Result<Standing>;

    /// What stands for all repositories that one file serves, so that the work is done once.
    fn serves_all(&self, _path: &Path) -> Option<PathBuf> {
        None
    }

    /// What is left to do after hooks were written or taken out; a note for the administrator.
    ///
    /// # Errors
    /// The host's own command failed.
    fn settle(&self, _path: &Path) -> Result<Option<String>> {
        Ok(None)
    }

    /// Whether repositories made later get the hook, and what to do if not.
    fn new_repositories(&self, path: &Path) -> Newcomers;

    /// What the host would set for a push of its own, so that its other hooks let a proof pass.
    fn pass(&self, _repository: &Path) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What the host tells a running hook; `None` if it is not this host that runs it.
    fn said(&self, said: Said<'_>) -> Option<Push>;
}

/// A variable of the hook's environment, made safe to show; `None` where it is not set or empty.
pub(crate) type Said<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a host tells about a push.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Push {
    /// The repository's name.
    pub(crate) repository: Option<String>,
    /// Who pushes.
    pub(crate) actor: Option<String>,
    /// By which road.
    pub(crate) protocol: Protocol,
}

/// By which road a change came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// The host does not say, as for a push over the file system.
    #[default]
    Unknown,
    /// `git push` over SSH.
    Ssh,
    /// `git push` over HTTP.
    Http,
    /// No push of anybody's git: an edit or merge in the browser, or over the host's API.
    Web,
}

/// Where a hook goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    /// The hook's file.
    pub(crate) hook: PathBuf,
    /// What a hook that is there is renamed to, where there is room for one only.
    pub(crate) before: Option<PathBuf>,
    /// A hook that ours would hide, and so starts.
    pub(crate) hides: Option<PathBuf>,
}

/// Where a host looks for hooks of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The files that run, in this order.
    pub(crate) places: Vec<PathBuf>,
    /// Why none of them runs.
    pub(crate) blocked: Option<String>,
    /// Files that do not run although hooks of this host are often put there, and why.
    pub(crate) aside: Vec<(PathBuf, String)>,
}

/// Whether repositories made later get the hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Newcomers {
    /// They do, by this.
    Covered(String),
    /// They do not; this helps.
    Uncovered(String),
}

impl Host {
    /// The host that a path is of.
    pub(crate) fn of(path: &Path) -> Host {
        let special = [Host::Gitolite, Host::Gitlab, Host::Gitea];
        special.into_iter().find(|host| host.layout().recognizes(path)).unwrap_or(Host::Plain)
    }

    /// What is known of the host.
    pub(crate) fn layout(self) -> &'static dyn Layout {
        match self {
            Host::Plain => &plain::Plain,
            Host::Gitea => &gitea::Gitea,
            Host::Gitlab => &gitlab::Gitlab,
            Host::Gitolite => &gitolite::Gitolite,
            Host::Ghes => &ghes::Ghes,
        }
    }

    /// The host that runs this hook, by its environment, and what it tells.
    pub(crate) fn running(said: Said<'_>) -> (Host, Push) {
        let special = [Host::Ghes, Host::Gitlab, Host::Gitea, Host::Gitolite];
        let found = special.into_iter().find_map(|host| Some((host, host.layout().said(said)?)));
        found.unwrap_or_else(|| (Host::Plain, Host::Plain.layout().said(said).unwrap_or_default()))
    }
}

/// The folder that a hook's file is to lie in, made if it is not there.
///
/// # Errors
/// It could not be made.
pub(crate) fn make_folder_of(hook: &Path) -> Result<()> {
    let folder = hook.parent().context("a hook lies in a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::{Host, Protocol, Push};

    fn running(variables: &[(&str, &str)]) -> (Host, Push) {
        let said =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Host::running(&said)
    }

    fn push(repository: &str, actor: &str, protocol: Protocol) -> Push {
        Push { repository: Some(repository.to_owned()), actor: Some(actor.to_owned()), protocol }
    }

    #[test]
    fn gitlab_tells_project_user_and_protocol() {
        let said = |protocol, repository| {
            running(&[
                ("GL_ID", "user-7"),
                ("GL_USERNAME", "ann"),
                ("GL_PROJECT_PATH", "group/app"),
                ("GL_REPOSITORY", repository),
                ("GL_PROTOCOL", protocol),
            ])
        };
        assert_eq!(said("ssh", "project-1"), (Host::Gitlab, push("group/app", "ann", Protocol::Ssh)));
        assert_eq!(said("http", "wiki-1"), (Host::Gitlab, push("group/app.wiki", "ann", Protocol::Http)));
        assert_eq!(said("web", "project-1"), (Host::Gitlab, push("group/app", "ann", Protocol::Web)));
    }

    #[test]
    fn a_gitlab_key_without_a_user_is_told_by_its_id() {
        let (_, push) = running(&[("GL_ID", "key-4"), ("GL_REPOSITORY", "project-1"), ("GL_PROTOCOL", "ssh")]);
        assert_eq!(push, Push { repository: None, actor: Some("key-4".into()), protocol: Protocol::Ssh });
    }

    #[test]
    fn gitea_tells_owner_name_and_pusher_and_its_command_the_road() {
        let said = |command| {
            running(&[
                ("GITEA_REPO_USER_NAME", "group"),
                ("GITEA_REPO_NAME", "app"),
                ("GITEA_PUSHER_NAME", "ann"),
                ("SSH_ORIGINAL_COMMAND", command),
            ])
        };
        assert_eq!(said("gitea-internal"), (Host::Gitea, push("group/app", "ann", Protocol::Web)));
        assert_eq!(said("receive-pack"), (Host::Gitea, push("group/app", "ann", Protocol::Http)));
        assert_eq!(said("git-receive-pack 'group/app.git'"), (Host::Gitea, push("group/app", "ann", Protocol::Ssh)));
    }

    #[test]
    fn gitolite_tells_repository_and_user() {
        let told = running(&[("GL_REPO", "app"), ("GL_USER", "ann"), ("SSH_CONNECTION", "::1 1 ::1 22")]);
        assert_eq!(told, (Host::Gitolite, push("app", "ann", Protocol::Ssh)));
        let told = running(&[
            ("GL_REPO", "app"),
            ("GL_USER", "ann"),
            ("SSH_CONNECTION", "::1 1 ::1 22"),
            ("REQUEST_URI", "/git/app"),
        ]);
        assert_eq!(told.1.protocol, Protocol::Http);
    }

    #[test]
    fn github_enterprise_server_tells_name_login_and_what_was_clicked() {
        let said = |via: &[(&str, &str)]| {
            let mut variables = vec![("GITHUB_REPO_NAME", "group/app"), ("GITHUB_USER_LOGIN", "ann")];
            variables.extend_from_slice(via);
            running(&variables)
        };
        assert_eq!(said(&[("GITHUB_VIA", "blob#save")]), (Host::Ghes, push("group/app", "ann", Protocol::Web)));
        let ssh = said(&[("GITHUB_PUBLIC_KEY_FINGERPRINT", "a1:b2")]);
        assert_eq!(ssh, (Host::Ghes, push("group/app", "ann", Protocol::Ssh)));
        assert_eq!(said(&[]).1.protocol, Protocol::Http);
    }

    #[test]
    fn a_plain_server_tells_what_its_front_end_knows() {
        let http = running(&[("REMOTE_USER", "ann"), ("GATEWAY_INTERFACE", "CGI/1.1")]);
        assert_eq!(http.1, Push { repository: None, actor: Some("ann".into()), protocol: Protocol::Http });
        assert_eq!(running(&[("SSH_CONNECTION", "::1 1 ::1 22")]).1.protocol, Protocol::Ssh);
        assert_eq!(running(&[]), (Host::Plain, Push::default()));
    }
}
