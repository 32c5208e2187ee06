//! The objects git received into quarantine. They are what arrived, not what is new: thin packs bring old bases along.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use keyward_rules::pack::{Bounds, Object, ObjectId, Unreadable};

use super::folder::{Folder, MappedPack, loose_file, read_file};

/// Objects of one push that came over the wire.
#[derive(Default)]
pub(crate) struct Arrived {
    folder: PathBuf,
    loose: Vec<ObjectId>,
    set: HashSet<ObjectId>,
    packs: Vec<&'static MappedPack>,
}

impl Arrived {
    /// Lists a quarantine.
    ///
    /// # Errors
    /// It could not be listed, or one of its packs is damaged as a whole.
    pub(super) fn of(quarantine: &Folder) -> anyhow::Result<Arrived> {
        let context = || format!("could not list the received objects in {}", quarantine.path().display());
        let loose = quarantine.loose().with_context(context)?;
        let mut packs = Vec::new();
        for (stem, pack) in quarantine.all_packs().with_context(context)? {
            let size = std::fs::metadata(format!("{}.pack", stem.display())).with_context(context)?.len();
            pack.index().check(size).map_err(|error| anyhow!("{}: {}: {error}", context(), stem.display()))?;
            packs.push(pack);
        }
        Ok(Arrived { folder: quarantine.path().to_owned(), set: loose.iter().copied().collect(), loose, packs })
    }

    /// Objects in files of their own.
    pub(crate) fn loose(&self) -> &[ObjectId] {
        &self.loose
    }

    /// One of those. Several threads may ask.
    ///
    /// # Errors
    /// It is damaged or gone.
    pub(crate) fn read_loose(&self, id: &ObjectId, bounds: &Bounds<'_>) -> Result<Object, Unreadable> {
        read_file(&loose_file(&self.folder, id), bounds).unwrap_or_else(|error| Err(error.into()))
    }

    /// Packs.
    pub(crate) fn packs(&self) -> &[&'static MappedPack] {
        &self.packs
    }

    /// Whether this object arrived.
    pub(crate) fn contains(&self, id: &ObjectId) -> bool {
        self.set.contains(id) || self.packs.iter().any(|pack| pack.index().find(id).is_some())
    }

    /// How many objects arrived.
    pub(crate) fn count(&self) -> u64 {
        self.loose.len() as u64 + self.packs.iter().map(|pack| u64::from(pack.index().count())).sum::<u64>()
    }
}
