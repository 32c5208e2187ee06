//! The file that grows: opened, locked, read from its end, written in one piece, put aside when it is long. Nothing is ever deleted.

use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keyward_rules::ledger::{LONGEST_LINE, Line, Link};
use serde::Deserialize;

use super::lock::{PATIENCE, lock};
use super::read::{files, heads_of, put_aside_name};
use crate::owner;

/// Bytes read at first to find the last entry; more are read only where it is longer.
const FIRST_LOOK: u64 = 4 << 10;

/// Times the file may be put aside by others while we wait for its lock.
const MOST_TRIES: usize = 100;

/// The end of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// The last entry.
    pub(super) link: Link,
    /// When that was written.
    pub(super) time: Option<String>,
    /// Whether the file ends within a line.
    pub(super) torn: bool,
}

/// The file, locked for this process alone.
pub(super) struct Open {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Open {
    /// Opens and locks; makes the file where there is none.
    pub(super) fn locked(path: &Path) -> Result<Open> {
        for _ in 0..MOST_TRIES {
            let mut file = append_to(path)?;
            lock(&file, PATIENCE)?;
            // Whoever had the lock before may have put this very file aside.
            if is_at(&file, path) {
                let length = file.seek(SeekFrom::End(0))?;
                return Ok(Open { path: path.to_owned(), file, length });
            }
        }
        Err(Error::new(ErrorKind::ResourceBusy, "others put it aside again and again"))
    }

    /// Bytes in it.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Its last entry; that of the file put aside last where it has none.
    pub(super) fn tail(&mut self) -> Result<Tail> {
        let tail = tail_of(&mut self.file, self.length)?;
        if tail.link.number > 0 {
            return Ok(tail);
        }
        let before = files(&self.path).into_iter().rev().find(|path| *path != self.path);
        let Some(mut file) = before.map(File::open).transpose()? else { return Ok(tail) };
        let length = file.metadata()?.len();
        Ok(Tail { torn: tail.torn, ..tail_of(&mut file, length)? })
    }

    /// Writes; what could not be written whole is taken back.
    pub(super) fn write(&mut self, text: &[u8]) -> Result<()> {
        let written = self.file.write_all(text);
        if written.is_err() {
            let _ = self.file.set_len(self.length);
        }
        written
    }

    /// Waits until what was written is on the disk.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data()
    }

    /// Puts the file aside and begins the next one.
    pub(super) fn rotated(self, now: Timestamp, last: &Link) -> Result<Open> {
        let aside = put_aside_name(&self.path, now, last.number);
        if aside.exists() {
            return Err(Error::new(ErrorKind::AlreadyExists, format!("{} is there already", aside.display())));
        }
        fs::rename(&self.path, &aside)?;
        // Heads that stay behind are read all the same.
        let _ = fs::rename(heads_of(&self.path), heads_of(&aside));
        let path = self.path.clone();
        // Lets go of the old file, on whose lock others wait.
        drop(self);
        Open::locked(&path)
    }
}

/// Opens a file to write at its end, readable by its owner alone.
pub(super) fn append_to(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // Only a file that was just made is to be given away, and only a regular one.
    if file.metadata().is_ok_and(|made| made.is_file() && made.len() == 0) {
        owner::of_folder(path, &file);
    }
    Ok(file)
}

/// Whether the open file is the one at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(open), Ok(there)) = (file.metadata(), fs::metadata(path)) else { return false };
    (open.dev(), open.ino()) == (there.dev(), there.ino())
}

/// Elsewhere an open file cannot be renamed.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

/// Finds the last entry from the end.
fn tail_of(file: &mut File, length: u64) -> Result<Tail> {
    let most = 2 * LONGEST_LINE as u64;
    let mut look = FIRST_LOOK;
    loop {
        let size = look.min(length);
        file.seek(SeekFrom::Start(length - size))?;
        let mut bytes = Vec::new();
        // Bounded, since the path may name a device that never ends.
        Read::by_ref(file).take(size).read_to_end(&mut bytes)?;
        let whole = size == length;
        if let Some(tail) = last_entry(&bytes, whole) {
            return Ok(tail);
        }
        if whole {
            return Ok(Tail { torn: bytes.last().is_some_and(|&byte| byte != b'\n'), ..Tail::default() });
        }
        if look >= most {
            let text = "there is no entry near its end; put the file aside, and the chain begins anew";
            return Err(Error::new(ErrorKind::InvalidData, text));
        }
        look *= 4;
    }
}

/// The last entry in the end of a file, `whole` if that is all of it.
fn last_entry(bytes: &[u8], whole: bool) -> Option<Tail> {
    #[derive(Deserialize)]
    struct Timed {
        time: Option<String>,
    }
    let mut lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
    if !whole {
        // It began before what was read.
        lines.remove(0);
    }
    let texts = lines.iter().rev().filter_map(|line| std::str::from_utf8(line).ok());
    let (line, text) = texts.filter_map(|text| Line::parse(text).map(|line| (line, text))).next()?;
    let time = serde_json::from_str::<Timed>(text).ok().and_then(|timed| timed.time);
    Some(Tail { link: line.link(), time, torn: bytes.last() != Some(&b'\n') })
}
