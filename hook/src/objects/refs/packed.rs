//! The file in which git keeps many refs: a line for each, `id name`, sorted by name; lines with `#` and `^` say more about others.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result, bail};
use keyward_rules::pack::ObjectId;

use crate::objects::file::read_at;

/// Largest file read, in bytes: some million refs.
const LARGEST: u64 = 1 << 30;

/// Bytes looked at for one line: a name has at most 4096, an id 64.
const WINDOW: u64 = 16 << 10;

/// Every ref in the file; none if there is no file.
pub(super) fn read(file: &Path) -> Result<HashMap<String, ObjectId>> {
    let context = || format!("could not read the refs in {}", file.display());
    match fs::metadata(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Ok(found) if !found.is_file() || found.len() > LARGEST => bail!("{}: it is too large", context()),
        _ => {}
    }
    let text = fs::read(file).with_context(context)?;
    Ok(text.split(|&byte| byte == b'\n').filter_map(line).collect())
}

/// One ref, looked up by halves where the file says that it is sorted.
pub(super) fn find(file: &Path, name: &str) -> Option<ObjectId> {
    let size = fs::metadata(file).ok().filter(fs::Metadata::is_file)?.len();
    let open = File::open(file).ok()?;
    let first = window(&open, 0, size)?;
    if !first.split(|&byte| byte == b'\n').next()?.ends_with(b" sorted ") {
        return read(file).ok()?.remove(name);
    }
    // The line that is looked for begins in `start..end`, if it is there.
    let (mut start, mut end) = (0, size);
    while start < end {
        let middle = start + (end - start) / 2;
        let Some((at, length, text)) = line_from(&open, middle, end, size) else {
            // No line begins in the upper half.
            end = middle;
            continue;
        };
        let (known, id) = line(&text)?;
        match known.as_str().cmp(name) {
            std::cmp::Ordering::Equal => return Some(id),
            std::cmp::Ordering::Less => start = at + length,
            std::cmp::Ordering::Greater => end = middle,
        }
    }
    None
}

/// A line that names a ref.
pub(super) fn line(line: &[u8]) -> Option<(String, ObjectId)> {
    if line.starts_with(b"#") || line.starts_with(b"^") {
        return None;
    }
    let space = line.iter().position(|&byte| byte == b' ')?;
    let id = std::str::from_utf8(&line[..space]).ok()?.parse().ok()?;
    let name = String::from_utf8_lossy(&line[space + 1..]).into_owned();
    name.starts_with("refs/").then_some((name, id))
}

/// The first line naming a ref that begins at or after `from` and before `end`: its place, its length with the break, its text.
fn line_from(file: &File, from: u64, end: u64, size: u64) -> Option<(u64, u64, Vec<u8>)> {
    // A line begins at `from` only if the byte before ends one.
    let mut at = if from == 0 { 0 } else { after_break(file, from - 1, size)? };
    while at < end {
        let next = after_break(file, at, size).unwrap_or(size);
        let text = window(file, at, next)?;
        if !text.starts_with(b"#") && !text.starts_with(b"^") {
            let text = text.strip_suffix(b"\n").unwrap_or(&text).to_vec();
            return Some((at, next - at, text));
        }
        at = next;
    }
    None
}

/// The place behind the first line break at or after `from`.
fn after_break(file: &File, from: u64, size: u64) -> Option<u64> {
    let text = window(file, from, size)?;
    let at = text.iter().position(|&byte| byte == b'\n')?;
    Some(from + at as u64 + 1)
}

fn window(file: &File, from: u64, end: u64) -> Option<Vec<u8>> {
    let mut text = vec![0; end.checked_sub(from)?.min(WINDOW) as usize];
    read_at(file, from, &mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::{find, line, read};

    fn file(header: &str, names: &[String]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = names.iter().enumerate().map(|(number, name)| {
            let peeled = if number % 3 == 0 { format!("^{:040x}\n", number + 7) } else { String::new() };
            format!("{:040x} {name}\n{peeled}", number + 1)
        });
        let path = folder.path().join("packed-refs");
        fs::write(&path, format!("{header}{}", lines.collect::<String>())).expect("writable");
        (folder, path)
    }

    #[test]
    fn every_ref_of_a_sorted_file_is_found_by_halves() {
        let names: Vec<String> = (0..500).map(|number| format!("refs/heads/{number:04}")).collect();
        for header in ["# pack-refs with: peeled fully-peeled sorted \n", ""] {
            let (_folder, path) = file(header, &names);
            for (number, name) in names.iter().enumerate() {
                let expected = format!("{:040x}", number + 1);
                assert_eq!(find(&path, name).map(|id| id.to_string()), Some(expected), "{name}");
            }
            for other in ["refs/heads/", "refs/heads/0000x", "refs/heads/9", "refs/a", "HEAD"] {
                assert_eq!(find(&path, other), None, "{other}");
            }
            assert_eq!(read(&path).expect("readable").len(), names.len());
        }
    }

    #[test]
    fn without_the_file_there_are_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(read(&folder.path().join("packed-refs")).expect("none").is_empty());
        assert_eq!(find(&folder.path().join("packed-refs"), "refs/heads/a"), None);
        assert!(read(folder.path()).is_err());
    }

    proptest! {
        #[test]
        fn no_file_panics_or_is_searched_for_ever(text in "[#^a0 \n]{0,80}", sorted: bool) {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("packed-refs");
            let header = if sorted { "# pack-refs with: sorted \n" } else { "" };
            fs::write(&path, format!("{header}{text}")).expect("writable");
            let _ = (find(&path, "refs/heads/a"), read(&path), line(text.as_bytes()));
        }
    }
}
