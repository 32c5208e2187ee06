//! What was there before a push, and what only seems so: old is what a ref reached that is guarded as well as the pushed one.

use std::fs;

use end_to_end::{Credential, World, run_with};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// A guarded server on which branches below `wip/` are only warned about.
fn with_a_mild_branch() -> World {
    let world = World::guarded();
    world.server.set("rule = []", "rule = [{ ref = \"refs/heads/wip/*\", action = \"warn\" }]");
    world
}

/// The same with a credential let in on `wip/a`; and the commit that has it.
fn with_a_credential_let_in(token: &Credential) -> (World, String) {
    let world = with_a_mild_branch();
    world.work.git(["switch", "--quiet", "--create", "wip/a"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["wip/a"]).says("look at 1 possible secret").says(&first);
    (world, first)
}

#[test]
fn a_commit_let_in_on_a_mild_branch_is_new_to_a_guarded_one() {
    let token = Credential::github(800);
    let (world, first) = with_a_credential_let_in(&token);
    world.rejects(&["wip/a:main"], &token, &first, "deploy.sh:2:");
    world.rejects(&["wip/a:refs/tags/v1"], &token, &first, "deploy.sh:2:");
}

#[test]
fn what_goes_on_from_a_mild_branch_brings_it_along() {
    let token = Credential::github(801);
    let (world, first) = with_a_credential_let_in(&token);
    world.work.commit_file("other.txt", "other\n");
    world.rejects(&["wip/a:main"], &token, &first, "deploy.sh:2:");
}

#[test]
fn an_edit_of_a_file_from_a_mild_branch_brings_it_along() {
    let token = Credential::github(802);
    let (world, first) = with_a_credential_let_in(&token);
    world.work.commit_file("deploy.sh", &token.script().replace("./release", "./release --fast"));
    world.rejects(&["wip/a:main"], &token, &first, "deploy.sh:2:");
}

#[test]
fn a_merge_of_a_mild_branch_brings_it_along() {
    let token = Credential::github(803);
    let (world, first) = with_a_credential_let_in(&token);
    world.work.git(["switch", "--quiet", "main"]);
    world.work.commit_file("other.txt", "other\n");
    world.work.git(["merge", "--quiet", "--no-edit", "wip/a"]);
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
}

#[test]
fn a_squashed_copy_of_a_mild_branch_is_new_too() {
    let token = Credential::github(804);
    let (world, _) = with_a_credential_let_in(&token);
    world.work.git(["switch", "--quiet", "main"]);
    // The file is the very object that the mild branch reaches.
    world.work.git(["checkout", "wip/a", "--", "deploy.sh"]);
    let first = world.work.commit("Take over the script");
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
}

#[test]
fn a_mild_branch_may_go_on_with_what_it_has() {
    let token = Credential::github(805);
    let (world, _) = with_a_credential_let_in(&token);
    world.work.commit_file("other.txt", "other\n");
    world.accepts_silently(&["wip/a"]);
    world.work.commit_file("deploy.sh", &token.script().replace("./release", "./release --fast"));
    world.accepts(&["wip/a"]).says("was there before");
    world.accepts_silently(&["wip/a:wip/b"]);
}

#[test]
fn what_a_guarded_branch_had_is_old_on_every_branch() {
    let (world, token) = (World::unguarded(), Credential::github(806));
    world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["main"]);
    world.server.install();
    world.server.set("rule = []", "rule = [{ ref = \"refs/heads/wip/*\", action = \"warn\" }]");
    world.work.git(["mv", "deploy.sh", "release.sh"]);
    world.work.commit("Rename the script");
    world.accepts(&["main:wip/a"]).says("was there before");
    world.accepts(&["main:other"]).says("was there before");
}

#[test]
fn an_exception_for_one_rule_makes_no_other_new() {
    let (world, token) = (World::unguarded(), Credential::github(807));
    world.work.git(["switch", "--quiet", "--create", "wip/a"]);
    world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["wip/a"]);
    world.server.install();
    // The exception does not concern the token, so its branch speaks for it.
    let rule = "rule = [{ ref = \"refs/heads/wip/*\", id = \"generic-*\", action = \"observe\" }]";
    world.server.set("rule = []", rule);
    world.accepts(&["wip/a:main"]).says("was there before");
}

#[test]
fn a_file_in_a_folder_for_which_there_is_an_exception_excuses_no_other() {
    let (world, token) = (World::guarded(), Credential::github(808));
    world.server.set("rule = []", "rule = [{ path = \"samples/*\", action = \"observe\" }]");
    world.work.commit_file("samples/deploy.sh", &token.script());
    world.accepts_silently(&["main"]);
    let other = Credential::github(809);
    world.work.commit_file("samples/release.sh", &other.script());
    // The same object at another path, in the same push.
    let first = world.work.commit_file("release.sh", &other.script());
    world.rejects(&["main"], &other, &first, "  release.sh:2:");
}

