//! Measures what program text commonly begins with and is made of; `src/rule/review/` keeps the answer.
//! `cargo run --release -p keyward-rules --example common -- heads|words RATE FOLDER…` prints what stands at least RATE times in a
//! million bytes. A folder is one project. At most 12 MB of each count, and the project that has most of a word does not
//! count for it: what one project is named after is not common.

#![allow(clippy::print_stdout)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Most bytes taken of one project, and of one file.
const PROJECT: usize = 12_000_000;
const FILE: usize = 200_000;

/// Lengths of heads that are counted; a longer prefix is at least as rare as its first bytes of this length.
const SHORTEST: usize = 3;
const LONGEST: usize = 12;

/// Token characters that make a place an anchor.
const RUN: usize = 10;

type Head = [u8; LONGEST];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, rate, folders @ ..] = arguments.as_slice() else { panic!("heads|words RATE FOLDER…") };
    let rate: f64 = rate.parse().expect("a number");
    let projects: Vec<Vec<Vec<u8>>> = folders.iter().map(|folder| project(Path::new(folder))).collect();
    let sizes: Vec<usize> = projects.iter().map(|files| files.iter().map(Vec::len).sum()).collect();
    let mut counted: Vec<(String, f64)> = match kind.as_str() {
        "heads" => heads(&projects, &sizes, rate),
        _ => words(&projects, &sizes),
    };
    counted.retain(|(_, found)| *found >= rate);
    counted.sort_by(|a, b| a.0.cmp(&b.0));
    println!("# measured over {:.0} MB of {} projects", sizes.iter().sum::<usize>() as f64 / 1e6, folders.len());
    counted.iter().for_each(|(text, found)| println!("{text} {found:.0}"));
}

/// The text files of one project in the order of their names, until its share is full.
fn project(folder: &Path) -> Vec<Vec<u8>> {
    let (mut taken, mut files) = (0, Vec::new());
    collect(folder, &mut taken, &mut files);
    files
}

fn collect(folder: &Path, taken: &mut usize, files: &mut Vec<Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    for path in paths.iter().filter(|path| !path.is_symlink()) {
        if *taken >= PROJECT {
            return;
        }
        if path.is_dir() {
            collect(path, taken, files);
        } else if let Ok(mut bytes) = fs::read(path) {
            bytes.truncate(FILE);
            if !bytes.contains(&0) {
                *taken += bytes.len();
                files.push(bytes);
            }
        }
    }
}

/// Times in a million bytes, the project with most of them left out.
fn rate(counts: &[usize], sizes: &[usize]) -> f64 {
    let most = (0..counts.len()).max_by_key(|&index| counts[index]).unwrap_or(0);
    let rest = |of: &[usize]| (of.iter().sum::<usize>() - of[most]) as f64;
    rest(counts) * 1e6 / rest(sizes)
}

fn token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./+~".contains(&byte)
}

/// How often each head stands where the engine tries prefixes.
fn heads(projects: &[Vec<Vec<u8>>], sizes: &[usize], least: f64) -> Vec<(String, f64)> {
    let mut places: Vec<(Head, usize)> = Vec::new();
    for (project, files) in projects.iter().enumerate() {
        files.iter().for_each(|bytes| anchors(bytes, |head| places.push((head, project))));
    }
    places.sort_unstable();
    let mut counted = Vec::new();
    for length in SHORTEST..=LONGEST {
        for group in places.chunk_by(|a, b| a.0[..length] == b.0[..length]) {
            let mut counts = vec![0; projects.len()];
            group.iter().for_each(|(_, project)| counts[*project] += 1);
            let head = &group[0].0[..length];
            if rate(&counts, sizes) >= least && head[length - 1] != 0 {
                counted.push((String::from_utf8_lossy(head).into_owned(), rate(&counts, sizes)));
            }
        }
    }
    counted
}

fn anchors(bytes: &[u8], mut each: impl FnMut(Head)) {
    for at in 0..bytes.len() {
        let starts = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let run = bytes[at..].iter().take(LONGEST).take_while(|&&byte| token(byte)).count();
        if starts && run >= RUN {
            let mut head = [0; LONGEST];
            head[..run].copy_from_slice(&bytes[at..at + run]);
            each(head);
        }
    }
}

/// How often each word of four letters or more, and each two words of one name, stand in names.
fn words(projects: &[Vec<Vec<u8>>], sizes: &[usize]) -> Vec<(String, f64)> {
    let mut counted: HashMap<String, Vec<usize>> = HashMap::new();
    for (project, files) in projects.iter().enumerate() {
        let names =
            files.iter().flat_map(|bytes| bytes.split(|byte| !byte.is_ascii_alphanumeric() && !b"_-.".contains(byte)));
        for name in names {
            let parts = parts(name);
            let two = parts.windows(2).map(|pair| pair.concat());
            for word in parts.iter().cloned().chain(two).filter(|word| word.len() >= 4) {
                counted.entry(word).or_insert_with(|| vec![0; projects.len()])[project] += 1;
            }
        }
    }
    counted.into_iter().map(|(word, counts)| (word, rate(&counts, sizes))).collect()
}

/// A name's words in small letters: they begin behind marks, at capitals behind small letters, between letters and digits.
fn parts(name: &[u8]) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut previous = b'_';
    for &byte in name {
        let begins = byte.is_ascii_uppercase() && !previous.is_ascii_uppercase()
            || byte.is_ascii_digit() != previous.is_ascii_digit();
        if (begins || !byte.is_ascii_alphanumeric()) && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
        }
        if byte.is_ascii_alphanumeric() {
            part.push(char::from(byte.to_ascii_lowercase()));
        }
        previous = byte;
    }
    parts.extend(Some(part).filter(|part| !part.is_empty()));
    parts
}
