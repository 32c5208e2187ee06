//! The past as the ledger has it: what each ref named before each push, and which objects of it are still there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::ledger::Push;

/// A push of the ledger.
pub(super) struct PastPush {
    pub(super) time: String,
    pub(super) push: Push,
    pub(super) updates: Vec<Update>,
}

/// One ref of it; ids as text, none for a new or a deleted ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Update {
    pub(super) old: Option<String>,
    pub(super) new: Option<String>,
    pub(super) name: String,
}

impl PastPush {
    pub(super) fn of(time: String, push: Push) -> PastPush {
        let updates = push.refs.iter().filter_map(|line| Update::parse(line)).collect();
        PastPush { time, push, updates }
    }

    fn accepted(&self) -> bool {
        self.push.verdict == "accepted"
    }
}

impl Update {
    fn parse(line: &str) -> Option<Update> {
        let mut words = line.splitn(3, ' ');
        let (old, new, name) = (words.next()?, words.next()?, words.next()?);
        let id = |text: &str| match text {
            "-" => Some(None),
            _ => (matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .then(|| Some(text.to_owned())),
        };
        Some(Update { old: id(old)?, new: id(new)?, name: name.to_owned() })
    }
}

/// What is known of every repository.
#[derive(Default)]
pub(super) struct Past {
    repositories: HashMap<Key, Repository>,
}

/// A repository is told by name and place: two may share either.
type Key = (String, String);

#[derive(Default)]
struct Repository {
    /// What each ref names; before the first push, what it named then.
    refs: BTreeMap<String, String>,
    /// Refs that some push of the ledger changed.
    touched: HashSet<String>,
    /// Every id a push named.
    ids: HashSet<String>,
    /// Those of them, and of today's refs, whose object is there.
    there: HashSet<String>,
    /// Where it lies, if it does.
    folder: Option<PathBuf>,
}

impl Past {
    /// First reading: what refs named before the ledger began.
    pub(super) fn learn(&mut self, past: &PastPush) {
        let repository = self.repositories.entry(key(past)).or_default();
        for update in &past.updates {
            repository.ids.extend(update.old.iter().chain(&update.new).cloned());
            if past.accepted()
                && repository.touched.insert(update.name.clone())
                && let Some(old) = &update.old
            {
                repository.refs.insert(update.name.clone(), old.clone());
            }
        }
    }

    /// What never changed since is what it was; and which objects are there still.
    pub(super) fn look_at_repositories(&mut self, root: Option<&Path>) {
        for ((name, folder), repository) in &mut self.repositories {
            let Some(folder) = place(root, name, folder) else { continue };
            let Some(today) = refs(&folder) else { continue };
            for (name, id) in today {
                repository.ids.insert(id.clone());
                if !repository.touched.contains(&name) {
                    repository.refs.insert(name, id);
                }
            }
            repository.there = there(&folder, &repository.ids);
            repository.folder = Some(folder);
        }
    }

    /// Second reading: refs before this push, `(name, id)`, as far as their objects are there.
    pub(super) fn before(&mut self, past: &PastPush) -> Vec<(String, String)> {
        let repository = self.repositories.entry(key(past)).or_default();
        // What the push itself says of them is true, whatever happened unrecorded.
        for update in &past.updates {
            match &update.old {
                Some(old) => repository.refs.insert(update.name.clone(), old.clone()),
                None => repository.refs.remove(&update.name),
            };
        }
        let there = repository.refs.iter().filter(|(_, id)| repository.there.contains(*id));
        there.map(|(name, id)| (name.clone(), id.clone())).collect()
    }

    /// After this push.
    pub(super) fn happened(&mut self, past: &PastPush) {
        let Some(repository) = self.repositories.get_mut(&key(past)).filter(|_| past.accepted()) else { return };
        for update in &past.updates {
            match &update.new {
                Some(new) => repository.refs.insert(update.name.clone(), new.clone()),
                None => repository.refs.remove(&update.name),
            };
        }
    }

