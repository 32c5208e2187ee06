//! Every object of a repository, and for what is found the commit that introduced it.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result};
use git2::{ObjectType, Oid, Sort};
use keyward_rules::Finding;

use super::{Judged, NotScanned, Scan, distinct};
use crate::honour::Honour;
use crate::objects::{Store, history};
use crate::output;
use crate::report::Progress;
use crate::scanner::Scanner;

/// Scans the whole object store, what refs no longer reach included.
pub(super) fn scan(store: &Store, scanner: &Scanner, honour: &Honour, largest: u64) -> Result<Scan> {
    let odb = store.odb()?;
    let mut ids = Vec::new();
    odb.foreach(|id| {
        ids.push(*id);
        true
    })
    .context("could not list the objects")?;
    let mut scan = Scan::default();
    let mut blobs: HashMap<Oid, Vec<Finding>> = HashMap::new();
    let progress = Progress::new("objects");
    for id in ids {
        progress.step();
        let read = store.header(&odb, id).and_then(|(size, kind)| match kind {
            ObjectType::Tree => Ok(None),
            _ if size > largest => Ok(Some(Err(size))),
            _ => store.read(&odb, id).map(|object| Some(Ok((kind, object)))),
        });
        match read {
            Ok(None) => {}
            Ok(Some(Ok((kind, object)))) => {
                scan.stats.files += 1;
                scan.stats.bytes += object.data().len() as u64;
                if kind == ObjectType::Blob {
                    let (findings, doubts) = scanner.scan_object(object.data());
                    scan.not_scanned.extend(doubts.into_iter().map(|doubt| NotScanned::member(&id.to_string(), doubt)));
                    if !findings.is_empty() {
                        blobs.insert(id, findings);
                    }
                } else {
                    let findings = scanner.scan_at(object.data(), b"", &id.to_string());
                    // Marks and ignore files speak of files.
                    scan.findings
                        .extend(findings.into_iter().map(|finding| judged(finding, Some(id), &Honour::none())));
                }
            }
            Ok(Some(Err(size))) => scan
                .not_scanned
                .push(NotScanned::whole(id.to_string(), format!("its {} MiB are over `largest_object`", size >> 20))),
            Err(error) => scan.not_scanned.push(NotScanned::whole(id.to_string(), output::one_line(&error))),
        }
    }
    progress.finish();
    place(store, scanner, honour, blobs, &mut scan)?;
    Ok(scan)
}

fn judged(finding: Finding, commit: Option<Oid>, honour: &Honour) -> Judged {
    Judged::of(finding, commit.map(|id| id.to_string()), honour)
}

/// Names path and first commit of each blob; one that no commit introduces is told without.
fn place(
    store: &Store,
    scanner: &Scanner,
    honour: &Honour,
    blobs: HashMap<Oid, Vec<Finding>>,
    scan: &mut Scan,
) -> Result<()> {
    if blobs.is_empty() {
        return Ok(());
    }
    let mut walk = store.repository().revwalk().context("could not walk the commits")?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE).context("could not sort the commits")?;
    walk.push_glob("*").context("could not read the refs")?;
    let mut placing = Placing { store, scanner, honour, blobs, introduced: HashSet::new(), placed: Vec::new() };
    for id in walk {
        let id = id.context("could not walk the commits")?;
        let commit = store.commit(id)?;
        let mut told = Ok(());
        history::introduced(store, &commit, &mut |introduced| {
            if told.is_ok() {
                told = placing.tell(id, introduced.blob, introduced.path);
            }
        })?;
        told?;
        if placing.blobs.is_empty() {
            break;
        }
    }
    let Placing { mut blobs, introduced, mut placed, .. } = placing;
    // Later versions of a file repeat its credentials; the oldest is told.
    distinct(&mut placed);
    scan.findings.extend(placed);
    blobs.retain(|blob, _| !introduced.contains(blob));
    scan.findings.extend(blobs.into_values().flatten().map(|finding| judged(finding, None, honour)));
    Ok(())
}

struct Placing<'p> {
    store: &'p Store,
    scanner: &'p Scanner,
    honour: &'p Honour,
    /// Blobs of which more is to be told.
    blobs: HashMap<Oid, Vec<Finding>>,
    introduced: HashSet<Oid>,
    placed: Vec<Judged>,
}

impl Placing<'_> {
    /// Tells a blob's findings at one of its places: at the first alone, unless another may have others or lack an excuse.
    fn tell(&mut self, commit: Oid, blob: Oid, path: &[u8]) -> Result<()> {
        let Some(findings) = self.blobs.get(&blob) else { return Ok(()) };
        let depends = self.scanner.depends_on_place(findings);
        let findings = if depends {
            self.scanner.scan_at(self.store.blob(blob)?.content(), path, &commit.to_string())
        } else {
            findings.clone()
        };
        let shown = |finding: Finding| Finding { path: self.scanner.path(path, &finding), ..finding };
        let told = findings.into_iter().map(shown).map(|finding| judged(finding, Some(commit), self.honour));
        let told: Vec<Judged> = told.collect();
        self.introduced.insert(blob);
        if !depends && told.iter().all(|judged| judged.excuse.is_none()) {
            self.blobs.remove(&blob);
        }
        self.placed.extend(told);
        Ok(())
    }
}
