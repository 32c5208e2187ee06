//! A developer's clone.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::{git, run, run_with};
use crate::push::Push;
use crate::server::Server;

/// A work tree whose `origin` is a server.
#[derive(Debug)]
pub struct Work {
    folder: TempDir,
}

impl Work {
    /// A clone over the file transport.
    pub fn of(server: &Server) -> Work {
        Work::at(&server.path().display().to_string())
    }

    /// A clone made with these options of `git init`.
    pub fn as_(server: &Server, options: &[&str]) -> Work {
        Work::made(&server.path().display().to_string(), options)
    }

    /// A clone of `url`.
    ///
    /// # Panics
    /// Git does not run.
    pub fn at(url: &str) -> Work {
        Work::made(url, &[])
    }

    fn made(url: &str, options: &[&str]) -> Work {
        let work = Work { folder: tempfile::tempdir().expect("a scratch folder") };
        work.git(["init", "--quiet", "--initial-branch=main"].iter().chain(options));
        work.git(["config", "maintenance.auto", "false"]);
        work.git(["remote", "add", "origin", url]);
        work
    }

    /// A path in the work tree.
    pub fn path(&self, name: impl AsRef<std::path::Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs git in the clone; what it prints, trimmed.
    ///
    /// # Panics
    /// Git fails.
    #[track_caller]
    pub fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let done = run(git(self.folder.path()).args(arguments));
        done.exits(0);
        done.out.trim().to_owned()
    }

    /// Writes a file.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn write(&self, name: impl AsRef<std::path::Path>, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a writable folder");
        fs::write(path, content).expect("a writable file");
    }

    /// Commits all that changed; the commit's short id.
    #[track_caller]
    pub fn commit(&self, message: &str) -> String {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "--message", message]);
        self.short("HEAD")
    }

    /// Writes one file and commits it; the commit's short id.
    #[track_caller]
    pub fn commit_file(&self, name: &str, content: &str) -> String {
        self.write(name, content);
        self.commit(&format!("Change {}", name.escape_default()))
    }

    /// Writes an object that no file holds; its id.
    ///
    /// # Panics
    /// Git fails.
    pub fn object(&self, kind: &str, content: &str) -> String {
        let done =
            run_with(git(self.folder.path()).args(["hash-object", "-w", "-t", kind, "--stdin"]), content.as_bytes());
        done.exits(0).out.trim().to_owned()
    }

    /// The first seven digits of an object's id, as messages show them.
    #[track_caller]
    pub fn short(&self, name: &str) -> String {
        self.git(["rev-parse", name])[..7].to_owned()
    }

    /// Pushes to `origin`.
    pub fn push<S: AsRef<OsStr>>(&self, refs: impl IntoIterator<Item = S>) -> Push {
        Push::of(&run(git(self.folder.path()).args(["push", "origin"]).args(refs)))
    }

    /// Pushes to `origin` with variables that the host's side sees, since over the file system it is the same process' child.
    pub fn push_with(&self, variables: &[(&str, &str)], refs: &[&str]) -> Push {
        let mut command = git(self.folder.path());
        command.args(["push", "origin"]).args(refs).envs(variables.iter().copied());
        Push::of(&run(&mut command))
    }

    /// Pushes without sending what the server says it has, whether a ref there reaches it or not.
    pub fn push_negotiated(&self, refs: &[&str]) -> Push {
        Push::of(&run(git(self.folder.path()).args(["-c", "push.negotiate=true", "push", "origin"]).args(refs)))
    }
}
