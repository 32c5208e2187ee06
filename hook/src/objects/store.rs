//! A repository's objects, wherever they lie: what arrived with a push, the repository's own store, its alternates. Ids in, objects out;
//! an object that cannot be read is an error that names it, never an empty one.

use std::cell::{OnceCell, RefCell};
use std::collections::HashSet;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result, anyhow, bail};
use keyward_rules::pack::{Bounds, Commit, HashKind, Header, Object, ObjectId, ObjectKind, Tag, Tree, Unreadable};

use super::alternates;
use super::arrived::Arrived;
use super::folder::{Failure, Folder, MappedPack};
use super::loose::LooseObjects;
use super::refs::{self, Reference};
use super::repository::Repository;
use super::trees::{Content, Trees};

/// Tags that name tags, one the next, followed to what the last one names.
const LONGEST_TAG_CHAIN: usize = 100;

/// A repository whose objects can be read.
pub(crate) struct Store {
    repository: Repository,
    hash: HashKind,
    bounds: Bounds<'static>,
    /// What arrived.
    quarantine: Option<Folder>,
    /// Everything that was there before.
    folders: Vec<Folder>,
    refs: OnceCell<Result<Vec<Reference>, String>>,
    shallow: OnceCell<HashSet<ObjectId>>,
    trees: RefCell<Trees>,
}

/// There was no time left to look at something.
#[derive(Debug, thiserror::Error)]
#[error("there was no time left")]
pub(crate) struct OutOfTime;

/// A commit as far as history needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitHead {
    /// The folder it names.
    pub(crate) tree: ObjectId,
    /// Its parents, without those that a shallow repository does not have.
    pub(crate) parents: Vec<ObjectId>,
    /// When it was committed, by its own word; seconds since 1970.
    pub(crate) time: i64,
}

impl Store {
    /// Opens a repository as it lies on disk.
    ///
    /// # Errors
    /// It is none, or of a form that is not known.
    pub(crate) fn open(path: &Path, bounds: Bounds<'static>) -> Result<Store> {
        let repository = Repository::open(path)?;
        let hash = repository.hash()?;
        Ok(Store::of(repository, hash, bounds, None))
    }

