//! Pushes without a new credential: each kind must pass, for a hook that rejects those is soon taken out.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_rules::rule::sample::Sample;

use super::super::made::{Pdf, Zip, database, gzip, noise, tar};
use super::super::shape::{Expected, Family, Plant, Shape};
use super::super::wire::{self, Road};
use super::super::world::{Push, World};
use super::containers::{document, java_archive};
use super::encodings::notebook;
use super::objects::{many_files, statements};
use super::stores::{commit_in, cut_off, forked, shallow_clone_of};

/// Bytes that a file of an archive unpacks to, more than is looked at.
const OVERSIZED: usize = 70 << 20;

pub(super) const FAMILY: Family = Family {
    name: "clean",
    title: "Clean pushes",
    intro: "Pushes without a new credential: each kind must pass.",
    shapes: &[
        Shape::clean("clean-commit", "one commit", |world| push(world, "src/main.rs", "fn main() {}\n")),
        Shape::clean("clean-branch", "a new branch", clean_branch),
        Shape::clean("clean-forced", "a forced push that replaces history", clean_forced),
        Shape::clean("clean-merge", "a merge", clean_merge),
        Shape::clean("clean-atomic", "two refs at once or none", clean_atomic),
        Shape::clean("clean-tags", "a tag, a tag of it, tags on a blob and a tree, and a note", clean_tags),
        Shape::clean("clean-pack", "so many files that the server keeps a pack", clean_pack),
        Shape::clean("deletion", "the deletion of a branch", deletion),
        Shape::clean("nothing", "nothing, since all is there", nothing),
        Shape::clean("thousand-refs", "1,000 new branches", thousand_refs),
        Shape::clean(
            "existing-commit",
            "a new branch on a commit that is there, with a credential from before",
            existing_commit,
        ),
        Shape::clean("clean-sha256", "to a repository with SHA-256 ids", clean_branch).on(&["--object-format=sha256"]),
        Shape::clean("clean-reftable", "to a repository that keeps its refs as a reftable", clean_branch)
            .on(&["--ref-format=reftable"]),
        Shape::clean("clean-http", "through git's own `http-backend`", clean_http),
        Shape::clean("clean-shallow", "from a clone without its history", clean_shallow),
        Shape::clean("clean-shallow-update", "of a history that is cut off", clean_shallow_update),
        Shape::clean("clean-fork", "of a commit that a fork's store has", clean_fork),
        Shape::clean("clean-submodule", "a submodule", clean_submodule),
        Shape::clean("clean-names", "files with odd and hostile names", clean_names),
        Shape::clean("old-base", "a thin pack whose base held a credential that its new version has not", old_base),
        Shape::clean("edited", "another line of a file with a credential from before", edited)
            .expecting(Expected::Known),
        Shape::clean("renamed", "a new name for such a file", renamed).expecting(Expected::Known),
        Shape::clean("merged", "a merge of a branch with such a file", merged),
        Shape::clean("vendored-keys", "a change beside test keys that are there", vendored_keys)
            .planting(Plant::KeyBlock),
        Shape::clean("vendored-keys-moved", "test keys that are there, in another folder", vendored_keys_moved)
            .planting(Plant::KeyBlock)
            .expecting(Expected::Known),
        Shape::clean("encrypted-zip", "a zip archive with a password", encrypted_zip).expecting(Expected::Named),
        Shape::clean("encrypted-pdf", "a PDF document with a password", encrypted_pdf).expecting(Expected::Named),
        Shape::clean("seven-zip", "a 7z archive", seven_zip).expecting(Expected::Named),
        Shape::clean("oversized-jar", "a Java archive that unpacks to more than is looked at", oversized_jar)
            .expecting(Expected::Named),
        Shape::clean("lfs-pointer", "a Git LFS pointer", lfs_pointer).expecting(Expected::Named),
        Shape::clean("binary-assets", "pictures, fonts and a program", binary_assets),
        Shape::clean("documents", "a Word document, a PDF document, a database and archives", documents),
        Shape::clean("notebook", "a notebook with a picture", clean_notebook),
        Shape::clean("minified-program", "a minified program with its source map", minified_program),
        Shape::clean("utf16-text", "a text in UTF-16", utf16_text),
        Shape::clean("lock-files", "lock files of five package managers", lock_files),
        Shape::clean("checksums", "checksums, ids and public keys", checksums),
        Shape::clean("placeholders", "what stands where a credential shall be put", placeholders),
    ],
};

