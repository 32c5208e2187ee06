//! Object ids of either hash git knows, and the kinds of objects they name.

use std::fmt;
use std::str::FromStr;

/// The hash a repository names its objects by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashKind {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl HashKind {
    /// Bytes of an id.
    pub const fn width(self) -> usize {
        match self {
            HashKind::Sha1 => 20,
            HashKind::Sha256 => 32,
        }
    }
}

/// The name of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    kind: HashKind,
    /// Zero behind the id's own width, so that equal ids are equal bytes.
    bytes: [u8; 32],
}

/// Text that is no object id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an object id has 40 or 64 hexadecimal digits")]
pub struct NoObjectId;

impl ObjectId {
    /// An id from its 20 or 32 bytes; `None` for any other number of them.
    pub fn from_bytes(bytes: &[u8]) -> Option<ObjectId> {
        let kind = match bytes.len() {
            20 => HashKind::Sha1,
            32 => HashKind::Sha256,
            _ => return None,
        };
        let mut id = ObjectId { kind, bytes: [0; 32] };
        id.bytes[..bytes.len()].copy_from_slice(bytes);
        Some(id)
    }

    /// Which hash it is.
    pub fn kind(&self) -> HashKind {
        self.kind
    }

    /// Its bytes, as many as its hash has.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.kind.width()]
    }

    /// Whether every byte is zero, as git writes "no object".
    pub fn is_zero(&self) -> bool {
        self.bytes == [0; 32]
    }

    /// The first seven digits, as git shows commits to people.
    pub fn short(&self) -> String {
        self.to_string()[..7].to_owned()
    }
}

impl FromStr for ObjectId {
    type Err = NoObjectId;

    fn from_str(text: &str) -> Result<ObjectId, NoObjectId> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| NoObjectId)?;
        ObjectId::from_bytes(&bytes).ok_or(NoObjectId)
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&data_encoding::HEXLOWER.encode(self.as_bytes()))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A commit: tree, parents, author, message.
    Commit,
    /// A folder.
    Tree,
    /// A file's content or a symbolic link's target.
    Blob,
    /// An annotated tag.
    Tag,
}

impl ObjectKind {
    /// The kind that git calls so; `None` for any other word.
    pub fn named(word: &[u8]) -> Option<ObjectKind> {
        match word {
            b"commit" => Some(ObjectKind::Commit),
            b"tree" => Some(ObjectKind::Tree),
            b"blob" => Some(ObjectKind::Blob),
            b"tag" => Some(ObjectKind::Tag),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HashKind, NoObjectId, ObjectId};

    #[test]
    fn ids_of_both_hashes_are_read_and_written() {
        for (digits, kind) in [(40, HashKind::Sha1), (64, HashKind::Sha256)] {
            let text = "0a".repeat(digits / 2);
            let id: ObjectId = text.to_uppercase().parse().expect("an id");
            assert_eq!((id.to_string(), id.kind(), id.as_bytes().len()), (text, kind, kind.width()));
            assert!(!id.is_zero());
            assert!("0".repeat(digits).parse::<ObjectId>().expect("an id").is_zero());
        }
        for text in ["", "0a", &"g".repeat(40), &"0".repeat(41), &"0".repeat(42)] {
            assert_eq!(text.parse::<ObjectId>(), Err(NoObjectId), "{text}");
        }
    }
}
