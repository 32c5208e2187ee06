//! `keyward rules import FILE`: what of another scanner's configuration is taken, what differs, what is not taken and why.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;
use keyward_rules::Catalogue;
use keyward_rules::import::{Compile, Report, Settings};
use serde_json::json;

use crate::cli::ListFormat;
use crate::exit::Exit;
use crate::output;
use crate::rule_files;

pub(super) fn run(file: &Path, format: ListFormat) -> Result<Exit> {
    let import = rule_files::import(file, Settings::default(), Compile::Now)?;
    let mut report = import.report.clone();
    report.different.extend(Catalogue::builtin().add_import(&import));
    report.different.sort();
    output::result(&match format {
        ListFormat::Text => text(&report),
        ListFormat::Json => json(&report)?,
    });
    Ok(if report.is_whole() { Exit::Clean } else { Exit::Blocked })
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for id in &report.taken {
        let _ = writeln!(text, "taken      {id}");
    }
    for note in &report.different {
        let _ = writeln!(text, "different  {note}");
    }
    for note in &report.not_taken {
        let _ = writeln!(text, "not taken  {note}");
    }
    let (taken, different, lost) = (report.taken.len(), report.different.len(), report.not_taken.len());
    let _ = writeln!(text, "{taken} rules taken, {different} differences, {lost} not taken");
    text
}

fn json(report: &Report) -> Result<String> {
    let mut text = serde_json::to_string_pretty(&json!({
        "schema": "keyward.import/1",
        "file": report.file,
        "taken": report.taken,
        "different": report.different,
        "not_taken": report.not_taken,
    }))?;
    text.push('\n');
    Ok(text)
}
