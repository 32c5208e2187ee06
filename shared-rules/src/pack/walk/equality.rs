//! The property on which all rests: whatever deltas a client chooses, what is found in the new parts of objects is what is found in
//! whole objects. And the proof that the margin and the marks are what makes it hold.

use std::collections::BTreeSet;
use std::ops::Range;

use proptest::prelude::*;

use super::tests::EASY;
use super::{Plan, Visit, Visitor};
use crate::engine::MARGIN;
use crate::engine::tests::ENGINE;
use crate::pack::written::{Step, Writer, delta, id, made};
use crate::pack::{HashKind, Marks, ObjectId, ObjectKind, Pack, Unreadable};
use crate::rule::sample::Sample;
use crate::{Input, Parts};

/// A margin that is wide for the toy search, and narrow for the objects it looks at.
const WIDE: usize = 128;

/// What was found where.
type Found = BTreeSet<(ObjectId, usize, usize, Vec<u8>)>;

/// A way to look for something in a whole object, and in the new parts of one.
trait Search: Sync {
    fn whole(&self, bytes: &[u8]) -> Vec<Range<usize>>;
    /// What was found, and the marks.
    fn parts(&self, bytes: &[u8], new: &[Range<usize>]) -> (Vec<Range<usize>>, Vec<Range<usize>>);
}

/// Finds `KEY` and eight digits where no word goes on on either side. Small enough to be seen through: it reads only what is new and
/// what stands around it, and marks what would be found among other neighbours.
struct Toy;

const TOY: usize = 11;

impl Toy {
    fn stands_alone(bytes: &[u8], at: usize) -> bool {
        let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        !word(at.checked_sub(1).and_then(|before| bytes.get(before))) && !word(bytes.get(at + TOY))
    }

    /// Where keys begin that lie within these bounds.
    fn keys(bytes: &[u8], within: Range<usize>) -> Vec<usize> {
        let is_key = |at: &usize| {
            bytes[..within.end].get(at + 3..at + TOY).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
        };
        memchr::memmem::find_iter(&bytes[within.clone()], b"KEY").map(|at| at + within.start).filter(is_key).collect()
    }
}

impl Search for Toy {
    fn whole(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let keys = Toy::keys(bytes, 0..bytes.len()).into_iter();
        keys.filter(|at| Toy::stands_alone(bytes, *at)).map(|at| at..at + TOY).collect()
    }

    fn parts(&self, bytes: &[u8], new: &[Range<usize>]) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
        // A key that ends where the new part begins has a new neighbour.
        let around = |part: &Range<usize>| part.start.saturating_sub(TOY)..(part.end + TOY).min(bytes.len());
        let mut keys: Vec<usize> = new.iter().flat_map(|part| Toy::keys(bytes, around(part))).collect();
        keys.sort_unstable();
        keys.dedup();
        let found = keys.iter().filter(|at| Toy::stands_alone(bytes, **at)).map(|at| *at..at + TOY);
        (found.collect(), keys.iter().map(|at| *at..at + TOY).collect())
    }
}

/// The real engine.
struct Real;

impl Search for Real {
    fn whole(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        ENGINE.scan(&Input::whole(bytes, "")).into_iter().map(|found| found.span).collect()
    }

    fn parts(&self, bytes: &[u8], new: &[Range<usize>]) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
        let scanned = ENGINE.scan_parts(&Parts { input: Input::whole(bytes, ""), new });
        (scanned.matches.into_iter().map(|found| found.span).collect(), scanned.candidates)
    }
}

/// Looks at the new parts, and beside it at whole objects.
struct Both<'s, S> {
    search: &'s S,
    hands_on: bool,
    parts: Found,
    whole: Found,
}

impl<S: Search> Visitor for Both<'_, S> {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        let entry = |span: Range<usize>| (visit.id, span.start, span.end, visit.bytes[span].to_vec());
        self.whole.extend(self.search.whole(visit.bytes).into_iter().map(entry));
        let (found, marks) = self.search.parts(visit.bytes, visit.new);
        self.parts.extend(found.into_iter().map(entry));
        if self.hands_on { Marks::Ranges(marks) } else { Marks::NONE }
    }

    fn unread(&mut self, id: ObjectId, _: Option<ObjectKind>, reason: &Unreadable) {
        panic!("{id}: {reason}");
    }
}

/// What is found in whole objects, and what is missed in the new parts.
fn compare<S: Search>(pack: &Pack<Vec<u8>, Vec<u8>>, search: &S, margin: usize, hands_on: bool) -> (Found, Found) {
    let both = || Both { search, hands_on, parts: Found::new(), whole: Found::new() };
    let mut threads = [both(), both()];
    pack.walk(&Plan { margin, ..Plan::new(EASY) }, &mut threads).expect("sound");
    let [mut one, mut two] = threads;
    one.whole.append(&mut two.whole);
    one.parts.append(&mut two.parts);
    let missed = one.whole.difference(&one.parts).cloned().collect();
    assert!(one.parts.is_subset(&one.whole), "nothing is found that is not there");
    (one.whole, missed)
}

