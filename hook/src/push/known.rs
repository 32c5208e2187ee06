//! Which objects with findings were reachable before the push, from a ref for which the policy is at least as strict.

use std::collections::HashSet;

use anyhow::Result;
use keyward_rules::Finding;
use keyward_rules::pack::ObjectId;

use super::find::Found;
use super::judge::Judge;
use super::place::Tools;
use crate::objects::reach::reached;

/// Groups of refs looked at, each alike for the policy; what only others reach counts as new.
const MOST_GROUPS: usize = 32;

/// Objects by the refs that led to them.
pub(super) struct Known<'k> {
    judge: Judge<'k>,
    /// The name of one ref of each group, and what the group led to.
    groups: Vec<(String, HashSet<ObjectId>)>,
}

impl<'k> Known<'k> {
    /// Asks for the objects that may be old: those that did not arrive, or that a store had too.
    ///
    /// # Errors
    /// The refs could not be read, or there is no time left.
    pub(super) fn of(tools: Tools<'k>, found: &Found) -> Result<Known<'k>> {
        let Tools { store, before, judge, .. } = tools;
        let unsure: HashSet<ObjectId> =
            found.objects.keys().filter(|id| !found.arrived.contains(id) || store.had(**id)).copied().collect();
        let mut groups = Vec::new();
        if !unsure.is_empty() {
            for (name, targets) in before.alike()?.into_values().take(MOST_GROUPS) {
                // The current branch first: most of what is old is found in its newest commit.
                let first = before.near().iter().filter(|id| targets.contains(id)).copied().collect::<Vec<_>>();
                groups.push((name, reached(store, first.into_iter().chain(targets), &unsure)?));
            }
        }
        Ok(Known { judge, groups })
    }

    /// Whether the object was reachable before, where this finding in it would have been judged as strictly.
    pub(super) fn is_known(&self, id: ObjectId, finding: &Finding) -> bool {
        let mut leading = self.groups.iter().filter(|(_, objects)| objects.contains(&id));
        leading.any(|(name, _)| self.judge.is_as_strict(finding, name))
    }
}
