//! The objects git received into quarantine. They are what arrived, not what is new: thin packs bring old bases along.

use std::collections::HashSet;

use anyhow::{Context, Result};
use keyward_rules::pack::ObjectId;

use super::folder::{Folder, MappedPack};
use super::loose::LooseObjects;

/// Objects of one push that came over the wire.
#[derive(Default)]
pub(crate) struct Arrived {
    loose: LooseObjects,
    set: HashSet<ObjectId>,
    packs: Vec<&'static MappedPack>,
}

impl Arrived {
    /// Lists a quarantine.
    ///
    /// # Errors
    /// It could not be listed, or one of its packs could not be opened.
    pub(super) fn of(quarantine: &Folder) -> Result<Arrived> {
        let context = "could not list the received objects";
        let loose = quarantine.loose().context(context)?;
        let packs = quarantine.all_packs().context(context)?;
        Ok(Arrived { set: loose.ids.iter().copied().collect(), loose, packs })
    }

    /// Objects in files of their own.
    pub(crate) fn loose(&self) -> &LooseObjects {
        &self.loose
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
        self.loose.count() + self.packs.iter().map(|pack| u64::from(pack.index().count())).sum::<u64>()
    }
}
