//! `keyward selftest` as an administrator runs it: every shape holds, the tables say what there is, and what does not hold is noticed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::{Run, keyward, run, unlimited_keyward};
use serde_json::Value;
use tempfile::TempDir;

/// What a machine may lack: a git of 2024, a second file system, the program behind web servers.
const MAY_BE_LEFT_OUT: [&str; 5] = ["reftable", "clean-reftable", "other-file-system", "http", "clean-http"];

/// Leaking shapes that there must be at least.
const LEAST: usize = 45;

/// `keyward selftest`, with a folder of its own for scratch folders.
fn selftest(folder: &Path) -> Command {
    let mut command = unlimited_keyward(folder);
    command.arg("selftest").env("TMPDIR", folder);
    command
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error} in\n{}{}", run.out, run.err))
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a readable folder").next().is_none()
}

#[test]
fn every_shape_holds() {
    let folder = folder();
    let run = run(selftest(folder.path()).args(["--format", "json"]));
    let told = json(run.is_plain());
    let shapes = told["shapes"].as_array().expect("shapes");
    let told = |shape: &Value| format!("{}: expected {}, got {}", shape["name"], shape["expected"], shape["got"]);
    let fail: Vec<String> = shapes.iter().filter(|shape| shape["state"] == "fails").map(told).collect();
    assert!(fail.is_empty(), "{} of {} shapes fail:\n{}", fail.len(), shapes.len(), fail.join("\n"));
    for shape in shapes.iter().filter(|shape| shape["state"] == "not-run") {
        assert!(MAY_BE_LEFT_OUT.iter().any(|name| shape["name"] == *name), "not run: {}", told(shape));
    }
    assert!(
        shapes.iter().filter(|shape| shape["expected"] == "rejected" && shape["state"] == "holds").count() >= LEAST
    );
    run.exits(0);
    assert!(is_empty(folder.path()), "a scratch folder was left behind");
}

#[test]
fn the_list_of_shapes_and_of_what_is_not_covered() {
    let run = run(keyward(folder().path()).args(["selftest", "--list"]));
    insta::assert_snapshot!(run.exits(0).out);
}

#[test]
fn the_page_in_the_documentation_is_what_the_command_lists() {
    let run = run(keyward(folder().path()).args(["selftest", "--list", "--format", "markdown"]));
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/selftest.md");
    let page = fs::read_to_string(page).expect("a page");
    let update = "put what `cargo run -q -- selftest --list --format markdown` prints into docs/selftest.md, from its first table on";
    assert!(page.ends_with(&run.exits(0).out), "{update}");
}

#[test]
fn a_table_of_a_few_shapes_is_for_people() {
    let folder = folder();
    let run = run(selftest(folder.path()).args(["--only", "new-branch", "deletion", "encrypted-zip"]));
    let times = regex::Regex::new(r" +\d+  ").expect("a pattern");
    insta::assert_snapshot!(times.replace_all(&run.exits(0).out, "  [MS]  "));
}

#[test]
fn an_unknown_shape_is_refused() {
    run(keyward(folder().path()).args(["selftest", "--only", "new-branhc"])).exits(2).is_plain().says("`new-branhc`");
}

/// A `git` before the real one on the path, with lines of shell of its own.
fn other_git(folder: &Path, lines: &str) -> std::ffi::OsString {
    let path = std::env::var_os("PATH").expect("a path");
    let real = std::env::split_paths(&path).map(|place| place.join("git")).find(|git| git.is_file()).expect("git");
    let place = folder.join("bin");
    fs::create_dir(&place).expect("a folder");
    fs::write(place.join("git"), format!("#!/bin/sh\n{lines}\nexec '{}' \"$@\"\n", real.display())).expect("writable");
    fs::set_permissions(place.join("git"), fs::Permissions::from_mode(0o755)).expect("changeable");
    std::env::join_paths(std::iter::once(place).chain(std::env::split_paths(&path))).expect("a path")
}

#[test]
fn a_hook_that_does_not_run_is_noticed_and_its_folder_kept() {
    let (programs, scratch) = (folder(), folder());
    let deaf =
        "[ \"$1\" = push ] && shift && set -- push --receive-pack='git -c core.hooksPath=/nowhere receive-pack' \"$@\"";
    let path = other_git(programs.path(), deaf);
    let mut command = selftest(scratch.path());
    let run =
        run(command.args(["--only", "new-branch", "clean-branch", "--keep", "--format", "json"]).env("PATH", path));
    let told = json(run.exits(1));
    assert_eq!(told["shapes"][0]["state"], "fails", "{}", run.out);
    assert_eq!(told["shapes"][0]["got"], "accepted");
    assert_eq!(told["shapes"][1]["state"], "holds");
    let kept = PathBuf::from(told["shapes"][0]["kept"].as_str().expect("a folder"));
    assert!(kept.starts_with(scratch.path()) && kept.join("server.git/HEAD").is_file(), "{}", kept.display());
    assert!(!kept.with_file_name("clean-branch").exists());
}

#[test]
fn what_cannot_be_run_is_counted_apart_and_fails_only_where_it_shall() {
    let (programs, scratch) = (folder(), folder());
    let old = "case \"$*\" in *--ref-format=*) echo 'error: unknown option' >&2; exit 129;; esac";
    let path = other_git(programs.path(), old);
    let only = ["--only", "clean-commit", "clean-reftable"];
    let lenient = run(selftest(scratch.path()).args(only).env("PATH", &path));
    lenient.exits(0).says("1 of 2 shapes hold, 1 could not be run here").says("not run: this git makes no repository");
    run(selftest(scratch.path()).args(only).arg("--strict").env("PATH", &path)).exits(1);
}

#[test]
fn without_git_it_says_so() {
    let (programs, scratch) = (folder(), folder());
    let run = run(selftest(scratch.path()).env("PATH", programs.path()));
    run.exits(2).is_plain().says("could not run `git`; is it installed?");
}
