//! The hook behind Gitea's and GitLab's own ways to start hooks, for many repositories at once, and for those yet to be made.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::{
    Credential, GITEA_SSH, GITEA_WEB, Push, Run, Server, Work, World, git, gitea, gitlab, keyward, run,
    write_executable,
};

/// What Gitaly sets for a push.
fn from_gitlab(protocol: &str) -> Vec<(&str, &str)> {
    vec![
        ("GL_ID", "user-7"),
        ("GL_USERNAME", "ann"),
        ("GL_PROJECT_PATH", "group/app"),
        ("GL_REPOSITORY", "project-1"),
        ("GL_PROTOCOL", protocol),
    ]
}

fn install(server: &Server, arguments: &[&str]) -> Run {
    run(keyward(server.root()).arg("install").arg("--config").arg(server.config()).args(arguments))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A push of one commit with a credential, and the commit.
fn leak(world: &World, token: &Credential, variables: &[(&str, &str)]) -> (Push, String) {
    let first = world.work.commit_file("deploy.sh", &format!("TOKEN={token}\n"));
    (world.work.push_with(variables, &["main"]), first)
}

fn pushes_clean(world: &World, variables: &[(&str, &str)]) {
    world.work.commit_file("README.md", "A small program.\n");
    let push = world.work.push_with(variables, &["main"]);
    assert!(push.accepted && push.message().is_empty(), "{}", push.text);
}

fn world(server: Server) -> World {
    World { work: Work::of(&server), server }
}

#[test]
fn gitea_runs_it_beside_its_own_hook_which_stays() {
    let (server, token) = (Server::bare(), Credential::github(500));
    gitea(&server);
    let own = fs::read(server.path().join("hooks/pre-receive")).expect("Gitea's hook");
    install(&server, &[&shown(&server.path())]).exits(0).says("[Gitea]").says("pre-receive.d/keyward runs Keyward");
    assert_eq!(fs::read(server.path().join("hooks/pre-receive")).expect("Gitea's hook"), own);
    let world = world(server);
    pushes_clean(&world, &GITEA_SSH);
    let (push, first) = leak(&world, &token, &GITEA_SSH);
    world.assert_rejected(&push, &token, &first, "deploy.sh:1:");
    let ledger = world.server.ledger();
    assert!(ledger.contains("\"repository\":\"group/app\"") && ledger.contains("\"actor\":\"ann\""), "{ledger}");
}

#[test]
fn in_giteas_browser_the_first_line_says_all() {
    let (server, token) = (Server::bare(), Credential::github(501));
    gitea(&server);
    install(&server, &["--contact", "Ann", "--host", "gitea", &shown(&server.path())]).exits(0);
    let world = world(server);
    let (push, _) = leak(&world, &token, &GITEA_WEB);
    assert!(!push.accepted, "{}", push.text);
    let message = push.message();
    let line = message.lines().next().expect("a line");
    for part in ["push rejected: GitHub personal access token", "deploy.sh line 1", push.code(), "tell Ann"] {
        assert!(line.contains(part), "{part:?} is not in {line:?}");
    }
    token.assert_hidden_in("git's output", push.text.as_bytes());
}

#[test]
fn where_giteas_own_hook_would_not_run_it_nothing_is_installed() {
    let server = Server::bare();
    gitea(&server);
    write_executable(&server.path().join("hooks/pre-receive"), "#!/bin/sh\nexit 0\n");
    install(&server, &[&shown(&server.path())]).exits(2).is_plain().says("does not run pre-receive.d");
    fs::remove_file(server.path().join("hooks/pre-receive")).expect("removable");
    install(&server, &[&shown(&server.path())]).exits(2).is_plain().says("gitea admin regenerate hooks");
}

#[test]
fn gitea_is_left_as_it_was() {
    let server = Server::bare();
    gitea(&server);
    install(&server, &[&shown(&server.path())]).exits(0);
    server.keyward(["uninstall", &shown(&server.path())]).exits(0).says("Keyward is out");
    let left: Vec<_> = fs::read_dir(server.path().join("hooks/pre-receive.d")).expect("readable").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    server.keyward(["uninstall", &shown(&server.path())]).exits(2).is_plain().says("there is no hook");
}

#[test]
fn gitlab_runs_it_from_the_repository_and_from_the_global_folder() {
    for global in [false, true] {
        let (server, token) = (Server::bare(), Credential::github(502));
        let folder = server.root().join("custom_hooks");
        gitlab(&server, &folder);
        let place = if global { folder } else { server.path() };
        install(&server, &["--host", "gitlab", &shown(&place)]).exits(0).says("[GitLab]").says("pre-receive.d/keyward");
        let world = world(server);
        pushes_clean(&world, &from_gitlab("ssh"));
        let (push, first) = leak(&world, &token, &from_gitlab("http"));
        world.assert_rejected(&push, &token, &first, "deploy.sh:1:");
        let ledger = world.server.ledger();
        assert!(ledger.contains("\"repository\":\"group/app\"") && ledger.contains("\"actor\":\"ann\""), "{ledger}");
        world.server.keyward(["uninstall", "--host", "gitlab", &shown(&place)]).exits(0).says("Keyward is out");
        assert!(world.work.push_with(&from_gitlab("ssh"), &["main"]).accepted);
    }
}

#[test]
fn in_gitlabs_browser_one_line_says_all() {
    let (server, token) = (Server::bare(), Credential::github(503));
    let folder = server.root().join("custom_hooks");
    gitlab(&server, &folder);
    install(&server, &["--host", "gitlab", "--contact", "Ann", &shown(&folder)]).exits(0);
    let world = world(server);
    let (push, _) = leak(&world, &token, &from_gitlab("web"));
    assert!(!push.accepted, "{}", push.text);
    let message = push.message();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.starts_with("GL-HOOK-ERR: push rejected: GitHub personal access token"), "{message}");
    assert!(message.contains(push.code()) && message.contains("tell Ann"), "{message}");
    token.assert_hidden_in("git's output", push.text.as_bytes());
    fs::remove_file(world.server.root().join("etc/key")).expect("a key");
    let push = world.work.push_with(&from_gitlab("web"), &["main"]);
    assert!(push.message().starts_with("GL-HOOK-ERR: push rejected: Keyward's configuration"), "{}", push.text);
}

