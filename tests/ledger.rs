//! The ledger as an administrator meets it: every push in it, whole or not, and signed heads that tell when it was rewritten.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use end_to_end::{Credential, Run, Server, World, keyward, run, run_with};
use keyward_rules::ledger::{Link, write};
use serde_json::Value;

fn ledger(server: &Server, arguments: &[&str]) -> Run {
    run(keyward(server.root()).arg("ledger").args(arguments).arg("--config").arg(server.config()))
}

fn entries(server: &Server) -> Vec<Value> {
    server.ledger().lines().map(|line| serde_json::from_str(line).expect("a ledger line")).collect()
}

fn path(server: &Server) -> PathBuf {
    server.root().join("etc/ledger.jsonl")
}

/// A server with a clean push, a rejected one and a deletion in its ledger.
fn busy(seed: u64) -> World {
    let (world, token) = (World::guarded(), Credential::github(seed));
    world.work.commit_file("src/main.rs", "fn main() {}\n");
    world.accepts_silently(&["main", "main:old"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    world.accepts_silently(&[":old"]);
    world
}

#[test]
fn every_push_is_recorded_and_the_chain_holds() {
    let world = busy(700);
    let entries = entries(&world.server);
    let verdicts: Vec<_> = entries.iter().map(|entry| entry["verdict"].as_str().unwrap_or_default()).collect();
    assert_eq!(verdicts, ["accepted", "rejected", "accepted"]);
    assert_eq!(entries[0]["refs"].as_array().map(Vec::len), Some(2));
    assert_eq!(entries[0]["repository"], "group/app");
    assert!(entries[2]["refs"][0].as_str().is_some_and(|line| line.contains(" - refs/heads/old")), "{:#}", entries[2]);
    let verified = ledger(&world.server, &["verify"]);
    verified.exits(0).is_plain().says("the ledger is whole: 3 entries, the last is 3").says("--head");
}

#[test]
fn clean_pushes_are_left_out_where_the_administrator_says_so() {
    let (world, token) = (World::guarded(), Credential::github(701));
    world.server.set("ledger_clean = true", "ledger_clean = false");
    world.work.commit_file("src/main.rs", "fn main() {}\n");
    world.accepts_silently(&["main"]);
    assert_eq!(world.server.ledger(), "");
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    assert_eq!(entries(&world.server).len(), 1);
}

#[test]
fn a_line_that_was_changed_or_taken_out_is_named() {
    let world = busy(702);
    let text = world.server.ledger();
    fs::write(path(&world.server), text.replace("\"rejected\"", "\"accepted\"")).expect("writable");
    ledger(&world.server, &["verify"]).exits(1).says("ledger.jsonl:2: the line was changed");
    let without: String =
        text.lines().enumerate().filter(|(index, _)| *index != 1).map(|(_, line)| format!("{line}\n")).collect();
    fs::write(path(&world.server), without).expect("writable");
    ledger(&world.server, &["verify"]).exits(1).says("ledger.jsonl:2: the line does not follow from entry 1");
}

/// The system log of a story: a socket, and what came to it so far.
struct Log {
    socket: UnixDatagram,
    file: PathBuf,
}

impl Log {
    fn of(server: &Server) -> Log {
        let path = server.root().join("log");
        server.set("system_log = \"\"", &format!("system_log = \"{}\"", path.display()));
        let socket = UnixDatagram::bind(path).expect("a socket");
        socket.set_nonblocking(true).expect("a socket");
        Log { socket, file: server.root().join("syslog") }
    }

    /// Writes what came to a file, as a log daemon does.
    fn keep(&self) -> String {
        let (mut text, mut buffer) = (fs::read_to_string(&self.file).unwrap_or_default(), [0; 4096]);
        while let Ok(length) = self.socket.recv(&mut buffer) {
            text.push_str(&String::from_utf8_lossy(&buffer[..length]));
            text.push('\n');
        }
        fs::write(&self.file, &text).expect("writable");
        text
    }
}

fn verify_against(server: &Server, log: &Log) -> Run {
    ledger(server, &["verify", "--head", &log.file.display().to_string()])
}

#[test]
fn a_rewritten_ledger_does_not_fit_the_heads_in_the_system_log() {
    let (world, token) = (World::guarded(), Credential::github(703));
    let log = Log::of(&world.server);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    let told = log.keep();
    assert_eq!(told.matches("keyward-head/1 ").count(), 2, "{told}");
    assert!(told.lines().all(|line| line.starts_with("<86>")), "{told}");
    token.assert_hidden_in("the system log", told.as_bytes());
    verify_against(&world.server, &log).exits(0).says("the ledger is whole: 2 entries");
    // Whoever can write the ledger makes a whole new one, and takes the heads beside it away.
    for name in ["ledger.jsonl", "ledger.jsonl.heads"] {
        fs::remove_file(world.server.root().join("etc").join(name)).expect("removable");
    }
    ledger(&world.server, &["verify"]).exits(2).is_plain().says("there is no ledger");
    verify_against(&world.server, &log).exits(1).says("the ledger ends at entry 0").says("it was cut off");
    let mut link = Link::default();
    let mut text = String::new();
    for _ in 0..2 {
        let (line, next) = write(&link, r#"{"time":"2026-12-01T10:44:31Z","kind":"push","verdict":"accepted"}"#);
        text.push_str(&format!("{line}\n"));
        link = next;
    }
    fs::write(path(&world.server), text).expect("writable");
    ledger(&world.server, &["verify"]).exits(0).says("no signed head");
    let verified = verify_against(&world.server, &log);
    verified.exits(1).says("ledger.jsonl:1: entry 1 is not the one that was signed").says("NOT WHAT WAS WRITTEN");
    // Over standard input too, as from a log on another machine.
    let mut command = keyward(world.server.root());
    command.args(["ledger", "verify", "--head", "-", "--config"]).arg(world.server.config());
    run_with(&mut command, told.as_bytes()).exits(1).says("the ledger was rewritten");
}

#[test]
fn a_ledger_that_was_cut_off_does_not_fit_its_heads() {
    let world = busy(704);
    let log = Log::of(&world.server);
    let token = Credential::github(705);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    log.keep();
    let text = world.server.ledger();
    let kept: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    fs::write(path(&world.server), kept).expect("writable");
    ledger(&world.server, &["verify"]).exits(1).says("the ledger ends at entry 2, and entry 4 was signed");
    fs::remove_file(world.server.root().join("etc/ledger.jsonl.heads")).expect("removable");
    ledger(&world.server, &["verify"]).exits(0);
    verify_against(&world.server, &log).exits(1).says("the ledger ends at entry 2, and entry 4 was signed");
}

#[test]
fn heads_of_somebody_else_prove_nothing() {
    let (world, other) = (busy(706), busy(707));
    let heads = other.server.root().join("etc/ledger.jsonl.heads").display().to_string();
    ledger(&world.server, &["verify", "--head", &heads])
        .exits(2)
        .is_plain()
        .says("holds no head signed with a key known here");
    let own = world.server.root().join("etc/ledger.jsonl.heads");
    let mixed = format!("{}{}", fs::read_to_string(&own).expect("heads"), fs::read_to_string(heads).expect("heads"));
    fs::write(&own, mixed).expect("writable");
    ledger(&world.server, &["verify"]).exits(0).says("1 heads are signed with no key known here");
    // Elsewhere there is no private key; the public one is enough.
    let made =
        run(keyward(world.server.root()).args(["key", "ledger", "--file"]).arg(world.server.root().join("x.key")));
    let public = made.exits(0).out.lines().last().expect("a public key").to_owned();
    ledger(&world.server, &["verify", "--public", &public]).exits(0);
    ledger(&world.server, &["verify", "--public", "none"]).exits(2).is_plain().says("a public key is one word");
}

#[test]
fn a_long_ledger_is_put_aside_and_everything_in_it_is_found() {
    let (world, token) = (World::guarded(), Credential::github(708));
    world.server.set("ledger_size = 67_108_864", "ledger_size = 900");
    let first = world.work.commit_file("deploy.sh", &token.script());
    let push = world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    let mut refs = Vec::new();
    for number in 0..8 {
        refs.push(format!("HEAD^:refs/heads/b{number}"));
        world.accepts_silently(&[refs[number].as_str()]);
    }
    let names: Vec<String> = fs::read_dir(world.server.root().join("etc"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("ledger-") && name.ends_with(".jsonl"))
        .collect();
    assert!(names.len() >= 3, "{names:?}");
    ledger(&world.server, &["verify"]).exits(0).says("the ledger is whole: 9 entries, the last is 9");
    let aside = names.iter().min().expect("a file put aside");
    let moved = world.server.root().join("moved.jsonl");
    fs::rename(world.server.root().join("etc").join(aside), &moved).expect("renamable");
    let last = aside.trim_end_matches(".jsonl").rsplit('-').next().and_then(|number| number.parse::<u64>().ok());
    let (last, next) = last.map(|last| (last.to_string(), (last + 1).to_string())).expect("a number in the name");
    ledger(&world.server, &["verify"]).exits(1).says(&format!("the ledger begins at entry {next}, and should at 1"));
    ledger(&world.server, &["verify", "--from", &next]).exits(0).says(&format!("it begins at entry {next}"));
    let moved_alone = run(keyward(world.server.root()).args(["ledger", "verify", "--ledger", "moved.jsonl"]));
    moved_alone.exits(0).says(&format!("the ledger is whole: {last} entries"));
    fs::rename(&moved, world.server.root().join("etc").join(aside)).expect("renamable");
    let mut explain = keyward(world.server.root());
    run(explain.args(["explain", push.code(), "--config"]).arg(world.server.config())).exits(0).says("deploy.sh:2");
    ledger(&world.server, &["show", "--code", push.code()]).exits(0).says("rejected  group/app").says("block");
    let last = ledger(&world.server, &["show", "--last", "2"]);
    assert_eq!(last.exits(0).out.lines().count(), 2, "{}", last.out);
    last.says("refs/heads/b7");
    assert_eq!(ledger(&world.server, &["show", "--repository", "other/*"]).exits(0).out, "");
    let json = ledger(&world.server, &["show", "--format", "json", "--last", "1"]);
    let entry: Value = serde_json::from_str(&json.exits(0).out).expect("JSON");
    assert_eq!(entry["number"], 9);
    ledger(&world.server, &["show", "--code", "no code"]).exits(2).is_plain().says("is no code");
}

#[test]
fn a_line_that_a_dying_hook_left_is_closed_off() {
    let (world, token) = (World::guarded(), Credential::github(709));
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    let torn = format!("{}{}", world.server.ledger(), &world.server.ledger()[..100]);
    fs::write(path(&world.server), torn).expect("writable");
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    let verified = ledger(&world.server, &["verify"]);
    verified.exits(0).says("ledger.jsonl:2: torn").says("the ledger is whole: 2 entries");
}

#[test]
fn a_missing_key_of_the_ledger_is_said_aloud() {
    let (world, password) = (World::guarded(), Credential::password(710));
    fs::remove_file(world.server.root().join("etc/ledger.key")).expect("removable");
    world.work.commit_file("app.env", &format!("DB_PASSWORD={password}\n"));
    let push = world.accepts(&["main"]);
    let said = push.message().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("accepted by policy: could not sign the ledger's head"), "{}", push.text);
    ledger(&world.server, &["verify"]).exits(2).is_plain().says("keyward key ledger --file");
}

#[test]
fn an_allowance_that_has_ended_is_told_once() {
    let world = World::guarded();
    let log = Log::of(&world.server);
    world.server.set("allow = \"\"", "allow = \"allow.toml\"");
    let entry =
        "[[allow]]\nrule = \"a\"\npath = \"b\"\nreason = \"the old demo\"\nowner = \"ann\"\nexpires = 2020-06-01\n";
    fs::write(world.server.root().join("etc/allow.toml"), entry).expect("writable");
    let (line, _) = write(&Link::default(), r#"{"time":"2020-01-01T00:00:00Z","kind":"push","verdict":"accepted"}"#);
    fs::write(path(&world.server), format!("{line}\n")).expect("writable");
    for name in ["main:one", "main:two"] {
        world.accepts_silently(&[name]);
    }
    let entries = entries(&world.server);
    let acts: Vec<_> = entries.iter().filter_map(|entry| entry["act"].as_str()).collect();
    assert_eq!((entries.len(), acts.as_slice()), (4, ["allowance-ended"].as_slice()));
    let told = log.keep();
    assert_eq!(told.matches("an allowance has ended: a in b: the old demo, of ann").count(), 1, "{told}");
    ledger(&world.server, &["verify"]).exits(0);
}
