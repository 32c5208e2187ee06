//! Rule files from disk beside the built-in rules: Keyward's own form and other scanners', told apart by what stands in them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use keyward_rules::import::{self, Compile, Import, LARGEST_FILE, Report, Settings};
use keyward_rules::{Catalogue, Engine};

use crate::output;

/// The built-in rules and those of these files. Expressions of imported rules are compiled when they are first needed.
///
/// # Errors
/// A file cannot be read or is broken; says which, where and what was expected.
pub(crate) fn engine(files: &[PathBuf], settings: Settings) -> Result<Engine> {
    let mut catalogue = Catalogue::builtin();
    for file in files {
        add(&mut catalogue, file, settings, Compile::Later)?;
    }
    Ok(Engine::new(catalogue))
}

/// The same with more files, for a person: what of those cannot be used is said.
///
/// # Errors
/// As `engine`.
pub(crate) fn engine_telling(files: &[PathBuf], more: &[PathBuf], settings: Settings) -> Result<Engine> {
    let mut catalogue = Catalogue::builtin();
    for file in files {
        add(&mut catalogue, file, settings, Compile::Later)?;
    }
    for file in more {
        let lost = add(&mut catalogue, file, settings, Compile::Now)?.map_or(0, |report| report.not_taken.len());
        if lost > 0 {
            let name = file.display();
            output::message(&format!(
                "warning: {name}: {lost} not taken; `keyward rules import {name}` says what and why\n"
            ));
        }
    }
    Ok(Engine::new(catalogue))
}

/// Reads another scanner's configuration.
///
/// # Errors
/// It cannot be read, is broken, or is one of Keyward's own rule files.
pub(crate) fn import(file: &Path, settings: Settings, compile: Compile) -> Result<Import> {
    let text = read(file)?;
    if import::is_own(&text) {
        bail!("{0} is a rule file of Keyward's own; `keyward rules check {0}` reads it", file.display());
    }
    import_text(file, &text, settings, compile)
}

/// The report, where the file is another scanner's.
fn add(catalogue: &mut Catalogue, file: &Path, settings: Settings, compile: Compile) -> Result<Option<Report>> {
    let text = read(file)?;
    if import::is_own(&text) {
        catalogue.add_toml(&file.display().to_string(), &text)?;
        return Ok(None);
    }
    let import = import_text(file, &text, settings, compile)?;
    catalogue.add_import(&import);
    Ok(Some(import.report))
}

fn import_text(file: &Path, text: &str, settings: Settings, compile: Compile) -> Result<Import> {
    let mut open = |path: &str| beside(file, path).map_err(|error| output::one_line(&error));
    Ok(import::import(&file.display().to_string(), text, settings, compile, &mut open)?)
}

/// A file that another one extends. Links must not lead out of the folder either.
fn beside(file: &Path, path: &str) -> Result<String> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder.canonicalize().with_context(|| format!("could not read {}", folder.display()))?;
    let file = folder.join(path).canonicalize().context("it cannot be read")?;
    if !file.starts_with(&folder) {
        bail!("it leads out of this file's folder");
    }
    read(&file)
}

/// One byte more than may be is enough to tell that it is too many.
fn read(file: &Path) -> Result<String> {
    let context = || format!("could not read {}", file.display());
    let mut text = String::new();
    File::open(file)
        .with_context(context)?
        .take(LARGEST_FILE as u64 + 1)
        .read_to_string(&mut text)
        .with_context(context)?;
    Ok(text)
}
