//! A real `git push` of one small commit into a repository, as git would run it, with a time after which it is no longer waited for.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::canary::{Canary, RULE};
use super::cleanup::{self, Pushed};
use super::dispatch;
use super::report::Check;
use crate::host::{Host, quote};
use crate::server::{DOCTOR, receipt};

/// Longer than any deadline of the hook that makes sense.
const PATIENCE: Duration = Duration::from_secs(300);

/// Most that is read of what a push prints, in bytes.
const LONGEST: u64 = 1 << 20;

/// Variables that would lead git elsewhere.
const MISLEADING: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_NAMESPACE",
];

/// A repository and a scratch folder to push to it from.
pub(super) struct Proof {
    scratch: TempDir,
    repository: PathBuf,
    environment: Vec<(&'static str, String)>,
    packs: BTreeSet<PathBuf>,
    pushed: Vec<Pushed>,
}

/// What a push came to.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Whether git says that the ref was not taken.
    pub(super) rejected: bool,
    /// The verdict in the hook's receipt, and whether it saw the canary.
    pub(super) receipt: Option<(bool, bool)>,
    /// What git printed.
    pub(super) text: String,
}

impl Answer {
    /// Whether Keyward was asked.
    pub(super) fn asked(&self) -> bool {
        self.receipt.is_some() || self.text.contains(RULE)
    }
}

impl Proof {
    /// Makes the scratch folder: in the repository, since hooks may run there and not everywhere else.
    ///
    /// # Errors
    /// The repository's folder cannot be written to, or git does not run.
    pub(super) fn prepare(path: &Path, host: Host) -> Result<Proof> {
        let repository = path.canonicalize().with_context(|| format!("could not find {}", path.display()))?;
        let scratch = tempfile::Builder::new().prefix("keyward-doctor-").tempdir_in(&repository);
        let scratch =
            scratch.with_context(|| format!("could not make a scratch folder in {}", repository.display()))?;
        dispatch::write(&scratch.path().join("hooks"), &repository, host)?;
        let environment = host.layout().pass(&repository);
        let packs = cleanup::packs(&repository);
        let proof = Proof { scratch, repository, environment, packs, pushed: Vec::new() };
        let format = git(&proof.repository, &["--git-dir=.", "rev-parse", "--show-object-format"], "")
            .unwrap_or_else(|_| "sha1".to_owned());
        let init = ["init", "--quiet", "--bare", "--template=", &format!("--object-format={format}"), "work"];
        git(proof.scratch.path(), &init, "")?;
        Ok(proof)
    }

    /// Pushes to the scratch ref.
    ///
    /// # Errors
    /// Git does not run, or the push does not end.
    pub(super) fn push(&mut self, canary: &Canary) -> Result<Answer> {
        let work = self.scratch.path().join("work");
        let pushed = commit(&work, canary)?;
        let tip = pushed.ids.last().cloned().unwrap_or_default();
        self.pushed.push(pushed);
        let mut command = isolated(&work);
        // A host may hide refs that are not branches or tags; hidden ones never reach a hook.
        let hooks = quote(&self.scratch.path().join("hooks"))?;
        let receive = format!("git -c core.hooksPath={hooks} -c 'receive.hideRefs=!refs/keyward/' receive-pack");
        command.args(["--git-dir=.", "push", "--no-verify", "--receive-pack", &receive]);
        command.arg(&self.repository).arg(format!("{tip}:{}", canary.name()));
        command.env(DOCTOR, &canary.nonce).envs(self.environment.iter().map(|(name, value)| (name, value)));
        answer(&mut command, &canary.nonce)
    }

    /// Takes away what the pushes left.
    pub(super) fn clean_up(self) -> Check {
        let left = cleanup::all(&self.repository, &self.pushed, &self.packs);
        let gone = self.scratch.close();
        match (left, gone) {
            (Ok(0), Ok(())) => Check::passed("nothing is left behind".to_owned()),
            (Ok(count), Ok(())) => {
                Check::note(&format!("{count} objects that no ref reaches are left; `git gc` removes them in time"))
            }
            (Err(error), _) => Check::failed(format!("something was left behind: {error:#}"), "remove it by hand"),
            (_, Err(error)) => Check::failed(
                format!("the scratch folder was left behind: {error}"),
                "remove keyward-doctor-* in the repository",
            ),
        }
    }
}

/// Makes a commit of one file without touching index, work tree or any hook.
pub(super) fn commit(work: &Path, canary: &Canary) -> Result<Pushed> {
    let blob = git(work, &["--git-dir=.", "hash-object", "-w", "--stdin"], &canary.content)?;
    let tree = git(work, &["--git-dir=.", "mktree"], &format!("100644 blob {blob}\tproof-{}.txt\n", canary.nonce))?;
    let message = format!("Keyward's proof {}", canary.nonce);
    let tip = git(work, &["--git-dir=.", "commit-tree", &tree, "-m", &message], "")?;
    Ok(Pushed { name: canary.name(), ids: vec![blob, tree, tip] })
}

/// Runs git and gives what it printed.
pub(super) fn git(folder: &Path, arguments: &[&str], input: &str) -> Result<String> {
    let mut child = start(isolated(folder).args(arguments))?;
    if let Some(mut stdin) = child.stdin.take() {
        // What git says about it is told below.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().context("could not wait for git")?;
    if !output.status.success() {
        bail!("`git {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A git in which nothing around has a say, but the user's and the system's configuration.
pub(super) fn isolated(folder: &Path) -> Command {
    let mut command = Command::new("git");
    MISLEADING.iter().for_each(|name| {
        command.env_remove(name);
    });
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "keyward doctor").env(format!("GIT_{who}_EMAIL"), "keyward@localhost");
    }
    command.current_dir(folder).env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
    command.args(["-c", "commit.gpgSign=false", "-c", "push.gpgSign=false", "-c", "gc.auto=0"]);
    command
}

fn start(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().context("could not run git")
}

/// Runs a push to its end, or until nobody waits any more.
pub(super) fn answer(command: &mut Command, nonce: &str) -> Result<Answer> {
    let mut child = start(command)?;
    drop(child.stdin.take());
    let (sender, receiver) = mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] =
        [child.stdout.take().map(|out| Box::new(out) as _), child.stderr.take().map(|err| Box::new(err) as _)];
    for stream in streams.into_iter().flatten() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stream.take(LONGEST).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
        });
    }
    let mut text = String::new();
    for _ in 0..2 {
        let Ok(bytes) = receiver.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            bail!("the push did not end within {} seconds", PATIENCE.as_secs());
        };
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    let status = child.wait().context("could not wait for git")?;
    let seen = |verdict: bool| [true, false].into_iter().find(|seen| text.contains(&receipt(nonce, verdict, *seen)));
    let receipt = [true, false].into_iter().find_map(|rejected| Some((rejected, seen(rejected)?)));
    Ok(Answer { rejected: !status.success(), receipt, text })
}
