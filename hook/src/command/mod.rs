//! One file for each command of the command line.

mod demo;
mod doctor;
mod explain;
mod import;
mod install;
mod key;
mod rules;
mod scan;
mod status;

use anyhow::Result;

pub(crate) use scan::{Judged, NotScanned, Scan, Stats};

use crate::cli::{Cli, Command, RulesCommand};
use crate::exit::Exit;
use crate::push;

/// Runs what the command line asks for.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    match cli.command {
        Command::Demo => demo::run(),
        Command::Install(wanted) => install::install(&wanted),
        Command::Uninstall(wanted) => install::uninstall(&wanted),
        Command::Status { roots, host, config, format } => status::run(&roots, host, config, format),
        Command::Doctor { canary: true, .. } => doctor::print_canary(),
        Command::Doctor { targets, host, format, .. } => doctor::run(&targets, host, format),
        Command::PreReceive { config, then } => push::pre_receive(config, then.as_deref()),
        Command::Scan { path, history, format, rules, config } => scan::run(&path, history, format, &rules, config),
        Command::Rules { command: Some(RulesCommand::Check { path }), .. } => rules::check(&path),
        Command::Rules { command: Some(RulesCommand::Pages { folder }), .. } => rules::pages(&folder),
        Command::Rules { command: Some(RulesCommand::Import { file, format }), .. } => import::run(&file, format),
        Command::Rules { command: None, format } => rules::list(format),
        Command::Explain { code, config } => explain::run(&code, config),
        Command::Key { command } => key::run(command),
    }
}
