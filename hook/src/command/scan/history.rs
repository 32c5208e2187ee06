//! Every object of a repository, and for what is found the commit that introduced it.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use keyward_rules::Finding;
use keyward_rules::pack::{Marks, ObjectId, ObjectKind, Plan, Unreadable, Visit, Visitor};

use super::{Judged, NotScanned, Scan, distinct};
use crate::honour::Honour;
use crate::objects::difference::all_introduced;
use crate::objects::{Heads, MappedPack, NewCommits, Store, threads, unreached};
use crate::report::Progress;
use crate::scanner::Scanner;

/// Objects between two steps of the progress that is shown.
const STEP: u64 = 64;

/// Scans the whole object store, what refs no longer reach included.
pub(super) fn scan(store: &Store, scanner: &Scanner, honour: &Honour) -> Result<Scan> {
    let (packs, loose) = store.everything()?;
    let count = packs.iter().map(|pack| u64::from(pack.index().count())).sum::<u64>();
    let threads = threads(count + loose.iter().map(|loose| loose.count()).sum::<u64>());
    let progress = Progress::new("objects");
    let eye = || Eye { scanner, earlier: &[], progress: &progress, seen: Seen::default() };
    let mut eyes: Vec<Eye<'_>> = (0..threads).map(|_| eye()).collect();
    let plan = Plan { wanted: &[ObjectKind::Commit, ObjectKind::Tag, ObjectKind::Blob], ..Plan::new(store.bounds()) };
    for (number, pack) in packs.iter().enumerate() {
        eyes.iter_mut().for_each(|eye| eye.earlier = &packs[..number]);
        pack.walk(&plan, &mut eyes).context("could not read a pack of the repository")?;
    }
    eyes.iter_mut().for_each(|eye| eye.earlier = &packs);
    loose.iter().for_each(|loose| loose.visit(&store.bounds(), &mut eyes));
    progress.finish();
    let mut scan = Scan::default();
    let mut blobs = HashSet::new();
    for Eye { seen, .. } in eyes {
        scan.stats.files += seen.objects;
        scan.stats.bytes += seen.bytes;
        scan.not_scanned.extend(seen.not_scanned);
        // Marks and ignore files speak of files.
        let judge = |(id, finding)| judged(finding, Some(id), &Honour::none());
        scan.findings.extend(seen.findings.into_iter().map(judge));
        blobs.extend(seen.blobs);
    }
    let placing = Placing { store, scanner, honour, blobs, introduced: HashSet::new(), placed: Vec::new() };
    placing.place(&packs, &mut scan)?;
    Ok(scan)
}

/// What one thread saw.
#[derive(Default)]
struct Seen {
    objects: u64,
    bytes: u64,
    /// Blobs with findings.
    blobs: HashSet<ObjectId>,
    /// Findings in commits and tags.
    findings: Vec<(ObjectId, Finding)>,
    not_scanned: Vec<NotScanned>,
}

/// One thread's look at objects.
struct Eye<'e> {
    scanner: &'e Scanner,
    /// Packs that were scanned before: what they hold too was told.
    earlier: &'e [&'static MappedPack],
    progress: &'e Progress,
    seen: Seen,
}

impl Visitor for Eye<'_> {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        let &Visit { id, kind, bytes, new } = visit;
        if kind == ObjectKind::Tree {
            return Marks::NONE;
        }
        let commit = (kind != ObjectKind::Blob).then_some(id);
        let (findings, doubts, candidates) = self.scanner.scan_parts(bytes, new, commit);
        if self.earlier.iter().any(|pack| pack.index().find(&id).is_some()) {
            return Marks::Ranges(candidates);
        }
        let seen = &mut self.seen;
        seen.objects += 1;
        seen.bytes += bytes.len() as u64;
        if seen.objects.is_multiple_of(STEP) {
            self.progress.steps(STEP);
        }
        seen.not_scanned.extend(doubts.into_iter().map(|doubt| NotScanned::member(&id.to_string(), doubt)));
        if kind == ObjectKind::Blob {
            seen.blobs.extend((!findings.is_empty()).then_some(id));
        } else {
            seen.findings.extend(findings.into_iter().map(|finding| (id, finding)));
        }
        Marks::Ranges(candidates)
    }

    fn unread(&mut self, id: ObjectId, _kind: Option<ObjectKind>, reason: &Unreadable) {
        let reason = match reason {
            Unreadable::TooLarge { size, .. } => format!("its {} MiB are over `largest_object`", size >> 20),
            reason => reason.to_string(),
        };
        self.seen.not_scanned.push(NotScanned::whole(id.to_string(), reason));
    }
}

fn judged(finding: Finding, commit: Option<ObjectId>, honour: &Honour) -> Judged {
    Judged::of(finding, commit.map(|id| id.to_string()), honour)
}

/// Names path and first commit of each blob; one that no commit introduces is told without.
struct Placing<'p> {
    store: &'p Store,
    scanner: &'p Scanner,
    honour: &'p Honour,
    /// Blobs of which more is to be told.
    blobs: HashSet<ObjectId>,
    introduced: HashSet<ObjectId>,
    placed: Vec<Judged>,
}

impl Placing<'_> {
    fn place(mut self, packs: &[&'static MappedPack], scan: &mut Scan) -> Result<()> {
        if self.blobs.is_empty() {
            return Ok(());
        }
        let (store, commits) = (self.store, self.commits()?);
        let wanted: Vec<ObjectId> = self.blobs.iter().copied().collect();
        all_introduced(store, &commits, packs, Some(wanted.into_iter()), &mut |commit, introduced| {
            self.tell(commit, introduced.blob, introduced.path)?;
            Ok(!self.blobs.is_empty())
        })?;
        let Placing { scanner, honour, blobs, introduced, mut placed, .. } = self;
        // Later versions of a file repeat its credentials; the oldest is told.
        distinct(&mut placed);
        scan.findings.extend(placed);
        for blob in blobs.into_iter().filter(|blob| !introduced.contains(blob)) {
            let findings = scanner.scan(&store.blob(blob)?);
            scan.findings.extend(findings.into_iter().map(|finding| judged(finding, None, honour)));
        }
        Ok(())
    }

    /// Every commit that a ref leads to, oldest first.
    fn commits(&self) -> Result<NewCommits> {
        let mut tips = Vec::new();
        for found in self.store.refs()? {
            let (_, end, kind) =
                self.store.peel(found.target).with_context(|| format!("could not read {}", found.name))?;
            tips.extend((kind == ObjectKind::Commit).then_some(end));
        }
        let heads: Option<Heads> = unreached(self.store, &tips, std::iter::empty(), usize::MAX)?;
        Ok(NewCommits::sorted(heads.unwrap_or_default(), HashMap::new()))
    }

    /// Tells a blob's findings at one of its places: at the first alone, unless another may have others or lack an excuse.
    fn tell(&mut self, commit: ObjectId, blob: ObjectId, path: &[u8]) -> Result<()> {
        if !self.blobs.contains(&blob) {
            return Ok(());
        }
        let findings = self.scanner.scan_at(&self.store.blob(blob)?, path, &commit.to_string());
        let told: Vec<Judged> =
            findings.into_iter().map(|finding| judged(finding, Some(commit), self.honour)).collect();
        self.introduced.insert(blob);
        let depends = self.scanner.engine().depends_on_place() || told.is_empty();
        if !depends && told.iter().all(|judged| judged.excuse.is_none()) {
            self.blobs.remove(&blob);
        }
        self.placed.extend(told);
        Ok(())
    }
}
