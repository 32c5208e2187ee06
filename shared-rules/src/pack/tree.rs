//! A folder as git stores it. Its bytes in, entries out, each borrowed; names are shown to nobody here.

use super::{HashKind, ObjectId};

/// Digits of a mode. Git writes six at most.
const LONGEST_MODE: usize = 10;

/// An entry of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeEntry<'a> {
    /// What it is: file, link, folder or submodule.
    pub mode: Mode,
    /// Its name, as written by a stranger.
    pub name: &'a [u8],
    /// The object that it names.
    pub id: ObjectId,
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode(pub u32);

impl Mode {
    /// The bits that tell the kind.
    const KIND: u32 = 0o170_000;

    /// A folder: the id is a tree's.
    pub fn is_tree(self) -> bool {
        self.0 & Mode::KIND == 0o040_000
    }

    /// A symbolic link: the blob holds its target.
    pub fn is_link(self) -> bool {
        self.0 & Mode::KIND == 0o120_000
    }

    /// A submodule: the id is a commit's of another repository.
    pub fn is_submodule(self) -> bool {
        self.0 & Mode::KIND == 0o160_000
    }
}

/// A tree's or commit's bytes that are none. What was read before holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {kind} is damaged ({reason}); run `git fsck`")]
pub struct Damaged {
    pub(super) kind: &'static str,
    pub(super) reason: &'static str,
}

/// The entries of a folder; the first damage is said and ends it.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    rest: &'a [u8],
    hash: HashKind,
}

impl<'a> Tree<'a> {
    /// The entries in a tree's bytes.
    pub fn entries(bytes: &'a [u8], hash: HashKind) -> Tree<'a> {
        Tree { rest: bytes, hash }
    }

    fn entry(&mut self) -> Result<TreeEntry<'a>, &'static str> {
        let head = &self.rest[..self.rest.len().min(LONGEST_MODE + 1)];
        let space = memchr::memchr(b' ', head).filter(|at| *at > 0).ok_or("an entry has no mode")?;
        let mode = head[..space].iter().try_fold(0u32, |mode, &digit| {
            matches!(digit, b'0'..=b'7').then(|| mode << 3 | u32::from(digit - b'0')).ok_or("a mode is no octal number")
        })?;
        let rest = &self.rest[space + 1..];
        let end = memchr::memchr(0, rest).ok_or("a name does not end")?;
        if end == 0 {
            return Err("a name is empty");
        }
        let id = rest.get(end + 1..end + 1 + self.hash.width()).and_then(ObjectId::from_bytes);
        let id = id.ok_or("it ends inside an id")?;
        self.rest = &rest[end + 1 + self.hash.width()..];
        Ok(TreeEntry { mode: Mode(mode), name: &rest[..end], id })
    }
}

impl<'a> Iterator for Tree<'a> {
    type Item = Result<TreeEntry<'a>, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        Some(self.entry().map_err(|reason| {
            self.rest = &[];
            Damaged { kind: "tree", reason }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Mode, Tree, TreeEntry};
    use crate::pack::written::id;
    use crate::pack::{HashKind, ObjectId};

    fn entry(mode: &str, name: &[u8], id: &ObjectId) -> Vec<u8> {
        [mode.as_bytes(), b" ", name, b"\0", id.as_bytes()].concat()
    }

    #[test]
    fn entries_of_both_hashes_are_read() {
        for hash in [HashKind::Sha1, HashKind::Sha256] {
            let id = id(hash, 7);
            let rows: [(&str, u32, &[u8]); 5] = [
                ("100644", 0o100_644, b"a b"),
                ("40000", 0o40_000, b"folder"),
                ("120000", 0o120_000, b"link\xff"),
                ("160000", 0o160_000, b"module"),
                ("040000", 0o40_000, b"old\nstyle"),
            ];
            let bytes: Vec<u8> = rows.iter().flat_map(|(mode, _, name)| entry(mode, name, &id)).collect();
            let read: Vec<_> = Tree::entries(&bytes, hash).map(|entry| entry.expect("sound")).collect();
            let expected: Vec<_> =
                rows.iter().map(|(_, mode, name)| TreeEntry { mode: Mode(*mode), name, id }).collect();
            assert_eq!(read, expected);
            let kinds =
                read.iter().map(|entry| (entry.mode.is_tree(), entry.mode.is_link(), entry.mode.is_submodule()));
            let [file, tree, link, module] =
                [(false, false, false), (true, false, false), (false, true, false), (false, false, true)];
            assert_eq!(kinds.collect::<Vec<_>>(), [file, tree, link, module, tree]);
        }
    }

    #[test]
    fn damage_is_said_behind_what_is_sound_and_ends_it() {
        let id = id(HashKind::Sha1, 7);
        let good = entry("100644", b"a", &id);
        let cases = [
            (b"100644".to_vec(), "no mode"),
            (b" a\0".to_vec(), "no mode"),
            (entry("00000000100644", b"a", &id), "no mode"),
            (entry("100648", b"a", &id), "octal"),
            (b"100644 name".to_vec(), "does not end"),
            (entry("100644", b"", &id), "empty"),
            (good[..good.len() - 1].to_vec(), "inside an id"),
        ];
        for (bad, reason) in cases {
            let bytes = [&good[..], &bad].concat();
            let read: Vec<_> = Tree::entries(&bytes, HashKind::Sha1).collect();
            assert_eq!((read.len(), read[0].is_ok()), (2, true), "{reason}");
            let said = read[1].expect_err(reason).to_string();
            assert!(said.contains(reason), "{said}");
        }
        assert_eq!(Tree::entries(b"", HashKind::Sha1).count(), 0);
    }
}
