//! Where a repository on disk keeps its objects, refs and settings. Paths in, paths and words out; reads no object.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use keyward_rules::pack::{HashKind, ObjectId};

/// Longest of the small files read here, in bytes: `HEAD`, `commondir`, a ref.
const LARGEST_POINTER: u64 = 64 << 10;

/// Largest list of shallow commits read, in bytes.
const LARGEST_SHALLOW: u64 = 256 << 20;

/// How the refs are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefStorage {
    /// A file for each, and one for many.
    Files,
    /// Tables of git's own, which git itself reads.
    Reftable,
}

/// A repository's folders.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    git_dir: PathBuf,
    common: PathBuf,
}

impl Repository {
    /// Finds a repository at `path`: bare, or the one of a work tree.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn open(path: &Path) -> Result<Repository> {
        let git_dir =
            if path.join("HEAD").is_file() && is_repository(path)? { path.to_owned() } else { of_work_tree(path)? };
        let common = common_dir(&git_dir)?;
        if !common.join("objects").is_dir() {
            bail!("{} is no git repository", path.display());
        }
        Ok(Repository { git_dir, common })
    }

    /// The folder that git calls `GIT_DIR`.
    pub(crate) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The folder that its work trees share.
    pub(crate) fn common(&self) -> &Path {
        &self.common
    }

    /// Its own object store.
    pub(crate) fn objects(&self) -> PathBuf {
        self.common.join("objects")
    }

    /// The hash of its object ids.
    ///
    /// # Errors
    /// Its configuration cannot be read, or names a hash that is not known.
    pub(crate) fn hash(&self) -> Result<HashKind> {
        match self.extension("objectformat")?.as_deref() {
            None | Some("sha1") => Ok(HashKind::Sha1),
            Some("sha256") => Ok(HashKind::Sha256),
            Some(other) => bail!("its object format is {other:?}, which is not known"),
        }
    }

    /// How its refs are stored.
    ///
    /// # Errors
    /// Its configuration cannot be read, or names a way that is not known.
    pub(crate) fn ref_storage(&self) -> Result<RefStorage> {
        match self.extension("refstorage")?.as_deref() {
            None | Some("files") => Ok(RefStorage::Files),
            Some("reftable") => Ok(RefStorage::Reftable),
            Some(other) => bail!("its refs are stored as {other:?}, which is not known"),
        }
    }

    /// Commits that are kept without their parents.
    pub(crate) fn shallow(&self) -> HashSet<ObjectId> {
        let text = small(&self.common.join("shallow"), LARGEST_SHALLOW).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().filter_map(|line| line.trim().parse().ok()).collect()
    }

    /// Whether pushes may bring histories that end in a commit without its parents.
    pub(crate) fn takes_shallow(&self) -> bool {
        let config = git2::Config::open(&self.common.join("config"));
        config.and_then(|config| config.get_bool("receive.shallowUpdate")).unwrap_or(false)
    }

    fn extension(&self, name: &str) -> Result<Option<String>> {
        let file = self.common.join("config");
        if !file.exists() {
            return Ok(None);
        }
        let broken = |error: git2::Error| anyhow::anyhow!("could not read {}: {}", file.display(), error.message());
        let config = git2::Config::open(&file).map_err(broken)?;
        match config.get_string(&format!("extensions.{name}")) {
            Ok(value) => Ok(Some(value.to_ascii_lowercase())),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(broken(error)),
        }
    }
}

/// The content of a small file.
pub(super) fn pointer(file: &Path) -> std::io::Result<Vec<u8>> {
    small(file, LARGEST_POINTER)
}

fn small(file: &Path, largest: u64) -> std::io::Result<Vec<u8>> {
    let found = fs::metadata(file)?;
    // A named pipe would be waited for, a device may never end.
    if !found.is_file() || found.len() > largest {
        return Err(std::io::Error::other(format!("it is no file of at most {largest} bytes")));
    }
    fs::read(file)
}

fn is_repository(git_dir: &Path) -> Result<bool> {
    let common = common_dir(git_dir)?;
    Ok(common.join("objects").is_dir() && common.join("refs").exists())
}

/// What `.git` in a work tree is: a folder, or a file that names one.
fn of_work_tree(path: &Path) -> Result<PathBuf> {
    let inside = path.join(".git");
    if inside.is_dir() && is_repository(&inside)? {
        return Ok(inside);
    }
    let text = pointer(&inside).with_context(|| format!("{} is no git repository", path.display()))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let named = text.trim_end().strip_prefix("gitdir:").map(str::trim_start);
    let named = named.with_context(|| format!("{} names no repository", inside.display()))?;
    Ok(path.join(named))
}

fn common_dir(git_dir: &Path) -> Result<PathBuf> {
    match pointer(&git_dir.join("commondir")) {
        Ok(text) => Ok(git_dir.join(String::from_utf8_lossy(&text).trim_end())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(git_dir.to_owned()),
        Err(error) => Err(error).with_context(|| format!("could not read {}", git_dir.join("commondir").display())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use keyward_rules::pack::HashKind;

    use super::{RefStorage, Repository};

    fn bare(config: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["objects", "refs"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        fs::write(folder.path().join("HEAD"), "ref: refs/heads/main\n").expect("writable");
        fs::write(folder.path().join("config"), config).expect("writable");
        folder
    }

    #[test]
    fn a_repository_says_how_it_keeps_objects_and_refs() {
        for (config, hash, refs) in [
            ("", HashKind::Sha1, RefStorage::Files),
            ("[extensions]\nobjectFormat = sha256\n", HashKind::Sha256, RefStorage::Files),
            ("[Extensions]\nObjectFormat = SHA1\nrefstorage=reftable", HashKind::Sha1, RefStorage::Reftable),
        ] {
            let folder = bare(config);
            let repository = Repository::open(folder.path()).expect("a repository");
            assert_eq!(repository.hash().expect("known"), hash);
            assert_eq!(repository.ref_storage().expect("known"), refs);
        }
        for config in ["[extensions]\nobjectformat = md5\nrefstorage = x", "[ext"] {
            let folder = bare(config);
            let repository = Repository::open(folder.path()).expect("a repository");
            assert!(repository.hash().is_err() && repository.ref_storage().is_err(), "{config}");
        }
    }

    #[test]
    fn work_trees_lead_to_their_repository() {
        let folder = bare("");
        let tree = tempfile::tempdir().expect("a folder");
        fs::write(tree.path().join(".git"), format!("gitdir: {}\n", folder.path().display())).expect("writable");
        assert_eq!(Repository::open(tree.path()).expect("a repository").objects(), folder.path().join("objects"));
        let linked = folder.path().join("worktrees/side");
        fs::create_dir_all(&linked).expect("a folder");
        fs::write(linked.join("HEAD"), "ref: refs/heads/side\n").expect("writable");
        fs::write(linked.join("commondir"), "../..\n").expect("writable");
        let repository = Repository::open(&linked).expect("a repository");
        assert_eq!(repository.common().canonicalize().ok(), folder.path().canonicalize().ok());
        assert_eq!(repository.git_dir(), linked);
    }

    #[test]
    fn a_folder_that_is_none_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = Repository::open(folder.path()).expect_err("no repository");
        assert!(format!("{error:#}").contains("is no git repository"), "{error:#}");
    }
}
