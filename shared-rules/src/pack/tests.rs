//! What a pack gives back, whole or damaged, one object at a time.

use super::source::tests::Positioned;
use super::written::{Step, Writer, deflate, delta, head, id, made};
use super::{Bounds, HashKind, Header, Index, MOST_DELTAS, Object, ObjectId, ObjectKind, Pack, Source, Unreadable};

const SHA1: HashKind = HashKind::Sha1;

const EASY: Bounds<'static> = Bounds { largest: 1 << 30, proceed: &|| true };

fn named(number: u32) -> ObjectId {
    id(SHA1, number)
}

fn insert(text: &str) -> Step {
    Step::Insert(text.as_bytes().to_vec())
}

fn read<S: Source>(pack: &Pack<S, Vec<u8>>, number: u32) -> Result<Object, Unreadable> {
    pack.reader(EASY).read(&named(number)).map(|object| object.expect("the pack has it"))
}

/// A chain of deltas of both kinds in the order 2, 0, 1, 3: 0 is whole, each is made from the one before.
fn chain(hash: HashKind) -> (Writer, [Vec<u8>; 4]) {
    let text = b"one\ntwo\nthree\n".repeat(20);
    let steps = |line: &str| [Step::Copy(0, 100), insert(line), Step::Copy(120, 100)];
    let first = made(&text, &steps("four\n"));
    let second = made(&first, &[Step::Copy(5, 150)]);
    let third = made(&second, &[insert("x"), Step::Copy(0, 150)]);
    let mut writer = Writer::new(hash);
    writer.delta_to(id(hash, 2), id(hash, 1), &delta(first.len(), &[Step::Copy(5, 150)]));
    let base = writer.offset();
    writer.whole(id(hash, 0), ObjectKind::Commit, &text);
    writer.delta_at(id(hash, 1), base, &delta(text.len(), &steps("four\n")));
    writer.delta_at(id(hash, 3), 12, &delta(second.len(), &[insert("x"), Step::Copy(0, 150)]));
    (writer, [text, first, second, third])
}

#[test]
fn objects_of_a_chain_are_read_under_both_hashes_from_memory_and_from_a_file() {
    for hash in [HashKind::Sha1, HashKind::Sha256] {
        let (writer, objects) = chain(hash);
        let (bytes, index) = writer.finish();
        let file =
            Pack::open(Positioned(bytes.clone()), Index::open(index.clone(), hash).expect("good")).expect("good");
        let memory = Pack::open(bytes, Index::open(index, hash).expect("good")).expect("good");
        let (mut file, mut memory) = (file.reader(EASY), memory.reader(EASY));
        for (object, number) in objects.into_iter().zip(0..) {
            let id = id(hash, number);
            let header = Header { kind: ObjectKind::Commit, size: object.len() as u64 };
            assert_eq!((file.header(&id), memory.header(&id)), (Ok(Some(header)), Ok(Some(header))));
            let object = Object { kind: ObjectKind::Commit, bytes: object };
            assert_eq!((file.read(&id), memory.read(&id)), (Ok(Some(object.clone())), Ok(Some(object))));
        }
        assert_eq!((memory.header(&id(hash, 9)), memory.read(&id(hash, 9))), (Ok(None), Ok(None)));
    }
}

