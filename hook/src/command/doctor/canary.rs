//! The made-up credential that only the rule `keyward-canary` finds, and what is pushed with it or without. Made anew each time.

use anyhow::{Context, Result};
use keyward_rules::rule::sample::Sample;

/// The rule that finds it.
pub(super) const RULE: &str = "Keyward canary";

/// Its form.
const TEMPLATE: &str = "keyward_canary_{base62:30}{checksum:crc32-base62}";

/// One push of the proof.
#[derive(Clone, Debug)]
pub(super) struct Canary {
    /// Names the push: the ref ends in it, and the hook's receipt repeats it.
    pub(super) nonce: String,
    /// What the one file of the push holds.
    pub(super) content: String,
}

impl Canary {
    /// A push that must be rejected.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn planted(nonce: String) -> Result<Canary> {
        let content = format!("Keyward's proof {nonce}: this push is to be rejected.\n{}\n", Canary::text()?);
        Ok(Canary { nonce, content })
    }

    /// A push that must be accepted.
    pub(super) fn clean(nonce: String) -> Canary {
        let content = format!("Keyward's proof {nonce}: this push is to be accepted.\n");
        Canary { nonce, content }
    }

    /// A canary alone.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub(super) fn text() -> Result<String> {
        let seed = u64::from_le_bytes(random()?);
        Ok(Sample::expand(TEMPLATE, seed, None).map_err(anyhow::Error::msg)?.text)
    }

    /// The scratch ref.
    pub(super) fn name(&self) -> String {
        format!("refs/keyward/doctor-{}", self.nonce)
    }
}

/// Sixteen hexadecimal digits that nobody can foresee.
///
/// # Errors
/// The system has no random numbers.
pub(super) fn nonce() -> Result<String> {
    Ok(format!("{:016x}", u64::from_le_bytes(random()?)))
}

fn random() -> Result<[u8; 8]> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).context("the system has no random numbers")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use keyward_rules::{Engine, Input};

    use super::{Canary, RULE};

    #[test]
    fn exactly_the_canary_is_found_and_only_where_it_is_planted() {
        let engine = Engine::builtin();
        let names = |canary: &Canary| -> Vec<String> {
            let found = engine.scan(&Input::whole(canary.content.as_bytes(), ""));
            found.iter().map(|found| engine.catalogue().rule(found.rule).name.clone()).collect()
        };
        let planted = Canary::planted("0123456789abcdef".into()).expect("random numbers");
        assert_eq!(names(&planted), [RULE]);
        assert!(names(&Canary::clean("0123456789abcdef".into())).is_empty());
    }
}
