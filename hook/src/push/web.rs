//! The message where no git shows it: an edit or a merge in the browser, or over the host's API. There the first line, or the only one, must
//! say all, and the commands of the usual message help nobody.

use super::message::{ascii, compose, middle};
use super::{Inspection, Place, Sighting};
use crate::config::Config;
use crate::host::Host;
use crate::server::Server;

/// GitLab shows lines that begin so, and no others.
const GITLAB: &str = "GL-HOOK-ERR: ";

/// Columns for one place.
const PLACE: usize = 120;

/// Columns for a reason.
const REASON: usize = 240;

/// The message for this push: the usual one, where it is somebody's `git push`.
pub(super) fn message(server: &Server, inspection: &Inspection, config: &Config, rejected: bool) -> String {
    let usual = compose(inspection, config, rejected);
    if !server.is_web() || !rejected {
        return usual;
    }
    in_form(server.host, &line(inspection, config), &usual)
}

/// The message for a configuration that could not be read, from the usual one.
pub(super) fn broken_configuration(server: &Server, usual: &str) -> String {
    if !server.is_web() {
        return usual.to_owned();
    }
    let line = "push rejected: Keyward's configuration on this server is broken; nothing is wrong with your change, tell the administrator";
    in_form(server.host, line, usual)
}

fn in_form(host: Host, line: &str, usual: &str) -> String {
    match host {
        Host::Gitlab => format!("{GITLAB}{line}\n"),
        _ => format!("{line}\n{usual}"),
    }
}

fn line(inspection: &Inspection, config: &Config) -> String {
    let contact = ascii(&config.contact);
    let mut blocked = inspection.sightings.iter().filter(|sighting| sighting.decision.blocks());
    let Some(first) = blocked.next() else {
        let reason = inspection.doubts.first().map(|doubt| middle(&ascii(&doubt.detail), REASON)).unwrap_or_default();
        return format!(
            "push rejected: it could not be checked: {reason}; this is no fault of your change, ask {contact}"
        );
    };
    let finding = &first.finding;
    let more = match blocked.count() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    format!(
        "push rejected: {}{more} in {} [{}]: take it out and try again, and revoke it, it has left your machine; not a secret? tell {contact} {}",
        ascii(&finding.name),
        place(first),
        finding.code,
        finding.code
    )
}

fn place(sighting: &Sighting) -> String {
    let finding = &sighting.finding;
    match &sighting.place {
        Place::File => middle(&format!("{} line {}", ascii(&finding.path), finding.location.line), PLACE),
        Place::Name => middle(&format!("the name of {}", ascii(&finding.path)), PLACE),
        Place::Ref => middle(&format!("the name of {}", ascii(&finding.path)), PLACE),
        Place::Commit => format!("the commit message, line {}", finding.location.line),
        Place::Tag(name) => middle(&format!("tag {}", ascii(name)), PLACE),
        Place::Object(_) => "an object that no commit names".to_owned(),
        Place::Unplaced(id) => format!("object {}, whose commit was not looked up", id.short()),
    }
}

#[cfg(test)]
mod tests {
    use keyward_rules::policy::{Doubt, DoubtKind};

    use super::{broken_configuration, message};
    use crate::host::{Host, Protocol};
    use crate::push::Inspection;
    use crate::push::message::tests::{config, sightings};
    use crate::server::Server;

    fn server(host: Host, protocol: Protocol) -> Server {
        Server { repository: "group/app".into(), actor: None, host, protocol, proof: None }
    }

    fn told(host: Host, inspection: &Inspection) -> String {
        message(&server(host, Protocol::Web), inspection, &config(), true)
    }

    fn found(count: usize) -> Inspection {
        Inspection { sightings: sightings(count), ..Inspection::default() }
    }

    #[test]
    fn gitlabs_browser_gets_one_line_with_its_mark() {
        insta::assert_snapshot!(told(Host::Gitlab, &found(3)));
    }

    #[test]
    fn other_browsers_get_that_line_before_the_others() {
        insta::assert_snapshot!(told(Host::Gitea, &found(1)));
    }

    #[test]
    fn a_long_doubt_stays_one_bounded_line() {
        let doubt = Doubt { kind: DoubtKind::Git, detail: "a very long reason\n".repeat(100) };
        let text = told(Host::Gitlab, &Inspection { doubts: vec![doubt], ..Inspection::default() });
        assert!(text.lines().count() == 1 && text.len() < 500, "{text}");
    }

    #[test]
    fn a_push_of_somebodys_git_gets_the_usual_message() {
        let usual = message(&server(Host::Gitlab, Protocol::Ssh), &found(1), &config(), true);
        assert!(usual.starts_with("error: push rejected"), "{usual}");
        assert_eq!(broken_configuration(&server(Host::Gitlab, Protocol::Http), "as it is"), "as it is");
    }
}
