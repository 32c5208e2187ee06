//! What must pass: clean pushes, deletions, what was there before, what the policy lets through.

use end_to_end::{Credential, World};

#[test]
fn a_clean_push_is_accepted_in_silence() {
    let world = World::guarded();
    world.work.commit_file("src/main.rs", "fn main() {}\n");
    world.work.git(["tag", "--annotate", "--message", "The first", "v1"]);
    world.accepts_silently(&["main", "v1"]);
    assert!(world.server.ledger().contains("\"verdict\":\"accepted\""), "{}", world.server.ledger());
}

#[test]
fn a_deletion_is_accepted_in_silence() {
    let world = World::guarded();
    world.accepts_silently(&["main:old"]);
    world.accepts_silently(&[":old"]);
    assert!(!world.server.refs().contains("old"));
}

#[test]
fn a_deletion_may_take_a_credential_away() {
    let (world, token) = (World::unguarded(), Credential::github(29));
    world.work.git(["switch", "--quiet", "--create", "try"]);
    world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["try"]);
    world.server.install();
    world.accepts_silently(&[":try"]);
}

/// The credential was pushed before the hook was there.
fn world_with_an_old(token: &Credential) -> World {
    let world = World::unguarded();
    world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["main"]);
    world.server.install();
    world
}

fn assert_reported_as_old(world: &World, token: &Credential) {
    let push = world.accepts(&["main"]);
    push.says("remote: warning: push accepted").says("was there before");
    assert!(world.server.ledger().contains(push.code()), "{}", world.server.ledger());
    token.assert_hidden_in("git's output", push.text.as_bytes());
    token.assert_hidden_under(world.server.root());
}

#[test]
fn another_line_of_a_file_with_an_old_credential_may_change() {
    let token = Credential::github(30);
    let world = world_with_an_old(&token);
    world.work.commit_file("deploy.sh", &token.script().replace("./release", "./release --fast"));
    assert_reported_as_old(&world, &token);
}

#[test]
fn an_old_credential_may_move_down_its_file() {
    let token = Credential::github(31);
    let world = world_with_an_old(&token);
    world.work.commit_file("deploy.sh", &token.script().replace("#!/bin/sh\n", "#!/bin/sh\nset -eu\n\n"));
    assert_reported_as_old(&world, &token);
}

#[test]
fn a_file_with_an_old_credential_may_be_renamed() {
    let token = Credential::github(32);
    let world = world_with_an_old(&token);
    world.work.git(["mv", "deploy.sh", "release.sh"]);
    world.work.commit("Rename the script");
    assert_reported_as_old(&world, &token);
}

#[test]
fn an_old_tag_with_a_credential_may_get_a_second_name() {
    let (world, token) = (World::unguarded(), Credential::github(45));
    world.work.git(["tag", "--annotate", "--message", &format!("Released with {token}"), "v1"]);
    world.accepts(&["v1"]);
    world.server.install();
    world.accepts(&["v1:refs/tags/version-1"]).says("was there before");
}

#[test]
fn a_branch_from_before_an_old_credential_may_be_merged() {
    let token = Credential::github(33);
    let world = world_with_an_old(&token);
    world.work.git(["switch", "--quiet", "--create", "side", "HEAD^"]);
    world.work.commit_file("side.txt", "side\n");
    world.work.git(["merge", "--quiet", "--no-edit", "main"]);
    world.accepts(&["side"]);
}

#[test]
fn a_thin_pack_with_an_old_file_as_its_base_is_no_new_credential() {
    for limit in ["1", "10000"] {
        let (world, token) = (World::unguarded(), Credential::github(34));
        let lines: String = (0..2000).map(|number| format!("echo step {number} of a long script\n")).collect();
        world.work.commit_file("big.sh", &format!("{lines}{}", token.script()));
        world.accepts(&["main"]);
        world.server.install();
        world.server.git(["config", "receive.unpackLimit", limit]);
        world.work.commit_file("big.sh", &format!("{lines}set -eu\n{}", token.script()));
        let push = world.accepts(&["--thin", "--progress", "main"]);
        push.says("(delta 1)").says("was there before");
        token.assert_hidden_in("git's output", push.text.as_bytes());
    }
}