#[test]
fn a_tarball_for_gitaly_brings_the_hooks_that_the_repository_has() {
    let (server, token) = (Server::bare(), Credential::github(504));
    gitlab(&server, &server.root().join("custom_hooks"));
    write_executable(&server.path().join("custom_hooks/pre-receive.d/names"), "#!/bin/sh\necho names are fine\n");
    let tarball = server.root().join("hooks.tar");
    let made = install(&server, &["--host", "gitlab", "--tarball", &shown(&tarball), &shown(&server.path())]);
    made.exits(0).says("gitaly hooks set").says("1 that the repository has");
    // What `gitaly hooks set` does: the folder is replaced by the tarball's.
    fs::remove_dir_all(server.path().join("custom_hooks")).expect("removable");
    run(Command::new("tar").arg("-xf").arg(&tarball).arg("-C").arg(server.path())).exits(0);
    let world = world(server);
    let (push, first) = leak(&world, &token, &from_gitlab("ssh"));
    world.assert_rejected(&push, &token, &first, "deploy.sh:1:");
    world.work.commit_file("deploy.sh", "./release\n");
    world.work.git(["checkout", "--quiet", "--orphan", "other"]);
    world.work.commit("Begin anew");
    world.work.push_with(&from_gitlab("ssh"), &["other"]).says("names are fine");
}

#[test]
fn a_tarball_for_nobody_is_refused() {
    let server = Server::bare();
    install(&server, &["--tarball", "x.tar"]).exits(2).is_plain().says("--host gitlab");
    install(&server, &["--tarball", "x.tar", "--host", "gitlab", "nowhere"]).exits(2).says("is no repository");
    let pair = [shown(&server.path()), shown(&server.path())];
    install(&server, &["--tarball", "x.tar", "--host", "gitlab", &pair[0], &pair[1]]).exits(2).says("one at most");
    install(&server, &["--host", "ghes", &pair[0]]).exits(2).is_plain().says("--tarball FILE");
}

/// Three repositories below a scratch folder, one of them Gitea's.
fn three() -> (Server, Vec<PathBuf>) {
    let server = Server::bare();
    let mut paths = vec![server.path()];
    for name in ["group/lib.git", "deep/er/tool.git"] {
        let path = server.root().join(name);
        fs::create_dir_all(&path).expect("writable");
        run(git(&path).args(["init", "--quiet", "--bare", "--initial-branch=main", "."])).exits(0);
        paths.push(path);
    }
    gitea(&server);
    (server, paths)
}

