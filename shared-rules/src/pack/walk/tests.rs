//! Walks over sound and hostile packs: what is visited, what is new, what is reported, what is held.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Plan, Visit, Visitor, Walked};
use crate::pack::source::tests::Positioned;
use crate::pack::written::{Step, Writer, delta, head, id, made};
use crate::pack::{Bounds, HashKind, Index, Marks, ObjectId, ObjectKind, Pack, Source, Unreadable};

const SHA1: HashKind = HashKind::Sha1;

pub(super) const EASY: Bounds<'static> = Bounds { largest: 1 << 30, proceed: &|| true };

fn named(number: u32) -> ObjectId {
    id(SHA1, number)
}

fn insert(text: &str) -> Step {
    Step::Insert(text.as_bytes().to_vec())
}

/// Id, kind, content, new ranges.
type Seen = (ObjectId, ObjectKind, Vec<u8>, Vec<Range<usize>>);

/// Writes down what it sees.
#[derive(Default)]
struct Log {
    visits: Vec<Seen>,
    unread: Vec<(ObjectId, Option<ObjectKind>, Unreadable)>,
    /// What it marks in every object.
    marks: Option<Marks>,
}

impl Visitor for Log {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        self.visits.push((visit.id, visit.kind, visit.bytes.to_vec(), visit.new.to_vec()));
        self.marks.clone().unwrap_or(Marks::NONE)
    }

    fn unread(&mut self, id: ObjectId, kind: Option<ObjectKind>, reason: &Unreadable) {
        self.unread.push((id, kind, reason.clone()));
    }
}

impl Log {
    fn ids(&self) -> Vec<ObjectId> {
        self.visits.iter().map(|visit| visit.0).collect()
    }

    fn reason(&self, number: u32) -> &Unreadable {
        &self.unread.iter().find(|unread| unread.0 == named(number)).expect("it was reported").2
    }
}

fn walk<S: Source>(pack: &Pack<S, Vec<u8>>, plan: &Plan<'_>) -> (Walked, Log) {
    let mut log = [Log::default()];
    let walked = pack.walk(plan, &mut log).expect("a sound index");
    let [log] = log;
    assert_eq!((walked.visited, walked.unread), (log.visits.len() as u64, log.unread.len() as u64));
    (walked, log)
}

/// Objects that are each made from an earlier one, as a text that grows by lines; every ninth is whole.
fn history(hash: HashKind, count: u32) -> (Writer, Vec<(ObjectId, ObjectKind, Vec<u8>)>) {
    let kinds = [ObjectKind::Blob, ObjectKind::Tree, ObjectKind::Commit, ObjectKind::Tag];
    let mut writer = Writer::new(hash);
    let mut objects: Vec<(ObjectId, ObjectKind, Vec<u8>)> = Vec::new();
    let mut offsets = Vec::new();
    for number in 0..count {
        offsets.push(writer.offset());
        let id = id(hash, number);
        let (tree, step) = (number / 9 * 9, number % 9);
        if step == 0 {
            let kind = kinds[(number / 9 % 4) as usize];
            objects.push((id, kind, format!("object {number}\n").repeat(9).into_bytes()));
            writer.whole(id, kind, &objects[number as usize].2);
            continue;
        }
        let base = (tree + step / 2) as usize;
        let (base_id, kind, text) = objects[base].clone();
        let steps = [Step::Copy(0, 50), insert(&format!("line {number}\n")), Step::Copy(50, text.len() - 50)];
        let delta = delta(text.len(), &steps);
        if number % 2 == 0 {
            writer.delta_to(id, base_id, &delta);
        } else {
            writer.delta_at(id, offsets[base], &delta);
        }
        objects.push((id, kind, made(&text, &steps)));
    }
    (writer, objects)
}

