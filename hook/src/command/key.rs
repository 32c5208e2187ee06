//! `keyward key new`.

use anyhow::Result;

use crate::cli::KeyCommand;
use crate::config::{default_file, new_key};
use crate::exit::Exit;
use crate::output;

pub(super) fn run(command: KeyCommand) -> Result<Exit> {
    let KeyCommand::New { file } = command;
    let file = file.unwrap_or_else(|| default_file().with_file_name("key"));
    new_key(&file)?;
    output::result(&format!(
        "key written to {path}, readable by its owner alone\n\
         Codes such as KW-7F3K9QXD come from this key. Servers that shall agree on codes need the same file:\n\
         copy it by a road you trust (scp, your configuration management's vault), never through a repository.\n\
         Name it in keyward.toml: key = \"{path}\"\n\
         Who has it can test guesses against fingerprints; keep a copy where you keep other keys, since a lost key makes\n\
         every allowance and ledger entry stand for nothing.\n",
        path = file.display()
    ));
    Ok(Exit::Clean)
}
