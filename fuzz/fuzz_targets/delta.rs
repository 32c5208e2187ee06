//! Any delta to any base: refused in words, or an object whose old bytes are all the base's. Input: a byte of length, the base, the delta.

#![no_main]

use keyward_fuzz::{Writer, distance};
use keyward_rules::pack::{Bounds, HashKind, Marks, ObjectId, ObjectKind, Plan, Unreadable, Visit, Visitor};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&length, rest)) = data.split_first() else { return };
    let (base, delta) = rest.split_at(usize::from(length).min(rest.len()));
    let mut writer = Writer::new(HashKind::Sha1);
    writer.add(3, &[], base);
    let back = distance(writer.offset() - 12);
    writer.add(6, &back, delta);
    let mut pair = [Pair { base: base.to_vec(), seen: 0 }];
    let plan = Plan { margin: 0, ..Plan::new(Bounds { largest: 1 << 20, proceed: &|| true }) };
    let walked = writer.open().walk(&plan, &mut pair).expect("a good index");
    assert_eq!((walked.visited + walked.unread, walked.left), (2, 0));
});

struct Pair {
    base: Vec<u8>,
    seen: usize,
}

impl Visitor for Pair {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        self.seen += 1;
        let mut at = 0;
        // With no margin, what lies between two new parts is a copy, or several that lie side by side.
        for range in visit.new.iter().cloned().chain([visit.bytes.len()..visit.bytes.len()]) {
            assert!(self.seen == 2 || range == (0..visit.bytes.len()) || range.is_empty());
            let old = &visit.bytes[at..range.start];
            assert!(old.iter().all(|byte| self.base.contains(byte)));
            at = range.end;
        }
        Marks::NONE
    }

    fn unread(&mut self, _: ObjectId, _: Option<ObjectKind>, reason: &Unreadable) {
        assert!(!reason.to_string().is_empty());
    }
}
