//! Turns the lines git writes to a pre-receive hook into ref updates. Never touches the repository.

use git2::Oid;

/// Most bytes read from git: a million refs with long names.
pub(crate) const LONGEST_INPUT: u64 = 256 << 20;

/// One ref that a push changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefUpdate {
    /// What the ref names now; `None` for a new ref.
    pub(crate) old: Option<Oid>,
    /// What it shall name; `None` for a deletion.
    pub(crate) new: Option<Oid>,
    /// Full name, as `refs/heads/main`.
    pub(crate) name: String,
}

/// Why a line is no ref update.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpdateError {
    /// Not `old new name`.
    #[error("line {0} from git is not `old new ref`; is this run as a pre-receive hook?")]
    Form(usize),
    /// An object id of 64 digits.
    #[error("line {0} from git has SHA-256 object ids, which this version of Keyward cannot read")]
    Sha256(usize),
    /// An object id that is none.
    #[error("line {0} from git has an object id that is not hexadecimal")]
    Id(usize),
}

/// Parses everything git wrote.
///
/// # Errors
/// The first line that is no ref update.
pub(crate) fn parse(input: &[u8]) -> Result<Vec<RefUpdate>, UpdateError> {
    let lines = input.split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    lines.map(|(index, line)| update(line, index + 1)).collect()
}

fn update(line: &[u8], number: usize) -> Result<RefUpdate, UpdateError> {
    let mut parts = line.splitn(3, |&byte| byte == b' ');
    let (Some(old), Some(new), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(UpdateError::Form(number));
    };
    if name.is_empty() {
        return Err(UpdateError::Form(number));
    }
    Ok(RefUpdate { old: id(old, number)?, new: id(new, number)?, name: String::from_utf8_lossy(name).into_owned() })
}

fn id(text: &[u8], number: usize) -> Result<Option<Oid>, UpdateError> {
    if !matches!(text.len(), 40 | 64) || !text.iter().all(u8::is_ascii_hexdigit) {
        return Err(UpdateError::Id(number));
    }
    // Zeros of any length: a constant of forty fails open on SHA-256 repositories.
    if text.iter().all(|&byte| byte == b'0') {
        return Ok(None);
    }
    if text.len() == 64 {
        return Err(UpdateError::Sha256(number));
    }
    let text = std::str::from_utf8(text).map_err(|_| UpdateError::Id(number))?;
    Oid::from_str(text).map(Some).map_err(|_| UpdateError::Id(number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{UpdateError, parse};

    const A: &str = "1111111111111111111111111111111111111111";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn every_kind_of_update_is_read() {
        let text = format!("{A} {A} refs/heads/a b\n{ZERO} {A} refs/tags/t\n{A} {ZERO} refs/heads/gone\n");
        let updates = parse(text.as_bytes()).expect("good lines");
        let kinds: Vec<_> =
            updates.iter().map(|update| (update.old.is_some(), update.new.is_some(), update.name.as_str())).collect();
        assert_eq!(
            kinds,
            [(true, true, "refs/heads/a b"), (false, true, "refs/tags/t"), (true, false, "refs/heads/gone")]
        );
        assert_eq!(parse(b""), Ok(vec![]));
    }

    #[test]
    fn what_is_no_update_is_refused_with_its_line() {
        assert_eq!(parse(format!("{A} {A} r\nhello\n").as_bytes()), Err(UpdateError::Form(2)));
        assert_eq!(parse(format!("{A} {A} ").as_bytes()), Err(UpdateError::Form(1)));
        assert_eq!(parse(format!("{A} xyz r").as_bytes()), Err(UpdateError::Id(1)));
        let long = "2".repeat(64);
        assert_eq!(parse(format!("{} {long} r", "0".repeat(64)).as_bytes()), Err(UpdateError::Sha256(1)));
    }

    proptest! {
        #[test]
        fn no_input_panics(input in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&input);
        }

        #[test]
        fn what_is_almost_an_update_is_one_or_is_refused(lines in proptest::collection::vec("(0{40}|[0-9a-g]{40}|0{64}|[0-9a-f]{38,42}|) ?(0{40}|[0-9a-f]{40}|[0-9A-F]{64}) ?(refs/[ -~]{0,12}|)", 0..6)) {
            let text = lines.join("\n");
            let written = lines.iter().filter(|line| !line.is_empty()).count();
            match parse(text.as_bytes()) {
                Ok(updates) => {
                    prop_assert_eq!(updates.len(), written);
                    prop_assert!(updates.iter().all(|update| !update.name.is_empty()));
                }
                Err(UpdateError::Form(line) | UpdateError::Sha256(line) | UpdateError::Id(line)) => {
                    prop_assert!((1..=lines.len()).contains(&line));
                }
            }
        }

        #[test]
        fn every_update_that_git_writes_is_read(updates in proptest::collection::vec(("[1-9a-f]{40}", "[1-9a-f]{40}", "refs/[!-~]{1,20}"), 0..6)) {
            let text: String = updates.iter().map(|(old, new, name)| format!("{old} {new} {name}\n")).collect();
            let read = parse(text.as_bytes()).expect("good lines");
            let shown = |id: Option<git2::Oid>| id.map(|id| id.to_string()).unwrap_or_default();
            let read: Vec<_> = read.into_iter().map(|update| (shown(update.old), shown(update.new), update.name)).collect();
            prop_assert_eq!(read, updates);
        }
    }
}
