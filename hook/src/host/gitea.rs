//! Gitea and Forgejo: `hooks/pre-receive` is theirs and made anew by them; it runs every executable file of `hooks/pre-receive.d`, so that
//! is where Keyward's file goes. Sources: Gitea's modules/gitrepo/hooks.go (the script) and modules/repository/env.go (the variables).

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::plain::{Nursery, nursery};
use super::repository::{check, hooks_folder};
use super::{HOOK, Layout, Newcomers, OURS, Protocol, Push, Said, Script, Seat, Standing, is_executable};

/// The folder beside the hook whose files the hook runs.
const FOLDER: &str = "pre-receive.d";

/// Gitea and its fork Forgejo.
pub(super) struct Gitea;

impl Layout for Gitea {
    fn name(&self) -> &'static str {
        "Gitea"
    }

    fn recognizes(&self, path: &Path) -> bool {
        let hooks = path.join("hooks");
        hooks.join(FOLDER).join("gitea").is_file() || hooks.join(FOLDER).join("forgejo").is_file()
    }

    fn seat(&self, path: &Path) -> Result<Seat> {
        check(path)?;
        if let Some(reason) = blocked(path)? {
            bail!("{reason}");
        }
        Ok(Seat { hook: path.join("hooks").join(FOLDER).join(OURS), before: None, hides: None })
    }

    fn standing(&self, repository: &Path) -> Result<Standing> {
        let ours = repository.join("hooks").join(FOLDER).join(OURS);
        Ok(Standing { places: vec![ours], blocked: blocked(repository)?, aside: Vec::new() })
    }

    fn new_repositories(&self, _path: &Path) -> Newcomers {
        let Ok(Nursery::Template(folder)) = nursery() else { return uncovered() };
        let hook = folder.join("hooks").join(FOLDER).join(OURS);
        if Script::read(&hook).is_some() && is_executable(&hook) {
            let user = "for the HOME that this command has; Gitea's is HOME_PATH in its app.ini";
            return Newcomers::Covered(format!("{}, by init.templateDir, {user}", hook.display()));
        }
        uncovered()
    }

    fn pass(&self, repository: &Path) -> Vec<(&'static str, String)> {
        // Gitea's own hook ends at once on a push that it believes to be one of Gitea itself, and asks its server otherwise.
        let name =
            |path: Option<&Path>| path.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        vec![
            ("GITEA_INTERNAL_PUSH", "true".to_owned()),
            ("GITEA_REPO_USER_NAME", name(repository.parent())),
            ("GITEA_REPO_NAME", name(Some(repository)).trim_end_matches(".git").to_owned()),
        ]
    }

    fn said(&self, said: Said<'_>) -> Option<Push> {
        let repository = format!("{}/{}", said("GITEA_REPO_USER_NAME")?, said("GITEA_REPO_NAME")?);
        let protocol = match said("SSH_ORIGINAL_COMMAND").as_deref() {
            Some("gitea-internal") => Protocol::Web,
            // Over HTTP it is the service's bare name, over SSH what the client asked for.
            Some("receive-pack") => Protocol::Http,
            Some(_) => Protocol::Ssh,
            None => Protocol::Unknown,
        };
        Some(Push { repository: Some(repository), actor: said("GITEA_PUSHER_NAME"), protocol })
    }
}

fn uncovered() -> Newcomers {
    Newcomers::Uncovered("run `keyward install --host gitea --all ROOT` by a timer, see docs/hosts.md".to_owned())
}

/// Why the files in the folder would not run.
fn blocked(repository: &Path) -> Result<Option<String>> {
    let folder = hooks_folder(repository)?;
    if folder.canonicalize().ok() != repository.join("hooks").canonicalize().ok() {
        return Ok(Some(format!("core.hooksPath leads to {}, Gitea's hooks do not run", folder.display())));
    }
    let own = folder.join(HOOK);
    let runs = fs::read_to_string(&own).unwrap_or_default();
    let regenerate = "let Gitea make it anew: `gitea admin regenerate hooks`";
    Ok(if runs.is_empty() {
        Some(format!("{} is missing, {regenerate}", own.display()))
    } else if !runs.contains(".d/") {
        Some(format!("{} does not run {FOLDER}, {regenerate}", own.display()))
    } else if !is_executable(&own) {
        Some(format!("{} is not executable, {regenerate}", own.display()))
    } else {
        None
    })
}
