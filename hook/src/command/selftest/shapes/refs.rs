//! Which refs are pushed, and what they name.

use std::fs;

use anyhow::Result;

use super::super::shape::{Family, Shape};
use super::super::world::{Push, World};

/// Branches of the shapes about many.
const MANY: usize = 10_000;

pub(super) const FAMILY: Family = Family {
    name: "refs",
    title: "Refs",
    intro: "Which refs are pushed, and what they name.",
    shapes: &[
        Shape::leak("existing-branch", "one commit on a branch that is there", existing_branch),
        Shape::leak("new-branch", "a new branch", new_branch),
        Shape::leak("forced", "a forced push that replaces history", forced),
        Shape::leak("removed-again", "added in one commit and removed in the next", removed_again),
        Shape::leak("sixty-commits", "in the second of sixty commits", sixty_commits),
        Shape::leak("evil-merge", "in a merge, and in none of its parents", evil_merge),
        Shape::leak("second-ref", "in the second of two refs", second_ref),
        Shape::leak("after-a-deletion", "beside a deletion that sorts before it", after_a_deletion),
        Shape::leak("before-a-deletion", "beside a deletion that sorts behind it", before_a_deletion),
        Shape::leak("atomic", "in the second ref of an atomic push", atomic),
        Shape::leak("ten-thousand-refs", "in one of 10,000 new branches", ten_thousand_refs),
        Shape::leak("among-ten-thousand-refs", "on a server that has 10,000 branches", among_ten_thousand_refs),
        Shape::leak("branch-name", "in the name of a branch", branch_name),
        Shape::leak("odd-namespace", "under `refs/changes/`, as no clone fetches it", odd_namespace),
        Shape::leak("tag-on-new-commit", "in a commit that only an annotated tag reaches", tag_on_new_commit),
        Shape::leak("tag-message", "in the message of an annotated tag", tag_message),
        Shape::leak("tag-of-tag", "in the message of a tag that another tag names", tag_of_tag),
        Shape::leak("tag-on-blob", "in a blob that a lightweight tag names", tag_on_blob),
        Shape::leak("annotated-tag-on-blob", "in a blob that an annotated tag names", annotated_tag_on_blob),
        Shape::leak("tag-on-tree", "in a tree that a tag names", tag_on_tree),
        Shape::leak("note", "in a note on a commit", note),
        Shape::leak("replaced", "in a blob that `refs/replace` shows as another", replaced),
    ],
};

fn leak(world: &World) -> Result<()> {
    world.commit_file("deploy.sh", world.script())
}

fn existing_branch(world: &World) -> Result<Push> {
    leak(world)?;
    world.push(&["main"])
}

fn new_branch(world: &World) -> Result<Push> {
    world.branch("try")?;
    leak(world)?;
    world.push(&["try"])
}

fn forced(world: &World) -> Result<Push> {
    world.git(&["commit", "--quiet", "--amend", "--message", "Another beginning"])?;
    leak(world)?;
    world.push(&["--force", "main"])
}

fn removed_again(world: &World) -> Result<Push> {
    leak(world)?;
    world.commit_file("deploy.sh", "#!/bin/sh\n./release\n")?;
    world.push(&["main"])
}

fn sixty_commits(world: &World) -> Result<Push> {
    world.commit_file("step.txt", "1\n")?;
    leak(world)?;
    world.commit_file("deploy.sh", "#!/bin/sh\n./release\n")?;
    for step in 4..=60 {
        world.git(&["commit", "--quiet", "--allow-empty", "--message", &format!("Step {step}")])?;
    }
    world.push(&["main"])
}

fn evil_merge(world: &World) -> Result<Push> {
    world.branch("side")?;
    world.commit_file("side.txt", "side\n")?;
    world.git(&["switch", "--quiet", "main"])?;
    world.commit_file("main.txt", "main\n")?;
    world.git(&["merge", "--quiet", "--no-ff", "--no-commit", "side"])?;
    leak(world)?;
    world.git(&["rev-parse", "--verify", "--quiet", "HEAD^2"])?;
    world.push(&["main"])
}

