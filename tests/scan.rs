//! What an administrator or a developer asks on the command line: scans, rules, codes, keys, the demo.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use end_to_end::{Credential, Run, Server, World, keyward, run};
use serde_json::Value;

/// `keyward scan` with the server's configuration.
fn scan(server: &Server, path: &Path, format: &str) -> Run {
    let mut command = keyward(server.root());
    run(command.arg("scan").arg(path).args(["--format", format, "--config"]).arg(server.config()))
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error} in\n{}{}", run.out, run.err))
}

/// A guarded server with a folder of files beside it.
fn folder(files: &[(&str, String)]) -> (Server, std::path::PathBuf) {
    let server = Server::guarded();
    let folder = server.root().join("project");
    fs::create_dir(&folder).expect("a folder");
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(path, content).expect("writable");
    }
    (server, folder)
}

#[test]
fn a_clean_folder_ends_with_0() {
    let (server, folder) = folder(&[("src/main.rs", "fn main() {}\n".to_owned())]);
    for format in ["text", "json", "sarif"] {
        scan(&server, &folder, format).exits(0);
    }
    scan(&server, &folder, "text").says("0 findings, 0 to block, in 1 files");
}

#[test]
fn a_credential_ends_with_1_and_is_shown_in_no_format() {
    let token = Credential::github(500);
    let (server, folder) = folder(&[("deploy/run.sh", format!("#!/bin/sh\nexport GITHUB_TOKEN=\"{token}\"\n"))]);
    for format in ["text", "json", "sarif"] {
        let run = scan(&server, &folder, format);
        run.exits(1).says("deploy/run.sh");
        token.assert_hidden_in(format, format!("{}{}", run.out, run.err).as_bytes());
    }
    scan(&server, &folder, "text").says("deploy/run.sh:2:22").says("1 findings, 1 to block");
}

#[test]
fn json_tells_all_there_is_to_know() {
    let token = Credential::github(501);
    let (server, folder) = folder(&[("run.sh", format!("\u{e9} GITHUB_TOKEN={token}\n"))]);
    let scanned = json(scan(&server, &folder, "json").exits(1));
    assert_eq!(scanned["schema"], "keyward.scan/1");
    let finding = &scanned["findings"][0];
    let fields = [
        ("rule", "github-personal-access-token"),
        ("provider", "github"),
        ("class", "api-key"),
        ("severity", "critical"),
        ("confidence", "high"),
        ("evidence", "checksum"),
        ("path", "run.sh"),
        ("verdict", "block"),
    ];
    for (name, value) in fields {
        assert_eq!(finding[name], value, "{name} in {finding:#}");
    }
    // Columns count characters, from 1.
    let place = ["line", "column", "end_line", "end_column"].map(|name| finding[name].as_u64().expect("a number"));
    assert_eq!(place, [1, 16, 1, 56]);
    assert!(finding["code"].as_str().is_some_and(|code| code.starts_with("KW-") && code.len() == 11), "{finding:#}");
    assert!(finding["fingerprint"].as_str().is_some_and(|text| text.len() == 64), "{finding:#}");
    assert!(finding["preview"].as_str().is_some_and(|text| text.starts_with("GITHUB_TOKEN=ghp_[")), "{finding:#}");
    assert!(finding["commit"].is_null());
    assert_eq!(scanned["not_scanned"], serde_json::json!([]));
    assert_eq!(scanned["stats"]["files"], 1);
    assert!(scanned["stats"]["bytes"].as_u64() > Some(40));
}

#[test]
fn sarif_is_what_code_hosts_read() {
    let token = Credential::github(502);
    let (server, folder) = folder(&[("a b/run #1.sh", format!("GITHUB_TOKEN={token}\n"))]);
    let sarif = json(scan(&server, &folder, "sarif").exits(1));
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b/run%20%231.sh");
    assert_eq!(place["region"]["startLine"], 1);
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"], result["ruleId"]);
    assert!(result["partialFingerprints"]["keyward/1"].is_string());
    let rule = &sarif["runs"][0]["tool"]["driver"]["rules"][0];
    let tags = rule["properties"]["tags"].as_array().expect("a list");
    assert!(tags.contains(&"external/cwe/cwe-798".into()), "{tags:?}");
    for relation in rule["relationships"].as_array().expect("a list") {
        let (id, framework) = (&relation["target"]["id"], &relation["target"]["toolComponent"]["name"]);
        let taxonomies = sarif["runs"][0]["taxonomies"].as_array().expect("a list");
        let taxonomy = taxonomies.iter().find(|taxonomy| taxonomy["name"] == *framework).expect("it is there");
        assert!(taxonomy["taxa"].as_array().is_some_and(|taxa| taxa.iter().any(|taxon| taxon["id"] == *id)), "{id}");
    }
}

