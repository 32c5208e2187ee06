//! Any pack: every object is visited or reported, once, and read alone it is the same. Input: a byte that chooses, then entries, each a
//! byte of kind, one that names a base, one of length, and its bytes; without a kind they are the entry as it stands.

#![no_main]

use std::collections::BTreeMap;

use keyward_fuzz::{Writer, distance, id};
use keyward_rules::pack::{Bounds, HashKind, Marks, ObjectId, ObjectKind, Plan, Unreadable, Visit, Visitor};
use libfuzzer_sys::fuzz_target;

const LARGEST: u64 = 1 << 20;
const EASY: Bounds<'static> = Bounds { largest: LARGEST, proceed: &|| true };

fuzz_target!(|data: &[u8]| {
    let Some((&choice, mut rest)) = data.split_first() else { return };
    let hash = if choice & 1 == 0 { HashKind::Sha1 } else { HashKind::Sha256 };
    let mut writer = Writer::new(hash);
    while let [kind, base, length, more @ ..] = rest {
        let (content, more) = more.split_at(usize::from(*length).min(more.len()));
        rest = more;
        let number = usize::from(*base);
        match kind & 7 {
            6 => {
                let base = writer.offsets().get(number).copied().unwrap_or(u64::from(*base));
                let back = distance(writer.offset().saturating_sub(base));
                writer.add(6, &back, content);
            }
            7 => writer.add(7, id(hash, number).as_bytes(), content),
            0 => writer.add_raw(content),
            kind => writer.add(kind, &[], content),
        }
    }
    let count = writer.offsets().len();
    let pack = writer.open();
    let mut logs: Vec<Log> = (0..1 + usize::from(choice >> 1 & 1)).map(|_| Log::default()).collect();
    let held = if choice & 4 == 0 { 0 } else { 1 << 20 };
    let plan = Plan { margin: usize::from(choice >> 3), held, ..Plan::new(EASY) };
    let Ok(walked) = pack.walk(&plan, &mut logs) else { return };
    assert_eq!((walked.visited + walked.unread, walked.left), (count as u64, 0));
    let seen: BTreeMap<_, _> = logs.into_iter().flat_map(|log| log.0).collect();
    assert_eq!(seen.len(), count);
    let mut reader = pack.reader(EASY);
    for (id, visited) in seen {
        let read = reader.read(&id).map(|object| object.expect("it is there"));
        // Read alone, an object may reach into the next one.
        if visited.is_some() {
            assert_eq!(read.ok().map(|object| (object.kind, object.bytes)), visited);
        }
    }
});

#[derive(Default)]
struct Log(Vec<(ObjectId, Option<(ObjectKind, Vec<u8>)>)>);

impl Visitor for Log {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        assert!(visit.new.iter().all(|range| range.start < range.end && range.end <= visit.bytes.len()));
        assert!(visit.new.windows(2).all(|pair| pair[0].end < pair[1].start));
        assert!(visit.bytes.len() as u64 <= LARGEST);
        self.0.push((visit.id, Some((visit.kind, visit.bytes.to_vec()))));
        let first = usize::from(visit.bytes.first().copied().unwrap_or_default());
        if first == 255 { Marks::Whole } else { Marks::Ranges(vec![first..first + 9, 3..5]) }
    }

    fn unread(&mut self, id: ObjectId, _: Option<ObjectKind>, reason: &Unreadable) {
        assert!(!reason.to_string().is_empty());
        self.0.push((id, None));
    }
}
