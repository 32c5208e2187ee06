//! SQLite databases, by <https://www.sqlite.org/fileformat2.html>: the texts of all rows, apart from each other. In the file itself they
//! stand without a byte between them, and a long one is cut where its page ends.

use super::container::Trouble;

/// The file's first bytes.
pub(crate) const HEAD: &[u8] = b"SQLite format 3\0";

/// Bytes of the file's header, before the first page's own.
const HEADER: usize = 100;

/// Columns of one row that are read; SQLite itself allows 2,000 where nobody has built it otherwise.
const MOST_COLUMNS: usize = 2_000;

/// Kinds of pages that hold rows: leaves of tables, leaves and inner pages of indexes and of tables without row ids.
const TABLE_LEAF: u8 = 13;
const INDEX_LEAF: u8 = 10;
const INDEX_INNER: u8 = 2;

/// Every row as a line, its values apart by tabs, and what stands against reading on.
pub(crate) fn rows(bytes: &[u8], budget: usize) -> (Vec<u8>, Option<Trouble>) {
    let Some(database) = Database::open(bytes) else { return (Vec::new(), Some(Trouble::Damaged)) };
    let mut text = Vec::new();
    // No honest file needs more pages for what is long than it has.
    let mut pages = bytes.len() / database.page + 1;
    for number in 0..bytes.len().div_ceil(database.page) {
        for payload in database.cells(number).filter_map(|cell| database.payload(cell, &mut pages)) {
            database.row(&payload, &mut text);
            if text.len() > budget {
                text.truncate(budget);
                return (text, Some(Trouble::TooMuch));
            }
        }
    }
    (text, None)
}

struct Database<'a> {
    bytes: &'a [u8],
    /// Bytes of a page, and how many of them SQLite uses.
    page: usize,
    usable: usize,
    encoding: Encoding,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// A cell of a page: the bytes from its payload on, the payload's whole length, and how much of it stands here.
#[derive(Clone, Copy)]
struct Cell<'a> {
    bytes: &'a [u8],
    length: usize,
    local: usize,
}

impl<'a> Database<'a> {
    fn open(bytes: &'a [u8]) -> Option<Database<'a>> {
        let header = bytes.get(..HEADER)?;
        let page = match big_endian(&header[16..18]) {
            1 => 65_536,
            size if size >= 512 && size.is_power_of_two() => size,
            _ => return None,
        };
        let usable = page - usize::from(header[20]);
        let encoding = match header[59] {
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        };
        // The format's own least, without which its fractions would be none.
        (usable >= 480).then_some(Database { bytes, page, usable, encoding })
    }

    fn page(&self, number: usize) -> &'a [u8] {
        let start = number.saturating_mul(self.page).min(self.bytes.len());
        &self.bytes[start..self.bytes.len().min(start + self.page)]
    }

