//! Where a credential may hide in a push, each place pushed with a real git: rejected, told with commit, path and line, and shown
//! nowhere.

use std::io::Write;
use std::path::Path;

use end_to_end::{CONTACT, Credential, Server, Work, World};

#[test]
fn on_an_existing_branch() {
    let (world, token) = (World::guarded(), Credential::github(1));
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
}

#[test]
fn on_a_new_branch() {
    let (world, token) = (World::guarded(), Credential::github(2));
    world.work.git(["switch", "--quiet", "--create", "try"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.work.commit_file("other.sh", "./test\n");
    world.rejects(&["try"], &token, &first, "deploy.sh:2:").says("refs/heads/try");
}

#[test]
fn in_the_second_of_two_refs() {
    let (world, token) = (World::guarded(), Credential::github(3));
    world.work.commit_file("clean.txt", "clean\n");
    world.work.git(["switch", "--quiet", "--create", "zebra"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main", "zebra"], &token, &first, "deploy.sh:2:").says("refs/heads/zebra");
}

#[test]
fn beside_a_deletion_wherever_it_sorts() {
    for doomed in ["aardvark", "zebra"] {
        let (world, token) = (World::guarded(), Credential::github(4));
        world.accepts_silently(&[&format!("main:{doomed}")]);
        let first = world.work.commit_file("deploy.sh", &token.script());
        world.rejects(&[&format!(":{doomed}"), "main"], &token, &first, "deploy.sh:2:");
    }
}

#[test]
fn added_and_removed_again_in_one_push() {
    let (world, token) = (World::guarded(), Credential::github(5));
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.work.commit_file("deploy.sh", "#!/bin/sh\n./release\n");
    world.rejects(&["main"], &token, &first, "deploy.sh:2:").says(&format!("git rebase -i {first}^"));
}

#[test]
fn in_the_message_of_an_annotated_tag() {
    let (world, token) = (World::guarded(), Credential::github(6));
    world.work.git(["tag", "--annotate", "--message", &format!("Released with {token}"), "v1"]);
    world.rejects(&["v1"], &token, "tag v1", "line 1").says("git tag -d v1");
}

#[test]
fn in_a_blob_that_only_a_tag_names() {
    let (world, token) = (World::guarded(), Credential::github(7));
    let blob = world.work.object("blob", &token.script());
    world.work.git(["tag", "light", &blob]);
    world.rejects(&["light"], &token, &blob[..7], "line 2");
    world.work.git(["tag", "--annotate", "--message", "A file", "heavy", &blob]);
    world.rejects(&["heavy"], &token, &blob[..7], "line 2");
}

#[test]
fn in_a_tree_that_only_a_tag_names() {
    let (world, token) = (World::guarded(), Credential::github(8));
    world.work.commit_file("deploy.sh", &token.script());
    world.work.git(["tag", "files", "HEAD^{tree}"]);
    let blob = world.work.short("HEAD:deploy.sh");
    world.rejects(&["files"], &token, &blob, "line 2");
}

#[test]
fn in_an_evil_merge() {
    let (world, token) = (World::guarded(), Credential::github(9));
    world.work.git(["switch", "--quiet", "--create", "side"]);
    world.work.commit_file("side.txt", "side\n");
    world.work.git(["switch", "--quiet", "main"]);
    world.work.commit_file("main.txt", "main\n");
    world.work.git(["merge", "--quiet", "--no-ff", "--no-commit", "side"]);
    world.work.write("deploy.sh", token.script());
    let merge = world.work.commit("Merge side");
    assert_eq!(world.work.git(["rev-list", "--count", "--merges", "-1", "HEAD"]), "1");
    world.rejects(&["main"], &token, &merge, "deploy.sh:2:");
}

#[test]
fn in_a_forced_push() {
    let (world, token) = (World::guarded(), Credential::github(10));
    world.work.git(["commit", "--quiet", "--amend", "--message", "Another beginning"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["--force", "main"], &token, &first, "deploy.sh:2:");
}

#[test]
fn in_a_commit_message() {
    let (world, token) = (World::guarded(), Credential::github(11));
    let first = world.work.commit(&format!("Release\n\nIt works with {token} now."));
    world.rejects(&["main"], &token, &first, "commit message, line 3").says("git commit --amend");
}

#[test]
fn in_the_name_of_an_author() {
    let (world, token) = (World::guarded(), Credential::github(40));
    let author = format!("--author={token} <dev@example.com>");
    world.work.git(["commit", "--quiet", "--allow-empty", "--message", "Release", &author]);
    let first = world.work.short("HEAD");
    world.rejects(&["main"], &token, &first, "commit ");
}

#[test]
fn in_the_name_of_a_file() {
    let (world, token) = (World::guarded(), Credential::github(41));
    world.work.write(format!("tokens/{token}"), "in use\n");
    let first = world.work.commit("Mark the token");
    world.rejects(&["main"], &token, &first, "tokens/");
}

#[test]
fn in_a_file_that_is_named_like_its_credential() {
    let (world, token) = (World::guarded(), Credential::github(42));
    world.work.write(format!("tokens/{token}"), token.script());
    let first = world.work.commit("Add a script");
    world.rejects(&["main"], &token, &first, ":2:");
}

#[test]
fn in_a_note() {
    let (world, token) = (World::guarded(), Credential::github(12));
    world.work.git(["notes", "add", "--message", &format!("built with {token}")]);
    let (note, noted) = (world.work.short("refs/notes/commits"), world.work.git(["rev-parse", "HEAD"]));
    world.rejects(&["refs/notes/commits"], &token, &note, &format!("{}:1:", &noted[30..]));
}

#[test]
fn in_the_address_of_a_submodule() {
    let (world, token) = (World::guarded(), Credential::github(13));
    let url =
        format!("[submodule \"lib\"]\n\tpath = lib\n\turl = https://x-access-token:{token}@github.com/acme/lib\n");
    world.work.git(["update-index", "--add", "--cacheinfo", &format!("160000,{},lib", "1".repeat(40))]);
    let first = world.work.commit_file(".gitmodules", &url);
    world.rejects(&["main"], &token, &first, ".gitmodules:3:");
}

#[test]
fn in_the_target_of_a_symbolic_link() {
    let (world, token) = (World::guarded(), Credential::github(14));
    std::os::unix::fs::symlink(format!("/run/tokens/{token}"), world.work.path("token")).expect("a link");
    let first = world.work.commit("Link the token");
    world.rejects(&["main"], &token, &first, "token:1:");
}

#[test]
fn in_files_with_odd_names() {
    // As shown: plain ASCII, and nothing that steers a terminal.
    let names = [
        ("tab\there", "tab\\u{9}here"),
        ("quote\"here", "quote\"here"),
        ("caf\u{e9}", "caf\\u{e9}"),
        ("esc\u{1b}[31mred", "esc\\u{1b}[31mred"),
        ("bidi\u{202e}txt", "bidi\\u{202e}txt"),
        ("new\nline", "new\\u{a}line"),
    ];
    for (name, shown) in names {
        let (world, token) = (World::guarded(), Credential::github(15));
        let first = world.work.commit_file(name, &token.script());
        let push = world.rejects(&["main"], &token, &first, &format!("{shown}:2:"));
        assert!(push.message().is_ascii(), "{}", push.text);
        assert!(!push.message().contains(['\t', '\u{1b}']), "{}", push.text);
    }
}

#[test]
fn in_a_file_whose_name_is_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let (world, token) = (World::guarded(), Credential::github(16));
    world.work.write(Path::new(std::ffi::OsStr::from_bytes(b"latin\xe9.sh")), token.script());
    let first = world.work.commit("Add a script");
    world.rejects(&["main"], &token, &first, "latin\\xe9.sh:2:");
}

#[test]
fn among_many_objects_kept_as_a_pack_or_unpacked() {
    for limit in ["1", "10000"] {
        let (world, token) = (World::guarded(), Credential::github(17));
        world.server.git(["config", "receive.unpackLimit", limit]);
        for number in 0..150 {
            world.work.write(format!("src/{number}.txt"), format!("file {number}\n"));
        }
        world.work.write("src/deploy.sh", token.script());
        let first = world.work.commit("Add everything");
        world.rejects(&["main"], &token, &first, "src/deploy.sh:2:");
    }
}

#[test]
fn left_behind_in_the_store_by_a_deleted_branch() {
    let (world, token) = (World::unguarded(), Credential::github(18));
    world.work.git(["switch", "--quiet", "--create", "try"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["try"]);
    world.accepts(&[":try"]);
    world.server.install();
    // Git's own negotiation lets the developer send nothing: the server has the objects, though no ref reaches them.
    let push = world.work.push_negotiated(&["--progress", "try"]);
    push.says("Total 0 ");
    world.assert_rejected(&push, &token, &first, "deploy.sh:2:");
    world.rejects(&["try"], &token, &first, "deploy.sh:2:");
}

#[test]
fn left_behind_below_a_new_commit() {
    let (world, token) = (World::unguarded(), Credential::github(19));
    world.work.git(["switch", "--quiet", "--create", "try"]);
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.accepts(&["try"]);
    world.accepts(&[":try"]);
    world.server.install();
    world.work.commit_file("other.sh", "./test\n");
    let push = world.work.push_negotiated(&["try"]);
    world.assert_rejected(&push, &token, &first, "deploy.sh:2:");
}

#[test]
fn in_the_store_of_a_fork() {
    let (world, token) = (World::guarded(), Credential::github(20));
    let fork = Server::bare();
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.work.git(["push", "--quiet", &fork.path().display().to_string(), "main"]);
    // What a host does that shares objects in a network of forks: git then offers the fork's commits as had.
    let alternates = world.server.path().join("objects/info/alternates");
    std::fs::write(alternates, format!("{}\n", fork.path().join("objects").display())).expect("writable");
    let push = world.rejects(&["--progress", "main"], &token, &first, "deploy.sh:2:");
    push.says("Total 0 ");
}

#[test]
fn in_the_first_commit_of_an_empty_repository() {
    let (server, token) = (Server::guarded(), Credential::github(21));
    let world = World { work: Work::of(&server), server };
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:").says("--amend");
    world.work.commit_file("other.sh", "./test\n");
    world.rejects(&["main"], &token, &first, "deploy.sh:2:").says("git rebase -i --root");
}

#[test]
fn in_a_file_with_nul_bytes() {
    let (world, token) = (World::guarded(), Credential::github(22));
    let first = world.work.commit_file("core.dump", &format!("\0\0ELF\0\n\0token\0{token}\0\0end"));
    world.rejects(&["main"], &token, &first, "core.dump:2:");
}

#[test]
fn in_a_text_in_utf16() {
    let (world, token) = (World::guarded(), Credential::github(41));
    let text: Vec<u8> = token.script().encode_utf16().flat_map(u16::to_le_bytes).collect();
    world.work.write("deploy.ps1", text);
    let first = world.work.commit("add");
    world.rejects(&["main"], &token, &first, "deploy.ps1:2:");
}

#[test]
fn in_a_compressed_member_of_an_archive() {
    let (world, token) = (World::guarded(), Credential::github(42));
    world.work.write("backup.zip", zip_member("conf/app.env", 8, &deflated(&token.script())));
    let first = world.work.commit("add");
    world.rejects(&["main"], &token, &first, "backup.zip!/conf/app.env:2:");
}

#[test]
fn an_encrypted_member_of_an_archive_is_named_and_accepted() {
    let world = World::guarded();
    let mut archive = zip_member("salaries.ods", 8, b"ciphertext");
    archive[6] |= 1;
    world.work.write("letters.zip", archive);
    world.work.commit("add");
    let push = world.accepts(&["main"]);
    let said = push.message().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("its member `salaries.ods` is encrypted"), "{}", push.text);
}

fn deflated(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("memory")
}

/// A zip archive's local header and data, APPNOTE 4.3.7.
fn zip_member(name: &str, method: u8, data: &[u8]) -> Vec<u8> {
    let head =
        [b"PK\x03\x04\x14\0\0\0".as_slice(), &[method, 0], &[0; 16], &(name.len() as u16).to_le_bytes(), &[0, 0]];
    [&head.concat(), name.as_bytes(), data].concat()
}

#[test]
fn behind_git_attributes_that_call_it_binary() {
    let (world, token) = (World::guarded(), Credential::github(23));
    world.work.write(".gitattributes", "* -diff -text binary\n");
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:");
}

#[test]
fn a_new_one_beside_one_that_was_there_before() {
    let (world, old, new) = (World::unguarded(), Credential::github(24), Credential::github(25));
    world.work.commit_file("deploy.sh", &old.script());
    world.accepts(&["main"]);
    world.server.install();
    let first = world.work.commit_file("deploy.sh", &format!("{}export OTHER={new}\n", old.script()));
    let push = world.rejects(&["main"], &new, &first, "deploy.sh:4:");
    push.says("1 secret in 1 commit").says_nothing_of("deploy.sh:2:");
    old.assert_hidden_under(world.server.root());
}

#[test]
fn many_in_one_push_fit_a_screen() {
    let world = World::guarded();
    let tokens: Vec<Credential> = (100..112).map(Credential::github).collect();
    let text: String = tokens.iter().map(|token| format!("token: {token}\n")).collect();
    let first = world.work.commit_file("tokens.yaml", &text);
    let push = world.rejects(&["main"], &tokens[0], &first, "tokens.yaml:1:");
    push.says("12 secrets in 1 commit").says("and 9 more");
    assert!(push.message().lines().count() <= 20, "{}", push.text);
    for token in &tokens {
        token.assert_hidden_in("git's output", push.text.as_bytes());
        token.assert_hidden_under(world.server.root());
    }
}

#[test]
fn the_same_one_in_two_commits_has_one_code_and_is_told_once() {
    let (world, token) = (World::guarded(), Credential::github(26));
    let first = world.work.commit_file("deploy.sh", &token.script());
    let second = world.work.commit_file("copy/deploy.sh", &format!("# a copy\n{}", token.script()));
    let push = world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    push.says("1 secret in 2 commits").says(&format!("{first} (first), {second}"));
}

#[test]
fn what_a_developer_reads() {
    let (world, token) = (World::guarded(), Credential::github(27));
    world.work.commit_file("deploy.sh", &token.script());
    world.work.commit_file("deploy.sh", "#!/bin/sh\n./release\n");
    let push = world.work.push(["main"]);
    let mut settings = insta::Settings::clone_current();
    settings.add_filter("KW-[0-9A-Z]{8}", "[CODE]");
    settings.add_filter(r"\b[0-9a-f]{7}\b", "[COMMIT]");
    settings.add_filter("To .*", "To [SERVER]");
    settings.add_filter("refs to '.*'", "refs to '[SERVER]'");
    // Git pads what the other side says to clear the line.
    settings.add_filter("(?m) +$", "");
    settings.bind(|| insta::assert_snapshot!(push.text));
}

#[test]
fn the_fix_of_the_message_works_for_the_last_commit() {
    let (world, token) = (World::guarded(), Credential::github(28));
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:").says("git commit -a --amend").says(CONTACT);
    world.work.write("deploy.sh", "#!/bin/sh\n./release\n");
    world.work.git(["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    world.accepts_silently(&["main"]);
}

#[test]
fn the_fix_of_the_message_works_for_an_older_commit() {
    let (world, token) = (World::guarded(), Credential::github(43));
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.work.commit_file("other.sh", "./test\n");
    let push = world.rejects(&["main"], &token, &first, "deploy.sh:2:");
    push.says(&format!("git rebase -i {first}^   and mark {first} \"edit\""));
    world.work.git(["-c", "sequence.editor=sed -i 1s/pick/edit/", "rebase", "--quiet", "-i", &format!("{first}^")]);
    world.work.write("deploy.sh", "#!/bin/sh\n./release\n");
    // What else the message says to do before this, is done.
    for command in ["git add -u", "git commit -a --amend"] {
        if push.text.contains(command) {
            world.work.git(command.split(' ').skip(1).chain(command.contains("amend").then_some("--no-edit")));
        }
    }
    push.says("git rebase --continue");
    world.work.git(["-c", "core.editor=true", "rebase", "--continue"]);
    world.accepts_silently(&["main"]);
}

#[test]
fn the_message_says_why_it_is_believed() {
    let (world, token) = (World::guarded(), Credential::github(44));
    let first = world.work.commit_file("deploy.sh", &token.script());
    world.rejects(&["main"], &token, &first, "deploy.sh:2:").says("checksum is correct");
}
