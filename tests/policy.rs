//! What an administrator decides about whole pushes: the mode of the policy, exceptions for refs, import windows, the off switch.

use std::fs;

use end_to_end::{Credential, Run, World, keyward, run};
use serde_json::Value;

fn admin(world: &World, arguments: &[&str]) -> Run {
    run(keyward(world.server.root()).args(arguments).arg("--config").arg(world.server.config()))
}

fn last(world: &World) -> Value {
    serde_json::from_str(world.server.ledger().lines().last().expect("an entry")).expect("JSON")
}

/// Puts exceptions into the configuration.
fn exceptions(world: &World, rules: &[(&str, &str)]) {
    world.server.set("rule = []\n", "");
    let tables = rules
        .iter()
        .map(|(reference, action)| format!("[[policy.rule]]\nref = \"{reference}\"\naction = \"{action}\"\n"));
    let text = fs::read_to_string(world.server.config()).expect("a configuration");
    fs::write(world.server.config(), format!("{text}\n{}", tables.collect::<String>())).expect("writable");
}

#[test]
fn in_warn_mode_the_developer_reads_that_the_push_would_be_rejected() {
    let (world, token) = (World::guarded(), Credential::github(740));
    world.server.set("mode = \"enforce\"", "mode = \"warn\"");
    let first = world.work.commit_file("deploy.sh", &token.script());
    let push = world.accepts(&["main"]);
    push.says("remote: warning: push accepted, it would be rejected: 1 secret in 1 commit").says(&first);
    push.says("deploy.sh:2:").says("hint: it is on the server now, revoke it:").says_nothing_of("error");
    token.assert_hidden_in("git's output", push.text.as_bytes());
    let entry = last(&world);
    assert_eq!((&entry["verdict"], &entry["spared"]["by"]), (&Value::from("accepted"), &Value::from("warn")));
    assert_eq!(entry["findings"][0]["decision"], "block");
}

#[test]
fn in_observe_mode_only_the_ledger_tells() {
    let (world, token) = (World::guarded(), Credential::github(741));
    world.server.set("mode = \"enforce\"", "mode = \"observe\"");
    world.work.commit_file("deploy.sh", &token.script());
    world.accepts_silently(&["main"]);
    let entry = last(&world);
    assert_eq!((&entry["verdict"], &entry["spared"]["by"]), (&Value::from("accepted"), &Value::from("observe")));
    assert_eq!(entry["findings"][0]["decision"], "block");
}

#[test]
fn of_several_refs_the_strictest_decides() {
    let (world, token) = (World::guarded(), Credential::github(742));
    exceptions(&world, &[("refs/heads/wip/*", "observe")]);
    world.work.git(["switch", "--quiet", "--create", "wip/a"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["wip/a", "main:refs/heads/b"], &token, &first, "deploy.sh:2:");
    world.accepts_silently(&["wip/a"]);
}

#[test]
fn a_second_ref_does_not_soften_a_stricter_exception() {
    let (world, token) = (World::guarded(), Credential::github(743));
    world.server.set("block = \"high\"", "block = \"never\"");
    exceptions(&world, &[("refs/heads/main", "block")]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main", "HEAD^:refs/heads/b"], &token, &first, "deploy.sh:2:");
    world.accepts(&["main:refs/heads/b"]).says("look at 1 possible secret");
}

const WHY: [&str; 6] = ["--hours", "2", "--reason", "the old server moves", "--by", "ann"];

#[test]
fn an_import_window_lets_one_repository_in_and_records_everything() {
    let (world, token) = (World::guarded(), Credential::github(744));
    world.work.commit_file("deploy.sh", &token.script());
    let open =
        |repository: &str| admin(&world, &[&["window", "open", "--repository", repository], WHY.as_slice()].concat());
    open("group/other").exits(0);
    assert!(!world.work.push(["main"]).accepted);
    open("group/app").exits(0).says("group/app  until 20").says("by ann: the old server moves");
    admin(&world, &["window", "list"]).exits(0).says("group/app").says("group/other");
    let push = world.accepts(&["main"]);
    push.says("warning: push accepted, it would be rejected: 1 secret")
        .says("import window until 20")
        .says("the old server moves");
    token.assert_hidden_in("git's output", push.text.as_bytes());
    let entry = last(&world);
    assert_eq!(
        (&entry["spared"]["by"], &entry["findings"][0]["decision"]),
        (&Value::from("import"), &Value::from("block"))
    );
    assert!(
        entry["spared"]["window"]
            .as_str()
            .is_some_and(|words| words.starts_with("the old server moves (by ann, until "))
    );
    admin(&world, &["window", "close", "--repository", "group/app", "--by", "bob"]).exits(0).says("closed: import");
    assert_eq!((&last(&world)["act"], &last(&world)["by"]), (&Value::from("window-closed"), &Value::from("bob")));
    let (other, first) = (Credential::github(745), "other.sh:2:");
    let commit = world.work.commit_file("other.sh", &other.script());
    world.rejects(&["main"], &other, &commit, first);
    admin(&world, &["window", "close", "--repository", "group/app", "--by", "bob"])
        .exits(2)
        .says("nothing of that kind is open");
    let acts: Vec<String> = world
        .server
        .ledger()
        .lines()
        .filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["act"].as_str()?.to_owned()))
        .collect();
    assert_eq!(acts, ["window-opened", "window-opened", "window-closed"]);
    admin(&world, &["ledger", "verify"]).exits(0);
}

