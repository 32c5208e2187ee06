//! One folder of objects, as git lays it out: a file for each, and packs. Ids in, objects out; a pack is opened when something is looked
//! for in it.

use std::cell::{Cell, RefCell};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use keyward_rules::pack::{Bounds, HashKind, Header, Index, Object, ObjectId, Pack, Reader, Unreadable, loose};

use super::loose::LooseObjects;
use super::map::Mapped;

/// Bytes of a file that hold the head of its object.
const HEAD: usize = 128;

/// How often the packs are listed anew because an object is in none: a repack may have moved it meanwhile.
const MOST_LISTINGS: u32 = 3;

/// A pack as it lies on disk.
pub(crate) type MappedPack = Pack<Mapped, Mapped>;

/// A folder of objects.
pub(crate) struct Folder {
    path: PathBuf,
    hash: HashKind,
    bounds: Bounds<'static>,
    packs: RefCell<Vec<PackFile>>,
    listings: Cell<u32>,
    /// Why something of it could not be looked at, if so.
    trouble: RefCell<Option<String>>,
}

struct PackFile {
    stem: PathBuf,
    opened: Option<Opened>,
    broken: bool,
}

struct Opened {
    pack: &'static MappedPack,
    /// Made with the first object that is read.
    reader: Option<Reader<'static, Mapped, Mapped>>,
}

/// What went wrong with one object.
pub(crate) enum Failure {
    /// It is not here.
    Missing,
    /// It is here and cannot be read.
    Unreadable(Unreadable),
    /// Its file cannot be read.
    File(io::Error),
}

impl Folder {
    pub(super) fn new(path: PathBuf, hash: HashKind, bounds: Bounds<'static>) -> Folder {
        Folder {
            path,
            hash,
            bounds,
            packs: RefCell::new(Vec::new()),
            listings: Cell::new(0),
            trouble: RefCell::new(None),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Why something of this folder could not be looked at.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }

    /// Whether the object is here.
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.packed(id, |_| ()).is_some() || self.file(id).is_file() || self.packed_anew(id, |_| ()).is_some()
    }

    /// Kind and size of an object.
    pub(super) fn header(&self, id: &ObjectId) -> Result<Header, Failure> {
        let packed = |opened: &mut Opened| opened.reader(self.bounds).header(id);
        self.look(id, packed, |path| {
            let mut head = [0; HEAD];
            let length = read_head(path, &mut head)?;
            Ok(loose::header(&head[..length]))
        })
    }

    /// An object.
    pub(super) fn read(&self, id: &ObjectId) -> Result<Object, Failure> {
        let packed = |opened: &mut Opened| opened.reader(self.bounds).read(id);
        self.look(id, packed, |path| read_file(path, &self.bounds))
    }

