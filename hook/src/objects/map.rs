//! Packs and their indexes mapped into memory: an index of a million objects is looked into without being read. Paths in, bytes out.

#![allow(unsafe_code)]

use std::fs::{self, File};
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// The bytes of a file, read when they are looked at.
#[derive(Debug)]
pub(crate) struct Mapped(Mmap);

impl Mapped {
    /// Maps a file that nobody changes.
    ///
    /// # Errors
    /// It cannot be opened, is no plain file, or lies where files cannot be mapped.
    pub(crate) fn open(path: &Path) -> io::Result<Mapped> {
        // Opening a named pipe would wait for a writer.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no plain file"));
        }
        let file = File::open(path)?;
        // SAFETY: the bytes must not change while they are borrowed. Git writes a pack and its index under names of their own, renames
        // them when they are whole, and never writes to them again; it takes them away by name, which leaves a mapping as it is. Whoever
        // else may write to a repository's folder needs no push. A file cut short, as on a disk that fails, ends the process by a
        // signal, upon which git rejects the push, as it does for its own mappings.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Mapped(map))
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Mapped;

    #[test]
    fn a_mapping_stays_when_its_name_is_taken_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pack");
        fs::write(&path, "0123456789").expect("writable");
        let map = Mapped::open(&path).expect("a file");
        fs::remove_file(&path).expect("removable");
        assert_eq!(map.as_ref(), b"0123456789");
        fs::write(&path, "").expect("writable");
        assert_eq!(Mapped::open(&path).expect("an empty file").as_ref(), b"");
        assert!(Mapped::open(folder.path()).is_err());
    }
}
