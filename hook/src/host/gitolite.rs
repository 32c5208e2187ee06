//! Gitolite 3: `hooks/common` is linked into every repository, old and new, so one file there covers all. Gitolite removes what stands in
//! the way of its links, so nothing is installed where a repository has a hook of its own. Sources: its page "hooks" and Conf/Store.pm.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::plain::{BEFORE, Plain};
use super::repository::{hooks_folder, is_repository};
use super::{HOOK, Layout, Newcomers, Protocol, Push, Said, Script, Seat, Standing, is_executable, repositories};

/// Repositories named in one message.
const NAMED: usize = 5;

/// Gitolite.
pub(super) struct Gitolite;

impl Layout for Gitolite {
    fn name(&self) -> &'static str {
        "gitolite"
    }

    fn recognizes(&self, path: &Path) -> bool {
        home_of(path).is_some()
    }

    fn seat(&self, path: &Path) -> Result<Seat> {
        let site = Site::of(path)?;
        site.refuse_to_replace()?;
        let hides = site.local_hook().filter(|hook| is_executable(hook));
        Ok(Seat { hook: site.common().join(HOOK), before: Some(site.admin.join("hooks").join(BEFORE)), hides })
    }

    fn standing(&self, repository: &Path) -> Result<Standing> {
        let mut standing = Plain.standing(repository)?;
        let hook = hooks_folder(repository)?.join(HOOK);
        let reason = match fs::read_link(&hook) {
            Ok(target) => format!("{} leads to {}", hook.display(), target.display()),
            Err(_) if hook.exists() => format!("{} is a file of its own", hook.display()),
            Err(_) => "its link is missing: `gitolite setup --hooks-only` makes it".to_owned(),
        };
        if let Some(admin) = admin_of(repository) {
            standing.aside.insert(0, (admin.join("hooks").join("common").join(HOOK), reason));
        }
        Ok(standing)
    }

    fn serves_all(&self, path: &Path) -> Option<PathBuf> {
        home_of(path)
    }

    fn settle(&self, path: &Path) -> Result<Option<String>> {
        let site = Site::of(path)?;
        site.run(&["setup", "--hooks-only"])?;
        let found = repositories(&site.repositories)?.paths;
        // Gitolite leaves links behind whose file is gone.
        for hook in found.iter().map(|repository| repository.join("hooks").join(HOOK)) {
            if fs::read_link(&hook).is_ok_and(|target| target == site.common().join(HOOK)) && !hook.exists() {
                fs::remove_file(&hook).with_context(|| format!("could not remove {}", hook.display()))?;
            }
        }
        let linked = found.iter().filter(|repository| Script::read(&repository.join("hooks").join(HOOK)).is_some());
        Ok(Some(format!("{} of {} repositories have it, and new ones will", linked.count(), found.len())))
    }

    fn new_repositories(&self, path: &Path) -> Newcomers {
        let hook = home_of(path)
            .map(|home| admin_of(path).unwrap_or_else(|| home.join(".gitolite")))
            .map(|admin| admin.join("hooks").join("common").join(HOOK));
        match hook.filter(|hook| Script::read(hook).is_some() && is_executable(hook)) {
            Some(hook) => Newcomers::Covered(format!("{}, linked into each", hook.display())),
            None => Newcomers::Uncovered("run `keyward install` on gitolite's home folder".to_owned()),
        }
    }

    fn pass(&self, repository: &Path) -> Vec<(&'static str, String)> {
        let base = home_of(repository).map(|home| home.join("repositories"));
        let inside = base.as_deref().and_then(|base| repository.strip_prefix(base).ok()).unwrap_or(repository);
        let name = inside.to_string_lossy().trim_end_matches(".git").to_owned();
        // Gitolite's documented way for a push from the server itself.
        vec![("GL_BYPASS_ACCESS_CHECKS", "1".to_owned()), ("GL_REPO", name)]
    }

    fn said(&self, said: Said<'_>) -> Option<Push> {
        let repository = said("GL_REPO")?;
        // Over HTTP gitolite makes up a connection too.
        let protocol = match (said("REQUEST_URI"), said("SSH_CONNECTION")) {
            (Some(_), _) => Protocol::Http,
            (None, Some(_)) => Protocol::Ssh,
            (None, None) => Protocol::Unknown,
        };
        Some(Push { repository: Some(repository), actor: said("GL_USER"), protocol })
    }
}

