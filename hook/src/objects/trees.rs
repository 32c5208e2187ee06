//! Folders of a repository, kept while they are likely to be asked for again: a commit's folders are mostly its parent's.

use std::collections::HashMap;
use std::rc::Rc;

use keyward_rules::pack::{HashKind, ObjectId, Tree, TreeEntry};

/// Bytes of folders kept.
const MOST_BYTES: usize = 16 << 20;

/// A folder's bytes, known to be sound.
#[derive(Debug)]
pub(crate) struct Content {
    bytes: Vec<u8>,
    hash: HashKind,
}

impl Content {
    pub(super) fn new(bytes: Vec<u8>, hash: HashKind) -> Content {
        Content { bytes, hash }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its entries, in git's order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = TreeEntry<'_>> {
        Tree::entries(&self.bytes, self.hash).flatten()
    }

    /// The names of its entries, one a line.
    pub(crate) fn names(&self) -> Vec<u8> {
        self.entries().flat_map(|entry| [entry.name, b"\n"].concat()).collect()
    }

    /// The entry of this name.
    pub(crate) fn entry(&self, name: &[u8]) -> Option<TreeEntry<'_>> {
        self.entries().find(|entry| entry.name == name)
    }
}

/// The folders asked for last, in two halves: when the younger is full, the older one goes.
#[derive(Debug, Default)]
pub(super) struct Trees {
    young: HashMap<ObjectId, Rc<Content>>,
    old: HashMap<ObjectId, Rc<Content>>,
    bytes: usize,
}

impl Trees {
    pub(super) fn get(&mut self, id: &ObjectId) -> Option<Rc<Content>> {
        if let Some(known) = self.young.get(id) {
            return Some(known.clone());
        }
        let known = self.old.remove(id)?;
        self.insert(*id, known.clone());
        Some(known)
    }

    pub(super) fn insert(&mut self, id: ObjectId, content: Rc<Content>) {
        self.bytes += content.bytes.len();
        self.young.insert(id, content);
        if self.bytes > MOST_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use keyward_rules::pack::{HashKind, ObjectId};

    use super::{Content, MOST_BYTES, Trees};

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes(&[number; 20]).expect("an id")
    }

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let mut trees = Trees::default();
        let content = || Rc::new(Content::new(vec![0; MOST_BYTES / 8], HashKind::Sha1));
        for number in 0..30 {
            trees.insert(id(number), content());
            assert!(trees.get(&id(0)).is_some(), "{number}");
        }
        assert!(trees.get(&id(1)).is_none() && trees.get(&id(29)).is_some());
    }
}
