//! `keyward rules` and `keyward rules check`.

mod json;
mod markdown;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use keyward_rules::rule::{prove, review};
use keyward_rules::{Catalogue, Engine};

use crate::cli::ListFormat;
use crate::exit::Exit;
use crate::output;

pub(super) fn list(format: ListFormat) -> Result<Exit> {
    let catalogue = Catalogue::builtin_with_samples();
    output::result(&match format {
        ListFormat::Text => text(&catalogue),
        ListFormat::Json => json::render(&catalogue)?,
    });
    Ok(Exit::Clean)
}

/// Writes the catalogue's pages below `folder`.
pub(super) fn pages(folder: &Path) -> Result<Exit> {
    let pages = markdown::render(&Catalogue::builtin_with_samples());
    for (name, text) in &pages {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))
            .and_then(|()| fs::write(&path, text))
            .with_context(|| format!("could not write {}", path.display()))?;
    }
    output::result(&format!("wrote {} pages below {}\n", pages.len(), folder.display()));
    Ok(Exit::Clean)
}

fn text(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    for rule in catalogue.rules() {
        let _ = writeln!(
            text,
            "{:<44} {:<18} {:<9} {:<7} {}",
            rule.id, rule.class, rule.severity, rule.confidence, rule.name
        );
    }
    let _ = writeln!(text, "{} rules of {} providers", catalogue.rules().len(), catalogue.providers().len());
    text
}

/// Loads rule files, reviews them and proves every sample in them. Everything that is wrong is said, not just the first.
pub(super) fn check(path: &Path) -> Result<Exit> {
    let mut catalogue = Catalogue::empty();
    let mut broken = Vec::new();
    for file in files(path)? {
        let text = fs::read_to_string(&file).with_context(|| format!("could not read {}", file.display()))?;
        let loaded = catalogue.add_toml(&file.display().to_string(), &text);
        broken.extend(loaded.err().map(|error| error.to_string()));
    }
    // A file that was refused leaves part of its rules behind: what they lack then is no news.
    if broken.is_empty() {
        broken.extend(review(&catalogue));
        let (rules, providers) = (catalogue.rules().len(), catalogue.providers().len());
        broken.extend(prove(&Engine::new(catalogue)));
        if broken.is_empty() {
            output::result(&format!("{rules} rules of {providers} providers hold what their samples say\n"));
            return Ok(Exit::Clean);
        }
    }
    output::message(&broken.iter().map(|problem| format!("error: {problem}\n")).collect::<String>());
    Ok(Exit::Blocked)
}

fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).with_context(|| format!("could not read {}", path.display()))?;
    let mut files: Vec<PathBuf> = entries.collect::<Result<Vec<_>, _>>()?.iter().map(fs::DirEntry::path).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    if files.is_empty() {
        bail!("{} holds no .toml file", path.display());
    }
    Ok(files)
}
