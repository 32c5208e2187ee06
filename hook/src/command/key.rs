//! `keyward key new` and `keyward key ledger`.

use std::path::PathBuf;

use anyhow::Result;

use crate::cli::KeyCommand;
use crate::config::default_file;
use crate::exit::Exit;
use crate::key_file::{new_key, new_private_key};
use crate::output;

pub(super) fn run(command: KeyCommand) -> Result<Exit> {
    output::result(&match command {
        KeyCommand::New { file } => fingerprint(file)?,
        KeyCommand::Ledger { file } => ledger(file)?,
    });
    Ok(Exit::Clean)
}

fn fingerprint(file: Option<PathBuf>) -> Result<String> {
    let file = file.unwrap_or_else(|| default_file().with_file_name("key"));
    new_key(&file)?;
    Ok(format!(
        "key written to {path}, readable by its owner alone\n\
         Codes such as KW-7F3K9QXD come from this key. Servers that shall agree on codes need the same file:\n\
         copy it by a road you trust (scp, your configuration management's vault), never through a repository.\n\
         Name it in keyward.toml: key = \"{path}\"\n\
         Who has it can test guesses against fingerprints; keep a copy where you keep other keys, since a lost key makes\n\
         every allowance and ledger entry stand for nothing.\n",
        path = file.display()
    ))
}

fn ledger(file: Option<PathBuf>) -> Result<String> {
    let file = file.unwrap_or_else(|| default_file().with_file_name("ledger.key"));
    let key = new_private_key(&file)?;
    Ok(format!(
        "key written to {path}, readable by its owner alone\n\
         It signs heads of this server's ledger, and is needed on no other machine.\n\
         Name it in keyward.toml: ledger_key = \"{path}\"\n\
         Who checks heads elsewhere needs its public half; keep it with the copies of the system log:\n\
         {public}\n",
        path = file.display(),
        public = key.public()
    ))
}