#[test]
fn in_an_import_window_the_clock_rejects_nothing() {
    let world = World::guarded();
    world.server.set("largest_object = 536_870_912", "largest_object = 1000");
    world.work.commit_file("big.txt", &"many bytes\n".repeat(200));
    assert!(!world.work.push(["main"]).accepted);
    admin(&world, &[&["window", "open", "--repository", "group/app"], WHY.as_slice()].concat()).exits(0);
    let push = world.accepts(&["main"]);
    push.says("it would be rejected: it could not be checked").says("accepted by policy");
}

#[test]
fn switched_off_it_looks_at_nothing_says_so_and_records_it() {
    let (world, token) = (World::guarded(), Credential::github(746));
    world.work.commit_file("deploy.sh", &token.script());
    admin(&world, &[&["off"], WHY.as_slice()].concat()).exits(0).says("every repository");
    let push = world.accepts(&["main"]);
    push.says("warning: push accepted, nobody looked at it")
        .says("Keyward is off until 20")
        .says("the old server moves");
    let entry = last(&world);
    assert_eq!((&entry["spared"]["by"], entry["findings"].as_array().map(Vec::len)), (&Value::from("off"), Some(0)));
    admin(&world, &["on", "--by", "ann"]).exits(0);
    admin(&world, &["window", "list"]).exits(0).says("nothing is open");
    let other = Credential::github(747);
    let first = world.work.commit_file("other.sh", &other.script());
    world.rejects(&["main"], &other, &first, "other.sh:2:");
}

#[test]
fn what_is_let_in_without_a_look_is_recorded_or_not_let_in() {
    let world = World::guarded();
    admin(&world, &[&["off"], WHY.as_slice()].concat()).exits(0);
    fs::remove_file(world.server.root().join("etc/ledger.key")).expect("removable");
    world.work.commit_file("clean.txt", "clean\n");
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("could not sign the ledger's head");
    // Without a ledger there is no window, and none is opened.
    world.server.set("ledger = \"ledger.jsonl\"", "ledger = \"\"");
    let (token, first) = (Credential::github(748), "deploy.sh:2:");
    world.work.commit_file("deploy.sh", &token.script());
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says(first);
    admin(&world, &[&["off"], WHY.as_slice()].concat()).exits(2).is_plain().says("names no ledger");
}

#[test]
fn what_root_writes_the_hook_can_read_and_write() {
    use std::os::unix::fs::{MetadataExt, chown};
    let world = World::guarded();
    let folder = world.server.root().join("etc");
    // Who is not root may not give it away, and then all of it is theirs.
    let _ = chown(&folder, Some(4711), Some(4711));
    let owner = fs::metadata(&folder).expect("a folder").uid();
    admin(&world, &[&["off"], WHY.as_slice()].concat()).exits(0);
    run(keyward(world.server.root()).args(["key", "ledger", "--file", "etc/second.key"])).exits(0);
    for name in ["ledger.jsonl", "ledger.jsonl.heads", "windows.json", "second.key"] {
        assert_eq!(fs::metadata(folder.join(name)).expect(name).uid(), owner, "{name}");
    }
}

#[test]
fn a_window_is_bounded_and_a_file_of_another_hand_is_refused() {
    let world = World::guarded();
    let hours = |command: &[&str], hours: &str| {
        admin(&world, &[command, &["--hours", hours, "--reason", "r", "--by", "ann"]].concat())
    };
    hours(&["off"], "25").exits(2).is_plain().says("`--hours` must be 1 to 24");
    hours(&["off"], "0").exits(2).is_plain();
    hours(&["window", "open", "--repository", "a"], "73").exits(2).is_plain().says("1 to 72");
    admin(&world, &["off", "--hours", "1", "--reason", " ", "--by", "ann"]).exits(2).is_plain().says("a reason");
    hours(&["off"], "1").exits(0);
    let file = world.server.root().join("etc/windows.json");
    let text = fs::read_to_string(&file).expect("windows");
    let long = text.replace("\"opened\": ", "\"opened\": 1");
    fs::write(&file, long).expect("writable");
    world.work.commit_file("clean.txt", "clean\n");
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("windows.json: window 1").says("nothing is wrong with your commits");
}
