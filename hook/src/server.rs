//! What the Git host says about a push in its environment: repository, actor. Texts from there are shown sanitized.

use std::env;
use std::path::Path;

use keyward_rules::printable;

/// Who pushes where.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// Name of the repository: the host's if it says so, else the last two folders of its path.
    pub(crate) repository: String,
    /// Who pushes, if the host says so.
    pub(crate) actor: Option<String>,
}

impl Server {
    /// Reads the environment of the hook of the repository at `git_dir`.
    pub(crate) fn of(git_dir: &Path) -> Server {
        let said =
            |name: &str| env::var(name).ok().filter(|value| !value.is_empty()).map(|value| printable(value.as_bytes()));
        let gitea = || Some(format!("{}/{}", said("GITEA_REPO_USER_NAME")?, said("GITEA_REPO_NAME")?));
        let repository =
            said("GL_PROJECT_PATH").or_else(|| said("GITHUB_REPO_NAME")).or_else(gitea).or_else(|| said("GL_REPO"));
        let actor = ["GL_USERNAME", "GITHUB_USER_LOGIN", "GITEA_PUSHER_NAME", "GL_USER", "REMOTE_USER"]
            .iter()
            .find_map(|name| said(name));
        Server { repository: repository.unwrap_or_else(|| from_path(git_dir)), actor }
    }
}

impl Server {
    /// Whether it is GitHub Enterprise Server, which gives the hooks of a push little time.
    pub(crate) fn is_enterprise(&self) -> bool {
        env::var_os("GITHUB_REPO_NAME").is_some_and(|name| !name.is_empty())
    }
}

fn from_path(git_dir: &Path) -> String {
    let full = git_dir.canonicalize().unwrap_or_else(|_| git_dir.to_path_buf());
    let mut parts: Vec<String> = full.iter().rev().take(2).map(|part| printable(part.as_encoded_bytes())).collect();
    parts.reverse();
    parts.retain(|part| part != "/");
    parts.join("/").trim_end_matches(".git").to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::from_path;

    #[test]
    fn a_path_names_its_repository() {
        assert_eq!(from_path(Path::new("/srv/git/group/app.git")), "group/app");
        assert_eq!(from_path(Path::new("/app.git")), "app");
    }
}
