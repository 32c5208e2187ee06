//! Every object of a repository, and for what is found the commit that introduced it.

use std::collections::HashMap;

use anyhow::{Context, Result};
use git2::{ObjectType, Oid, Sort};
use keyward_rules::Finding;
use keyward_rules::policy::{Action, Decision};

use super::{Judged, NotScanned, Scan, distinct};
use crate::objects::{Store, history};
use crate::output;
use crate::report::Progress;
use crate::scanner::Scanner;

/// Scans the whole object store, what refs no longer reach included.
pub(super) fn scan(store: &Store, scanner: &Scanner, largest: u64) -> Result<Scan> {
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
                let findings = scanner.scan(object.data(), b"");
                if kind == ObjectType::Blob && !findings.is_empty() {
                    blobs.insert(id, findings);
                } else {
                    scan.findings.extend(findings.into_iter().map(|finding| judged(finding, Some(id))));
                }
            }
            Ok(Some(Err(size))) => scan.not_scanned.push(NotScanned {
                path: id.to_string(),
                reason: format!("its {} MiB are over `largest_object`", size >> 20),
            }),
            Err(error) => scan.not_scanned.push(NotScanned { path: id.to_string(), reason: output::one_line(&error) }),
        }
    }
    progress.finish();
    place(store, scanner, blobs, &mut scan)?;
    Ok(scan)
}

fn judged(finding: Finding, commit: Option<Oid>) -> Judged {
    Judged { finding, commit: commit.map(|id| id.to_string()), decision: Decision::Act(Action::Observe) }
}

/// Names path and first commit of each blob; one that no commit introduces is told without.
fn place(store: &Store, scanner: &Scanner, mut blobs: HashMap<Oid, Vec<Finding>>, scan: &mut Scan) -> Result<()> {
    if blobs.is_empty() {
        return Ok(());
    }
    let mut walk = store.repository().revwalk().context("could not walk the commits")?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE).context("could not sort the commits")?;
    walk.push_glob("*").context("could not read the refs")?;
    let mut placed = Vec::new();
    for id in walk {
        let id = id.context("could not walk the commits")?;
        let commit = store.commit(id)?;
        history::introduced(store, &commit, &mut |introduced| {
            for finding in blobs.remove(&introduced.blob).unwrap_or_default() {
                placed.push(judged(Finding { path: scanner.path(introduced.path, &finding), ..finding }, Some(id)));
            }
        })?;
        if blobs.is_empty() {
            break;
        }
    }
    // Later versions of a file repeat its credentials; the oldest is told.
    distinct(&mut placed);
    scan.findings.extend(placed);
    scan.findings.extend(blobs.into_values().flatten().map(|finding| judged(finding, None)));
    Ok(())
}
