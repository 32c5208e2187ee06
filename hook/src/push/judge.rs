//! What the policy says to each thing found in a push, in its place, and to the same under another ref.

use keyward_rules::Finding;
use keyward_rules::allowlist::Allowlist;
use keyward_rules::policy::{Action, Context, Decision, Policy, judge};

use super::Sighting;

/// The policy over one push.
#[derive(Clone, Copy)]
pub(super) struct Judge<'j> {
    pub(super) policy: &'j Policy,
    pub(super) allowlist: &'j Allowlist,
    pub(super) context: Context<'j>,
}

impl Judge<'_> {
    /// What is decided about a sighting.
    pub(super) fn decide(&self, sighting: &Sighting) -> Decision {
        match sighting.excuse {
            Some(excuse) => Decision::Allowed(excuse.reason().to_owned()),
            None => judge(self.policy, self.allowlist, &sighting.finding, sighting.known, &self.context),
        }
    }

    /// What the policy alone says to a finding, were it new: in this push, or in one of the ref `alone`. What an allowance lets pass is
    /// let pass.
    pub(super) fn action(&self, finding: &Finding, alone: Option<&str>) -> Action {
        let refs: Vec<String> = alone.iter().map(|name| (*name).to_owned()).collect();
        let context = if alone.is_some() { Context { refs: &refs, ..self.context } } else { self.context };
        match judge(self.policy, self.allowlist, finding, false, &context) {
            Decision::Act(action) => action,
            Decision::Known | Decision::Allowed(_) => Action::Observe,
        }
    }
}
