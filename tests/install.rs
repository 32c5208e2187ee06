//! How the hook comes into a repository and out again, beside what was there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use end_to_end::{CONTACT, Credential, Run, Server, Work, World, keyward, run};

fn install(server: &Server, repository: &Path) -> Run {
    run(keyward(server.root()).arg("install").arg("--config").arg(server.config()).arg(repository))
}

fn uninstall(server: &Server) -> Run {
    run(keyward(server.root()).arg("uninstall").arg(server.path()))
}

/// Writes an executable hook that does what `body` says.
fn write_hook(folder: &Path, body: &str) {
    let hook = folder.join("pre-receive");
    fs::create_dir_all(folder).expect("a writable folder");
    fs::write(&hook, format!("#!/bin/sh\n{body}\n")).expect("writable");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// A server with the hook, a clone of it, and a commit with a credential that waits to be pushed.
fn about_to_leak(server: Server, token: &Credential) -> (World, String) {
    let work = Work::of(&server);
    let first = work.commit_file("deploy.sh", &format!("TOKEN={token}\n"));
    (World { server, work }, first)
}

#[test]
fn twice_is_as_good_as_once() {
    let server = Server::guarded();
    let hook = server.path().join("hooks/pre-receive");
    let (before, config) = (fs::read(&hook).expect("a hook"), fs::read(server.config()).expect("a configuration"));
    install(&server, &server.path()).exits(0);
    assert_eq!(fs::read(&hook).expect("a hook"), before);
    assert_eq!(fs::read(server.config()).expect("a configuration"), config);
    let token = Credential::github(400);
    let (world, first) = about_to_leak(server, &token);
    world.rejects(&["main"], &token, &first, "deploy.sh:1:");
}

#[test]
fn configuration_and_key_are_made_once_and_only_the_owner_reads_the_key() {
    let server = Server::guarded();
    let key = server.root().join("etc/key");
    let mode = fs::metadata(&key).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let made = fs::read_to_string(&key).expect("a key");
    assert_eq!(made.trim().len(), 64);
    install(&server, &server.path()).exits(0);
    assert_eq!(fs::read_to_string(&key).expect("a key"), made);
}

#[test]
fn the_ledger_is_read_by_its_owner_alone() {
    let token = Credential::github(401);
    let (world, first) = about_to_leak(Server::guarded(), &token);
    world.rejects(&["main"], &token, &first, "deploy.sh:1:");
    let mode = fs::metadata(world.server.root().join("etc/ledger.jsonl")).expect("a ledger").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_contact_stands_in_the_message() {
    let token = Credential::github(402);
    let (world, first) = about_to_leak(Server::guarded(), &token);
    let push = world.rejects(&["main"], &token, &first, "deploy.sh:1:");
    push.says(&format!("not a secret? tell {CONTACT} {}", push.code()));
}

#[test]
fn a_contact_that_would_be_lost_is_refused() {
    let server = Server::guarded();
    let config = server.config();
    let again =
        run(keyward(server.root()).args(["install", "--contact", "ann", "--config"]).arg(&config).arg(server.path()));
    again.exits(2).is_plain().says("exists already; set `contact` there");
}

#[test]
fn a_contact_with_quotes_makes_no_broken_configuration() {
    let server = Server::bare();
    let contact = "Ann \"the admin\" \\ O'Neill";
    run(keyward(server.root())
        .args(["install", "--contact", contact, "--config"])
        .arg(server.config())
        .arg(server.path()))
    .exits(0);
    let token = Credential::github(403);
    let (world, first) = about_to_leak(server, &token);
    world.rejects(&["main"], &token, &first, "deploy.sh:1:").says(contact);
}

#[test]
fn a_hook_that_was_there_runs_after_with_the_same_input() {
    let server = Server::bare();
    write_hook(&server.path().join("hooks"), "cat > seen; echo checked by the old hook");
    install(&server, &server.path()).exits(0).says("then the hook that was there");
    let world = World { work: Work::of(&server), server };
    world.work.commit_file("README.md", "A small program.\n");
    world.accepts(&["main", "main:other"]).says("checked by the old hook");
    let id = world.work.git(["rev-parse", "main"]);
    let seen = fs::read_to_string(world.server.path().join("seen")).expect("the old hook ran");
    let zero = "0".repeat(40);
    assert_eq!(seen, format!("{zero} {id} refs/heads/main\n{zero} {id} refs/heads/other\n"));
}

#[test]
fn a_hook_that_was_there_may_reject() {
    let server = Server::bare();
    write_hook(&server.path().join("hooks"), "echo not today; exit 1");
    install(&server, &server.path()).exits(0);
    let work = Work::of(&server);
    work.commit_file("README.md", "A small program.\n");
    let push = work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("not today").says("pre-receive hook declined");
}

#[test]
fn a_hook_that_was_there_does_not_see_what_is_rejected() {
    let (server, token) = (Server::bare(), Credential::github(404));
    write_hook(&server.path().join("hooks"), "touch seen");
    install(&server, &server.path()).exits(0);
    let (world, first) = about_to_leak(server, &token);
    world.rejects(&["main"], &token, &first, "deploy.sh:1:");
    assert!(!world.server.path().join("seen").exists());
}

#[test]
fn a_chained_hook_that_cannot_run_rejects_in_clear_words() {
    let server = Server::bare();
    write_hook(&server.path().join("hooks"), "exit 0");
    install(&server, &server.path()).exits(0);
    fs::remove_file(server.path().join("hooks/pre-receive.before-keyward")).expect("removable");
    let work = Work::of(&server);
    work.commit_file("README.md", "A small program.\n");
    let push = work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("error: push rejected").says("pre-receive.before-keyward").says_nothing_of("panicked");
}

#[test]
fn installing_again_keeps_the_chain() {
    let server = Server::bare();
    write_hook(&server.path().join("hooks"), "echo checked by the old hook");
    install(&server, &server.path()).exits(0);
    install(&server, &server.path()).exits(0);
    let world = World { work: Work::of(&server), server };
    world.work.commit_file("README.md", "A small program.\n");
    world.accepts(&["main"]).says("checked by the old hook");
}

#[test]
fn a_disabled_hook_stays_disabled() {
    let server = Server::bare();
    write_hook(&server.path().join("hooks"), "echo never; exit 1");
    let hook = server.path().join("hooks/pre-receive");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).expect("permissions");
    install(&server, &server.path()).exits(0);
    let world = World { work: Work::of(&server), server };
    world.work.commit_file("README.md", "A small program.\n");
    world.accepts(&["main"]).says_nothing_of("never");
}

#[test]
fn uninstalling_leaves_no_hook() {
    let server = Server::guarded();
    uninstall(&server).exits(0).says("Keyward is out");
    assert!(!server.path().join("hooks/pre-receive").exists());
    let world = World { work: Work::of(&server), server };
    world.work.commit_file("deploy.sh", &format!("TOKEN={}\n", Credential::github(405)));
    world.accepts_silently(&["main"]);
    uninstall(&world.server).exits(2).is_plain().says("there is no hook");
}

#[test]
fn uninstalling_brings_back_what_was_there() {
    let server = Server::bare();
    write_hook(&server.path().join("hooks"), "echo the old hook");
    let hook = server.path().join("hooks/pre-receive");
    let before = fs::read(&hook).expect("a hook");
    install(&server, &server.path()).exits(0);
    uninstall(&server).exits(0).says("the hook from before is back");
    assert_eq!(fs::read(&hook).expect("a hook"), before);
    uninstall(&server).exits(2).says("is not Keyward's; it stays");
    assert_eq!(fs::read(&hook).expect("a hook"), before);
}

#[test]
fn where_git_looks_for_hooks_elsewhere_it_is_put_there() {
    for path in ["our-hooks", "/hooks"] {
        let (server, token) = (Server::bare(), Credential::github(406));
        let folder = if path.starts_with('/') { server.root().join("hooks") } else { server.path().join(path) };
        let configured = if path.starts_with('/') { folder.display().to_string() } else { path.to_owned() };
        server.git(["config", "core.hooksPath", &configured]);
        install(&server, &server.path()).exits(0);
        assert!(folder.join("pre-receive").exists());
        let (world, first) = about_to_leak(server, &token);
        world.rejects(&["main"], &token, &first, "deploy.sh:1:");
    }
}

#[test]
fn objects_and_refs_of_any_format_are_no_trouble() {
    for format in ["--object-format=sha256", "--ref-format=reftable"] {
        let server = Server::guarded_as(&[format]);
        fs::remove_file(server.path().join("hooks/pre-receive")).expect("a hook");
        install(&server, &server.path()).exits(0).says("runs Keyward");
        uninstall(&server).exits(0).says("Keyward is out");
    }
}

#[test]
fn what_is_no_bare_repository_is_refused() {
    let server = Server::bare();
    let folder = server.root().join("plain");
    fs::create_dir(&folder).expect("a folder");
    install(&server, &folder).exits(2).is_plain().says("not installed in").says("there is no repository");
    install(&server, &server.root().join("nowhere")).exits(2).is_plain().says("not installed in");
    let work = Work::of(&server);
    install(&server, &work.path("")).exits(2).is_plain().says("it has a work tree");
}

#[test]
fn one_bad_path_does_not_keep_the_hook_from_the_others() {
    let (server, token) = (Server::bare(), Credential::github(407));
    let nowhere = server.root().join("nowhere");
    let mut command = keyward(server.root());
    command.arg("install").arg("--config").arg(server.config()).arg(&nowhere).arg(server.path());
    run(&mut command).exits(2).says("nowhere").says("runs Keyward");
    let (world, first) = about_to_leak(server, &token);
    world.rejects(&["main"], &token, &first, "deploy.sh:1:");
}

#[test]
fn paths_with_blanks_and_quotes_are_no_trouble() {
    let server = Server::bare();
    let (odd, token) = (server.root().join("ann's repos/the app.git"), Credential::github(408));
    fs::create_dir_all(odd.parent().expect("a folder")).expect("writable");
    fs::rename(server.path(), &odd).expect("movable");
    install(&server, &odd).exits(0);
    let work = Work::at(&odd.display().to_string());
    let first = work.commit_file("deploy.sh", &format!("TOKEN={token}\n"));
    let push = work.push(["main"]);
    World { server, work }.assert_rejected(&push, &token, &first, "deploy.sh:1:");
}

#[test]
fn a_path_with_a_colon_is_no_trouble() {
    let server = Server::bare();
    let odd = server.root().join("app:main.git");
    fs::rename(server.path(), &odd).expect("movable");
    install(&server, &odd).exits(0);
    let work = Work::at(&format!("file://{}", odd.display()));
    work.commit_file("README.md", "A small program.\n");
    let push = work.push(["main"]);
    assert!(push.accepted, "{}", push.text);
    work.commit_file("README.md", "A small program, described.\n");
    let push = work.push(["main"]);
    assert!(push.accepted, "{}", push.text);
}
