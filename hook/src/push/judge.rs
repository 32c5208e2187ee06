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

    /// Whether a push of the ref `name` alone would be judged at least as strictly for a finding as this push is.
    pub(super) fn is_as_strict(&self, finding: &Finding, name: &str) -> bool {
        let refs = [name.to_owned()];
        let alone = Context { refs: &refs, ..self.context };
        let action = |context| match judge(self.policy, self.allowlist, finding, false, context) {
            Decision::Act(action) => action,
            Decision::Known | Decision::Allowed(_) => Action::Observe,
        };
        action(&alone) >= action(&self.context)
    }
}
