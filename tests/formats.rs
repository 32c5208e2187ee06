//! Every form in which a repository may keep its objects and refs, and in which a push may bring them: a leak is rejected in each, a clean
//! push accepted in silence.

use std::fs;
use std::process::Command;

use end_to_end::{Credential, Server, Work, World, run_with};

const ZERO: &str = "0000000000000000000000000000000000000000";

/// A server and a clone, both made with these options of `git init`, and one clean commit on both.
fn world(options: &[&str]) -> World {
    let server = Server::guarded_as(options);
    let work = Work::as_(&server, options);
    let world = World { work, server };
    world.work.commit_file("README.md", "A small program.\n");
    world.accepts_silently(&["main"]);
    world
}

/// The everyday life of a repository: leaks of several kinds among clean pushes, small and large.
fn lives(world: &World, seed: u64) {
    let [one, two, three, four] = [0, 1, 2, 3].map(|more| Credential::github(seed + more));
    let first = world.work.commit_file("deploy.sh", &one.script());
    world.rejects(&["main"], &one, &first, "deploy.sh:2:");
    world.work.git(["reset", "--quiet", "--hard", "HEAD^"]);
    world.work.commit_file("src/main.rs", "fn main() {}\n");
    world.work.git(["tag", "--annotate", "--message", "The first", "v1"]);
    world.accepts_silently(&["main", "v1"]);
    world.accepts_silently(&["v1:refs/tags/again", "main~1:refs/heads/old"]);
    world.accepts_silently(&[":old"]);
    world.work.git(["tag", "--annotate", "--message", &format!("Released with {two}"), "v2"]);
    world.rejects(&["v2"], &two, "tag v2", "line 1");
    for number in 0..150 {
        world.work.write(format!("src/{number}.txt"), format!("file {number}\n").repeat(20));
    }
    world.work.commit("Add everything");
    world.accepts_silently(&["main"]);
    for number in 0..150 {
        world.work.write(format!("src/{number}.txt"), format!("file {number}\n").repeat(21));
    }
    world.work.write("src/deploy.sh", three.script());
    let first = world.work.commit("Change everything");
    world.rejects(&["main"], &three, &first, "src/deploy.sh:2:");
    world.work.git(["reset", "--quiet", "--hard", "HEAD^"]);
    // Branched off from what is no ref's tip, which makes every ref be read.
    world.work.git(["switch", "--quiet", "--create", "side", "main~1"]);
    world.work.commit_file("side.txt", "side\n");
    world.accepts_silently(&["side"]);
    let first = world.work.commit(&format!("It works with {four}"));
    world.rejects(&["side"], &four, &first, "commit message, line 1");
}

#[test]
fn a_repository_with_sha256_ids() {
    lives(&world(&["--object-format=sha256"]), 600);
}

#[test]
fn a_repository_that_keeps_its_refs_in_a_table() {
    lives(&world(&["--ref-format=reftable"]), 610);
}

#[test]
fn both_at_once() {
    lives(&world(&["--object-format=sha256", "--ref-format=reftable"]), 620);
}

#[test]
fn a_repository_that_was_packed() {
    let world = world(&[]);
    world.server.git(["pack-refs", "--all"]);
    world.server.git(["gc", "--quiet"]);
    lives(&world, 630);
}

/// The hook where nothing but a shell is on the `PATH`.
fn without_git(server: &Server) -> Command {
    let programs = server.root().join("bin");
    if !programs.exists() {
        fs::create_dir(&programs).expect("writable");
        std::os::unix::fs::symlink("/bin/sh", programs.join("sh")).expect("a link");
    }
    let mut hook = server.hook();
    hook.env("PATH", programs);
    hook
}

#[test]
fn without_git_on_the_path_the_hook_needs_none() {
    let world = World::unguarded();
    let token = Credential::github(640);
    world.work.commit_file("other.txt", "other\n");
    world.accepts(&["main"]);
    world.work.git(["switch", "--quiet", "--create", "try"]);
    world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["try"]);
    world.accepts(&[":try"]);
    world.server.git(["pack-refs", "--all"]);
    world.server.install();
    let line = |name: &str| format!("{ZERO} {} refs/heads/new\n", world.work.git(["rev-parse", name]));
    let without = || without_git(&world.server);
    run_with(&mut without(), line("main~1").as_bytes()).exits(0);
    run_with(&mut without(), line("try").as_bytes()).exits(1).is_plain().says("deploy.sh:2:");
}

