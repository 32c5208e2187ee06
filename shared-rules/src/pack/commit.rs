//! Commits and annotated tags as git stores them. Their bytes in; what they name, and where the words begin, out.

use super::{Damaged, HashKind, ObjectId, ObjectKind};

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit<'a> {
    /// The folder that it names.
    pub tree: ObjectId,
    /// Where the message begins; the commit's length if it has none.
    pub message: usize,
    parents: &'a [u8],
    hash: HashKind,
}

impl<'a> Commit<'a> {
    /// Reads the head of a commit. Its parents are read when they are asked for.
    pub fn parse(bytes: &'a [u8], hash: HashKind) -> Result<Commit<'a>, Damaged> {
        let damaged = |reason| Damaged { kind: "commit", reason };
        let (tree, rest) = named(b"tree ", bytes, hash).ok_or(damaged("it names no tree"))?;
        Ok(Commit { tree, message: message(bytes), parents: rest, hash })
    }

    /// Its parents, in order. A line that begins as one and is none is said and ends them.
    pub fn parents(&self) -> Parents<'a> {
        Parents { rest: self.parents, hash: self.hash }
    }
}

/// The parents of a commit.
#[derive(Clone, Debug)]
pub struct Parents<'a> {
    rest: &'a [u8],
    hash: HashKind,
}

impl Iterator for Parents<'_> {
    type Item = Result<ObjectId, Damaged>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.rest.starts_with(b"parent ") {
            return None;
        }
        let read = named(b"parent ", self.rest, self.hash);
        self.rest = read.map_or(&[], |(_, rest)| rest);
        Some(read.map(|(id, _)| id).ok_or(Damaged { kind: "commit", reason: "a parent is no id" }))
    }
}

/// An annotated tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The object that it names.
    pub target: ObjectId,
    /// What that object is said to be.
    pub kind: ObjectKind,
    /// Where the message begins; the tag's length if it has none.
    pub message: usize,
}

impl Tag {
    /// Reads the head of a tag.
    pub fn parse(bytes: &[u8], hash: HashKind) -> Result<Tag, Damaged> {
        let damaged = |reason| Damaged { kind: "tag", reason };
        let (target, rest) = named(b"object ", bytes, hash).ok_or(damaged("it names no object"))?;
        let kind =
            rest.strip_prefix(b"type ").and_then(|rest| ObjectKind::named(rest.split(|byte| *byte == b'\n').next()?));
        Ok(Tag { target, kind: kind.ok_or(damaged("it does not say what it names"))?, message: message(bytes) })
    }
}

/// The id in a line that begins with these words, and what stands behind the line.
fn named<'a>(words: &[u8], bytes: &'a [u8], hash: HashKind) -> Option<(ObjectId, &'a [u8])> {
    let digits = bytes.strip_prefix(words)?;
    let end = hash.width() * 2;
    let text = std::str::from_utf8(digits.get(..end)?).ok()?;
    Some((text.parse().ok()?, digits[end..].strip_prefix(b"\n")?))
}

/// Where the message begins: behind the first empty line.
fn message(bytes: &[u8]) -> usize {
    memchr::memmem::find(bytes, b"\n\n").map_or(bytes.len(), |at| at + 2)
}

#[cfg(test)]
mod tests {
    use super::{Commit, Tag};
    use crate::pack::written::id;
    use crate::pack::{HashKind, ObjectKind};

    #[test]
    fn a_commit_names_its_tree_and_parents_and_where_the_message_begins() {
        for hash in [HashKind::Sha1, HashKind::Sha256] {
            let [tree, one, two] = [1, 2, 3].map(|number| id(hash, number));
            let head = format!("tree {tree}\nparent {one}\nparent {two}\nauthor a <a> 0 +0000\ngpgsig x\n y\n\n");
            let text = format!("{head}parent {one}\n\nmore");
            let commit = Commit::parse(text.as_bytes(), hash).expect("sound");
            assert_eq!((commit.tree, commit.message), (tree, head.len()));
            assert_eq!(commit.parents().collect::<Vec<_>>(), [Ok(one), Ok(two)]);
            let bare = format!("tree {tree}\n");
            let commit = Commit::parse(bare.as_bytes(), hash).expect("sound");
            assert_eq!((commit.parents().count(), commit.message), (0, bare.len()));
        }
    }

    #[test]
    fn a_commit_without_tree_or_with_half_a_parent_is_damaged() {
        let tree = id(HashKind::Sha1, 1);
        for text in
            [String::new(), "tree ".to_owned(), format!("tree {tree}"), format!("tree {tree}0\n"), format!("x{tree}\n")]
        {
            assert!(Commit::parse(text.as_bytes(), HashKind::Sha1).is_err(), "{text}");
        }
        assert!(Commit::parse(format!("tree {tree}\n").as_bytes(), HashKind::Sha256).is_err());
        let text = format!("tree {tree}\nparent {tree}\nparent xyz\nparent {tree}\n");
        let parents: Vec<_> = Commit::parse(text.as_bytes(), HashKind::Sha1).expect("sound").parents().collect();
        assert_eq!((parents.len(), parents[0], parents[1].is_err()), (2, Ok(tree), true));
    }

    #[test]
    fn a_tag_names_its_target_and_what_that_is() {
        for hash in [HashKind::Sha1, HashKind::Sha256] {
            let target = id(hash, 5);
            for (word, kind) in [
                ("commit", ObjectKind::Commit),
                ("tree", ObjectKind::Tree),
                ("blob", ObjectKind::Blob),
                ("tag", ObjectKind::Tag),
            ] {
                let text = format!("object {target}\ntype {word}\ntag v1\n\nwords");
                let tag = Tag::parse(text.as_bytes(), hash).expect("sound");
                assert_eq!((tag.target, tag.kind, &text[tag.message..]), (target, kind, "words"));
            }
            for text in [String::new(), format!("object {target}\n"), format!("object {target}\ntype file\n")] {
                assert!(Tag::parse(text.as_bytes(), hash).is_err(), "{text}");
            }
        }
    }
}
