//! The refs of a repository as they are before the push: files read here, a reftable by git itself. Names and ids out; no object is
//! read.

mod packed;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use keyward_rules::pack::ObjectId;

use super::repository::{RefStorage, Repository, pointer};

/// The file of many refs.
const PACKED: &str = "packed-refs";

/// Deepest folder of refs. Git refuses names of more than 4096 bytes on most systems, this is far above what people use.
const DEEPEST: usize = 128;

/// How many refs may name each other, one the next. Git follows five.
const LONGEST_CHAIN: usize = 5;

/// A ref and the object it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Full name, as `refs/heads/main`.
    pub(crate) name: String,
    /// What it names: a commit, a tag, rarely something else.
    pub(crate) target: ObjectId,
}

/// Every ref below `refs/`. One that is broken is left out, as by git: what no sound ref reaches counts as new.
///
/// # Errors
/// They cannot be read, or git is needed for that and not there.
pub(crate) fn read(repository: &Repository) -> Result<Vec<Reference>> {
    match repository.ref_storage()? {
        RefStorage::Files => files(repository),
        RefStorage::Reftable => by_git(repository),
    }
}

/// One ref, found without reading the others; `HEAD` leads to the current branch. `None` if there is none, or a reftable keeps it.
pub(crate) fn one(repository: &Repository, name: &str) -> Option<Reference> {
    // Who pushes chooses the name, and it becomes a path.
    if name != "HEAD" && !is_name(name) {
        return None;
    }
    let mut name = name.to_owned();
    for _ in 0..=LONGEST_CHAIN {
        let folder = if name == "HEAD" { repository.git_dir() } else { repository.common() };
        let Ok(text) = pointer(&folder.join(&name)) else {
            let target = packed::find(&repository.common().join(PACKED), &name)?;
            return Some(Reference { name, target });
        };
        match value(&text)? {
            Value::Object(target) => return Some(Reference { name, target }),
            Value::Ref(next) if is_name(&next) => name = next,
            Value::Ref(_) => return None,
        }
    }
    None
}

/// What a ref's file says.
enum Value {
    Object(ObjectId),
    Ref(String),
}

fn value(text: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(text).ok()?.trim_end();
    match text.strip_prefix("ref:") {
        Some(name) => Some(Value::Ref(name.trim_start().to_owned())),
        None => text.split_ascii_whitespace().next()?.parse().ok().map(Value::Object),
    }
}

/// Whether the name is one below `refs/` that leads to no other place in the file system.
fn is_name(name: &str) -> bool {
    name.starts_with("refs/") && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn files(repository: &Repository) -> Result<Vec<Reference>> {
    let mut found = packed::read(&repository.common().join(PACKED))?;
    let mut symbolic = HashMap::new();
    loose(&repository.common().join("refs"), "refs", 0, &mut |name, text| match value(text) {
        Some(Value::Object(id)) => {
            found.insert(name, id);
        }
        Some(Value::Ref(next)) => {
            found.remove(&name);
            symbolic.insert(name, next);
        }
        // As git does: a broken file hides the packed ref of its name.
        None => {
            found.remove(&name);
        }
    })?;
    for name in symbolic.keys() {
        let mut last = name;
        for _ in 0..LONGEST_CHAIN {
            last = symbolic.get(last).unwrap_or(last);
        }
        if let Some(&id) = found.get(last) {
            found.insert(name.clone(), id);
        }
    }
    Ok(found.into_iter().map(|(name, target)| Reference { name, target }).collect())
}

/// Calls `each` for every file below a folder of refs.
fn loose(folder: &Path, name: &str, depth: usize, each: &mut dyn FnMut(String, &[u8])) -> Result<()> {
    let context = || format!("could not read the refs in {}", folder.display());
    if depth > DEEPEST {
        bail!("{}: its folders are nested deeper than {DEEPEST}", context());
    }
    let entries = match fs::read_dir(folder) {
        // A ref deleted meanwhile takes its empty folder along.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(context)?,
    };
    for entry in entries {
        let entry = entry.with_context(context)?;
        let path = entry.path();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().with_context(context)?.is_dir() {
            loose(&path, &name, depth + 1, each)?;
        } else if !name.ends_with(".lock") {
            match pointer(&path) {
                Ok(text) => each(name, &text),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("could not read the ref {}", path.display())),
            }
        }
    }
    Ok(())
}

/// Asks git, the only reader of its newer forms.
fn by_git(repository: &Repository) -> Result<Vec<Reference>> {
    let output = git(repository, &["for-each-ref", "--format=%(objectname) %(refname)"])?;
    let lines = output.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let read = lines.map(|line| packed::line(line).map(|(name, target)| Reference { name, target }));
    read.collect::<Option<Vec<_>>>().context("could not read the refs: `git for-each-ref` said what is none")
}

