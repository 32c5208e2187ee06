//! Compressed files and archives: gzip, xz, bzip2, zstd, tar, and zip with everything built on it (jar, docx, apk, wheel); and files of
//! parts, PDF and SQLite.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder};

use super::{pdf, sqlite};

/// Files taken out of one archive.
const MOST_MEMBERS: usize = 10_000;

/// Longest member name that is kept, in bytes.
const LONGEST_NAME: usize = 512;

/// What holds other files or hides one, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Gzip,
    Xz,
    Bzip2,
    Zstd,
    Tar,
    Zip,
    Pdf,
    Sqlite,
    /// Known, and not opened: 7z, RAR.
    Sealed,
}

/// One file of a container.
pub(crate) struct Member {
    /// Its path in the archive as it is written there; empty for a compressed file.
    pub(crate) name: Vec<u8>,
    pub(crate) bytes: Vec<u8>,
}

/// Why something in a container was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// It is encrypted.
    Encrypted,
    /// It is of a kind, or compressed in a way, that is not opened.
    Unknown,
    /// What it holds is over the bound on unpacked bytes, members or nesting.
    TooMuch,
    /// It breaks off or is damaged.
    Damaged,
}

/// Local file header of a zip archive, APPNOTE 4.3.7.
const ZIP_MEMBER: &[u8] = b"PK\x03\x04";

/// End of a zip archive's directory, APPNOTE 4.3.16: its mark, its length, and within how many bytes of the end it is looked for, since
/// a comment may follow it.
const ZIP_END: &[u8] = b"PK\x05\x06";
const ZIP_END_LENGTH: usize = 22;
const ZIP_TAIL: usize = 1024;

/// What the bytes are, if they are a container.
pub(crate) fn sniff(bytes: &[u8]) -> Option<Kind> {
    match *bytes {
        [0x1f, 0x8b, 8, ..] => Some(Kind::Gzip),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Kind::Xz),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..] => Some(Kind::Bzip2),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Kind::Zstd),
        [b'P', b'K', 3, 4, ..] => Some(Kind::Zip),
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] | [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => Some(Kind::Sealed),
        _ if bytes.get(257..262) == Some(b"ustar") => Some(Kind::Tar),
        _ if bytes.starts_with(sqlite::HEAD) => Some(Kind::Sqlite),
        _ if pdf::is_document(bytes) => Some(Kind::Pdf),
        _ if ends_as_zip(bytes) => Some(Kind::Zip),
        _ => None,
    }
}

/// Whether it is an archive with something before it: a program that unpacks it, a script that runs it, a picture.
fn ends_as_zip(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(ZIP_TAIL)..];
    // Asked of every object: one byte that no text has is found faster than the mark.
    let mut rare = memchr::memchr_iter(ZIP_END[2], tail).filter_map(|at| at.checked_sub(2));
    rare.any(|at| tail[at..].starts_with(ZIP_END) && tail.len() >= at + ZIP_END_LENGTH)
}

/// Hands out every member that can be read, at most `budget` bytes of them in all, and tells what could not.
pub(crate) fn open(kind: Kind, bytes: &[u8], budget: usize, member: &mut dyn FnMut(Member)) -> Vec<(Vec<u8>, Trouble)> {
    match kind {
        Kind::Gzip => single(MultiGzDecoder::new(bytes), budget, member),
        Kind::Xz => single(lzma_rust2::XzReader::new(bytes, true), budget, member),
        Kind::Bzip2 => single(bzip2::read::MultiBzDecoder::new(bytes), budget, member),
        Kind::Zstd => match ruzstd::decoding::StreamingDecoder::new(bytes) {
            Ok(decoder) => single(decoder, budget, member),
            Err(_) => vec![(Vec::new(), Trouble::Damaged)],
        },
        Kind::Tar => tar(bytes, budget, member),
        Kind::Zip => zip(bytes, budget, member),
        Kind::Pdf => pdf::streams(bytes, budget, member),
        Kind::Sqlite => {
            let (bytes, trouble) = sqlite::rows(bytes, budget);
            whole(bytes, trouble, member)
        }
        Kind::Sealed => vec![(Vec::new(), Trouble::Unknown)],
    }
}