#[test]
fn a_pack_that_is_none_or_not_the_indexs_is_refused() {
    let (bytes, index) = chain(SHA1).0.finish();
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        bytes
    };
    let cases = [
        (bytes[..20].to_vec(), "cut off"),
        (with(0, b'p'), "does not begin"),
        (with(7, 4), "version"),
        (with(11, 5), "number of objects"),
        (with(bytes.len() - 1, 0), "checksum"),
        (bytes[..bytes.len() - 1].to_vec(), "checksum"),
    ];
    for (bytes, reason) in cases {
        let index = Index::open(index.clone(), SHA1).expect("a good index");
        let error = Pack::open(bytes, index).expect_err(reason).to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn an_object_that_lies_is_refused_and_the_next_is_read() {
    let text = b"some text of a file\n".repeat(9);
    let stream = deflate(&text);
    let size = text.len() as u64;
    let entry = |head: Vec<u8>, stream: &[u8]| [&head[..], stream].concat();
    let mut flipped = stream.clone();
    flipped[stream.len() / 2] ^= 1;
    let cases = [
        (entry(head(3, size + 1), &stream), "fewer bytes"),
        (entry(head(3, size - 1), &stream), "more bytes"),
        (entry(head(3, u64::MAX), &stream), "more than the limit"),
        (entry(head(3, size), &flipped), "damaged"),
        (entry(head(3, size), b"no stream"), "damaged"),
        (entry(head(5, size), &stream), "kind"),
        (entry(head(6, 4), &[0x87, 0x68]), "outside the pack"),
        (entry(head(3, 33 << 20), &stream), "fewer bytes"),
        (entry(head(3, 33 << 20), &stream[..stream.len() - 1]), "damaged"),
    ];
    let mut writer = Writer::new(SHA1);
    for ((entry, _), number) in cases.iter().zip(0..) {
        writer.raw(named(number), entry);
    }
    writer.whole(named(99), ObjectKind::Blob, &text);
    let pack = writer.open();
    for ((_, reason), number) in cases.iter().zip(0..) {
        let error = read(&pack, number).expect_err(reason).to_string();
        assert!(error.contains(reason), "{number}: {error}");
    }
    assert_eq!(read(&pack, 99).expect("sound").bytes, text);
}

#[test]
fn the_last_object_of_a_pack_may_end_early() {
    let stream = deflate(&b"text\n".repeat(100));
    let mut writer = Writer::new(SHA1);
    writer.raw(named(0), &[&head(3, 500)[..], &stream[..stream.len() - 6]].concat());
    assert!(matches!(read(&writer.open(), 0), Err(Unreadable::Stream(_))));
    let mut writer = Writer::new(SHA1);
    writer.raw(named(0), &[0xbf]);
    let (mut bytes, index) = writer.finish();
    let checksum = bytes.len() - 20..;
    bytes[checksum].fill(0xff);
    let mut index = index;
    let at = index.len() - 40..index.len() - 20;
    index[at].fill(0xff);
    let pack = Pack::open(bytes, Index::open(index, SHA1).expect("good")).expect("good");
    assert_eq!(read(&pack, 0), Err(Unreadable::Header("it is cut off")), "the checksum is no part of a head");
}

#[test]
fn a_large_object_is_read_piece_by_piece() {
    let part: Vec<u8> = (0..100_003u32).map(|at| (at.wrapping_mul(0x9e37_79b1) >> 27) as u8).collect();
    let text = part.repeat(350);
    let mut writer = Writer::new(SHA1);
    writer.whole(named(0), ObjectKind::Blob, &text);
    writer.raw(named(1), &[&head(3, text.len() as u64 - 1)[..], &deflate(&text)].concat());
    let (bytes, index) = writer.finish();
    let pack = Pack::open(Positioned(bytes), Index::open(index, SHA1).expect("good")).expect("good");
    assert!(read(&pack, 0).expect("sound").bytes == text);
    assert_eq!(read(&pack, 1), Err(Unreadable::Stream("they hold more bytes than its header says")));
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let proceed = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 9;
    let stopped = pack.reader(Bounds { largest: 1 << 30, proceed: &proceed }).read(&named(0));
    assert_eq!(stopped, Err(Unreadable::Stopped));
}

#[test]
fn the_limit_is_for_what_a_delta_makes_and_for_its_bases() {
    let text = b"a line of text\n".repeat(100);
    let grown = [Step::Copy(0, 1500), Step::Copy(0, 1500)];
    let mut writer = Writer::new(SHA1);
    writer.whole(named(0), ObjectKind::Blob, &text);
    writer.delta_at(named(1), 12, &delta(1500, &grown));
    let base = writer.offset();
    writer.delta_to(named(2), named(1), &delta(3000, &[Step::Copy(0, 9)]));
    writer.delta_at(named(3), base, &delta(9, &vec![insert("x"); 2000]));
    let pack = writer.open();
    let read = |number: u32, largest| {
        let mut reader = pack.reader(Bounds { largest, ..EASY });
        let size = reader.header(&named(number)).expect("sound").expect("there").size;
        (size, reader.read(&named(number)).map(|object| object.expect("there").bytes.len()))
    };
    assert_eq!(read(0, 1500), (1500, Ok(1500)));
    assert_eq!(read(0, 1499), (1500, Err(Unreadable::TooLarge { size: 1500, largest: 1499 })));
    assert_eq!(read(1, 3000), (3000, Ok(3000)));
    assert_eq!(read(1, 2999), (3000, Err(Unreadable::TooLarge { size: 3000, largest: 2999 })));
    assert_eq!(read(1, 1000), (3000, Err(Unreadable::LargeBase { size: 1500, largest: 1000 })));
    assert_eq!(read(2, 2999), (9, Err(Unreadable::LargeBase { size: 3000, largest: 2999 })));
    assert_eq!(read(3, 3000), (2000, Err(Unreadable::Delta("it is longer than what it makes"))));
}

#[test]
fn chains_are_bounded_and_a_circle_is_one_without_an_end() {
    let same = delta(4, &[Step::Copy(0, 4)]);
    let mut writer = Writer::new(SHA1);
    let mut base = writer.offset();
    writer.whole(named(0), ObjectKind::Blob, b"text");
    for number in 1..=MOST_DELTAS as u32 + 1 {
        let at = writer.offset();
        writer.delta_at(named(number), base, &same);
        base = at;
    }
    let pack = writer.open();
    assert_eq!(read(&pack, MOST_DELTAS as u32).expect("the last allowed").bytes, b"text");
    assert_eq!(read(&pack, MOST_DELTAS as u32 + 1), Err(Unreadable::TooDeep(MOST_DELTAS)));
    let mut writer = Writer::new(SHA1);
    writer.delta_to(named(0), named(1), &same);
    writer.delta_to(named(1), named(0), &same);
    assert_eq!(read(&writer.open(), 0), Err(Unreadable::TooDeep(MOST_DELTAS)));
}

#[test]
fn a_missing_base_is_named_and_a_broken_one_placed() {
    let mut writer = Writer::new(SHA1);
    writer.raw(named(0), &[&head(3, 9)[..], b"no stream"].concat());
    writer.delta_at(named(1), 12, &delta(9, &[Step::Copy(0, 9)]));
    writer.delta_to(named(2), named(77), &delta(9, &[Step::Copy(0, 9)]));
    writer.delta_to(named(3), named(2), &delta(9, &[Step::Copy(0, 9)]));
    let pack = writer.open();
    assert_eq!(read(&pack, 1), Err(Unreadable::Base(12)));
    assert_eq!(read(&pack, 2), Err(Unreadable::NoBase(named(77))));
    assert!(matches!(read(&pack, 3), Err(Unreadable::Base(_))));
}

#[test]
fn a_stream_filled_up_with_empty_blocks_is_refused() {
    let padded = |blocks: usize| {
        let mut stream = vec![0x78, 1];
        stream.extend([0, 0, 0, 0xff, 0xff].repeat(blocks));
        stream.extend(&deflate(b"\x05\x05\x90\x05")[2..]);
        stream
    };
    let mut writer = Writer::new(SHA1);
    writer.whole(named(0), ObjectKind::Blob, b"text.");
    for (number, blocks) in [(1, 100), (2, 900)] {
        let back = writer.offset() - 12;
        let distance =
            if back < 128 { vec![back as u8] } else { vec![0x80 | (back / 128 - 1) as u8, back as u8 & 0x7f] };
        writer.raw(named(number), &[&head(6, 4)[..], &distance, &padded(blocks)].concat());
    }
    let pack = writer.open();
    assert_eq!(read(&pack, 1).expect("an odd one").bytes, b"text.");
    assert!(matches!(read(&pack, 2), Err(Unreadable::Stream(_))));
    let size = |number| pack.reader(EASY).header(&named(number));
    assert_eq!(size(1), Ok(Some(Header { kind: ObjectKind::Blob, size: 5 })));
    assert!(matches!(size(2), Err(Unreadable::Delta(_))), "no size stands in the bytes that are looked at");
}
