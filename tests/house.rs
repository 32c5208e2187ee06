//! What is said compared with what is: rooms, the callers of `expose`, paths and commands in the documentation, sizes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::{keyward, run};
use regex::Regex;

/// The files that may see a credential's characters, and why.
const EXPOSES: [(&str, &str); 5] = [
    ("shared-rules/src/engine/contained.rs", "drops what an archive shows twice, in its own bytes and in a member"),
    ("shared-rules/src/engine/mod.rs", "tests that what encodings hide is found whole"),
    ("shared-rules/src/engine/parts.rs", "tests that new parts and whole objects give the same"),
    ("shared-rules/src/fingerprint.rs", "turns the credential into its keyed fingerprint"),
    ("shared-rules/src/redact.rs", "reads a token's own claims, and tests that nothing of it is shown"),
];

/// What each crate must never depend on, however indirectly.
const ROOMS: [(&str, &[&str]); 3] = [
    ("keyward-rules", &["tokio", "git2", "reqwest", "axum", "hyper", "keyward-hook", "keyward-app"]),
    ("keyward-hook", &["tokio", "reqwest", "axum", "hyper", "keyward-app"]),
    ("keyward-app", &["keyward-hook"]),
];

/// Bytes of a page that code hosts still show as a page.
const LARGEST_PAGE: usize = 400_000;

/// Most lines of one source file.
const LONGEST: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every file under `folder` that ends so, named from the root.
fn files(folder: &str, end: &str) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return found };
    for entry in entries {
        let entry = entry.expect("a readable folder");
        let name = format!("{folder}/{}", entry.file_name().display());
        if entry.path().is_dir() && !name.ends_with("/target") {
            found.extend(files(&name, end));
        } else if name.ends_with(end) {
            found.push(name);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<String> {
    ["shared-rules", "hook", "app", "tests"].iter().flat_map(|room| files(room, ".rs")).collect()
}

/// The pages people read.
fn pages() -> Vec<String> {
    let mut pages = files("docs", ".md");
    pages.extend(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(str::to_owned));
    pages
}

/// A page without what stands in its fences: examples name files of their own.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// What stands in fences.
fn examples(text: &str) -> String {
    text.split("```").skip(1).step_by(2).collect()
}

#[test]
fn no_room_knows_what_it_must_not() {
    for (room, forbidden) in ROOMS {
        let mut tree = Command::new(env!("CARGO"));
        tree.current_dir(root()).args([
            "tree",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--package",
            room,
        ]);
        let tree = run(&mut tree);
        tree.exits(0);
        let known: BTreeSet<&str> = tree.out.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(known.contains(room), "{}", tree.out);
        for name in forbidden {
            assert!(!known.contains(name), "{room} depends on {name}");
        }
    }
}

#[test]
fn credentials_are_exposed_only_where_listed() {
    let call = concat!(".exp", "ose()");
    let found: Vec<String> = sources().into_iter().filter(|name| read(name).contains(call)).collect();
    let listed: Vec<&str> = EXPOSES.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, listed);
}

#[test]
fn what_the_compiler_cannot_check_lies_in_the_one_module_that_maps_files() {
    let word = Regex::new(concat!(r"\bunsa", r"fe(_code)?\b")).expect("a pattern");
    let found: Vec<String> = sources().into_iter().filter(|name| word.is_match(&read(name))).collect();
    assert_eq!(found, ["hook/src/objects/map.rs"]);
}

#[test]
fn every_path_in_the_documentation_exists() {
    let path = Regex::new(r"`((?:docs|shared-rules|hook|app|tests|deploy)/[\w./-]*)").expect("a pattern");
    for page in pages() {
        let text = prose(&read(&page));
        for named in path.captures_iter(&text).map(|found| found[1].to_owned()) {
            // The provider that CONTRIBUTING makes up.
            if !named.contains("/acme") {
                assert!(root().join(&named).exists(), "{page} names {named}, which is not there");
            }
        }
    }
}

#[test]
fn every_link_in_the_documentation_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)#:]+)(?:#([^)]*))?\)").expect("a pattern");
    for page in pages() {
        let text = prose(&read(&page));
        for found in link.captures_iter(&text) {
            let target = Path::new(&page).parent().expect("a page lies in a folder").join(&found[1]);
            assert!(root().join(&target).exists(), "{page} links to {}, which is not there", &found[1]);
            if let Some(anchor) = found.get(2) {
                let there = headings(&read(&target.display().to_string()));
                assert!(there.contains(anchor.as_str()), "{page}: {} has no heading #{}", &found[1], anchor.as_str());
            }
        }
    }
}