    /// Opens the repository of a running hook, quarantine and alternates included. `hash` is that of the ids git wrote to it.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn of_hook(git_dir: &Path, hash: HashKind, bounds: Bounds<'static>) -> Result<Store> {
        let repository = Repository::open(git_dir)?;
        let quarantine = alternates::quarantine(&repository.objects());
        Ok(Store::of(repository, hash, bounds, quarantine.map(|path| Folder::new(path, hash, bounds))))
    }

    fn of(repository: Repository, hash: HashKind, bounds: Bounds<'static>, quarantine: Option<Folder>) -> Store {
        let arrived = quarantine.as_ref().map(Folder::path);
        let paths = alternates::before(repository.objects(), arrived);
        Store {
            folders: paths.into_iter().map(|path| Folder::new(path, hash, bounds)).collect(),
            repository,
            hash,
            bounds,
            quarantine,
            refs: OnceCell::new(),
            shallow: OnceCell::new(),
            trees: RefCell::new(Trees::default()),
        }
    }

    /// Its folders and settings.
    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The hash of its ids.
    pub(crate) fn hash(&self) -> HashKind {
        self.hash
    }

    /// What is read at most, and for how long.
    pub(crate) fn bounds(&self) -> Bounds<'static> {
        self.bounds
    }

    /// Fails once no more is to be done.
    ///
    /// # Errors
    /// There is no time left.
    pub(crate) fn time_left(&self) -> Result<()> {
        if (self.bounds.proceed)() { Ok(()) } else { Err(OutOfTime.into()) }
    }

    /// Every ref, read once, when first asked for.
    ///
    /// # Errors
    /// They could not be read.
    pub(crate) fn refs(&self) -> Result<&[Reference]> {
        let read = self.refs.get_or_init(|| refs::read(&self.repository).map_err(|error| format!("{error:#}")));
        read.as_deref().map_err(|error| anyhow!("{error}"))
    }

    /// One ref, if it is quick to find.
    pub(crate) fn one_ref(&self, name: &str) -> Option<Reference> {
        refs::one(&self.repository, name)
    }

    /// What the current branch stands at, or the commit that is checked out without one.
    pub(crate) fn head(&self) -> Option<ObjectId> {
        self.one_ref("HEAD").map(|found| found.target).or_else(|| refs::head_by_git(&self.repository))
    }

    /// What arrived with the push.
    ///
    /// # Errors
    /// The quarantine could not be listed, or something in it is damaged as a whole.
    pub(crate) fn arrived(&self) -> Result<Arrived> {
        self.quarantine.as_ref().map_or_else(|| Ok(Arrived::default()), Arrived::of)
    }

    /// Every pack and every loose object of the repository and its alternates.
    ///
    /// # Errors
    /// A folder could not be listed, or a pack could not be opened.
    pub(crate) fn everything(&self) -> Result<(Vec<&'static MappedPack>, Vec<LooseObjects>)> {
        let (mut packs, mut loose) = (Vec::new(), Vec::new());
        for folder in &self.folders {
            packs.extend(folder.all_packs()?);
            let found = folder.loose();
            loose.push(found.with_context(|| format!("could not list the objects in {}", folder.path().display()))?);
        }
        Ok((packs, loose))
    }

    /// Whether the object lay in a store before the push.
    pub(crate) fn had(&self, id: ObjectId) -> bool {
        self.folders.iter().any(|folder| folder.has(&id))
    }

    /// Kind and length of an object.
    ///
    /// # Errors
    /// The object is missing or damaged.
    pub(crate) fn header(&self, id: ObjectId) -> Result<Header> {
        self.look(id, |folder| folder.header(&id))?.map_err(|error| anyhow!("{}: {error}", unreadable(id)))
    }

    /// An object.
    ///
    /// # Errors
    /// The object is missing, damaged or larger than what is read.
    pub(crate) fn read(&self, id: ObjectId) -> Result<Object> {
        self.try_read(id)?.map_err(|error| anyhow!("{}: {error}", unreadable(id)))
    }

    /// The same, for who cares what is wrong with the object itself.
    ///
    /// # Errors
    /// The object is missing, or its file cannot be read.
    pub(crate) fn try_read(&self, id: ObjectId) -> Result<Result<Object, Unreadable>> {
        self.look(id, |folder| folder.read(&id))
    }

    /// A commit's head.
    ///
    /// # Errors
    /// The object is missing, damaged or of another kind.
    pub(crate) fn commit(&self, id: ObjectId) -> Result<CommitHead> {
        let bytes = self.read_as(id, ObjectKind::Commit)?;
        let damaged = |error| anyhow!("{}: {error}", unreadable(id));
        let commit = Commit::parse(&bytes, self.hash).map_err(damaged)?;
        let mut parents = commit.parents().collect::<Result<Vec<_>, _>>().map_err(damaged)?;
        if !parents.is_empty() && self.shallow.get_or_init(|| self.repository.shallow()).contains(&id) {
            parents.clear();
        }
        Ok(CommitHead { tree: commit.tree, parents, time: time(&bytes[..commit.message]) })
    }

    /// Whether a commit is beyond the end of a shallow history that the server takes, so that it is in no store and need not be.
    pub(crate) fn is_cut_off(&self, id: ObjectId) -> bool {
        let mut folders = self.quarantine.iter().chain(&self.folders);
        let absent = |folder: &Folder| !folder.has(&id) && folder.trouble().is_none();
        self.repository.takes_shallow() && folders.all(absent)
    }

    /// A folder.
    ///
    /// # Errors
    /// The object is missing, damaged or of another kind.
    pub(crate) fn tree(&self, id: ObjectId) -> Result<Rc<Content>> {
        if let Some(known) = self.trees.borrow_mut().get(&id) {
            return Ok(known);
        }
        let content = Content::new(self.read_as(id, ObjectKind::Tree)?, self.hash);
        // Checked here, so that whoever goes over the entries meets no damage.
        if let Some(Err(error)) = Tree::entries(content.bytes(), self.hash).find(Result::is_err) {
            bail!("{}: {error}", unreadable(id));
        }
        let content = Rc::new(content);
        self.trees.borrow_mut().insert(id, content.clone());
        Ok(content)
    }

    /// A blob's bytes.
    ///
    /// # Errors
    /// The object is missing, damaged or of another kind.
    pub(crate) fn blob(&self, id: ObjectId) -> Result<Vec<u8>> {
        self.read_as(id, ObjectKind::Blob)
    }

    /// The name that an annotated tag gives itself.
    ///
    /// # Errors
    /// The object is missing, damaged or of another kind.
    pub(crate) fn tag_name(&self, id: ObjectId) -> Result<Vec<u8>> {
        let bytes = self.read_as(id, ObjectKind::Tag)?;
        let name = bytes.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"tag "));
        Ok(name.unwrap_or_default().to_vec())
    }

    /// Follows tags from what a ref names; every tag on the way, and the object at the end with its kind.
    ///
    /// # Errors
    /// An object is missing or damaged, or the tags have no end.
    pub(crate) fn peel(&self, id: ObjectId) -> Result<(Vec<ObjectId>, ObjectId, ObjectKind)> {
        let (mut tags, mut at) = (Vec::new(), id);
        loop {
            let kind = self.header(at)?.kind;
            if kind != ObjectKind::Tag {
                return Ok((tags, at, kind));
            }
            if tags.len() == LONGEST_TAG_CHAIN {
                bail!("{id} is a tag on a tag, and so on for more than {LONGEST_TAG_CHAIN}");
            }
            let bytes = self.read_as(at, ObjectKind::Tag)?;
            let tag = Tag::parse(&bytes, self.hash).map_err(|error| anyhow!("{}: {error}", unreadable(at)))?;
            tags.push(at);
            at = tag.target;
        }
    }

    fn read_as(&self, id: ObjectId, kind: ObjectKind) -> Result<Vec<u8>> {
        let object = self.read(id)?;
        if object.kind != kind {
            bail!("{}: it is a {} where a {} was named", unreadable(id), word(object.kind), word(kind));
        }
        Ok(object.bytes)
    }

    /// Asks one folder after the other. Damage in one is made good by another that has the object.
    fn look<T>(
        &self,
        id: ObjectId,
        mut ask: impl FnMut(&Folder) -> Result<T, Failure>,
    ) -> Result<Result<T, Unreadable>> {
        if id.kind() != self.hash {
            bail!("{}: its id is of another hash", unreadable(id));
        }
        let mut worst = None;
        for folder in self.quarantine.iter().chain(&self.folders) {
            match ask(folder) {
                Ok(found) => return Ok(Ok(found)),
                Err(Failure::Missing) => {}
                Err(failure) => worst = Some(failure),
            }
        }
        match worst {
            Some(Failure::Unreadable(Unreadable::Stopped)) => Err(OutOfTime.into()),
            Some(Failure::Unreadable(error)) => Ok(Err(error)),
            Some(Failure::File(error)) => bail!("{}: {error}", unreadable(id)),
            _ => {
                let trouble = self.quarantine.iter().chain(&self.folders).find_map(Folder::trouble);
                let more = trouble.map(|trouble| format!("; {trouble}")).unwrap_or_default();
                bail!("{}: it is missing{more}", unreadable(id))
            }
        }
    }
}

/// How every message about an object that cannot be read begins.
pub(crate) fn unreadable(id: ObjectId) -> String {
    format!("could not read object {id}, `git fsck` on the server tells more")
}

fn word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Commit => "commit",
        ObjectKind::Tree => "tree",
        ObjectKind::Blob => "blob",
        ObjectKind::Tag => "tag",
    }
}

/// The committer's time in a commit's header.
fn time(header: &[u8]) -> i64 {
    let line = header.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"committer "));
    let after = line.and_then(|line| line.rsplit(|&byte| byte == b'>').next()).unwrap_or_default();
    let text = String::from_utf8_lossy(after);
    text.split_ascii_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn a_commit_says_when_it_was_made() {
        let header = b"tree x\nauthor a <a> 1 +0000\ncommitter B > C <c@d> 1700000000 -0100\n";
        assert_eq!(time(header), 1_700_000_000);
        for odd in [&b""[..], b"committer x", b"committer a <b> 99999999999999999999 +0", b"committer a <b>"] {
            assert_eq!(time(odd), 0);
        }
    }
}
