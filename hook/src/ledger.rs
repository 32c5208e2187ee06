//! What happened, one JSON object a line, each holding the hash of the one before, so that a change shows.
//! Codes, fingerprints, places and verdicts; never a credential.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Longest line looked at for the previous hash, in bytes.
const LONGEST_LINE: u64 = 4 << 20;

/// One push.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// When, UTC.
    pub(crate) time: String,
    /// Name of the repository.
    pub(crate) repository: String,
    /// Who pushed, if the host says so.
    pub(crate) actor: Option<String>,
    /// `old new name` of each ref.
    pub(crate) refs: Vec<String>,
    /// `accepted` or `rejected`.
    pub(crate) verdict: String,
    /// What was found.
    pub(crate) findings: Vec<LedgerFinding>,
    /// What could not be told.
    pub(crate) doubts: Vec<String>,
}

/// A finding as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LedgerFinding {
    pub(crate) code: String,
    pub(crate) fingerprint: String,
    pub(crate) rule: String,
    pub(crate) decision: String,
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) commits: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    previous: String,
    #[serde(flatten)]
    entry: Entry,
    hash: String,
}

/// Appends an entry. The file is locked meanwhile; a line that could not be written whole is taken back.
///
/// # Errors
/// The file could not be opened, locked, read or written, as on a full disk.
pub(crate) fn append(path: &Path, entry: &Entry) -> Result<()> {
    let context = || format!("could not write the ledger {}", path.display());
    let mut file = open(path).with_context(context)?;
    file.lock().with_context(context)?;
    let previous = last_hash(&mut file).with_context(context)?;
    let hash = hash(&previous, entry);
    let line = Line { previous, entry: entry.clone(), hash };
    let mut text = serde_json::to_string(&line).context("a ledger entry is plain data")?;
    text.push('\n');
    let end = file.seek(SeekFrom::End(0)).with_context(context)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
    if written.is_err() {
        let _ = file.set_len(end);
    }
    written.with_context(context)
}

/// Every entry, oldest first; a line that is no entry is skipped.
///
/// # Errors
/// The file could not be read.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("could not read the ledger {}", path.display()))?;
    Ok(text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()).map(|line| line.entry).collect())
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn last_hash(file: &mut File) -> std::io::Result<String> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST_LINE)))?;
    let mut tail = Vec::new();
    // Bounded, since the path may name a device that never ends.
    file.take(LONGEST_LINE).read_to_end(&mut tail)?;
    let lines = tail.split(|&byte| byte == b'\n').rev();
    let last = lines.filter(|line| !line.is_empty()).find_map(|line| serde_json::from_slice::<Line>(line).ok());
    Ok(last.map(|line| line.hash).unwrap_or_default())
}

fn hash(previous: &str, entry: &Entry) -> String {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(serde_json::to_vec(entry).unwrap_or_default());
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Entry, Line, append, hash, read};

    fn entry(time: &str) -> Entry {
        Entry {
            time: time.into(),
            repository: "a/b".into(),
            actor: None,
            refs: vec![],
            verdict: "rejected".into(),
            findings: vec![],
            doubts: vec![],
        }
    }

    #[test]
    fn each_line_holds_the_hash_of_the_one_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ledger.jsonl");
        for time in ["1", "2", "3"] {
            append(&path, &entry(time)).expect("writable");
        }
        assert_eq!(read(&path).expect("readable").len(), 3);
        let text = std::fs::read_to_string(&path).expect("readable");
        let mut previous = String::new();
        for line in text.lines() {
            let line: Line = serde_json::from_str(line).expect("a line");
            assert_eq!(line.previous, previous);
            assert_eq!(line.hash, hash(&previous, &line.entry));
            previous = line.hash;
        }
    }

    #[test]
    fn a_ledger_that_cannot_be_written_says_so() {
        let error = append(std::path::Path::new("/dev/full"), &entry("1")).expect_err("a full disk");
        assert!(format!("{error:#}").starts_with("could not write the ledger /dev/full"), "{error:#}");
    }
}
