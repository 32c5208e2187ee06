//! `keyward`: keeps machine credentials out of Git. Parses the command line, runs one command, turns its outcome into an exit code.

mod cli;
mod command;
mod config;
mod exit;
mod expiry;
mod honour;
mod host;
mod key_file;
mod ledger;
mod objects;
mod output;
mod owner;
mod patience;
mod push;
mod report;
mod rule_files;
mod scanner;
mod server;

use clap::Parser;

use crate::cli::Cli;
use crate::exit::Exit;

fn main() -> std::process::ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error).into(),
    };
    let exit = match command::run(cli) {
        Ok(exit) => exit,
        Err(error) => {
            output::error(&error);
            Exit::CouldNotTell
        }
    };
    exit.into()
}