/// One installation of gitolite.
struct Site {
    home: PathBuf,
    admin: PathBuf,
    repositories: PathBuf,
    local: Option<PathBuf>,
}

impl Site {
    fn of(path: &Path) -> Result<Site> {
        let full = std::path::absolute(path).with_context(|| format!("could not find {}", path.display()))?;
        let home = home_of(&full).context("it is neither gitolite's home folder nor a repository of gitolite")?;
        let unknown = Site { home, admin: PathBuf::new(), repositories: PathBuf::new(), local: None };
        let admin = unknown.query("GL_ADMIN_BASE")?.context("gitolite does not say where GL_ADMIN_BASE is")?;
        let base = unknown.query("GL_REPO_BASE")?.context("gitolite does not say where GL_REPO_BASE is")?;
        let local = unknown.query("LOCAL_CODE")?;
        Ok(Site { admin, repositories: base, local, ..unknown })
    }

    fn common(&self) -> PathBuf {
        self.admin.join("hooks").join("common")
    }

    /// A hook of the administrator's that gitolite would link if there were none in its own folder.
    fn local_hook(&self) -> Option<PathBuf> {
        self.local.as_ref().map(|local| local.join("hooks").join("common").join(HOOK))
    }

    fn query(&self, name: &str) -> Result<Option<PathBuf>> {
        let output =
            self.command().args(["query-rc", name]).output().context("could not run gitolite; is it on PATH?")?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok((output.status.success() && !text.is_empty()).then(|| PathBuf::from(text)))
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        let output = self.command().args(arguments).output().context("could not run gitolite; is it on PATH?")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            bail!("`gitolite {}` failed: {said}", arguments.join(" "));
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let own = self.home.join("bin").join("gitolite");
        let mut command = Command::new(if own.is_file() { own } else { PathBuf::from("gitolite") });
        command.env("HOME", &self.home).current_dir(&self.home);
        command
    }

    /// Gitolite's link would remove a hook that a repository has for itself.
    fn refuse_to_replace(&self) -> Result<()> {
        let links = [Some(self.common().join(HOOK)), self.local_hook()];
        let has_own = |repository: &PathBuf| {
            let hook = repository.join("hooks").join(HOOK);
            hook.symlink_metadata().is_ok()
                && !links.iter().flatten().any(|link| fs::read_link(&hook).ok().as_ref() == Some(link))
        };
        let own: Vec<PathBuf> = repositories(&self.repositories)?.paths.into_iter().filter(has_own).collect();
        if own.is_empty() {
            return Ok(());
        }
        let named: Vec<String> = own.iter().take(NAMED).map(|path| path.display().to_string()).collect();
        bail!(
            "gitolite would remove the pre-receive hook that {} of its repositories have for themselves ({}{}); docs/hosts.md tells how \
             to keep them",
            own.len(),
            named.join(", "),
            if own.len() > NAMED { ", ..." } else { "" }
        )
    }
}

/// The home folder of the gitolite that a path belongs to: the home itself, a folder in it, a repository. Written as gitolite wrote it into
/// its links, not as the system resolves it: gitolite refuses repositories whose links say otherwise.
fn home_of(path: &Path) -> Option<PathBuf> {
    if is_repository(path) {
        return admin_of(path)?.parent().map(Path::to_owned);
    }
    let home = path.ancestors().take(2).find(|folder| folder.join(".gitolite.rc").is_file())?;
    let known = admin_of(&home.join("repositories").join("gitolite-admin.git"));
    Some(known.as_deref().and_then(Path::parent).unwrap_or(home).to_owned())
}

/// Gitolite's own folder, by the link to its update hook that every repository of it has.
fn admin_of(repository: &Path) -> Option<PathBuf> {
    let target = fs::read_link(repository.join("hooks").join("update")).ok()?;
    target.ends_with("hooks/common/update").then(|| target.ancestors().nth(3).map(Path::to_owned)).flatten()
}
