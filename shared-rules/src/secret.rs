//! The only type that holds a credential's bytes. It cannot be printed, serialized or left behind in memory.

use zeroize::Zeroizing;

/// The bytes of one credential. `Debug` shows the length alone; memory is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes a copy of the bytes; the caller's buffer is the caller's to forget.
    pub fn new(bytes: &[u8]) -> Self {
        Secret(Zeroizing::new(bytes.to_vec()))
    }

    /// The bytes themselves. Every caller is listed in the house test.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_the_length_alone() {
        assert_eq!(format!("{:?}", Secret::new(b"hunter2")), "Secret(7 bytes)");
    }
}