#[test]
fn what_was_let_in_for_its_path_is_new_at_another() {
    let (world, token) = (World::guarded(), Credential::github(815));
    world.server.set("rule = []", "rule = [{ path = \"samples/*\", action = \"observe\" }]");
    world.work.commit_file("samples/deploy.sh", &token.script());
    world.accepts_silently(&["main"]);
    world.work.git(["mv", "samples/deploy.sh", "deploy.sh"]);
    let first = world.work.commit("Move the script");
    world.rejects(&["main"], &token, &first, "  deploy.sh:2:");
}

#[test]
fn what_the_pusher_says_of_a_ref_is_no_proof() {
    let (world, token) = (World::unguarded(), Credential::github(810));
    world.work.git(["switch", "--quiet", "--create", "try"]);
    world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["try"]);
    world.accepts(&[":try"]);
    world.server.install();
    let left = world.work.git(["rev-parse", "HEAD"]);
    // A client may claim any old value; git looks at it after the hook, and for each ref by itself.
    let lines =
        format!("{left} {ZERO} refs/heads/ghost\n{left} {left} refs/heads/main\n{ZERO} {left} refs/heads/new\n");
    run_with(&mut world.server.hook(), lines.as_bytes()).exits(1).is_plain().says("deploy.sh:2:");
}

#[test]
fn left_behind_and_sent_again_in_a_large_pack() {
    let (world, token) = (World::unguarded(), Credential::github(811));
    world.work.git(["switch", "--quiet", "--create", "try"]);
    world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["try"]);
    world.accepts(&[":try"]);
    world.server.install();
    world.work.git(["switch", "--quiet", "main"]);
    for number in 0..150 {
        world.work.write(format!("src/{number}.txt"), format!("file {number}\n"));
    }
    world.work.write("deploy.sh", token.script());
    let first = world.work.commit("Add everything");
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
}

#[test]
fn left_behind_in_the_name_of_a_file() {
    let (world, token) = (World::unguarded(), Credential::github(812));
    world.work.git(["switch", "--quiet", "--create", "try"]);
    world.work.write(format!("tokens/{token}"), "in use\n");
    let first = world.work.commit("Mark the token");
    world.accepts(&["try"]);
    world.accepts(&[":try"]);
    world.server.install();
    let push = world.work.push_negotiated(&["try"]);
    world.assert_rejected(&push, &token, &first, "tokens/");
}

#[test]
fn left_behind_in_a_store_that_leads_to_another_and_back() {
    let (world, token) = (World::guarded(), Credential::github(813));
    let [one, two] = [end_to_end::Server::bare(), end_to_end::Server::bare()];
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.work.git(["push", "--quiet", &two.path().display().to_string(), "main"]);
    two.git(["update-ref", "-d", "refs/heads/main"]);
    let lead = |from: &end_to_end::Server, to: &end_to_end::Server| {
        let alternates = from.path().join("objects/info/alternates");
        fs::write(alternates, format!("{}\n", to.path().join("objects").display())).expect("writable");
    };
    lead(&world.server, &one);
    lead(&one, &two);
    lead(&two, &world.server);
    let line = format!("{ZERO} {} refs/heads/new\n", world.work.git(["rev-parse", "HEAD"]));
    run_with(&mut world.server.hook(), line.as_bytes()).exits(1).is_plain().says("deploy.sh:2:").says(&first);
}

#[test]
fn a_revert_brings_back_what_was_there() {
    let (world, token) = (World::unguarded(), Credential::github(814));
    world.work.commit_file("deploy.sh", &token.script());
    world.work.commit_file("deploy.sh", "./release\n");
    world.accepts(&["main"]);
    world.server.install();
    world.work.commit_file("src/a.txt", "a\n");
    world.work.commit_file("src/a.txt", "b\n");
    world.accepts_silently(&["main"]);
    world.work.git(["revert", "--no-edit", "HEAD"]);
    world.accepts_silently(&["main"]);
    world.work.git(["checkout", "main~4", "--", "deploy.sh"]);
    world.work.commit("Take the old script");
    // Out it is already: told, and not rejected.
    world.accepts(&["main"]).says("was there before");
}

#[test]
fn a_folder_may_move_with_all_it_holds() {
    let world = World::guarded();
    for number in 0..30 {
        world.work.write(format!("src/deep/{number}.txt"), format!("file {number}\n"));
    }
    world.work.commit("Add files");
    world.accepts_silently(&["main"]);
    world.work.git(["mv", "src", "lib"]);
    world.work.commit("Move the folder");
    world.accepts_silently(&["main"]);
    world.work.git(["mv", "lib/deep", "deep"]);
    world.work.commit_file("deep/7.txt", "changed\n");
    world.accepts_silently(&["main"]);
}
