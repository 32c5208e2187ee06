//! Scans everything that arrived, on a few threads: packs by the deltas they are made of, objects in files of their own one by one.

use keyward_rules::pack::{Bounds, ObjectId, ObjectKind, Plan};
use keyward_rules::policy::DoubtKind;

use super::look::{Learned, Look, Scene};
use super::turn::Turn;
use crate::objects::{MappedPack, threads};

/// Objects of a pack from which on the likely files come first, if there is a deadline. Fewer are scanned in no time.
const MANY: u32 = 20_000;

/// Bytes on either side of what is new in a folder: an entry that two copies meet in is new, one beside them is not.
const MARGIN_IN_FOLDERS: usize = 1;

/// Scans it all, as far as time lasts.
pub(super) fn sweep(scene: Scene<'_>, bounds: Bounds<'_>, has_deadline: bool) -> Learned {
    let arrived = scene.arrived;
    let many = has_deadline && arrived.packs().iter().any(|pack| pack.index().count() >= MANY);
    let mut looks: Vec<Look<'_>> = (0..threads(arrived.count())).map(|_| Look::new(scene, many)).collect();
    arrived.loose().visit(&bounds, &mut looks);
    let mut learned = Learned::default();
    for pack in arrived.packs() {
        walk(pack, bounds, &mut looks, &mut learned);
    }
    looks.into_iter().for_each(|look| learned.merge(look.finish()));
    learned
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
