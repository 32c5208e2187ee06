//! One file for each command of the command line.

mod allow;
mod baseline;
mod demo;
mod doctor;
mod explain;
mod grant;
mod import;
mod install;
mod key;
mod ledger;
mod replay;
mod rules;
mod scan;
mod selftest;
mod status;
mod window;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

pub(crate) use scan::{Judged, NotScanned, Scan, Stats};

use crate::cli::{Cli, Command, RulesCommand};
use crate::exit::Exit;
use crate::{owner, push};

/// Runs what the command line asks for.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    match cli.command {
        Command::Demo => demo::run(),
        Command::Install(wanted) => install::install(&wanted),
        Command::Uninstall(wanted) => install::uninstall(&wanted),
        Command::Status { roots, host, config, format } => status::run(&roots, host, config, format),
        Command::Doctor { canary: true, .. } => doctor::print_canary(),
        Command::Doctor { targets, host, format, .. } => doctor::run(&targets, host, format),
        Command::Selftest { only, list, keep, strict, format } => {
            selftest::run(&selftest::Options { only, list, keep, strict, format })
        }
        Command::PreReceive { config, then } => push::pre_receive(config, then.as_deref()),
        Command::Scan { path, history, format, rules, config } => scan::run(&path, history, format, &rules, config),
        Command::Rules { command: Some(RulesCommand::Check { path }), .. } => rules::check(&path),
        Command::Rules { command: Some(RulesCommand::Pages { folder }), .. } => rules::pages(&folder),
        Command::Rules { command: Some(RulesCommand::Import { file, format }), .. } => import::run(&file, format),
        Command::Rules { command: None, format } => rules::list(format),
        Command::Explain { code, config } => explain::run(&code, config),
        Command::Ledger { command } => ledger::run(command),
        Command::Baseline { repositories, name, config } => baseline::run(&repositories, name.as_deref(), config),
        Command::Allow { command } => allow::run(command),
        Command::Grant { command } => grant::run(command),
        Command::Window { command } => window::run(command),
        Command::Off { repository, act } => window::off(repository, act),
        Command::On { repository, by, config } => window::on(repository, by, config),
        Command::Replay(arguments) => replay::run(arguments),
        Command::Key { command } => key::run(command),
    }
}

/// Writes beside the file and renames over it, so that a push never meets half of it. Whose it is stays as it was.
///
/// # Errors
/// It could not be written; then it is as it was.
fn replace(path: &Path, text: &str) -> Result<()> {
    let context = || format!("could not write {}", path.display());
    let mut next = path.as_os_str().to_owned();
    next.push(".keyward-new");
    let next = Path::new(&next);
    let mut file = File::create(next).with_context(context)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(context)?;
    owner::of_file(path, &file).with_context(context)?;
    fs::rename(next, path).with_context(context)
}

/// The account that runs a command, as the environment says it.
fn account() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    named
        .filter(|name| !name.is_empty())
        .map_or_else(|| "somebody".to_owned(), |name| keyward_rules::printable(name.as_bytes()))
}
