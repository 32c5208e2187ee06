//! Which folders a repository's objects lie in: those git names in the environment, and those that `info/alternates` files name, one
//! leading to the next. Reads no object.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// How many alternates may name each other, one the next; git follows as many.
const DEEPEST: usize = 5;

/// Most folders that one repository's objects are looked for in.
const MOST_FOLDERS: usize = 1_000;

/// Largest file of alternates read, in bytes.
const LARGEST_LIST: u64 = 1 << 20;

/// Where git put what it received; absent for a deletion.
pub(super) fn quarantine(own: &Path) -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let folder = named("GIT_QUARANTINE_PATH").or_else(|| {
        // A server that receives by other means than git's own says it only so.
        let folder = named("GIT_OBJECT_DIRECTORY")?;
        named("GIT_ALTERNATE_OBJECT_DIRECTORIES")?;
        (folder.canonicalize().ok()? != own.canonicalize().ok()?).then_some(folder)
    })?;
    Some(folder)
}

/// Where objects lay before the push: the stores git names in the environment, the repository's own, and every alternate they lead to.
pub(super) fn before(own: PathBuf, quarantine: Option<&Path>) -> Vec<PathBuf> {
    let list = std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    let store = std::env::var_os("GIT_OBJECT_DIRECTORY").filter(|path| !path.is_empty()).map(PathBuf::from);
    let first: Vec<PathBuf> = [own].into_iter().chain(split(&list)).chain(store).collect();
    let arrived = quarantine.and_then(|path| path.canonicalize().ok());
    let mut folders = all(&first);
    folders.retain(|folder| arrived.is_none() || folder.canonicalize().ok() != arrived);
    folders
}

/// These folders and every alternate they lead to, each once, without those that are not there.
fn all(first: &[PathBuf]) -> Vec<PathBuf> {
    let mut search = Search { seen: HashSet::new(), folders: Vec::new() };
    first.iter().for_each(|folder| search.add(folder, 0));
    search.folders
}

struct Search {
    seen: HashSet<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Search {
    fn add(&mut self, folder: &Path, depth: usize) {
        let Ok(real) = folder.canonicalize() else { return };
        if depth > DEEPEST || self.folders.len() == MOST_FOLDERS || !self.seen.insert(real) {
            return;
        }
        self.folders.push(folder.to_owned());
        for path in listed(&folder.join("info/alternates")) {
            // Relative to the folder that names them; an absolute path stays as it is.
            self.add(&folder.join(path), depth + 1);
        }
    }
}

/// The paths in a file of alternates, one a line, some in C's string syntax.
fn listed(file: &Path) -> Vec<PathBuf> {
    let small = fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= LARGEST_LIST);
    let text = if small { fs::read(file).unwrap_or_default() } else { Vec::new() };
    let lines = text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    lines.map(|line| path_of(&line.strip_prefix(b"\"").map_or_else(|| line.to_vec(), |rest| unquote(rest).0))).collect()
}

/// Splits git's list: paths joined by colons, one with a colon or a quote in C's string syntax.
fn split(list: &OsStr) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut rest = list.as_encoded_bytes();
    while !rest.is_empty() {
        let (path, after) = if rest[0] == b'"' { unquote(&rest[1..]) } else { plain(rest) };
        if !path.is_empty() {
            paths.push(path_of(&path));
        }
        rest = after.strip_prefix(b":").unwrap_or(after);
    }
    paths
}

fn path_of(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    return PathBuf::from(<OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes.to_vec()));
    #[cfg(not(unix))]
    PathBuf::from(OsString::from(String::from_utf8_lossy(bytes).into_owned()))
}

fn plain(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = text.iter().position(|&byte| byte == b':').unwrap_or(text.len());
    (text[..end].to_vec(), &text[end..])
}

fn unquote(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut path = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match (byte, text.get(at)) {
            (b'"', _) => break,
            (b'\\', Some(digit @ b'0'..=b'3')) if text.len() >= at + 3 => {
                let octal = |byte: u8| byte.wrapping_sub(b'0') & 7;
                path.push((digit - b'0') << 6 | octal(text[at + 1]) << 3 | octal(text[at + 2]));
                at += 3;
            }
            (b'\\', Some(&escaped)) => {
                path.push(match escaped {
                    b'n' => b'\n',
                    b't' => b'\t',
                    other => other,
                });
                at += 1;
            }
            _ => path.push(byte),
        }
    }
    (path, &text[at..])
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{DEEPEST, all, split};

    #[test]
    fn a_quoted_path_may_hold_colons() {
        let cases = [
            ("/a:/b", vec!["/a", "/b"]),
            ("\"/a:b/objects\":/c", vec!["/a:b/objects", "/c"]),
            ("\"/a\\\"b\"", vec!["/a\"b"]),
            ("\"/z\\303\\266\"", vec!["/z\u{f6}"]),
            ("", vec![]),
            ("\"/open", vec!["/open"]),
        ];
        for (text, expected) in cases {
            let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
            assert_eq!(split(OsStr::new(text)), expected, "{text}");
        }
    }

    fn lead(from: &Path, to: &str) {
        fs::create_dir_all(from.join("info")).expect("writable");
        fs::write(from.join("info/alternates"), to).expect("writable");
    }

    #[test]
    fn alternates_lead_to_alternates_and_a_circle_ends() {
        let root = tempfile::tempdir().expect("a folder");
        let [one, two, three] = ["one", "two", "odd\"name"].map(|name| root.path().join(name));
        [&one, &two, &three].iter().for_each(|folder| fs::create_dir(folder).expect("writable"));
        lead(&one, &format!("# a network\n../two\n{}\n", root.path().join("gone").display()));
        lead(&two, &format!("\"{}/odd\\\"name\"\n", root.path().display()));
        lead(&three, "../one\n../two\n");
        let found = all(std::slice::from_ref(&one));
        let real: Vec<PathBuf> = found.iter().filter_map(|folder| folder.canonicalize().ok()).collect();
        assert_eq!(real, [&one, &two, &three].map(|folder| folder.canonicalize().expect("there")));
        assert_eq!(all(&[one.clone(), one]).len(), 3);
    }

    #[test]
    fn a_chain_without_end_is_followed_as_far_as_git_follows_it() {
        let root = tempfile::tempdir().expect("a folder");
        for number in 0..20 {
            let folder = root.path().join(number.to_string());
            fs::create_dir(&folder).expect("writable");
            lead(&folder, &format!("../{}\n", number + 1));
        }
        assert_eq!(all(&[root.path().join("0")]).len(), DEEPEST + 1);
    }
}
