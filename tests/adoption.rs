//! How an administrator comes to a policy: what is there already, what may stay, and what a policy would have done.

use std::fs;

use end_to_end::{Credential, Run, World, keyward, run};
use serde_json::Value;

fn admin(world: &World, arguments: &[&str]) -> Run {
    run(keyward(world.server.root()).args(arguments).arg("--config").arg(world.server.config()))
}

/// A server whose repository held these before the hook came, with a baseline named in its configuration.
fn grown(token: &Credential, password: &Credential) -> World {
    let world = World::unguarded();
    world.work.commit_file("deploy.sh", &token.script());
    world.work.commit_file("app.env", &format!("DB_PASSWORD={password}\n"));
    world.accepts(&["main"]);
    world.server.install();
    world.server.set("baseline = \"\"", "baseline = \"baseline.jsonl\"");
    world
}

fn baseline(world: &World, arguments: &[&str]) -> Run {
    let repository = world.server.path().display().to_string();
    admin(world, &[&["baseline", repository.as_str()], arguments].concat())
}

#[test]
fn what_the_baseline_holds_is_reported_and_never_rejected() {
    let (token, password) = (Credential::github(760), Credential::password(761));
    let world = grown(&token, &password);
    // A copy in another file is new, before there is a baseline.
    let first = world.work.commit_file("copy/deploy.sh", &format!("# a copy\n{}", token.script()));
    world.rejects(&["main"], &token, &first, "copy/deploy.sh:3:");
    baseline(&world, &[]).exits(0).says("group/app: 2 added, 0 were there").says("2 in all");
    let push = world.accepts(&["main"]);
    push.says("was there before").says("copy/deploy.sh:3:");
    let entry: Value = serde_json::from_str(world.server.ledger().lines().last().expect("an entry")).expect("JSON");
    assert_eq!(entry["findings"][0]["decision"], "known");
    token.assert_hidden_under(world.server.root());
    password.assert_hidden_under(world.server.root());
    let scan = admin(&world, &["scan", "--format", "json", &world.server.path().display().to_string()]);
    let scan: Value = serde_json::from_str(&scan.exits(0).out).expect("JSON");
    assert!(
        scan["findings"].as_array().expect("a list").iter().all(|finding| finding["verdict"] == "known"),
        "{scan:#}"
    );
    // What is not in it is rejected as ever.
    let other = Credential::github(762);
    let first = world.work.commit_file("other.sh", &other.script());
    world.rejects(&["main"], &other, &first, "other.sh:2:");
}

#[test]
fn a_baseline_is_added_to_and_nothing_in_it_is_lost() {
    let (token, password) = (Credential::github(763), Credential::password(764));
    let world = grown(&token, &password);
    baseline(&world, &[]).exits(0);
    let file = world.server.root().join("etc/baseline.jsonl");
    let before = fs::read_to_string(&file).expect("a baseline");
    baseline(&world, &[]).exits(0).says("0 added, 2 were there");
    assert_eq!(fs::read_to_string(&file).expect("a baseline"), before);
    // Under another name the password is another one, and the token is new there too.
    baseline(&world, &["--name", "group/renamed"]).exits(0).says("group/renamed: 2 added").says("4 in all");
    let after = fs::read_to_string(&file).expect("a baseline");
    assert!(before.lines().all(|line| after.contains(line)), "{after}");
    let prints: std::collections::BTreeSet<String> = after
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["fingerprint"].to_string())
        .collect();
    assert_eq!(prints.len(), 3, "the token's is one, the password's are two:\n{after}");
    assert!(world.server.ledger().contains("\"act\":\"baseline\""), "{}", world.server.ledger());
}

#[test]
fn a_secret_of_the_baseline_is_new_in_another_repository() {
    let (token, password) = (Credential::github(765), Credential::password(766));
    let world = grown(&token, &password);
    baseline(&world, &["--name", "group/elsewhere"]).exits(0);
    let first = world.work.commit_file("copy/deploy.sh", &format!("# a copy\n{}", token.script()));
    world.rejects(&["main"], &token, &first, "copy/deploy.sh:3:");
}

#[test]
fn a_baseline_that_is_none_rejects_and_says_so() {
    let world = grown(&Credential::github(767), &Credential::password(768));
    fs::write(world.server.root().join("etc/baseline.jsonl"), "text\n").expect("writable");
    world.work.commit_file("clean.txt", "clean\n");
    world.accepts_silently(&["main"]);
    // Also where doubts are accepted, what is found counts: nothing is known by such a file.
    world.server.set("git = \"reject\"", "git = \"accept\"");
    let other = Credential::github(769);
    let first = world.work.commit_file("other.sh", &other.script());
    let push = world.rejects(&["main"], &other, &first, "other.sh:2:");
    let said = push.message().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("baseline.jsonl: line 1 is no entry"), "{}", push.text);
    baseline(&world, &[]).exits(2).is_plain().says("line 1 is no entry");
    world.server.set("baseline = \"baseline.jsonl\"", "baseline = \"\"");
    baseline(&world, &[]).exits(2).is_plain().says("names no baseline");
}