fn push(world: &World, name: &str, content: impl AsRef<[u8]>) -> Result<Push> {
    world.commit_file(name, content)?;
    world.push(&["HEAD"])
}

/// Expands a template; every number gives another text.
fn sample(template: &str, number: u64) -> Result<String> {
    Ok(Sample::expand(template, number, None).map_err(anyhow::Error::msg)?.text)
}

/// Lines from a template.
fn lines(template: &str, count: u64) -> Result<String> {
    (0..count).map(|number| sample(template, number)).collect()
}

fn clean_branch(world: &World) -> Result<Push> {
    world.branch("try")?;
    push(world, "src/main.rs", "fn main() {}\n")
}

fn clean_forced(world: &World) -> Result<Push> {
    world.git(&["commit", "--quiet", "--amend", "--message", "Another beginning"])?;
    world.push(&["--force", "main"])
}

fn clean_merge(world: &World) -> Result<Push> {
    world.branch("side")?;
    world.commit_file("side.txt", "side\n")?;
    world.git(&["switch", "--quiet", "main"])?;
    world.commit_file("main.txt", "main\n")?;
    world.git(&["merge", "--quiet", "--no-ff", "--no-edit", "side"])?;
    world.push(&["main"])
}

fn clean_atomic(world: &World) -> Result<Push> {
    world.branch("side")?;
    world.commit_file("side.txt", "side\n")?;
    world.push(&["--atomic", "main:refs/heads/copy", "side"])
}

fn clean_tags(world: &World) -> Result<Push> {
    world.commit_file("src/main.rs", "fn main() {}\n")?;
    world.git(&["tag", "--annotate", "--message", "The first", "v1"])?;
    world.git(&["tag", "--annotate", "--message", "Signed off", "outer", "v1"])?;
    world.git(&["tag", "blob", "HEAD:src/main.rs"])?;
    world.git(&["tag", "tree", "HEAD^{tree}"])?;
    world.git(&["notes", "add", "--message", "built"])?;
    world.push(&["--tags", "refs/notes/commits"])
}

fn clean_pack(world: &World) -> Result<Push> {
    many_files(world)?;
    world.commit("Add many files")?;
    world.push(&["main"])
}

fn deletion(world: &World) -> Result<Push> {
    world.serve(&["branch", "old", "main"])?;
    world.push(&[":old"])
}

fn nothing(world: &World) -> Result<Push> {
    world.push(&["main"])?.saying("Everything up-to-date")
}

fn thousand_refs(world: &World) -> Result<Push> {
    let commands: String = (0..1000).map(|number| format!("create refs/heads/many/{number} HEAD\n")).collect();
    world.commit_file("src/main.rs", "fn main() {}\n")?;
    world.git_with(&["update-ref", "--stdin"], commands.as_bytes())?;
    world.push(&["refs/heads/many/*"])
}

/// A credential that was in a file before the hook came.
fn there_before(world: &World) -> Result<()> {
    world.commit_file("deploy.sh", world.script())?;
    world.let_in("main")
}

fn existing_commit(world: &World) -> Result<Push> {
    there_before(world)?;
    world.push(&["main:refs/heads/again"])
}

fn clean_http(world: &World) -> Result<Push> {
    world.branch("try")?;
    world.commit_file("src/main.rs", "fn main() {}\n")?;
    wire::push(world, Road::Http, "try", &wire::new_objects(world)?)
}

fn clean_shallow(world: &World) -> Result<Push> {
    world.commit_file("second.txt", "second\n")?;
    world.let_in("main")?;
    let clone = shallow_clone_of(world, &world.server(), "main")?;
    commit_in(world, &clone, "main.rs", "fn main() {}\n")?;
    world.push_from(&clone, &[], &["main"])
}

fn clean_shallow_update(world: &World) -> Result<Push> {
    let clone = cut_off(world)?;
    commit_in(world, &clone, "main.rs", "fn main() {}\n")?;
    world.push_from(&clone, &[], &["other"])
}

fn clean_fork(world: &World) -> Result<Push> {
    world.branch("try")?;
    world.commit_file("src/main.rs", "fn main() {}\n")?;
    forked(world, "try")?;
    world.push(&["try"])
}