/// What one stream unpacks to, as far as the budget goes.
fn unpack(decoder: impl Read, budget: usize) -> (Vec<u8>, Option<Trouble>) {
    let mut bytes = Vec::new();
    let end = decoder.take(budget as u64 + 1).read_to_end(&mut bytes);
    let trouble = if bytes.len() > budget {
        bytes.truncate(budget);
        Some(Trouble::TooMuch)
    } else {
        end.err().map(|_| Trouble::Damaged)
    };
    (bytes, trouble)
}

fn single(decoder: impl Read, budget: usize, member: &mut dyn FnMut(Member)) -> Vec<(Vec<u8>, Trouble)> {
    let (bytes, trouble) = unpack(decoder, budget);
    whole(bytes, trouble, member)
}

/// The one content that a file has.
fn whole(bytes: Vec<u8>, trouble: Option<Trouble>, member: &mut dyn FnMut(Member)) -> Vec<(Vec<u8>, Trouble)> {
    member(Member { name: Vec::new(), bytes });
    trouble.map(|trouble| (Vec::new(), trouble)).into_iter().collect()
}

fn tar(bytes: &[u8], mut budget: usize, member: &mut dyn FnMut(Member)) -> Vec<(Vec<u8>, Trouble)> {
    let mut archive = tar::Archive::new(bytes);
    let Ok(entries) = archive.entries() else { return vec![(Vec::new(), Trouble::Damaged)] };
    let mut troubles = Vec::new();
    for (count, entry) in entries.enumerate() {
        let Ok(entry) = entry else {
            troubles.push((Vec::new(), Trouble::Damaged));
            break;
        };
        if count == MOST_MEMBERS || budget == 0 {
            troubles.push((Vec::new(), Trouble::TooMuch));
            break;
        }
        let name = shortened(&entry.path_bytes());
        let (bytes, trouble) = unpack(entry, budget);
        budget -= bytes.len();
        troubles.extend(trouble.map(|trouble| (name.clone(), trouble)));
        member(Member { name, bytes });
    }
    troubles
}

/// Every local file header is followed, whatever the central directory says or leaves out.
fn zip(bytes: &[u8], mut budget: usize, member: &mut dyn FnMut(Member)) -> Vec<(Vec<u8>, Trouble)> {
    let mut troubles = Vec::new();
    let mut at = 0;
    for _ in 0..MOST_MEMBERS {
        let Some(start) = memchr::memmem::find(&bytes[at..], ZIP_MEMBER).map(|index| at + index) else {
            return troubles;
        };
        at = start + ZIP_MEMBER.len();
        let Some(header) = ZipMember::read(&bytes[start..]) else { continue };
        let data = &bytes[start + header.length..];
        if header.encrypted {
            troubles.push((header.name, Trouble::Encrypted));
            continue;
        }
        let (content, trouble) = match header.method {
            // Stored as it is: its bytes end where the header says, or are unknown, and the search goes on inside them.
            0 => (data[..header.size.min(data.len()).min(budget)].to_vec(), None),
            8 => {
                let mut decoder = DeflateDecoder::new(data);
                let unpacked = unpack(&mut decoder, budget);
                at = start + header.length + decoder.total_in() as usize;
                unpacked
            }
            _ => (Vec::new(), Some(Trouble::Unknown)),
        };
        budget -= content.len().min(budget);
        troubles.extend(trouble.map(|trouble| (header.name.clone(), trouble)));
        member(Member { name: header.name, bytes: content });
        if budget == 0 {
            break;
        }
    }
    troubles.push((Vec::new(), Trouble::TooMuch));
    troubles
}

/// What a local file header says.
struct ZipMember {
    name: Vec<u8>,
    encrypted: bool,
    method: u16,
    /// Compressed size; 0 where it stands behind the data.
    size: usize,
    /// Bytes of the header.
    length: usize,
}

impl ZipMember {
    fn read(bytes: &[u8]) -> Option<ZipMember> {
        let short = |at: usize| bytes.get(at..at + 2).map(|pair| u16::from(pair[0]) | u16::from(pair[1]) << 8);
        let size = u32::from_le_bytes(bytes.get(18..22)?.try_into().ok()?) as usize;
        let (name, extra) = (usize::from(short(26)?), usize::from(short(28)?));
        Some(ZipMember {
            name: shortened(bytes.get(30..30 + name)?),
            encrypted: short(6)? & 1 == 1,
            method: short(8)?,
            size,
            length: (30 + name + extra).min(bytes.len()),
        })
    }
}

