//! Credentials that are published for everybody to use: emulators' keys, samples of documentation. Kept as hashes, so that no
//! scanner, this one included, finds them here.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

static PUBLISHED: LazyLock<Vec<[u8; 32]>> = LazyLock::new(|| {
    let lines = include_str!("published.txt").lines().filter(|line| !line.starts_with('#'));
    let hash = |hash: &str| data_encoding::HEXLOWER.decode(hash.as_bytes()).ok()?.try_into().ok();
    lines.filter_map(|line| line.split_once(' ')).filter_map(|(digits, _)| hash(digits)).collect()
});

/// Whether the value is one of them.
pub(crate) fn is_published(value: &[u8]) -> bool {
    PUBLISHED.contains(&Sha256::digest(value).into())
}

#[cfg(test)]
mod tests {
    use super::{PUBLISHED, is_published};

    #[test]
    fn every_line_holds_a_hash() {
        let lines = include_str!("published.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert!(lines >= 6);
        assert_eq!(PUBLISHED.len(), lines);
        assert!(!is_published(b"anything else"));
    }
}
