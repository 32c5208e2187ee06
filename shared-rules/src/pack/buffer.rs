//! A buffer that is used again and again without being zeroed anew.

use std::ops::Deref;

/// Bytes of room that are worth keeping for the next use.
const KEPT: usize = 4 << 20;

/// Bytes in use, in room that only grows.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    room: Vec<u8>,
    used: usize,
}

impl Buffer {
    /// Room for so many bytes; what stands in it is of no meaning. Until `keep` the buffer is empty.
    pub(super) fn room(&mut self, length: usize) -> &mut [u8] {
        self.used = 0;
        if self.room.len() < length {
            // Nothing in it is needed: a new one costs no copy, and the system gives it zeroed.
            self.room = Vec::new();
            self.room = vec![0; if length <= KEPT { length.next_power_of_two() } else { length }];
        }
        &mut self.room[..length]
    }

    /// Says how many bytes of the room were filled.
    pub(super) fn keep(&mut self, length: usize) {
        assert!(length <= self.room.len(), "no more than there is room for");
        self.used = length;
    }

    /// Bytes of memory it holds.
    pub(super) fn held(&self) -> usize {
        self.room.len()
    }

    /// Whether it is small enough to lie about unused.
    pub(super) fn is_worth_keeping(&self) -> bool {
        self.room.len() <= KEPT
    }

    /// Its bytes as a vector of their own.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.room.truncate(self.used);
        self.room
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.used]
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, KEPT};

    #[test]
    fn only_what_was_filled_is_seen() {
        let mut buffer = Buffer::default();
        buffer.room(8)[..3].copy_from_slice(b"abc");
        assert!(buffer.is_empty());
        buffer.keep(3);
        assert_eq!(&*buffer, b"abc");
        buffer.room(2);
        assert!(buffer.is_empty() && buffer.is_worth_keeping());
        buffer.keep(2);
        assert_eq!(buffer.into_bytes(), b"ab");
        let mut large = Buffer::default();
        large.room(KEPT + 1);
        assert!(!large.is_worth_keeping() && large.held() > KEPT);
    }
}
