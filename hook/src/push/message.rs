//! What a developer reads when a push is rejected or warned about: plain ASCII, at most 20 lines of 72 columns,
//! the commands for this very push, and never a character of the credential beyond its fixed prefix.

use std::collections::HashMap;
use std::fmt::Write;

use keyward_rules::pack::ObjectId;
use keyward_rules::policy::{Action, Decision, DoubtAction};

use super::notes;
use super::updates::RefUpdate;
use super::{Inspection, Place, Sighting};
use crate::config::Config;
use crate::expiry;
use crate::objects::NewCommits;
use crate::output;
use crate::scanner::Scanner;

/// Columns that fit a terminal of 80 after git's `remote: `.
const COLUMNS: usize = 72;

/// Lines that fit a screen.
const LINES: usize = 20;

/// Credentials told in full; four lines each keep the message at twenty.
const SHOWN: usize = 3;

/// Consoles named; more than one only where credentials of several providers are rejected.
const SHOWN_CONSOLES: usize = 2;

/// Commits named for one credential.
const SHOWN_COMMITS: usize = 3;

/// How the commits of this push are mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fix {
    steps: Vec<String>,
    consoles: HashMap<String, String>,
    refs: HashMap<ObjectId, String>,
}

impl Fix {
    /// Works out the commands for what is blocked.
    pub(crate) fn of(commits: &NewCommits, scanner: &Scanner, updates: &[RefUpdate], sightings: &[Sighting]) -> Fix {
        let blocked: Vec<&Sighting> = sightings.iter().filter(|sighting| sighting.decision.blocks()).collect();
        let mut fix = Fix::default();
        for provider in scanner.engine().catalogue().providers() {
            if sightings.iter().any(|sighting| sighting.finding.provider == provider.id) {
                fix.consoles.insert(provider.id.clone(), provider.console.clone());
            }
        }
        for sighting in blocked.iter().take(SHOWN) {
            if let Some(&first) = sighting.commits.first()
                && let Some(name) = ref_of(commits, scanner, updates, first)
            {
                fix.refs.insert(first, name);
            }
        }
        fix.steps = steps(commits, updates, &blocked);
        fix
    }
}

/// The pushed ref that leads to `commit`.
fn ref_of(commits: &NewCommits, scanner: &Scanner, updates: &[RefUpdate], commit: ObjectId) -> Option<String> {
    let leading = updates.iter().find(|update| update.new.is_some_and(|tip| commits.leads(tip, commit)))?;
    Some(ascii(&scanner.ref_name(&leading.name)))
}

/// The commands, numbered from 2: revoking comes first.
fn steps(commits: &NewCommits, updates: &[RefUpdate], blocked: &[&Sighting]) -> Vec<String> {
    let mut steps = Vec::new();
    // Sightings come sorted by first commit, so the first that has one is where a rebase must begin.
    if let Some((sighting, &first)) = blocked.iter().find_map(|sighting| Some((sighting, sighting.commits.first()?))) {
        let tip = updates.iter().filter_map(|update| update.new).any(|id| id == first);
        let alone = blocked.iter().all(|sighting| sighting.commits.iter().all(|&id| id == first));
        let mend = match sighting.place {
            Place::Commit => "reword it: git commit --amend",
            Place::Name => "git mv the file, then: git commit -a --amend",
            _ => "take the secret out, then: git commit -a --amend",
        };
        if tip && alone {
            steps.push(format!("2. {mend}"));
            steps.push("3. git push again".to_owned());
        } else {
            let root = commits.is_root(first);
            let from = if root { "--root".to_owned() } else { format!("{}^", first.short()) };
            steps.push(format!("2. git rebase -i {from}   and mark {} \"edit\"", first.short()));
            steps.push(format!("   {mend}"));
            steps.push("3. git rebase --continue, then git push again".to_owned());
        }
    }
    for sighting in blocked.iter().filter(|sighting| sighting.commits.is_empty()) {
        match &sighting.place {
            Place::Tag(name) => steps.push(format!("2. git tag -d {}   make it anew, push it", ascii(name))),
            Place::Ref => steps.push("2. give it another name, as with git branch -m, and push that".to_owned()),
            Place::Unplaced(id) => {
                steps.push(format!("2. git log --all --find-object={}   names its commits", id.short()))
            }
            _ => steps.push("2. push without the ref that leads to that object".to_owned()),
        }
    }
    steps.dedup();
    steps.truncate(4);
    steps
}