fn clean_submodule(world: &World) -> Result<Push> {
    let linked = world.git(&["rev-parse", "HEAD"])?;
    world.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{linked},lib")])?;
    world.add_at(b".gitmodules", b"[submodule \"lib\"]\n\tpath = lib\n\turl = https://github.com/acme/lib\n")?;
    world.commit_index("Add a library")?;
    world.push(&["main"])
}

fn clean_names(world: &World) -> Result<Push> {
    let names = ["a\ttab \"quoted\" caf\u{e9}", "\u{1b}[31mred", "bidi\u{202e}txt", "new\nhint: all is well"];
    for name in names {
        world.add_at(name.as_bytes(), b"text\n")?;
    }
    world.add_at(b"latin\xe9", b"text\n")?;
    world.commit_index("Add files")?;
    world.push(&["main"])
}

fn old_base(world: &World) -> Result<Push> {
    let filler = lines("{lower:60}\n", 200)?;
    world.commit_file("large.sh", format!("{filler}{}", world.script()))?;
    world.let_in("main")?;
    world.configure("receive.unpackLimit", "1")?;
    world.commit_file("large.sh", format!("{filler}./release\n"))?;
    world.push(&["--thin", "--progress", "main"])?.saying("(delta 1)")
}

fn edited(world: &World) -> Result<Push> {
    there_before(world)?;
    push(world, "deploy.sh", world.script().replace("./release", "./release --fast"))
}

fn renamed(world: &World) -> Result<Push> {
    there_before(world)?;
    world.git(&["mv", "deploy.sh", "release.sh"])?;
    world.commit_index("Rename the script")?;
    world.push(&["main"])
}

fn merged(world: &World) -> Result<Push> {
    there_before(world)?;
    world.git(&["switch", "--quiet", "--create", "side", "HEAD^"])?;
    world.commit_file("side.txt", "side\n")?;
    world.git(&["merge", "--quiet", "--no-edit", "main"])?;
    world.push(&["side"])
}

/// A key for tests that a vendored library brings, there before the hook came.
fn vendored(world: &World) -> Result<()> {
    world.write("vendor/tls/testdata/server.pem", format!("{}\n", world.secret()))?;
    world.commit_file("vendor/tls/tls.go", "package tls\n")?;
    world.let_in("main")
}

fn vendored_keys(world: &World) -> Result<Push> {
    vendored(world)?;
    push(world, "vendor/tls/tls.go", "package tls // of another version\n")
}

fn vendored_keys_moved(world: &World) -> Result<Push> {
    vendored(world)?;
    world.git(&["mv", "vendor", "third_party"])?;
    world.commit_index("Move libraries")?;
    world.push(&["main"])
}

fn encrypted_zip(world: &World) -> Result<Push> {
    push(world, "letters.zip", Zip::default().lock("salaries.ods", &noise(1, 4_000)).finish())
}

fn encrypted_pdf(world: &World) -> Result<Push> {
    push(world, "letter.pdf", Pdf::locked(&noise(2, 4_000)))
}

fn seven_zip(world: &World) -> Result<Push> {
    push(world, "backup.7z", [b"7z\xbc\xaf\x27\x1c\0\x04", &noise(3, 4_000)[..]].concat())
}

fn oversized_jar(world: &World) -> Result<Push> {
    push(world, "lib/maps.jar", java_archive("maps/world.bin", &vec![0; OVERSIZED])?)
}

fn lfs_pointer(world: &World) -> Result<Push> {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{hex:64}\nsize 120034\n";
    push(world, "video.mp4", sample(pointer, 1)?)
}

fn binary_assets(world: &World) -> Result<Push> {
    let heads: [(&str, &[u8]); 6] = [
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
        ("font.woff2", b"wOF2\0\x01\0\0"),
        ("icon.ico", b"\0\0\x01\0\x01\0"),
        ("app.wasm", b"\0asm\x01\0\0\0"),
        ("tool", b"\x7fELF\x02\x01\x01\0"),
    ];
    for (number, (name, head)) in heads.into_iter().enumerate() {
        world.write(&format!("assets/{name}"), [head, &noise(number as u64, 200_000)].concat())?;
    }
    world.commit("Add assets")?;
    world.push(&["main"])
}

