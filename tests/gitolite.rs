//! A real gitolite: one hook for all its repositories, old and new.

use std::fs;
use std::path::Path;

use end_to_end::{Credential, Gitolite, Push, Server, write_executable};

fn install(gitolite: &Gitolite) {
    let (home, config) = (gitolite.home().display().to_string(), gitolite.server.config().display().to_string());
    gitolite.keyward(&["install", "--config", &config, &home]).exits(0).says("[gitolite]").says("new ones will");
}

/// The credential is rejected and a clean commit accepted, in a clone of `name`.
fn guards(gitolite: Gitolite, name: &str, token: &Credential) -> Gitolite {
    let work = gitolite.clone_of(name);
    work.commit_file("README.md", "A small program.\n");
    let push = work.push(["main"]);
    assert!(push.accepted && push.message().is_empty(), "{}", push.text);
    let first = work.commit_file("deploy.sh", &format!("TOKEN={token}\n"));
    let push = work.push(["main"]);
    let Gitolite { server, .. } = &gitolite;
    let ledger = server.ledger();
    assert!(ledger.contains(&format!("\"repository\":\"{name}\"")) && ledger.contains("\"actor\":\"ann\""), "{ledger}");
    assert_rejected(server, &push, token, &first);
    gitolite
}

fn assert_rejected(server: &Server, push: &Push, token: &Credential, first: &str) {
    assert!(!push.accepted, "{}", push.text);
    push.says("remote: error: push rejected: ").says("pre-receive hook declined").says(first).says("deploy.sh:1:");
    assert!(server.ledger().contains(push.code()), "{}", server.ledger());
    token.assert_hidden_in("git's output", push.text.as_bytes());
    token.assert_hidden_under(server.root());
}

#[test]
fn every_repository_is_guarded_also_one_made_later() {
    let gitolite = Gitolite::new();
    install(&gitolite);
    let gitolite = guards(gitolite, "testing", &Credential::github(600));
    let push = gitolite.add("tools/new");
    assert!(push.accepted, "{}", push.text);
    guards(gitolite, "tools/new", &Credential::github(601));
}

#[test]
fn all_its_repositories_are_one_installation() {
    let gitolite = Gitolite::new();
    let (home, config) = (gitolite.home().display().to_string(), gitolite.server.config().display().to_string());
    gitolite.keyward(&["install", "--config", &config, "--all", &home]).exits(0).says("1 changed, 0 as before");
    gitolite.keyward(&["install", "--config", &config, "--all", &home]).exits(0).says("0 changed, 1 as before");
    guards(gitolite, "testing", &Credential::github(605));
}

#[test]
fn a_common_hook_that_was_there_runs_after_it() {
    for folder in [".gitolite/hooks/common", "local/hooks/common"] {
        let gitolite = Gitolite::new();
        if folder.starts_with("local") {
            let rc = gitolite.home().join(".gitolite.rc");
            let text = fs::read_to_string(&rc).expect("gitolite's settings");
            let set = format!("%RC = (\n    LOCAL_CODE => '{}/local',\n", gitolite.home().display());
            fs::write(&rc, text.replace("%RC = (\n", &set)).expect("writable");
        }
        write_executable(&gitolite.home().join(folder).join("pre-receive"), "#!/bin/sh\necho names are fine\n");
        install(&gitolite);
        let work = gitolite.clone_of("testing");
        work.commit_file("README.md", "A small program.\n");
        let push = work.push(["main"]);
        assert!(push.accepted, "{}", push.text);
        push.says("names are fine");
        let token = Credential::github(602);
        let first = work.commit_file("deploy.sh", &format!("TOKEN={token}\n"));
        assert_rejected(&gitolite.server, &work.push(["main"]), &token, &first);
    }
}

#[test]
fn a_hook_that_gitolite_would_remove_keeps_keyward_out() {
    let gitolite = Gitolite::new();
    let own = gitolite.server.path().join("hooks/pre-receive");
    write_executable(&own, "#!/bin/sh\necho mine\n");
    let home = gitolite.home().display().to_string();
    let config = gitolite.server.config().display().to_string();
    let refused = gitolite.keyward(&["install", "--config", &config, &home]);
    refused.exits(2).is_plain().says("gitolite would remove the pre-receive hook").says("testing.git");
    assert_eq!(fs::read_to_string(&own).expect("a hook"), "#!/bin/sh\necho mine\n");
}

#[test]
fn a_home_that_is_named_by_another_road_is_no_trouble() {
    let gitolite = Gitolite::new();
    let (config, road) = (gitolite.server.config().display().to_string(), tempfile::tempdir().expect("a folder"));
    let other = road.path().join("home");
    std::os::unix::fs::symlink(gitolite.home(), &other).expect("a link");
    let other = other.display().to_string();
    gitolite.keyward(&["install", "--config", &config, &other]).exits(0).says("new ones will");
    guards(gitolite, "testing", &Credential::github(604));
}

#[test]
fn uninstalling_leaves_no_link() {
    let gitolite = Gitolite::new();
    install(&gitolite);
    let home = gitolite.home().display().to_string();
    gitolite.keyward(&["uninstall", &home]).exits(0).says("Keyward is out");
    assert!(gitolite.server.path().join("hooks/pre-receive").symlink_metadata().is_err());
    let work = gitolite.clone_of("testing");
    work.commit_file("deploy.sh", &format!("TOKEN={}\n", Credential::github(603)));
    assert!(work.push(["main"]).accepted);
}

#[test]
fn status_and_doctor_know_it() {
    let gitolite = Gitolite::new();
    install(&gitolite);
    let repository = gitolite.server.path().display().to_string();
    gitolite.keyward(&["status", &repository]).exits(0).says("covered").says("new repositories [gitolite]: covered");
    gitolite.keyward(&["doctor", &repository]).exits(0).says("was rejected [KW-").says("without one was accepted");
    let hook = gitolite.server.path().join("hooks/pre-receive");
    fs::remove_file(&hook).expect("a link");
    let status = gitolite.keyward(&["status", &repository]);
    status.exits(1).says("does not run").says("gitolite setup --hooks-only");
    gitolite.keyward(&["doctor", &repository]).exits(1).says("was accepted: no hook of Keyward's ran");
    write_executable(&hook, "#!/bin/sh\n");
    gitolite.keyward(&["status", &repository]).exits(1).says("is a file of its own");
    assert!(no_proof_left(&gitolite.server.path()));
}

fn no_proof_left(repository: &Path) -> bool {
    let entries = fs::read_dir(repository).expect("readable").flatten();
    entries.map(|entry| entry.file_name()).all(|name| !name.to_string_lossy().starts_with("keyward-doctor"))
}
