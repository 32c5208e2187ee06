//! What a repository says in its own favour, as other scanners let it: marks in lines and the file `.gitleaksignore`. Nothing of it is
//! heeded unless the configuration names it, and what it excuses is counted and recorded.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use keyward_rules::pack::{ObjectId, ObjectKind};
use keyward_rules::rule::Shape;
use keyward_rules::{Catalogue, Finding};

use crate::config::{Config, HonourWord};
use crate::objects::Store;

/// The ignore file's name, at the root of a repository.
const FILE: &str = ".gitleaksignore";

/// Largest ignore file read, in bytes.
const LARGEST: u64 = 4 << 20;

/// Why a finding is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Excuse {
    /// A mark such as `gitleaks:allow` in its line.
    Mark,
    /// An entry of `.gitleaksignore`.
    IgnoreFile,
}

impl Excuse {
    /// The reason for the decision.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Excuse::Mark => "a mark in its line",
            Excuse::IgnoreFile => "an entry of .gitleaksignore",
        }
    }
}

/// What is heeded in one repository.
#[derive(Debug, Default)]
pub(crate) struct Honour {
    marks: bool,
    ignored: HashSet<Entry>,
    /// Ids that imported rules have in their own files, where the catalogue has another.
    ids: HashMap<String, String>,
}

/// One line of the file: `commit:path:rule:line` or `path:rule:line`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Entry {
    commit: Option<String>,
    path: String,
    /// None for a rule that is not in force here, as the other scanner's own are: the entry then speaks of whatever stands there.
    rule: Option<String>,
    line: usize,
}

impl Honour {
    /// Nothing is heeded.
    pub(crate) fn none() -> Honour {
        Honour::default()
    }

    /// For a push: the files in the trees its refs shall name.
    pub(crate) fn of_tips(config: &Config, store: &Store, tips: impl Iterator<Item = ObjectId>) -> Honour {
        Honour::of(config, || tips.filter_map(|tip| in_tree(store, tip)).collect())
    }

    /// For a history: the file in the tree of the current branch.
    pub(crate) fn of_head(config: &Config, store: &Store) -> Honour {
        Honour::of(config, || store.head().and_then(|tip| in_tree(store, tip)).into_iter().collect())
    }

    /// For a folder: the file in it.
    pub(crate) fn of_folder(config: &Config, folder: &Path) -> Honour {
        let file = folder.join(FILE);
        let small = || fs::symlink_metadata(&file).is_ok_and(|file| file.is_file() && file.len() <= LARGEST);
        Honour::of(config, || small().then(|| fs::read(&file).ok()).flatten().into_iter().collect())
    }

    fn of(config: &Config, files: impl FnOnce() -> Vec<Vec<u8>>) -> Honour {
        let marks = config.honour.contains(&HonourWord::Inline);
        if !config.honour.contains(&HonourWord::GitleaksIgnore) {
            return Honour { marks, ..Honour::default() };
        }
        let ids = own_ids(config.engine.catalogue());
        let known: HashSet<&str> = ids.values().map(String::as_str).collect();
        let ignored = files().iter().flat_map(|text| entries(text, &known)).collect();
        Honour { marks, ignored, ids }
    }

    /// What excuses a finding in a file; the commit is the one that brought it.
    pub(crate) fn excuse(&self, finding: &Finding, commit: Option<&str>) -> Option<Excuse> {
        if self.marks && finding.mark.is_some() {
            return Some(Excuse::Mark);
        }
        if self.ignored.is_empty() || finding.path.is_empty() {
            return None;
        }
        let own = self.ids.get(&finding.rule).unwrap_or(&finding.rule);
        let line = finding.location.line;
        let entry = |commit: Option<&str>, rule: Option<&String>| Entry {
            commit: commit.map(str::to_owned),
            path: finding.path.clone(),
            rule: rule.cloned(),
            line,
        };
        let commits = commit.map(Some).into_iter().chain([None]);
        let mut fitting = commits.flat_map(|commit| [entry(commit, Some(own)), entry(commit, None)]);
        fitting.any(|entry| self.ignored.contains(&entry)).then_some(Excuse::IgnoreFile)
    }
}

/// The id each rule has in its own file, by the catalogue's.
fn own_ids(catalogue: &Catalogue) -> HashMap<String, String> {
    let own = |rule: &keyward_rules::Rule| match &rule.shape {
        Shape::Search { search, .. } => search.id.clone(),
        _ => rule.id.clone(),
    };
    catalogue.rules().iter().map(|rule| (rule.id.clone(), own(rule))).collect()
}

fn in_tree(store: &Store, tip: ObjectId) -> Option<Vec<u8>> {
    let tree = match store.peel(tip).ok()? {
        (_, end, ObjectKind::Commit) => store.commit(end).ok()?.tree,
        (_, end, _) => end,
    };
    let id = store.tree(tree).ok()?.entry(FILE.as_bytes())?.id;
    let small = store.header(id).is_ok_and(|found| found.kind == ObjectKind::Blob && found.size <= LARGEST);
    small.then(|| store.blob(id).ok()).flatten()
}

fn entries(text: &[u8], known: &HashSet<&str>) -> Vec<Entry> {
    String::from_utf8_lossy(text).lines().filter_map(|line| entry(line.trim(), known)).collect()
}

/// None for comments, empty lines and what is of another form.
fn entry(text: &str, known: &HashSet<&str>) -> Option<Entry> {
    if text.starts_with('#') {
        return None;
    }
    let (rest, line) = text.rsplit_once(':')?;
    let (place, rule) = rest.rsplit_once(':')?;
    let is_commit = |text: &str| [40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (commit, path) = match place.split_once(':') {
        Some((commit, path)) if is_commit(commit) => (Some(commit.to_ascii_lowercase()), path),
        _ => (None, place),
    };
    let rule = known.contains(rule).then(|| rule.to_owned());
    Some(Entry { commit, path: path.to_owned(), rule, line: line.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Entry, entry};

    #[test]
    fn an_entry_names_commit_path_rule_and_line() {
        let known = HashSet::from(["acme-token"]);
        let commit = "0123456789abcdef0123456789ABCDEF01234567";
        let expected = |commit: Option<&str>, path: &str, rule: Option<&str>| {
            let [commit, rule] = [commit, rule].map(|text| text.map(str::to_lowercase));
            Some(Entry { commit, path: path.to_owned(), rule, line: 7 })
        };
        for (text, parsed) in [
            (format!("{commit}:a/b.env:acme-token:7"), expected(Some(commit), "a/b.env", Some("acme-token"))),
            ("a/b.env:acme-token:7".to_owned(), expected(None, "a/b.env", Some("acme-token"))),
            ("a/b.env:generic:7".to_owned(), expected(None, "a/b.env", None)),
            ("c:/b.env:generic:7".to_owned(), expected(None, "c:/b.env", None)),
            ("# a/b.env:generic:7".to_owned(), None),
            (String::new(), None),
            ("a/b.env:generic".to_owned(), None),
            (commit.to_owned(), None),
        ] {
            assert_eq!(entry(&text, &known), parsed, "{text}");
        }
    }
}
