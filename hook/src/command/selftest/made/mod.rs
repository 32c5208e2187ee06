//! Files of other programs, small and whole, made as those programs make them: what a credential is packed into.

mod pdf;
mod sqlite;
mod zip;

use std::io::{Read, Write};

use anyhow::{Context, Result};
use flate2::Compression;

pub(super) use pdf::Pdf;
pub(super) use sqlite::database;
pub(super) use zip::Zip;

/// A gzip file.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish().context("gzip writes to memory")
}

/// A stream in zlib's form.
pub(super) fn zlib(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish().context("zlib writes to memory")
}

/// A stream of deflate alone.
pub(super) fn deflate(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish().context("deflate writes to memory")
}

/// An xz file.
pub(super) fn xz(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1))?;
    writer.write_all(bytes)?;
    writer.finish().context("xz writes to memory")
}

/// A bzip2 file.
pub(super) fn bzip2(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packed = Vec::new();
    bzip2::read::BzEncoder::new(bytes, bzip2::Compression::fast()).read_to_end(&mut packed)?;
    Ok(packed)
}

/// A tar archive of plain files.
pub(super) fn tar(files: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append_data(&mut header, name, *content)?;
    }
    builder.into_inner().context("tar writes to memory")
}

/// A Java class that holds these strings in its pool of constants, JVMS chapter 4.
pub(super) fn class(strings: &[&str]) -> Vec<u8> {
    let mut bytes = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52];
    bytes.extend((strings.len() as u16 + 1).to_be_bytes());
    for string in strings {
        bytes.push(1);
        bytes.extend((string.len() as u16).to_be_bytes());
        bytes.extend(string.as_bytes());
    }
    // Public, and without superclass, interfaces, fields, methods and attributes.
    bytes.extend([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// Bytes that cannot be compressed, the same for the same seed: SplitMix64.
pub(super) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next()).collect();
    bytes.truncate(length);
    bytes
}