    /// The cells of a page that holds rows.
    fn cells(&self, number: usize) -> impl Iterator<Item = Cell<'a>> {
        let page = self.page(number);
        let start = if number == 0 { HEADER } else { 0 };
        let kind = page.get(start).copied().unwrap_or_default();
        let pointers = match kind {
            TABLE_LEAF | INDEX_LEAF => page.get(start + 8..),
            INDEX_INNER => page.get(start + 12..),
            _ => None,
        };
        let count = page.get(start + 3..start + 5).map_or(0, big_endian);
        let places = pointers.unwrap_or_default().chunks_exact(2).take(count).map(big_endian);
        places.filter_map(move |place| self.cell(kind, page.get(place..)?))
    }

    fn cell(&self, kind: u8, bytes: &'a [u8]) -> Option<Cell<'a>> {
        let bytes = if kind == INDEX_INNER { bytes.get(4..)? } else { bytes };
        let (length, mut bytes) = varint(bytes)?;
        if kind == TABLE_LEAF {
            bytes = varint(bytes)?.1;
        }
        let length = usize::try_from(length).ok()?;
        let most = if kind == TABLE_LEAF { self.usable - 35 } else { (self.usable - 12) * 64 / 255 - 23 };
        let least = (self.usable - 12) * 32 / 255 - 23;
        let local = if length <= most {
            length
        } else {
            // What is over goes to pages of its own, in such a way that the last of them is full.
            let full = least + (length - least) % (self.usable - 4);
            if full <= most { full } else { least }
        };
        Some(Cell { bytes, length, local })
    }

    /// A cell's whole payload, followed from page to page as long as `pages` are left.
    fn payload(&self, cell: Cell<'a>, pages: &mut usize) -> Option<Vec<u8>> {
        let mut payload = cell.bytes.get(..cell.local.min(cell.bytes.len()))?.to_vec();
        let mut next = cell.bytes.get(cell.local..cell.local + 4).map_or(0, big_endian);
        while payload.len() < cell.length && next > 0 && *pages > 0 {
            *pages -= 1;
            let page = self.page(next - 1);
            let Some(content) = page.get(4..) else { break };
            let length = content.len().min(self.usable - 4).min(cell.length - payload.len());
            payload.extend_from_slice(&content[..length]);
            next = big_endian(&page[..4]);
        }
        Some(payload)
    }

    /// Writes the texts and blobs of a record as a line.
    fn row(&self, payload: &[u8], text: &mut Vec<u8>) {
        let Some((header, mut types)) = varint(payload) else { return };
        let header = usize::try_from(header).unwrap_or(usize::MAX).min(payload.len());
        types = &types[..types.len().min(header.saturating_sub(payload.len() - types.len()))];
        let mut body = &payload[header..];
        let start = text.len();
        for _ in 0..MOST_COLUMNS {
            let Some((kind, rest)) = varint(types) else { break };
            types = rest;
            let length = usize::try_from(length(kind)).unwrap_or(usize::MAX).min(body.len());
            let (value, rest) = body.split_at(length);
            body = rest;
            if kind >= 12 && !value.is_empty() {
                if text.len() > start {
                    text.push(b'\t');
                }
                self.value(kind % 2 == 1, value, text);
            }
        }
        if text.len() > start {
            text.push(b'\n');
        }
    }

    fn value(&self, is_text: bool, value: &[u8], text: &mut Vec<u8>) {
        let unit = match self.encoding {
            Encoding::Utf16Le if is_text => u16::from_le_bytes,
            Encoding::Utf16Be if is_text => u16::from_be_bytes,
            _ => return text.extend_from_slice(value),
        };
        let (units, _) = value.as_chunks::<2>();
        let letters = char::decode_utf16(units.iter().map(|&pair| unit(pair)));
        let letters = letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER));
        text.extend(letters.collect::<String>().bytes());
    }
}

/// Bytes of a value of this serial type.
fn length(kind: u64) -> u64 {
    match kind {
        0..=4 => kind,
        5 => 6,
        6 | 7 => 8,
        8..=11 => 0,
        _ => (kind - 12) / 2,
    }
}

