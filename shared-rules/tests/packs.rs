//! Packs and loose objects as git itself writes them, under both hashes, compared with what git reads from them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use keyward_rules::pack::{
    Bounds, Commit, HashKind, Header, Index, Marks, Object, ObjectId, ObjectKind, Pack, Plan, Tag, Tree, Unreadable,
    Visit, Visitor, loose,
};

const EASY: Bounds<'static> = Bounds { largest: 1 << 30, proceed: &|| true };

/// What git says that there is.
type Objects = BTreeMap<ObjectId, (ObjectKind, Vec<u8>)>;

/// A scratch repository.
struct Repository {
    folder: tempfile::TempDir,
    hash: HashKind,
}

impl Repository {
    /// Two branches and a merge, files that grow, move, shrink and change at one byte, a link, a binary, tags of each kind.
    fn new(hash: HashKind) -> Repository {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let repository = Repository { folder, hash };
        let format = if hash == HashKind::Sha1 { "sha1" } else { "sha256" };
        repository.git(&["init", "-q", "-b", "main", "--object-format", format], b"");
        for number in 0..40u32 {
            repository.commit(number);
            if number == 20 {
                repository.git(&["checkout", "-q", "-b", "side", "HEAD~5"], b"");
                repository.write("side.txt", b"aside\n");
                repository.save("aside");
                repository.git(&["checkout", "-q", "main"], b"");
                repository.git(&["merge", "-q", "--no-edit", "side"], b"");
            }
        }
        repository.git(&["tag", "-a", "-m", "a commit", "v1"], b"");
        repository.git(&["tag", "-a", "-m", "a tag", "v2", "v1"], b"");
        repository.git(&["tag", "-a", "-m", "a blob", "v3", "HEAD:text.txt"], b"");
        repository.git(&["tag", "-a", "-m", "a tree", "v4", "HEAD^{tree}"], b"");
        repository
    }

    fn commit(&self, number: u32) {
        let line = |at: u32| format!("{at}: {:x}\n", at.wrapping_mul(0x9e37_79b1));
        let lines: String = (number / 3..number * 20).map(line).collect();
        self.write("text.txt", lines.as_bytes());
        let moved: String = (0..300).map(|at| line((at + number * 7) % 300)).collect();
        self.write(&format!("folder {number}/moved.txt"), moved.as_bytes());
        let mut bytes: Vec<u8> = (0..50_000u32).map(|at| (at.wrapping_mul(at) >> 7) as u8).collect();
        bytes[number as usize * 1000] = 0;
        self.write("binary", &bytes);
        self.write("empty", b"");
        self.save(&format!("change {number}"));
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(path, bytes).expect("writable");
    }

    fn save(&self, message: &str) {
        self.git(&["add", "-A"], b"");
        self.git(&["commit", "-q", "-m", message], b"");
    }

    fn git(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let mut command = Command::new("git");
        command.current_dir(&self.folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Dev").env(format!("GIT_{who}_EMAIL"), "dev@example.com");
            command.env(format!("GIT_{who}_DATE"), "2026-01-05T09:00:00Z");
        }
        command.args(["-c", "gc.auto=0", "-c", "advice.nestedTag=false"]).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git starts");
        let (mut stdin, input) = (child.stdin.take().expect("standard input is a pipe"), input.to_vec());
        // In a thread, so that git never waits for us while we wait for git.
        let writer = thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("git ends");
        writer.join().expect("the writer does not panic").expect("git reads all");
        assert!(output.status.success(), "git {arguments:?}");
        output.stdout
    }

    fn lines(&self, arguments: &[&str]) -> Vec<String> {
        String::from_utf8(self.git(arguments, b"")).expect("text").lines().map(str::to_owned).collect()
    }

