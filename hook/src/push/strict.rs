//! Which refs speak for a push: what a ref has let in counts as there before only where the policy blocks as much for that ref as for the
//! pushed ones. Else a branch that is only warned about would carry a credential into one that is guarded.

use keyward_rules::policy::{Action, Policy, matches};

/// The exceptions that hang on the name of a ref, seen from one push.
pub(super) struct Standing<'p> {
    rules: Vec<Exception<'p>>,
    /// Which of them fit each pushed ref; the push is judged for every one, and the strictest verdict counts.
    pushed: Vec<Vec<bool>>,
}

struct Exception<'p> {
    pattern: &'p str,
    action: Option<Action>,
}

impl<'p> Standing<'p> {
    /// For a push of all of these refs.
    pub(super) fn of(policy: &'p Policy, pushed: &[String]) -> Standing<'p> {
        let by_name = policy.rule.iter().filter_map(|rule| Some((rule.reference.as_deref()?, rule.action)));
        let rules = by_name.map(|(pattern, action)| Exception { pattern, action }).collect();
        let mut standing = Standing { rules, pushed: Vec::new() };
        standing.pushed = pushed.iter().map(|name| standing.of_ref(name)).collect();
        standing.pushed.sort_unstable();
        standing.pushed.dedup();
        if standing.pushed.is_empty() {
            standing.pushed.push(vec![false; standing.rules.len()]);
        }
        standing
    }

    /// Whether the policy, for this old ref alone, blocks everything that it blocks for any of the pushed refs.
    ///
    /// Answers without a finding, so it must hold for each: an exception that only the old ref has must block, one that only a pushed
    /// ref has must not.
    pub(super) fn speaks_for(&self, old: &str) -> bool {
        let of_old = self.of_ref(old);
        let as_strict = |of_pushed: &Vec<bool>| {
            self.rules.iter().zip(of_old.iter().zip(of_pushed)).all(|(rule, fits)| match fits {
                (true, false) => rule.action == Some(Action::Block),
                (false, true) => matches!(rule.action, Some(Action::Warn | Action::Observe)),
                _ => true,
            })
        };
        self.pushed.iter().all(as_strict)
    }

    /// Which of the exceptions fit a ref: refs that agree in that are judged alike.
    pub(super) fn of_ref(&self, name: &str) -> Vec<bool> {
        self.rules.iter().map(|rule| matches(rule.pattern, name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, LazyLock};

    use keyward_rules::allowlist::{Allowlist, Day};
    use keyward_rules::policy::{Action, Context, Policy, PolicyRule, Threshold, judge};
    use keyward_rules::rule::sample::Sample;
    use keyward_rules::{Confidence, Engine, Finding, FingerprintKey};
    use proptest::prelude::*;

    use super::Standing;
    use crate::scanner::Scanner;

    fn rule(reference: Option<&str>, id: Option<&str>, action: Option<Action>) -> PolicyRule {
        PolicyRule {
            reference: reference.map(str::to_owned),
            id: id.map(str::to_owned),
            action,
            ..PolicyRule::default()
        }
    }

    fn policy(rules: Vec<PolicyRule>) -> Policy {
        Policy { rule: rules, ..Policy::default() }
    }

    #[test]
    fn a_branch_that_is_only_warned_about_speaks_for_no_guarded_one() {
        let policy = policy(vec![rule(Some("refs/heads/wip/*"), None, Some(Action::Warn))]);
        let names = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };
        let [main, wip] = [names(&["refs/heads/main"]), names(&["refs/heads/wip/b"])];
        let speaks = |old: &str, pushed: &[String]| Standing::of(&policy, pushed).speaks_for(old);
        assert!(!speaks("refs/heads/wip/a", &main) && speaks("refs/heads/wip/a", &wip));
        assert!(speaks("refs/heads/main", &wip) && speaks("refs/heads/main", &main));
        let both = [main, wip].concat();
        // The push is judged for the guarded branch too.
        assert!(!speaks("refs/heads/wip/a", &both) && speaks("refs/heads/main", &both));
    }

    #[test]
    fn refs_of_one_standing_are_judged_alike() {
        let policy = policy(vec![rule(None, None, None), rule(Some("refs/tags/*"), None, Some(Action::Observe))]);
        let standing = Standing::of(&policy, &[]);
        assert_eq!(standing.of_ref("refs/tags/a"), standing.of_ref("refs/tags/b"));
        assert_ne!(standing.of_ref("refs/tags/a"), standing.of_ref("refs/heads/a"));
    }

    /// A token of Slack's.
    static TOKEN: LazyLock<Finding> = LazyLock::new(|| {
        let scanner = Scanner::new(Arc::new(Engine::builtin()), FingerprintKey::new([7; 32]), "r".into());
        let text =
            Sample::expand("SLACK_TOKEN=xoxb-{digits:12}-{digits:12}-{base62:24}\n", 3, None).expect("good").text;
        scanner.scan(text.as_bytes()).remove(0)
    });

    fn action() -> impl Strategy<Value = Option<Action>> {
        prop_oneof![Just(None), Just(Some(Action::Observe)), Just(Some(Action::Warn)), Just(Some(Action::Block))]
    }

    fn pattern() -> impl Strategy<Value = Option<&'static str>> {
        prop_oneof![Just(None), Just(Some("a*")), Just(Some("*b")), Just(Some("*"))]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_an_old_ref_that_speaks_would_let_in_is_never_blocked(
            rules in proptest::collection::vec((pattern(), proptest::option::of(prop_oneof![Just("slack*"), Just("x")]), action()), 0..4),
            old in "[ab]{1,2}",
            pushed in proptest::collection::vec("[ab]{1,2}", 1..3),
            never: bool,
        ) {
            let rules = rules.into_iter().map(|(reference, id, action)| rule(reference, id, action)).collect();
            let block = if never { Threshold::Never } else { Threshold::High };
            let policy = Policy { rule: rules, block, ..Policy::default() };
            if Standing::of(&policy, &pushed).speaks_for(&old) {
                for confidence in [Confidence::Low, Confidence::High] {
                    let finding = Finding { confidence, ..TOKEN.clone() };
                    let blocked = |refs: &[String]| {
                        let context = Context { refs, repository: "r", actor: None, today: Day::new(2026, 12, 1), now: 0 };
                        judge(&policy, &Allowlist::default(), &finding, false, &context).blocks()
                    };
                    prop_assert!(!blocked(&pushed) || blocked(std::slice::from_ref(&old)));
                }
            }
        }
    }
}
