//! GitHub Enterprise Server: a hook is a script in a repository on the appliance, run in an environment that the administrator uploads.
//! Nothing is installed by path; `keyward install --host ghes --tarball` writes the environment. Sources: GitHub's pages "Creating a
//! pre-receive hook environment" and "Creating a pre-receive hook script".

use std::path::Path;

use anyhow::{Result, bail};

use super::{Layout, Newcomers, Protocol, Push, Said, Seat, Standing};

/// Why a path means nothing here.
const BY_TARBALL: &str =
    "GitHub Enterprise Server takes hooks from an environment: `keyward install --host ghes --tarball FILE`";

/// GitHub Enterprise Server.
pub(super) struct Ghes;

impl Layout for Ghes {
    fn name(&self) -> &'static str {
        "GitHub Enterprise Server"
    }

    fn recognizes(&self, _path: &Path) -> bool {
        false
    }

    fn seat(&self, _path: &Path) -> Result<Seat> {
        bail!("{BY_TARBALL}")
    }

    fn standing(&self, _repository: &Path) -> Result<Standing> {
        bail!("{BY_TARBALL}")
    }

    fn new_repositories(&self, _path: &Path) -> Newcomers {
        Newcomers::Uncovered("enable the hook for all repositories in the enterprise's settings".to_owned())
    }

    fn said(&self, said: Said<'_>) -> Option<Push> {
        let repository = said("GITHUB_REPO_NAME")?;
        let protocol = if said("GITHUB_VIA").is_some() {
            Protocol::Web
        } else if said("GITHUB_PUBLIC_KEY_FINGERPRINT").is_some() {
            Protocol::Ssh
        } else {
            Protocol::Http
        };
        Some(Push { repository: Some(repository), actor: said("GITHUB_USER_LOGIN"), protocol })
    }
}
