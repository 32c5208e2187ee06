use std::fs;
use std::path::Path;

use jiff::Timestamp;
use keyward_rules::ledger::{Check, Heads, Whole};

use super::{Act, Admin, Entry, Event, Ledger, Push, Weight, each_line, entries, files, heads_of};
use crate::key_file::{new_private_key, read_private_key};

fn now() -> Timestamp {
    Timestamp::from_second(1_796_000_000).expect("a time")
}

fn ledger(folder: &Path) -> Ledger {
    let key = folder.join("ledger.key");
    if !key.exists() {
        new_private_key(&key).expect("a key");
    }
    Ledger { path: folder.join("ledger.jsonl"), clean: true, size: 64 << 20, key: Some(key), system_log: None }
}

fn push(repository: &str) -> Vec<Event> {
    vec![Event::Push(Push { repository: repository.to_owned(), verdict: "accepted".to_owned(), ..Push::default() })]
}

fn append(ledger: &Ledger, repository: &str) {
    ledger.append(now(), Weight::Heavy, |_| push(repository)).expect("writable");
}

fn heads(ledger: &Ledger) -> Heads {
    let key = read_private_key(ledger.key.as_ref().expect("a key"), "").expect("a key").public();
    let mut heads = Heads::default();
    for file in files(&ledger.path) {
        heads.add(&fs::read_to_string(heads_of(&file)).unwrap_or_default(), &[key]);
    }
    heads
}

fn check(ledger: &Ledger) -> Whole {
    let mut check = Check::against(heads(ledger), 1);
    for file in files(&ledger.path) {
        each_line(&file, &mut |number, line| check.line(&file.display().to_string(), number, line)).expect("readable");
    }
    check.finish()
}

fn repositories(path: &Path) -> Vec<String> {
    let mut read = Vec::new();
    entries(path, &mut |entry: Entry| {
        if let Event::Push(push) = entry.event {
            read.push(push.repository);
        }
    })
    .expect("readable");
    read
}

#[test]
fn entries_follow_each_other_and_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    for name in ["a", "b", "c"] {
        append(&ledger, name);
    }
    let admin = Admin { act: Act::SwitchedOff, by: "ann".into(), repository: None, until: None, reason: "r".into() };
    ledger.append(now(), Weight::Heavy, |_| vec![Event::Admin(admin.clone())]).expect("writable");
    let mut last = None;
    entries(&ledger.path, &mut |entry| last = Some(entry)).expect("readable");
    assert_eq!(last, Some(Entry { time: super::time(now()), event: Event::Admin(admin) }));
    assert_eq!(repositories(&ledger.path), ["a", "b", "c"]);
    let whole = check(&ledger);
    assert_eq!((whole.entries, whole.heads_met), (4, 4));
    assert!(whole.problems.is_empty(), "{whole:?}");
}

#[test]
fn light_entries_are_signed_now_and_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    for _ in 0..130 {
        ledger.append(now(), Weight::Light, |_| push("a")).expect("writable");
    }
    let whole = check(&ledger);
    assert_eq!((whole.entries, whole.heads_met), (130, 2));
    assert!(whole.problems.is_empty(), "{whole:?}");
}

#[test]
fn a_long_file_is_put_aside_and_the_chain_goes_on_in_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger { size: 1000, ..ledger(folder.path()) };
    for number in 0..40 {
        append(&ledger, &number.to_string());
    }
    let files = files(&ledger.path);
    assert!(files.len() > 5, "{files:?}");
    assert_eq!(repositories(&ledger.path), (0..40).map(|number| number.to_string()).collect::<Vec<_>>());
    let whole = check(&ledger);
    assert_eq!((whole.first, whole.last), (1, 40));
    assert!(whole.problems.is_empty() && whole.heads_met >= 40, "{whole:?}");
    // The hook was ended between putting a file aside and beginning the next.
    fs::rename(&ledger.path, super::read::put_aside_name(&ledger.path, now(), 40)).expect("renamable");
    append(&ledger, "next");
    assert_eq!(check(&ledger).last, 41);
    assert!(check(&ledger).problems.is_empty());
    fs::remove_file(&files[1]).expect("removable");
    assert!(!check(&ledger).problems.is_empty(), "a file is missing and nothing shows");
}

