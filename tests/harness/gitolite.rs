//! A real gitolite, without a daemon: the developer's git starts `gitolite-shell` where it would start ssh.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Run, run, shell, write_executable};
use crate::push::Push;
use crate::server::Server;
use crate::work::Work;

/// One gitolite in its home folder.
#[derive(Debug)]
pub struct Gitolite {
    /// The home folder, seen as a server whose repository is `testing`.
    pub server: Server,
    ssh: PathBuf,
}

impl Gitolite {
    /// Sets gitolite up, with the administrator `ann` and the repository `testing` that everybody may push to.
    ///
    /// # Panics
    /// Gitolite is not installed.
    pub fn new() -> Gitolite {
        let found = run(Command::new("sh").args(["-c", "command -v gitolite"]));
        assert!(found.code == 0, "gitolite is missing; install Debian's package gitolite3, as `./test` does");
        let root = tempfile::tempdir().expect("a scratch folder");
        let server = Server::holding(root, "repositories/testing.git");
        let home = server.root().to_owned();
        run(&mut shell(&home, "gitolite setup -a ann")).exits(0);
        let ssh = home.join("ssh");
        let line = "#!/bin/sh\nfor last; do :; done\nexport HOME='HERE' SSH_ORIGINAL_COMMAND=\"$last\" SSH_CONNECTION='127.0.0.1 1 127.0.0.1 22'\n\
                    exec \"$(gitolite query-rc GL_BINDIR)/gitolite-shell\" ann\n";
        write_executable(&ssh, &line.replace("HERE", &home.display().to_string()));
        Gitolite { server, ssh }
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        self.server.root()
    }

    /// A clone of one of its repositories.
    pub fn clone_of(&self, name: &str) -> Work {
        let work = Work::at(&format!("git@localhost:{name}"));
        work.git(["config", "core.sshCommand", &self.ssh.display().to_string()]);
        work.git(["config", "ssh.variant", "simple"]);
        work
    }

    /// Adds a repository as gitolite's administrator does: by a push.
    pub fn add(&self, name: &str) -> Push {
        let admin = self.clone_of("gitolite-admin");
        admin.git(["pull", "--quiet", "origin", "HEAD"]);
        let config = std::fs::read_to_string(admin.path("conf/gitolite.conf")).expect("gitolite's configuration");
        admin.commit_file("conf/gitolite.conf", &format!("{config}\nrepo {name}\n    RW+ = @all\n"));
        let branch = admin.git(["ls-remote", "--symref", "origin", "HEAD"]);
        let branch = branch.split_whitespace().nth(1).expect("a branch").to_owned();
        admin.push([format!("HEAD:{branch}")])
    }

    /// Runs `keyward` as gitolite's user.
    pub fn keyward(&self, arguments: &[&str]) -> Run {
        self.server.keyward(arguments)
    }
}

impl Default for Gitolite {
    fn default() -> Self {
        Gitolite::new()
    }
}
