//! A scratch server with the hook and a clone of it, both with one clean commit; what shapes are made of.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use keyward_rules::rule::sample::Sample;

use super::git::{self, NotRun, git};
use super::shape::Shape;
use crate::command::install;
use crate::config::Config;
use crate::ledger::{self, Event, Push as Recorded};
use crate::scanner::Scanner;

/// The parts of a world's folder.
const SERVER: &str = "server.git";
const WORK: &str = "work";
const CONFIG: &str = "etc/keyward.toml";

/// Seconds that the hook may take for a push.
const DEADLINE: i64 = 300;

/// The line in which a token stands in most shapes.
const SCRIPT: &str = "#!/bin/sh\nexport GITHUB_TOKEN=\"SECRET\"\n./release\n";

/// One server and one clone.
pub(super) struct World {
    root: PathBuf,
    secret: String,
    config: Config,
}

/// A push and what came of it.
pub(super) struct Push {
    pub(super) accepted: bool,
    /// What the developer read.
    pub(super) text: String,
    pub(super) took: Duration,
    /// Entries that the ledger had before.
    pub(super) recorded: usize,
    /// Whether any ref of the server changed.
    pub(super) changed: bool,
}

impl World {
    /// Makes both in `root`, an empty folder, with a credential of their own.
    pub(super) fn new(root: &Path, shape: &Shape, seed: u64) -> Result<World> {
        let secret = Sample::expand(shape.plant.template(), seed, None).map_err(anyhow::Error::msg)?.text;
        write(&root.join("gitconfig"), git::CONFIG)?;
        init(root, shape.server)?;
        install::quietly(&root.join(SERVER), &root.join(CONFIG), None).context("the hook was not installed")?;
        // A busy machine must not turn a verdict into a doubt.
        change(&root.join(CONFIG), |config| {
            config.insert("deadline".to_owned(), DEADLINE.into());
        })?;
        let world = World { root: root.to_owned(), secret, config: Config::load(&root.join(CONFIG))? };
        world.write("README.md", "A small program.\n")?;
        world.commit("Begin")?;
        world.let_in("main")?;
        Ok(world)
    }

    /// The made-up credential.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// A script whose second line holds the credential.
    pub(super) fn script(&self) -> String {
        SCRIPT.replace("SECRET", &self.secret)
    }

    /// The server's repository.
    pub(super) fn server(&self) -> PathBuf {
        self.root.join(SERVER)
    }

    /// The clone.
    pub(super) fn work(&self) -> PathBuf {
        self.root.join(WORK)
    }

    /// A path beside both.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Every push in the ledger.
    pub(super) fn ledger(&self) -> Result<Vec<Recorded>> {
        let ledger = self.config.ledger.as_ref().context("the ledger is on by default")?;
        let mut pushes = Vec::new();
        if ledger.path.exists() {
            ledger::entries(&ledger.path, &mut |entry| {
                if let Event::Push(push) = entry.event {
                    pushes.push(push);
                }
            })?;
        }
        Ok(pushes)
    }

    /// The hook's rules with its key.
    pub(super) fn scanner(&self) -> Scanner {
        Scanner::new(self.config.engine.clone(), self.config.key.clone(), String::new())
    }

    /// Changes the hook's configuration.
    pub(super) fn reconfigure(&self, setting: impl FnOnce(&mut toml::Table)) -> Result<()> {
        change(&self.root.join(CONFIG), setting)
    }

    /// Writes a file of the clone.
    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<()> {
        write(&self.work().join(name), content)
    }

    /// Runs git in the clone; what it prints, trimmed.
    pub(super) fn git(&self, arguments: &[&str]) -> Result<String> {
        self.git_with(arguments, b"")
    }

    /// The same with something on standard input.
    pub(super) fn git_with(&self, arguments: &[&str], input: &[u8]) -> Result<String> {
        let out = git::must(git(&self.root, &self.work()).args(arguments), input)?;
        Ok(String::from_utf8_lossy(&out).trim().to_owned())
    }

    /// What git prints in the clone, as it is.
    pub(super) fn git_bytes(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        git::must(git(&self.root, &self.work()).args(arguments), input)
    }

    /// Runs git in the server's repository.
    pub(super) fn serve(&self, arguments: &[&str]) -> Result<String> {
        let out = git::must(git(&self.root, &self.server()).args(arguments), b"")?;
        Ok(String::from_utf8_lossy(&out).trim().to_owned())
    }

    /// A `git` of this world, anywhere.
    pub(super) fn command(&self, folder: &Path) -> std::process::Command {
        git(&self.root, folder)
    }

    /// Changes a setting of the server's repository.
    pub(super) fn configure(&self, name: &str, value: &str) -> Result<()> {
        self.serve(&["config", name, value]).map(drop)
    }

