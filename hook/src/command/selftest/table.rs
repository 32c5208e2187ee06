//! The list of shapes and the table of results: text for people, JSON for programs, Markdown for the documentation.

use std::fmt::Write;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::runner::{Outcome, State};
use super::shape::{Expected, Shape};
use super::shapes::FAMILIES;
use super::uncovered::{UNCOVERED, Uncovered};
use crate::cli::SelftestFormat;

/// Name and version of the schema.
const SCHEMA: &str = "keyward.selftest/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    shapes: Vec<Item<'a>>,
    not_covered: &'static [Uncovered],
}

/// A shape and, behind a run, what became of it.
#[derive(Serialize)]
struct Item<'a> {
    name: &'static str,
    family: &'static str,
    what: &'static str,
    expected: Expected,
    #[serde(flatten)]
    became: Option<Became<'a>>,
}

#[derive(Serialize)]
struct Became<'a> {
    state: State,
    got: &'a str,
    milliseconds: Option<u64>,
    kept: Option<String>,
}

/// What there is.
pub(super) fn list(shapes: &[&'static Shape], format: SelftestFormat) -> Result<String> {
    let items: Vec<Item<'_>> = shapes.iter().map(|shape| item(shape, None)).collect();
    match format {
        SelftestFormat::Json => json(items),
        SelftestFormat::Markdown => Ok(format!("{}{}", markdown(&items), markdown_uncovered())),
        SelftestFormat::Text => Ok(format!("{}{}", text_list(&items), text_uncovered())),
    }
}

/// What became of it.
pub(super) fn results(outcomes: &[Outcome], format: SelftestFormat) -> Result<String> {
    let items: Vec<Item<'_>> = outcomes.iter().map(|outcome| item(outcome.shape, Some(became(outcome)))).collect();
    match format {
        SelftestFormat::Json => json(items),
        SelftestFormat::Markdown => Ok(markdown(&items)),
        SelftestFormat::Text => Ok(format!("{}{}", text_results(&items), summary(outcomes))),
    }
}

fn item<'a>(shape: &'static Shape, became: Option<Became<'a>>) -> Item<'a> {
    let here = |shapes: &[Shape]| shapes.iter().any(|other| other.name == shape.name);
    let family = FAMILIES.iter().find(|family| here(family.shapes)).map_or("", |family| family.name);
    Item { name: shape.name, family, what: shape.what, expected: shape.expected, became }
}

fn became(outcome: &Outcome) -> Became<'_> {
    let milliseconds = |took: Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    Became {
        state: outcome.state,
        got: &outcome.got,
        milliseconds: outcome.took.map(milliseconds),
        kept: outcome.kept.as_ref().map(|folder| folder.display().to_string()),
    }
}

fn json(shapes: Vec<Item<'_>>) -> Result<String> {
    let mut text = serde_json::to_string_pretty(&Document { schema: SCHEMA, shapes, not_covered: UNCOVERED })?;
    text.push('\n');
    Ok(text)
}

/// Widths of the columns of names and of verdicts.
fn widths(items: &[Item<'_>]) -> (usize, usize) {
    let widest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let verdicts = items.iter().map(|item| item.expected.as_str().len());
    (widest(&mut items.iter().map(|item| item.name.len())), widest(&mut verdicts.chain(["expected".len()])))
}

/// Lines, each family's name above its own.
fn by_family(items: &[Item<'_>], line: impl Fn(&Item<'_>) -> String) -> String {
    let mut text = String::new();
    let mut family = "";
    for item in items {
        if item.family != family {
            family = item.family;
            let _ = writeln!(text, "{family}");
        }
        let _ = writeln!(text, "  {}", line(item).trim_end());
    }
    text
}

fn text_list(items: &[Item<'_>]) -> String {
    let (name, verdict) = widths(items);
    by_family(items, |item| format!("{:name$}  {:verdict$}  {}", item.name, item.expected.as_str(), item.what))
}

fn text_uncovered() -> String {
    let mut text = "not covered on purpose\n".to_owned();
    for item in UNCOVERED {
        let _ = writeln!(text, "  {}: {}", item.what, item.why);
    }
    text
}

fn text_results(items: &[Item<'_>]) -> String {
    let (name, verdict) = widths(items);
    let head = format!("  {:name$}  {:verdict$}  {:>6}  got\n", "shape", "expected", "ms");
    let lines = by_family(items, |item| {
        let became = item.became.as_ref();
        let time = became.and_then(|became| became.milliseconds).map_or_else(String::new, |time| time.to_string());
        let got = became.map_or("", |became| became.got);
        let mark = match became.map(|became| became.state) {
            Some(State::Fails) => "FAILS: ",
            Some(State::NotRun) => "not run: ",
            _ => "",
        };
        format!("{:name$}  {:verdict$}  {time:>6}  {mark}{got}", item.name, item.expected.as_str())
    });
    format!("{head}{lines}")
}

fn summary(outcomes: &[Outcome]) -> String {
    let count = |state| outcomes.iter().filter(|outcome| outcome.state == state).count();
    let mut text = format!("{} of {} shapes hold", count(State::Holds), outcomes.len());
    for (state, words) in [(State::Fails, "fail"), (State::NotRun, "could not be run here")] {
        if count(state) > 0 {
            let _ = write!(text, ", {} {words}", count(state));
        }
    }
    let _ = writeln!(text, "; `keyward selftest --list` says what each is, and what is not covered on purpose");
    for outcome in outcomes {
        if let Some(folder) = &outcome.kept {
            let _ = writeln!(text, "{} lies in {}", outcome.shape.name, folder.display());
        }
    }
    text
}

fn markdown(items: &[Item<'_>]) -> String {
    let mut text = String::new();
    for family in &FAMILIES {
        let mut own = items.iter().filter(|item| item.family == family.name).peekable();
        if own.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "### {}\n\n{}\n", family.title, family.intro);
        let results = own.peek().is_some_and(|item| item.became.is_some());
        text.push_str(if results {
            "| shape | expected | got |\n|---|---|---|\n"
        } else {
            "| shape | verdict | what it is |\n|---|---|---|\n"
        });
        for item in own {
            let last = item.became.as_ref().map_or(item.what, |became| became.got);
            let _ = writeln!(text, "| `{}` | {} | {last} |", item.name, item.expected.as_str());
        }
        text.push('\n');
    }
    text
}

fn markdown_uncovered() -> String {
    let mut text = "## Not covered on purpose\n\n| what | why |\n|---|---|\n".to_owned();
    for item in UNCOVERED {
        let _ = writeln!(text, "| {} | {} |", item.what, item.why);
    }
    text
}
