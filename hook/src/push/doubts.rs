//! What could not be told about a push, told once and bounded: a damaged store would else give a doubt for each of its objects.

use keyward_rules::policy::{Doubt, DoubtKind};

use crate::objects::OutOfTime;
use crate::output;

/// Doubts kept of each kind, so that many of one that the policy accepts hide none that it rejects.
const MOST: usize = 20;

/// Doubts in the order in which they came up.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts {
    list: Vec<Doubt>,
    /// Whether something was left undone for lack of time.
    late: bool,
}

impl Doubts {
    /// Adds one, unless the same was said or there are many of its kind.
    pub(super) fn add(&mut self, kind: DoubtKind, detail: String) {
        let of_kind = self.list.iter().filter(|doubt| doubt.kind == kind).count();
        if of_kind < MOST && !self.list.iter().any(|doubt| doubt.kind == kind && doubt.detail == detail) {
            self.list.push(Doubt { kind, detail });
        }
    }

    /// The value, or none and a doubt. Lack of time is no doubt about git: how much was left undone is said apart.
    pub(super) fn or_none<T>(&mut self, result: anyhow::Result<T>) -> Option<T> {
        result.inspect_err(|error| self.error(error)).ok()
    }

    /// Adds what went wrong.
    pub(super) fn error(&mut self, error: &anyhow::Error) {
        if error.is::<OutOfTime>() {
            self.late = true;
        } else {
            self.add(DoubtKind::Git, output::one_line(error));
        }
    }

    /// Whether something was left undone for lack of time.
    pub(super) fn is_late(&self) -> bool {
        self.late
    }

    /// Adds another's.
    pub(super) fn merge(&mut self, other: Doubts) {
        self.late |= other.late;
        other.list.into_iter().for_each(|doubt| self.add(doubt.kind, doubt.detail));
    }

    pub(super) fn into_vec(self) -> Vec<Doubt> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use keyward_rules::policy::DoubtKind;

    use super::{Doubts, MOST};
    use crate::objects::OutOfTime;

    #[test]
    fn many_doubts_of_one_kind_hide_none_of_another() {
        let mut doubts = Doubts::default();
        (0..1000).for_each(|number| doubts.add(DoubtKind::Container, number.to_string()));
        doubts.add(DoubtKind::Git, "a".into());
        doubts.add(DoubtKind::Git, "a".into());
        let mut more = Doubts::default();
        more.error(&anyhow::anyhow!("b"));
        more.error(&OutOfTime.into());
        assert!(!doubts.is_late());
        doubts.merge(more);
        assert!(doubts.is_late());
        let doubts = doubts.into_vec();
        assert_eq!(doubts.len(), MOST + 2);
        assert_eq!(doubts[MOST..].iter().map(|doubt| doubt.detail.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }
}
