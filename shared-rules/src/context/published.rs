//! Credentials that are published for everybody to use: emulators' keys, samples of documentation. Kept as hashes, so that no
//! scanner, this one included, finds them here.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

static PUBLISHED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let lines = include_str!("published.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).map(|(hash, _)| hash).collect()
});

/// Whether the value is one of them.
pub(crate) fn is_published(value: &[u8]) -> bool {
    let hash: String = Sha256::digest(value).iter().map(|byte| format!("{byte:02x}")).collect();
    PUBLISHED.contains(&hash.as_str())
}

#[cfg(test)]
mod tests {
    use super::{PUBLISHED, is_published};

    #[test]
    fn every_line_holds_a_hash() {
        assert!(PUBLISHED.len() >= 6);
        assert!(PUBLISHED.iter().all(|hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())));
        assert!(!is_published(b"anything else"));
    }
}
