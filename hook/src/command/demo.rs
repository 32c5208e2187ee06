//! `keyward demo`: a scratch server, three real pushes, git's own output as a developer sees it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use keyward_rules::rule::sample::Sample;

use super::install;
use crate::exit::Exit;
use crate::output;

/// A token with GitHub's checksum, made up anew and valid nowhere.
const TOKEN: &str = "ghp_{base62:30}{checksum:crc32-base62}";

pub(super) fn run() -> Result<Exit> {
    let scratch = tempfile::tempdir().context("could not make a scratch folder")?;
    let demo = Demo { root: scratch.path().to_owned() };
    demo.setup()?;

    output::result("\n1. A clean commit is pushed.\n\n");
    demo.write("deploy.sh", "#!/bin/sh\nexport GITHUB_TOKEN=\"$(cat /run/secrets/github-token)\"\n./release\n")?;
    demo.commit("Add the deploy script")?;
    demo.push(true)?;

    output::result("\n2. Someone pastes the token into the script \"just to test\", and commits twice more.\n\n");
    let seed = u64::from(std::process::id());
    let token = Sample::expand(TOKEN, seed, None).map_err(anyhow::Error::msg)?.text;
    demo.write("deploy.sh", &format!("#!/bin/sh\nexport GITHUB_TOKEN=\"{token}\"\n./release\n"))?;
    demo.commit("Try the release")?;
    demo.write("deploy.sh", "#!/bin/sh\nexport GITHUB_TOKEN=\"$(cat /run/secrets/github-token)\"\n./release\n")?;
    demo.commit("Remove the token again")?;
    demo.push(false)?;

    output::result("\n3. The commits are rewritten without the token, as the message says, and pushed again.\n\n");
    demo.git(&["reset", "--quiet", "--hard", "HEAD~2"])?;
    demo.write("release", "#!/bin/sh\necho released\n")?;
    demo.commit("Add the release step")?;
    demo.push(true)?;

    output::result("\nThat is all. The scratch folder is gone. Next: keyward install REPOSITORY.git\n");
    scratch.close().context("could not remove the scratch folder")?;
    Ok(Exit::Clean)
}

struct Demo {
    root: PathBuf,
}

impl Demo {
    fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    fn setup(&self) -> Result<()> {
        let server = self.root.join("server.git");
        output::result("A scratch Git server with Keyward as its pre-receive hook:\n\n");
        self.show("git init --bare server.git", "");
        self.run(&self.root, "git", &["init", "--quiet", "--bare", "--initial-branch=main", "server.git"])?;
        self.show("keyward install server.git", "");
        let config = self.root.join("etc").join("keyward.toml");
        let contact = Some("https://wiki.example.com/keyward".to_owned());
        install::quietly(&server, &config, contact)?;
        self.run(&self.root, "git", &["clone", "--quiet", "server.git", "work"])?;
        self.git(&["symbolic-ref", "HEAD", "refs/heads/main"])?;
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.work().join(name), text).with_context(|| format!("could not write {name}"))
    }

    fn commit(&self, message: &str) -> Result<()> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])?;
        self.show(&format!("git commit -am \"{message}\""), "");
        Ok(())
    }

    /// Pushes and shows what git prints.
    fn push(&self, expected: bool) -> Result<()> {
        let (accepted, text) = self.run_any(&self.work(), "git", &["push", "origin", "main"])?;
        self.show("git push", &text);
        if accepted != expected {
            bail!("the push should have been {}; please report this", if expected { "accepted" } else { "rejected" });
        }
        Ok(())
    }

    fn show(&self, command: &str, text: &str) {
        let mut shown = format!("  $ {command}\n");
        for line in text.replace(&self.root.display().to_string(), "").lines().map(str::trim_end) {
            let _ = writeln!(shown, "  {line}");
        }
        output::result(&shown);
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        self.run(&self.work(), "git", arguments)
    }

    fn run(&self, folder: &Path, program: &str, arguments: &[&str]) -> Result<()> {
        let (done, text) = self.run_any(folder, program, arguments)?;
        if !done {
            bail!("`{program} {}` failed: {text}", arguments.join(" "));
        }
        Ok(())
    }

    /// Runs with an environment of its own, so that no setting of the caller's changes what is shown.
    fn run_any(&self, folder: &Path, program: &str, arguments: &[&str]) -> Result<(bool, String)> {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env("HOME", &self.root)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_NAME", "Dev")
            .env("GIT_AUTHOR_EMAIL", "dev@example.com")
            .env("GIT_COMMITTER_NAME", "Dev")
            .env("GIT_COMMITTER_EMAIL", "dev@example.com")
            .env("LC_ALL", "C")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .output()
            .with_context(|| format!("could not run `{program}`; is git installed?"))?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
    }
}
