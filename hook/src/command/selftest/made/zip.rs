//! Zip archives, and what is built on them, by APPNOTE 4.3.

use anyhow::Result;

use super::deflate;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Flags of a member.
const ENCRYPTED: u16 = 1;
const SIZES_BEHIND: u16 = 8;

/// An archive in the making.
#[derive(Default)]
pub(in super::super) struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    members: u16,
}

impl Zip {
    /// One with bytes before it, as archives that unpack themselves have.
    pub(in super::super) fn behind(head: &[u8]) -> Zip {
        Zip { bytes: head.to_vec(), ..Zip::default() }
    }

    /// Adds a compressed file.
    pub(in super::super) fn add(&mut self, name: &str, content: &[u8]) -> Result<&mut Zip> {
        let packed = deflate(content)?;
        Ok(self.member(name, DEFLATED, 0, content, &packed))
    }

    /// Adds a file as it is.
    pub(in super::super) fn store(&mut self, name: &str, content: &[u8]) -> &mut Zip {
        self.member(name, STORED, 0, content, content)
    }

    /// Adds a file as a program does that cannot turn back: its sizes stand behind it.
    pub(in super::super) fn stream(&mut self, name: &str, content: &[u8]) -> Result<&mut Zip> {
        let packed = deflate(content)?;
        Ok(self.member(name, DEFLATED, SIZES_BEHIND, content, &packed))
    }

    /// Adds a compressed file that the directory leaves out.
    pub(in super::super) fn hide(&mut self, name: &str, content: &[u8]) -> Result<&mut Zip> {
        let (directory, members) = (self.directory.len(), self.members);
        self.add(name, content)?;
        self.directory.truncate(directory);
        self.members = members;
        Ok(self)
    }

    /// Adds bytes that stand for an encrypted file.
    pub(in super::super) fn lock(&mut self, name: &str, sealed: &[u8]) -> &mut Zip {
        self.member(name, STORED, ENCRYPTED, sealed, sealed)
    }

    /// The archive with its directory.
    pub(in super::super) fn finish(&self) -> Vec<u8> {
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend([self.members.to_le_bytes(), self.members.to_le_bytes()].concat());
        end.extend((self.directory.len() as u32).to_le_bytes());
        end.extend((self.bytes.len() as u32).to_le_bytes());
        end.extend([0, 0]);
        [&self.bytes[..], &self.directory, &end].concat()
    }

    fn member(&mut self, name: &str, method: u16, flags: u16, content: &[u8], packed: &[u8]) -> &mut Zip {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let sums = [crc.sum(), packed.len() as u32, content.len() as u32].map(u32::to_le_bytes).concat();
        let behind = flags & SIZES_BEHIND != 0;
        // Version needed, flags, method, no time, 1 January 1980.
        let common = [20, flags, method, 0, 0x21].map(u16::to_le_bytes).concat();
        let lengths = [name.len() as u16, 0].map(u16::to_le_bytes).concat();
        let offset = self.bytes.len() as u32;
        let told = if behind { vec![0; sums.len()] } else { sums.clone() };
        self.bytes.extend([b"PK\x03\x04", &common[..], &told, &lengths, name.as_bytes(), packed].concat());
        if behind {
            self.bytes.extend([b"PK\x07\x08", &sums[..]].concat());
        }
        let made_by = 20u16.to_le_bytes();
        // No comment, first disk, no attributes.
        self.directory.extend([b"PK\x01\x02", &made_by[..], &common, &sums, &lengths, &[0; 10]].concat());
        self.directory.extend([&offset.to_le_bytes()[..], name.as_bytes()].concat());
        self.members += 1;
        self
    }
}
