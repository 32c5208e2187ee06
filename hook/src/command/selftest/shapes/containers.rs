//! What kind of file it is packed into.

use anyhow::{Result, bail};

use super::super::made::{Pdf, Zip, bzip2, class, database, gzip, tar, xz};
use super::super::shape::{Family, Shape};
use super::super::world::{Push, World};

/// Lines of a text before the credential.
const LINES: usize = 100;

/// Bytes of a row of SQLite's that stand before the credential, so that the page ends in its midst.
const BEFORE_THE_PAGE_ENDS: usize = 465;

/// Bytes of the note behind it, so that the row is longer than a page.
const LONG_NOTE: usize = 3_700;

pub(super) const FAMILY: Family = Family {
    name: "containers",
    title: "Containers",
    intro: "What kind of file it is packed into. Where it is compressed, `keyward selftest` first makes sure that the file does not show it as it is.",
    shapes: &[
        Shape::leak("gzip", "in a compressed file", |world| push(world, "app.log.gz", gzip(log(world).as_bytes())?)),
        Shape::leak("bzip2", "in a file compressed with bzip2", |world| {
            push(world, "app.log.bz2", bzip2(log(world).as_bytes())?)
        }),
        Shape::leak("tar", "in a tar archive", |world| push_open(world, "backup.tar", archive(world)?)),
        Shape::leak("tar-gz", "in a tar archive compressed with gzip", |world| {
            push(world, "backup.tar.gz", gzip(&archive(world)?)?)
        }),
        Shape::leak("tar-xz", "in a tar archive compressed with xz", |world| {
            push(world, "backup.tar.xz", xz(&archive(world)?)?)
        }),
        Shape::leak("tar-bz2", "in a tar archive compressed with bzip2", |world| {
            push(world, "backup.tar.bz2", bzip2(&archive(world)?)?)
        }),
        Shape::leak("zip", "in a zip archive", zip),
        Shape::leak("zip-streamed", "in a zip archive whose sizes stand behind its files", zip_streamed),
        Shape::leak("zip-hidden-member", "in a file of a zip archive that its directory leaves out", zip_hidden_member),
        Shape::leak("zip-behind-a-program", "in a zip archive that unpacks itself", zip_behind_a_program),
        Shape::leak("zip-in-zip", "in a zip archive in a zip archive", zip_in_zip),
        Shape::leak("gzip-in-tar-in-zip", "in a compressed file of an archive of an archive", gzip_in_tar_in_zip),
        Shape::leak("docx", "in a Word document", docx),
        Shape::leak("jar", "in a settings file of a Java archive", jar),
        Shape::leak("class-in-jar", "in a constant of a class in a Java archive", class_in_jar),
        Shape::leak("sqlite", "in a row of a database, close behind another text", sqlite),
        Shape::leak("sqlite-long-row", "in a row that goes on in another page, across the seam", sqlite_long_row),
        Shape::leak("pdf-open", "in the open text of a PDF document", |world| {
            push_open(world, "handbook.pdf", Pdf::Open.showing(&told(world))?)
        }),
        Shape::leak("pdf", "in the compressed text of a PDF document", |world| {
            push(world, "handbook.pdf", Pdf::Compressed.showing(&told(world))?)
        }),
        Shape::leak("pdf-base85", "in the compressed text of a PDF document, in base 85", |world| {
            push(world, "handbook.pdf", Pdf::Ascii85.showing(&told(world))?)
        }),
        Shape::leak("pdf-typeset", "in the text of a PDF document, cut up by distances between letters", |world| {
            push(world, "handbook.pdf", Pdf::Compressed.typesetting(&told(world))?)
        }),
    ],
};

/// Pushes a file that does not show the credential as it is.
fn push(world: &World, name: &str, content: Vec<u8>) -> Result<Push> {
    let secret = world.secret().as_bytes();
    if content.windows(secret.len()).any(|window| window == secret) {
        bail!("{name} shows the credential as it is, so that it proves nothing");
    }
    push_open(world, name, content)
}

fn push_open(world: &World, name: &str, content: Vec<u8>) -> Result<Push> {
    world.commit_file(name, content)?;
    world.push(&["main"])
}

/// A log, long enough for every program to compress, with the script at its end.
fn log(world: &World) -> String {
    let lines: String = (1..LINES).map(|line| format!("step {line} of the release has been done\n")).collect();
    lines + &world.script()
}

fn told(world: &World) -> String {
    format!("Sign in with {} today.", world.secret())
}

