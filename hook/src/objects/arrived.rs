//! The objects git received into quarantine, and what was stored before them.
//! The quarantine holds what arrived, not what is new: thin packs bring old bases along.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context, Result};
use git2::{Odb, Oid};

use super::Store;
use super::store::{alternates, quarantine};

/// Objects of one push that came over the wire.
pub(crate) struct Arrived {
    ids: Vec<Oid>,
    set: HashSet<Oid>,
    before: Option<Odb<'static>>,
}

impl Arrived {
    /// Lists the quarantine that git names in the environment; empty for a deletion, or where nothing had to be sent.
    ///
    /// # Errors
    /// The quarantine could not be read.
    pub(crate) fn from_env(store: &Store) -> Result<Arrived> {
        let Some(quarantine) = quarantine() else {
            return Ok(Arrived { ids: Vec::new(), set: HashSet::new(), before: None });
        };
        let arrived = Odb::new().context("could not open an object store")?;
        add(&arrived, &quarantine)?;
        let mut ids = Vec::new();
        arrived
            .foreach(|id| {
                ids.push(*id);
                true
            })
            .context("could not list the received objects")?;
        let before = Odb::new().context("could not open an object store")?;
        let main = store.repository().commondir().join("objects");
        for folder in alternates().into_iter().chain([main]).filter(|folder| folder.is_dir()) {
            add(&before, &folder)?;
        }
        let set = ids.iter().copied().collect();
        Ok(Arrived { ids, set, before: Some(before) })
    }

    /// Every object that arrived.
    pub(crate) fn ids(&self) -> &[Oid] {
        &self.ids
    }

    /// Whether this object arrived.
    pub(crate) fn contains(&self, id: Oid) -> bool {
        self.set.contains(&id)
    }

    /// Whether the object may have been stored before the push. Only then is it worth asking whether a ref reached it.
    pub(crate) fn may_be_old(&self, id: Oid) -> bool {
        !self.contains(id) || self.before.as_ref().is_none_or(|before| before.exists(id))
    }
}

fn add(odb: &Odb<'_>, folder: &Path) -> Result<()> {
    let text = folder.to_str().context("the path of an object store is not UTF-8")?;
    odb.add_disk_alternate(text).with_context(|| format!("could not open the object store {text}"))
}
