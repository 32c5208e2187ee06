//! What a walk over a pack costs: `cargo run --release -p keyward-rules --example packs -- PACK [--sha256] [--blobs] [--file]
//! [--threads N] [--rounds N] [--scan] [--compare] [--margin N] [--no-marks]`. The index lies beside the pack. `--file` reads by
//! position instead of from memory; `--scan` scans the new parts with all rules; `--compare` says what that misses of what a scan of each
//! whole object finds: nothing, unless the margin is 0 or nothing is marked.

#![allow(clippy::print_stdout)]

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keyward_rules::pack::{
    Bounds, HashKind, Index, Marks, ObjectId, ObjectKind, Pack, Plan, Source, Unreadable, Visit, Visitor, Walked,
};
use keyward_rules::{Engine, Input, MARGIN, Match, Parts};

const LARGEST: u64 = 1 << 30;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let number = |name: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.map_or(default, |at| arguments[at + 1].parse().expect("a number behind the option"))
    };
    let path = PathBuf::from(arguments.first().expect("the pack, as the first argument"));
    let run = Run {
        hash: if has("--sha256") { HashKind::Sha256 } else { HashKind::Sha1 },
        wanted: if has("--blobs") { &[ObjectKind::Blob] } else { ALL },
        threads: number("--threads", 1),
        engine: (has("--scan") || has("--compare")).then(Engine::builtin),
        compares: has("--compare"),
        margin: number("--margin", MARGIN),
        marks: !has("--no-marks"),
    };
    for _ in 0..number("--rounds", 3) {
        if has("--file") {
            run.report(&path, Positioned::open(&path));
        } else {
            run.report(&path, fs::read(&path).expect("a readable pack"));
        }
    }
}

const ALL: &[ObjectKind] = &[ObjectKind::Commit, ObjectKind::Tree, ObjectKind::Blob, ObjectKind::Tag];

struct Run {
    hash: HashKind,
    wanted: &'static [ObjectKind],
    threads: usize,
    engine: Option<Engine>,
    compares: bool,
    margin: usize,
    marks: bool,
}

impl Run {
    fn report<S: Source>(&self, path: &Path, source: S) {
        let index = fs::read(path.with_extension("idx")).expect("a readable index beside the pack");
        let (start, before) = (Instant::now(), cpu());
        let index = Index::open(index, self.hash).expect("a good index");
        let pack = Pack::open(source, index).expect("a good pack");
        let mut seen: Vec<Seen> = (0..self.threads.max(1)).map(|_| Seen { run: self, found: 0, missed: 0 }).collect();
        let proceed = || true;
        let plan = Plan {
            wanted: self.wanted,
            margin: self.margin,
            ..Plan::new(Bounds { largest: LARGEST, proceed: &proceed })
        };
        let Walked { visited, bytes, new, unread, left, remade } = pack.walk(&plan, &mut seen).expect("a walk");
        let (wall, used) = (start.elapsed(), cpu() - before);
        let found: usize = seen.iter().map(|seen| seen.found).sum();
        let missed: usize = seen.iter().map(|seen| seen.missed).sum();
        println!(
            "{visited} objects, {:.1} MB, {:.1} MB new, {unread} unread, {left} left, {remade} made anew, {found} found, {missed} missed: \
             {:.3} CPU s, {:.3} s, {:.0} MB per CPU s",
            bytes as f64 / 1e6,
            new as f64 / 1e6,
            used.as_secs_f64(),
            wall.as_secs_f64(),
            bytes as f64 / 1e6 / used.as_secs_f64()
        );
    }
}

/// Counts, and scans if there are rules.
struct Seen<'r> {
    run: &'r Run,
    found: usize,
    missed: usize,
}

impl Visitor for Seen<'_> {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        let Some(engine) = &self.run.engine else { return Marks::NONE };
        let scanned = engine.scan_parts(&Parts { input: Input::whole(visit.bytes, ""), new: visit.new });
        self.found += scanned.matches.len();
        if self.run.compares {
            let whole = engine.scan(&Input::whole(visit.bytes, ""));
            let is_missed =
                |found: &&Match| !scanned.matches.iter().any(|part| part.span == found.span && part.rule == found.rule);
            self.missed += whole.iter().filter(is_missed).count();
        }
        if self.run.marks { Marks::Ranges(scanned.candidates) } else { Marks::NONE }
    }

    fn unread(&mut self, id: ObjectId, _: Option<ObjectKind>, reason: &Unreadable) {
        println!("{id}: {reason}");
    }
}

/// A pack that is read by position, as where nothing may be mapped.
struct Positioned {
    file: File,
    size: u64,
}

impl Positioned {
    fn open(path: &Path) -> Positioned {
        let file = File::open(path).expect("a readable pack");
        let size = file.metadata().expect("a file").len();
        Positioned { file, size }
    }
}

impl Source for Positioned {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}

/// This process's time on the CPU, all threads, in user and kernel, where Linux tells it.
fn cpu() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = text.rsplit(')').next().unwrap_or_default().split_ascii_whitespace();
    let ticks: u64 = ticks.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    // A tick is a hundredth of a second on every Linux there is.
    Duration::from_millis(ticks * 10)
}
