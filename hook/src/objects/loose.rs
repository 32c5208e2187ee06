//! Objects that have files of their own, read on as many threads as there are visitors.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use keyward_rules::pack::{Bounds, ObjectId, Visit, Visitor};

use super::folder::{loose_file, read_file};

/// The objects of one folder that lie there in files of their own.
#[derive(Debug, Default)]
pub(crate) struct LooseObjects {
    pub(super) folder: PathBuf,
    pub(super) ids: Vec<ObjectId>,
}

impl LooseObjects {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.ids.len() as u64
    }

    /// Visits each, all of it new; none may be left out without a word.
    ///
    /// # Panics
    /// If there is no visitor, or a visitor panics.
    pub(crate) fn visit<V: Visitor>(&self, bounds: &Bounds<'_>, visitors: &mut [V]) {
        let (own, others) = visitors.split_first_mut().expect("somebody must see the objects");
        if self.ids.is_empty() {
            return;
        }
        let next = AtomicUsize::new(0);
        let work = |visitor: &mut V| {
            while let Some(&id) = self.ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                let read = read_file(&loose_file(&self.folder, &id), bounds);
                match read.unwrap_or_else(|error| Err(error.into())) {
                    Ok(object) => {
                        let new = 0..object.bytes.len();
                        let new = std::slice::from_ref(&new);
                        visitor.visit(&Visit { id, kind: object.kind, bytes: &object.bytes, new });
                    }
                    Err(reason) => visitor.unread(id, None, &reason),
                }
            }
        };
        thread::scope(|scope| {
            let work = &work;
            for visitor in others {
                scope.spawn(move || work(visitor));
            }
            work(own);
        });
    }
}