    /// Every object, as `git cat-file --batch` shows it.
    fn objects(&self) -> Objects {
        let said = self.git(&["cat-file", "--batch", "--batch-all-objects"], b"");
        let (mut objects, mut rest) = (Objects::new(), &said[..]);
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n').expect("a line");
            let line = std::str::from_utf8(&rest[..end]).expect("text");
            let [id, kind, size] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let size: usize = size.parse().expect("a size");
            let kind = ObjectKind::named(kind.as_bytes()).expect("a kind");
            objects.insert(id.parse().expect("an id"), (kind, rest[end + 1..end + 1 + size].to_vec()));
            rest = &rest[end + 1 + size + 1..];
        }
        objects
    }

    fn files(&self, folder: &str, end: &str) -> Vec<PathBuf> {
        let folder = self.folder.path().join(".git/objects").join(folder);
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.filter(|path| path.to_string_lossy().ends_with(end)).collect()
    }

    fn pack(&self) -> Pack<Vec<u8>, Vec<u8>> {
        let packs = self.files("pack", ".pack");
        assert_eq!(packs.len(), 1);
        let read = |path: &Path| fs::read(path).expect("readable");
        let index = Index::open(read(&packs[0].with_extension("idx")), self.hash).expect("git's own index");
        Pack::open(read(&packs[0]), index).expect("git's own pack")
    }
}

#[derive(Default)]
struct Seen(Objects);

impl Visitor for Seen {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        assert!(visit.new.windows(2).all(|pair| pair[0].end < pair[1].start));
        assert!(visit.new.last().is_none_or(|last| last.end <= visit.bytes.len()));
        assert!(self.0.insert(visit.id, (visit.kind, visit.bytes.to_vec())).is_none(), "visited twice");
        Marks::NONE
    }

    fn unread(&mut self, id: ObjectId, _: Option<ObjectKind>, reason: &Unreadable) {
        panic!("{id}: {reason}");
    }
}

/// Both ways to read a pack give what git gives.
fn compare(repository: &Repository, expected: &Objects) {
    let pack = repository.pack();
    let mut seen = [Seen::default(), Seen::default()];
    let walked = pack.walk(&Plan::new(EASY), &mut seen).expect("sound");
    let [mut seen, mut more] = seen;
    seen.0.append(&mut more.0);
    assert_eq!(walked.visited as usize, expected.len());
    assert!(seen.0 == *expected, "a walk sees what git shows");
    let mut reader = pack.reader(EASY);
    for (id, (kind, bytes)) in expected {
        assert_eq!(reader.header(id), Ok(Some(Header { kind: *kind, size: bytes.len() as u64 })), "{id}");
        assert!(
            reader.read(id).expect("sound").expect("there") == Object { kind: *kind, bytes: bytes.clone() },
            "{id}"
        );
    }
}

#[test]
fn every_object_of_a_repository_is_read_as_git_reads_it() {
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        let repository = Repository::new(hash);
        let objects = repository.objects();
        for (id, (kind, bytes)) in &objects {
            let name = id.to_string();
            let path = repository.folder.path().join(".git/objects").join(&name[..2]).join(&name[2..]);
            let file = fs::read(path).expect("loose so far");
            assert_eq!(loose::header(&file), Ok(Header { kind: *kind, size: bytes.len() as u64 }), "{id}");
            assert!(loose::read(&file, &EASY) == Ok(Object { kind: *kind, bytes: bytes.clone() }), "{id}");
        }
        repository.git(&["repack", "-q", "-adf", "--depth=50", "--window=250"], b"");
        repository.git(&["prune-packed"], b"");
        compare(&repository, &objects);
        let deltas = repository.lines(&["cat-file", "--batch-check=%(deltabase)", "--batch-all-objects"]);
        let deltas = deltas.iter().filter(|base| base.contains(|digit: char| ('1'..='f').contains(&digit))).count();
        assert!(deltas > objects.len() / 4, "{deltas} deltas in {} objects", objects.len());
        trees_and_heads(&repository, &objects);
    }
}

