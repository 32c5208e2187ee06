//! What the Git host says about a push in its environment: repository, actor, by which road. Texts from there are shown sanitized.

use std::env;
use std::path::Path;

use keyward_rules::printable;

use crate::host::{Host, Protocol, Push};

/// Set by `keyward doctor` for its own pushes: the push's name, which the receipt repeats. It changes no verdict.
pub(crate) const DOCTOR: &str = "KEYWARD_DOCTOR";

/// Who is said to push where that is `keyward doctor`.
const DOCTOR_NAME: &str = "keyward doctor";

/// Longest name of such a push, in bytes.
const LONGEST_NONCE: usize = 32;

/// Who pushes where.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// Name of the repository: the host's if it says so, else the last two folders of its path.
    pub(crate) repository: String,
    /// Who pushes, if the host says so.
    pub(crate) actor: Option<String>,
    /// The host that runs the hook.
    pub(crate) host: Host,
    /// By which road the push came.
    pub(crate) protocol: Protocol,
    /// The name of the push, where it is a proof of `keyward doctor`.
    pub(crate) proof: Option<String>,
}

impl Server {
    /// Reads the environment of the hook of the repository at `git_dir`.
    pub(crate) fn of(git_dir: &Path) -> Server {
        let said =
            |name: &str| env::var(name).ok().filter(|value| !value.is_empty()).map(|value| printable(value.as_bytes()));
        let (host, Push { repository, actor, protocol }) = Host::running(&said);
        let proof = said(DOCTOR).filter(|nonce| is_nonce(nonce));
        let actor = if proof.is_some() { Some(DOCTOR_NAME.to_owned()) } else { actor };
        Server { repository: repository.unwrap_or_else(|| from_path(git_dir)), actor, host, protocol, proof }
    }

    /// Whether the change was made in a browser or over an API, so that nobody's git shows the message.
    pub(crate) fn is_web(&self) -> bool {
        self.protocol == Protocol::Web
    }
}

/// The line by which the hook tells `keyward doctor` that it ran, what its verdict was and whether it saw the canary.
pub(crate) fn receipt(nonce: &str, rejected: bool, seen: bool) -> String {
    let verdict = if rejected { "rejected" } else { "accepted" };
    let canary = if seen { "seen" } else { "not seen" };
    format!("keyward doctor {nonce}: {verdict}, canary {canary}")
}

fn is_nonce(text: &str) -> bool {
    (1..=LONGEST_NONCE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
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

    use super::{from_path, is_nonce};

    #[test]
    fn a_path_names_its_repository() {
        assert_eq!(from_path(Path::new("/srv/git/group/app.git")), "group/app");
        assert_eq!(from_path(Path::new("/app.git")), "app");
    }

    #[test]
    fn a_proof_has_a_short_hexadecimal_name() {
        assert!(is_nonce("0123456789abcdef"));
        for text in ["", "xyz", "0123456789abcdef0123456789abcdef0", "ab cd"] {
            assert!(!is_nonce(text), "{text}");
        }
    }
}
