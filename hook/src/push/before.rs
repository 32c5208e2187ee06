//! What was reachable before the push: from the refs as they stand on the server, and only from those that speak for the pushed ones.
//! What the pusher says of old values counts for nothing.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use keyward_rules::pack::ObjectId;
use keyward_rules::policy::Policy;

use super::strict::Standing;
use super::updates::RefUpdate;
use crate::objects::{Heads, Reference, Store, unreached};

/// Commits visited in the hope that the refs at hand reach all that is asked for, before every ref is read.
const NEAR: usize = 256;

/// The same, before the history behind every ref is walked.
const FAR: usize = 20_000;

/// Refs that were there before.
pub(super) struct Before<'s> {
    store: &'s Store,
    standing: Standing<'s>,
    /// What the pushed refs and the current branch stand at.
    near: Vec<Reference>,
}

impl<'s> Before<'s> {
    /// Looks at the pushed refs and the current branch alone.
    pub(super) fn of(store: &'s Store, policy: &'s Policy, updates: &[RefUpdate]) -> Before<'s> {
        let pushed: Vec<String> =
            updates.iter().filter(|update| update.new.is_some()).map(|update| update.name.clone()).collect();
        let standing = Standing::of(policy, &pushed);
        let named = updates.iter().take(NEAR).filter(|update| update.old.is_some()).map(|update| update.name.as_str());
        let found = named.chain(["HEAD"]).filter_map(|name| store.one_ref(name));
        let mut near: Vec<Reference> = found.filter(|found| standing.speaks_for(&found.name)).collect();
        near.sort_unstable_by_key(|found| found.target);
        near.dedup_by_key(|found| found.target);
        Before { store, standing, near }
    }

    /// The refs at hand.
    pub(super) fn near(&self) -> &[Reference] {
        &self.near
    }

    /// Which of `commits`, and of what they lead to, no ref led to before. In a push that goes on from where a ref stands, no further ref
    /// is read.
    ///
    /// # Errors
    /// A commit that is new could not be read, the refs could not be read, or there is no time left.
    pub(super) fn unreached(&self, commits: &HashSet<ObjectId>) -> Result<Heads> {
        let is_near = |id: &ObjectId| self.near.iter().any(|found| found.target == *id);
        let mut open: Vec<ObjectId> = commits.iter().filter(|id| !is_near(id)).copied().collect();
        open.sort_unstable();
        if open.is_empty() || self.near_reach(&open, NEAR)? {
            return Ok(Heads::new());
        }
        let all = self.speaking()?;
        let tips: HashSet<ObjectId> = all.iter().copied().collect();
        open.retain(|id| !tips.contains(id));
        if open.is_empty() || self.near_reach(&open, FAR)? {
            return Ok(Heads::new());
        }
        Ok(unreached(self.store, &open, all.into_iter(), usize::MAX)?.unwrap_or_default())
    }

    /// Whether the refs at hand lead to all of these, as far as `most` visits tell.
    fn near_reach(&self, commits: &[ObjectId], most: usize) -> Result<bool> {
        if self.near.is_empty() {
            return Ok(false);
        }
        let near = self.near.iter().map(|found| found.target);
        Ok(unreached(self.store, commits, near, most)?.is_some_and(|heads| heads.is_empty()))
    }

    /// What every ref stands at that speaks for the pushed ones.
    fn speaking(&self) -> Result<Vec<ObjectId>> {
        let refs = self.store.refs()?.iter();
        Ok(refs.filter(|found| self.standing.speaks_for(&found.name)).map(|found| found.target).collect())
    }

    /// Every ref's target by the name of one of those that the policy treats alike.
    pub(super) fn alike(&self) -> Result<BTreeMap<Vec<bool>, Alike>> {
        let mut groups: BTreeMap<Vec<bool>, Alike> = BTreeMap::new();
        for found in self.store.refs()? {
            let group = groups.entry(self.standing.of_ref(&found.name));
            group.or_insert_with(|| (found.name.clone(), Vec::new())).1.push(found.target);
        }
        Ok(groups)
    }
}

/// Refs that the policy treats alike: the name of one, and what each stands at.
pub(super) type Alike = (String, Vec<ObjectId>);
