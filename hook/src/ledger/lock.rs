//! Waits for the lock of a file, and not for ever.

use std::fs::{File, TryLockError};
use std::io::{Error, ErrorKind, Result};
use std::sync::mpsc;
use std::time::Duration;

/// Longest wait for another hook, which holds the lock for the time of a write.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Locks the file for this process alone, until it is closed.
///
/// # Errors
/// The file cannot be locked, or somebody holds the lock for longer than `patience`.
pub(super) fn lock(file: &File, patience: Duration) -> Result<()> {
    match file.try_lock() {
        Ok(()) => return Ok(()),
        Err(TryLockError::Error(error)) => return Err(error),
        Err(TryLockError::WouldBlock) => {}
    }
    // The lock belongs to the open file, so the copy that waits gets it for both.
    let waiting = file.try_clone()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(waiting.lock());
    });
    receiver.recv_timeout(patience).unwrap_or_else(|_| {
        let text = format!("another process has locked it for {} seconds", patience.as_secs());
        Err(Error::new(ErrorKind::TimedOut, text))
    })
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::lock;

    #[test]
    fn a_lock_is_waited_for_and_not_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ledger");
        let open = || File::options().create(true).append(true).open(&path).expect("writable");
        let first = open();
        lock(&first, Duration::ZERO).expect("free");
        let second = open();
        let error = lock(&second, Duration::from_millis(20)).expect_err("taken");
        assert!(error.to_string().starts_with("another process has locked it"), "{error}");
        let third = open();
        let waiting = std::thread::spawn(move || lock(&third, Duration::from_secs(60)).is_ok());
        drop((first, second));
        assert!(waiting.join().expect("no panic"));
    }
}