/// The whole message; empty for a push in which nothing is to be said.
pub(crate) fn compose(inspection: &Inspection, config: &Config, rejected: bool) -> String {
    let shown: Vec<&Sighting> = inspection.sightings.iter().filter(|sighting| is_shown(sighting)).collect();
    let blocked: Vec<&Sighting> = shown.iter().filter(|sighting| sighting.decision.blocks()).copied().collect();
    if notes::silent(inspection, rejected)
        || shown.is_empty() && inspection.doubts.is_empty() && excused(inspection).is_none() && !notes::any(inspection)
    {
        return String::new();
    }
    // Doubts take room too: as many credentials are told as leave the message on one screen.
    let fitting = (1..=SHOWN).rev().map(|count| lines(inspection, config, rejected, &blocked, &shown, count));
    let lines = fitting.reduce(|most, fewer| if most.len() <= LINES { most } else { fewer }).unwrap_or_default();
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{}", fit(&line));
    }
    text
}

fn lines(
    inspection: &Inspection,
    config: &Config,
    rejected: bool,
    blocked: &[&Sighting],
    shown: &[&Sighting],
    count: usize,
) -> Vec<String> {
    let spared = inspection.stance.spares(config, inspection);
    let mut lines = vec![match notes::first_line(inspection, spared) {
        Some(line) if spared => format!("{line}: {}", counted(inspection, blocked)),
        Some(line) => line,
        None => first_line(inspection, blocked, shown, rejected),
    }];
    lines.extend(notes::lines(inspection));
    lines.extend(doubts(inspection, config));
    let told = if (rejected || spared) && !blocked.is_empty() { blocked } else { shown };
    for sighting in told.iter().take(count) {
        lines.extend(sighting_lines(sighting, inspection, rejected));
    }
    if told.len() > count {
        lines.push(format!("  and {} more, shown when these are mended", told.len() - count));
    }
    lines.extend(excused(inspection));
    if rejected {
        lines.extend(hints(inspection, config, blocked));
    } else if spared && !blocked.is_empty() {
        lines.push("hint: it is on the server now, revoke it:".to_owned());
        lines.extend(consoles(inspection, blocked));
        lines.push(format!("hint: questions? {}", ascii(&config.contact)));
    } else if !shown.is_empty() {
        lines.push(format!("hint: questions? {}", ascii(&config.contact)));
    }
    lines
}

/// How many credentials the repository itself excuses, where the configuration lets it.
fn excused(inspection: &Inspection) -> Option<String> {
    match inspection.sightings.iter().filter(|sighting| sighting.excuse.is_some()).count() {
        0 => None,
        1 => Some("  1 secret is excused by a mark in the repository".to_owned()),
        count => Some(format!("  {count} secrets are excused by marks in the repository")),
    }
}

/// For a configuration that cannot be read there is no policy to ask: the push is rejected.
pub(crate) fn broken_configuration(error: &anyhow::Error) -> String {
    let mut text = String::from("error: push rejected: Keyward's configuration on this server is broken\n");
    for line in output::one_line(error).lines() {
        let _ = writeln!(text, "  {}", ascii(line));
    }
    text.push_str("hint: nothing is wrong with your commits; tell the server's administrator\n");
    text
}

fn is_shown(sighting: &Sighting) -> bool {
    matches!(sighting.decision, Decision::Act(Action::Block | Action::Warn) | Decision::Known)
}

fn first_line(inspection: &Inspection, blocked: &[&Sighting], shown: &[&Sighting], rejected: bool) -> String {
    if !rejected {
        return match shown.len() {
            0 if inspection.doubts.is_empty() => "warning: push accepted".to_owned(),
            0 => "warning: push accepted, but something could not be checked".to_owned(),
            _ if shown.iter().all(|sighting| sighting.known) => {
                format!("warning: push accepted, {} was there before it", secrets(shown.len()))
            }
            count => format!("warning: push accepted, look at {}", possible(count)),
        };
    }
    let code = blocked.first().map(|first| format!(" [{}]", first.finding.code)).unwrap_or_default();
    format!("error: push rejected: {}{code}", counted(inspection, blocked))
}

/// What is blocked, and in how many commits.
fn counted(inspection: &Inspection, blocked: &[&Sighting]) -> String {
    if blocked.is_empty() {
        return "it could not be checked".to_owned();
    }
    let mut commits: Vec<ObjectId> = blocked.iter().flat_map(|sighting| sighting.commits.iter().copied()).collect();
    commits.sort();
    commits.dedup();
    let place = match commits.len() {
        0 => String::new(),
        1 => " in 1 commit".to_owned(),
        count => format!(" in {count} commits"),
    };
    let doubt = if inspection.doubts.is_empty() { "" } else { " (and a doubt)" };
    format!("{}{place}{doubt}", secrets(blocked.len()))
}

