//! What a message says beside findings: that the push is spared, which grants counted and which did not, and how to ask for one.

use super::Inspection;
use super::message::{ascii, wrap};
use super::stance::Stance;

/// Refused grants told; the others are counted.
const SHOWN: usize = 2;

/// Whether the developer reads nothing at all.
pub(super) fn silent(inspection: &Inspection, rejected: bool) -> bool {
    !rejected && inspection.stance == Stance::Observe
}

/// Whether there is something to say here.
pub(super) fn any(inspection: &Inspection) -> bool {
    inspection.stance.is_off() || inspection.granted > 0 || !inspection.grants_refused.is_empty()
}

/// The first line where it is another one than usual; `spared` if the push is accepted and would be rejected.
pub(super) fn first_line(inspection: &Inspection, spared: bool) -> Option<String> {
    match &inspection.stance {
        Stance::Off(_) if inspection.doubts.is_empty() => {
            Some("warning: push accepted, nobody looked at it".to_owned())
        }
        Stance::Warn | Stance::Import(_) if spared => Some("warning: push accepted, it would be rejected".to_owned()),
        _ => None,
    }
}

/// Lines below the first.
pub(super) fn lines(inspection: &Inspection) -> Vec<String> {
    let mut lines = Vec::new();
    match &inspection.stance {
        Stance::Import(window) => {
            lines.extend(wrap(&format!("import window until {}: {}", window.end(), ascii(&window.reason))));
        }
        Stance::Off(window) => {
            lines.extend(wrap(&format!("Keyward is off until {}: {}", window.end(), ascii(&window.reason))));
        }
        _ => {}
    }
    match inspection.granted {
        0 => {}
        1 => lines.push("  1 secret is let in by a grant".to_owned()),
        count => lines.push(format!("  {count} secrets are let in by grants")),
    }
    for refusal in inspection.grants_refused.iter().take(SHOWN) {
        lines.extend(wrap(&ascii(refusal)));
    }
    if inspection.grants_refused.len() > SHOWN {
        lines.push(format!("  and {} more grants that do not count", inspection.grants_refused.len() - SHOWN));
    }
    lines
}

/// How an approver lets the first secret in.
pub(super) fn request(inspection: &Inspection) -> Vec<String> {
    let Some(command) = &inspection.grant_request else { return Vec::new() };
    vec!["hint: must it go in? an approver runs, with --reason and --key:".to_owned(), format!("hint:    {command}")]
}

#[cfg(test)]
mod tests {
    use keyward_rules::FingerprintKey;
    use keyward_rules::policy::{Doubt, DoubtKind};
    use keyward_rules::window::{Window, WindowKind};

    use crate::config::Config;
    use crate::push::Inspection;
    use crate::push::message::compose;
    use crate::push::stance::Stance;

    fn window(kind: WindowKind) -> Window {
        let reason = "the old server's repositories move here, see ticket 4711".into();
        Window { kind, repository: None, opened: 1_796_000_000, until: 1_796_003_600, by: "ann".into(), reason }
    }

    fn said(inspection: Inspection) -> String {
        compose(&inspection, &Config::of_key(FingerprintKey::new([7; 32])), false)
    }

    #[test]
    fn every_stance_says_what_becomes_of_the_push() {
        let doubts = || {
            vec![Doubt {
                kind: DoubtKind::Time,
                detail: "the push was not checked to its end within 30 seconds".into(),
            }]
        };
        let with = |stance, doubts| said(Inspection { stance, doubts, ..Inspection::default() });
        let grants = Inspection {
            granted: 1,
            grants_refused: (1..6).map(|number| format!("grant {number} does not count: nobody signed it")).collect(),
            ..Inspection::default()
        };
        insta::assert_snapshot!(
            [
                with(Stance::Off(window(WindowKind::Off)), Vec::new()),
                with(Stance::Import(window(WindowKind::Import)), doubts()),
                with(Stance::Warn, doubts()),
                said(grants),
            ]
            .join("---\n")
        );
        assert_eq!(with(Stance::Observe, doubts()), "");
        assert_eq!(with(Stance::Import(window(WindowKind::Import)), Vec::new()), "", "a clean push is silent");
        assert_eq!(with(Stance::Warn, Vec::new()), "");
    }
}
