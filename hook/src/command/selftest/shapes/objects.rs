//! What kind of object it is in, where in it, and how git sends it.

use anyhow::Result;
use keyward_rules::rule::sample::Sample;

use super::super::shape::{Family, Plant, Shape};
use super::super::wire::{self, Road};
use super::super::world::{Push, World};

/// Bytes of one very long line, and of one that is longer than any person's.
const LONG_LINE: usize = 3 << 20;
const MINIFIED: usize = 20 << 20;

/// Bytes after which every engine that takes a file in pieces is at the end of one.
const SEAM: usize = 1 << 20;

/// Objects from which on git keeps a push as a pack, where nothing is configured.
const UNPACK_LIMIT: usize = 100;

pub(super) const FAMILY: Family = Family {
    name: "objects",
    title: "Objects",
    intro: "What kind of object it is in, where in it, and how git sends it.",
    shapes: &[
        Shape::leak("commit-message", "in a commit message", commit_message),
        Shape::leak("commit-author", "in the name of a commit's author", commit_author),
        Shape::leak("commit-header", "in a header of a commit that git does not know", commit_header),
        Shape::leak("file-name", "in the name of a file", file_name),
        Shape::leak("folder-name", "in the name of a folder", folder_name),
        Shape::leak("symbolic-link", "in the target of a symbolic link", symbolic_link),
        Shape::leak("submodule-address", "in the address of a submodule", submodule_address),
        Shape::leak("name-with-quotes", "in a file whose name has a tab, quotes and an umlaut", name_with_quotes),
        Shape::leak("name-with-escapes", "in a file whose name colours the terminal", name_with_escapes),
        Shape::leak("name-with-bidi", "in a file whose name turns the reading direction", name_with_bidi),
        Shape::leak("name-with-line-break", "in a file whose name has a line break", name_with_line_break),
        Shape::leak("name-not-utf8", "in a file whose name is not UTF-8", name_not_utf8),
        Shape::leak("deep-folders", "200 folders deep", deep_folders),
        Shape::leak("nul-bytes", "in a file with NUL bytes", nul_bytes),
        Shape::leak("binary-by-attribute", "behind attributes that call everything binary", binary_by_attribute),
        Shape::leak(
            "attributes-of-the-server",
            "the same with `attr.tree` set on the server",
            attributes_of_the_server,
        ),
        Shape::leak("inline-marks", "behind comments by which other scanners let it pass", inline_marks),
        Shape::leak("ignore-files", "in a file that ignore files and scanners' configurations name", ignore_files),
        Shape::leak("long-line", "in the middle of a line of 3 MB", long_line),
        Shape::leak("minified", "in the middle of a minified line of 20 MB", minified),
        Shape::leak("last-bytes", "in the last bytes of 5 MB, without a line end", last_bytes),
        Shape::leak("chunk-seam", "across the end of the first MiB", chunk_seam),
        Shape::leak("kept-as-a-pack", "among 150 objects that the server keeps as a pack", kept_as_a_pack),
        Shape::leak("unpacked", "among 150 objects that the server unpacks", unpacked),
        Shape::leak("one-object-as-a-pack", "in a small push that the server keeps as a pack", one_object_as_a_pack),
        Shape::leak("thin-pack", "in a line that a thin pack adds to an old file", thin_pack),
        Shape::leak("delta-seam", "where two copied parts of another file meet, with no new byte", delta_seam),
        Shape::leak("one-byte", "made by a change of one byte, sent as a delta", one_byte),
        Shape::leak("key-block-seam", "a key whose first line is copied from another file", key_block_seam)
            .planting(Plant::KeyBlock),
        Shape::leak("unreachable-in-the-pack", "in an object of the pack that nothing names", unreachable_in_the_pack),
    ],
};

fn commit_message(world: &World) -> Result<Push> {
    world.commit(&format!("Release\n\nIt works with {} now.", world.secret()))?;
    world.push(&["main"])
}

fn commit_author(world: &World) -> Result<Push> {
    let author = format!("--author={} <dev@example.com>", world.secret());
    world.git(&["commit", "--quiet", "--allow-empty", "--message", "Release", &author])?;
    world.push(&["main"])
}

fn commit_header(world: &World) -> Result<Push> {
    world.commit("Release")?;
    let commit = world.git(&["cat-file", "commit", "HEAD"])?;
    let with = commit.replacen("\n\n", &format!("\nbuilt-with {}\n\n", world.secret()), 1);
    let id = world.object("commit", format!("{with}\n").as_bytes())?;
    world.git(&["update-ref", "refs/heads/main", &id])?;
    world.push(&["main"])
}

