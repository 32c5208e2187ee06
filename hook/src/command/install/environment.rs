//! The pre-receive environment of GitHub Enterprise Server: a gzipped tar of a root folder with this program, its configuration and a
//! shell, which the appliance enters through `/bin/sh`. No git is in it. Files only; nothing is run but `ldd`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::config::Config;

/// Where things lie in the environment.
const PROGRAM: &str = "/usr/local/bin/keyward";
const FOLDER: &str = "/etc/keyward";
const FILE: &str = "keyward.toml";

/// Largest file that a configuration may bring along, in bytes.
const LARGEST: u64 = 64 << 20;

/// Writes the environment and gives what to tell, the script for the hooks' repository included.
///
/// # Errors
/// The configuration names what cannot go along, or a file could not be read or written.
pub(super) fn write(file: &Path, config: &Path, shell: &Path) -> Result<String> {
    let program = std::env::current_exe().context("could not find this program's own path")?;
    let mut files = BTreeMap::new();
    let mut brought = Vec::new();
    for (from, to) in [(program.as_path(), PROGRAM), (shell, "/bin/sh")] {
        for library in libraries(from)? {
            brought.push(library.display().to_string());
            files.insert(library.clone(), (library, 0o755));
        }
        files.insert(PathBuf::from(to), (from.to_owned(), 0o755));
    }
    files.extend(configuration(config)?);
    pack(file, &files)?;
    brought.sort();
    brought.dedup();
    let brought = if brought.is_empty() { "none, both programs are static".to_owned() } else { brought.join(", ") };
    Ok(format!(
        "environment: {} ({} files)\nlibraries:   {brought}\nUpload it in the enterprise's settings under Hooks, then commit this script, \
         executable, to the repository that holds your hooks:\n\n{}",
        file.display(),
        files.len(),
        wrapper()
    ))
}

/// The script that the appliance starts in the environment. It takes standard output for what the developer is to read.
fn wrapper() -> String {
    format!(
        "#!/bin/sh\n# Keyward's pre-receive hook for GitHub Enterprise Server.\nexec {PROGRAM} pre-receive --config {FOLDER}/{FILE} 2>&1\n"
    )
}

/// The configuration and every file it names. Whatever a key is called, a text that names a file beside the configuration goes along.
fn configuration(config: &Path) -> Result<BTreeMap<PathBuf, (PathBuf, u32)>> {
    if let Some(ledger) = Config::load(config)?.ledger {
        bail!(
            "{}: an environment keeps nothing, so there can be no ledger ({}); set `ledger = \"\"`, in a file of its own for this host",
            config.display(),
            ledger.path.display()
        );
    }
    let text = fs::read_to_string(config).with_context(|| format!("could not read {}", config.display()))?;
    let table: toml::Table = toml::from_str(&text).with_context(|| format!("could not read {}", config.display()))?;
    let beside = config.parent().unwrap_or(Path::new("/"));
    let mut files = BTreeMap::from([(Path::new(FOLDER).join(FILE), (config.to_owned(), 0o444))]);
    let mut named = Vec::new();
    texts(&toml::Value::Table(table), &mut named);
    for name in named.iter().map(Path::new) {
        let from = beside.join(name);
        let within =
            name.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir | Component::RootDir));
        if name.as_os_str().is_empty() || !from.is_file() {
            continue;
        }
        if !within {
            bail!("{}: {} leads out of its folder; put that file beside it", config.display(), name.display());
        }
        if fs::metadata(&from).is_ok_and(|metadata| metadata.len() > LARGEST) {
            bail!("{} is too large to go along", from.display());
        }
        // Readable by all: the appliance's hooks run as a user of its own, and nobody else is in there.
        files.insert(Path::new(FOLDER).join(name), (from, 0o444));
    }
    Ok(files)
}

/// Every text in a value.
fn texts(value: &toml::Value, found: &mut Vec<String>) {
    match value {
        toml::Value::String(text) => found.push(text.clone()),
        toml::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        // What belongs to a ledger has no use there, and its key is nobody's to read.
        toml::Value::Table(table) => {
            table.iter().filter(|(name, _)| !name.starts_with("ledger")).for_each(|(_, value)| texts(value, found));
        }
        _ => {}
    }
}

/// The libraries that a program is started with, its loader included; none for a static one.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let output = Command::new("ldd").arg(program).env("LC_ALL", "C").output();
    let output = output.context("could not run ldd, which tells a program's libraries")?;
    let text = [output.stdout, output.stderr].concat();
    parse_ldd(&String::from_utf8_lossy(&text))
        .with_context(|| format!("could not tell the libraries of {}", program.display()))
}

fn parse_ldd(text: &str) -> Result<Vec<PathBuf>> {
    if ["statically linked", "not a dynamic executable", "Not a valid dynamic program"]
        .iter()
        .any(|word| text.contains(word))
    {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        let path = line.split_once(" => ").map_or(line, |(_, path)| path);
        if path.starts_with("not found") {
            bail!("{line}");
        }
        // A library of the kernel's own has no path.
        if path.starts_with('/') {
            found.push(PathBuf::from(path.split_once(" (").map_or(path, |(path, _)| path)));
        }
    }
    if found.is_empty() {
        bail!("ldd says: {}", text.trim());
    }
    Ok(found)
}

fn pack(file: &Path, files: &BTreeMap<PathBuf, (PathBuf, u32)>) -> Result<()> {
    let context = || format!("could not write {}", file.display());
    let out = File::create(file).with_context(context)?;
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    let mut folders = std::collections::BTreeSet::new();
    for (to, (from, mode)) in files {
        let inside: Vec<&Path> = to.ancestors().skip(1).filter(|folder| folder.parent().is_some()).collect();
        for folder in inside.into_iter().rev().filter(|folder| folders.insert(folder.to_path_buf())) {
            let mut header = header(&[], 0o755);
            header.set_entry_type(tar::EntryType::Directory);
            tar.append_data(&mut header, folder.strip_prefix("/").unwrap_or(folder), &[][..]).with_context(context)?;
        }
        let bytes = fs::read(from).with_context(|| format!("could not read {}", from.display()))?;
        // Names have no leading slash, as the appliance wants it.
        let name = to.strip_prefix("/").unwrap_or(to);
        tar.append_data(&mut header(&bytes, *mode), name, &bytes[..]).with_context(context)?;
    }
    tar.into_inner().and_then(GzEncoder::finish).and_then(|file| file.sync_all()).with_context(context)
}

/// A file's header: of nobody in particular, so that the same files give the same tarball.
pub(super) fn header(bytes: &[u8], mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(mode);
    header
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::parse_ldd;

    #[test]
    fn the_loader_tells_the_libraries() {
        let text = "\tlinux-vdso.so.1 (0x00007ffc)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let expected = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"].map(PathBuf::from);
        assert_eq!(parse_ldd(text).expect("two"), expected);
        for text in ["\tstatically linked\n", "\tnot a dynamic executable\n"] {
            assert!(parse_ldd(text).expect("none").is_empty(), "{text}");
        }
        assert!(parse_ldd("\tlibodd.so => not found\n").is_err());
        assert!(parse_ldd("ldd: ./x: No such file or directory").is_err());
    }
}
