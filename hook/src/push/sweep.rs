//! Scans everything that arrived, on a few threads: packs by the deltas they are made of, objects in files of their own one by one.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use keyward_rules::pack::{Bounds, ObjectId, ObjectKind, Plan};
use keyward_rules::policy::DoubtKind;

use super::look::{Learned, Look, Scene};
use super::turn::Turn;
use crate::objects::arrived::Arrived;
use crate::objects::folder::MappedPack;

/// Most threads: a server has other pushes too.
const MOST_THREADS: usize = 4;

/// Objects for which a further thread is worth its start.
const FOR_A_THREAD: u64 = 500;

/// Objects of a pack from which on the likely files come first, if there is a deadline. Fewer are scanned in no time.
const MANY: u32 = 20_000;

/// Bytes on either side of what is new in a folder: an entry that two copies meet in is new, one beside them is not.
const MARGIN_IN_FOLDERS: usize = 1;

/// Scans it all, as far as time lasts.
pub(super) fn sweep(scene: Scene<'_>, bounds: Bounds<'_>, has_deadline: bool) -> Learned {
    let arrived = scene.arrived;
    let many = has_deadline && arrived.packs().iter().any(|pack| pack.index().count() >= MANY);
    let mut looks: Vec<Look<'_>> = (0..threads(arrived.count())).map(|_| Look::new(scene, many)).collect();
    loose(arrived, bounds, &mut looks);
    let mut learned = Learned::default();
    for pack in arrived.packs() {
        walk(pack, bounds, &mut looks, &mut learned);
    }
    looks.into_iter().for_each(|look| learned.merge(look.finish()));
    learned
}

fn threads(objects: u64) -> usize {
    let most = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    usize::try_from(objects / FOR_A_THREAD + 1).unwrap_or(most).min(most)
}

fn loose(arrived: &Arrived, bounds: Bounds<'_>, looks: &mut [Look<'_>]) {
    let next = AtomicUsize::new(0);
    let work = |look: &mut Look<'_>| {
        while let Some(&id) = arrived.loose().get(next.fetch_add(1, Ordering::Relaxed)) {
            match arrived.read_loose(&id, &bounds) {
                Ok(object) => look.whole(id, object.kind, &object.bytes),
                Err(reason) => look.unread(id, &reason),
            }
        }
    };
    let (own, others) = looks.split_first_mut().expect("there is at least one thread");
    if arrived.loose().is_empty() {
        return;
    }
    thread::scope(|scope| {
        let work = &work;
        others.iter_mut().for_each(|look| drop(scope.spawn(move || work(look))));
        work(own);
    });
}

/// Folders first: they name what the others are.
fn walk(pack: &MappedPack, bounds: Bounds<'_>, looks: &mut [Look<'_>], learned: &mut Learned) {
    let mut left = u64::from(pack.index().count());
    let folders = Plan { wanted: &[ObjectKind::Tree], margin: MARGIN_IN_FOLDERS, ..Plan::new(bounds) };
    left = step(pack, &folders, looks, learned, left);
    for look in looks.iter_mut() {
        learned.turns.extend(std::mem::take(&mut look.learned.turns));
    }
    let turns = &learned.turns;
    let rank = |id: &ObjectId| turns.get(id).copied().unwrap_or(Turn::Usual) as u32;
    let wanted = &[ObjectKind::Commit, ObjectKind::Tag, ObjectKind::Blob];
    let rank: Option<&(dyn Fn(&ObjectId) -> u32 + Sync)> = if turns.is_empty() { None } else { Some(&rank) };
    let others = Plan { wanted, rank, ..Plan::new(bounds) };
    let mut late = Learned::default();
    left = step(pack, &others, looks, &mut late, left);
    learned.merge(late);
    // Objects that could not be read are told one by one.
    if !(bounds.proceed)() {
        learned.unscanned += left;
    }
}

/// One walk; how many of the objects that were left still are.
fn step(pack: &MappedPack, plan: &Plan<'_>, looks: &mut [Look<'_>], learned: &mut Learned, left: u64) -> u64 {
    match pack.walk(plan, looks) {
        Ok(walked) => left.saturating_sub(walked.visited + walked.unread),
        Err(error) => {
            learned.doubts.add(DoubtKind::Git, format!("could not read a received pack: {error}"));
            left
        }
    }
}