    /// The repository, if all that the push brought is there.
    pub(super) fn store_of(&self, past: &PastPush) -> Option<&Path> {
        let repository = self.repositories.get(&key(past))?;
        let mut new = past.updates.iter().filter_map(|update| update.new.as_ref());
        let whole = past.push.more_refs == 0 && new.all(|id| repository.there.contains(id));
        repository.folder.as_deref().filter(|_| whole)
    }
}

fn key(past: &PastPush) -> Key {
    (past.push.repository.clone(), past.push.folder.clone())
}

fn place(root: Option<&Path>, name: &str, folder: &str) -> Option<PathBuf> {
    let candidates = match root {
        Some(root) => vec![root.join(format!("{name}.git")), root.join(name)],
        None => vec![PathBuf::from(folder)],
    };
    candidates.into_iter().find(|folder| folder.join("objects").is_dir())
}

/// Today's refs, by git itself, whatever format they are kept in.
fn refs(folder: &Path) -> Option<Vec<(String, String)>> {
    let output = git(folder).args(["for-each-ref", "--format=%(objectname) %(refname)"]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pair = |line: &str| line.split_once(' ').map(|(id, name)| (name.to_owned(), id.to_owned()));
    output.status.success().then(|| text.lines().filter_map(pair).collect())
}

/// Which of these objects are there.
fn there(folder: &Path, ids: &HashSet<String>) -> HashSet<String> {
    let mut command = git(folder);
    command.args(["cat-file", "--batch-check=%(objectname)"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = command.spawn() else { return HashSet::new() };
    let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let writer = child.stdin.take().map(|mut stdin| {
        std::thread::spawn(move || {
            let _ = std::io::Write::write_all(&mut stdin, input.as_bytes());
        })
    });
    let output = child.wait_with_output();
    let _ = writer.map(std::thread::JoinHandle::join);
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // One that is missing is followed by that word.
    text.lines().filter(|line| !line.contains(' ')).map(str::to_owned).collect()
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(folder).stderr(Stdio::null()).stdin(Stdio::null());
    command
}

#[cfg(test)]
mod tests {
    use super::{Past, PastPush, Update};
    use crate::ledger::Push;

    fn id(digit: char) -> String {
        digit.to_string().repeat(40)
    }

    fn push(verdict: &str, refs: &[(char, char, &str)]) -> PastPush {
        let word = |digit: char| if digit == '-' { "-".to_owned() } else { id(digit) };
        let refs = refs.iter().map(|&(old, new, name)| format!("{} {} {name}", word(old), word(new))).collect();
        let push = Push { repository: "r".into(), verdict: verdict.into(), refs, ..Push::default() };
        PastPush::of(String::new(), push)
    }

    #[test]
    fn refs_are_what_they_were_before_each_push() {
        let pushes = [
            push("accepted", &[('a', 'b', "main")]),
            push("rejected", &[('b', 'e', "main"), ('-', 'e', "new")]),
            push("accepted", &[('-', 'c', "side"), ('b', 'd', "main")]),
            push("accepted", &[('c', '-', "side")]),
            push("accepted", &[('d', 'f', "main")]),
        ];
        let mut past = Past::default();
        pushes.iter().for_each(|push| past.learn(push));
        for repository in past.repositories.values_mut() {
            repository.there = repository.ids.clone();
        }
        let mut seen = Vec::new();
        for push in &pushes {
            let before = past.before(push);
            seen.push(
                before.into_iter().map(|(name, id)| format!("{name}={}", &id[..1])).collect::<Vec<_>>().join(" "),
            );
            past.happened(push);
        }
        assert_eq!(seen, ["main=a", "main=b", "main=b", "main=d side=c", "main=d"]);
    }

    #[test]
    fn a_line_of_the_ledger_is_read_or_left() {
        let line = format!("- {} refs/heads/a b", id('a'));
        let expected = Update { old: None, new: Some(id('a')), name: "refs/heads/a b".into() };
        assert_eq!(Update::parse(&line), Some(expected));
        for line in ["", "a b c", "- -", "- xyz refs/heads/a"] {
            assert_eq!(Update::parse(line), None, "{line}");
        }
    }
}