/// Commits a file at a path that no file system need allow, and pushes.
fn push_at(world: &World, path: &[u8], content: &[u8]) -> Result<Push> {
    world.add_at(path, content)?;
    world.commit_index("Add a file")?;
    world.push(&["main"])
}

fn file_name(world: &World) -> Result<Push> {
    push_at(world, format!("tokens/{}", world.secret()).as_bytes(), b"in use\n")
}

fn folder_name(world: &World) -> Result<Push> {
    push_at(world, format!("tokens/{}/state", world.secret()).as_bytes(), b"in use\n")
}

fn symbolic_link(world: &World) -> Result<Push> {
    let target = world.object("blob", format!("/run/tokens/{}", world.secret()).as_bytes())?;
    world.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{target},token")])?;
    world.commit_index("Link the token")?;
    world.push(&["main"])
}

fn submodule_address(world: &World) -> Result<Push> {
    let url = format!("https://x-access-token:{}@github.com/acme/lib", world.secret());
    let modules = format!("[submodule \"lib\"]\n\tpath = lib\n\turl = {url}\n");
    let linked = world.git(&["rev-parse", "HEAD"])?;
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{linked},lib")])?;
    push_at(world, b".gitmodules", modules.as_bytes())
}

fn name_with_quotes(world: &World) -> Result<Push> {
    push_at(world, "a\ttab \"quoted\" caf\u{e9}.sh".as_bytes(), world.script().as_bytes())
}

fn name_with_escapes(world: &World) -> Result<Push> {
    push_at(world, b"\x1b[2J\x1b[31mred\x1b]0;title\x07.sh", world.script().as_bytes())
}

fn name_with_bidi(world: &World) -> Result<Push> {
    push_at(world, "photo\u{202e}gpj.sh\u{2066}\u{200b}".as_bytes(), world.script().as_bytes())
}

fn name_with_line_break(world: &World) -> Result<Push> {
    push_at(world, b"new\nhint: all is well\r\nline.sh", world.script().as_bytes())
}

fn name_not_utf8(world: &World) -> Result<Push> {
    push_at(world, b"latin\xe9\xff.sh", world.script().as_bytes())
}

fn deep_folders(world: &World) -> Result<Push> {
    push_at(world, format!("{}deploy.sh", "d/".repeat(200)).as_bytes(), world.script().as_bytes())
}

fn push_file(world: &World, name: &str, content: impl AsRef<[u8]>) -> Result<Push> {
    world.commit_file(name, content)?;
    world.push(&["main"])
}

fn nul_bytes(world: &World) -> Result<Push> {
    push_file(world, "core.dump", format!("\0\0ELF\0\n\0token\0{}\0\0end", world.secret()))
}

fn binary_by_attribute(world: &World) -> Result<Push> {
    world.write(".gitattributes", "* -diff -text -merge binary\n")?;
    push_file(world, "deploy.sh", world.script())
}

fn attributes_of_the_server(world: &World) -> Result<Push> {
    world.commit_file(".gitattributes", "* -diff -text binary\n")?;
    world.let_in("main")?;
    world.configure("attr.tree", "HEAD")?;
    push_file(world, "deploy.sh", world.script())
}

fn inline_marks(world: &World) -> Result<Push> {
    let marks =
        ["gitleaks:allow", "betterleaks:allow", "kingfisher:ignore", "trufflehog:ignore", "ggignore", "keyward:allow"];
    push_file(world, "app.env", format!("TOKEN={}  # {} pragma: allowlist secret\n", world.secret(), marks.join(" ")))
}

fn ignore_files(world: &World) -> Result<Push> {
    for name in [".gitleaksignore", ".gitignore", ".trufflehogignore", ".keywardignore", ".ggshieldignore"] {
        world.write(name, "deploy.sh\n*\n")?;
    }
    world.write(".gitleaks.toml", "[allowlist]\npaths = ['''.*''']\n")?;
    world.write(".keyward.toml", "[policy]\nblock = \"never\"\n")?;
    world.write(".github/secret_scanning.yml", "paths-ignore:\n  - \"**\"\n")?;
    world.write("deploy.sh", world.script())?;
    world.git(&["add", "--all", "--force"])?;
    world.commit_index("Add a script")?;
    world.push(&["main"])
}

/// Text of a minified program: statements that differ, without a line end.
pub(super) fn statements(length: usize) -> String {
    let mut text = String::with_capacity(length + 80);
    let mut number = 0u32;
    while text.len() < length {
        text.push_str(&format!("function f{number}(a,b){{return a[{}]+b.c{number}}};", number % 977));
        number += 1;
    }
    text
}

