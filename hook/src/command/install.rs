//! `keyward install` and `uninstall` for plain bare repositories. An existing hook is kept and runs after Keyward.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use git2::Repository;

use crate::config::{Config, EXAMPLE, default_file};
use crate::exit::Exit;
use crate::key_file::{new_key, new_private_key};
use crate::output;

const HOOK: &str = "pre-receive";

/// The hook that was there before, beside ours.
const BEFORE: &str = "pre-receive.before-keyward";

/// First words of our hook, by which it is known again.
const MARK: &str = "#!/bin/sh\n# Keyward's pre-receive hook.";

pub(super) fn install(repositories: &[PathBuf], config: Option<PathBuf>, contact: Option<String>) -> Result<Exit> {
    let config =
        std::path::absolute(config.unwrap_or_else(default_file)).context("could not find the current folder")?;
    let mut text = prepare(&config, contact.as_deref())?;
    let mut failed = false;
    for path in repositories {
        match install_one(path, &config) {
            Ok(line) => text.push_str(&line),
            Err(error) => {
                failed = true;
                output::error(&error.context(format!("not installed in {}", path.display())));
            }
        }
    }
    output::result(&text);
    Ok(if failed { Exit::CouldNotTell } else { Exit::Clean })
}

/// Installs into one repository and says nothing.
pub(super) fn quietly(repository: &Path, config: &Path, contact: Option<String>) -> Result<()> {
    prepare(config, contact.as_deref())?;
    install_one(repository, config).map(drop)
}

pub(super) fn uninstall(repositories: &[PathBuf]) -> Result<Exit> {
    let mut failed = false;
    for path in repositories {
        match uninstall_one(path) {
            Ok(line) => output::result(&line),
            Err(error) => {
                failed = true;
                output::error(&error.context(format!("not uninstalled from {}", path.display())));
            }
        }
    }
    Ok(if failed { Exit::CouldNotTell } else { Exit::Clean })
}

/// Makes configuration and key where there are none, and checks that they load.
fn prepare(config: &Path, contact: Option<&str>) -> Result<String> {
    let mut text = String::new();
    if !config.exists() {
        let folder = config.parent().context("the configuration file needs a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
        let default = "contact = \"the administrator of this Git server\"";
        let written = match contact {
            Some(contact) => EXAMPLE.replace(default, &format!("contact = {}", toml::Value::from(contact))),
            None => EXAMPLE.to_owned(),
        };
        fs::write(config, written).with_context(|| format!("could not write {}", config.display()))?;
        text.push_str(&format!("configuration: {} (made, with defaults)\n", config.display()));
        let key = folder.join("key");
        if !key.exists() {
            new_key(&key)?;
            text.push_str(&format!(
                "key:           {} (made; copy it to servers that shall agree on codes)\n",
                key.display()
            ));
        }
        let ledger_key = folder.join("ledger.key");
        if !ledger_key.exists() {
            new_private_key(&ledger_key)?;
            text.push_str(&format!("ledger key:    {} (made; it signs what the ledger says)\n", ledger_key.display()));
        }
        if contact.is_none() {
            text.push_str("contact:       not set; `contact` in the configuration is whom developers will ask\n");
        }
    } else if contact.is_some() {
        bail!("{} exists already; set `contact` there", config.display());
    }
    Config::load(config)?;
    Ok(text)
}

fn hooks_folder(path: &Path) -> Result<PathBuf> {
    let repository = Repository::open(path).map_err(|error| anyhow::anyhow!("{}", error.message()))?;
    if !repository.is_bare() {
        bail!("it has a work tree; pushes go to bare repositories, name one of those");
    }
    // core.hooksPath moves the folder git looks in; a hook elsewhere would never run.
    let configured = repository.config().ok().and_then(|config| config.get_path("core.hooksPath").ok());
    let folder = match configured {
        Some(folder) if folder.is_absolute() => folder,
        Some(folder) => repository.path().join(folder),
        None => repository.path().join("hooks"),
    };
    fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    Ok(folder)
}

fn install_one(path: &Path, config: &Path) -> Result<String> {
    let folder = hooks_folder(path)?;
    let hook = folder.join(HOOK);
    let before = folder.join(BEFORE);
    let existing = fs::read(&hook).unwrap_or_default();
    let ours = existing.starts_with(MARK.as_bytes());
    let mut note = "";
    if hook.exists() && !ours {
        if before.exists() {
            bail!("{} and {} both exist; take one away", hook.display(), before.display());
        }
        fs::rename(&hook, &before).with_context(|| format!("could not rename {}", hook.display()))?;
        note = if is_executable(&before) {
            ", then the hook that was there"
        } else {
            "; the hook that was there is not executable, git did not run it, and it is kept beside"
        };
    }
    let binary = std::env::current_exe().context("could not find this program's own path")?;
    let then = if is_executable(&before) { format!(" --then {}", quote(&before)?) } else { String::new() };
    let script = format!(
        "{MARK} `keyward uninstall` takes it out again.\nexec {} pre-receive --config {}{then}\n",
        quote(&binary)?,
        quote(config)?
    );
    write_executable(&hook, &script)?;
    Ok(format!("{}: {} runs Keyward{note}\n", path.display(), hook.display()))
}

/// Whether git would run the file as a hook.
fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    return fs::metadata(path)
        .is_ok_and(|metadata| std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0);
    #[cfg(not(unix))]
    path.exists()
}

/// Writes beside the hook and renames over it, so that a push never meets half a hook.
fn write_executable(hook: &Path, script: &str) -> Result<()> {
    let next = hook.with_extension("keyward-new");
    fs::write(&next, script).with_context(|| format!("could not write {}", next.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&next, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("could not make {} executable", next.display()))?;
    }
    fs::rename(&next, hook).with_context(|| format!("could not write {}", hook.display()))
}

fn uninstall_one(path: &Path) -> Result<String> {
    let folder = hooks_folder(path)?;
    let hook = folder.join(HOOK);
    let before = folder.join(BEFORE);
    let existing = fs::read(&hook).with_context(|| format!("there is no hook {}", hook.display()))?;
    if !existing.starts_with(MARK.as_bytes()) {
        bail!("{} is not Keyward's; it stays", hook.display());
    }
    if before.exists() {
        fs::rename(&before, &hook).with_context(|| format!("could not rename {}", before.display()))?;
        return Ok(format!("{}: Keyward is out, the hook from before is back\n", path.display()));
    }
    fs::remove_file(&hook).with_context(|| format!("could not remove {}", hook.display()))?;
    Ok(format!("{}: Keyward is out\n", path.display()))
}

/// A word for /bin/sh.
fn quote(path: &Path) -> Result<String> {
    let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}