#[test]
fn a_code_from_a_message_becomes_an_allowance() {
    let (world, token) = (World::guarded(), Credential::github(770));
    let first = world.work.commit_file("deploy.sh", &token.script());
    let push = world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    let add = |secret: &str, expires: &str| {
        admin(&world, &["allow", "add", secret, "--reason", "the public demo", "--owner", "ann", "--expires", expires])
    };
    add(push.code(), "2099-12-31").exits(2).is_plain().says("names no allowances");
    let file = world.server.root().join("etc/allow.toml");
    fs::write(&file, "# ours\n").expect("writable");
    world.server.set("allow = \"\"", "allow = \"allow.toml\"");
    add("KW-00000000", "2099-12-31").exits(2).is_plain().says("is not in the ledger");
    add("no code", "2099-12-31").exits(2).is_plain().says("is neither a code");
    add(push.code(), "2020-01-01").exits(2).is_plain().says("in the past");
    add(push.code(), "soon").exits(2).is_plain().says("is a day");
    assert_eq!(fs::read_to_string(&file).expect("allowances"), "# ours\n");
    add(push.code(), "2099-12-31").exits(0).says("is allowed until 2099-12-31");
    assert!(fs::read_to_string(&file).expect("allowances").starts_with("# ours\n"), "what was there stays");
    admin(&world, &["allow", "list"]).exits(0).says(push.code()).says("never used");
    world.accepts_silently(&["main"]);
    admin(&world, &["allow", "list"]).exits(0).says("last used 20").says("ann: the public demo");
    admin(&world, &["allow", "check"]).exits(0).says("use as the ledger tells since");
    assert!(world.server.ledger().contains("\"act\":\"allowed\""), "{}", world.server.ledger());
    let ended = "[[allow]]\nrule = \"a\"\npath = \"b\"\nreason = \"r\"\nowner = \"bob\"\nexpires = 2020-01-01\n";
    fs::write(&file, format!("{}\n{ended}", fs::read_to_string(&file).expect("allowances"))).expect("writable");
    let checked = admin(&world, &["allow", "check"]);
    checked.exits(1).says("ended      a in b: ended 2020-01-01; never used; bob: r");
    assert!(!checked.out.contains("the public demo"), "{}", checked.out);
}

#[test]
fn a_replay_tells_what_a_policy_would_have_done() {
    let (world, token, password) = (World::guarded(), Credential::github(771), Credential::password(772));
    world.server.set("mode = \"enforce\"", "mode = \"observe\"");
    world.work.commit_file("app.env", &format!("DB_PASSWORD={password}\n"));
    world.accepts_silently(&["main"]);
    world.work.commit_file("deploy.sh", &token.script());
    world.accepts_silently(&["main"]);
    world.work.commit_file("deploy.sh", &format!("{}./release --fast\n", token.script()));
    world.accepts_silently(&["main"]);
    world.accepts_silently(&["main:refs/heads/copy"]);
    let ledger = world.server.ledger();
    let before = world.server.refs();
    let replayed = admin(&world, &["replay"]);
    replayed
        .exits(1)
        .says("accepted -> rejected")
        .says("4 pushes: 1 would be rejected, 1 of them were accepted; 1 warned about; 2 accepted");
    assert_eq!((world.server.ledger(), world.server.refs()), (ledger, before), "a replay changes nothing");
    token.assert_hidden_in("the replay", replayed.out.as_bytes());
    password.assert_hidden_in("the replay", replayed.out.as_bytes());
    admin(&world, &["replay", "--since", "2099-01-01"]).exits(0).says("0 pushes");
    admin(&world, &["replay", "--repository", "other/*"]).exits(0).says("0 pushes");
    admin(&world, &["replay", "--since", "soon"]).exits(2).is_plain().says("is no day");
    // Another policy, in a configuration of its own.
    let text = fs::read_to_string(world.server.config()).expect("a configuration");
    let strict = world.server.root().join("etc/strict.toml");
    fs::write(&strict, text.replace("block = \"high\"", "block = \"medium\"")).expect("writable");
    let replay = run(keyward(world.server.root()).args(["replay", "--config"]).arg(&strict));
    replay.exits(1).says("4 pushes: 2 would be rejected");
}

#[test]
fn a_replay_knows_what_was_there_before_the_ledger_began() {
    let (token, password) = (Credential::github(773), Credential::password(774));
    let world = grown(&token, &password);
    world.work.commit_file("clean.txt", "clean\n");
    world.accepts_silently(&["main:refs/heads/new"]);
    admin(&world, &["replay"]).exits(0).says("1 pushes: 0 would be rejected");
}

#[test]
fn where_objects_are_gone_the_record_is_judged() {
    let (world, token) = (World::guarded(), Credential::github(775));
    let first = world.work.commit_file("deploy.sh", &token.script());
    let push = world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    let replayed = admin(&world, &["replay"]);
    replayed
        .exits(1)
        .says("rejected -> rejected")
        .says("(from the record)")
        .says(push.code())
        .says("1 have objects that are gone");
    let text = fs::read_to_string(world.server.config()).expect("a configuration");
    let mild = world.server.root().join("etc/mild.toml");
    fs::write(&mild, text.replace("block = \"high\"", "block = \"never\"")).expect("writable");
    let replay = run(keyward(world.server.root()).args(["replay", "--config"]).arg(&mild));
    replay.exits(0).says("rejected -> warned").says("1 were rejected and would not be");
    // The repository has moved.
    fs::rename(world.server.path(), world.server.root().join("moved.git")).expect("renamable");
    admin(&world, &["replay"]).exits(1).says("(from the record)");
}
