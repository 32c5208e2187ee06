//! Writes what fuzzing starts from: `cargo run --release --example seeds -- FOLDER` fills FOLDER/<target>/. The credentials in it are
//! expanded from the rules' own templates, so keep the folder out of the tree.

use std::path::{Path, PathBuf};
use std::{env, fs};

use keyward_rules::Catalogue;
use keyward_rules::grant::Grant;
use keyward_rules::ledger::{self, Head, Link};
use keyward_rules::rule::sample::Sample;
use keyward_rules::sign::PrivateKey;
use keyward_rules::window::{Window, WindowKind, Windows};

fn main() {
    let folder = PathBuf::from(env::args().nth(1).expect("a folder outside the tree"));
    let catalogue = Catalogue::builtin_with_samples();
    for (number, rule) in catalogue.rules().iter().enumerate() {
        for (index, template) in rule.samples.matches.iter().enumerate() {
            let name = format!("{number}-{index}");
            let text = Sample::expand(template, 1, rule.structure).expect("the rules are proved").text;
            write(&folder, "engine", &name, format!("deploy/run.sh\0{text}").as_bytes());
            write(&folder, "encoded", &name, format!("{}{text}", char::from(b' ' + (number % 64) as u8)).as_bytes());
            write(&folder, "container", &name, format!("\u{1}{text})] TJ ET\nendstream").as_bytes());
            write(&folder, "template", &name, template.as_bytes());
        }
    }
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared-rules/rules");
    for entry in fs::read_dir(rules).expect("the rules are there").step_by(5) {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        write(&folder, "rule_file", &name, &fs::read(&path).expect("readable"));
    }
    let allow = "[[allow]]\nrule = \"acme-token\"\npath = \"docs/*\"\nreason = \"sample\"\nowner = \"ann\"\nexpires = 2027-01-31\n";
    write(&folder, "allowlist", "place", allow.as_bytes());
    let policy = "block = \"high\"\nwarn = \"low\"\n[[rule]]\nid = \"generic-*\"\npath = \"docs/*\"\naction = \"warn\"\n[doubt]\ntime = \"reject\"\n";
    write(&folder, "policy", "exception", policy.as_bytes());
    packs(&folder);
    guard(&folder);
}

/// Objects, and entries of packs in the form that the targets take.
fn packs(folder: &Path) {
    let digits = "0123456789abcdef0123456789abcdef01234567";
    let commit = format!("tree {digits}\nparent {digits}\nparent {digits}\nauthor A <a> 0 +0000\n\nwords\n");
    write(folder, "commit", "merge", commit.as_bytes());
    write(folder, "commit", "tag", format!("object {digits}\ntype commit\ntag v1\n\nwords\n").as_bytes());
    let entry = |mode: &str, name: &str| [mode.as_bytes(), b" ", name.as_bytes(), &[0; 21]].concat();
    let tree = [entry("100644", "file"), entry("120000", "link"), entry("40000", "folder")].concat();
    write(folder, "tree", "folder", &tree);
    write(folder, "loose", "content", b"\x01blob 4\0text");
    let index = [&[2u8][..], &[7; 20], &[8; 20], &[0; 8], &[0, 0, 0, 12, 0, 0, 0, 40]].concat();
    write(folder, "idx", "two", &index);
    // To a base of 26 bytes: a copy, new bytes, a copy of what follows.
    let delta = b"\x1a\x1c\x90\x0a\x02--\x91\x0a\x10";
    let base = b"abcdefghijklmnopqrstuvwxyz";
    write(folder, "delta", "edit", &[&[26][..], base, delta].concat());
    let whole = [&[3, 0, 26][..], base].concat();
    let made = |kind: u8| [&[kind, 0, delta.len() as u8][..], delta].concat();
    for (choice, name) in [(0x80, "sha1"), (0x87, "sha256")] {
        write(folder, "pack", name, &[&[choice][..], &whole, &made(6), &made(7), &[7, 9, 0]].concat());
    }
}

/// A grant, a ledger with its head, a baseline and a window.
fn guard(folder: &Path) {
    let key = PrivateKey::new(&[2; 32]);
    let grant = Grant {
        secret: "KW-7F3K9QXD".into(),
        repository: "group/app".into(),
        commit: "1".repeat(40),
        reference: "refs/heads/main".into(),
        user: Some("ann".into()),
        reason: "r".into(),
        issued: 1_796_000_000,
        expires: 1_796_003_600,
    };
    write(folder, "grant", "signed", grant.sign(&key).expect("a good grant").as_bytes());
    let (line, link) = ledger::write(&Link::default(), "{\"time\":\"2026-12-01T10:44:31Z\",\"kind\":\"push\"}");
    let head = Head::sign(&link, "2026-12-01T10:44:31Z", &key);
    write(folder, "ledger", "one", format!("{line}\n\0{head}\n").as_bytes());
    let entry = format!(
        "{{\"fingerprint\":\"{}\",\"repository\":\"group/app\",\"code\":\"KW-7F3K9QXD\",\"rule\":\"a\",\"path\":\"b\",\"line\":1,\"added\":\"2026-12-01\"}}\n",
        "ab".repeat(32)
    );
    write(folder, "server_files", "baseline", entry.as_bytes());
    let window =
        Window { kind: WindowKind::Off, repository: None, opened: 0, until: 60, by: "ann".into(), reason: "r".into() };
    let mut windows = Windows::default();
    windows.open(window).expect("a good window");
    write(folder, "server_files", "window", windows.to_text().as_bytes());
}

fn write(folder: &Path, target: &str, name: &str, bytes: &[u8]) {
    let folder = folder.join(target);
    fs::create_dir_all(&folder).expect("a folder to write to");
    fs::write(folder.join(name), bytes).expect("a file to write");
}
