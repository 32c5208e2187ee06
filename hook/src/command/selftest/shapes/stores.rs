//! How the server keeps its objects and refs, and what lies there already.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::super::git::{self, NotRun};
use super::super::shape::{Family, Shape};
use super::super::wire::{self, Road};
use super::super::world::{Push, World};
use super::objects::many_files;

/// Where else a machine may have a file system: memory, and what is kept over a restart.
const OTHER_PLACES: [&str; 4] = ["/dev/shm", "/run/lock", "/var/tmp", "/tmp"];

pub(super) const FAMILY: Family = Family {
    name: "stores",
    title: "Stores",
    intro: "How the server keeps its objects and refs, what lies there already, and how it is reached.",
    shapes: &[
        Shape::leak("sha256", "to a repository with SHA-256 ids", new_branch).on(&["--object-format=sha256"]),
        Shape::leak("sha256-pack", "the same, kept as a pack", large_push).on(&["--object-format=sha256"]),
        Shape::leak("reftable", "to a repository that keeps its refs as a reftable", new_branch)
            .on(&["--ref-format=reftable"]),
        Shape::leak("http", "through git's own `http-backend`", http),
        Shape::leak("first-push", "to an empty repository", first_push),
        Shape::leak("shallow-clone", "from a clone without its history", shallow_clone),
        Shape::leak("shallow-update", "of a history that is cut off, where the server allows it", shallow_update),
        Shape::leak("other-file-system", "with the quarantine on another file system", other_file_system),
        Shape::leak("fork", "of a commit that a fork's store has, so that nothing is sent", fork),
        Shape::leak("fork-leftover", "the same where no ref of the fork reaches it any more", fork_leftover),
        Shape::leak("leftover", "of a commit that a deleted branch left behind, so that nothing is sent", leftover),
        Shape::leak("leftover-below", "of a new commit on top of one left behind", leftover_below),
        Shape::leak("leftover-sent-again", "of what was left behind, sent again and unpacked", leftover_sent_again),
        Shape::leak(
            "leftover-in-a-pack",
            "of what was left behind, sent again in a pack of over 100 objects",
            |world| {
                left_behind(world)?;
                many_files(world)?;
                world.commit("Add many files")?;
                world.push(&["try"])
            },
        ),
        Shape::leak("leftover-tag", "of a tag on what was left behind", leftover_tag),
        Shape::leak(
            "warn-branch",
            "of what a branch with a milder policy has let in, to the default branch",
            warn_branch,
        ),
        Shape::leak("warn-branch-edited", "of a file from such a branch with another line changed", warn_branch_edited),
    ],
};

/// Commits a leak on a branch `try`.
fn leak(world: &World) -> Result<()> {
    world.branch("try")?;
    world.commit_file("deploy.sh", world.script())
}

fn new_branch(world: &World) -> Result<Push> {
    leak(world)?;
    world.push(&["try"])
}

fn large_push(world: &World) -> Result<Push> {
    many_files(world)?;
    leak(world)?;
    world.push(&["try"])
}

fn http(world: &World) -> Result<Push> {
    leak(world)?;
    wire::push(world, Road::Http, "try", &wire::new_objects(world)?)
}

fn first_push(world: &World) -> Result<Push> {
    world.forget("main")?;
    leak(world)?;
    world.push(&["try:main"])
}

/// A clone of `branch` of a repository, with its last commit alone.
pub(super) fn shallow_clone_of(world: &World, repository: &Path, branch: &str) -> Result<PathBuf> {
    let (url, folder) = (format!("file://{}", repository.display()), world.beside("shallow"));
    let clone = ["clone", "--quiet", "--depth=1", "--branch", branch, &url, "shallow"];
    git::must(world.command(&world.beside("")).args(clone), b"")?;
    Ok(folder)
}

/// Commits one file in another clone.
pub(super) fn commit_in(world: &World, folder: &Path, name: &str, content: &str) -> Result<()> {
    fs::write(folder.join(name), content).with_context(|| format!("could not write {name}"))?;
    git::must(world.command(folder).args(["add", "--all"]), b"")?;
    git::must(world.command(folder).args(["commit", "--quiet", "--message", "Change a file"]), b"").map(drop)
}

fn shallow_clone(world: &World) -> Result<Push> {
    world.commit_file("second.txt", "second\n")?;
    world.let_in("main")?;
    let clone = shallow_clone_of(world, &world.server(), "main")?;
    commit_in(world, &clone, "deploy.sh", &world.script())?;
    world.push_from(&clone, &[], &["main"])
}

/// A clone whose history is cut off where the server's does not go on.
pub(super) fn cut_off(world: &World) -> Result<PathBuf> {
    world.configure("receive.shallowUpdate", "true")?;
    world.git(&["switch", "--quiet", "--orphan", "other"])?;
    world.commit_file("first.txt", "first\n")?;
    world.commit_file("second.txt", "second\n")?;
    shallow_clone_of(world, &world.work(), "other")
}