#[test]
fn wherever_a_hook_was_ended_the_next_one_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    append(&ledger, "one");
    append(&ledger, "two");
    let text = fs::read(&ledger.path).expect("readable");
    let first = text.iter().position(|&byte| byte == b'\n').expect("a line") + 1;
    fs::remove_file(heads_of(&ledger.path)).expect("removable");
    for cut in 0..=text.len() {
        fs::write(&ledger.path, &text[..cut]).expect("writable");
        ledger.append(now(), Weight::Light, |_| push("three")).expect("writable");
        let whole = check(&ledger);
        assert!(whole.problems.is_empty(), "cut at {cut}: {whole:?}");
        let kept = 1 + u64::from(cut + 1 >= first) + u64::from(cut + 1 >= text.len());
        assert_eq!(whole.entries, kept, "cut at {cut}");
        let after = fs::read(&ledger.path).expect("readable");
        assert!(after.starts_with(&text[..cut]) && after.ends_with(b"\n"), "cut at {cut}: what was there was touched");
    }
}

#[test]
fn what_was_rewritten_or_cut_off_does_not_fit_the_heads() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    for name in ["a", "b", "c", "d"] {
        append(&ledger, name);
    }
    let text = fs::read_to_string(&ledger.path).expect("readable");
    let lines: Vec<&str> = text.lines().collect();
    for kept in 0..4 {
        let cut: String = lines[..kept].iter().map(|line| format!("{line}\n")).collect();
        fs::write(&ledger.path, cut).expect("writable");
        assert_eq!(check(&ledger).problems.len(), 1, "{kept} lines kept");
    }
    fs::remove_file(&ledger.path).expect("removable");
    let unsigned = Ledger { key: None, ..ledger.clone() };
    for name in ["a", "B", "c", "d"] {
        append(&unsigned, name);
    }
    assert!(!check(&ledger).problems.is_empty(), "the rewritten ledger passes for the old one");
}

#[test]
fn many_at_once_do_not_disturb_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger { size: 3000, ..ledger(folder.path()) };
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let ledger = &ledger;
            scope.spawn(move || (0..20).for_each(|number| append(ledger, &format!("{thread}/{number}"))));
        }
    });
    let whole = check(&ledger);
    assert_eq!(whole.entries, 160);
    assert!(whole.problems.is_empty() && whole.torn.is_empty(), "{whole:?}");
}

#[test]
fn the_time_of_the_last_entry_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Ledger { size: 100, ..ledger(folder.path()) };
    let mut told = Vec::new();
    for _ in 0..3 {
        ledger
            .append(now(), Weight::Light, |last| {
                told.push(last.map(str::to_owned));
                push("a")
            })
            .expect("writable");
    }
    let time = Some(super::time(now()));
    assert_eq!(told, [None, time.clone(), time], "also over files");
}

#[test]
fn a_file_without_an_entry_near_its_end_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = ledger(folder.path());
    fs::File::create(&ledger.path).and_then(|file| file.set_len(1 << 30)).expect("writable");
    let error = ledger.append(now(), Weight::Light, |_| push("a")).expect_err("no entry");
    assert!(format!("{error:#}").contains("put the file aside"), "{error:#}");
}

#[test]
fn a_ledger_that_cannot_be_written_or_signed_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = Ledger { path: "/dev/full".into(), ..ledger(folder.path()) };
    let error = full.append(now(), Weight::Heavy, |_| push("a")).expect_err("a full disk");
    assert!(format!("{error:#}").starts_with("could not write the ledger /dev/full"), "{error:#}");
    let unsigned = Ledger { key: Some(folder.path().join("no.key")), ..ledger(folder.path()) };
    let error = unsigned.append(now(), Weight::Heavy, |_| push("a")).expect_err("no key");
    assert!(format!("{error:#}").starts_with("could not sign the ledger's head"), "{error:#}");
    assert!(format!("{error:#}").contains("keyward key ledger --file"), "{error:#}");
}