#[test]
fn a_table_of_refs_without_a_git_to_read_it_is_a_doubt() {
    let server = Server::guarded_as(&["--ref-format=reftable"]);
    let work = Work::as_(&server, &[]);
    work.commit_file("README.md", "A small program.\n");
    server.git(["fetch", "--quiet", &work.path("").display().to_string(), "main"]);
    let line = format!("{ZERO} {} refs/heads/new\n", work.git(["rev-parse", "HEAD"]));
    let run = run_with(&mut without_git(&server), line.as_bytes());
    run.exits(2).is_plain().says("reftable").says("PATH");
}

#[test]
fn a_shallow_clone() {
    let (world, token) = (World::guarded(), Credential::github(650));
    for number in 0..3 {
        world.work.commit_file("count.txt", &format!("{number}\n"));
    }
    world.accepts_silently(&["main"]);
    let shallow = Work::as_(&world.server, &[]);
    let url = format!("file://{}", world.server.path().display());
    shallow.git(["fetch", "--quiet", "--depth=1", &url, "main"]);
    shallow.git(["reset", "--quiet", "--hard", "FETCH_HEAD"]);
    shallow.commit_file("more.txt", "more\n");
    let push = shallow.push(["main"]);
    assert!(push.accepted && push.message().is_empty(), "{}", push.text);
    let first = shallow.commit_file("deploy.sh", &token.script());
    let push = shallow.push(["main"]);
    world.assert_rejected(&push, &token, &first, "deploy.sh:2:");
}

#[test]
fn a_server_that_takes_shallow_histories() {
    let (world, token) = (World::guarded(), Credential::github(655));
    for number in 0..3 {
        world.work.commit_file("count.txt", &format!("{number}\n"));
    }
    world.accepts_silently(&["main"]);
    let other = Server::guarded();
    other.git(["config", "receive.shallowUpdate", "true"]);
    let shallow = Work::as_(&other, &[]);
    let url = format!("file://{}", world.server.path().display());
    shallow.git(["fetch", "--quiet", "--depth=1", &url, "main"]);
    shallow.git(["reset", "--quiet", "--hard", "FETCH_HEAD"]);
    let push = shallow.push(["main"]);
    assert!(push.accepted && push.message().is_empty(), "{}", push.text);
    shallow.commit_file("deploy.sh", &token.script());
    let push = shallow.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("deploy.sh:2:");
}