/// What the current branch of a repository with a reftable stands at.
pub(super) fn head_by_git(repository: &Repository) -> Option<ObjectId> {
    if repository.ref_storage().ok()? != RefStorage::Reftable {
        return None;
    }
    let output = git(repository, &["rev-parse", "--verify", "--quiet", "HEAD"]).ok()?;
    std::str::from_utf8(&output).ok()?.trim_end().parse().ok()
}

fn git(repository: &Repository, arguments: &[&str]) -> Result<Vec<u8>> {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(repository.git_dir()).args(arguments).stdin(Stdio::null());
    let output = command.output().context(
        "could not read the refs: this repository keeps them as a reftable, which takes a `git` on the hook's PATH",
    )?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().next().unwrap_or("it said nothing").to_owned();
        bail!("could not read the refs: `git {}` failed: {first}", arguments[0]);
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    use super::{DEEPEST, one, read, value};
    use crate::objects::repository::Repository;

    fn id(digit: u8) -> String {
        char::from(digit).to_string().repeat(40)
    }

    fn repository() -> (tempfile::TempDir, Repository) {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["objects", "refs/heads", "refs/tags", "refs/remotes/o"] {
            fs::create_dir_all(folder.path().join(name)).expect("a folder");
        }
        fs::write(folder.path().join("HEAD"), "ref: refs/heads/main\n").expect("writable");
        let repository = Repository::open(folder.path()).expect("a repository");
        (folder, repository)
    }

    fn names(repository: &Repository) -> BTreeMap<String, String> {
        let refs = read(repository).expect("readable");
        refs.into_iter().map(|found| (found.name, found.target.to_string()[..1].to_owned())).collect()
    }

    fn write(folder: &Path, name: &str, text: &str) {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("writable");
        fs::write(file, text).expect("writable");
    }

    #[test]
    fn a_file_goes_before_the_packed_ref_of_its_name() {
        let (folder, repository) = repository();
        let packed = format!(
            "# pack-refs with: peeled fully-peeled sorted \n{} refs/heads/a\n{} refs/heads/b\n{} refs/tags/t\n^{}\nnonsense\n",
            id(b'1'),
            id(b'2'),
            id(b'3'),
            id(b'4')
        );
        write(folder.path(), "packed-refs", &packed);
        write(folder.path(), "refs/heads/b", &format!("{}\n", id(b'5')));
        write(folder.path(), "refs/heads/deep/er", &id(b'6'));
        write(folder.path(), "refs/heads/c.lock", &id(b'7'));
        write(folder.path(), "refs/remotes/o/HEAD", "ref: refs/heads/b\n");
        write(folder.path(), "refs/heads/broken", "\0\0\0");
        write(folder.path(), "refs/heads/loop", "ref: refs/heads/loop\n");
        let expected = [
            ("refs/heads/a", "1"),
            ("refs/heads/b", "5"),
            ("refs/heads/deep/er", "6"),
            ("refs/remotes/o/HEAD", "5"),
            ("refs/tags/t", "3"),
        ];
        let expected: BTreeMap<String, String> =
            expected.iter().map(|(name, digit)| ((*name).to_owned(), (*digit).to_owned())).collect();
        assert_eq!(names(&repository), expected);
    }

    #[test]
    fn the_current_branch_is_found_in_a_file_or_packed() {
        let (folder, repository) = repository();
        let head = || one(&repository, "HEAD").map(|found| (found.name, found.target.to_string()));
        let main = |digit| Some(("refs/heads/main".to_owned(), id(digit)));
        assert_eq!(head(), None);
        write(folder.path(), "packed-refs", &format!("{} refs/heads/main\n", id(b'1')));
        assert_eq!(head(), main(b'1'));
        write(folder.path(), "refs/heads/main", &id(b'2'));
        assert_eq!(head(), main(b'2'));
        write(folder.path(), "elsewhere", &id(b'3'));
        assert_eq!(one(&repository, "refs/heads/../../elsewhere"), None);
        for elsewhere in ["../../etc/passwd", "refs/../../x", "HEAD"] {
            write(folder.path(), "HEAD", &format!("ref: {elsewhere}\n"));
            assert_eq!(head(), None, "{elsewhere}");
        }
    }

    #[test]
    fn folders_nested_without_end_are_refused() {
        let (folder, repository) = repository();
        fs::create_dir_all(folder.path().join("refs").join("d/".repeat(DEEPEST + 2))).expect("writable");
        let error = read(&repository).expect_err("too deep");
        assert!(format!("{error:#}").starts_with("could not read the refs in "), "{error:#}");
    }

    proptest! {
        #[test]
        fn no_file_of_refs_panics(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = value(&text);
        }
    }
}