#[test]
fn every_object_is_visited_once_behind_its_base_from_memory_and_from_a_file_on_any_number_of_threads() {
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        let (writer, mut objects) = history(hash, 1000);
        objects.sort();
        let (bytes, index) = writer.finish();
        let open = || Index::open(index.clone(), hash).expect("good");
        let memory = Pack::open(bytes.clone(), open()).expect("good");
        let file = Pack::open(Positioned(bytes), open()).expect("good");
        for threads in [1, 2, 5] {
            for from_file in [false, true] {
                let mut logs: Vec<Log> = (0..threads).map(|_| Log::default()).collect();
                let plan = Plan::new(EASY);
                let walked = if from_file { file.walk(&plan, &mut logs) } else { memory.walk(&plan, &mut logs) };
                let walked = walked.expect("sound");
                let visits = logs.iter().flat_map(|log| &log.visits);
                let mut seen: Vec<_> = visits.map(|(id, kind, bytes, _)| (*id, *kind, bytes.clone())).collect();
                seen.sort();
                assert!(seen == objects);
                let bytes = objects.iter().map(|object| object.2.len() as u64).sum::<u64>();
                assert_eq!((walked.visited, walked.bytes, walked.unread, walked.left), (1000, bytes, 0, 0));
            }
        }
    }
}

#[test]
fn the_kind_of_the_whole_object_decides_what_is_visited() {
    let (writer, objects) = history(SHA1, 100);
    let pack = writer.open();
    for wanted in [&[ObjectKind::Tree][..], &[ObjectKind::Blob, ObjectKind::Tag], &[]] {
        let (walked, log) = walk(&pack, &Plan { wanted, ..Plan::new(EASY) });
        let expected = objects.iter().filter(|object| wanted.contains(&object.1)).count();
        assert_eq!((walked.visited as usize, walked.left), (expected, 0));
        assert!(log.visits.iter().all(|visit| wanted.contains(&visit.1)));
    }
}

#[test]
fn what_no_base_had_is_new_and_what_was_marked_is_new_in_every_copy() {
    let text = b"0123456789".repeat(20);
    let steps = [Step::Copy(0, 100), insert("new"), Step::Copy(100, 100)];
    let pack = || {
        let mut writer = Writer::new(SHA1);
        writer.whole(named(0), ObjectKind::Blob, &text);
        writer.delta_at(named(1), 12, &delta(200, &steps));
        writer.whole(named(2), ObjectKind::Blob, b"");
        writer.open()
    };
    let new = |marks: Marks, margin: usize| {
        let mut log = [Log { marks: Some(marks), ..Log::default() }];
        let walked = pack().walk(&Plan { margin, ..Plan::new(EASY) }, &mut log).expect("sound");
        let of = |number: u32| {
            log[0]
                .visits
                .iter()
                .find(|visit| visit.0 == named(number))
                .expect("visited")
                .3
                .iter()
                .map(|range| (range.start, range.end))
                .collect::<Vec<_>>()
        };
        assert_eq!((of(0), of(2)), (vec![(0, 200)], vec![]));
        assert_eq!(walked.new, 200 + of(1).iter().map(|(start, end)| (end - start) as u64).sum::<u64>());
        of(1)
    };
    assert_eq!(new(Marks::NONE, 0), [(100, 103)]);
    assert_eq!(new(Marks::NONE, 10), [(90, 113)]);
    assert_eq!(new(Marks::Ranges(vec![150..160, 20..30, 95..105]), 0), [(20, 30), (95, 108), (153, 163)]);
    assert_eq!(new(Marks::Whole, 0), [(0, 203)]);
}

#[test]
fn a_tree_of_deltas_comes_with_the_first_of_its_objects() {
    let (writer, objects) = history(SHA1, 90);
    let first = objects[40].0;
    let rank = |id: &ObjectId| u32::from(*id != first);
    let (walked, log) = walk(&writer.open(), &Plan { rank: Some(&rank), ..Plan::new(EASY) });
    assert_eq!(walked.visited, 90);
    let mut ids = log.ids()[..9].to_vec();
    let mut tree: Vec<_> = objects[36..45].iter().map(|object| object.0).collect();
    ids.sort();
    tree.sort();
    assert_eq!(ids, tree);
}

