//! `keyward ledger verify` and `show`.

mod show;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::cli::admin::LedgerCommand;
use crate::config::{Config, default_file};
use crate::exit::Exit;
use crate::ledger::Ledger;

pub(super) fn run(command: LedgerCommand) -> Result<Exit> {
    match command {
        LedgerCommand::Verify { config, head, public, from, ledger } => {
            let named = verify::Named::of(config, ledger)?;
            verify::run(&named, head.as_deref(), &public, from)
        }
        LedgerCommand::Show { config, last, code, repository, format } => {
            show::run(config, &show::Wanted { last, code, repository }, format)
        }
    }
}

/// The configuration, and the file it was read from.
pub(super) fn configuration(file: Option<PathBuf>) -> Result<(Config, PathBuf)> {
    let file = file.unwrap_or_else(default_file);
    Ok((Config::load(&file)?, file))
}

/// The ledger that a command cannot do without.
pub(super) fn of<'c>(config: &'c Config, file: &Path) -> Result<&'c Ledger> {
    match &config.ledger {
        Some(ledger) => Ok(ledger),
        None => bail!("{} names no ledger; set `ledger = \"ledger.jsonl\"` there", file.display()),
    }
}
