//! GitHub Enterprise Server's environment: a real chroot with nothing but the program, its configuration and a shell.

use std::process::Command;

use end_to_end::{Appliance, Credential, Push, Server, Work, binary, keyward, run, static_keyward};

/// A leaking push is rejected, a clean one accepted.
fn guards(appliance: &Appliance, token: &Credential) {
    let work = Work::of(&appliance.server);
    work.commit_file("README.md", "A small program.\n");
    let push = work.push(["main"]);
    assert!(push.accepted && push.message().is_empty(), "{}", push.text);
    for number in 0..150 {
        work.write(format!("src/{number}.txt"), format!("file {number}\n"));
    }
    let first = work.commit_file("deploy.sh", &format!("TOKEN={token}\n"));
    let push = work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("remote: error: push rejected: 1 secret in 1 commit").says(&first).says("deploy.sh:1:");
    token.assert_hidden_in("git's output", push.text.as_bytes());
}

#[test]
fn a_static_program_needs_no_git_and_no_library() {
    let appliance = Appliance::with(&static_keyward());
    let files = appliance.files();
    assert!(!files.iter().any(|file| file.rsplit('/').next() == Some("git")), "{files:?}");
    let program = run(Command::new("ldd").arg(appliance.root().join("usr/local/bin/keyward")));
    assert!(format!("{}{}", program.out, program.err).contains("statically linked"), "{program:?}");
    guards(&appliance, &Credential::github(700));
}

#[test]
fn a_program_with_libraries_brings_them_along() {
    let appliance = Appliance::with(&binary());
    assert!(appliance.files().iter().any(|file| file.contains("libc.so")), "{:?}", appliance.files());
    let names = appliance.files();
    assert!(names.iter().any(|file| file == "etc/keyward/key"), "{names:?}");
    assert!(!names.iter().any(|file| file.contains("ledger")), "{names:?}");
    guards(&appliance, &Credential::github(701));
}

#[test]
fn in_the_browser_the_first_line_says_all() {
    let (appliance, token) = (Appliance::with(&binary()), Credential::github(702));
    let work = Work::of(&appliance.server);
    work.commit_file("deploy.sh", &format!("TOKEN={token}\n"));
    let push: Push = work.push_with(&[("GITHUB_VIA", "blob#save")], &["main"]);
    assert!(!push.accepted, "{}", push.text);
    let message = push.message();
    assert!(message.starts_with("push rejected: GitHub personal access token"), "{message}");
    token.assert_hidden_in("git's output", push.text.as_bytes());
}

#[test]
fn an_environment_keeps_no_ledger() {
    let server = Server::guarded();
    let made = run(keyward(server.root())
        .args(["install", "--host", "ghes", "--tarball", "x.tar.gz", "--config"])
        .arg(server.config()));
    made.exits(2).is_plain().says("there can be no ledger");
}
