//! What becomes of a push that the policy rejects: it is rejected, or the policy's mode or an administrator's window spares it.

use keyward_rules::policy::{DoubtAction, DoubtKind, Mode};
use keyward_rules::window::{Window, WindowKind};

use super::Inspection;
use crate::config::Config;
use crate::ledger::Sparing;

/// How a verdict is carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Stance {
    /// What the policy rejects is rejected.
    #[default]
    Enforce,
    /// It is accepted, and said to be one that would be rejected.
    Warn,
    /// It is accepted, and only the ledger tells.
    Observe,
    /// An import window is open.
    Import(Window),
    /// Keyward is switched off.
    Off(Window),
}

impl Stance {
    /// That of a push to `repository`, `now` in seconds since 1970. Where there is no ledger no window counts: what happens in one is recorded.
    pub(crate) fn of(config: &Config, repository: &str, now: i64) -> Stance {
        let window = config.ledger.as_ref().and_then(|_| config.windows.at(repository, now)).cloned();
        match (window, config.policy.mode) {
            (Some(window), _) if window.kind == WindowKind::Off => Stance::Off(window),
            (Some(window), _) => Stance::Import(window),
            (None, Mode::Enforce) => Stance::Enforce,
            (None, Mode::Warn) => Stance::Warn,
            (None, Mode::Observe) => Stance::Observe,
        }
    }

    /// Whether the push is not even looked at.
    pub(crate) fn is_off(&self) -> bool {
        matches!(self, Stance::Off(_))
    }

    /// Whether a window is open: then every push is recorded.
    pub(crate) fn is_window(&self) -> bool {
        matches!(self, Stance::Import(_) | Stance::Off(_))
    }

    /// What is done about a doubt.
    pub(crate) fn doubt(&self, config: &Config, kind: DoubtKind) -> DoubtAction {
        match (self, kind) {
            // What is let in by a window is recorded, or not let in.
            (Stance::Import(_) | Stance::Off(_), DoubtKind::Ledger) => DoubtAction::Reject,
            (Stance::Import(_), DoubtKind::Git) | (Stance::Enforce, _) => config.policy.doubt.action(kind),
            _ => DoubtAction::Accept,
        }
    }

    /// Whether the push is rejected.
    pub(crate) fn rejects(&self, config: &Config, inspection: &Inspection) -> bool {
        let blocks = *self == Stance::Enforce && inspection.sightings.iter().any(|sighting| sighting.decision.blocks());
        blocks || inspection.doubts.iter().any(|doubt| self.doubt(config, doubt.kind) == DoubtAction::Reject)
    }

    /// Whether the push is accepted only because of this stance.
    pub(crate) fn spares(&self, config: &Config, inspection: &Inspection) -> bool {
        !self.rejects(config, inspection) && Stance::Enforce.rejects(config, inspection)
    }

    /// The same for the ledger.
    pub(crate) fn sparing(&self) -> Option<Sparing> {
        let (by, window) = match self {
            Stance::Enforce => return None,
            Stance::Warn => ("warn", None),
            Stance::Observe => ("observe", None),
            Stance::Import(window) => ("import", Some(window)),
            Stance::Off(window) => ("off", Some(window)),
        };
        let words = |window: &Window| format!("{} (by {}, until {})", window.reason, window.by, window.end());
        Some(Sparing { by: by.to_owned(), window: window.map(words) })
    }
}

#[cfg(test)]
mod tests {
    use keyward_rules::FingerprintKey;
    use keyward_rules::policy::{Doubt, DoubtKind, Mode};
    use keyward_rules::window::{Window, WindowKind, Windows};

    use super::Stance;
    use crate::config::Config;
    use crate::ledger::Ledger;
    use crate::push::Inspection;

    const NOW: i64 = 1_796_000_000;

    fn window(kind: WindowKind) -> Window {
        let repository = Some("group/app".to_owned());
        Window { kind, repository, opened: NOW, until: NOW + 3600, by: "ann".into(), reason: "a move".into() }
    }

    fn config(kind: WindowKind) -> Config {
        let mut windows = Windows::default();
        windows.open(window(kind)).expect("a good window");
        let ledger = Ledger { path: "l".into(), clean: true, size: 0, key: None, system_log: None };
        Config { windows, ledger: Some(ledger), ..Config::of_key(FingerprintKey::new([7; 32])) }
    }

    #[test]
    fn a_window_counts_in_its_repository_and_time_and_where_it_is_recorded() {
        let config = config(WindowKind::Import);
        assert_eq!(Stance::of(&config, "group/app", NOW), Stance::Import(window(WindowKind::Import)));
        assert_eq!(Stance::of(&config, "group/app", NOW + 3600), Stance::Enforce);
        assert_eq!(Stance::of(&config, "group/other", NOW), Stance::Enforce);
        let unrecorded = Config { ledger: None, ..config.clone() };
        assert_eq!(Stance::of(&unrecorded, "group/app", NOW), Stance::Enforce);
        let mut warning = config;
        warning.policy.mode = Mode::Warn;
        assert_eq!(Stance::of(&warning, "group/other", NOW), Stance::Warn);
        assert!(Stance::of(&warning, "group/app", NOW).sparing().is_some_and(|sparing| sparing.by == "import"));
    }

    #[test]
    fn each_stance_says_to_each_doubt_what_it_shall() {
        let config = config(WindowKind::Off);
        let rejects = |stance: &Stance, kind| {
            let doubts = vec![Doubt { kind, detail: String::new() }];
            stance.rejects(&config, &Inspection { doubts, ..Inspection::default() })
        };
        let kinds = [DoubtKind::Git, DoubtKind::Size, DoubtKind::Time, DoubtKind::Container, DoubtKind::Ledger];
        let table = [
            (Stance::Enforce, [true, true, true, false, false]),
            (Stance::Warn, [false; 5]),
            (Stance::Observe, [false; 5]),
            (Stance::Import(window(WindowKind::Import)), [true, false, false, false, true]),
            (Stance::Off(window(WindowKind::Off)), [false, false, false, false, true]),
        ];
        for (stance, expected) in table {
            assert_eq!(kinds.map(|kind| rejects(&stance, kind)), expected, "{stance:?}");
        }
    }
}