fn archive(world: &World) -> Result<Vec<u8>> {
    tar(&[("app/README", b"An application.\n"), ("app/deploy.log", log(world).as_bytes())])
}

fn zip(world: &World) -> Result<Push> {
    let mut zip = Zip::default();
    zip.store("README", b"An application.\n").add("app/deploy.log", log(world).as_bytes())?;
    push(world, "backup.zip", zip.finish())
}

fn zip_streamed(world: &World) -> Result<Push> {
    let mut zip = Zip::default();
    zip.stream("README", b"An application.\n")?.stream("app/deploy.log", log(world).as_bytes())?;
    push(world, "backup.zip", zip.finish())
}

fn zip_hidden_member(world: &World) -> Result<Push> {
    let mut zip = Zip::default();
    zip.add("README", b"An application.\n")?.hide("app/deploy.log", log(world).as_bytes())?;
    push(world, "backup.zip", zip.finish())
}

fn zip_behind_a_program(world: &World) -> Result<Push> {
    let mut zip = Zip::behind(b"#!/bin/sh\nexec java -jar \"$0\" \"$@\"\n");
    zip.add("application.properties", settings(world).as_bytes())?;
    push(world, "app", zip.finish())
}

fn zip_in_zip(world: &World) -> Result<Push> {
    let (mut inner, mut outer) = (Zip::default(), Zip::default());
    inner.add("app/deploy.log", log(world).as_bytes())?;
    outer.add("backups/monday.zip", &inner.finish())?;
    push(world, "backups.zip", outer.finish())
}

fn gzip_in_tar_in_zip(world: &World) -> Result<Push> {
    let log = gzip(log(world).as_bytes())?;
    let mut zip = Zip::default();
    zip.add("logs.tar", &tar(&[("logs/app.log.gz", &log)])?)?;
    push(world, "support.zip", zip.finish())
}

/// A Word document of one paragraph, as small as Word takes it.
pub(super) fn document(text: &str) -> Result<Vec<u8>> {
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
        ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" \
        ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let relations = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r1\" \
        Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
        Target=\"word/document.xml\"/></Relationships>";
    let body = format!(
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>{text}</w:t>\
         </w:r></w:p></w:body></w:document>"
    );
    let mut zip = Zip::default();
    zip.add("[Content_Types].xml", format!("{HEAD}{types}").as_bytes())?;
    zip.add("_rels/.rels", format!("{HEAD}{relations}").as_bytes())?;
    zip.add("word/document.xml", format!("{HEAD}{body}").as_bytes())?;
    Ok(zip.finish())
}

fn docx(world: &World) -> Result<Push> {
    push(world, "handbook.docx", document(&log(world).replace('"', "&quot;"))?)
}

/// A Java archive with one more file.
pub(super) fn java_archive(name: &str, content: &[u8]) -> Result<Vec<u8>> {
    let mut zip = Zip::default();
    zip.add("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\nCreated-By: 21 (Acme)\r\n\r\n")?;
    zip.add("com/acme/Main.class", &class(&["com/acme/Main", "java/lang/Object", "Code"]))?.add(name, content)?;
    Ok(zip.finish())
}

fn settings(world: &World) -> String {
    let lines: String = (1..LINES).map(|line| format!("app.step.{line}=done\n")).collect();
    format!("{lines}github.token={}\n", world.secret())
}

fn jar(world: &World) -> Result<Push> {
    push(world, "lib/app.jar", java_archive("application.properties", settings(world).as_bytes())?)
}

fn class_in_jar(world: &World) -> Result<Push> {
    let names: Vec<String> = (1..LINES).map(|number| format!("com/acme/Step{number}")).collect();
    let names = names.iter().map(String::as_str);
    let class = class(&names.chain(["com/acme/Keys", "TOKEN", world.secret(), "ConstantValue"]).collect::<Vec<_>>());
    push(world, "lib/app.jar", java_archive("com/acme/Keys.class", &class)?)
}

fn sqlite(world: &World) -> Result<Push> {
    push_open(world, "app.sqlite", database(&[["theme", "dark", "chosen"], ["github", world.secret(), "personal"]]))
}

fn sqlite_long_row(world: &World) -> Result<Push> {
    let (name, note) = ("n".repeat(BEFORE_THE_PAGE_ENDS), "a note ".repeat(LONG_NOTE / 7));
    push(world, "app.sqlite", database(&[[&name, world.secret(), &note]]))
}