#[test]
fn a_walk_that_is_stopped_says_how_many_objects_are_left() {
    let pack = history(SHA1, 3000).0.open();
    let mut seen = Vec::new();
    for allowed in [0, 1, 2, 4, 8, 1 << 20] {
        let asked = AtomicUsize::new(0);
        let proceed = || asked.fetch_add(1, Ordering::Relaxed) < allowed;
        let (walked, log) = walk(&pack, &Plan::new(Bounds { largest: 1 << 20, proceed: &proceed }));
        assert_eq!(walked.visited + walked.left, 3000, "{walked:?}");
        assert!(log.unread.is_empty());
        seen.push(walked.visited);
    }
    assert!(seen.is_sorted() && seen[0] == 0 && seen[4] < 3000 && seen[5] == 3000, "{seen:?}");
    let (asked, mut logs) = (AtomicUsize::new(0), [Log::default(), Log::default(), Log::default()]);
    let proceed = || asked.fetch_add(1, Ordering::Relaxed) < 9;
    let walked = pack.walk(&Plan::new(Bounds { largest: 1 << 20, proceed: &proceed }), &mut logs).expect("sound");
    assert!(walked.left > 0 && walked.visited + walked.left == 3000, "{walked:?}");
}

#[test]
fn a_stop_before_the_heads_are_read_leaves_all() {
    let pack = history(SHA1, 100).0.open();
    let (walked, _) = walk(&pack, &Plan::new(Bounds { largest: 1, proceed: &|| false }));
    assert_eq!(walked, Walked { left: 100, ..Walked::default() });
}

#[test]
fn what_cannot_be_read_is_reported_with_all_that_hangs_on_it_and_the_rest_is_visited() {
    let same = delta(4, &[Step::Copy(0, 4)]);
    let mut writer = Writer::new(SHA1);
    writer.raw(named(0), &[&head(3, 4)[..], b"no stream"].concat());
    writer.delta_at(named(1), 12, &same);
    writer.delta_to(named(2), named(1), &same);
    writer.delta_to(named(3), named(77), &same);
    writer.raw(named(4), &[0x55]);
    let sound = writer.offset();
    writer.whole(named(5), ObjectKind::Tag, b"text");
    writer.delta_at(named(6), sound + 1, &same);
    let broken = writer.offset();
    writer.delta_at(named(7), sound, &delta(5, &[Step::Copy(0, 4)]));
    writer.delta_at(named(8), broken, &same);
    writer.delta_at(named(9), sound, &delta(4, &[Step::Copy(1, 3)]));
    let (walked, log) = walk(&writer.open(), &Plan::new(EASY));
    assert_eq!(log.ids(), [named(5), named(9)]);
    assert_eq!((walked.visited, walked.unread, walked.left), (2, 8, 0));
    assert!(matches!(log.reason(0), Unreadable::Stream(_)));
    assert_eq!((log.reason(1), log.reason(3)), (&Unreadable::Base(12), &Unreadable::NoBase(named(77))));
    assert!(matches!(log.reason(2), Unreadable::Base(_)));
    assert!(matches!(log.reason(4), Unreadable::Header(_)));
    assert_eq!(log.reason(6), &Unreadable::NoBaseAt(sound + 1));
    assert!(matches!(log.reason(7), Unreadable::Delta(_)));
    assert_eq!(log.reason(8), &Unreadable::Base(broken));
    let kinds: Vec<_> = log.unread.iter().map(|unread| unread.1).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == Some(ObjectKind::Tag)).count(), 2);
    assert_eq!(kinds.iter().filter(|kind| kind.is_none()).count(), 3, "the kind of these hangs on what is missing");
    let (walked, _) = walk(&writer_of_a_missing_base(), &Plan { wanted: &[], ..Plan::new(EASY) });
    assert_eq!(walked.unread, 1, "what cannot be told to be unwanted is reported");
}

fn writer_of_a_missing_base() -> Pack<Vec<u8>, Vec<u8>> {
    let mut writer = Writer::new(SHA1);
    writer.delta_to(named(0), named(1), &delta(4, &[Step::Copy(0, 4)]));
    writer.open()
}

