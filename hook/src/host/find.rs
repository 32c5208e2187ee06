//! Repositories below a folder. Links to folders are not followed, so no ring holds the search; what cannot be read is told.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::repository::is_repository;

/// Folders inside each other that are looked into: GitLab's hashed storage needs four.
const DEEPEST: usize = 16;

/// Most folders looked into, repositories included.
const MOST: usize = 2_000_000;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Bare repositories, sorted.
    pub(crate) paths: Vec<PathBuf>,
    /// Folders that could not be read, or lie too deep, with the reason.
    pub(crate) unread: Vec<String>,
}

/// Every bare repository at or below `root`.
///
/// # Errors
/// The root could not be read, or there are too many folders.
pub(crate) fn repositories(root: &Path) -> Result<Found> {
    let root = root.canonicalize().with_context(|| format!("could not find {}", root.display()))?;
    fs::read_dir(&root).with_context(|| format!("could not read {}", root.display()))?;
    search(&root, MOST)
}

fn search(root: &Path, most: usize) -> Result<Found> {
    let mut found = Found::default();
    let mut open = vec![(root.to_owned(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = open.pop() {
        seen += 1;
        if seen > most {
            bail!("there are more than {most} folders below {}; name folders in it", root.display());
        }
        if is_repository(&folder) {
            found.paths.push(folder);
            continue;
        }
        match below(&folder) {
            Ok(folders) if depth == DEEPEST && !folders.is_empty() => {
                found.unread.push(format!("{} lies too deep", folder.display()));
            }
            Ok(folders) => open.extend(folders.into_iter().map(|folder| (folder, depth + 1))),
            Err(error) => found.unread.push(format!("could not read {}: {error}", folder.display())),
        }
    }
    found.paths.sort();
    found.unread.sort();
    Ok(found)
}

/// The folders in a folder, and links to repositories. A work tree holds no bare repositories of the server.
fn below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        if entry.file_name() != ".git" && (kind.is_dir() || kind.is_symlink() && is_repository(&path)) {
            folders.push(path);
        }
    }
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{DEEPEST, repositories, search};

    fn repository(path: &Path) {
        fs::create_dir_all(path.join("objects/pack")).expect("writable");
        fs::write(path.join("HEAD"), "ref: refs/heads/main\n").expect("writable");
    }

    #[test]
    fn every_repository_is_found_once_and_nothing_inside_one_is_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a folder");
        for name in ["a.git", "group/b.git", "@hashed/6b/86/c.git", "a.git/modules/inner.git"] {
            repository(&root.join(name));
        }
        std::os::unix::fs::symlink(&root, root.join("group/ring")).expect("a link");
        let found = repositories(&root).expect("readable");
        let expected: Vec<PathBuf> =
            ["@hashed/6b/86/c.git", "a.git", "group/b.git"].iter().map(|name| root.join(name)).collect();
        assert_eq!(found.paths, expected);
        assert!(found.unread.is_empty(), "{found:?}");
    }

    #[test]
    fn what_lies_too_deep_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep: PathBuf = (0..=DEEPEST).map(|_| "d").collect();
        repository(&folder.path().join(&deep).join("a.git"));
        let found = repositories(folder.path()).expect("readable");
        assert!(found.paths.is_empty() && found.unread.len() == 1, "{found:?}");
    }

    #[test]
    fn too_many_folders_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["a", "b", "c"] {
            fs::create_dir(folder.path().join(name)).expect("writable");
        }
        assert!(search(folder.path(), 2).expect_err("too many").to_string().contains("more than 2 folders"));
    }
}
