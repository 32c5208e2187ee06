//! One file for each command of the command line.

mod demo;
mod explain;
mod import;
mod install;
mod key;
mod rules;
mod scan;
mod selftest;

use anyhow::Result;

pub(crate) use scan::{Judged, NotScanned, Scan, Stats};

use crate::cli::{Cli, Command, RulesCommand};
use crate::exit::Exit;
use crate::push;

/// Runs what the command line asks for.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    match cli.command {
        Command::Demo => demo::run(),
        Command::Install { repositories, config, contact } => install::install(&repositories, config, contact),
        Command::Uninstall { repositories } => install::uninstall(&repositories),
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
        Command::Key { command } => key::run(command),
    }
}