#[test]
fn what_was_not_scanned_is_named_and_ends_with_2() {
    let (server, folder) = folder(&[("small.txt", "small\n".to_owned()), ("big.txt", "many bytes\n".repeat(200))]);
    server.set("largest_object = 536_870_912", "largest_object = 1000");
    let scanned = json(scan(&server, &folder, "json").exits(2));
    assert_eq!(scanned["not_scanned"][0]["path"], "big.txt");
    assert!(scanned["not_scanned"][0]["reason"].as_str().is_some_and(|text| text.contains("largest_object")));
    scan(&server, &folder, "text").exits(2).says("not scanned: big.txt");
    let sarif = json(scan(&server, &folder, "sarif").exits(2));
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn a_path_that_is_not_there_ends_with_2() {
    let server = Server::guarded();
    scan(&server, &server.root().join("nowhere"), "text").exits(2).is_plain().says("does not exist");
}

#[test]
fn without_a_configuration_a_scan_makes_a_key_of_its_own() {
    let token = Credential::github(503);
    let (_server, folder) = folder(&[("run.sh", format!("GITHUB_TOKEN={token}\n"))]);
    let home = tempfile::tempdir().expect("a folder");
    let code = || {
        let run = run(keyward(home.path()).arg("scan").arg(&folder).args(["--format", "json"]));
        json(run.exits(1))["findings"][0]["code"].clone()
    };
    assert_eq!(code(), code());
}

#[test]
fn a_history_tells_what_the_last_commit_no_longer_has() {
    let (world, token) = (World::unguarded(), Credential::github(504));
    world.work.commit_file("deploy.sh", &format!("GITHUB_TOKEN={token}\n"));
    let first = world.work.git(["rev-parse", "HEAD"]);
    world.work.commit_file("deploy.sh", &format!("set -eu\nGITHUB_TOKEN={token}\n"));
    world.work.commit_file("deploy.sh", "./release\n");
    world.accepts(&["main"]);
    world.server.install();
    let scanned = json(scan(&world.server, &world.server.path(), "json").exits(1));
    let findings = scanned["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), 1, "{scanned:#}");
    assert_eq!((&findings[0]["path"], &findings[0]["commit"]), (&Value::from("deploy.sh"), &Value::from(first)));
}

#[test]
fn a_history_tells_what_stands_in_messages_and_tags() {
    let (world, one, two) = (World::unguarded(), Credential::github(505), Credential::github(506));
    world.work.commit(&format!("Release with {one}"));
    world.work.git(["tag", "--annotate", "--message", &format!("Signed with {two}"), "v1"]);
    world.accepts(&["main", "v1"]);
    world.server.install();
    let scanned = json(scan(&world.server, &world.server.path(), "json").exits(1));
    assert_eq!(scanned["findings"].as_array().map(Vec::len), Some(2), "{scanned:#}");
}

#[test]
fn a_work_tree_has_a_history_too_when_asked_for() {
    let (world, token) = (World::unguarded(), Credential::github(507));
    world.work.commit_file("deploy.sh", &format!("GITHUB_TOKEN={token}\n"));
    world.work.commit_file("deploy.sh", "./release\n");
    world.server.install();
    scan(&world.server, &world.work.path(""), "text").exits(0);
    let mut command = keyward(world.server.root());
    command.args(["scan", "--history", "--config"]).arg(world.server.config()).arg(world.work.path(""));
    run(&mut command).exits(1).says("deploy.sh:1:");
}

#[test]
fn a_scan_and_a_push_agree_on_the_code() {
    let (world, token) = (World::guarded(), Credential::github(508));
    let first = world.work.commit_file("deploy.sh", &format!("GITHUB_TOKEN={token}\n"));
    let push = world.rejects(&["main"], &token, &first, "deploy.sh:1:");
    scan(&world.server, &world.work.path(""), "text").exits(1).says(push.code());
}

#[test]
fn a_code_from_a_message_is_explained() {
    let (world, token) = (World::guarded(), Credential::github(509));
    let first = world.work.commit_file("deploy.sh", &format!("GITHUB_TOKEN={token}\n"));
    let push = world.rejects(&["main"], &token, &first, "deploy.sh:1:");
    let explain =
        |code: &str| run(keyward(world.server.root()).args(["explain", code, "--config"]).arg(world.server.config()));
    for code in [push.code().to_owned(), push.code().to_lowercase()] {
        let explained = explain(&code);
        explained.exits(0).says("GitHub personal access token").says("deploy.sh:1").says(&first).says("rejected");
        explained.says("group/app").says("https://github.com/settings/tokens");
        token.assert_hidden_in("the explanation", explained.out.as_bytes());
    }
    explain("github-personal-access-token").exits(0).says("revoke");
    explain("KW-00000000").exits(2).is_plain().says("is not in the ledger");
    explain("frobnicate").exits(2).is_plain().says("`keyward rules` lists those");
}

#[test]
fn rules_are_listed_for_people_and_programs() {
    let home = tempfile::tempdir().expect("a folder");
    let text = run(keyward(home.path()).arg("rules"));
    text.exits(0).says("github-personal-access-token");
    let listed = json(run(keyward(home.path()).args(["rules", "--format", "json"])).exits(0));
    assert_eq!(listed["schema"], "keyward.rules/1");
    let rules = listed["rules"].as_array().expect("a list");
    assert!(rules.len() > 300, "only {} rules", rules.len());
    assert!(text.out.contains(&format!("{} rules of", rules.len())), "the two lists differ");
}

#[test]
fn rule_files_are_checked() {
    let home = tempfile::tempdir().expect("a folder");
    let check = |path: &Path| run(keyward(home.path()).args(["rules", "check"]).arg(path));
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared-rules/tests/acme.toml");
    check(&acme).exits(0).says("1 rules of 1 providers hold what their samples say");
    let text = fs::read_to_string(&acme).expect("a rule file");
    let file = home.path().join("acme.toml");
    for (from, to) in
        [("[[rule]]", "[[rule]]\nunknown = 1"), ("pattern = '", "pattern = '("), ("matches = [", "matches = ['none', ")]
    {
        assert!(text.contains(from), "{from:?} is not in\n{text}");
        fs::write(&file, text.replacen(from, to, 1)).expect("writable");
        let broken = check(&file);
        broken.exits(1).is_plain().says("error: ");
        assert!(broken.err.contains(&format!("{}:1", file.display())), "no file and line in {}", broken.err);
    }
    check(&home.path().join("nowhere")).exits(2).is_plain().says("could not read");
}

#[test]
fn a_key_is_made_and_never_overwritten() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join("deep/er/key");
    let new = || run(keyward(home.path()).args(["key", "new", "--file"]).arg(&file));
    let made = new();
    made.exits(0);
    let key = fs::read_to_string(&file).expect("a key");
    assert!(key.trim().len() == 64 && !made.out.contains(key.trim()), "the key is shown:\n{}", made.out);
    assert_eq!(fs::metadata(&file).expect("a key").permissions().mode() & 0o777, 0o600);
    new().exits(2).is_plain().says("could not make");
    assert_eq!(fs::read_to_string(&file).expect("a key"), key);
}

#[test]
fn the_demo_shows_three_pushes_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().expect("a folder");
    let demo = run(keyward(home.path()).arg("demo").env("TMPDIR", home.path()));
    demo.exits(0).is_plain();
    assert_eq!(demo.out.matches("$ git push").count(), 3, "{}", demo.out);
    assert_eq!(demo.out.matches("push rejected").count(), 1, "{}", demo.out);
    assert_eq!(demo.out.matches("main -> main (pre-receive hook declined)").count(), 1, "{}", demo.out);
    let left: Vec<_> = fs::read_dir(home.path()).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let home = tempfile::tempdir().expect("a folder");
    for arguments in [vec![], vec!["frobnicate"], vec!["scan"], vec!["scan", ".", "--format", "xml"]] {
        run(keyward(home.path()).args(&arguments)).exits(2).is_plain();
    }
    run(keyward(home.path()).arg("--version")).exits(0).says("keyward ");
}
