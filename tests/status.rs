//! What `keyward status` tells of the repositories below a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use end_to_end::{Run, Server, git, gitea, gitlab, keyward, run, write_executable};

fn status(server: &Server, arguments: &[&str]) -> Run {
    run(keyward(server.root()).arg("status").arg(server.root()).args(arguments))
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
}

#[test]
fn a_guarded_repository_is_covered_and_new_ones_are_not() {
    let server = Server::guarded();
    let told = status(&server, &[]);
    told.exits(0)
        .says("covered      ")
        .says("1 repositories, 1 covered, 0 not")
        .says("new repositories [plain]: NOT COVERED");
}

#[test]
fn one_without_a_hook_is_not_covered() {
    status(&Server::bare(), &[]).exits(1).says("NOT COVERED").says("no hook of Keyward's").says("keyward install ");
}

#[test]
fn a_hook_that_git_passes_over_does_not_cover() {
    let server = Server::guarded();
    mode(&server.path().join("hooks/pre-receive"), 0o644);
    status(&server, &[]).exits(1).says("is not executable").says("chmod +x");
}

#[test]
fn a_hook_in_a_folder_where_git_does_not_look_does_not_cover() {
    let server = Server::guarded();
    server.git(["config", "core.hooksPath", "/nowhere/hooks"]);
    status(&server, &[]).exits(1).says("does not run: core.hooksPath leads to /nowhere/hooks");
}

#[test]
fn a_hook_whose_place_another_took_does_not_cover() {
    let server = Server::bare();
    write_executable(&server.path().join("hooks/pre-receive"), "#!/bin/sh\necho old\n");
    server.install();
    write_executable(&server.path().join("hooks/pre-receive"), "#!/bin/sh\necho newer\n");
    status(&server, &[]).exits(1).says("another file has taken its place");
}

#[test]
fn a_hook_without_its_program_or_configuration_does_not_cover() {
    let server = Server::guarded();
    let hook = server.path().join("hooks/pre-receive");
    let text = fs::read_to_string(&hook).expect("a hook");
    write_executable(&hook, &text.replace("/keyward' pre-receive", "/gone' pre-receive"));
    status(&server, &[]).exits(1).says("is gone or not executable; every push is rejected");
    write_executable(&hook, &text);
    fs::remove_file(server.root().join("etc/key")).expect("a key");
    status(&server, &[]).exits(1).says("every push is rejected").says("keyward key new");
}

#[test]
fn one_that_reads_another_configuration_is_told() {
    let server = Server::guarded();
    status(&server, &["--config", &server.config().display().to_string()]).exits(0);
    status(&server, &["--config", "/etc/other.toml"]).exits(1).says("reads another configuration");
}

#[test]
fn gitea_and_gitlab_are_looked_at_in_their_own_places() {
    let server = Server::bare();
    gitea(&server);
    status(&server, &[]).exits(1).says("[Gitea]").says("new repositories [Gitea]: NOT COVERED");
    server.install();
    status(&server, &[]).exits(0).says("covered").says("[Gitea]");
    mode(&server.path().join("hooks/pre-receive"), 0o644);
    status(&server, &[]).exits(1).says("gitea admin regenerate hooks");

    let server = Server::bare();
    let global = server.root().join("custom_hooks");
    gitlab(&server, &global);
    fs::create_dir(server.path().join("custom_hooks")).expect("writable");
    status(&server, &[]).exits(1).says("[GitLab]");
    run(keyward(server.root()).arg("install").arg("--config").arg(server.config()).arg(&global)).exits(0);
    let config = server.root().join("gitaly/config.toml");
    let told = run(keyward(server.root()).arg("status").arg(server.path()).env("KEYWARD_GITALY_CONFIG", &config));
    told.exits(0).says("covered").says("new repositories [GitLab]: covered");
}

#[test]
fn a_program_reads_it_as_json() {
    let server = Server::guarded();
    let told = status(&server, &["--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told.exits(0).out).expect("JSON");
    assert_eq!(told["schema"], "keyward.status/1");
    assert_eq!(told["repositories"][0]["covered"], true);
    assert_eq!(told["repositories"][0]["host"], "plain");
    assert_eq!(told["new_repositories"][0]["covered"], false);
    fs::remove_file(server.path().join("hooks/pre-receive")).expect("a hook");
    let told = status(&server, &["--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told.exits(1).out).expect("JSON");
    assert_eq!(told["repositories"][0]["fault"], "missing");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let server = Server::bare();
    run(keyward(server.root()).args(["status", "nowhere"])).exits(2).is_plain().says("could not find nowhere");
}

#[test]
fn what_an_administrator_reads() {
    let server = Server::guarded();
    for name in ["lib.git", "old.git"] {
        let path = server.root().join("group").join(name);
        fs::create_dir_all(&path).expect("writable");
        run(git(&path).args(["init", "--quiet", "--bare", "."])).exits(0);
    }
    let old = server.root().join("group/old.git/hooks/pre-receive");
    fs::copy(server.path().join("hooks/pre-receive"), &old).expect("a hook");
    mode(&old, 0o644);
    let told = status(&server, &[]).out;
    insta::assert_snapshot!(
        told.replace(&server.root().canonicalize().expect("a folder").display().to_string(), "/srv")
    );
}