fn secrets(count: usize) -> String {
    if count == 1 { "1 secret".to_owned() } else { format!("{count} secrets") }
}

fn possible(count: usize) -> String {
    if count == 1 { "1 possible secret".to_owned() } else { format!("{count} possible secrets") }
}

fn doubts(inspection: &Inspection, config: &Config) -> Vec<String> {
    let lines = inspection.doubts.iter().take(3).flat_map(|doubt| {
        let accepted = inspection.stance.doubt(config, doubt.kind) == DoubtAction::Accept;
        let verdict = if accepted { "accepted by policy" } else { "rejected by policy" };
        wrap(&format!("{verdict}: {}", ascii(&doubt.detail)))
    });
    lines.collect()
}

fn sighting_lines(sighting: &Sighting, inspection: &Inspection, rejected: bool) -> Vec<String> {
    let finding = &sighting.finding;
    let word = if rejected && sighting.decision.blocks() { "error" } else { "warning" };
    let state = if sighting.known { " (was there before)" } else { "" };
    let mut lines = vec![format!("{word}[{}]: {}{state}", finding.code, ascii(&finding.name))];
    let commits = commit_list(&sighting.commits);
    let place = match &sighting.place {
        Place::File => middle(
            &format!("{}:{}:{}", ascii(&finding.path), finding.location.line, finding.location.column),
            COLUMNS - commits.len() - 5,
        ),
        Place::Name => middle(&format!("the name of {}", ascii(&finding.path)), COLUMNS - commits.len() - 5),
        Place::Ref => middle(&format!("the name of {}", ascii(&finding.path)), COLUMNS - 5),
        Place::Commit => format!("commit message, line {}", finding.location.line),
        Place::Tag(name) => middle(&format!("tag {}, line {}", ascii(name), finding.location.line), 50),
        Place::Object(id) => {
            format!("object {}, line {}, which no new commit names", id.short(), finding.location.line)
        }
        Place::Unplaced(id) => {
            format!("object {}, line {}, whose commit was not looked up", id.short(), finding.location.line)
        }
    };
    let name = sighting.commits.first().and_then(|id| inspection.fix.refs.get(id)).cloned().unwrap_or_default();
    let line = format!("  {place}  {commits}").trim_end().to_owned();
    lines.push(if line.len() + name.len() + 2 <= COLUMNS && !name.is_empty() {
        format!("{line}  {name}")
    } else {
        line
    });
    lines.push(format!("  {} | {}", finding.location.line, ascii(&finding.preview)));
    lines.push(format!("  why: {}", ascii(&expiry::reason(finding, inspection.now))));
    lines
}

fn commit_list(commits: &[ObjectId]) -> String {
    let Some((first, others)) = commits.split_first() else { return String::new() };
    let mut text = format!("commit {}", first.short());
    if !others.is_empty() {
        text.push_str(" (first)");
    }
    for id in others.iter().take(SHOWN_COMMITS - 1) {
        let _ = write!(text, ", {}", id.short());
    }
    if others.len() >= SHOWN_COMMITS {
        let _ = write!(text, " +{}", others.len() + 1 - SHOWN_COMMITS);
    }
    text
}

fn hints(inspection: &Inspection, config: &Config, blocked: &[&Sighting]) -> Vec<String> {
    let Some(first) = blocked.first() else {
        return vec![format!("hint: this is no fault of your commits; ask {}", ascii(&config.contact))];
    };
    let mut lines = Vec::new();
    lines.push("hint: 1. revoke it, it has left your machine:".to_owned());
    lines.extend(consoles(inspection, blocked));
    lines.extend(inspection.fix.steps.iter().map(|step| format!("hint: {step}")));
    lines.push(format!("hint: not a secret? tell {} {}", ascii(&config.contact), first.finding.code));
    lines.extend(notes::request(inspection));
    lines
}

/// Where to revoke.
fn consoles(inspection: &Inspection, blocked: &[&Sighting]) -> Vec<String> {
    let mut consoles: Vec<&String> =
        blocked.iter().filter_map(|sighting| inspection.fix.consoles.get(&sighting.finding.provider)).collect();
    consoles.dedup();
    let room = if blocked.len() > SHOWN { 1 } else { SHOWN_CONSOLES };
    consoles.iter().take(room).map(|console| format!("hint:    {}", ascii(console))).collect()
}

/// Plain ASCII: what a Windows console and a CI log show alike.
pub(super) fn ascii(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            let escaped: Vec<char> = if letter.is_ascii() && !letter.is_ascii_control() {
                vec![letter]
            } else {
                letter.escape_unicode().collect()
            };
            escaped
        })
        .collect()
}

