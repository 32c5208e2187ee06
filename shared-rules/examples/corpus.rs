//! Scores the engine on a labelled corpus: `cargo run -p keyward-rules --example corpus [-- [second] [--list KIND…]]`.
//! A positive credential counts as found if a finding overlaps its mark; a negative case is a false positive if anything is found in it.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;

use keyward_rules::rule::sample::Sample;
use keyward_rules::{Confidence, Engine, Input};

/// One case of a `*.case` file.
struct Case {
    id: String,
    path: String,
    kind: String,
    template: String,
}

#[derive(Default)]
struct Score {
    expected: usize,
    /// Found with at least low, medium, high confidence.
    found: [usize; 3],
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let listed: Vec<&str> = arguments.iter().skip_while(|word| *word != "--list").skip(1).map(String::as_str).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus");
    // The second corpus was written later, by other hands, and decides what the first no longer can.
    let root = if arguments.first().is_some_and(|word| word == "second") { root.join("second") } else { root };
    let engine = Engine::builtin();
    for (name, negative) in [("positive", false), ("negative", true)] {
        let mut scores: BTreeMap<String, Score> = BTreeMap::new();
        for case in cases(&root.join(name)) {
            let sample =
                Sample::expand(&case.template, 1, None).unwrap_or_else(|problem| panic!("{}: {problem}", case.id));
            let found = engine.scan(&Input::whole(sample.text.as_bytes(), &case.path));
            let score = scores.entry(case.kind.clone()).or_default();
            let spans = if negative { std::iter::once(0..sample.text.len()).collect() } else { sample.secrets.clone() };
            for span in spans {
                score.expected += 1;
                let best = found
                    .iter()
                    .filter(|found| found.span.start < span.end && span.start < found.span.end)
                    .max_by_key(|found| found.confidence);
                let level = best.map_or(0, |found| {
                    1 + Confidence::ALL.iter().position(|&level| level == found.confidence).unwrap_or(0)
                });
                (0..level).for_each(|index| score.found[index] += 1);
                if listed.contains(&case.kind.as_str()) && (level > 0) == negative {
                    let rule = best.map_or("-", |found| engine.catalogue().rule(found.rule).id.as_str());
                    let shown = best.map_or(span.clone(), |found| found.span.clone());
                    println!("{} {} [{rule}] {}", case.id, case.path, line(&sample.text, shown.start));
                }
            }
        }
        println!("\n{name:<24} {:>8} {:>8} {:>8} {:>8}", "cases", "found", "medium+", "high");
        let mut total = Score::default();
        for (kind, score) in &scores {
            print_row(kind, score);
            total.expected += score.expected;
            (0..3).for_each(|index| total.found[index] += score.found[index]);
        }
        print_row("all", &total);
    }
}

fn print_row(kind: &str, score: &Score) {
    let percent = |found: usize| 100.0 * found as f64 / score.expected.max(1) as f64;
    println!(
        "{kind:<24} {:>8} {:>7.2}% {:>7.2}% {:>7.2}%",
        score.expected,
        percent(score.found[0]),
        percent(score.found[1]),
        percent(score.found[2])
    );
}

fn line(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |index| index + 1);
    let end = text[at..].find('\n').map_or(text.len(), |index| at + index);
    let end = (start..=end.min(start + 150)).rev().find(|&index| text.is_char_boundary(index)).unwrap_or(start);
    &text[start..end]
}

fn cases(folder: &Path) -> Vec<Case> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus is here").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut cases: Vec<Case> = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("the corpus is UTF-8");
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("=== ") {
                Some(header) => cases.push(case(header)),
                None => cases.last_mut().expect("a file opens with a header").template.push_str(line),
            }
        }
    }
    cases
}

fn case(header: &str) -> Case {
    let field = |name: &str| {
        let start = header.find(&format!("{name}=")).map_or(header.len(), |at| at + name.len() + 1);
        let end = header[start..].find(" kind=").or_else(|| header[start..].find(char::is_whitespace)).unwrap_or(0);
        let word = header[start..].split_ascii_whitespace().next().unwrap_or_default();
        if name == "path" { header[start..start + end].to_owned() } else { word.to_owned() }
    };
    Case { id: field("id"), path: field("path"), kind: field("kind"), template: String::new() }
}