    /// Commits all that changed in the clone.
    pub(super) fn commit(&self, message: &str) -> Result<()> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]).map(drop)
    }

    /// Writes one file and commits it.
    pub(super) fn commit_file(&self, name: &str, content: impl AsRef<[u8]>) -> Result<()> {
        self.write(name, content)?;
        self.commit("Change a file")
    }

    /// Writes an object that no file holds; its id.
    pub(super) fn object(&self, kind: &str, content: &[u8]) -> Result<String> {
        self.git_with(&["hash-object", "-w", "-t", kind, "--stdin"], content)
    }

    /// Puts a blob into the index at a path that no file system need allow.
    pub(super) fn add_at(&self, path: &[u8], content: &[u8]) -> Result<()> {
        let id = self.object("blob", content)?;
        let line = [b"100644 ", id.as_bytes(), b"\t", path, b"\0"].concat();
        self.git_with(&["update-index", "-z", "--index-info"], &line).map(drop)
    }

    /// Commits the index.
    pub(super) fn commit_index(&self, message: &str) -> Result<()> {
        self.git(&["commit", "--quiet", "--message", message]).map(drop)
    }

    /// Begins a branch where the clone is.
    pub(super) fn branch(&self, name: &str) -> Result<()> {
        self.git(&["switch", "--quiet", "--create", name]).map(drop)
    }

    /// Brings a branch to the server around the hook: it was there before the hook came.
    pub(super) fn let_in(&self, branch: &str) -> Result<()> {
        let refspec = format!("+refs/heads/{branch}:refs/heads/{branch}");
        let work = self.work().display().to_string();
        self.serve(&["fetch", "--quiet", "--no-tags", "--update-head-ok", &work, &refspec]).map(drop)
    }

    /// Deletes a branch of the server around the hook; its objects stay.
    pub(super) fn forget(&self, branch: &str) -> Result<()> {
        self.serve(&["update-ref", "-d", &format!("refs/heads/{branch}")]).map(drop)
    }

    /// Pushes to the server.
    pub(super) fn push(&self, arguments: &[&str]) -> Result<Push> {
        self.push_from(&self.work(), &[], arguments)
    }

    /// Pushes from a repository, with options of git's own.
    pub(super) fn push_from(&self, folder: &Path, options: &[&str], arguments: &[&str]) -> Result<Push> {
        let server = self.server().display().to_string();
        self.watch(|| {
            let mut command = git(&self.root, folder);
            let done = git::run(command.args(options).args(["push", &server]).args(arguments), b"")?;
            Ok((done.good, format!("{}{}", String::from_utf8_lossy(&done.out), done.err)))
        })
    }

    /// Does what pushes, and notes what it changes.
    pub(super) fn watch(&self, push: impl FnOnce() -> Result<(bool, String)>) -> Result<Push> {
        let (recorded, before) = (self.ledger()?.len(), self.refs()?);
        let start = Instant::now();
        let (accepted, text) = push()?;
        Ok(Push { accepted, text, took: start.elapsed(), recorded, changed: self.refs()? != before })
    }

    /// Pushes on the way to a shape; it must be accepted.
    pub(super) fn first_push(&self, arguments: &[&str]) -> Result<()> {
        let push = self.push(arguments)?;
        if !push.accepted {
            bail!("a push that comes before the shape was rejected: {}", push.text.trim());
        }
        Ok(())
    }

    fn refs(&self) -> Result<String> {
        self.serve(&["for-each-ref"])
    }
}

/// The two repositories; `options` are those of `git init` for the server.
fn init(root: &Path, options: &[&str]) -> Result<()> {
    let made = git::run(
        git(root, root).args(["init", "--quiet", "--bare", "--initial-branch=main"]).args(options).arg(SERVER),
        b"",
    )?;
    if !made.good && !options.is_empty() {
        bail!(NotRun(format!("this git makes no repository with {}", options.join(" "))));
    }
    // A clone stores its refs as it likes, and its objects as the server does.
    let objects = options.iter().filter(|option| option.starts_with("--object-format"));
    git::must(git(root, root).args(["init", "--quiet", "--initial-branch=main"]).args(objects).arg(WORK), b"").map(drop)
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let folder = path.parent().context("a file lies in a folder")?;
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, content));
    written.with_context(|| format!("could not write {}", path.display()))
}

fn change(file: &Path, setting: impl FnOnce(&mut toml::Table)) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))?;
    let mut config = toml::from_str(&text).with_context(|| format!("{} is no TOML", file.display()))?;
    setting(&mut config);
    write(file, toml::to_string(&config)?)
}

impl Push {
    /// The hook's message, without what git itself says of its progress.
    pub(super) fn message(&self) -> Vec<&str> {
        let said = self.text.lines().filter_map(|line| line.strip_prefix("remote: ")).map(str::trim_end);
        said.filter(|line| !line.starts_with("Resolving deltas")).collect()
    }

    /// That git sent what the shape is about, by what it says itself.
    pub(super) fn saying(self, text: &str) -> Result<Push> {
        if !self.text.contains(text) {
            bail!("git did not do what the shape is about, `{text}` is not in: {}", self.text.trim());
        }
        Ok(self)
    }
}
