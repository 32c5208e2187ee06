//! `keyward replay`: a policy and rules tried on the pushes that the ledger has. Nothing is rejected, recorded or changed by it.

mod again;
mod past;
mod table;

use std::path::PathBuf;

use anyhow::{Result, bail};
use keyward_rules::allowlist::Day;
use keyward_rules::policy::matches;

use super::ledger::{configuration, of};
use crate::cli::admin::ReplayArgs;
use crate::exit::Exit;
use crate::ledger::{self, Event};
use crate::output;
use crate::report::Progress;
use again::{Again, Replayed};
use past::{Past, PastPush};
use table::Table;

pub(super) fn run(arguments: ReplayArgs) -> Result<Exit> {
    let (mut config, file) = configuration(arguments.config.clone())?;
    let path = match &arguments.ledger {
        Some(path) => path.clone(),
        None => of(&config, &file)?.path.clone(),
    };
    // Grants were for one push each.
    config.grants.folder = PathBuf::new();
    let wanted = Wanted::of(&arguments)?;
    let mut past = Past::default();
    pushes(&path, &mut |push| past.learn(&push))?;
    past.look_at_repositories(arguments.root.as_deref());
    let again = Again::new(config);
    let (mut table, mut failed) = (Table::default(), None);
    let progress = Progress::new("pushes");
    pushes(&path, &mut |push| {
        let before = past.before(&push);
        if failed.is_none() && wanted.has(&push) {
            progress.step();
            match replayed(&again, &past, &push, &before) {
                Ok(replayed) => table.add(&push, &replayed),
                Err(error) => failed = Some(error),
            }
        }
        past.happened(&push);
    })?;
    progress.finish();
    if let Some(error) = failed {
        return Err(error);
    }
    output::result(&table.render());
    Ok(if table.rejects() { Exit::Blocked } else { Exit::Clean })
}

/// Scanned anew where its objects are there, else judged by what the ledger has of it.
fn replayed(again: &Again, past: &Past, push: &PastPush, before: &[(String, String)]) -> Result<Replayed> {
    match past.store_of(push) {
        Some(folder) => again.scan(push, folder, before),
        None => Ok(again.judge_record(push)),
    }
}

fn pushes(path: &std::path::Path, each: &mut dyn FnMut(PastPush)) -> Result<()> {
    ledger::entries(path, &mut |entry| {
        if let Event::Push(push) = entry.event {
            each(PastPush::of(entry.time, push));
        }
    })
}

/// Which pushes are replayed.
struct Wanted {
    since: Option<Day>,
    repository: Option<String>,
}

impl Wanted {
    fn of(arguments: &ReplayArgs) -> Result<Wanted> {
        let since = match arguments.since.as_deref().map(|text| (text, Day::parse(text))) {
            Some((text, None)) => bail!("`{text}` is no day; write it as 2026-11-01"),
            Some((_, since)) => since,
            None => None,
        };
        Ok(Wanted { since, repository: arguments.repository.clone() })
    }

    fn has(&self, push: &PastPush) -> bool {
        let day = push.time.get(..10).and_then(Day::parse);
        self.since.is_none_or(|since| day.is_some_and(|day| since <= day))
            && self.repository.as_ref().is_none_or(|pattern| matches(pattern, &push.push.repository))
    }
}
