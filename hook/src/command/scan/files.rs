//! Every file under a folder, on all cores. Git's ignore files are not heeded: what is ignored today is added by force tomorrow.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use ignore::{WalkBuilder, WalkState};
use keyward_rules::printable;

use super::{Judged, NotScanned, Scan, Stats};
use crate::honour::Honour;
use crate::report::Progress;
use crate::scanner::Scanner;

/// Scans a file or a folder's files. Links are not followed, `.git` is left to history scans.
pub(super) fn scan(root: &Path, scanner: &Scanner, honour: &Honour, largest: u64) -> Result<Scan> {
    let found = Mutex::new(Scan::default());
    let (files, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
    let progress = Progress::new("files");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let walk = WalkBuilder::new(root)
        .standard_filters(false)
        .follow_links(false)
        .threads(threads)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build_parallel();
    walk.run(|| {
        let mut buffer = vec![0; FIRST_READ];
        let (found, files, bytes, progress) = (&found, &files, &bytes, &progress);
        Box::new(move |entry| {
            let result = entry.map_err(|error| (String::new(), error.to_string())).and_then(|entry| {
                if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                    return Ok((String::new(), (Vec::new(), Vec::new())));
                }
                let path = relative(root, entry.path());
                let text = read(entry.path(), largest, &mut buffer).map_err(|reason| (printable(&path), reason))?;
                files.fetch_add(1, Ordering::Relaxed);
                bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
                progress.step();
                Ok((printable(&path), scanner.scan_file(text, &path)))
            });
            let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match result {
                Ok((path, (findings, doubts))) => {
                    found.not_scanned.extend(doubts.into_iter().map(|doubt| NotScanned::member(&path, doubt)));
                    found.findings.extend(findings.into_iter().map(|finding| Judged::of(finding, None, honour)));
                }
                Err((path, reason)) => found.not_scanned.push(NotScanned::whole(path, reason)),
            }
            WalkState::Continue
        })
    });
    progress.finish();
    let mut scan = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    scan.not_scanned.sort_by(|a, b| a.path.cmp(&b.path));
    scan.stats = Stats { files: files.into_inner(), bytes: bytes.into_inner() };
    Ok(scan)
}

fn relative(root: &Path, path: &Path) -> Vec<u8> {
    let inside = path.strip_prefix(root).ok().filter(|inside| !inside.as_os_str().is_empty());
    let shown = inside.map(Path::as_os_str).or(path.file_name()).unwrap_or_default();
    shown.as_encoded_bytes().to_vec()
}

/// Bytes of a buffer at first: most files need no second read.
const FIRST_READ: usize = 256 * 1024;

/// Bytes in which file systems of programs hand out a file that goes on.
const PAGE: usize = 4096;

/// Reads the file into `buffer`, which is kept from file to file and never shrinks. A read that ends early is the file's end, so
/// that a small file costs one call, unless it ends with a page, as those of file systems do that are made by programs.
fn read<'b>(path: &Path, largest: u64, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], String> {
    let failed = |error: std::io::Error| format!("could not be read: {error}");
    let mut file = File::open(path).map_err(failed)?;
    let mut length = 0;
    loop {
        let more = match file.read(&mut buffer[length..]) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            read => read.map_err(failed)?,
        };
        length += more;
        if length as u64 > largest {
            let size = file.metadata().map_or(length as u64, |metadata| metadata.len());
            return Err(format!("its {} MiB are over `largest_object`", size >> 20));
        }
        if more == 0 || length < buffer.len() && more % PAGE != 0 {
            return Ok(&buffer[..length]);
        }
        if length == buffer.len() {
            buffer.resize(length * 2, 0);
        }
    }
}