/// Keeps both ends of a long text.
pub(super) fn middle(text: &str, columns: usize) -> String {
    if text.len() <= columns || columns < 10 {
        return text.to_owned();
    }
    let head = (columns - 3) / 3;
    format!("{}...{}", &text[..head], &text[text.len() - (columns - 3 - head)..])
}

/// A line longer than the screen is cut, unless it ends in something to copy.
fn fit(line: &str) -> String {
    let copied = line.starts_with("hint:") || line.contains("://");
    if line.len() <= COLUMNS || copied { line.to_owned() } else { format!("{}...", &line[..COLUMNS - 3]) }
}

pub(super) fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::from(" ")];
    for word in text.split_ascii_whitespace() {
        let line = lines.last_mut().expect("never empty");
        if line.len() + word.len() + 1 > COLUMNS {
            lines.push(format!("  {word}"));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.truncate(3);
    lines
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use keyward_rules::pack::ObjectId;
    use keyward_rules::policy::{Action, Decision, Doubt, DoubtKind};
    use keyward_rules::rule::sample::Sample;
    use keyward_rules::{Engine, FingerprintKey};

    use super::{COLUMNS, Fix, compose};
    use crate::config::Config;
    use crate::push::{Inspection, Place, Sighting};
    use crate::scanner::Scanner;

    pub(in crate::push) fn config() -> Config {
        Config { contact: "https://wiki.example.com/keyward".into(), ..Config::of_key(FingerprintKey::new([7; 32])) }
    }

    pub(in crate::push) fn sightings(count: usize) -> Vec<Sighting> {
        let scanner = Scanner::new(Arc::new(Engine::builtin()), FingerprintKey::new([7; 32]), "r".into());
        let template = "\n\nSLACK_TOKEN=xoxb-{digits:12}-{digits:12}-{base62:24}\n";
        let one = |seed| {
            let text = Sample::expand(template, seed, None).expect("good").text;
            let path = "deploy/zw\u{f6}lf\u{202e}/run.sh".as_bytes();
            let finding = scanner.scan_at(text.as_bytes(), path, "").remove(0);
            let id = |digit: &str| digit.repeat(40).parse::<ObjectId>().expect("an id");
            Sighting {
                finding,
                place: Place::File,
                commits: vec![id("3"), id("9")],
                known: false,
                excuse: None,
                decision: Decision::Act(Action::Block),
            }
        };
        (0..count as u64).map(one).collect()
    }

    fn message(count: usize, rejected: bool) -> String {
        let mut fix = Fix::default();
        fix.consoles.insert("slack".into(), "https://api.slack.com/apps".into());
        fix.steps = vec![
            "2. git rebase -i 3333333^   and mark 3333333 \"edit\"".into(),
            "   take the secret out, then: git commit -a --amend".into(),
            "3. git rebase --continue, then git push again".into(),
        ];
        let mut sightings = sightings(count);
        if !rejected {
            sightings.iter_mut().for_each(|sighting| sighting.decision = Decision::Act(Action::Warn));
        }
        compose(&Inspection { sightings, fix, ..Inspection::default() }, &config(), rejected)
    }

    #[test]
    fn a_rejected_push_says_what_where_why_and_what_to_do() {
        insta::assert_snapshot!(message(1, true));
    }

    #[test]
    fn many_secrets_still_fit_a_screen() {
        let text = message(9, true);
        assert!(text.lines().count() <= 20, "{text}");
        assert!(text.lines().all(|line| line.len() <= COLUMNS && line.is_ascii()), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_warning_is_short() {
        insta::assert_snapshot!(message(1, false));
    }

    #[test]
    fn a_doubt_is_said_with_its_verdict() {
        let doubt = Doubt {
            kind: DoubtKind::Git,
            detail: "could not read object 1234: the file is damaged in some way that takes long to tell".into(),
        };
        let inspection = Inspection { doubts: vec![doubt], ..Inspection::default() };
        insta::assert_snapshot!(compose(&inspection, &config(), true));
    }

    #[test]
    fn what_the_repository_excuses_is_counted() {
        let mut sightings = sightings(2);
        for sighting in &mut sightings {
            sighting.excuse = Some(crate::honour::Excuse::Mark);
            sighting.decision = Decision::Allowed(String::new());
        }
        let text = compose(&Inspection { sightings, ..Inspection::default() }, &config(), false);
        assert_eq!(text, "warning: push accepted\n  2 secrets are excused by marks in the repository\n");
    }

    #[test]
    fn a_clean_push_is_silent() {
        assert_eq!(compose(&Inspection::default(), &config(), false), "");
    }
}
