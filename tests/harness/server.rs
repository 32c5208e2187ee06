//! A Git server: a bare repository, and the hook as an administrator installs it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::program::{Run, git, keyward, run};

/// Whom a developer asks, as the stories' administrator says it.
pub const CONTACT: &str = "https://wiki.example.com/keyward";

/// A bare repository in a scratch folder.
#[derive(Debug)]
pub struct Server {
    root: TempDir,
    path: PathBuf,
}

impl Server {
    /// Without a hook.
    ///
    /// # Panics
    /// Git does not run.
    pub fn bare() -> Server {
        Server::with_repository("group/app.git")
    }

    /// The same with the repository at a path below the scratch folder.
    ///
    /// # Panics
    /// Git does not run.
    pub fn with_repository(path: &str) -> Server {
        let server = Server::holding(tempfile::tempdir().expect("a scratch folder"), path);
        fs::create_dir_all(server.path()).expect("a writable folder");
        server.git(["init", "--quiet", "--bare", "--initial-branch=main", "."]);
        // Nothing may still write to the folder when the story is over.
        server.git(["config", "receive.autogc", "false"]);
        server
    }

    /// A scratch folder in which a host made a repository at this path.
    pub fn holding(root: TempDir, path: &str) -> Server {
        let path = root.path().join(path);
        Server { root, path }
    }

    /// With the hook.
    pub fn guarded() -> Server {
        let server = Server::bare();
        server.install();
        server
    }

    /// With the hook, in a repository made with these options of `git init`, as an administrator may copy it there by hand.
    ///
    /// # Panics
    /// Git does not run.
    pub fn guarded_as(options: &[&str]) -> Server {
        let server = Server::guarded();
        let hook = server.path().join("hooks/pre-receive");
        let copied = fs::read(&hook).expect("a hook");
        fs::remove_dir_all(server.path()).expect("removable");
        fs::create_dir_all(server.path()).expect("a writable folder");
        server.git(["init", "--quiet", "--bare", "--initial-branch=main"].iter().chain(options).chain(&["."]));
        server.git(["config", "receive.autogc", "false"]);
        fs::write(&hook, copied).expect("writable");
        fs::set_permissions(&hook, PermissionsExt::from_mode(0o755)).expect("permissions");
        server
    }

    /// Installs the hook as an administrator does.
    ///
    /// # Panics
    /// `keyward install` fails.
    pub fn install(&self) {
        let config = self.config();
        let contact = if config.exists() { vec![] } else { vec!["--contact", CONTACT] };
        let first = !config.exists();
        run(keyward(self.root()).arg("install").arg("--config").arg(&config).args(contact).arg(self.path())).exits(0);
        if first {
            // A story is no business of the machine's own log.
            self.set("system_log = \"/dev/log\"", "system_log = \"\"");
        }
    }

    /// The scratch folder: repository, configuration, key, ledger.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The repository.
    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// The configuration file.
    pub fn config(&self) -> PathBuf {
        self.root().join("etc").join("keyward.toml")
    }

    /// Runs a command of `keyward` that takes the configuration.
    pub fn keyward<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        run(keyward(self.root()).args(arguments))
    }

    /// Everything in the ledger.
    pub fn ledger(&self) -> String {
        fs::read_to_string(self.root().join("etc").join("ledger.jsonl")).unwrap_or_default()
    }

    /// Changes one setting, given as the line that is there and the line that shall be.
    ///
    /// # Panics
    /// The line is not there.
    #[track_caller]
    pub fn set(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.config()).expect("a configuration");
        assert!(text.contains(from), "{from:?} is not in the configuration:\n{text}");
        fs::write(self.config(), text.replacen(from, to, 1)).expect("a writable configuration");
    }

    /// The hook, as git calls it.
    pub fn hook(&self) -> Command {
        let mut command = keyward(&self.path());
        command.arg("pre-receive").arg("--config").arg(self.config()).env("GIT_DIR", ".");
        command
    }

    /// Runs git in the repository; what it prints, trimmed.
    ///
    /// # Panics
    /// Git fails.
    #[track_caller]
    pub fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let done: Run = run(git(&self.path()).args(arguments));
        done.exits(0);
        done.out.trim().to_owned()
    }

    /// Every ref with what it names.
    pub fn refs(&self) -> String {
        self.git(["for-each-ref"])
    }

    /// The file of a loose object.
    pub fn object(&self, id: &str) -> PathBuf {
        self.path().join("objects").join(&id[..2]).join(&id[2..])
    }
}
