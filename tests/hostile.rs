//! Damage in what arrived and in where it arrived: bounded, one clear line, the policy's verdict, and no credential passes beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::{Credential, Run, Work, World, git, run_with};

/// A push as git has received it: a folder with one pack, and the line that git writes to the hook.
struct Received {
    world: World,
    folder: PathBuf,
    line: String,
}

/// A commit with many files, one of which holds a credential.
fn received(token: &Credential) -> Received {
    let world = World::guarded();
    let old = world.work.git(["rev-parse", "HEAD"]);
    for number in 0..30 {
        world.work.write(format!("src/{number}.txt"), format!("file {number}\n").repeat(50));
    }
    world.work.write("deploy.sh", token.script());
    world.work.commit("Add everything");
    let folder = world.server.root().join("incoming");
    fs::create_dir_all(folder.join("pack")).expect("writable");
    pack(&world.work, &folder, &format!("{old}..HEAD"));
    let line = format!("{old} {} refs/heads/main\n", world.work.git(["rev-parse", "HEAD"]));
    Received { world, folder, line }
}

/// Writes a pack with its index, of the commits in a range.
fn pack(work: &Work, folder: &Path, range: &str) {
    let objects = work.git(["rev-list", "--objects", range]);
    let ids: String = objects.lines().filter_map(|line| line.split(' ').next()).map(|id| format!("{id}\n")).collect();
    let mut command = git(&work.path(""));
    command.args(["pack-objects", "--quiet"]).arg(folder.join("pack/pack"));
    run_with(&mut command, ids.as_bytes()).exits(0);
}

impl Received {
    /// The hook, as git calls it for this push.
    fn command(&self) -> Command {
        let mut hook = self.world.server.hook();
        for name in ["GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY"] {
            hook.env(name, &self.folder);
        }
        hook.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", self.world.server.path().join("objects"));
        hook
    }

    fn hook(&self) -> Run {
        run_with(&mut self.command(), self.line.as_bytes())
    }

    /// The file of the pack that ends so.
    fn file(&self, end: &str) -> PathBuf {
        let files = fs::read_dir(self.folder.join("pack")).expect("readable");
        let mut paths = files.map(|entry| entry.expect("readable").path());
        paths.find(|path| path.extension().is_some_and(|found| found == end)).expect("there is one")
    }

    fn damage(&self, end: &str, damage: impl FnOnce(&mut Vec<u8>)) {
        let file = self.file(end);
        let mut bytes = fs::read(&file).expect("readable");
        damage(&mut bytes);
        fs::remove_file(&file).expect("removable");
        fs::write(&file, bytes).expect("writable");
    }
}

/// Rejected in doubt with one message, and `reason` in it.
#[track_caller]
fn assert_in_doubt(run: &Run, reason: &str) {
    run.exits(2).is_plain();
    assert!(run.err.starts_with("error: push rejected: it could not be checked"), "{}", run.err);
    assert!(run.err.lines().count() <= 12, "{}", run.err);
    let words = run.err.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(reason), "{reason:?} is not in\n{}", run.err);
}

#[test]
fn the_undamaged_push_of_these_stories_is_rejected_for_its_credential() {
    received(&Credential::github(900)).hook().exits(1).is_plain().says("deploy.sh:2:");
}

#[test]
fn a_pack_without_its_index_is_never_clean() {
    let received = received(&Credential::github(901));
    fs::remove_file(received.file("idx")).expect("removable");
    assert_in_doubt(&received.hook(), "could not list the received objects");
}

#[test]
fn an_index_that_is_cut_off_or_lies_is_never_clean() {
    for damage in [
        |bytes: &mut Vec<u8>| bytes.truncate(1000),
        |bytes: &mut Vec<u8>| bytes.clear(),
        |bytes: &mut Vec<u8>| bytes[8..1032].fill(0),
        |bytes: &mut Vec<u8>| bytes[4..8].copy_from_slice(&[0, 0, 0, 9]),
        |bytes: &mut Vec<u8>| bytes[..8].fill(0),
    ] {
        let received = received(&Credential::github(902));
        received.damage("idx", damage);
        assert_in_doubt(&received.hook(), "received");
    }
}

#[test]
fn a_pack_that_is_cut_off_is_never_clean() {
    let received = received(&Credential::github(903));
    received.damage("pack", |bytes| bytes.truncate(bytes.len() / 2));
    assert_in_doubt(&received.hook(), "the pack is damaged");
}

#[test]
fn damage_anywhere_in_a_pack_leads_to_a_verdict() {
    let first = received(&Credential::github(904));
    let length = fs::read(first.file("pack")).expect("readable").len();
    for part in 1..12 {
        let received = received(&Credential::github(904));
        received.damage("pack", |bytes| bytes[12 + (length - 32) * part / 12] ^= 0xff);
        let run = received.hook();
        run.is_plain();
        // Whatever could be read counts; what could not is a doubt.
        assert!(run.code == 1 || run.code == 2, "{run:?}");
    }
}

#[test]
fn a_quarantine_that_is_not_there_is_never_clean() {
    let mut received = received(&Credential::github(905));
    received.folder = received.folder.join("gone");
    assert_in_doubt(&received.hook(), "could not list the received objects");
}

#[test]
fn objects_lying_loose_and_packed_at_once_are_all_looked_at() {
    let received = received(&Credential::github(906));
    let token = Credential::github(907);
    let blob = received.world.work.object("blob", &token.script());
    let (from, to) = (received.world.work.path(".git/objects"), &received.folder);
    fs::create_dir_all(to.join(&blob[..2])).expect("writable");
    fs::copy(from.join(&blob[..2]).join(&blob[2..]), to.join(&blob[..2]).join(&blob[2..])).expect("a loose object");
    let run = received.hook();
    run.exits(1).is_plain().says("2 secrets").says(&blob[..7]);
}

#[test]
fn a_server_that_names_its_quarantine_otherwise_is_understood() {
    let received = received(&Credential::github(908));
    let mut hook = received.command();
    hook.env_remove("GIT_QUARANTINE_PATH");
    run_with(&mut hook, received.line.as_bytes()).exits(1).is_plain().says("deploy.sh:2:");
}

#[test]
fn tags_on_tags_without_end_are_a_doubt() {
    let world = World::guarded();
    let mut target = world.work.git(["rev-parse", "HEAD"]);
    let mut kind = "commit";
    for number in 0..101 {
        let text = format!("object {target}\ntype {kind}\ntag t{number}\ntagger D <d@e> 1767603600 +0000\n\nm\n");
        target = world.work.object("tag", &text);
        kind = "tag";
    }
    world.work.git(["update-ref", "refs/tags/deep", &target]);
    let push = world.work.push(["deep"]);
    assert!(!push.accepted, "{}", push.text);
    push.words("is a tag on a tag");
}

#[test]
fn a_repository_whose_pack_folder_is_a_file_says_so_when_something_is_missing() {
    let received = received(&Credential::github(909));
    let objects = received.world.server.path().join("objects");
    fs::remove_dir_all(objects.join("pack")).expect("removable");
    fs::write(objects.join("pack"), "").expect("writable");
    received.hook().exits(1).is_plain().says("deploy.sh:2:");
}
