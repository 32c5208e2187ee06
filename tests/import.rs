//! An organization moves: its rules from another scanner, in scans and in pushes, and what its repositories allow themselves.

use std::fs;
use std::path::{Path, PathBuf};

use end_to_end::{Credential, Run, World, keyward, run};
use serde_json::Value;

/// Rules of an organization that issues `corp_` tokens.
const RULES: &str = r#"
title = "Corp"

[[rules]]
id = "corp-token"
description = "Corp token"
regex = '''corp_[0-9A-Za-z]{24}'''
entropy = 3.0
keywords = ["corp_"]

[[rules.allowlists]]
paths = ['''^samples/''']

[[rules]]
id = "corp-env-token"
regex = '''env_([0-9A-Za-z]{24})'''
path = '''\.env$'''
keywords = ["env_"]
"#;

fn token(seed: u64) -> Credential {
    Credential::of("", "corp_{base62:24}", seed)
}

/// Writes the rules into `folder`.
fn rules(folder: &Path, text: &str) -> PathBuf {
    let file = folder.join("gitleaks.toml");
    fs::write(&file, text).expect("writable");
    file
}

fn import(file: &Path, format: &str) -> Run {
    run(keyward(file.parent().expect("a folder")).args(["rules", "import", "--format", format]).arg(file))
}

/// A guarded server that uses the rules for pushes and blocks what they find.
fn guarded() -> World {
    let world = World::guarded();
    rules(&world.server.root().join("etc"), RULES);
    world.server.set("import = []", "import = [\"gitleaks.toml\"]");
    world.server.set("confidence = \"medium\"", "confidence = \"high\"");
    world
}

#[test]
fn the_report_says_what_is_taken_and_what_is_not() {
    let home = tempfile::tempdir().expect("a folder");
    import(&rules(home.path(), RULES), "text")
        .exits(0)
        .says("taken      corp-token")
        .says("2 rules taken, 0 differences");
    let part = format!("{RULES}\n[[rules]]\nid = 'x'\nregex = 'a(?=b)'\n\n[extend]\nuseDefault = true\n");
    let file = rules(home.path(), &part);
    let told = import(&file, "text");
    told.exits(1).says(": extend.useDefault: ").says(": rule `x`: `regex`: look-around");
    let told = import(&file, "json");
    let json: Value = serde_json::from_str(&told.exits(1).out).expect("JSON");
    assert_eq!(json["schema"], "keyward.import/1");
    assert_eq!(json["taken"], serde_json::json!(["corp-token", "corp-env-token"]));
    let line = part.lines().position(|line| line.starts_with("regex = 'a(")).expect("a line") + 1;
    assert_eq!(json["not_taken"][0]["line"], line);
}

#[test]
fn what_cannot_be_read_ends_with_2() {
    let home = tempfile::tempdir().expect("a folder");
    let broken = import(&rules(home.path(), "[[rules]]\nid = 'a'\nentropy = 'high'\n"), "text");
    broken.exits(2).is_plain().says("gitleaks.toml:3:11: `entropy` is of type string; expected a number");
    import(&home.path().join("none.toml"), "text").exits(2).is_plain().says("could not read");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared-rules/tests/acme.toml");
    import(&own, "text").exits(2).is_plain().says("a rule file of Keyward's own");
    fs::write(home.path().join("binary.toml"), b"\xff\xfe\x00").expect("writable");
    import(&home.path().join("binary.toml"), "text").exits(2).is_plain();
}

#[test]
fn an_extended_file_is_read_from_the_folder_and_nowhere_else() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("in");
    fs::create_dir(&folder).expect("a folder");
    fs::write(folder.join("base.toml"), RULES).expect("writable");
    import(&rules(&folder, "[extend]\npath = 'base.toml'\n"), "text").exits(0).says("2 rules taken");
    fs::rename(folder.join("base.toml"), home.path().join("base.toml")).expect("writable");
    std::os::unix::fs::symlink(home.path().join("base.toml"), folder.join("base.toml")).expect("writable");
    import(&folder.join("gitleaks.toml"), "text").exits(1).says("it leads out of this file's folder");
}

