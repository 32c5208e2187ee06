//! Takes away what a proof pushed: its ref, and its objects, loose or in a pack that holds nothing else. Nothing that was there before is
//! touched, since every object of a proof is made from random numbers.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};

use super::proof::{git, isolated};

/// What one push brought.
#[derive(Clone, Debug)]
pub(super) struct Pushed {
    /// The ref.
    pub(super) name: String,
    /// Ids of blob, tree and commit.
    pub(super) ids: Vec<String>,
}

/// Removes refs and objects; how many objects are left.
///
/// # Errors
/// A ref or a file could not be removed.
pub(super) fn all(repository: &Path, pushed: &[Pushed], packs_before: &BTreeSet<PathBuf>) -> Result<usize> {
    for push in pushed {
        let there = git(repository, &["--git-dir=.", "for-each-ref", "--format=%(refname)", &push.name], "")?;
        if !there.is_empty() {
            // No hook is to hear of it.
            git(repository, &["--git-dir=.", "-c", "core.hooksPath=/dev/null", "update-ref", "-d", &push.name], "")?;
        }
    }
    // Git leaves these folders; a removal succeeds only where one is empty.
    for folder in ["refs/keyward", "logs/refs/keyward", "logs/refs", "logs"] {
        let _ = fs::remove_dir(repository.join(folder));
    }
    let ids: BTreeSet<&str> = pushed.iter().flat_map(|push| push.ids.iter().map(String::as_str)).collect();
    for id in &ids {
        let folder = repository.join("objects").join(&id[..2]);
        remove(&folder.join(&id[2..]))?;
        let _ = fs::remove_dir(folder);
    }
    for index in packs(repository).difference(packs_before) {
        if holds_only(repository, index, &ids)? {
            for end in ["idx", "rev", "bitmap", "mtimes", "keep", "pack"] {
                remove(&index.with_extension(end))?;
            }
        }
    }
    Ok(ids.iter().filter(|id| git(repository, &["--git-dir=.", "cat-file", "-e", id], "").is_ok()).count())
}

/// The indexes of the repository's packs.
pub(super) fn packs(repository: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(repository.join("objects").join("pack")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "idx")).collect()
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Whether a pack is one of ours.
fn holds_only(repository: &Path, index: &Path, ids: &BTreeSet<&str>) -> Result<bool> {
    let file = File::open(index).with_context(|| format!("could not read {}", index.display()))?;
    let mut command = isolated(repository);
    command.args(["--git-dir=.", "show-index"]).stdin(Stdio::from(file));
    let output = command.output().context("could not run git")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines().peekable();
    Ok(output.status.success()
        && lines.peek().is_some()
        && lines.all(|line| line.split(' ').nth(1).is_some_and(|id| ids.contains(id))))
}