#[test]
fn packs_with_deltas_by_id_and_completed_ones_are_read() {
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        let repository = Repository::new(hash);
        let objects = repository.objects();
        // Deltas by id instead of by distance, as old clients send them.
        repository.git(&["-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-adf", "--depth=50"], b"");
        compare(&repository, &objects);
        // A thin pack: its deltas come before the bases, which index-pack appends.
        let tips = repository.git(&["pack-objects", "--revs", "--stdout", "--thin", "-q"], b"HEAD\n^HEAD~3\n");
        let name = String::from_utf8(repository.git(&["index-pack", "--stdin", "--fix-thin"], &tips)).expect("text");
        let name = name.trim().rsplit('\t').next().expect("a name").to_owned();
        let path = repository.folder.path().join(format!(".git/objects/pack/pack-{name}.pack"));
        let index = fs::read(path.with_extension("idx")).expect("readable");
        let index = Index::open(index, hash).expect("git's own index");
        let pack = Pack::open(fs::read(path).expect("readable"), index).expect("git's own pack");
        let mut seen = [Seen::default()];
        let walked = pack.walk(&Plan::new(EASY), &mut seen).expect("sound");
        assert!(walked.visited > 3 && walked.unread == 0);
        assert!(seen[0].0.iter().all(|(id, object)| objects[id] == *object));
    }
}

#[test]
fn an_index_of_version_1_is_refused_in_words() {
    let repository = Repository::new(HashKind::Sha1);
    repository.git(&["repack", "-q", "-ad"], b"");
    let pack = repository.files("pack", ".pack").remove(0);
    let old = repository.folder.path().join("old.idx");
    let arguments =
        ["index-pack", "--index-version=1", "-o", old.to_str().expect("text"), pack.to_str().expect("text")];
    repository.git(&arguments, b"");
    let error = Index::open(fs::read(old).expect("readable"), HashKind::Sha1).expect_err("version 1").to_string();
    assert!(error.contains("version 1") && error.contains("git index-pack"), "{error}");
}

/// What trees, commits and tags name is what git says they name.
fn trees_and_heads(repository: &Repository, objects: &Objects) {
    let mut named = Vec::new();
    for (id, (kind, bytes)) in objects {
        match kind {
            ObjectKind::Tree => {
                let entries = Tree::entries(bytes, repository.hash).map(|entry| entry.expect("git's own tree"));
                let line = |entry: keyward_rules::pack::TreeEntry<'_>| {
                    let kind = if entry.mode.is_tree() { "tree" } else { "blob" };
                    let name = String::from_utf8_lossy(entry.name).into_owned();
                    format!("{:06o} {kind} {}\t{name}", entry.mode.0, entry.id)
                };
                let shown = repository.lines(&["ls-tree", &id.to_string()]);
                assert_eq!(entries.map(line).collect::<Vec<_>>(), shown);
            }
            ObjectKind::Commit => {
                let commit = Commit::parse(bytes, repository.hash).expect("git's own commit");
                let parents = commit.parents().map(|parent| parent.expect("an id").to_string());
                let line: Vec<String> = [commit.tree.to_string()].into_iter().chain(parents).collect();
                named.push(format!(
                    "{id}:{} {}",
                    line.join(" "),
                    String::from_utf8_lossy(&bytes[commit.message..]).trim()
                ));
            }
            ObjectKind::Tag => {
                let tag = Tag::parse(bytes, repository.hash).expect("git's own tag");
                assert_eq!(objects[&tag.target].0, tag.kind);
                assert!(bytes[tag.message..].starts_with(b"a "));
            }
            ObjectKind::Blob => {}
        }
    }
    // A commit without parents has a blank at the end of git's line.
    let shown = repository.lines(&["log", "--all", "--format=%H:%T %P %s"]);
    let mut shown: Vec<String> = shown.iter().map(|line| line.replace("  ", " ")).collect();
    shown.sort();
    named.sort();
    assert_eq!(named, shown);
}
