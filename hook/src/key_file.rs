//! Files that hold a key: made where only their owner can read them, never overwritten, and read with a remedy where they are not right.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use keyward_rules::FingerprintKey;
use keyward_rules::sign::{PrivateKey, SEED_BYTES};
use zeroize::Zeroizing;

use crate::owner;

/// Makes a fingerprint key.
///
/// # Errors
/// The file exists or could not be written.
pub(crate) fn new_key(file: &Path) -> Result<FingerprintKey> {
    let key = random_key();
    write(file, &key.to_hex())?;
    Ok(key)
}

/// A fingerprint key that no file holds.
pub(crate) fn random_key() -> FingerprintKey {
    let mut bytes = [0; keyward_rules::fingerprint::KEY_BYTES];
    getrandom::fill(&mut bytes).expect("the system has a random number generator");
    FingerprintKey::new(bytes)
}

/// Reads a fingerprint key.
///
/// # Errors
/// The file could not be read or holds something else.
pub(crate) fn read_key(file: &Path) -> Result<FingerprintKey> {
    let text = fs::read_to_string(file).with_context(|| {
        format!("could not read the key {}; make one with `keyward key new --file {}`", file.display(), file.display())
    })?;
    FingerprintKey::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

/// Makes a key that signs.
///
/// # Errors
/// The file exists or could not be written.
pub(crate) fn new_private_key(file: &Path) -> Result<PrivateKey> {
    let mut seed = Zeroizing::new([0; SEED_BYTES]);
    getrandom::fill(&mut *seed).expect("the system has a random number generator");
    let key = PrivateKey::new(&seed);
    write(file, &key.to_text())?;
    Ok(key)
}

/// Reads a key that signs; `remedy` is the command that makes one.
///
/// # Errors
/// The file could not be read or holds something else.
pub(crate) fn read_private_key(file: &Path, remedy: &str) -> Result<PrivateKey> {
    let text = fs::read_to_string(file).map(Zeroizing::new).with_context(|| {
        format!("could not read the key {}; make one with `{remedy} {}`", file.display(), file.display())
    })?;
    PrivateKey::parse(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file).with_context(|| format!("could not make {}", file.display()))?;
    owner::of_folder(file, &out);
    out.write_all(format!("{text}\n").as_bytes()).with_context(|| format!("could not write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::{new_private_key, read_private_key};

    #[test]
    fn a_key_that_signs_reads_back_and_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("deep/ledger.key");
        let key = new_private_key(&file).expect("writable");
        assert_eq!(read_private_key(&file, "keyward key ledger --file").expect("readable").public(), key.public());
        assert!(new_private_key(&file).is_err());
        std::fs::write(&file, "short").expect("writable");
        let error = read_private_key(&file, "x").expect_err("no key").to_string();
        assert!(error.ends_with("64 hexadecimal digits"), "{error}");
    }
}
