//! One push: what git wrote to the hook in, a verdict and a message out. Nothing here panics outwards or accepts in silence.

mod before;
mod deadline;
mod doubts;
mod find;
mod judge;
mod known;
mod look;
mod merge;
mod message;
mod names;
mod place;
mod settle;
mod strict;
mod sweep;
mod then;
mod turn;
mod updates;

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use keyward_rules::Finding;
use keyward_rules::allowlist::Day;
use keyward_rules::pack::{Bounds, ObjectId};
use keyward_rules::policy::{Context, Decision, Doubt, DoubtAction, DoubtKind};

use crate::config::{Config, default_file};
use crate::exit::Exit;
use crate::expiry;
use crate::honour::{Excuse, Honour};
use crate::ledger::{self, Entry, LedgerFinding};
use crate::objects::{NewCommits, Store};
use crate::output;
use crate::patience::Clock;
use crate::scanner::Scanner;
use crate::server::Server;
use before::Before;
use judge::Judge;
use place::Tools;
use updates::RefUpdate;

/// A credential in a push, placed and decided.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    /// The finding at its first place.
    pub(crate) finding: Finding,
    /// What kind of object it stands in.
    pub(crate) place: Place,
    /// New commits that hold it, the one that introduces it first; empty where no new commit does.
    pub(crate) commits: Vec<ObjectId>,
    /// It was reachable before the push.
    pub(crate) known: bool,
    /// What the repository says in its favour, where the configuration heeds that.
    pub(crate) excuse: Option<Excuse>,
    /// What the policy says.
    pub(crate) decision: Decision,
}

/// Where in a repository a credential stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file.
    File,
    /// In a file's name.
    Name,
    /// In a commit's message or header.
    Commit,
    /// In an annotated tag.
    Tag(String),
    /// In an object that no path leads to.
    Object(ObjectId),
    /// In an object whose commits and path could not be looked up.
    Unplaced(ObjectId),
}

/// All that was learned of a push.
#[derive(Debug, Default)]
pub(crate) struct Inspection {
    pub(crate) sightings: Vec<Sighting>,
    pub(crate) doubts: Vec<Doubt>,
    /// What to do about the commits.
    pub(crate) fix: message::Fix,
    /// When it was inspected, in seconds since 1970.
    pub(crate) now: i64,
}