fn documents(world: &World) -> Result<Push> {
    let text = "Ask the administrator for a token and keep it in the vault.";
    world.write("handbook.docx", document(text)?)?;
    for (name, kind) in [("open.pdf", Pdf::Open), ("compressed.pdf", Pdf::Compressed), ("base85.pdf", Pdf::Ascii85)] {
        world.write(name, kind.typesetting(text)?)?;
    }
    world.write("app.sqlite", database(&[["theme", "dark", "chosen"], ["github", "", "none"]]))?;
    world.write("app.jar", java_archive("application.properties", b"github.token=${GITHUB_TOKEN}\n")?)?;
    world.write("backup.tar.gz", gzip(&tar(&[("README", text.as_bytes())])?)?)?;
    world.commit("Add documents")?;
    world.push(&["main"])
}

fn clean_notebook(world: &World) -> Result<Push> {
    let picture = STANDARD.encode([b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", &noise(7, 60_000)[..]].concat());
    push(world, "explore.ipynb", notebook("import pandas as pd\n", "42\n", &picture)?)
}

fn minified_program(world: &World) -> Result<Push> {
    world.write("dist/app.js", format!("{}\n//# sourceMappingURL=app.js.map\n", statements(2 << 20)))?;
    let mappings = sample("{of(ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz;,):200000}", 1)?;
    push(world, "dist/app.js.map", format!("{{\"version\":3,\"sources\":[\"app.ts\"],\"mappings\":\"{mappings}\"}}"))
}

fn utf16_text(world: &World) -> Result<Push> {
    let text = "\u{feff}Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software\\Acme]\r\n";
    push(world, "acme.reg", text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

fn lock_files(world: &World) -> Result<Push> {
    let templates = [
        (
            "package-lock.json",
            "    \"node_modules/{lower:9}\": {\n      \"version\": \"1.2.3\",\n      \"resolved\": \"https://registry.example.com/{lower:9}.tgz\",\n      \"integrity\": \"sha512-{b64:64}\"\n    },\n",
        ),
        (
            "yarn.lock",
            "{lower:9}@^1.2.3:\n  version \"1.2.3\"\n  resolved \"https://registry.example.com/{lower:9}.tgz#{hex:40}\"\n  integrity sha512-{b64:64}\n\n",
        ),
        ("Cargo.lock", "[[package]]\nname = \"{lower:9}\"\nversion = \"1.2.3\"\nchecksum = \"{hex:64}\"\n\n"),
        ("poetry.lock", "    {file = \"{lower:9}-1.2.3.tar.gz\", hash = \"sha256:{hex:64}\"},\n"),
        ("go.sum", "example.com/{lower:9} v1.2.3 h1:{b64:32}\nexample.com/{lower:9} v1.2.3/go.mod h1:{b64:32}\n"),
    ];
    for (name, template) in templates {
        world.write(name, lines(template, 300)?)?;
    }
    world.commit("Lock")?;
    world.push(&["main"])
}

fn checksums(world: &World) -> Result<Push> {
    world.write("SHA256SUMS", lines("{hex:64}  release-{digits:3}.tar.gz\n", 200)?)?;
    world.write("ids.csv", lines("{uuid},{digits:8},{upper:3}\n", 200)?)?;
    world.write("authorized_keys", lines("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{base64:43} dev@example.com\n", 20)?)?;
    world.write("ca.pem", certificate())?;
    world.commit("Add checksums")?;
    world.push(&["main"])
}

/// A certificate and a public key by their outer form, X.509 and RFC 5280.
fn certificate() -> String {
    let block = |label: &str, head: &[u8], seed| {
        let text = STANDARD.encode([head, &noise(seed, 700)].concat());
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    };
    let certificate = b"\x30\x82\x02\xe0\x30\x82\x01\xc8\xa0\x03\x02\x01\x02\x02\x14";
    let key = b"\x30\x82\x02\xe0\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\0\x03\x82\x01\x0f\0";
    block("CERTIFICATE", certificate, 11) + &block("PUBLIC KEY", key, 12)
}

fn placeholders(world: &World) -> Result<Push> {
    let text = "GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\nOTHER_TOKEN=<your token>\nAPI_KEY=${API_KEY}\n\
                DB_PASSWORD=changeme\nSECRET_KEY={{ vault_secret_key }}\nAWS_SECRET_ACCESS_KEY=\n";
    push(world, ".env.example", text)
}
