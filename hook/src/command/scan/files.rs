//! Every file under a folder, on all cores. Git's ignore files are not heeded: what is ignored today is added by force tomorrow.

use std::fs::{self, File};
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
        let mut buffer = Vec::new();
        let (found, files, bytes, progress) = (&found, &files, &bytes, &progress);
        Box::new(move |entry| {
            let result = entry.map_err(|error| (String::new(), error.to_string())).and_then(|entry| {
                if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                    return Ok((String::new(), (Vec::new(), Vec::new())));
                }
                let path = relative(root, entry.path());
                let size = read(entry.path(), largest, &mut buffer).map_err(|reason| (printable(&path), reason))?;
                files.fetch_add(1, Ordering::Relaxed);
                bytes.fetch_add(size, Ordering::Relaxed);
                progress.step();
                Ok((printable(&path), scanner.scan_file(&buffer, &path)))
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

/// Reads the file into `buffer`, reused from file to file; its size.
fn read(path: &Path, largest: u64, buffer: &mut Vec<u8>) -> Result<u64, String> {
    buffer.clear();
    let mut file = File::open(path).map_err(|error| format!("could not be read: {error}"))?;
    let size = file.metadata().map_or(0, |metadata: fs::Metadata| metadata.len());
    if size > largest {
        return Err(format!("its {} MiB are over `largest_object`", size >> 20));
    }
    buffer.reserve(usize::try_from(size).unwrap_or(0) + 1);
    file.read_to_end(buffer).map_err(|error| format!("could not be read: {error}"))?;
    Ok(buffer.len() as u64)
}
