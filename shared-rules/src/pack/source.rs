//! Where a pack's bytes come from: a buffer, a mapping, a file. In go offsets, out come bytes; who implements it does the I/O.

use std::io;
use std::ops::Range;

/// Bytes that can be read at any place, by several threads at once.
pub trait Source: Sync {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Fills the buffer with the bytes from `offset` on. Fewer bytes than it holds are an error.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// The bytes of the range without a copy, where they lie in memory.
    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        let _ = range;
        None
    }
}

impl<T: AsRef<[u8]> + Sync> Source for T {
    fn size(&self) -> u64 {
        self.as_ref().len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let end = offset.saturating_add(buffer.len() as u64);
        buffer.copy_from_slice(self.slice(offset..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn slice(&self, range: Range<u64>) -> Option<&[u8]> {
        self.as_ref().get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
    }
}

/// The bytes of `range`, as far as the source reaches: borrowed from it, or read into `buffer`.
pub(super) fn window<'a, S: Source>(source: &'a S, range: Range<u64>, buffer: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
    let end = range.end.min(source.size());
    let range = range.start.min(end)..end;
    if let Some(bytes) = source.slice(range.clone()) {
        return Ok(bytes);
    }
    let length = usize::try_from(range.end - range.start).map_err(|_| io::ErrorKind::OutOfMemory)?;
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
    source.read_at(range.start, &mut buffer[..length])?;
    Ok(&buffer[..length])
}

#[cfg(test)]
pub(super) mod tests {
    use std::io;
    use std::ops::Range;

    use super::{Source, window};

    /// A source without slices, as a file is.
    pub(in super::super) struct Positioned(pub(in super::super) Vec<u8>);

    impl Source for Positioned {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }
        fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
            self.0.read_at(offset, buffer)
        }
    }

    #[test]
    fn a_window_ends_where_the_source_does() {
        let bytes = b"0123456789".to_vec();
        let file = Positioned(bytes.clone());
        let mut buffer = Vec::new();
        let cases: [(Range<u64>, &[u8]); 4] = [(0..3, b"012"), (8..99, b"89"), (10..11, b""), (99..u64::MAX, b"")];
        for (range, expected) in cases {
            assert_eq!(window(&bytes, range.clone(), &mut buffer).expect("memory"), expected);
            assert_eq!(window(&file, range, &mut buffer).expect("memory"), expected);
        }
        assert!(bytes.read_at(8, &mut [0; 3]).is_err() && bytes.read_at(u64::MAX, &mut [0; 3]).is_err());
        assert_eq!(bytes.slice(11..12), None);
    }
}