fn shallow_update(world: &World) -> Result<Push> {
    let clone = cut_off(world)?;
    commit_in(world, &clone, "deploy.sh", &world.script())?;
    world.push_from(&clone, &[], &["other"])
}

#[cfg(unix)]
fn is_elsewhere(place: &Path, than: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    device(place).is_some_and(|other| Some(other) != device(than))
}

#[cfg(not(unix))]
fn is_elsewhere(_: &Path, _: &Path) -> bool {
    false
}

/// Moves the server's objects, and with them the quarantine, to another file system.
fn other_file_system(world: &World) -> Result<Push> {
    let here = world.server();
    let places = OTHER_PLACES.map(Path::new).into_iter().filter(|place| is_elsewhere(place, &here));
    let moved =
        places.filter_map(|place| tempfile::Builder::new().prefix("keyward-selftest-").tempdir_in(place).ok()).next();
    let Some(moved) = moved else {
        bail!(NotRun(format!("{} are on one file system, or not writable", OTHER_PLACES.join(", "))));
    };
    let objects = here.join("objects");
    copy(&objects, &moved.path().join("objects"))?;
    fs::remove_dir_all(&objects).context("could not move the objects")?;
    link(&moved.path().join("objects"), &objects)?;
    new_branch(world)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), &to)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &Path, name: &Path) -> Result<()> {
    std::os::unix::fs::symlink(target, name).context("could not link the objects")
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<()> {
    bail!(NotRun("this system has no links between file systems".to_owned()))
}

/// A fork beside the server, whose store the server reads too; it has what the clone has on `branch`.
pub(super) fn forked(world: &World, branch: &str) -> Result<PathBuf> {
    let fork = world.beside("fork.git");
    git::must(world.command(&world.beside("")).args(["init", "--quiet", "--bare", "fork.git"]), b"")?;
    world.git(&["push", "--quiet", &fork.display().to_string(), branch])?;
    let alternates = world.server().join("objects/info/alternates");
    fs::write(alternates, format!("{}\n", fork.join("objects").display())).context("could not write alternates")?;
    Ok(fork)
}

fn fork(world: &World) -> Result<Push> {
    leak(world)?;
    forked(world, "try")?;
    world.push(&["--progress", "try"])?.saying("Total 0 ")
}

fn fork_leftover(world: &World) -> Result<Push> {
    leak(world)?;
    let fork = forked(world, "try")?;
    git::must(world.command(&fork).args(["update-ref", "-d", "refs/heads/try"]), b"")?;
    negotiated(world, "try")?.saying("Total 0 ")
}

/// A leaking commit that lies in the server's store, and that no ref reaches.
fn left_behind(world: &World) -> Result<()> {
    leak(world)?;
    world.let_in("try")?;
    world.forget("try")
}

/// Pushes without what the server says it has, whether a ref there reaches it or not: git's own negotiation.
fn negotiated(world: &World, branch: &str) -> Result<Push> {
    world.push_from(&world.work(), &["-c", "push.negotiate=true"], &["--progress", branch])
}

fn leftover(world: &World) -> Result<Push> {
    left_behind(world)?;
    negotiated(world, "try")?.saying("Total 0 ")
}

fn leftover_below(world: &World) -> Result<Push> {
    left_behind(world)?;
    world.commit_file("other.sh", "./test\n")?;
    negotiated(world, "try")
}

fn leftover_sent_again(world: &World) -> Result<Push> {
    left_behind(world)?;
    world.push(&["try"])
}

fn leftover_tag(world: &World) -> Result<Push> {
    left_behind(world)?;
    world.git(&["tag", "--annotate", "--message", "The first", "v1"])?;
    negotiated(world, "v1")
}

/// Lets `refs/heads/wip/` off with a warning, and pushes a leak there.
fn warned(world: &World) -> Result<()> {
    world.reconfigure(|config| {
        let rule = toml::Table::from_iter([
            ("ref".to_owned(), "refs/heads/wip/*".into()),
            ("action".to_owned(), "warn".into()),
        ]);
        let policy = config.entry("policy").or_insert_with(|| toml::Table::new().into());
        if let Some(policy) = policy.as_table_mut() {
            policy.insert("rule".to_owned(), vec![rule].into());
        }
    })?;
    world.commit_file("deploy.sh", world.script())?;
    world.first_push(&["main:refs/heads/wip/a"])
}

fn warn_branch(world: &World) -> Result<Push> {
    warned(world)?;
    world.push(&["main"])
}

fn warn_branch_edited(world: &World) -> Result<Push> {
    warned(world)?;
    world.commit_file("deploy.sh", format!("{}./notify\n", world.script()))?;
    world.push(&["main"])
}
