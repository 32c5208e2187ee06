//! One push: what git wrote to the hook in, a verdict and a message out. Nothing here panics outwards or accepts in silence.

mod before;
mod deadline;
mod doubts;
mod find;
mod grants;
mod judge;
mod known;
mod look;
mod merge;
mod message;
mod names;
mod notes;
mod place;
mod record;
mod ref_names;
mod settle;
mod stance;
mod strict;
mod sweep;
mod then;
mod turn;
mod updates;
mod web;

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use keyward_rules::Finding;
use keyward_rules::allowlist::Day;
use keyward_rules::grant::Occasion;
use keyward_rules::pack::{Bounds, ObjectId};
use keyward_rules::policy::{Context, Decision, Doubt, DoubtKind};

use crate::config::{Config, default_file};
use crate::exit::Exit;
use crate::expiry;
use crate::honour::{Excuse, Honour};
use crate::objects::{NewCommits, Store};
use crate::output;
use crate::patience::Clock;
use crate::scanner::Scanner;
use crate::server::{Server, receipt};
use before::Before;
use judge::Judge;
use place::Tools;
use stance::Stance;

/// The rule of the credential that `keyward doctor` makes up.
const CANARY: &str = "keyward-canary";

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
    /// In the name of a ref.
    Ref,
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
    /// How many credentials grants let in.
    pub(crate) granted: usize,
    /// Grants that did not count, and why.
    pub(crate) grants_refused: Vec<String>,
    /// What an approver would run, where there are approvers.
    pub(crate) grant_request: Option<String>,
    /// What to do about the commits.
    pub(crate) fix: message::Fix,
    /// How the verdict is carried out.
    pub(crate) stance: Stance,
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
    let git_dir = std::env::var_os("GIT_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
    let server = Server::of(&git_dir);
    let config = match Config::load(&file) {
        Ok(config) => config,
        Err(error) => {
            output::message(&web::broken_configuration(&server, &message::broken_configuration(&error)));
            return Ok(Exit::CouldNotTell);
        }
    };
    std::panic::set_hook(Box::new(|_| {}));
    // The process ends with the push: taking ten thousand rules' texts apart again would cost a sixth of its start.
    std::mem::forget(config.engine.clone());
    let stance = Stance::of(&config, &server.repository, expiry::now());
    let clock = Clock::start(config.deadline.on(server.is_enterprise()));
    let then_owned = then.map(Path::to_owned);
    let watch = deadline::watch(config.clone(), server.clone(), stance.clone(), clock, input.clone(), then_owned);
    let mut inspection = match read {
        Ok(_) if stance.is_off() => Inspection::default(),
        Ok(length) if length as u64 == updates::LONGEST_INPUT => {
            doubtful("git names more refs than one push is read for")
        }
        Ok(_) => catch_unwind(AssertUnwindSafe(|| inspect(&config, &git_dir, &server, clock, &input)))
            .unwrap_or_else(|_| doubtful("Keyward itself failed on this push; please report it to Keyward's authors")),
        Err(error) => doubtful(&format!("could not read what git says about the push: {error}")),
    };
    watch.finished();
    inspection.stance = stance;
    let rejected = inspection.rejected(&config);
    if let Some(doubt) = record::record(&config, &server, &input, &inspection, rejected) {
        inspection.doubts.push(doubt);
    }
    // The ledger's own doubt may reject what was accepted.
    let rejected = rejected || inspection.rejected(&config);
    output::message(&web::message(&server, &inspection, &config, rejected));
    if let Some(nonce) = &server.proof {
        let seen = inspection.sightings.iter().any(|sighting| sighting.finding.rule == CANARY);
        output::message(&format!("{}\n", receipt(nonce, rejected, seen)));
    }
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

impl Inspection {
    fn rejected(&self, config: &Config) -> bool {
        self.stance.rejects(config, self)
    }
}

/// Looks at everything the push brings and decides about what is found.
pub(crate) fn inspect(
    config: &Config,
    git_dir: &Path,
    server: &Server,
    clock: &'static Clock,
    input: &[u8],
) -> Inspection {
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
    let (repository, actor) = (server.repository.as_str(), server.actor.as_deref());
    let judged = config.policy.distinct_refs(&refs);
    let context = Context { refs: &judged, repository, actor, today: today(), now };
    let judge = Judge { policy: &config.policy, allowlist: &config.allowlist, context };
    let mut doubts = found.doubts.clone();
    let tools = Tools { store: &store, scanner: &scanner, honour: &honour, before: &before, judge };
    let (mut sightings, commits) = place::place(tools, &found).unwrap_or_else(|error| {
        doubts.extend(find::doubt(&error));
        (place::unplaced(judge, &found), NewCommits::default())
    });
    sightings.extend(ref_names::sightings(&scanner, judge, &updates, &sightings));
    doubts.extend(heed_baseline(config, repository, judge, &mut sightings));
    let occasion = Occasion { repository, refs: &refs, actor, now, longest: config.grants.hours };
    let (granted, grants_refused) = grants::apply(config, &occasion, &mut sightings);
    let grant_request = grants::request(config, &occasion, &sightings);
    let fix = message::Fix::of(&commits, &scanner, &updates, &sightings);
    let stance = Stance::default();
    Ok(Inspection { sightings, doubts, granted, grants_refused, grant_request, fix, stance, now })
}

/// What was there on the day of adoption is known, whatever the push does with it. A baseline that cannot be read is a doubt, and
/// nothing is known by it.
fn heed_baseline(config: &Config, repository: &str, judge: Judge<'_>, sightings: &mut [Sighting]) -> Option<Doubt> {
    if sightings.is_empty() {
        return None;
    }
    let baseline = match config.baseline() {
        Ok(baseline) => baseline,
        Err(error) => return find::doubt(&error),
    };
    for sighting in sightings.iter_mut().filter(|sighting| !sighting.known) {
        if baseline.holds(repository, sighting.finding.fingerprint) {
            sighting.known = true;
            sighting.decision = judge.decide(sighting);
        }
    }
    None
}

/// Today in UTC, for expiry of allowances.
pub(crate) fn today() -> Day {
    let date = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    Day::new(date.year().unsigned_abs(), date.month().unsigned_abs(), date.day().unsigned_abs())
}
