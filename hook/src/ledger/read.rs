//! A ledger read from its beginning, whatever files it lies in.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;
use keyward_rules::ledger::LONGEST_LINE;

use super::Entry;

/// Every file of the ledger, in the order of their entries: those put aside, then the one that grows, if it is there.
pub(crate) fn files(path: &Path) -> Vec<PathBuf> {
    let mut aside: Vec<(u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder(path)).into_iter().flatten().flatten() {
        if let Some(number) = number_of(path, &entry.file_name().to_string_lossy()) {
            aside.push((number, entry.path()));
        }
    }
    aside.sort();
    let current = Some(path.to_owned()).filter(|path| path.exists());
    aside.into_iter().map(|(_, path)| path).chain(current).collect()
}

/// Where the heads of a ledger's file are kept.
pub(crate) fn heads_of(file: &Path) -> PathBuf {
    let mut name = file.file_name().map(OsString::from).unwrap_or_default();
    name.push(".heads");
    file.with_file_name(name)
}

/// `ledger-20261201T104431Z-0000001234.jsonl`: when it was put aside, and the number of its last entry.
pub(super) fn put_aside_name(path: &Path, now: Timestamp, last: u64) -> PathBuf {
    let (stem, end) = parts(path);
    path.with_file_name(format!("{stem}-{}-{last:010}{end}", now.strftime("%Y%m%dT%H%M%SZ")))
}

/// The number in such a name.
fn number_of(path: &Path, name: &str) -> Option<u64> {
    let (stem, end) = parts(path);
    let (time, number) = name.strip_prefix(&stem)?.strip_prefix('-')?.strip_suffix(&end)?.split_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = time.len() == 16 && time.ends_with('Z') && digits(&time[..8]) && digits(&time[9..15]);
    (is_time && digits(number)).then(|| number.parse().ok())?
}

/// A file's name before and from its ending's dot.
fn parts(path: &Path) -> (String, String) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    (stem, end)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Calls `each` with every line of a file, from 1. A line longer than any that is written is given cut.
///
/// # Errors
/// The file could not be read.
pub(crate) fn each_line(path: &Path, each: &mut dyn FnMut(usize, &str)) -> Result<()> {
    let context = || format!("could not read the ledger {}", path.display());
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path).with_context(context)?);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let read = Read::by_ref(&mut reader).take(LONGEST_LINE as u64 + 2).read_until(b'\n', &mut bytes);
        if read.with_context(context)? == 0 {
            break;
        }
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        each(number, &String::from_utf8_lossy(line));
    }
    Ok(())
}

/// Calls `each` with every entry, oldest first; a line that is no entry is passed over.
///
/// # Errors
/// There is no such ledger, or a file could not be read.
pub(crate) fn entries(path: &Path, each: &mut dyn FnMut(Entry)) -> Result<()> {
    let files = files(path);
    if files.is_empty() {
        anyhow::bail!("could not read the ledger {}: nothing was written to it yet", path.display());
    }
    for file in files {
        each_line(&file, &mut |_, line| {
            if let Ok(entry) = serde_json::from_str(line) {
                each(entry);
            }
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::Timestamp;

    use super::{each_line, files, heads_of, number_of, put_aside_name};

    #[test]
    fn files_are_put_aside_under_names_that_are_found_again() {
        let now = Timestamp::from_second(1_796_000_000).expect("a time");
        for path in ["/x/ledger.jsonl", "/x/ledger", "/x/a.b.jsonl"].map(Path::new) {
            let aside = put_aside_name(path, now, 1234);
            let name = aside.file_name().expect("a name").to_string_lossy().into_owned();
            assert!(name.ends_with(if path.extension().is_some() { "-0000001234.jsonl" } else { "-0000001234" }));
            assert_eq!(number_of(path, &name), Some(1234), "{name}");
            assert_eq!(number_of(path, &format!("{name}.heads")), None, "{name}");
        }
        let ledger = Path::new("/x/ledger.jsonl");
        for name in ["ledger.jsonl", "ledger-.jsonl", "ledger-2026-12.jsonl", "ledger-20261130T000000Z-x.jsonl"] {
            assert_eq!(number_of(ledger, name), None, "{name}");
        }
        assert_eq!(heads_of(ledger), Path::new("/x/ledger.jsonl.heads"));
    }

    #[test]
    fn files_come_in_the_order_of_their_entries() {
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = folder.path().join("ledger.jsonl");
        assert!(files(&ledger).is_empty());
        // The clock went back between the two.
        let names =
            ["ledger-20270101T000000Z-0000000005.jsonl", "ledger-20261201T000000Z-0000000009.jsonl", "ledger.jsonl"];
        for name in names {
            std::fs::write(folder.path().join(name), "").expect("writable");
        }
        std::fs::write(folder.path().join("other-20261201T000000Z-0000000001.jsonl"), "").expect("writable");
        assert_eq!(files(&ledger), names.map(|name| folder.path().join(name)));
    }

    #[test]
    fn lines_are_read_whatever_bytes_they_hold() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ledger.jsonl");
        std::fs::write(&path, b"one\n\n\xff\0two\nthree").expect("writable");
        let mut read = Vec::new();
        each_line(&path, &mut |number, line| read.push((number, line.to_owned()))).expect("readable");
        let expected = [(1, "one"), (2, ""), (3, "\u{fffd}\0two"), (4, "three")];
        assert_eq!(read, expected.map(|(number, line)| (number, line.to_owned())));
    }
}