#[test]
fn deltas_that_lead_in_a_circle_are_reported_with_what_hangs_on_them() {
    let same = delta(4, &[Step::Copy(0, 4)]);
    let mut writer = Writer::new(SHA1);
    writer.delta_to(named(0), named(0), &same);
    let circle = writer.offset();
    writer.delta_to(named(1), named(3), &same);
    writer.delta_at(named(2), circle, &same);
    writer.delta_to(named(3), named(2), &same);
    writer.delta_to(named(4), named(2), &same);
    writer.delta_to(named(5), named(4), &same);
    writer.delta_to(named(6), named(8), &same);
    writer.delta_to(named(7), named(6), &same);
    writer.whole(named(8), ObjectKind::Blob, b"text");
    let (walked, log) = walk(&writer.open(), &Plan::new(EASY));
    assert_eq!(log.ids(), [named(8), named(6), named(7)]);
    assert_eq!((walked.unread, walked.left), (6, 0));
    for number in 0..4 {
        assert_eq!(log.reason(number), &Unreadable::Cycle);
    }
    assert!((4..6).all(|number| matches!(log.reason(number), Unreadable::Base(_))));
}

#[test]
fn what_is_too_large_is_reported_with_its_size_and_so_is_what_is_made_from_it() {
    let text = b"a line of text\n".repeat(100);
    let mut writer = Writer::new(SHA1);
    writer.whole(named(0), ObjectKind::Blob, &text);
    let small = writer.offset();
    writer.delta_at(named(1), 12, &delta(1500, &[Step::Copy(0, 400)]));
    let grown = writer.offset();
    writer.delta_at(named(2), small, &delta(400, &[Step::Copy(0, 400), Step::Copy(0, 400), Step::Copy(0, 400)]));
    writer.delta_at(named(3), grown, &delta(1200, &[Step::Copy(0, 9)]));
    writer.whole(named(4), ObjectKind::Blob, b"small");
    writer.delta_at(named(5), small, &delta(400, &vec![insert(&"x".repeat(100)); 20]));
    let pack = writer.open();
    let at = |largest| walk(&pack, &Plan::new(Bounds { largest, ..EASY }));
    let (walked, log) = at(2000);
    assert_eq!((walked.visited, walked.unread), (5 + 1, 0));
    assert!(log.unread.is_empty());
    let (_, log) = at(1999);
    assert_eq!((log.unread.len(), log.reason(5)), (1, &Unreadable::TooLarge { size: 2000, largest: 1999 }));
    let (_, log) = at(1000);
    assert_eq!(log.ids(), [named(4)]);
    assert_eq!(log.reason(0), &Unreadable::TooLarge { size: 1500, largest: 1000 });
    assert!(
        [1, 2, 3, 5].iter().all(|number| *log.reason(*number) == Unreadable::LargeBase { size: 1500, largest: 1000 })
    );
    assert!(log.unread.iter().all(|unread| unread.2.is_for_size()));
}

/// A tree of deltas, each object a little under half a mebibyte: `parents` names the base of each but the first.
fn large_tree(parents: &[usize]) -> Pack<Vec<u8>, Vec<u8>> {
    let text: Vec<u8> = (0..500_000u32).map(|at| (at >> 9) as u8).collect();
    let mut writer = Writer::new(SHA1);
    let mut offsets = vec![writer.offset()];
    writer.whole(named(0), ObjectKind::Blob, &text);
    for (parent, number) in parents.iter().zip(1..) {
        let steps = [Step::Insert(vec![number as u8]), Step::Copy(1, text.len() - 1)];
        let at = writer.offset();
        writer.delta_at(named(number), offsets[*parent], &delta(text.len(), &steps));
        offsets.push(at);
    }
    writer.open()
}

/// Visits without keeping the bytes.
struct Sum(u64);

impl Visitor for Sum {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        self.0 += u64::from(visit.bytes[0]) + u64::from(visit.bytes[visit.bytes.len() - 1]);
        Marks::NONE
    }

    fn unread(&mut self, id: ObjectId, _: Option<ObjectKind>, reason: &Unreadable) {
        panic!("{id}: {reason}");
    }
}

fn remade(pack: &Pack<Vec<u8>, Vec<u8>>, held: usize) -> (u64, u64) {
    let mut sum = [Sum(0)];
    let walked = pack.walk(&Plan { held, ..Plan::new(EASY) }, &mut sum).expect("sound");
    assert_eq!(walked.visited, u64::from(pack.index().count()));
    (walked.remade, sum[0].0)
}

#[test]
fn bases_beyond_the_bound_are_let_go_and_made_anew() {
    // Every object has two made from it, six steps down.
    let binary: Vec<usize> = (1..127).map(|number| (number - 1) / 2).collect();
    let pack = large_tree(&binary);
    let (none, sum) = remade(&pack, 64 << 20);
    let (some, same) = remade(&pack, 1 << 20);
    let (many, again) = remade(&pack, 0);
    assert_eq!((none, sum, sum), (0, same, again));
    assert!(0 < some && some < many, "{some} {many}");
}

