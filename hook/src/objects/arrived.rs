//! The objects git received into quarantine, and what was stored before them.
//! The quarantine holds what arrived, not what is new: thin packs bring old bases along.

use std::collections::HashSet;
use std::env;
use std::path::Path;

use anyhow::{Context, Result};
use git2::{Odb, Oid, Repository};

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
    pub(crate) fn from_env(repository: &Repository) -> Result<Arrived> {
        let Some(quarantine) = env::var_os("GIT_QUARANTINE_PATH") else {
            return Ok(Arrived { ids: Vec::new(), set: HashSet::new(), before: None });
        };
        let arrived = store(Path::new(&quarantine))?;
        let mut ids = Vec::new();
        arrived
            .foreach(|id| {
                ids.push(*id);
                true
            })
            .context("could not list the received objects")?;
        // The quarantine's own alternates name the store; what git tells in the environment comes on top.
        let before = Odb::new().context("could not open an object store")?;
        let main = repository.commondir().join("objects");
        let named = env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
        for path in env::split_paths(&named).chain([main]).filter(|path| path.is_dir()) {
            let path = path.to_string_lossy().into_owned();
            before.add_disk_alternate(&path).with_context(|| format!("could not open the object store {path}"))?;
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

fn store(path: &Path) -> Result<Odb<'static>> {
    let odb = Odb::new().context("could not open an object store")?;
    let text = path.to_str().context("the quarantine's path is not UTF-8")?;
    odb.add_disk_alternate(text).with_context(|| format!("could not open the quarantine {text}"))?;
    Ok(odb)
}