#[test]
fn a_submodule() {
    let (world, token) = (World::guarded(), Credential::github(660));
    let module = "[submodule \"lib\"]\n\tpath = lib\n\turl = https://git.example.com/acme/lib\n";
    // The commit lies in the other repository: that it is missing here is no doubt.
    world.work.git(["update-index", "--add", "--cacheinfo", &format!("160000,{},lib", "1".repeat(40))]);
    fs::create_dir(world.work.path("lib")).expect("writable");
    world.work.commit_file(".gitmodules", module);
    world.accepts_silently(&["main"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
}

#[test]
fn ten_thousand_refs() {
    let (world, token) = (World::guarded(), Credential::github(670));
    let id = world.work.git(["rev-parse", "HEAD"]);
    let refs: String = (0..10_000).map(|number| format!("{id} refs/tags/build-{number:05}\n")).collect();
    let packed = format!("# pack-refs with: peeled fully-peeled sorted \n{refs}");
    fs::write(world.server.path().join("packed-refs"), packed).expect("writable");
    world.work.commit_file("a.txt", "a\n");
    world.accepts_silently(&["main"]);
    world.accepts_silently(&["main~1:refs/heads/old"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main:refs/heads/new"], &token, &first, "deploy.sh:2:");
}

#[test]
fn a_push_that_brings_nothing() {
    let world = World::guarded();
    world.accepts_silently(&["main:copy"]);
    world.accepts_silently(&["main:refs/tags/v0", "main:refs/heads/another"]);
    world.accepts_silently(&["main"]);
    let old = world.work.git(["rev-parse", "HEAD"]);
    world.work.commit_file("a.txt", "a\n");
    world.accepts_silently(&["main"]);
    world.accepts_silently(&["--force", &format!("{old}:refs/heads/main")]);
}

#[test]
fn a_tag_on_a_tag() {
    let (world, token) = (World::guarded(), Credential::github(680));
    world.work.git(["tag", "--annotate", "--message", "One", "one"]);
    world.work.git(["tag", "--annotate", "--message", "Two", "two", "one"]);
    world.accepts_silently(&["two"]);
    world.work.git(["tag", "--annotate", "--message", &format!("Three with {token}"), "three", "one"]);
    world.work.git(["tag", "--annotate", "--message", "Four", "four", "three"]);
    world.rejects(&["four"], &token, "tag three", "line 1");
}

#[test]
fn a_folder_that_only_a_tag_names_beside_a_clean_commit() {
    let (world, token) = (World::guarded(), Credential::github(690));
    world.work.write(format!("in-use/{token}"), "in use\n");
    world.work.git(["add", "--all"]);
    let tree = world.work.git(["write-tree"]);
    world.work.git(["tag", "files", &tree]);
    world.work.git(["rm", "--quiet", "-r", "--cached", "in-use"]);
    fs::remove_dir_all(world.work.path("in-use")).expect("removable");
    world.work.commit_file("clean.txt", "clean\n");
    let named = world.work.git(["rev-parse", &format!("{tree}:in-use")]);
    world.rejects(&["main", "files"], &token, &named[..7], "which no new commit names");
}

#[test]
fn a_file_known_by_its_name() {
    let (world, password) = (World::guarded(), Credential::of("", "{alpha:18}", 700));
    let line = format!("db.acme.internal:5432:app:app_rw:{password}\n");
    world.work.commit_file("notes.txt", &line);
    world.accepts(&["main"]);
    // The very same object at another path, for which alone the rule looks at it.
    let first = world.work.commit_file("home/.pgpass", &line);
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says(&first).says("home/.pgpass:1:");
    password.assert_hidden_in("git's output", push.text.as_bytes());
}

#[test]
fn an_old_file_known_by_its_name_may_be_edited_and_moved() {
    let (world, password) = (World::unguarded(), Credential::of("", "{alpha:18}", 705));
    let line = format!("db.acme.internal:5432:app:app_rw:{password}\n");
    world.work.commit_file("home/.pgpass", &line);
    world.accepts(&["main"]);
    world.server.install();
    world.work.commit_file("home/.pgpass", &format!("# the database\n{line}"));
    world.accepts(&["main"]).says("was there before");
    world.work.git(["mv", "home/.pgpass", ".pgpass"]);
    world.work.commit("Move the file");
    world.accepts(&["main"]).says("was there before");
}

#[test]
fn a_file_known_by_its_name_and_folder_in_a_large_push() {
    let (world, key) = (World::guarded(), Credential::of("", "{hex:32}", 710));
    for number in 0..150 {
        world.work.write(format!("src/{number}.txt"), format!("file {number}\n"));
    }
    world.work.write("config/credentials/production.key", key.to_string());
    let first = world.work.commit("Add everything");
    world.rejects(&["main"], &key, &first, "config/credentials/production.key:1:");
}

#[test]
fn what_a_lock_file_pins_is_no_password() {
    let (world, value) = (World::guarded(), Credential::password(720));
    let text = format!("password = \"{value}\"\n");
    world.work.commit_file("yarn.lock", &text);
    world.accepts_silently(&["main"]);
    // The same text, copied to where it counts, is told there.
    let first = world.work.commit_file("app/config.toml", &text);
    world.accepts(&["main"]).says("look at 1 possible secret").says(&first).says("app/config.toml:1:");
}

#[test]
fn a_pointer_of_git_lfs_is_named_as_not_scanned() {
    let world = World::guarded();
    let pointer = |digit: &str| {
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n", digit.repeat(64))
    };
    world.work.commit_file("assets/film.bin", &pointer("a"));
    let push = world.accepts(&["main"]);
    push.says("warning: push accepted").words("accepted by policy: 1 file is a Git LFS pointer");
    assert!(world.server.ledger().contains("Git LFS pointer"));
    world.server.set("lfs = \"accept\"", "lfs = \"reject\"");
    world.work.commit_file("assets/film.bin", &pointer("b"));
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.words("rejected by policy: 1 file is a Git LFS pointer");
}

#[test]
fn a_deadline_that_is_over_rejects_in_clear_words() {
    let world = World::guarded();
    world.server.set("deadline = \"auto\"", "deadline = 0.000001");
    world.work.commit_file("a.txt", "a\n");
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("it could not be checked").words("within 0.000001 seconds");
    world.server.set("time = \"reject\"", "time = \"accept\"");
    world.accepts(&["main"]).says("accepted by policy").words("within 0.000001 seconds");
}
