//! `keyward install` and `uninstall`: a hook file where the host looks for one. What was there keeps running, and twice is as good as once.

mod environment;
mod gitaly;
mod newcomers;
mod seated;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cli::{InstallArgs, UninstallArgs};
use crate::config::{Config, EXAMPLE, default_file};
use crate::exit::Exit;
use crate::host::{Host, repositories};
use crate::key_file::{new_key, new_private_key};
use crate::output;
use seated::{Change, take_out, write};

/// Line of the default configuration that names nobody.
const CONTACT: &str = "contact = \"the administrator of this Git server\"";

/// Line of the default configuration that names the ledger.
const LEDGER: &str = "ledger = \"ledger.jsonl\"";

pub(super) fn install(wanted: &InstallArgs) -> Result<Exit> {
    let named = wanted.config.clone().unwrap_or_else(default_file);
    let config = std::path::absolute(named).context("could not find the current folder")?;
    if let Some(file) = &wanted.tarball {
        return tarball(wanted, file, &config);
    }
    let mut text = prepare(&config, wanted.contact.as_deref(), EXAMPLE)?;
    if wanted.new_repositories {
        text.push_str(&newcomers::install(wanted.host.unwrap_or(Host::Plain), &config)?);
    }
    let mut work = Work { text, ..Work::default() };
    for (path, host) in work.paths(&wanted.paths, &wanted.all, wanted.host) {
        let change = write(host, &path, &config);
        work.note(&path, host, change, "not installed in");
    }
    work.end(!wanted.all.is_empty())
}

/// Installs into one repository and says nothing.
pub(super) fn quietly(repository: &Path, config: &Path, contact: Option<String>) -> Result<()> {
    prepare(config, contact.as_deref(), EXAMPLE)?;
    write(Host::of(repository), repository, config).map(drop)
}

pub(super) fn uninstall(wanted: &UninstallArgs) -> Result<Exit> {
    let mut work = Work::default();
    if wanted.new_repositories {
        work.text.push_str(&newcomers::uninstall(wanted.host.unwrap_or(Host::Plain))?);
    }
    for (path, host) in work.paths(&wanted.paths, &wanted.all, wanted.host) {
        let found_by_search = !wanted.paths.contains(&path);
        let change = take_out(host, &path, found_by_search);
        work.note(&path, host, change, "not uninstalled from");
    }
    work.end(!wanted.all.is_empty())
}

fn tarball(wanted: &InstallArgs, file: &Path, config: &Path) -> Result<Exit> {
    let text = match wanted.host {
        Some(Host::Gitlab) => {
            prepare(config, wanted.contact.as_deref(), EXAMPLE)? + &gitaly::write(file, config, &wanted.paths)?
        }
        Some(Host::Ghes) => {
            // Nothing outlives a push there, so there is no ledger to keep.
            let example = EXAMPLE.replace(LEDGER, "ledger = \"\"");
            prepare(config, wanted.contact.as_deref(), &example)? + &environment::write(file, config, &wanted.shell)?
        }
        _ => bail!("a tarball is made for `--host gitlab` or `--host ghes`"),
    };
    output::result(&text);
    Ok(Exit::Clean)
}

/// What was done so far, over many paths.
#[derive(Default)]
struct Work {
    text: String,
    failed: bool,
    changed: usize,
    same: usize,
}

impl Work {
    /// The paths that were named and those found below roots, each with its host.
    fn paths(&mut self, named: &[PathBuf], roots: &[PathBuf], host: Option<Host>) -> Vec<(PathBuf, Host)> {
        let mut paths = named.to_vec();
        for root in roots {
            match repositories(root) {
                Ok(found) => {
                    paths.extend(found.paths);
                    found.unread.iter().for_each(|reason| self.fail(&anyhow::anyhow!("{reason}")));
                }
                Err(error) => self.fail(&error),
            }
        }
        let mut served = HashSet::new();
        let hosted = paths.into_iter().map(|path| (path.clone(), host.unwrap_or_else(|| Host::of(&path))));
        hosted.filter(|(path, host)| host.layout().serves_all(path).is_none_or(|all| served.insert(all))).collect()
    }

    fn fail(&mut self, error: &anyhow::Error) {
        self.failed = true;
        output::error(error);
    }

    fn note(&mut self, path: &Path, host: Host, change: Result<Change>, failure: &str) {
        let settled = change.and_then(|change| Ok((change, host.layout().settle(path)?)));
        match settled {
            Ok((change, note)) => {
                match change.line {
                    Some(line) => {
                        self.changed += 1;
                        self.text.push_str(&format!("{} [{}]: {line}\n", path.display(), host.layout().name()));
                    }
                    None => self.same += 1,
                }
                if let Some(note) = note {
                    self.text.push_str(&format!("{}: {note}\n", path.display()));
                }
            }
            Err(error) => self.fail(&error.context(format!("{failure} {}", path.display()))),
        }
    }

    fn end(mut self, counted: bool) -> Result<Exit> {
        if counted {
            self.text.push_str(&format!("{} changed, {} as before\n", self.changed, self.same));
        }
        output::result(&self.text);
        Ok(if self.failed { Exit::CouldNotTell } else { Exit::Clean })
    }
}

/// Makes configuration and key where there are none, and checks that they load.
fn prepare(config: &Path, contact: Option<&str>, example: &str) -> Result<String> {
    let mut text = String::new();
    if !config.exists() {
        let folder = config.parent().context("the configuration file needs a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
        let written = match contact {
            Some(contact) => example.replace(CONTACT, &format!("contact = {}", toml::Value::from(contact))),
            None => example.to_owned(),
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

#[cfg(test)]
mod tests {
    use super::{CONTACT, EXAMPLE, LEDGER};

    #[test]
    fn what_is_written_anew_in_the_example_is_there() {
        assert!(EXAMPLE.contains(LEDGER) && EXAMPLE.contains(CONTACT));
    }
}
