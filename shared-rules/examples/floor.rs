//! How near the engine comes to the memory's speed: `cargo run --release -p keyward-rules --example floor -- DIR [ROUNDS]`.
//! Loads every file below a folder, then times on one thread a search for one rare byte and a scan with all rules.

#![allow(clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keyward_rules::{Engine, Input};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the folder to scan, as the first argument"));
    let rounds = arguments.next().map_or(5, |rounds| rounds.parse().expect("a number of rounds"));
    let mut files = Vec::new();
    load(&folder, &folder, &mut files);
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    let rare = rarest(&files);
    let engine = Engine::builtin();

    let search = fastest(rounds, || files.iter().map(|(_, bytes)| memchr::memchr_iter(rare, bytes).count()).sum());
    let scan =
        fastest(rounds, || files.iter().map(|(path, bytes)| engine.scan(&Input::whole(bytes, path)).len()).sum());
    let speed = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    println!("In memory, one thread, best of {rounds}: {} files, {:.1} MB", files.len(), bytes as f64 / 1e6);
    println!("memchr, byte 0x{rare:02x}: {:.0} MB per CPU s", speed(search));
    println!(
        "{} rules: {:.0} MB per CPU s, {:.4} of memchr",
        engine.catalogue().rules().len(),
        speed(scan),
        speed(scan) / speed(search)
    );
}

/// Reads every regular file, with its path below `root`.
fn load(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => load(root, &path, files),
            Ok(kind) if kind.is_file() => {
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                files.push((name, fs::read(&path).expect("a readable file")));
            }
            _ => {}
        }
    }
}

/// The byte that stands least often in the files: a search for it hardly ever stops.
fn rarest(files: &[(String, Vec<u8>)]) -> u8 {
    let mut counts = [0u64; 256];
    files.iter().flat_map(|(_, bytes)| bytes).for_each(|&byte| counts[usize::from(byte)] += 1);
    (0..=u8::MAX).min_by_key(|&byte| counts[usize::from(byte)]).unwrap_or_default()
}

/// CPU time of the fastest round; the first, which compiles patterns, does not count.
fn fastest(rounds: usize, mut work: impl FnMut() -> usize) -> Duration {
    std::hint::black_box(work());
    let timed = (0..rounds.max(1)).map(|_| {
        let start = Clock::now();
        std::hint::black_box(work());
        start.elapsed()
    });
    timed.min().unwrap_or_default()
}

/// This thread's time on a CPU where Linux tells it, else the wall's.
enum Clock {
    Cpu(Duration),
    Wall(Instant),
}

impl Clock {
    fn now() -> Clock {
        on_cpu().map_or_else(|| Clock::Wall(Instant::now()), Clock::Cpu)
    }

    fn elapsed(&self) -> Duration {
        match self {
            Clock::Cpu(start) => on_cpu().unwrap_or_default().saturating_sub(*start),
            Clock::Wall(start) => start.elapsed(),
        }
    }
}

fn on_cpu() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_ascii_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