/// A pack in which each object is given by the number of its base and the steps from it; without, by its bytes.
fn pack(objects: &[(Option<usize>, Vec<Step>)]) -> Pack<Vec<u8>, Vec<u8>> {
    let mut writer = Writer::new(HashKind::Sha1);
    let mut texts: Vec<Vec<u8>> = Vec::new();
    let name = |number: usize| id(HashKind::Sha1, number as u32);
    for (number, (base, steps)) in objects.iter().enumerate() {
        let from: &[u8] = base.map_or(&[], |base| &texts[base]);
        let text = made(from, steps);
        match base {
            Some(base) => writer.delta_to(name(number), name(*base), &delta(from.len(), steps)),
            None => writer.whole(name(number), ObjectKind::Blob, &text),
        }
        texts.push(text);
    }
    writer.open()
}

/// Every way in which a delta may put a credential together that its base does not have, at each place in it; and ways in which it
/// moves one that its base has.
fn seams(secret: &[u8]) -> Vec<(Option<usize>, Vec<Step>)> {
    let insert = |bytes: &[u8]| Step::Insert(bytes.to_vec());
    let filler = b"nothing to see in here, move on\n".repeat(6);
    let mut objects = vec![(None, vec![insert(&filler), insert(secret), insert(b"\n"), insert(&filler)])];
    let (start, end) = (filler.len(), filler.len() + secret.len());
    let whole = 2 * filler.len() + secret.len() + 1;
    // Moved: the whole of it, cut in two and joined, alone, twice.
    objects.push((Some(0), vec![Step::Copy(0, whole)]));
    objects.push((Some(0), vec![Step::Copy(start - 9, whole - start + 9)]));
    objects.push((Some(0), vec![Step::Copy(start, secret.len())]));
    objects.push((Some(0), vec![Step::Copy(0, end), Step::Copy(0, end)]));
    for cut in 1..secret.len() {
        let (head, tail) = secret.split_at(cut);
        objects.push((Some(0), vec![Step::Copy(0, start + cut), Step::Copy(start + cut, whole - start - cut)]));
        // Halves that lie apart in the base, in either order, brought together.
        let mut wrong = secret.to_vec();
        wrong[cut] = if secret[cut].is_ascii_digit() { b'!' } else { b'?' };
        let base = objects.len();
        let apart = [&filler[..], head, b" and\n", &filler, b"#", tail, b"\n", &filler];
        objects.push((None, apart.iter().map(|part| insert(part)).collect()));
        let second = 2 * filler.len() + head.len() + 6;
        let first = Step::Copy(0, filler.len() + cut);
        objects.push((Some(base), vec![first.clone(), Step::Copy(second, tail.len() + 1 + filler.len())]));
        // One half new.
        objects.push((Some(base), vec![first, insert(tail), insert(b"\n"), Step::Copy(0, 90)]));
        objects.push((
            Some(base),
            vec![Step::Copy(0, 90), insert(b"\n"), insert(head), Step::Copy(second, tail.len() + 9)],
        ));
        // One byte put right, and one byte put wrong.
        let base = objects.len();
        objects.push((None, vec![insert(&filler), insert(&wrong), insert(b"\n"), insert(&filler)]));
        let mend = [
            Step::Copy(0, start + cut),
            insert(&secret[cut..=cut]),
            Step::Copy(start + cut + 1, whole - start - cut - 1),
        ];
        objects.push((Some(base), mend.to_vec()));
        let mended = objects.len() - 1;
        objects.push((
            Some(mended),
            vec![Step::Copy(0, start + cut), Step::Copy(start + cut + 1, whole - start - cut - 1)],
        ));
        // The wrong byte left out.
        let mut longer = secret.to_vec();
        longer.insert(cut, b'!');
        let base = objects.len();
        objects.push((None, vec![insert(&filler), insert(&longer), insert(b"\n"), insert(&filler)]));
        objects.push((Some(base), vec![Step::Copy(0, start + cut), Step::Copy(start + cut + 1, whole - start - cut)]));
    }
    objects
}

/// Credentials of several makes, expanded from templates.
fn secrets() -> Vec<Vec<u8>> {
    let templates = [
        "TOKEN = «ghp_{base62:30}{checksum:crc32-base62}»",
        "password = \"{base62:20}\"",
        "url: postgres://app:{base62:18}@db.example.com/x",
    ];
    let expand = |template: &&str| Sample::expand(template, 11, None).expect("a good template").text.into_bytes();
    templates.iter().map(expand).collect()
}