#[test]
fn few_bases_are_held_whatever_the_tree_looks_like() {
    let size = 1 << 19;
    let chain: Vec<usize> = (0..200).collect();
    assert_eq!(remade(&large_tree(&chain), 0).0, 0, "a base is let go with the last object made from it");
    // A chain with one more object hanging on each.
    let comb: Vec<usize> = (0..200).map(|number| number / 2 * 2).collect();
    assert_eq!(remade(&large_tree(&comb), size).0, 0);
    let star = vec![0; 200];
    assert_eq!(remade(&large_tree(&star), size).0, 0);
    let binary: Vec<usize> = (1..255).map(|number| (number - 1) / 2).collect();
    assert_eq!(remade(&large_tree(&binary), 7 * size).0, 0, "one for each step down");
}

#[test]
fn large_objects_come_one_at_a_time_and_all_of_them() {
    let text = vec![b'x'; (8 << 20) + 1];
    let mut writer = Writer::new(SHA1);
    for number in 0..4 {
        let at = writer.offset();
        writer.whole(named(number), ObjectKind::Blob, &text);
        writer.delta_at(named(100 + number), at, &delta(text.len(), &[Step::Copy(0, text.len())]));
        for small in 0..40 {
            writer.whole(named(1000 + 100 * number + small), ObjectKind::Blob, b"small");
        }
    }
    let mut sums = [Sum(0), Sum(0), Sum(0)];
    let walked = writer.open().walk(&Plan::new(EASY), &mut sums).expect("sound");
    assert_eq!(walked.visited, 4 * 42);
}

#[test]
fn a_few_bytes_that_make_gigabytes_end_with_the_callers_patience() {
    let text = vec![0; 0xff_ffff];
    let doubled = delta(text.len(), &vec![Step::Copy(0, text.len()); 8]);
    let mut writer = Writer::new(SHA1);
    writer.whole(named(0), ObjectKind::Blob, &text);
    for number in 1..50 {
        writer.delta_at(named(number), 12, &doubled);
    }
    let asked = AtomicUsize::new(0);
    let proceed = || asked.fetch_add(1, Ordering::Relaxed) < 20;
    let mut sums = [Sum(0)];
    let plan = Plan::new(Bounds { largest: 1 << 30, proceed: &proceed });
    let walked = writer.open().walk(&plan, &mut sums).expect("sound");
    assert!(walked.left > 40 && walked.visited + walked.left == 50, "{walked:?}");
    assert!(asked.into_inner() <= 21, "asked within the work on one object too");
}

#[test]
fn very_many_tiny_objects_and_a_very_long_chain_are_visited() {
    let mut writer = Writer::new(SHA1);
    let mut base = writer.offset();
    writer.whole(named(0), ObjectKind::Tree, b"");
    let same = delta(0, &[]);
    for number in 1..100_000 {
        let at = writer.offset();
        if number % 3 == 0 {
            writer.whole(named(number), ObjectKind::Tree, b"");
        } else {
            writer.delta_at(named(number), base, &same);
            base = at;
        }
    }
    let (walked, _) = walk(&writer.open(), &Plan { held: 0, ..Plan::new(EASY) });
    assert_eq!((walked.visited, walked.unread, walked.remade), (100_000, 0, 0));
}

#[test]
fn a_pack_without_objects_is_walked_and_a_lying_index_refused() {
    let (walked, _) = walk(&Writer::new(SHA1).open(), &Plan::new(EASY));
    assert_eq!(walked, Walked::default());
    let (bytes, mut index) = history(SHA1, 9).0.finish();
    let offsets = index.len() - 40 - 9 * 4;
    index.copy_within(offsets..offsets + 4, offsets + 4);
    let pack = Pack::open(bytes, Index::open(index, SHA1).expect("good")).expect("good");
    let refused = pack.walk(&Plan::new(EASY), &mut [Log::default()]).expect_err("two objects at one place");
    assert!(refused.to_string().contains("one place for two objects"), "{refused}");
}