    /// Every pack, each opened and checked.
    ///
    /// # Errors
    /// One is damaged, or the folder cannot be listed.
    pub(super) fn all_packs(&self) -> anyhow::Result<Vec<&'static MappedPack>> {
        self.list().with_context(|| format!("could not list the packs in {}", self.path.display()))?;
        let mut packs = self.packs.borrow_mut();
        let opened = packs.iter_mut().map(|file| {
            let name = || file.stem.file_name().unwrap_or_default().display();
            let pack = open(&file.stem, self.hash).map_err(|error| anyhow::anyhow!("{}: {error}", name()))?;
            file.opened = Some(Opened { pack, reader: None });
            Ok(pack)
        });
        opened.collect()
    }

    /// Every object that has a file of its own.
    ///
    /// # Errors
    /// The folder cannot be listed.
    pub(super) fn loose(&self) -> io::Result<LooseObjects> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(first) = name.to_str().filter(|name| name.len() == 2) else { continue };
            if !first.bytes().all(|byte| byte.is_ascii_hexdigit()) || !entry.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(entry.path())? {
                let rest = file?.file_name();
                // Files that git is still writing have names of another form.
                let id = rest.to_str().and_then(|rest| format!("{first}{rest}").parse::<ObjectId>().ok());
                ids.extend(id.filter(|id| id.kind() == self.hash));
            }
        }
        Ok(LooseObjects { folder: self.path.clone(), ids })
    }

    fn look<T>(
        &self,
        id: &ObjectId,
        mut packed: impl FnMut(&mut Opened) -> Result<Option<T>, Unreadable>,
        file: impl FnOnce(&Path) -> io::Result<Result<T, Unreadable>>,
    ) -> Result<T, Failure> {
        let mut from_pack = |opened: &mut Opened| packed(opened).transpose();
        if let Some(Some(found)) = self.packed(id, &mut from_pack) {
            return found.map_err(Failure::Unreadable);
        }
        match file(&self.file(id)) {
            Ok(read) => return read.map_err(Failure::Unreadable),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::File(error)),
        }
        match self.packed_anew(id, &mut from_pack) {
            Some(Some(found)) => found.map_err(Failure::Unreadable),
            _ => Err(Failure::Missing),
        }
    }

    fn file(&self, id: &ObjectId) -> PathBuf {
        loose_file(&self.path, id)
    }

    /// Calls `found` with the pack that has the object, if one does that is open already.
    fn packed<T>(&self, id: &ObjectId, found: impl FnOnce(&mut Opened) -> T) -> Option<T> {
        let mut packs = self.packs.borrow_mut();
        let at = packs
            .iter()
            .position(|file| file.opened.as_ref().is_some_and(|opened| opened.pack.index().find(id).is_some()))?;
        // The next object that is asked for likely lies in the same pack.
        packs.swap(0, at);
        packs[0].opened.as_mut().map(found)
    }

    /// The same, opening packs until one has the object.
    fn packed_anew<T>(&self, id: &ObjectId, mut found: impl FnMut(&mut Opened) -> T) -> Option<T> {
        loop {
            if let Some(hit) = self.open_until(id) {
                let mut packs = self.packs.borrow_mut();
                packs.swap(0, hit);
                return packs[0].opened.as_mut().map(&mut found);
            }
            if self.listings.get() >= MOST_LISTINGS || !self.list_again() {
                return None;
            }
        }
    }

    fn open_until(&self, id: &ObjectId) -> Option<usize> {
        let mut packs = self.packs.borrow_mut();
        for (at, file) in packs.iter_mut().enumerate().filter(|(_, file)| file.opened.is_none() && !file.broken) {
            match open(&file.stem, self.hash) {
                Ok(pack) => {
                    file.opened = Some(Opened { pack, reader: None });
                    if pack.index().find(id).is_some() {
                        return Some(at);
                    }
                }
                Err(error) => {
                    file.broken = true;
                    self.note(format!("{}: {error}", file.stem.display()));
                }
            }
        }
        None
    }

    /// Lists the packs anew; whether there are some that were not known.
    fn list_again(&self) -> bool {
        let known = self.packs.borrow().len();
        if let Err(error) = self.list() {
            self.note(format!("{}: {error}", self.path.join("pack").display()));
        }
        self.packs.borrow().len() > known
    }

    /// Adds the packs that are not known yet, the newest first.
    fn list(&self) -> io::Result<()> {
        self.listings.set(self.listings.get() + 1);
        let entries = match fs::read_dir(self.path.join("pack")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "pack") {
                let changed = entry.metadata().and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
                found.push((changed, path.with_extension("")));
            }
        }
        found.sort();
        let mut packs = self.packs.borrow_mut();
        for (_, stem) in found.into_iter().rev() {
            if packs.iter().all(|known| known.stem != stem) {
                packs.push(PackFile { stem, opened: None, broken: false });
            }
        }
        Ok(())
    }

    fn note(&self, trouble: String) {
        self.trouble.borrow_mut().get_or_insert(trouble);
    }
}

impl Opened {
    fn reader(&mut self, bounds: Bounds<'static>) -> &mut Reader<'static, Mapped, Mapped> {
        self.reader.get_or_insert_with(|| self.pack.reader(bounds))
    }
}

/// Opens a pack for as long as the program runs, which is one push or one scan.
fn open(stem: &Path, hash: HashKind) -> Result<&'static MappedPack, String> {
    let map = |end: &str| {
        let mut name = stem.as_os_str().to_owned();
        name.push(".");
        name.push(end);
        Mapped::open(Path::new(&name)).map_err(|error| format!("its {end}: {error}"))
    };
    let index = Index::open(map("idx")?, hash).map_err(|error| error.to_string())?;
    let pack = Pack::open(map("pack")?, index).map_err(|error| error.to_string())?;
    Ok(Box::leak(Box::new(pack)))
}

/// Where an object's own file lies.
pub(super) fn loose_file(folder: &Path, id: &ObjectId) -> PathBuf {
    let name = id.to_string();
    folder.join(&name[..2]).join(&name[2..])
}

/// Reads an object's own file.
pub(super) fn read_file(path: &Path, bounds: &Bounds<'_>) -> io::Result<Result<Object, Unreadable>> {
    // A compressed object may be somewhat larger than it is, never by much.
    let largest = bounds.largest.saturating_add(bounds.largest / 64 + (1 << 16));
    let found = fs::metadata(path)?;
    // Opening a named pipe would wait for a writer.
    if !found.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    if found.len() > largest {
        return Ok(Err(Unreadable::TooLarge { size: found.len(), largest: bounds.largest }));
    }
    Ok(loose::read(&fs::read(path)?, bounds))
}

fn read_head(path: &Path, head: &mut [u8]) -> io::Result<usize> {
    let mut file = fs::File::open(path)?;
    let mut length = 0;
    while length < head.len() {
        match io::Read::read(&mut file, &mut head[length..])? {
            0 => break,
            read => length += read,
        }
    }
    Ok(length)
}