fn in_the_middle(world: &World, length: usize) -> String {
    format!("{}var token=\"{}\";{}", statements(length / 2), world.secret(), statements(length / 2))
}

fn long_line(world: &World) -> Result<Push> {
    push_file(world, "bundle.js", in_the_middle(world, LONG_LINE))
}

fn minified(world: &World) -> Result<Push> {
    push_file(world, "dist/bundle.min.js", in_the_middle(world, MINIFIED))
}

fn last_bytes(world: &World) -> Result<Push> {
    push_file(world, "dump.sql", format!("{}\nTOKEN={}", statements(5 << 20), world.secret()))
}

/// It begins a little before the first MiB ends, and so before the end of every smaller piece that an engine may take at a time.
fn chunk_seam(world: &World) -> Result<Push> {
    let before = statements(SEAM);
    let start = SEAM - world.secret().len() / 2 - 1;
    push_file(world, "padded.txt", format!("{} {}\n{}", &before[..start], world.secret(), statements(SEAM)))
}

/// Files enough for a push that git keeps as a pack by itself.
pub(super) fn many_files(world: &World) -> Result<()> {
    for number in 0..UNPACK_LIMIT * 3 / 2 {
        world.write(&format!("src/{number}.txt"), format!("file {number}\n"))?;
    }
    Ok(())
}

fn with_limit(world: &World, limit: &str) -> Result<Push> {
    world.configure("receive.unpackLimit", limit)?;
    many_files(world)?;
    push_file(world, "src/deploy.sh", world.script())
}

fn kept_as_a_pack(world: &World) -> Result<Push> {
    with_limit(world, "1")
}

fn unpacked(world: &World) -> Result<Push> {
    with_limit(world, "10000")
}

fn one_object_as_a_pack(world: &World) -> Result<Push> {
    world.configure("receive.unpackLimit", "1")?;
    push_file(world, "deploy.sh", world.script())
}

/// Lines of letters that no two runs of 16 bytes share, so that git finds the copies a shape is about and no others.
fn filler(seed: u64, lines: usize) -> Result<String> {
    let line = |number| Sample::expand("{lower:60}\n", seed << 32 | number as u64, None).map(|sample| sample.text);
    (0..lines).map(line).collect::<Result<String, String>>().map_err(anyhow::Error::msg)
}

/// `old` is on the server, `new` is pushed as a delta on it, and the server keeps the delta.
fn as_a_delta(world: &World, old: &str, new: &str) -> Result<Push> {
    world.commit_file("large.txt", old)?;
    world.let_in("main")?;
    world.configure("receive.unpackLimit", "1")?;
    world.commit_file("large.txt", new)?;
    world.push(&["--thin", "--progress", "main"])?.saying("(delta 1)")
}

fn thin_pack(world: &World) -> Result<Push> {
    let (head, tail) = (filler(1, 100)?, filler(2, 100)?);
    as_a_delta(world, &format!("{head}{tail}"), &format!("{head}TOKEN={}\n{tail}", world.secret()))
}

fn delta_seam(world: &World) -> Result<Push> {
    let (head, between, tail) = (filler(1, 100)?, filler(2, 100)?, filler(3, 100)?);
    let (first, second) = world.secret().split_at(20);
    as_a_delta(world, &format!("{head}{first}\n{between}\n{second}\n{tail}"), &format!("{head}{first}{second}\n{tail}"))
}

fn one_byte(world: &World) -> Result<Push> {
    let (head, tail) = (filler(1, 100)?, filler(2, 100)?);
    let whole = format!("{head}TOKEN={}\n{tail}", world.secret());
    // Without its third letter it is nothing.
    as_a_delta(world, &whole.replacen("ghp_", "gh?_", 1), &whole)
}

fn key_block_seam(world: &World) -> Result<Push> {
    let (head, tail) = (filler(1, 100)?, filler(2, 100)?);
    let (first, rest) = world.secret().split_once('\n').unwrap_or_default();
    as_a_delta(world, &format!("{head}{first}\n{tail}"), &format!("{head}{first}\n{rest}\n{tail}"))
}

fn unreachable_in_the_pack(world: &World) -> Result<Push> {
    world.commit_file("clean.txt", "clean\n")?;
    let mut objects = wire::new_objects(world)?;
    objects.push(world.object("blob", world.script().as_bytes())?);
    wire::push(world, Road::Direct, "main", &objects)
}