#[test]
fn a_scan_uses_the_rules_it_is_given() {
    let world = World::unguarded();
    world.server.install();
    let (token, acme) = (token(1), Credential::of("", "acme_live_{base62:30}", 1));
    let env = Credential::of("", "env_{base62:24}", 1);
    for (name, text) in [
        ("a.txt", format!("one = {token}\n")),
        ("samples/a.txt", format!("one = {token}\n")),
        ("b.env", format!("two = {env}\n")),
        ("b.txt", format!("two = {env}\n")),
        ("c.txt", format!("three {acme}\n")),
    ] {
        world.work.write(name, text);
    }
    let gitleaks = rules(world.server.root(), &format!("{RULES}\n[[rules]]\nid = 'x'\nregex = 'a(?=b)'\n"));
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared-rules/tests/acme.toml");
    let mut command = keyward(world.server.root());
    command.arg("scan").arg(world.work.path("")).args(["--format", "json", "--config"]).arg(world.server.config());
    let scanned = run(command.arg("--rules").arg(&gitleaks).arg("--rules").arg(&own));
    let json: Value = serde_json::from_str(&scanned.out).unwrap_or_else(|_| panic!("{}{}", scanned.out, scanned.err));
    let mut found: Vec<(&str, &str)> = Vec::new();
    for finding in json["findings"].as_array().expect("a list") {
        found.push((finding["path"].as_str().expect("a path"), finding["rule"].as_str().expect("a rule")));
    }
    assert!(found.contains(&("a.txt", "corp-token")), "{found:?}");
    assert!(found.contains(&("b.env", "corp-env-token")), "{found:?}");
    assert!(found.iter().any(|(path, rule)| *path == "c.txt" && rule.starts_with("acme")), "{found:?}");
    assert!(!found.iter().any(|(path, rule)| ["samples/a.txt", "b.txt"].contains(path) && rule.starts_with("corp")));
    scanned.says("1 not taken; `keyward rules import");
    token.assert_hidden_in("the scan", format!("{}{}", scanned.out, scanned.err).as_bytes());
}

