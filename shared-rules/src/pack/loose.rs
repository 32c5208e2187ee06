//! An object that lies in a file of its own: compressed, its kind and size before it. The file's bytes in, the object out.

use flate2::{Decompress, FlushDecompress, Status};

use super::pace::Pace;
use super::{Bounds, Header, Object, ObjectKind, Unreadable};

/// Bytes that hold any header: the longest kind, a space, twenty digits, a zero.
const LONGEST_HEADER: usize = 32;

/// Bytes inflated at once.
const PIECE: usize = 256 << 10;

/// Kind and size of an object, from the first bytes of its file; a hundred are enough for what git writes.
pub fn header(file: &[u8]) -> Result<Header, Unreadable> {
    let mut head = [0; LONGEST_HEADER];
    let mut decoder = Decompress::new(true);
    decoder.decompress(file, &mut head, FlushDecompress::None).map_err(|_| DAMAGED)?;
    Ok(parse(&head[..decoder.total_out() as usize])?.0)
}

/// An object, from the whole of its file.
pub fn read(file: &[u8], bounds: &Bounds<'_>) -> Result<Object, Unreadable> {
    let mut pace = Pace::new(bounds.proceed);
    let mut head = [0; LONGEST_HEADER];
    let mut decoder = Decompress::new(true);
    let mut status = decoder.decompress(file, &mut head, FlushDecompress::None).map_err(|_| DAMAGED)?;
    let (Header { kind, size }, start) = parse(&head[..decoder.total_out() as usize])?;
    super::open::fits(size, bounds.largest)?;
    let length = usize::try_from(size).map_err(|_| Unreadable::Stream("it says more bytes than fit in memory"))?;
    let opening = &head[start..decoder.total_out() as usize];
    // One byte more than it says: a stream that holds more fills it.
    let mut bytes = vec![0; length + 1];
    let mut made = opening.len();
    bytes.get_mut(..made).ok_or(MORE)?.copy_from_slice(opening);
    while status != Status::StreamEnd && made <= length {
        let taken = decoder.total_in();
        let rest = &file[taken as usize..];
        let piece = &mut bytes[made..(made + PIECE).min(length + 1)];
        let before = decoder.total_out();
        status = decoder.decompress(rest, piece, FlushDecompress::None).map_err(|_| DAMAGED)?;
        let new = (decoder.total_out() - before) as usize;
        made += new;
        pace.spend(new)?;
        if status != Status::StreamEnd && new == 0 && decoder.total_in() == taken {
            return Err(DAMAGED);
        }
    }
    match made.cmp(&length) {
        std::cmp::Ordering::Less => Err(Unreadable::Stream("they hold fewer bytes than its header says")),
        std::cmp::Ordering::Greater => Err(MORE),
        std::cmp::Ordering::Equal if decoder.total_in() < file.len() as u64 => {
            Err(Unreadable::Stream("something stands behind them"))
        }
        std::cmp::Ordering::Equal => {
            bytes.truncate(length);
            Ok(Object { kind, bytes })
        }
    }
}

const DAMAGED: Unreadable = Unreadable::Stream("they are no stream, or end early");
const MORE: Unreadable = Unreadable::Stream("they hold more bytes than its header says");

/// Kind and size, and where the content begins.
fn parse(head: &[u8]) -> Result<(Header, usize), Unreadable> {
    let end = memchr::memchr(0, head).ok_or(Unreadable::Header("it does not end"))?;
    let space = memchr::memchr(b' ', &head[..end]).ok_or(Unreadable::Header("it has no size"))?;
    let kind = ObjectKind::named(&head[..space]).ok_or(Unreadable::Header("its kind is none that git knows"))?;
    let digits = &head[space + 1..end];
    let plain = digits == b"0" || digits.first().is_some_and(|digit| matches!(digit, b'1'..=b'9'));
    let size = digits.iter().try_fold(0u64, |size, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        size.checked_mul(10)?.checked_add(u64::from(digit))
    });
    let size = size.filter(|_| plain).ok_or(Unreadable::Header("its size is no number"))?;
    Ok((Header { kind, size }, end + 1))
}

#[cfg(test)]
mod tests {
    use super::{header, read};
    use crate::pack::written::deflate;
    use crate::pack::{Bounds, Header, Object, ObjectKind, Unreadable};

    const EASY: Bounds<'static> = Bounds { largest: 1 << 30, proceed: &|| true };

    fn file(head: &str, content: &[u8]) -> Vec<u8> {
        deflate(&[head.as_bytes(), b"\0", content].concat())
    }

    #[test]
    fn objects_of_each_kind_and_size_are_read() {
        let kinds = [ObjectKind::Commit, ObjectKind::Tree, ObjectKind::Blob, ObjectKind::Tag];
        for (kind, word) in kinds.into_iter().zip(["commit", "tree", "blob", "tag"]) {
            for length in [0, 1, 5, 24, 25, 26, 1000, 700_000] {
                let bytes: Vec<u8> = (0..length).map(|at: u32| (at.wrapping_mul(at) >> 3) as u8).collect();
                let file = file(&format!("{word} {length}"), &bytes);
                assert_eq!(header(&file), Ok(Header { kind, size: u64::from(length) }));
                assert_eq!(header(&file[..file.len().min(100)]), Ok(Header { kind, size: u64::from(length) }));
                assert_eq!(read(&file, &EASY), Ok(Object { kind, bytes }));
            }
        }
    }

    #[test]
    fn files_that_lie_are_refused() {
        let good = file("blob 5000", &[b'x'; 5000]);
        let cases = [
            (good[..good.len() - 1].to_vec(), "end early"),
            (good[..2].to_vec(), "does not end"),
            (Vec::new(), "does not end"),
            (b"blob 3\0abc".to_vec(), "no stream"),
            ([&good[..], b"x"].concat(), "behind them"),
            (file("blob 4999", &[b'x'; 5000]), "more bytes"),
            (file("blob 5001", &[b'x'; 5000]), "fewer bytes"),
            (file("blob 0", b"x"), "more bytes"),
            (file("blob 3", &[b'x'; 20]), "more bytes"),
            (file("file 1", b"x"), "kind"),
            (file("blob1", b"x"), "no size"),
            (file("blob 01", b"x"), "no number"),
            (file("blob -1", b"x"), "no number"),
            (file("blob ", b"x"), "no number"),
            (file("blob 99999999999999999999", b"x"), "no number"),
            (file(&"x".repeat(99), b"x"), "does not end"),
            (file("blob 1073741825", b"x"), "more than the limit"),
        ];
        for (bytes, reason) in cases {
            let error = read(&bytes, &EASY).expect_err(reason).to_string();
            assert!(error.contains(reason), "{error} instead of {reason}");
        }
    }

    #[test]
    fn a_large_one_stops_when_the_caller_says_so() {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let proceed = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 3;
        let file = file("blob 4000000", &vec![b'x'; 4_000_000]);
        let stopped = read(&file, &Bounds { largest: 1 << 30, proceed: &proceed });
        assert_eq!(stopped, Err(Unreadable::Stopped));
    }
}