#[test]
fn all_below_a_folder_are_covered_at_once_and_again_after_one_was_added() {
    let (server, paths) = three();
    let root = shown(server.root());
    install(&server, &["--all", &root]).exits(0).says("3 changed, 0 as before");
    assert!(paths[0].join("hooks/pre-receive.d/keyward").exists());
    assert!(paths[1].join("hooks/pre-receive").exists() && paths[2].join("hooks/pre-receive").exists());
    fs::remove_file(paths[1].join("hooks/pre-receive")).expect("removable");
    install(&server, &["--all", &root]).exits(0).says("1 changed, 2 as before").says("lib.git");
    install(&server, &["--all", &root]).exits(0).says("0 changed, 3 as before");
    server.keyward(["uninstall", "--all", &root]).exits(0).says("3 changed, 0 as before");
    server.keyward(["uninstall", "--all", &root]).exits(0).says("0 changed, 3 as before");
    assert!(!paths[0].join("hooks/pre-receive.d/keyward").exists());
}

/// A user with a configuration of git's of their own.
fn as_user(server: &Server, mut command: Command) -> Command {
    command.env("GIT_CONFIG_GLOBAL", server.root().join("gitconfig"));
    command
}

#[test]
fn a_repository_made_later_has_the_hook_from_its_first_day() {
    for gitea_too in [false, true] {
        let (server, token) = (Server::bare(), Credential::github(505));
        let mut command = as_user(&server, keyward(server.root()));
        command.args(["install", "--new-repositories", "--config"]).arg(server.config());
        if gitea_too {
            command.args(["--host", "gitea"]);
        }
        run(&mut command).exits(0).says("new repositories:").says("init.templateDir");
        fs::remove_dir_all(server.path()).expect("removable");
        fs::create_dir(server.path()).expect("writable");
        let mut init = as_user(&server, git(&server.path()));
        run(init.args(["init", "--quiet", "--bare", "--initial-branch=main", "."])).exits(0);
        let variables: &[(&str, &str)] = if gitea_too {
            gitea(&server);
            &GITEA_SSH
        } else {
            &[]
        };
        let world = world(server);
        let (push, first) = leak(&world, &token, variables);
        world.assert_rejected(&push, &token, &first, "deploy.sh:1:");
    }
}

#[test]
fn where_one_folder_serves_all_repositories_the_hook_goes_there() {
    let (server, token) = (Server::bare(), Credential::github(506));
    let folder = server.root().join("all hooks");
    run(as_user(&server, git(server.root())).args(["config", "--global", "core.hooksPath"]).arg(&folder)).exits(0);
    let mut command = as_user(&server, keyward(server.root()));
    run(command.args(["install", "--new-repositories", "--config"]).arg(server.config())).exits(0);
    assert!(folder.join("pre-receive").exists());
    let world = world(server);
    let first = world.work.commit_file("deploy.sh", &format!("TOKEN={token}\n"));
    let global = shown(&world.server.root().join("gitconfig"));
    let push = world.work.push_with(&[("GIT_CONFIG_GLOBAL", &global)], &["main"]);
    world.assert_rejected(&push, &token, &first, "deploy.sh:1:");
    let mut command = as_user(&world.server, keyward(world.server.root()));
    run(command.args(["uninstall", "--new-repositories"])).exits(0).says("is gone");
    assert!(!folder.join("pre-receive").exists());
}

#[test]
fn another_hook_for_new_repositories_is_not_overwritten() {
    let server = Server::bare();
    let template = server.root().join("template");
    write_executable(&template.join("hooks/pre-receive"), "#!/bin/sh\n");
    run(as_user(&server, git(server.root())).args(["config", "--global", "init.templateDir"]).arg(&template)).exits(0);
    let mut command = as_user(&server, keyward(server.root()));
    run(command.args(["install", "--new-repositories", "--config"]).arg(server.config()))
        .exits(2)
        .is_plain()
        .says("is another hook");
    assert_eq!(fs::read_to_string(template.join("hooks/pre-receive")).expect("a hook"), "#!/bin/sh\n");
}
