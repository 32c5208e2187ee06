//! What no well-behaved git sends, and what an administrator may break: one clear message with a verdict, never a crash, never a push
//! accepted in silence.

use std::fs;

use end_to_end::{Credential, Run, Server, World, keyward, run, run_with, shell};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// What the hook says to `input` on a server that has it.
fn hook(server: &Server, input: &str) -> Run {
    run_with(&mut server.hook(), input.as_bytes())
}

/// Rejected in doubt, with one message that says so, and `reason` in it.
#[track_caller]
fn assert_in_doubt(run: &Run, reason: &str) {
    run.exits(2).is_plain();
    assert!(run.err.starts_with("error: push rejected: "), "{}", run.err);
    assert_eq!(run.err.matches("push rejected").count(), 1, "{}", run.err);
    assert!(run.err.lines().count() <= 10 && run.err.contains("hint: "), "{}", run.err);
    assert!(words(&run.err).contains(reason), "{reason:?} is not in\n{}", run.err);
}

/// The message without its line breaks.
fn words(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// A server that has, with no ref to them, a commit and all it names as loose objects; and the line git would write for a push of it.
fn left_behind(token: &Credential) -> (World, String) {
    let world = World::unguarded();
    world.work.git(["switch", "--quiet", "--create", "try"]);
    world.work.commit_file("src/deploy.sh", &format!("TOKEN={token}\n"));
    world.accepts(&["try"]);
    world.accepts(&[":try"]);
    world.server.install();
    let line = format!("{ZERO} {} refs/heads/try\n", world.work.git(["rev-parse", "HEAD"]));
    (world, line)
}

/// Cuts a stored object off after a few bytes.
fn damage(world: &World, name: &str) -> String {
    let id = world.work.git(["rev-parse", name]);
    let file = world.server.object(&id);
    let content = fs::read(&file).expect("a loose object");
    fs::remove_file(&file).expect("removable");
    fs::write(&file, &content[..content.len() / 2]).expect("writable");
    id
}

#[test]
fn the_undamaged_push_of_these_stories_is_rejected_for_its_credential() {
    let (world, line) = left_behind(&Credential::github(200));
    hook(&world.server, &line).exits(1).is_plain().says("src/deploy.sh:1:");
}

#[test]
fn a_damaged_object_is_never_clean() {
    for name in ["HEAD:src/deploy.sh", "HEAD:src", "HEAD^{tree}", "HEAD"] {
        let (world, line) = left_behind(&Credential::github(201));
        let id = damage(&world, name);
        assert_in_doubt(&hook(&world.server, &line), &id);
    }
}

#[test]
fn a_missing_object_is_never_clean() {
    for name in ["HEAD:src/deploy.sh", "HEAD:src", "HEAD^{tree}", "HEAD"] {
        let (world, line) = left_behind(&Credential::github(202));
        let id = world.work.git(["rev-parse", name]);
        fs::remove_file(world.server.object(&id)).expect("removable");
        assert_in_doubt(&hook(&world.server, &line), &id);
    }
}

#[test]
fn an_empty_object_file_is_never_clean() {
    let (world, line) = left_behind(&Credential::github(203));
    let id = damage(&world, "HEAD:src/deploy.sh");
    fs::write(world.server.object(&id), "").expect("writable");
    assert_in_doubt(&hook(&world.server, &line), &id);
}

#[test]
fn a_damaged_object_may_be_accepted_by_policy_and_is_said_aloud() {
    let (world, line) = left_behind(&Credential::github(204));
    world.server.set("git = \"reject\"", "git = \"accept\"");
    let id = damage(&world, "HEAD:src/deploy.sh");
    let run = hook(&world.server, &line);
    run.exits(0).is_plain().says("warning: push accepted").says("accepted by policy");
    assert!(words(&run.err).contains(&id) && world.server.ledger().contains(&id), "{}", run.err);
}

#[test]
fn a_credential_is_blocked_also_beside_an_object_that_cannot_be_read() {
    let (world, line) = left_behind(&Credential::github(205));
    let id = world.work.git(["rev-parse", "HEAD:src/deploy.sh"]);
    fs::remove_file(world.server.object(&id)).expect("removable");
    world.work.git(["switch", "--quiet", "main"]);
    world.work.commit_file("new.sh", &format!("TOKEN={}\n", Credential::github(206)));
    world.server.git(["fetch", "--quiet", &world.work.path("").display().to_string(), "main"]);
    let both = format!("{line}{ZERO} {} refs/heads/more\n", world.work.git(["rev-parse", "main"]));
    // Whatever the policy says to the doubt, what could be read counts.
    for (from, to) in [("reject", "reject"), ("reject", "accept")] {
        world.server.set(&format!("git = \"{from}\""), &format!("git = \"{to}\""));
        let run = hook(&world.server, &both);
        run.exits(1).is_plain().says("new.sh:1:");
        assert!(words(&run.err).contains(&id), "{}", run.err);
    }
}

#[test]
fn lines_that_are_no_ref_updates_are_refused() {
    let server = Server::guarded();
    let long = "1".repeat(64);
    let cases = [
        ("hello\n".to_owned(), "line 1 from git is not `old new ref`"),
        (format!("{ZERO} {ZERO} refs/heads/gone\n\u{1b}[2J\n"), "line 2 from git is not `old new ref`"),
        (
            format!("{ZERO} xyz refs/heads/main\n"),
            "line 1 from git has an object id that is not 40 or 64 hexadecimal digits",
        ),
        (format!("{} {long} refs/heads/main\n", "0".repeat(64)), "it is missing"),
        (format!("{ZERO} {ZERO} r\n{long} {long} s\n"), "line 2 from git has an object id of another hash"),
    ];
    for (input, reason) in cases {
        assert_in_doubt(&hook(&server, &input), reason);
    }
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let server = Server::guarded();
    let run = run_with(&mut server.hook(), b"\xff\xfe\0\x80\n");
    assert_in_doubt(&run, "line 1 from git is not `old new ref`");
}

#[test]
fn nothing_pushed_is_accepted_in_silence() {
    let run = hook(&Server::guarded(), "");
    run.exits(0);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
}

#[test]
fn a_standard_input_that_is_closed_is_no_crash() {
    let server = Server::guarded();
    let line = format!("exec \"$KEYWARD\" pre-receive --config '{}' <&-", server.config().display());
    let run = run(&mut shell(&server.path(), &line));
    run.is_plain();
    assert!(
        run.code == 0 && run.err.is_empty() || run.code == 2 && run.err.starts_with("error: push rejected"),
        "{run:?}"
    );
}

#[test]
fn a_broken_configuration_rejects_every_push_and_blames_no_developer() {
    let cases = [
        ("contact = ", "contract = ", "contract"),
        ("largest_object = 536_870_912", "largest_object = \"big\"", "largest_object"),
        ("block = \"high\"", "block = \"hig\"", "hig"),
        ("block = \"high\"", "block = \"high", "keyward.toml"),
        ("key = \"key\"", "key = \"no-such-key\"", "keyward key new"),
        ("key = \"key\"", "key = \"\"", "must name a file"),
        ("key = \"key\"", "key = \"keyward.toml\"", "64 hexadecimal digits"),
        ("allow = \"\"", "allow = \"no-such-list\"", "no-such-list"),
        ("allow = \"\"", "allow = \"keyward.toml\"", "keyward.toml"),
    ];
    for (from, to, reason) in cases {
        let world = World::guarded();
        world.server.set(from, to);
        let run = hook(&world.server, &format!("{ZERO} {ZERO} refs/heads/x\n"));
        assert_in_doubt(&run, reason);
        assert!(run.err.contains("configuration") && run.err.contains("administrator"), "{}", run.err);
        world.work.commit_file("clean.txt", "clean\n");
        let push = world.work.push(["main"]);
        assert!(!push.accepted, "{}", push.text);
        push.says(reason).says("nothing is wrong with your commits");
    }
}

#[test]
fn a_missing_configuration_rejects() {
    let server = Server::guarded();
    fs::remove_file(server.config()).expect("removable");
    assert_in_doubt(&hook(&server, ""), "keyward install");
}

#[test]
fn a_key_of_the_wrong_length_rejects_and_is_not_shown() {
    let server = Server::guarded();
    let key = Credential::of("", "{hex:62}", 207);
    fs::write(server.root().join("etc/key"), format!("{key}\n")).expect("writable");
    let run = hook(&server, "");
    assert_in_doubt(&run, "64 hexadecimal digits");
    key.assert_hidden_in("the message", run.err.as_bytes());
}

#[test]
fn an_allowance_without_an_end_rejects() {
    let server = Server::guarded();
    fs::write(
        server.root().join("etc/allow.toml"),
        "[[allow]]\nrule = \"a\"\npath = \"b\"\nreason = \"r\"\nowner = \"o\"\n",
    )
    .expect("writable");
    server.set("allow = \"\"", "allow = \"allow.toml\"");
    assert_in_doubt(&hook(&server, ""), "expires");
}

/// A server whose ledger is on a full disk, and the line git would write for a push of `content` to it.
fn full_disk(content: &str) -> (World, String) {
    let world = World::guarded();
    world.server.set("ledger = \"ledger.jsonl\"", "ledger = \"/dev/full\"");
    world.work.commit_file("app.env", content);
    world.server.git(["fetch", "--quiet", &world.work.path("").display().to_string(), "main"]);
    let line = format!("{ZERO} {} refs/heads/try\n", world.work.git(["rev-parse", "HEAD"]));
    (world, line)
}

#[test]
fn a_ledger_on_a_full_disk_is_said_aloud_and_accepted_by_default() {
    let (world, line) = full_disk(&format!("DB_PASSWORD={}\n", Credential::password(208)));
    let run = hook(&world.server, &line);
    run.exits(0).is_plain().says("warning: push accepted");
    assert!(words(&run.err).contains("could not write the ledger /dev/full: No space left on device"), "{}", run.err);
}

#[test]
fn a_ledger_on_a_full_disk_rejects_where_the_policy_says_so() {
    let (world, line) = full_disk(&format!("DB_PASSWORD={}\n", Credential::password(209)));
    world.server.set("ledger = \"accept\"", "ledger = \"reject\"");
    assert_in_doubt(&hook(&world.server, &line), "could not write the ledger /dev/full");
}

#[test]
fn a_ledger_that_is_a_folder_does_not_hide_the_credential() {
    let (world, token) = (World::guarded(), Credential::github(210));
    world.server.set("ledger = \"ledger.jsonl\"", "ledger = \".\"");
    let first = world.work.commit_file("deploy.sh", &format!("TOKEN={token}\n"));
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("could not write the ledger").says(&first).says("deploy.sh:1:");
}

#[test]
fn outside_a_repository_it_says_so() {
    let server = Server::guarded();
    let commit = "1".repeat(40);
    let mut command = keyward(server.root());
    command.arg("pre-receive").arg("--config").arg(server.config());
    let run = run_with(&mut command, format!("{ZERO} {commit} refs/heads/main\n").as_bytes());
    assert_in_doubt(&run, "could not open the repository");
}

#[test]
fn an_object_over_the_limit_is_decided_by_policy() {
    let world = World::guarded();
    world.server.set("largest_object = 536_870_912", "largest_object = 1000");
    let first = world.work.commit_file("big.txt", &"many bytes\n".repeat(200));
    let id = world.work.git(["rev-parse", "HEAD:big.txt"]);
    let push = world.work.push(["main"]);
    assert!(!push.accepted && !push.text.contains(&first), "{}", push.text);
    push.says("it could not be checked").says("largest_object").says(&id);
    world.server.set("size = \"reject\"", "size = \"accept\"");
    world.accepts(&["main"]).says("warning: push accepted").says("accepted by policy").says(&id);
}
