//! Turns the lines git writes to a pre-receive hook into ref updates. Never touches the repository.

use keyward_rules::pack::{HashKind, ObjectId};

/// Most bytes read from git: a million refs with long names.
pub(crate) const LONGEST_INPUT: u64 = 256 << 20;

/// One ref that a push changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefUpdate {
    /// What the ref names now; `None` for a new ref.
    pub(crate) old: Option<ObjectId>,
    /// What it shall name; `None` for a deletion.
    pub(crate) new: Option<ObjectId>,
    /// Full name, as `refs/heads/main`.
    pub(crate) name: String,
}

/// Why a line is no ref update.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UpdateError {
    /// Not `old new name`.
    #[error("line {0} from git is not `old new ref`; is this run as a pre-receive hook?")]
    Form(usize),
    /// An object id that is none.
    #[error("line {0} from git has an object id that is not 40 or 64 hexadecimal digits")]
    Id(usize),
    /// Ids of both hashes; a repository has one.
    #[error("line {0} from git has an object id of another hash than the lines before it")]
    Mixed(usize),
}

/// Parses everything git wrote.
///
/// # Errors
/// The first line that is no ref update.
pub(crate) fn parse(input: &[u8]) -> Result<Vec<RefUpdate>, UpdateError> {
    let lines = input.split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    let mut hash = None;
    lines.map(|(index, line)| update(line, index + 1, &mut hash)).collect()
}

fn update(line: &[u8], number: usize, hash: &mut Option<HashKind>) -> Result<RefUpdate, UpdateError> {
    let mut parts = line.splitn(3, |&byte| byte == b' ');
    let (Some(old), Some(new), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(UpdateError::Form(number));
    };
    if name.is_empty() {
        return Err(UpdateError::Form(number));
    }
    let [old, new] = [id(old, number)?, id(new, number)?];
    for id in [old, new] {
        if *hash.get_or_insert(id.kind()) != id.kind() {
            return Err(UpdateError::Mixed(number));
        }
    }
    // Every byte is looked at: a constant of forty zeros fails open on SHA-256 repositories.
    let [old, new] = [old, new].map(|id| (!id.is_zero()).then_some(id));
    Ok(RefUpdate { old, new, name: String::from_utf8_lossy(name).into_owned() })
}

fn id(text: &[u8], number: usize) -> Result<ObjectId, UpdateError> {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(UpdateError::Id(number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use keyward_rules::pack::ObjectId;

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
    }

    #[test]
    fn ids_of_both_hashes_are_read_but_not_in_one_push() {
        let (long, zero) = ("2".repeat(64), "0".repeat(64));
        let updates = parse(format!("{zero} {long} r\n{long} {zero} s\n").as_bytes()).expect("good lines");
        let kinds: Vec<_> = updates.iter().map(|update| (update.old.is_some(), update.new.is_some())).collect();
        assert_eq!(kinds, [(false, true), (true, false)]);
        assert_eq!(parse(format!("{A} {A} r\n{zero} {long} r").as_bytes()), Err(UpdateError::Mixed(2)));
        assert_eq!(parse(format!("{ZERO} {long} r").as_bytes()), Err(UpdateError::Mixed(1)));
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
                Err(UpdateError::Form(line) | UpdateError::Mixed(line) | UpdateError::Id(line)) => {
                    prop_assert!((1..=lines.len()).contains(&line));
                }
            }
        }

        #[test]
        fn every_update_that_git_writes_is_read(updates in proptest::collection::vec(("[1-9a-f]{40}", "[1-9a-f]{40}", "refs/[!-~]{1,20}"), 0..6)) {
            let text: String = updates.iter().map(|(old, new, name)| format!("{old} {new} {name}\n")).collect();
            let read = parse(text.as_bytes()).expect("good lines");
            let shown = |id: Option<ObjectId>| id.map(|id| id.to_string()).unwrap_or_default();
            let read: Vec<_> = read.into_iter().map(|update| (shown(update.old), shown(update.new), update.name)).collect();
            prop_assert_eq!(read, updates);
        }
    }
}
