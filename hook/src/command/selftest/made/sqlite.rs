//! An SQLite database with one table of texts, by the file format's own page, <https://www.sqlite.org/fileformat2.html>.

/// Bytes of a page.
const PAGE: usize = 4096;

/// Most bytes of a row that its own page holds, and how many it holds of a longer one.
const MOST_LOCAL: usize = PAGE - 35;
const LOCAL: usize = (PAGE - 12) * 32 / 255 - 23;

/// A leaf of a table's tree.
const LEAF: u8 = 13;

/// Bytes of the file's header, on its first page.
const HEADER: usize = 100;

/// A database whose table `kept` has these rows. A row longer than a page goes on in one more page, and no further.
pub(in super::super) fn database(rows: &[[&str; 3]]) -> Vec<u8> {
    let schema = ["table", "kept", "kept", "2", "CREATE TABLE kept (name TEXT, value TEXT, note TEXT)"];
    let mut pages = vec![vec![0; PAGE], vec![0; PAGE]];
    let first = cell(1, &record(&schema, Some(3)), &mut pages);
    let rows: Vec<Vec<u8>> =
        rows.iter().enumerate().map(|(row, texts)| cell(row + 1, &record(texts, None), &mut pages)).collect();
    pages[0] = leaf(HEADER, &[first]);
    pages[1] = leaf(0, &rows);
    let count = pages.len();
    pages[0][..HEADER].copy_from_slice(&header(count as u32));
    pages.concat()
}

fn header(pages: u32) -> Vec<u8> {
    let mut header = b"SQLite format 3\0".to_vec();
    header.extend((PAGE as u16).to_be_bytes());
    // Journal of the old kind, nothing reserved, the fractions that are always so.
    header.extend([1, 1, 0, 64, 32, 32]);
    // Change counter, pages, no free pages, schema cookie and format, cache, vacuum, UTF-8, and what nobody set.
    for number in [1, pages, 0, 0, 1, 4, 0, 0, 1, 0, 0, 0] {
        header.extend(number.to_be_bytes());
    }
    header.extend([0; 20]);
    // Valid for change 1, written by 3.45.0.
    header.extend([1u32.to_be_bytes(), 3_045_000u32.to_be_bytes()].concat());
    header
}

/// A page of cells, filled from its end.
fn leaf(start: usize, cells: &[Vec<u8>]) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    let mut end = PAGE;
    for (index, cell) in cells.iter().enumerate() {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        let pointer = start + 8 + index * 2;
        page[pointer..pointer + 2].copy_from_slice(&(end as u16).to_be_bytes());
    }
    page[start] = LEAF;
    page[start + 3..start + 5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
    page[start + 5..start + 7].copy_from_slice(&(end as u16).to_be_bytes());
    page
}

/// A row's cell; what is too long goes to a page of its own.
fn cell(row: usize, record: &[u8], pages: &mut Vec<Vec<u8>>) -> Vec<u8> {
    let mut cell = [varint(record.len()), varint(row)].concat();
    if record.len() <= MOST_LOCAL {
        cell.extend(record);
        return cell;
    }
    let mut page = vec![0; 4];
    page.extend(&record[LOCAL..]);
    page.resize(PAGE, 0);
    pages.push(page);
    cell.extend(&record[..LOCAL]);
    cell.extend((pages.len() as u32).to_be_bytes());
    cell
}

/// A record of texts; the one at `number` is a number of one byte.
fn record(texts: &[&str], number: Option<usize>) -> Vec<u8> {
    let (mut types, mut body) = (Vec::new(), Vec::new());
    for (index, text) in texts.iter().enumerate() {
        if number == Some(index) {
            types.push(1);
            body.push(text.parse().unwrap_or(0));
        } else {
            types.extend(varint(13 + 2 * text.len()));
            body.extend(text.as_bytes());
        }
    }
    // The header counts itself, in one byte as long as there are few columns.
    [vec![types.len() as u8 + 1], types, body].concat()
}

/// Seven bits a byte, the highest first; two bytes reach for all that is written here.
fn varint(number: usize) -> Vec<u8> {
    if number < 0x80 { vec![number as u8] } else { vec![0x80 | (number >> 7) as u8, (number & 0x7f) as u8] }
}
