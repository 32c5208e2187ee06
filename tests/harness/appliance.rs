//! What GitHub Enterprise Server does with a pre-receive hook, rebuilt from its documentation: a real chroot made of the uploaded
//! environment, entered through `/bin/sh`, without git, with the repository inside and the variables that its page lists.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Run, run, write_executable};
use crate::server::{CONTACT, Server};

/// Where the appliance keeps repositories.
const REPOSITORY: &str = "data/user/repositories/a/ab/1234.git";

/// Where the hook's script lies in it.
const HOOK: &str = "data/hooks/keyward.sh";

/// Starts the script in the environment: paths lose the environment's root, and nothing else of the outside is seen.
const START: &str = r#"#!/usr/bin/env bash
root=ROOT
inside() { printf '%s' "${1//$root/}"; }
variables=(PATH=/usr/local/bin:/usr/bin:/bin GIT_DIR="/REPOSITORY" GITHUB_REPO_NAME=group/app GITHUB_REPO_PUBLIC=false GITHUB_USER_LOGIN=ann)
for name in GIT_OBJECT_DIRECTORY GIT_QUARANTINE_PATH GIT_ALTERNATE_OBJECT_DIRECTORIES; do
    [[ -n ${!name} ]] && variables+=("$name=$(inside "${!name}")")
done
[[ -n $GITHUB_VIA ]] && variables+=("GITHUB_VIA=$GITHUB_VIA")
exec env -i "${variables[@]}" "$(command -v chroot)" "$root" /bin/sh -c 'cd "$GIT_DIR" && exec /HOOK'
"#;

/// An appliance with the hook enabled.
#[derive(Debug)]
pub struct Appliance {
    /// The repository on it, with the administrator's configuration beside.
    pub server: Server,
}

impl Appliance {
    /// Makes the environment with `program` and enables the hook in it.
    ///
    /// # Panics
    /// This is not run as root, who alone may enter a chroot.
    pub fn with(program: &Path) -> Appliance {
        let who = run(Command::new("id").arg("-u"));
        assert!(who.out.trim() == "0", "a real chroot needs root; run this story as root");
        let server = Server::with_repository(&format!("root/{REPOSITORY}"));
        let tarball = server.root().join("environment.tar.gz");
        let made = environment(program, &server, &tarball);
        made.exits(0);
        let root = server.root().join("root");
        run(Command::new("tar").arg("-xzf").arg(&tarball).arg("-C").arg(&root)).exits(0);
        let script = made.out.split_once("#!/bin/sh").expect("the script is shown").1;
        write_executable(&root.join(HOOK), &format!("#!/bin/sh{script}"));
        let start = START.replace("ROOT", &root.canonicalize().expect("a root").display().to_string());
        let start = start.replace("REPOSITORY", REPOSITORY).replace("HOOK", HOOK);
        write_executable(&server.path().join("hooks/pre-receive"), &start);
        Appliance { server }
    }

    /// The environment's root folder.
    pub fn root(&self) -> PathBuf {
        self.server.root().join("root")
    }

    /// Files of the environment, without the repository.
    pub fn files(&self) -> Vec<String> {
        let mut open = vec![self.root()];
        let mut files = Vec::new();
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
                let path = entry.path();
                if path.is_dir() && !path.ends_with("data") {
                    open.push(path);
                } else if path.is_file() {
                    files.push(path.strip_prefix(self.root()).expect("inside").display().to_string());
                }
            }
        }
        files.sort();
        files
    }
}

fn environment(program: &Path, server: &Server, tarball: &Path) -> Run {
    let mut command = Command::new(program);
    command.current_dir(server.root()).args(["install", "--host", "ghes", "--contact", CONTACT, "--config"]);
    run(command.arg(server.config()).arg("--tarball").arg(tarball))
}
