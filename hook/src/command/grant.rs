//! `keyward grant new-key`, `sign` and `show`. An approver needs no server: what a grant says comes from the developer's message.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use keyward_rules::grant::{Approver, Grant, LONGEST, Refusal, Unverified, When};
use keyward_rules::printable;

use crate::cli::admin::{GrantCommand, SignArgs};
use crate::config::{Config, default_file};
use crate::exit::Exit;
use crate::expiry;
use crate::key_file::{new_private_key, read_private_key};
use crate::output;

pub(super) fn run(command: GrantCommand) -> Result<Exit> {
    match command {
        GrantCommand::NewKey { file, name } => new_key(&file, &name),
        GrantCommand::Sign(arguments) => sign(arguments, expiry::now()),
        GrantCommand::Show { grant, config } => show(&grant, config),
    }
}

fn new_key(file: &Path, name: &str) -> Result<Exit> {
    let key = new_private_key(file)?;
    output::result(&format!(
        "key written to {}, readable by its owner alone: keep it where you keep keys, and on no server\n\
         For the server's administrator, at the end of keyward.toml:\n\n\
         [[grants.approver]]\n\
         name = {}\n\
         key = \"{}\"\n",
        file.display(),
        toml::Value::from(name),
        key.public()
    ));
    Ok(Exit::Clean)
}

fn sign(arguments: SignArgs, now: i64) -> Result<Exit> {
    let SignArgs { secret, repository, commit, reference, user, reason, hours, key } = arguments;
    let key = read_private_key(&key, "keyward grant new-key --file")?;
    let expires = now + i64::from(hours) * 3600;
    let commit = commit.to_ascii_lowercase();
    let secret = secret.trim().to_ascii_uppercase();
    // A fingerprint is written small, a code in capitals.
    let secret = if secret.len() == 64 { secret.to_ascii_lowercase() } else { secret };
    let grant = Grant { secret, repository, commit, reference, user, reason, issued: now, expires };
    let text = grant.sign(&key).context("not signed")?;
    output::result(&format!("{text}\n"));
    output::message(&format!(
        "It holds until {}. The developer pushes with: git push -o keyward.allow=GRANT\n\
         Where push options are off, the administrator puts it into the server's grants folder, as NAME.grant.\n",
        grant.end()
    ));
    Ok(Exit::Clean)
}

fn show(grant: &str, config: Option<PathBuf>) -> Result<Exit> {
    let text = text(grant)?;
    let read = match Unverified::parse(&text) {
        Ok(read) => read,
        Err(refusal) => bail!("{refusal}"),
    };
    let file = config.clone().unwrap_or_else(default_file);
    // An approver at home has no server's configuration, and reads all the same.
    let approvers = if config.is_some() || file.exists() { Config::load(&file)?.grants.approver } else { Vec::new() };
    output::result(&shown(&read, &approvers, expiry::now()));
    Ok(Exit::Clean)
}

/// The argument itself, or what the file it names holds.
fn text(grant: &str) -> Result<String> {
    let mut text = String::new();
    let longest = LONGEST as u64 + 2;
    if grant == "-" {
        std::io::stdin().lock().take(longest).read_to_string(&mut text).context("could not read the grant")?;
    } else if Path::new(grant).is_file() {
        let context = || format!("could not read {grant}");
        File::open(grant).with_context(context)?.take(longest).read_to_string(&mut text).with_context(context)?;
    } else {
        text.push_str(grant);
    }
    Ok(text)
}

fn shown(read: &Unverified, approvers: &[Approver], now: i64) -> String {
    let safe = |text: &str| printable(text.as_bytes());
    let grant = read.claims();
    let signed = match read.verify(approvers) {
        Ok((_, approver)) => format!("{}, an approver of this server", safe(&approver.name)),
        Err(Refusal::Signature) if approvers.is_empty() => "not checked: no configuration names approvers".to_owned(),
        Err(refusal) => format!("NO: {refusal}"),
    };
    let state = if grant.expires <= now { ", has ended" } else { "" };
    let mut text = String::new();
    let user = grant.user.as_deref().map_or_else(|| "anybody".to_owned(), safe);
    for (name, value) in [
        ("secret", safe(&grant.secret)),
        ("commit", safe(&grant.commit)),
        ("repository", safe(&grant.repository)),
        ("ref", safe(&grant.reference)),
        ("pushed by", user),
        ("reason", safe(&grant.reason)),
        ("from", When(grant.issued).to_string()),
        ("until", format!("{}{state}", grant.end())),
        ("signed by", signed),
    ] {
        let _ = writeln!(text, "{name:<12} {value}");
    }
    text
}
