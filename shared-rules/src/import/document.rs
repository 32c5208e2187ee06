//! Foreign TOML with places: every value is asked for by name and type, and what is wrong says file, line, column and what was expected.
//! Keys are compared without case, as the scanners whose files these are do.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ImportError;

/// A file's name and text, for places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'d> {
    pub(super) file: &'d str,
    pub(super) text: &'d str,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: Arc<str>,
    pub(super) line: usize,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed<T> {
    pub(super) at: Place,
    pub(super) value: T,
}

/// A table of the document.
#[derive(Clone, Copy)]
pub(super) struct Table<'d> {
    source: Source<'d>,
    span: (usize, usize),
    entries: &'d DeTable<'d>,
}

/// Parses the text and hands its root table to `read`.
pub(super) fn read<T>(
    source: Source<'_>,
    read: impl FnOnce(Table<'_>) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    let root = DeTable::parse(source.text).map_err(|error| {
        let at = error.span().unwrap_or(0..0);
        source.error(&at, error.message().to_owned())
    })?;
    read(Table { source, span: (0, 0), entries: root.get_ref() })
}

impl Source<'_> {
    fn line(&self, at: usize) -> usize {
        memchr::memchr_iter(b'\n', &self.text.as_bytes()[..at.min(self.text.len())]).count() + 1
    }

    fn error(&self, at: &Range<usize>, problem: String) -> ImportError {
        let before = &self.text.as_bytes()[..at.start.min(self.text.len())];
        let start = memchr::memrchr(b'\n', before).map_or(0, |index| index + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        ImportError::Syntax { file: self.file.to_owned(), line: self.line(at.start), column, problem }
    }
}

impl<'d> Table<'d> {
    /// Where the table begins.
    pub(super) fn place(&self) -> Place {
        self.at(self.span.0)
    }

    /// Keys that are not among `known`, with their places.
    pub(super) fn others(&self, known: &[&str]) -> Vec<Placed<String>> {
        let unknown = |key: &str| !known.iter().any(|known| known.eq_ignore_ascii_case(key));
        let keys = self.entries.iter().map(|(key, _)| key).filter(|key| unknown(key.get_ref()));
        keys.map(|key| Placed { at: self.at(key.span().start), value: key.get_ref().to_string() }).collect()
    }

    pub(super) fn holds(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<Placed<String>>, ImportError> {
        self.map(key, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn truth(&self, key: &str) -> Result<Option<Placed<bool>>, ImportError> {
        self.map(key, "true or false", |value| value.as_bool())
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<Placed<f64>>, ImportError> {
        self.map(key, "a number", |value| match value {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64),
            _ => None,
        })
    }

    pub(super) fn count(&self, key: &str) -> Result<Option<Placed<usize>>, ImportError> {
        self.map(key, "a whole number from 0", |value| {
            let number = value.as_integer()?;
            usize::from_str_radix(number.as_str(), number.radix()).ok()
        })
    }

    /// An array of texts; one text stands for an array of it.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<Placed<String>>, ImportError> {
        let text = |value: &Spanned<DeValue<'_>>| {
            let text = value.get_ref().as_str()?;
            Some(Placed { at: self.at(value.span().start), value: text.to_owned() })
        };
        let expected = |value: &Spanned<DeValue<'_>>| self.wrong(key, value, "an array of texts");
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        match value.get_ref() {
            DeValue::Array(items) => {
                items.iter().map(|item| text(item).ok_or_else(|| expected(item))).collect::<Result<_, _>>()
            }
            _ => text(value).map(|text| vec![text]).ok_or_else(|| expected(value)),
        }
    }

    pub(super) fn table(&self, key: &str) -> Result<Option<Table<'d>>, ImportError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        self.inner(value).map(Some).ok_or_else(|| self.wrong(key, value, "a table"))
    }

    /// An array of tables; one table stands for an array of it.
    pub(super) fn tables(&self, key: &str) -> Result<Vec<Table<'d>>, ImportError> {
        let Some(value) = self.value(key) else { return Ok(Vec::new()) };
        let items = match value.get_ref() {
            DeValue::Array(items) => items.iter().collect(),
            _ => vec![value],
        };
        let tables = items
            .into_iter()
            .map(|item| self.inner(item).ok_or_else(|| self.wrong(key, item, &format!("tables, written `[[{key}]]`"))));
        tables.collect()
    }

    /// An error about the table as a whole.
    pub(super) fn error(&self, problem: String) -> ImportError {
        self.source.error(&(self.span.0..self.span.1), problem)
    }

    fn inner(&self, value: &'d Spanned<DeValue<'d>>) -> Option<Table<'d>> {
        let span = (value.span().start, value.span().end);
        value.get_ref().as_table().map(|entries| Table { source: self.source, span, entries })
    }

    fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.entries.iter().find(|(name, _)| name.get_ref().eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    fn map<T>(
        &self,
        key: &str,
        expected: &str,
        convert: impl FnOnce(&DeValue<'d>) -> Option<T>,
    ) -> Result<Option<Placed<T>>, ImportError> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let converted = convert(value.get_ref()).ok_or_else(|| self.wrong(key, value, expected))?;
        Ok(Some(Placed { at: self.at(value.span().start), value: converted }))
    }

    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> ImportError {
        let found = value.get_ref().type_str();
        self.source.error(&value.span(), format!("`{key}` is of type {found}; expected {expected}"))
    }

    fn at(&self, offset: usize) -> Place {
        Place { file: self.source.file.into(), line: self.source.line(offset) }
    }
}
