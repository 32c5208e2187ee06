//! Pushes shapes in parallel, each in a scratch folder of its own, and notes what became of each.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use super::git::NotRun;
use super::judge::{self, Got};
use super::shape::Shape;
use super::world::World;
use crate::report::Progress;

/// One shape and what became of it.
pub(super) struct Outcome {
    pub(super) shape: &'static Shape,
    pub(super) state: State,
    /// What happened, in the words of the table.
    pub(super) got: String,
    /// How long the judged push took.
    pub(super) took: Option<Duration>,
    /// Where its server and clone still lie.
    pub(super) kept: Option<PathBuf>,
}

/// Whether a shape holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    Holds,
    Fails,
    /// It cannot be pushed on this machine.
    NotRun,
}

/// Runs all shapes below `root`; the outcomes stand in their order.
pub(super) fn run(shapes: &[&'static Shape], root: &Path, keep: bool) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(shapes.len()));
    let progress = Progress::new("shapes");
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(shapes.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&shape) = shapes.get(index) else { break };
                    let outcome = one(shape, index, &root.join(shape.name), keep);
                    outcomes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, outcome));
                    progress.step();
                }
            });
        }
    });
    progress.finish();
    let mut outcomes = outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn one(shape: &'static Shape, index: usize, root: &Path, keep: bool) -> Outcome {
    let (state, got, took) = match push(shape, index, root) {
        Ok((got, took)) => (if got.holds { State::Holds } else { State::Fails }, got.words, Some(took)),
        Err(error) => match error.downcast_ref::<NotRun>() {
            Some(reason) => (State::NotRun, reason.to_string(), None),
            None => (State::Fails, format!("could not be pushed: {error:#}"), None),
        },
    };
    let kept = keep && state == State::Fails;
    if !kept {
        // What cannot be removed now goes with the whole scratch folder.
        let _ = fs::remove_dir_all(root);
    }
    Outcome { shape, state, got, took, kept: kept.then(|| root.to_owned()) }
}

fn push(shape: &Shape, index: usize, root: &Path) -> Result<(Got, Duration)> {
    fs::create_dir_all(root).with_context(|| format!("could not make {}", root.display()))?;
    // Another credential in every shape and every run.
    let seed = u64::from(std::process::id()) << 16 | index as u64;
    let world = World::new(root, shape, seed)?;
    let push = (shape.push)(&world)?;
    Ok((judge::judge(&world, shape, &push)?, push.took))
}