/// A clean commit on `main` and a leaking one on `zebra`.
fn two_refs(world: &World) -> Result<()> {
    world.commit_file("clean.txt", "clean\n")?;
    world.branch("zebra")?;
    leak(world)
}

fn second_ref(world: &World) -> Result<Push> {
    two_refs(world)?;
    world.push(&["main", "zebra"])
}

fn atomic(world: &World) -> Result<Push> {
    two_refs(world)?;
    world.push(&["--atomic", "main", "zebra"])
}

fn after_a_deletion(world: &World) -> Result<Push> {
    beside_a_deletion_of(world, "aardvark")
}

fn before_a_deletion(world: &World) -> Result<Push> {
    beside_a_deletion_of(world, "zebra")
}

fn beside_a_deletion_of(world: &World, doomed: &str) -> Result<Push> {
    world.serve(&["branch", doomed, "main"])?;
    leak(world)?;
    world.push(&[&format!(":{doomed}"), "main"])
}

/// Gives a repository many branches at once, as `git pack-refs` leaves them.
fn many_branches(folder: &std::path::Path, id: &str) -> Result<()> {
    let lines: String = (0..MANY).map(|number| format!("{id} refs/heads/many/{number:05}\n")).collect();
    fs::write(folder.join("packed-refs"), format!("# pack-refs with: peeled fully-peeled sorted\n{lines}"))?;
    Ok(())
}

fn ten_thousand_refs(world: &World) -> Result<Push> {
    many_branches(&world.work().join(".git"), &world.git(&["rev-parse", "HEAD"])?)?;
    leak(world)?;
    world.git(&["update-ref", "refs/heads/many/07777", "HEAD"])?;
    world.push(&["refs/heads/many/*"])
}

fn among_ten_thousand_refs(world: &World) -> Result<Push> {
    many_branches(&world.server(), &world.git(&["rev-parse", "HEAD"])?)?;
    leak(world)?;
    world.push(&["main"])
}

fn branch_name(world: &World) -> Result<Push> {
    world.push(&[&format!("main:refs/heads/with-{}", world.secret())])
}

fn odd_namespace(world: &World) -> Result<Push> {
    leak(world)?;
    world.push(&["main:refs/changes/01/1/1"])
}

fn tag_on_new_commit(world: &World) -> Result<Push> {
    world.git(&["switch", "--quiet", "--detach"])?;
    leak(world)?;
    world.git(&["tag", "--annotate", "--message", "The first", "v1"])?;
    world.push(&["v1"])
}

fn tag_message(world: &World) -> Result<Push> {
    world.git(&["tag", "--annotate", "--message", &format!("Released with {}", world.secret()), "v1"])?;
    world.push(&["v1"])
}

fn tag_of_tag(world: &World) -> Result<Push> {
    world.git(&["tag", "--annotate", "--message", &format!("Released with {}", world.secret()), "inner"])?;
    world.git(&["tag", "--annotate", "--message", "Signed off", "outer", "inner"])?;
    world.push(&["outer"])
}

fn tag_on_blob(world: &World) -> Result<Push> {
    let blob = world.object("blob", world.script().as_bytes())?;
    world.git(&["tag", "light", &blob])?;
    world.push(&["light"])
}

fn annotated_tag_on_blob(world: &World) -> Result<Push> {
    let blob = world.object("blob", world.script().as_bytes())?;
    world.git(&["tag", "--annotate", "--message", "A file", "heavy", &blob])?;
    world.push(&["heavy"])
}

fn tag_on_tree(world: &World) -> Result<Push> {
    leak(world)?;
    world.git(&["tag", "files", "HEAD^{tree}"])?;
    world.push(&["files"])
}

fn note(world: &World) -> Result<Push> {
    world.git(&["notes", "add", "--message", &format!("built with {}", world.secret())])?;
    world.push(&["refs/notes/commits"])
}

fn replaced(world: &World) -> Result<Push> {
    leak(world)?;
    let blob = world.git(&["rev-parse", "HEAD:deploy.sh"])?;
    let harmless = world.object("blob", b"#!/bin/sh\n./release\n")?;
    world.git(&["replace", &blob, &harmless])?;
    world.push(&["main", "refs/replace/*"])
}
