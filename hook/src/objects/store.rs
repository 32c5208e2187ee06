//! The repository's objects, the quarantined ones included. Every read is checked first: libgit2 never returns from
//! a loose object that ends early.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use flate2::read::ZlibDecoder;
use git2::{Blob, Commit, Object, ObjectType, Odb, OdbObject, Oid, Repository, Tag, Tree};

/// A repository whose objects can be read.
pub(crate) struct Store {
    repository: Repository,
    folders: Vec<PathBuf>,
    /// Objects whose loose file was read to its end.
    sound: Mutex<HashSet<Oid>>,
}

impl Store {
    /// Opens a repository as it lies on disk.
    ///
    /// # Errors
    /// It is none, or one that libgit2 cannot read.
    pub(crate) fn open(path: &Path) -> Result<Store> {
        let repository = Repository::open(path).map_err(|error| anyhow::anyhow!("{}", error.message()))?;
        let folders = vec![repository.commondir().join("objects")];
        Ok(Store { repository, folders, sound: Mutex::new(HashSet::new()) })
    }

    /// Opens the repository of a running hook, quarantine and alternates included.
    ///
    /// libgit2's own `open_from_env` splits git's list of alternates at every colon, also inside a quoted path.
    ///
    /// # Errors
    /// It is none, or one that libgit2 cannot read.
    pub(crate) fn of_hook(git_dir: &Path) -> Result<Store> {
        let mut store = Store::open(git_dir)?;
        let objects = store.repository.odb().context("could not open the object store")?;
        for folder in quarantine().into_iter().chain(alternates()).filter(|folder| folder.is_dir()) {
            let text = folder.to_str().context("the path of an object store is not UTF-8")?;
            objects.add_disk_alternate(text).with_context(|| format!("could not open the object store {text}"))?;
            store.folders.push(folder);
        }
        drop(objects);
        Ok(store)
    }

    /// Refs and walks; objects are read through the methods below.
    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The object store.
    ///
    /// # Errors
    /// It could not be opened.
    pub(crate) fn odb(&self) -> Result<Odb<'_>> {
        self.repository.odb().context("could not open the object store")
    }

    /// Length and kind of an object.
    ///
    /// # Errors
    /// The object is missing or damaged.
    pub(crate) fn header(&self, odb: &Odb<'_>, id: Oid) -> Result<(u64, ObjectType)> {
        self.check(id)?;
        let (size, kind) = odb.read_header(id).with_context(|| unreadable(id))?;
        Ok((size as u64, kind))
    }

    /// An object's bytes.
    ///
    /// # Errors
    /// The object is missing or damaged.
    pub(crate) fn read<'o>(&self, odb: &'o Odb<'_>, id: Oid) -> Result<OdbObject<'o>> {
        self.check(id)?;
        odb.read(id).with_context(|| unreadable(id))
    }

    /// Any object.
    ///
    /// # Errors
    /// The object is missing or damaged.
    pub(crate) fn object(&self, id: Oid) -> Result<Object<'_>> {
        self.check(id)?;
        self.repository.find_object(id, None).with_context(|| unreadable(id))
    }

    /// A commit.
    ///
    /// # Errors
    /// The object is missing, damaged or of another kind.
    pub(crate) fn commit(&self, id: Oid) -> Result<Commit<'_>> {
        self.check(id)?;
        self.repository.find_commit(id).with_context(|| unreadable(id))
    }

    /// A tree.
    ///
    /// # Errors
    /// The object is missing, damaged or of another kind.
    pub(crate) fn tree(&self, id: Oid) -> Result<Tree<'_>> {
        self.check(id)?;
        self.repository.find_tree(id).with_context(|| unreadable(id))
    }

    /// A blob.
    ///
    /// # Errors
    /// The object is missing, damaged or of another kind.
    pub(crate) fn blob(&self, id: Oid) -> Result<Blob<'_>> {
        self.check(id)?;
        self.repository.find_blob(id).with_context(|| unreadable(id))
    }

    /// A tag.
    ///
    /// # Errors
    /// The object is missing, damaged or of another kind.
    pub(crate) fn tag(&self, id: Oid) -> Result<Tag<'_>> {
        self.check(id)?;
        self.repository.find_tag(id).with_context(|| unreadable(id))
    }

    /// Reads a loose object to its end once.
    fn check(&self, id: Oid) -> Result<()> {
        let mut sound = self.sound.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !sound.insert(id) {
            return Ok(());
        }
        let name = id.to_string();
        for folder in &self.folders {
            let Ok(file) = File::open(folder.join(&name[..2]).join(&name[2..])) else { continue };
            if let Err(error) = io::copy(&mut ZlibDecoder::new(file), &mut io::sink()) {
                sound.remove(&id);
                bail!("{}: {error}", unreadable(id));
            }
        }
        Ok(())
    }
}

fn unreadable(id: Oid) -> String {
    format!("could not read object {id}, `git fsck` on the server tells more")
}

/// Where git put what it received; absent for a deletion. GitLab gives its hooks the object folders without the quarantine's name.
pub(crate) fn quarantine() -> Option<PathBuf> {
    let folders = || std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").and(std::env::var_os("GIT_OBJECT_DIRECTORY"));
    std::env::var_os("GIT_QUARANTINE_PATH").or_else(folders).map(PathBuf::from)
}

/// The stores git names beside the quarantine.
pub(crate) fn alternates() -> Vec<PathBuf> {
    split_alternates(&std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default())
}

/// Splits git's list: paths joined by colons, one with a colon or a quote in C's string syntax.
fn split_alternates(list: &OsStr) -> Vec<PathBuf> {
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
    use std::path::PathBuf;

    use super::split_alternates;

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
            assert_eq!(split_alternates(OsStr::new(text)), expected, "{text}");
        }
    }
}