#[test]
fn a_thin_pack_whose_base_loses_its_old_credential_is_clean() {
    let (world, token) = (World::unguarded(), Credential::github(35));
    let lines: String = (0..2000).map(|number| format!("echo step {number} of a long script\n")).collect();
    world.work.commit_file("big.sh", &format!("{lines}{}", token.script()));
    world.accepts(&["main"]);
    world.server.install();
    world.server.git(["config", "receive.unpackLimit", "1"]);
    world.work.commit_file("big.sh", &format!("{lines}./release\n"));
    world.accepts_silently(&["main"]);
}

#[test]
fn what_may_be_a_password_is_accepted_with_a_warning() {
    let (world, password) = (World::guarded(), Credential::password(36));
    let first = world.work.commit_file("app.env", &format!("DB_PASSWORD={password}\n"));
    let push = world.accepts(&["main"]);
    push.says("remote: warning: push accepted, look at 1 possible secret").says(&first).says("app.env:1:");
    assert!(world.server.ledger().contains(push.code()));
    password.assert_hidden_in("git's output", push.text.as_bytes());
    password.assert_hidden_under(world.server.root());
}

#[test]
fn a_policy_that_never_blocks_warns() {
    let (world, token) = (World::guarded(), Credential::github(37));
    world.server.set("block = \"high\"", "block = \"never\"");
    let first = world.work.commit_file("deploy.sh", &token.script());
    let push = world.accepts(&["main"]);
    push.says("remote: warning: push accepted").says(&first).says("deploy.sh:2:");
    token.assert_hidden_in("git's output", push.text.as_bytes());
    token.assert_hidden_under(world.server.root());
}

/// A link that ends on `day`, and its signature.
fn link(signature: &Credential, day: &str) -> String {
    format!("LOGS=https://acme.blob.core.windows.net/logs?sv=2022-11-02&sr=c&sp=r&se={day}&sig={signature}\n")
}

#[test]
fn a_signature_that_has_ended_is_warned_about_unless_the_policy_says_otherwise() {
    let (world, signature) = (World::guarded(), Credential::of("", "{percent({b64:32})}", 40));
    world.server.set("expired = \"warn\"", "expired = \"block\"");
    let first = world.work.commit_file("app.env", &link(&signature, "2024-01-31"));
    world.rejects(&["main"], &signature, &first, "app.env:1:").says("expired on 2024-01-31");
    world.server.set("expired = \"block\"", "expired = \"warn\"");
    let push = world.accepts(&["main"]);
    push.says("remote: warning: push accepted").says("app.env:1:").says("expired on 2024-01-31");
    signature.assert_hidden_in("git's output", push.text.as_bytes());
}

#[test]
fn a_copy_made_to_look_ended_does_not_speak_for_the_one_that_works() {
    let (world, signature) = (World::guarded(), Credential::of("", "{percent({b64:32})}", 41));
    let first = world.work.commit_file("a.env", &link(&signature, "2024-01-31"));
    world.work.commit_file("b.env", &link(&signature, "2099-12-31"));
    world.rejects(&["main"], &signature, &first, "a.env:1:").says("expires on 2099-12-31");
}

#[test]
fn an_allowance_on_the_server_lets_one_credential_pass_and_no_other() {
    let (world, token, other) = (World::guarded(), Credential::github(38), Credential::github(39));
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    let entry = serde_json::from_str::<serde_json::Value>(world.server.ledger().trim()).expect("a ledger line");
    let fingerprint = entry["findings"][0]["fingerprint"].as_str().expect("a fingerprint").to_owned();
    let allowance = format!(
        "[[allow]]\nfingerprint = \"{fingerprint}\"\nreason = \"a sample\"\nowner = \"ann\"\nexpires = 2099-12-31\n"
    );
    std::fs::write(world.server.root().join("etc/allow.toml"), allowance).expect("writable");
    world.server.set("allow = \"\"", "allow = \"allow.toml\"");
    world.accepts_silently(&["main"]);
    let second = world.work.commit_file("deploy.sh", &other.script());
    world.rejects(&["main"], &other, &second, "deploy.sh:2:");
}