#[test]
fn a_history_applies_paths_to_every_place_a_file_had() {
    let (world, token) = (World::unguarded(), token(2));
    world.work.commit_file("samples/a.txt", &format!("one = {token}\n"));
    let moved = world.work.commit_file("src/a.txt", &format!("one = {token}\n"));
    world.accepts(&["main"]);
    world.server.install();
    let file = rules(world.server.root(), RULES);
    let mut command = keyward(world.server.root());
    command.arg("scan").arg(world.server.path()).args(["--format", "json", "--rules"]).arg(file);
    let scanned = run(command.arg("--config").arg(world.server.config()));
    let json: Value = serde_json::from_str(&scanned.out).unwrap_or_else(|_| panic!("{}{}", scanned.out, scanned.err));
    let findings = json["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), 1, "{json:#}");
    assert_eq!(findings[0]["path"], "src/a.txt");
    assert!(findings[0]["commit"].as_str().is_some_and(|id| id.starts_with(&moved)));
}

#[test]
fn a_push_is_judged_by_imported_rules_at_the_paths_they_name() {
    let world = guarded();
    world.work.commit_file("samples/a.txt", &format!("one = {}\n", token(3)));
    world.work.commit_file("b.txt", &format!("x = {}\n", Credential::of("", "env_{base62:24}", 3)));
    let accepted = world.accepts(&["main"]);
    accepted.says_nothing_of("Corp token").says_nothing_of("corp-env-token");
    let token = token(4);
    let first = world.work.commit_file("src/a.txt", &format!("one = {token}\n"));
    let push = world.rejects(&["main"], &token, &first, "src/a.txt:1:7");
    push.says("Corp token").says("a rule of this organization's own matches");
    let explain =
        run(keyward(world.server.root()).args(["explain", "corp-token", "--config"]).arg(world.server.config()));
    explain.exits(0).says("Corp token").says("gitleaks.toml:4");
}

#[test]
fn imported_rules_warn_unless_the_administrator_says_more() {
    let world = guarded();
    world.server.set("confidence = \"high\"", "confidence = \"medium\"");
    world.work.commit_file("a.txt", &format!("one = {}\n", token(5)));
    world.accepts(&["main"]).says("look at 1 possible secret").says("Corp token");
}

#[test]
fn a_rule_file_that_is_broken_or_gone_rejects() {
    let world = guarded();
    world.work.commit_file("a.txt", "nothing\n");
    let file = world.server.root().join("etc/gitleaks.toml");
    fs::write(&file, "[[rules]\n").expect("writable");
    let push = world.work.push(["main"]);
    assert!(!push.accepted);
    push.says("Keyward's configuration on this server is broken").says("gitleaks.toml:1:");
    fs::remove_file(&file).expect("removable");
    let push = world.work.push(["main"]);
    assert!(!push.accepted, "{}", push.text);
    push.says("could not read");
}

#[test]
fn a_mark_in_a_line_excuses_only_where_the_administrator_lets_it() {
    let (world, token) = (guarded(), token(6));
    let marked = format!("one = {token} # gitleaks:allow\n");
    let first = world.work.commit_file("a.txt", &marked);
    world.rejects(&["main"], &token, &first, "a.txt:1:7");
    world.server.set("honour = []", "honour = [\"inline\"]");
    world.accepts(&["main"]).says("1 secret is excused by a mark in the repository");
    assert!(world.server.ledger().contains("\"decision\":\"allowed\""), "{}", world.server.ledger());
    let other = Credential::github(6);
    let second = world.work.commit_file("b.txt", &format!("GITHUB_TOKEN={other} # betterleaks:allow\nt={other}\n"));
    // One line without the mark is enough.
    world.rejects(&["main"], &other, &second, "b.txt:2:3");
    let mut command = keyward(world.server.root());
    let scanned = run(command.arg("scan").arg(world.work.path("")).arg("--config").arg(world.server.config()));
    scanned.exits(1).says("2 of them excused by marks in their lines, 0 by .gitleaksignore");
}

#[test]
fn an_ignore_file_excuses_only_where_the_administrator_lets_it() {
    let (world, token) = (guarded(), token(7));
    world
        .work
        .write(".gitleaksignore", "# known\na.txt:corp-token:2\nb.txt:corp-env-token:1\nc.txt:generic-api-key:1\n");
    world.work.write("a.txt", format!("first\none = {token}\n"));
    let first = world.work.commit("Add a.txt");
    world.rejects(&["main"], &token, &first, "a.txt:2:7");
    world.server.set("honour = []", "honour = [\"gitleaksignore\"]");
    world.accepts(&["main"]).says("1 secret is excused");
    // An entry for another rule in force excuses nothing; one for a rule that is not in force excuses whatever stands there.
    let (other, third) = (Credential::of("", "corp_{base62:24}", 8), Credential::of("", "corp_{base62:24}", 9));
    world.work.write("c.txt", format!("one = {third}\n"));
    world.work.write("b.txt", format!("one = {other}\n"));
    let second = world.work.commit("Add b.txt and c.txt");
    let push = world.rejects(&["main"], &other, &second, "b.txt:1:7");
    push.says("1 secret is excused").says_nothing_of("c.txt");
    let mut command = keyward(world.server.root());
    let scanned = run(command.arg("scan").arg(world.work.path("")).arg("--config").arg(world.server.config()));
    scanned.exits(1).says("0 of them excused by marks in their lines, 2 by .gitleaksignore");
}