/// Runs as git's pre-receive hook.
///
/// # Errors
/// None that a caller need handle: every failure becomes a message and a verdict.
pub(crate) fn pre_receive(config: Option<PathBuf>, then: Option<&Path>) -> Result<Exit> {
    // All of standard input first: git reports a broken pipe if a hook leaves early.
    let mut input = Vec::new();
    let read = std::io::stdin().lock().take(updates::LONGEST_INPUT).read_to_end(&mut input);
    let file = config.unwrap_or_else(default_file);
    let config = match Config::load(&file) {
        Ok(config) => config,
        Err(error) => {
            output::message(&message::broken_configuration(&error));
            return Ok(Exit::CouldNotTell);
        }
    };
    std::panic::set_hook(Box::new(|_| {}));
    let git_dir = std::env::var_os("GIT_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
    let server = Server::of(&git_dir);
    let clock = Clock::start(config.deadline.on(server.is_enterprise()));
    let watch = deadline::watch(config.clone(), server.clone(), clock, input.clone(), then.map(Path::to_owned));
    let mut inspection = match read {
        Ok(length) if length as u64 == updates::LONGEST_INPUT => doubtful("git names more refs than one push is read for"),
        Ok(_) => catch_unwind(AssertUnwindSafe(|| inspect(&config, &git_dir, &server, clock, &input)))
            .unwrap_or_else(|_| doubtful("Keyward itself failed on this push; please report it to Keyward's authors")),
        Err(error) => doubtful(&format!("could not read what git says about the push: {error}")),
    };
    watch.finished();
    let rejected = rejects(&config, &inspection);
    if let Some(doubt) = record(&config, &server, &input, &inspection, rejected) {
        inspection.doubts.push(doubt);
    }
    // The ledger's own doubt may reject what was accepted.
    let rejected = rejected || rejects(&config, &inspection);
    output::message(&message::compose(&inspection, &config, rejected));
    if rejected {
        let certain = inspection.sightings.iter().any(|sighting| sighting.decision.blocks());
        return Ok(if certain { Exit::Blocked } else { Exit::CouldNotTell });
    }
    match then {
        Some(hook) => then::run(hook, &input),
        None => Ok(Exit::Clean),
    }
}

fn doubtful(detail: &str) -> Inspection {
    let doubt = Doubt { kind: DoubtKind::Git, detail: detail.to_owned() };
    Inspection { doubts: vec![doubt], ..Inspection::default() }
}

fn rejects(config: &Config, inspection: &Inspection) -> bool {
    inspection.sightings.iter().any(|sighting| sighting.decision.blocks())
        || inspection.doubts.iter().any(|doubt| config.policy.doubt.action(doubt.kind) == DoubtAction::Reject)
}

/// Looks at everything the push brings and decides about what is found.
fn inspect(config: &Config, git_dir: &Path, server: &Server, clock: &'static Clock, input: &[u8]) -> Inspection {
    match try_inspect(config, git_dir, server, clock, input) {
        Ok(inspection) => inspection,
        Err(error) => doubtful(&output::one_line(&error)),
    }
}

fn try_inspect(
    config: &Config,
    git_dir: &Path,
    server: &Server,
    clock: &'static Clock,
    input: &[u8],
) -> Result<Inspection> {
    let updates = updates::parse(input)?;
    let Some(hash) = updates.iter().find_map(|update| update.new).map(|id| id.kind()) else {
        return Ok(Inspection::default());
    };
    let proceed = Box::leak(Box::new(|| clock.proceeds()));
    let bounds = Bounds { largest: config.largest_object, proceed };
    let store = Store::of_hook(git_dir, hash, bounds).context("could not open the repository")?;
    let scanner = Scanner::new(config.engine.clone(), config.key.clone(), server.repository.clone());
    let before = Before::of(&store, &config.policy, &updates);
    let found = find::find(&store, &scanner, &before, &updates, clock)?;
    clock.scanned();
    let honour = Honour::of_tips(config, &store, updates.iter().filter_map(|update| update.new));
    let refs: Vec<String> =
        updates.iter().filter(|update| update.new.is_some()).map(|update| update.name.clone()).collect();
    let now = expiry::now();
    let context =
        Context { refs: &refs, repository: &server.repository, actor: server.actor.as_deref(), today: today(), now };
    let judge = Judge { policy: &config.policy, allowlist: &config.allowlist, context };
    let mut doubts = found.doubts.clone();
    let tools = Tools { store: &store, scanner: &scanner, honour: &honour, before: &before, judge };
    let (sightings, commits) = place::place(tools, &found).unwrap_or_else(|error| {
        doubts.extend(find::doubt(&error));
        (place::unplaced(judge, &found), NewCommits::default())
    });
    let fix = message::Fix::of(&commits, &scanner, &updates, &sightings);
    Ok(Inspection { sightings, doubts, fix, now })
}

/// Today in UTC, for expiry of allowances.
pub(crate) fn today() -> Day {
    let date = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    Day::new(date.year().unsigned_abs(), date.month().unsigned_abs(), date.day().unsigned_abs())
}

/// Writes the ledger if there is something to write; a failure is a doubt for the policy.
fn record(config: &Config, server: &Server, input: &[u8], inspection: &Inspection, rejected: bool) -> Option<Doubt> {
    let path = config.ledger.as_ref()?;
    if inspection.sightings.is_empty() && inspection.doubts.is_empty() {
        return None;
    }
    let scanner = Scanner::new(config.engine.clone(), config.key.clone(), server.repository.clone());
    let describe = |update: &RefUpdate| {
        let id = |id: Option<ObjectId>| id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        format!("{} {} {}", id(update.old), id(update.new), scanner.ref_name(&update.name))
    };
    let entry = Entry {
        time: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        repository: server.repository.clone(),
        actor: server.actor.clone(),
        refs: updates::parse(input).unwrap_or_default().iter().map(describe).collect(),
        verdict: if rejected { "rejected" } else { "accepted" }.to_owned(),
        findings: inspection.sightings.iter().map(kept).collect(),
        doubts: inspection.doubts.iter().map(|doubt| doubt.detail.clone()).collect(),
    };
    let error = ledger::append(path, &entry).err()?;
    Some(Doubt { kind: DoubtKind::Ledger, detail: output::one_line(&error) })
}

fn kept(sighting: &Sighting) -> LedgerFinding {
    LedgerFinding {
        code: sighting.finding.code.to_string(),
        fingerprint: sighting.finding.fingerprint.to_string(),
        rule: sighting.finding.rule.clone(),
        decision: sighting.decision.as_str().to_owned(),
        path: sighting.finding.path.clone(),
        line: sighting.finding.location.line,
        commits: sighting.commits.iter().map(ObjectId::to_string).collect(),
    }
}