/// The anchors of a page's headings, as code hosts make them.
fn headings(text: &str) -> BTreeSet<String> {
    let plain = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
    let titles = text
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase());
    titles.map(|title| title.chars().filter(plain).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn every_command_in_the_documentation_exists() {
    let option = Regex::new(r"\s(--[a-z][a-z-]*)").expect("a pattern");
    let inline = Regex::new("`([^`\n]+)`").expect("a pattern");
    let mut seen = 0;
    for page in pages() {
        let text = read(&page);
        let spans: Vec<String> = inline.captures_iter(&prose(&text)).map(|found| found[1].to_owned()).collect();
        let fenced = examples(&text);
        for line in fenced.lines().map(str::trim).chain(spans.iter().map(String::as_str)) {
            let Some(command) = line.trim_start_matches("$ ").strip_prefix("keyward ") else { continue };
            let Some(word) = command
                .split(' ')
                .next()
                .filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
            else {
                continue;
            };
            if word.starts_with('-') {
                continue;
            }
            let help = run(keyward(&root()).args([word, "--help"]));
            assert_eq!(help.code, 0, "{page}: `{line}` names no command");
            let all = format!("{}{}", help.out, below(word, command));
            for named in option.captures_iter(command) {
                assert!(all.contains(&named[1]), "{page}: `keyward {word}` has no {}", &named[1]);
            }
            seen += 1;
        }
    }
    assert!(seen > 5, "only {seen} commands were seen");
}

/// The help of a command's second word, as in `keyward key new`, where it is a command too.
fn below(word: &str, command: &str) -> String {
    let is_word = |second: &&str| second.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let second = command.split(' ').nth(1).filter(is_word);
    second.map(|second| run(keyward(&root()).args([word, second, "--help"])).out).unwrap_or_default()
}

#[test]
fn the_catalogue_is_what_the_command_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(run(keyward(&root()).args(["rules", "pages"]).arg(folder.path())).code, 0);
    let names = |root: &Path| {
        let below = fs::read_dir(root.join("catalogue")).expect("pages").flatten();
        let below = below.map(|entry| format!("catalogue/{}", entry.file_name().to_string_lossy()));
        below.chain(["catalogue.md".to_owned()]).collect::<BTreeSet<_>>()
    };
    let update = "run `cargo run -q -- rules pages docs`";
    let written = names(folder.path());
    assert_eq!(written, names(&root().join("docs")), "{update}, and remove pages of letters without a provider");
    let mut headings_of = BTreeMap::new();
    for name in &written {
        let page = fs::read_to_string(folder.path().join(name)).expect("a page");
        assert!(page == read(&format!("docs/{name}")), "docs/{name} is not what the rules say; {update}");
        assert!(page.len() < LARGEST_PAGE, "{name}: {} bytes are too many for one page", page.len());
        let titles: Vec<&str> = page.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(titles.iter().collect::<BTreeSet<_>>().len(), titles.len(), "{name}: a heading stands twice");
        headings_of.insert(name.clone(), headings(&page));
    }
    let link = Regex::new(r"\]\((catalogue/[^)#]*)?#([^)]*)\)").expect("a pattern");
    let index = read("docs/catalogue.md");
    for found in link.captures_iter(&index) {
        let page = found.get(1).map_or("catalogue.md", |page| page.as_str());
        assert!(headings_of[page].contains(&found[2]), "no heading #{} on {page}", &found[2]);
    }
}

#[test]
fn every_example_configuration_parses() {
    let examples = files("deploy", ".toml");
    assert!(!examples.is_empty());
    for name in examples {
        let parsed = toml::from_str::<toml::Table>(&read(&name));
        assert!(parsed.is_ok(), "{name}: {parsed:?}");
    }
}

#[test]
fn no_source_file_is_longer_than_one_sitting() {
    for name in sources() {
        let lines = read(&name).lines().count();
        assert!(lines <= LONGEST, "{name} has {lines} lines");
    }
}

#[test]
fn nothing_is_left_for_later() {
    let marks =
        Regex::new(concat!(r"\b(TO", r"DO|FIX", r"ME)\b|\bto", r"do!\(|\bunimpl", r"emented!\(")).expect("a pattern");
    for name in sources().into_iter().chain(pages()) {
        let text = read(&name);
        assert!(!marks.is_match(&text), "{name} has {:?}", marks.find(&text).map(|found| found.as_str()));
    }
}

#[test]
fn no_story_sleeps() {
    let sleep = concat!("thread::sl", "eep");
    for name in sources() {
        assert!(!read(&name).contains(sleep), "{name} sleeps; wait for what you want to see");
    }
}

#[test]
fn only_the_output_module_prints() {
    let print = Regex::new(r"\be?print(ln)?!\(|io::std(out|err)\(\)").expect("a pattern");
    let written = ["hook/src", "shared-rules/src"].iter().flat_map(|room| files(room, ".rs"));
    for name in written.filter(|name| name != "hook/src/output.rs") {
        let text = read(&name);
        assert!(!print.is_match(&text), "{name} prints");
    }
}
