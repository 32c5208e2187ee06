//! Columns of passwords: CSV and TSV, Markdown tables, `INSERT INTO … (…, password) VALUES (…)`.

use std::ops::Range;

use super::assignment;
use super::score::{self, Candidate, Kind};
use crate::context::{FileKind, Words};
use crate::engine::{Engine, Input};
use crate::finding::Match;
use crate::rule::Confidence;

/// Bytes of a table that are read, and its rows; a dump of more holds nothing that the first do not.
const LONGEST_TABLE: usize = 64 * 1024;
const MOST_ROWS: usize = 1000;

/// Longest line that can be a header, in bytes.
const LONGEST_HEADER: usize = 700;

/// The passwords below the column whose head holds the telling word that begins at `at`.
pub(in crate::engine) fn find(engine: &Engine, input: &Input<'_>, at: usize) -> Vec<Match> {
    let Some(column) = Column::of(input.bytes, at) else { return Vec::new() };
    input.note();
    let place = FileKind::of(input.path);
    let end = input.bytes.len().min(column.rows + LONGEST_TABLE);
    let mut found = Vec::new();
    let mut start = column.rows;
    for _ in 0..MOST_ROWS {
        let Some(row) = column.row(input.bytes, start, end) else { break };
        start = row.end + 1;
        let Some(cell) = column.cell(input.bytes, &row) else { continue };
        let value = &input.bytes[cell.clone()];
        let candidate =
            Candidate { kind: Kind::Password, value, quoted: true, called: true, blank: false, next: None, place };
        if value.iter().any(u8::is_ascii_digit) && score::judge(&candidate).is_some() {
            found.extend(assignment::matched(engine, Kind::Password, value, cell, Confidence::Low, None));
        }
    }
    found
}

/// A column of passwords.
struct Column {
    separator: u8,
    index: usize,
    /// Rows are lists in parentheses, as SQL has them, not lines.
    listed: bool,
    /// Where the rows begin.
    rows: usize,
}

impl Column {
    fn of(bytes: &[u8], at: usize) -> Option<Column> {
        let floor = at.saturating_sub(LONGEST_HEADER);
        let line = memchr::memrchr(b'\n', &bytes[floor..at]).map_or(floor, |index| floor + index + 1);
        let ceiling = bytes.len().min(at + LONGEST_HEADER);
        let line_end = at + memchr::memchr(b'\n', &bytes[at..ceiling])?;
        let listed = bytes[line..at].iter().rposition(|&byte| byte == b'(').map(|index| line + index + 1);
        let start = listed.unwrap_or(line);
        let end =
            listed.map_or(line_end, |_| at + bytes[at..line_end].iter().position(|&byte| byte == b')').unwrap_or(0));
        let header = &bytes[start..end];
        // The head of a table has names alone, no values and no code.
        if header.iter().any(|byte| b"=:(){}".contains(byte)) {
            return None;
        }
        let separator =
            *b",;\t|".iter().max_by_key(|separator| header.iter().filter(|byte| byte == separator).count())?;
        let names: Vec<&[u8]> = header.split(|&byte| byte == separator).collect();
        let plain = |name: &&[u8]| name.len() < 40;
        let index = header[..at - start].iter().filter(|&&byte| byte == separator).count();
        let is_password = score::kind(names.get(index)?, &Words::of(names[index]), false) == Some(Kind::Password);
        if names.len() < 2 || !names.iter().all(plain) || !is_password {
            return None;
        }
        let values = bytes[end..bytes.len().min(end + 40)].to_ascii_lowercase();
        let values = memchr::memmem::find(&values, b"values");
        match (listed, values) {
            (Some(_), Some(values)) => Some(Column { separator, index, listed: true, rows: end + values + 6 }),
            (Some(_), None) => None,
            (None, _) => Some(Column { separator, index, listed: false, rows: line_end + 1 }),
        }
    }

    /// The next row from `start` on; `None` where the table ends.
    fn row(&self, bytes: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
        let rest = bytes.get(start..end)?;
        if self.listed {
            let gap = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
            let open = (rest.get(gap) == Some(&b'(')).then_some(start + gap + 1)?;
            let close = bytes[open..end].iter().position(|&byte| byte == b')')?;
            return Some(open..open + close);
        }
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        (length > 0 && rest[..length].contains(&self.separator)).then_some(start..start + length)
    }

    /// The password's cell without blanks and quotes.
    fn cell(&self, bytes: &[u8], row: &Range<usize>) -> Option<Range<usize>> {
        let mut quote = None;
        let mut column = 0;
        let mut start = row.start;
        let mut cells = row.clone().filter(|&at| {
            match (quote, bytes[at]) {
                (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
                (Some(open), byte) if open == byte => quote = None,
                (None, byte) if byte == self.separator => return true,
                _ => {}
            }
            false
        });
        let end = loop {
            let end = cells.next();
            if column == self.index {
                break end.unwrap_or(row.end);
            }
            start = end? + 1;
            column += 1;
        };
        let around = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`');
        let from = bytes[start..end].iter().position(|byte| !around(byte))?;
        let to = bytes[start..end].iter().rposition(|byte| !around(byte))?;
        Some(start + from..start + to + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Column;

    fn cells(text: &str) -> Vec<&str> {
        let at = text.to_lowercase().find("passw").expect("a column of passwords");
        let Some(column) = Column::of(text.as_bytes(), at) else { return Vec::new() };
        let mut start = column.rows;
        let mut cells = Vec::new();
        while let Some(row) = column.row(text.as_bytes(), start, text.len()) {
            start = row.end + 1;
            cells.extend(column.cell(text.as_bytes(), &row).map(|cell| &text[cell]));
        }
        cells
    }

    #[test]
    fn the_column_is_read_in_every_kind_of_table() {
        assert_eq!(cells("id,password,role\n1,one,admin\n2,\"two,2\",user\n"), ["one", "two,2"]);
        assert_eq!(cells("\"Account\";\"Password\"\n\"a\";\"one\"\n"), ["one"]);
        assert_eq!(cells("| Role | Password |\n|---|---|\n| a | one |\n"), ["---", "one"]);
        assert_eq!(
            cells("INSERT INTO u (login, password, r) VALUES ('a', 'one', 1), ('b', 'two', 2);\n"),
            ["one", "two"]
        );
    }

    #[test]
    fn code_and_prose_are_no_tables() {
        for text in [
            "login(user, password)\nnext, line\n",
            "the password, if given, is kept\n",
            "password\nx\n",
            "f(a, password) + g(b, c)\n",
        ] {
            assert_eq!(cells(text), Vec::<&str>::new(), "{text}");
        }
    }
}
