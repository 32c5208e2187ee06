//! Inflates the stream of one object, whose size is known beforehand. Compressed bytes in, exactly so many bytes out, or an error.

use std::ops::Range;

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{DecompressionError, Decompressor};

use super::Unreadable;
use super::buffer::Buffer;
use super::pace::Pace;
use super::source::{Source, window};

/// Objects above this are inflated piece by piece, so that the caller is asked between the pieces and no compressed copy is held. It is
/// a thirtieth of a second's work.
const LARGEST_AT_ONCE: u64 = 32 << 20;

/// Compressed bytes taken at once of a larger object.
const PIECE: u64 = 64 << 10;

/// Inflated bytes taken at once of a larger object.
const PIECE_OUT: usize = 256 << 10;

/// Room for compressed bytes that is worth keeping.
const KEPT: usize = 4 << 20;

/// Compressed bytes before a delta's sizes: two tables of codes fit easily.
const LONGEST_PEEK: u64 = 4 << 10;

/// Decoders, and room for compressed bytes.
pub(super) struct Inflater {
    fast: Decompressor,
    stepwise: Option<Decompress>,
    packed: Vec<u8>,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Inflater { fast: Decompressor::new(), stepwise: None, packed: Vec::new() }
    }

    /// Fills `out` with the `size` bytes of the stream that begins at `stream.start` and ends before `stream.end`.
    pub(super) fn inflate<S: Source>(
        &mut self,
        source: &S,
        stream: Range<u64>,
        size: u64,
        out: &mut Buffer,
        pace: &mut Pace<'_>,
    ) -> Result<(), Unreadable> {
        let length = usize::try_from(size).map_err(|_| Unreadable::Stream("it says more bytes than fit in memory"))?;
        if size > LARGEST_AT_ONCE {
            return self.inflate_stepwise(source, stream, length, out, pace);
        }
        pace.spend(length)?;
        let end = stream.end.min(stream.start + longest_stream(size));
        let packed = window(source, stream.start..end, &mut self.packed)?;
        let inflated = self.fast.zlib_decompress(packed, out.room(length));
        if self.packed.len() > KEPT {
            self.packed = Vec::new();
        }
        match inflated {
            Ok(found) => fits(found.cmp(&length))?,
            Err(DecompressionError::InsufficientSpace) => fits(std::cmp::Ordering::Greater)?,
            Err(DecompressionError::BadData) => return Err(DAMAGED),
        }
        out.keep(length);
        Ok(())
    }

    fn inflate_stepwise<S: Source>(
        &mut self,
        source: &S,
        stream: Range<u64>,
        length: usize,
        out: &mut Buffer,
        pace: &mut Pace<'_>,
    ) -> Result<(), Unreadable> {
        let decoder = fresh(&mut self.stepwise);
        // One byte more than it says: a stream that holds more fills it.
        let room = out.room(length + 1);
        loop {
            let (taken, made) = (decoder.total_in(), decoder.total_out() as usize);
            let from = stream.start + taken;
            let packed = window(source, from..stream.end.min(from + PIECE), &mut self.packed)?;
            let piece = &mut room[made..(made + PIECE_OUT).min(length + 1)];
            let status = decoder.decompress(packed, piece, FlushDecompress::None).map_err(|_| DAMAGED)?;
            let found = decoder.total_out() as usize;
            pace.spend(found - made)?;
            if status == Status::StreamEnd || found > length {
                fits(found.cmp(&length))?;
                out.keep(length);
                return Ok(());
            }
            if found == made && decoder.total_in() == taken {
                return Err(DAMAGED);
            }
        }
    }

    /// The first bytes of a stream, as many as `out` takes or there are.
    pub(super) fn peek<'o, S: Source>(
        &mut self,
        source: &S,
        stream: Range<u64>,
        out: &'o mut [u8],
    ) -> Result<&'o [u8], Unreadable> {
        let packed = window(source, stream.start..stream.end.min(stream.start + LONGEST_PEEK), &mut self.packed)?;
        let decoder = fresh(&mut self.stepwise);
        decoder.decompress(packed, out, FlushDecompress::None).map_err(|_| DAMAGED)?;
        Ok(&out[..decoder.total_out() as usize])
    }
}

const DAMAGED: Unreadable = Unreadable::Stream("they are no stream, or end early");

/// The stepwise decoder, made on first use: most packs have no large object.
fn fresh(decoder: &mut Option<Decompress>) -> &mut Decompress {
    let decoder = decoder.get_or_insert_with(|| Decompress::new(true));
    decoder.reset(true);
    decoder
}

/// More than any encoder needs for so many bytes. Only a stream that is filled up with empty blocks is longer, and refused.
fn longest_stream(size: u64) -> u64 {
    size + size / 8 + (1 << 10)
}

fn fits(found: std::cmp::Ordering) -> Result<(), Unreadable> {
    match found {
        std::cmp::Ordering::Less => Err(Unreadable::Stream("they hold fewer bytes than its header says")),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Unreadable::Stream("they hold more bytes than its header says")),
    }
}
