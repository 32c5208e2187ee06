//! Whether a repository is covered, as far as files tell: our hook stands where the host looks, may run, and finds its program and
//! configuration. That it does run, only a push proves.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Host, Script, is_executable};
use crate::config::Config;

/// What files tell about a repository.
#[derive(Clone, Debug)]
pub(crate) struct Coverage {
    /// The host it is of.
    pub(crate) host: Host,
    /// Our hook, where there is one that would run.
    pub(crate) hook: Option<PathBuf>,
    /// What our hook says.
    pub(crate) script: Option<Script>,
    /// What keeps it from protecting.
    pub(crate) fault: Option<Fault>,
}

/// What keeps a hook from protecting a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is none.
    Missing,
    /// It is there and does not run, for this reason.
    Shadowed(String),
    /// Git passes it over.
    NotExecutable(PathBuf),
    /// What it starts is gone or may not run.
    Program(PathBuf),
    /// Its configuration, or what that names, could not be read.
    Configuration(String),
    /// It works, with another configuration than the one asked for.
    OtherConfiguration(PathBuf),
}

impl Fault {
    /// The fault in one word, for programs.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Fault::Missing => "missing",
            Fault::Shadowed(_) => "shadowed",
            Fault::NotExecutable(_) => "not-executable",
            Fault::Program(_) => "program",
            Fault::Configuration(_) => "configuration",
            Fault::OtherConfiguration(_) => "other-configuration",
        }
    }

    /// The fault in words, and what to do.
    pub(crate) fn told(&self, repository: &Path) -> (String, String) {
        let install = format!("keyward install {}", repository.display());
        match self {
            Fault::Missing => ("there is no hook of Keyward's".to_owned(), install),
            Fault::Shadowed(why) => (
                format!("Keyward's hook is there and does not run: {why}"),
                format!("mend that, or run it again: {install}"),
            ),
            Fault::NotExecutable(hook) => (
                format!("{} is not executable, so it is passed over", hook.display()),
                format!("chmod +x {}", hook.display()),
            ),
            Fault::Program(program) => (
                format!("the program {} is gone or not executable; every push is rejected", program.display()),
                format!("put it there, or run another one: {install}"),
            ),
            Fault::Configuration(error) => {
                (format!("every push is rejected: {error}"), "mend that as the user that git runs as".to_owned())
            }
            Fault::OtherConfiguration(file) => {
                (format!("it reads another configuration, {}", file.display()), format!("{install} --config FILE"))
            }
        }
    }
}

/// Configurations that were tried, with what is wrong in each; thousands of hooks name the same one.
#[derive(Debug, Default)]
pub(crate) struct Tried(HashMap<PathBuf, Option<String>>);

impl Tried {
    fn error(&mut self, config: &Path) -> Option<String> {
        let load = |config: &Path| Config::load(config).err().map(|error| format!("{error:#}"));
        self.0.entry(config.to_owned()).or_insert_with_key(|config| load(config)).clone()
    }
}

/// Looks at the files of a repository. `expected` is the configuration that its hook should name, if that matters.
///
/// # Errors
/// The repository's own configuration could not be read.
pub(crate) fn coverage(host: Host, repository: &Path, expected: Option<&Path>, tried: &mut Tried) -> Result<Coverage> {
    let standing = host.layout().standing(repository)?;
    let mut ours: Vec<_> = standing.places.iter().filter_map(|place| Some((place, Script::read(place)?))).collect();
    // Of several the first that runs, as behind GitLab's global folder.
    ours.sort_by_key(|(place, _)| !is_executable(place));
    let Some((hook, script)) = ours.into_iter().next() else {
        let aside =
            standing.aside.into_iter().find(|(place, _)| Script::read(place).is_some() || is_ours_renamed(place));
        let fault = aside.map_or(Fault::Missing, |(_, reason)| Fault::Shadowed(reason));
        return Ok(Coverage { host, hook: None, script: None, fault: Some(fault) });
    };
    let fault = if let Some(reason) = standing.blocked {
        Some(Fault::Shadowed(reason))
    } else if !is_executable(hook) {
        Some(Fault::NotExecutable(hook.clone()))
    } else {
        fault_of(&script, expected, tried)
    };
    Ok(Coverage { host, hook: Some(hook.clone()), script: Some(script), fault })
}

/// A hook kept from before Keyward, beside a hook that is not Keyward's: ours was replaced.
fn is_ours_renamed(place: &Path) -> bool {
    place.file_name().is_some_and(|name| name == super::plain::BEFORE) && place.exists()
}

fn fault_of(script: &Script, expected: Option<&Path>, tried: &mut Tried) -> Option<Fault> {
    if !is_executable(&script.program) {
        return Some(Fault::Program(script.program.clone()));
    }
    if let Some(error) = tried.error(&script.config) {
        return Some(Fault::Configuration(error));
    }
    let other = expected.is_some_and(|expected| expected != script.config);
    other.then(|| Fault::OtherConfiguration(script.config.clone()))
}