fn big_endian(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

/// SQLite's number of one to nine bytes, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (index, &byte) in bytes.iter().take(9).enumerate() {
        if index == 8 {
            return Some((number << 8 | u64::from(byte), &bytes[9..]));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((number, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{HEAD, Trouble, rows, varint};

    /// A file of empty pages.
    fn file(pages: usize, encoding: u8) -> Vec<u8> {
        let mut bytes = vec![0; pages * 512];
        bytes[..16].copy_from_slice(HEAD);
        bytes[16..18].copy_from_slice(&512u16.to_be_bytes());
        bytes[59] = encoding;
        bytes
    }

    /// Puts one cell into a page.
    fn put(bytes: &mut [u8], page: usize, kind: u8, cell: &[u8]) {
        let (start, pointers) = (page * 512, if kind == 2 { 12 } else { 8 });
        bytes[start] = kind;
        bytes[start + 4] = 1;
        bytes[start + pointers + 1] = 32;
        bytes[start + 32..start + 32 + cell.len()].copy_from_slice(cell);
    }

    fn read(bytes: &[u8]) -> String {
        let (text, trouble) = rows(bytes, 100_000);
        assert_eq!(trouble, None);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// A record of a text, a number and a text.
    const RECORD: &[u8] = &[4, 13 + 2 * 3, 1, 13 + 2 * 4, b'o', b'n', b'e', 7, b't', b'w', b'o', b's'];

    #[test]
    fn values_stand_apart_on_every_kind_of_page() {
        let size = RECORD.len() as u8;
        for (kind, head) in [(13, vec![size, 1]), (10, vec![size]), (2, vec![0, 0, 0, 9, size])] {
            let mut bytes = file(2, 1);
            put(&mut bytes, 1, kind, &[&head, RECORD].concat());
            assert_eq!(read(&bytes), "one\ttwos\n", "{kind}");
        }
        let mut inner = file(2, 1);
        put(&mut inner, 1, 5, RECORD);
        assert_eq!(read(&inner), "");
    }

    #[test]
    fn a_text_in_utf16_is_read_and_a_blob_stays_as_it_is() {
        let record = [3, 13 + 2 * 4, 12 + 2 * 2, 0, b'h', 0, b'i', b'h', 0];
        let mut bytes = file(2, 3);
        put(&mut bytes, 1, 13, &[&[record.len() as u8, 1][..], &record].concat());
        assert_eq!(read(&bytes), "hi\th\0\n");
    }

    /// A row of so many letters, of which 36 stand on its own page and the others on the third, which names `next`.
    fn long_row(letters: usize, next: u8) -> Vec<u8> {
        let two = |number: usize| [0x80 | (number >> 7) as u8, (number & 0x7f) as u8];
        let record = [&[3][..], &two(13 + 2 * letters), &vec![b'a'; letters]].concat();
        let (local, rest) = record.split_at(39);
        let mut bytes = file(4, 1);
        put(&mut bytes, 1, 13, &[&two(record.len())[..], &[1], local, &[0, 0, 0, 3]].concat());
        let rest = &rest[..rest.len().min(508)];
        bytes[2 * 512 + 3] = next;
        bytes[2 * 512 + 4..2 * 512 + 4 + rest.len()].copy_from_slice(rest);
        bytes
    }

    #[test]
    fn a_long_row_is_followed_to_its_end_and_a_circle_ends() {
        assert_eq!(read(&long_row(500, 0)), format!("{}\n", "a".repeat(500)));
        assert_eq!(read(&long_row(2000, 0)).len(), 36 + 508 + 1);
        assert!(read(&long_row(2000, 3)).len() <= 2001);
    }

    #[test]
    fn what_is_over_the_budget_and_what_is_no_database_is_named() {
        assert_eq!(rows(&long_row(500, 0), 100), (vec![b'a'; 100], Some(Trouble::TooMuch)));
        assert_eq!(rows(HEAD, 100).1, Some(Trouble::Damaged));
        let mut odd = file(2, 1);
        odd[16] = 3;
        assert_eq!(rows(&odd, 100).1, Some(Trouble::Damaged));
    }

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        for (bytes, number) in [(&[5][..], 5), (&[0x81, 0][..], 128), (&[0xff; 9][..], u64::MAX)] {
            assert_eq!(varint(bytes), Some((number, &[][..])));
        }
        assert_eq!(varint(&[0x80]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(pages in proptest::collection::vec(any::<u8>(), 0..3000), kind in 0usize..4, encoding in 0u8..4) {
            let mut bytes = file(1, encoding);
            bytes.extend(pages);
            let kind = [13, 10, 2, 5][kind];
            for start in (512..bytes.len()).step_by(512) {
                bytes[start] = kind;
            }
            prop_assert!(rows(&bytes, 10_000).0.len() <= 10_000);
        }
    }
}
