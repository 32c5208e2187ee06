//! What happened, one JSON object a line, each holding the hash of the one before, so that a change shows; and signed heads of it, sent
//! elsewhere. Codes, fingerprints, places and verdicts; never a credential.

mod entry;
mod file;
mod lock;
mod read;
mod system_log;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use jiff::Timestamp;
use keyward_rules::ledger::{self as chain, Head, Link};

pub(crate) use entry::{
    Act, Admin, Entry, Event, LedgerFinding, MOST_COMMITS, MOST_FINDINGS, MOST_REFS, Push, Sparing,
};
pub(crate) use read::{each_line, entries, files, heads_of};

use crate::key_file::read_private_key;
use file::{Open, Tail};

/// Entries after which a head is signed, though nothing has happened that asks for one.
const HEAD_EVERY: u64 = 64;

/// Where the ledger lies and how it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    /// The file that grows.
    pub(crate) path: PathBuf,
    /// Whether pushes without a finding or a doubt are recorded.
    pub(crate) clean: bool,
    /// Bytes after which a new file is begun.
    pub(crate) size: u64,
    /// File with the key that signs heads.
    pub(crate) key: Option<PathBuf>,
    /// The system log's socket.
    pub(crate) system_log: Option<PathBuf>,
}

/// How much an entry matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It may be lost if the machine loses power; it is never lost if only the hook is ended.
    Light,
    /// It is on the disk, and a head of it signed and sent, before the push goes on.
    Heavy,
}

impl Ledger {
    /// Appends what `compose` makes of the time of the last entry. The file is locked meanwhile.
    ///
    /// # Errors
    /// The file could not be opened, locked, read, written or signed, as on a full disk. What could not be written whole is taken back.
    pub(crate) fn append(
        &self,
        now: Timestamp,
        weight: Weight,
        compose: impl FnOnce(Option<&str>) -> Vec<Event>,
    ) -> Result<()> {
        let context = || format!("could not write the ledger {}", self.path.display());
        let mut open = Open::locked(&self.path).with_context(context)?;
        let mut tail = open.tail().with_context(context)?;
        if self.size > 0 && open.length() >= self.size && tail.link.number > 0 {
            open.sync().with_context(context)?;
            self.send_head(&tail.link, now)?;
            open = open.rotated(now, &tail.link).with_context(context)?;
            // Another hook may have been first to write to the new file.
            tail = open.tail().with_context(context)?;
        }
        let (text, link) = lines(&tail, now, compose(tail.time.as_deref()))?;
        open.write(text.as_bytes()).with_context(context)?;
        let due = link.number / HEAD_EVERY > tail.link.number / HEAD_EVERY;
        if weight == Weight::Heavy || due {
            // A head never speaks of a line that a loss of power could take back.
            open.sync().with_context(context)?;
            self.send_head(&link, now)?;
        }
        Ok(())
    }

    /// Tells the system log something beside heads.
    pub(crate) fn tell(&self, text: &str) {
        if let Some(socket) = &self.system_log {
            system_log::send(socket, system_log::Level::Warning, text);
        }
    }

    /// Signs where the ledger stands, keeps it beside the ledger and sends it to the system log.
    fn send_head(&self, link: &Link, now: Timestamp) -> Result<()> {
        let Some(key) = &self.key else { return Ok(()) };
        let key = read_private_key(key, "keyward key ledger --file").context("could not sign the ledger's head")?;
        let head = Head::sign(link, &time(now), &key);
        let path = heads_of(&self.path);
        file::append_to(&path)
            .and_then(|mut file| file.write_all(format!("{head}\n").as_bytes()))
            .with_context(|| format!("could not write {}", path.display()))?;
        if let Some(socket) = &self.system_log {
            system_log::send(socket, system_log::Level::Info, &head.to_string());
        }
        Ok(())
    }
}

/// The lines of these events, and where the chain then stands.
fn lines(tail: &Tail, now: Timestamp, events: Vec<Event>) -> Result<(String, Link)> {
    // What a hook began and never ended stays, closed off from what follows.
    let mut text = if tail.torn { "\n".to_owned() } else { String::new() };
    let mut link = tail.link.clone();
    for event in events {
        let entry = Entry { time: time(now), event };
        let entry = serde_json::to_string(&entry).context("a ledger entry is plain data")?;
        let (line, next) = chain::write(&link, &entry);
        text.push_str(&line);
        text.push('\n');
        link = next;
    }
    Ok((text, link))
}

/// A time as the ledger has it.
pub(crate) fn time(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests;