fn shortened(name: &[u8]) -> Vec<u8> {
    name[..name.len().min(LONGEST_NAME)].to_vec()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::{Kind, Trouble, open, sniff};

    fn members(bytes: &[u8], budget: usize) -> (Vec<(String, Vec<u8>)>, Vec<Trouble>) {
        let mut members = Vec::new();
        let kind = sniff(bytes).expect("a container");
        let troubles = open(kind, bytes, budget, &mut |member| {
            members.push((String::from_utf8_lossy(&member.name).into_owned(), member.bytes));
        });
        (members, troubles.into_iter().map(|(_, trouble)| trouble).collect())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn zip_member(name: &str, method: u16, flags: u16, size: u32, data: &[u8]) -> Vec<u8> {
        let mut member = b"PK\x03\x04\x14\0".to_vec();
        member.extend(flags.to_le_bytes());
        member.extend(method.to_le_bytes());
        member.extend([0; 8]);
        member.extend(size.to_le_bytes());
        member.extend([0; 4]);
        member.extend((name.len() as u16).to_le_bytes());
        member.extend([0, 0]);
        member.extend(name.as_bytes());
        member.extend(data);
        member
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn a_zip_gives_every_member_even_without_a_directory() {
        let archive = [
            zip_member("a.txt", 8, 8, 0, &deflate(b"first")),
            zip_member("b.txt", 0, 0, 6, b"second"),
            zip_member("c.txt", 8, 1, 9, b"encrypted"),
            zip_member("d.txt", 14, 0, 4, b"lzma"),
        ]
        .concat();
        let (members, troubles) = members(&archive, 1000);
        assert_eq!(members[..2], [("a.txt".into(), b"first".to_vec()), ("b.txt".into(), b"second".to_vec())]);
        assert_eq!(troubles, [Trouble::Encrypted, Trouble::Unknown]);
    }

    #[test]
    fn what_unpacks_to_more_than_the_budget_is_cut_and_named() {
        let (members, troubles) = members(&gzip(&[b'a'; 100_000]), 1000);
        assert_eq!(members[0].1.len(), 1000);
        assert_eq!(troubles, [Trouble::TooMuch]);
    }

    #[test]
    fn a_broken_stream_gives_what_came_before_the_break() {
        let mut bytes = gzip(b"the beginning of a text that is long enough to be cut somewhere in the middle");
        bytes.truncate(bytes.len() - 12);
        let (_, troubles) = members(&bytes, 1000);
        assert_eq!(troubles, [Trouble::Damaged]);
    }

    #[test]
    fn a_tar_names_its_files() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(5);
        header.set_cksum();
        builder.append_data(&mut header, "etc/app.env", &b"A=b\nc"[..]).expect("memory");
        let (members, troubles) = members(&builder.into_inner().expect("memory"), 1000);
        assert_eq!(members, [("etc/app.env".to_owned(), b"A=b\nc".to_vec())]);
        assert!(troubles.is_empty());
    }

    #[test]
    fn an_archive_may_stand_behind_a_program_and_have_a_comment() {
        let end = [&b"PK\x05\x06"[..], &[0; 18], b"a comment"].concat();
        let archive = [b"#!/bin/sh\n".to_vec(), zip_member("a.txt", 8, 8, 0, &deflate(b"first")), end].concat();
        assert_eq!(members(&archive, 1000).0, [("a.txt".to_owned(), b"first".to_vec())]);
        assert_eq!(sniff(b"#!/bin/sh\nPK\x05\x06"), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(kind in 0usize..8, bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let (kind, head): (Kind, &[u8]) = [
                (Kind::Gzip, &b"\x1f\x8b\x08"[..]),
                (Kind::Xz, &b"\xfd7zXZ\0"[..]),
                (Kind::Bzip2, &b"BZh91AY&SY"[..]),
                (Kind::Zstd, &b"\x28\xb5\x2f\xfd"[..]),
                (Kind::Tar, &b""[..]),
                (Kind::Zip, &b"PK\x03\x04"[..]),
                (Kind::Pdf, &b"%PDF-1.7\nstream\n"[..]),
                (Kind::Sqlite, &b"SQLite format 3\0\x02\0\x01\x01"[..]),
            ][kind];
            let mut total = 0;
            open(kind, &[head, &bytes].concat(), 10_000, &mut |member| total += member.bytes.len());
            prop_assert!(total <= 10_000);
        }
    }
}