#[test]
fn a_credential_cut_at_any_place_is_found_as_in_the_whole_object() {
    let key = pack(&seams(b"KEY01234567"));
    let (found, missed) = compare(&key, &Toy, WIDE, true);
    assert!(found.len() > 60, "{}", found.len());
    assert_eq!(missed, Found::new());
    assert_eq!(
        compare(&key, &Toy, 1, true).1,
        Found::new(),
        "a search that reads its surroundings needs to be led there only"
    );
    for secret in secrets() {
        let pack = pack(&seams(&secret));
        let (found, missed) = compare(&pack, &Real, MARGIN, true);
        assert!(found.len() > 3 * secret.len(), "{} in {}", found.len(), secret.len());
        assert_eq!(missed.len(), 0);
    }
}

#[test]
fn without_a_margin_or_without_marks_it_would_not_be_found() {
    let key = pack(&seams(b"KEY01234567"));
    let (_, missed) = compare(&key, &Toy, 0, true);
    assert!(missed.len() >= 2 * (TOY - 1), "seams have no width of their own: {}", missed.len());
    let (_, missed) = compare(&key, &Toy, WIDE, false);
    assert!(missed.len() >= TOY, "what was copied is found only where it was marked: {}", missed.len());
}

#[test]
fn ten_thousand_seams_among_a_hundred_thousand_objects_hide_nothing() {
    let mut objects = Vec::new();
    while objects.len() < 100_000 {
        let before = objects.len();
        let secret = format!("KEY{:08}", before);
        let family = seams(secret.as_bytes());
        objects.extend(family.into_iter().map(|(base, steps)| (base.map(|base| base + before), steps)));
    }
    let pack = pack(&objects);
    let (found, missed) = compare(&pack, &Toy, WIDE, true);
    assert!(found.len() > 10_000, "{}", found.len());
    assert_eq!(missed.len(), 0);
    assert!(compare(&pack, &Toy, 0, true).1.len() > 10_000);
    assert!(compare(&pack, &Toy, WIDE, false).1.len() > 10_000);
}

/// Text in which keys, broken keys and fillers of any length stand in any order.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"KEY01234567".to_vec()),
        (0..11usize).prop_map(|length| b"KEY01234567"[..length].to_vec()),
        (0..11usize).prop_map(|skip| b"KEY01234567"[skip..].to_vec()),
        (0..11usize).prop_map(|at| [&b"KEY01234567"[..at], b"-", &b"KEY01234567"[at..]].concat()),
        "[ a0-]{0,3}".prop_map(String::into_bytes),
        (1..40usize).prop_map(|length| vec![b'.'; length]),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A step, its copy given in parts of the base's length, for the base is not known yet.
#[derive(Clone, Debug)]
enum Draft {
    Copy(u16, u16),
    /// Goes on where the last copy ended.
    On(u16),
    Insert(Vec<u8>),
}

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let draft = prop_oneof![
        (any::<u16>(), any::<u16>()).prop_map(|(from, length)| Draft::Copy(from, length)),
        any::<u16>().prop_map(Draft::On),
        text().prop_map(Draft::Insert),
        "[0-9KEY -]{1,2}".prop_map(|new| Draft::Insert(new.into_bytes())),
    ];
    prop::collection::vec(draft, 0..8)
}

fn settle(drafts: &[Draft], base: usize) -> Vec<Step> {
    let mut end = 0;
    let mut steps = Vec::new();
    for draft in drafts {
        let (from, share) = match draft {
            Draft::Copy(from, share) => (usize::from(*from) * base / 0x10000, *share),
            Draft::On(share) => (end, *share),
            Draft::Insert(new) => {
                steps.push(Step::Insert(new.clone()));
                continue;
            }
        };
        let length = (base - from) * (usize::from(share) + 1) / 0x10000;
        end = from + length;
        steps.push(Step::Copy(from, length));
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn new_parts_tell_what_whole_objects_tell(
        roots in prop::collection::vec(text(), 1..4),
        deltas in prop::collection::vec((any::<prop::sample::Index>(), drafts()), 0..12),
        margin in 1usize..200,
    ) {
        let mut lengths: Vec<usize> = roots.iter().map(Vec::len).collect();
        let mut objects: Vec<(Option<usize>, Vec<Step>)> =
            roots.into_iter().map(|text| (None, vec![Step::Insert(text)])).collect();
        for (base, drafts) in deltas {
            let base = base.index(objects.len());
            let steps = settle(&drafts, lengths[base]);
            lengths.push(steps.iter().map(|step| match step {
                Step::Copy(_, length) => *length,
                Step::Insert(new) => new.len(),
            }).sum());
            objects.push((Some(base), steps));
        }
        let pack = pack(&objects);
        prop_assert_eq!(compare(&pack, &Toy, margin, true).1, Found::new());
    }
}
