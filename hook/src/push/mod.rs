//! One push: what git wrote to the hook in, a verdict and a message out. Nothing here panics outwards or accepts in silence.

mod deadline;
mod find;
mod grants;
mod message;
mod notes;
mod place;
mod record;
mod stance;
mod then;
mod updates;

use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use git2::Oid;
use keyward_rules::Finding;
use keyward_rules::allowlist::Day;
use keyward_rules::baseline::Baseline;
use keyward_rules::grant::Occasion;
use keyward_rules::policy::{Context, Decision, Doubt, DoubtKind, judge};

use crate::config::{Config, default_file};
use crate::exit::Exit;
use crate::expiry;
use crate::honour::{Excuse, Honour};
use crate::objects::Store;
use crate::output;
use crate::scanner::Scanner;
use crate::server::Server;
use stance::Stance;

/// A credential in a push, placed and decided.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    /// The finding at its first place.
    pub(crate) finding: Finding,
    /// What kind of object it stands in.
    pub(crate) place: Place,
    /// New commits that hold it, the one that introduces it first; empty where no new commit does.
    pub(crate) commits: Vec<Oid>,
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
    Object(Oid),
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
    let stance = Stance::of(&config, &server.repository, expiry::now());
    let watch =
        deadline::watch(config.clone(), server.clone(), stance.clone(), input.clone(), then.map(Path::to_owned));
    let mut inspection = match read {
        Ok(_) if stance.is_off() => Inspection::default(),
        Ok(_) => catch_unwind(AssertUnwindSafe(|| inspect(&config, &git_dir, &server, &input)))
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

impl Inspection {
    fn rejected(&self, config: &Config) -> bool {
        self.stance.rejects(config, self)
    }
}

/// Looks at everything the push brings and decides about what is found.
pub(crate) fn inspect(config: &Config, git_dir: &Path, server: &Server, input: &[u8]) -> Inspection {
    match try_inspect(config, git_dir, server, input) {
        Ok(inspection) => inspection,
        Err(error) => doubtful(&output::one_line(&error)),
    }
}

fn try_inspect(config: &Config, git_dir: &Path, server: &Server, input: &[u8]) -> Result<Inspection> {
    let updates = updates::parse(input)?;
    if updates.iter().all(|update| update.new.is_none()) {
        return Ok(Inspection::default());
    }
    let store = Store::of_hook(git_dir).context("could not open the repository")?;
    let scanner = Scanner::new(config.engine.clone(), config.key.clone(), server.repository.clone());
    let found = find::find(&store, &scanner, &updates, config.largest_object)?;
    let honour = Honour::of_tips(config, &store, updates.iter().filter_map(|update| update.new));
    let mut doubts = found.doubts.clone();
    let mut sightings = place::place(&store, &scanner, &honour, &found).unwrap_or_else(|error| {
        doubts.push(find::doubt(&error));
        place::unplaced(&found)
    });
    let refs: Vec<String> =
        updates.iter().filter(|update| update.new.is_some()).map(|update| update.name.clone()).collect();
    let now = expiry::now();
    doubts.extend(decide(config, server, &refs, now, &mut sightings));
    let (repository, actor) = (server.repository.as_str(), server.actor.as_deref());
    let occasion = Occasion { repository, refs: &refs, actor, now, longest: config.grants.hours };
    let (granted, grants_refused) = grants::apply(config, &occasion, &mut sightings);
    let grant_request = grants::request(config, &occasion, &sightings);
    let fix = message::Fix::of(&store, &scanner, &updates, &sightings);
    let stance = Stance::default();
    Ok(Inspection { sightings, doubts, granted, grants_refused, grant_request, fix, stance, now })
}

/// Asks the policy about each credential. A baseline that cannot be read is a doubt, and none is then known by it.
fn decide(config: &Config, server: &Server, refs: &[String], now: i64, sightings: &mut [Sighting]) -> Option<Doubt> {
    if sightings.is_empty() {
        return None;
    }
    let (baseline, doubt) = match config.baseline() {
        Ok(baseline) => (baseline, None),
        Err(error) => (Baseline::default(), Some(find::doubt(&error))),
    };
    let refs = config.policy.distinct_refs(refs);
    let context =
        Context { refs: &refs, repository: &server.repository, actor: server.actor.as_deref(), today: today(), now };
    for sighting in sightings {
        sighting.known |= baseline.holds(&server.repository, sighting.finding.fingerprint);
        sighting.decision = match sighting.excuse {
            Some(excuse) => Decision::Allowed(excuse.reason().to_owned()),
            None => judge(&config.policy, &config.allowlist, &sighting.finding, sighting.known, &context),
        };
    }
    doubt
}

/// Today in UTC, for expiry of allowances.
pub(crate) fn today() -> Day {
    let date = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    Day::new(date.year().unsigned_abs(), date.month().unsigned_abs(), date.day().unsigned_abs())
}
