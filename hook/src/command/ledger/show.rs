//! `keyward ledger show`: entries as people read them, or as they are.

use std::collections::VecDeque;
use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use keyward_rules::Code;
use keyward_rules::policy::matches;

use super::{configuration, of};
use crate::cli::ListFormat;
use crate::exit::Exit;
use crate::ledger::{self, Entry, Event, Push};
use crate::output;

/// Which entries.
pub(super) struct Wanted {
    pub(super) last: usize,
    pub(super) code: Option<String>,
    pub(super) repository: Option<String>,
}

pub(super) fn run(config: Option<PathBuf>, wanted: &Wanted, format: ListFormat) -> Result<Exit> {
    let (config, file) = configuration(config)?;
    let ledger = of(&config, &file)?;
    let code = match wanted.code.as_deref().map(|text| (text, Code::parse(text))) {
        Some((text, None)) => bail!("`{text}` is no code such as KW-7F3K9QXD"),
        Some((_, code)) => code.map(|code| code.to_string()),
        None => None,
    };
    let mut last: VecDeque<String> = VecDeque::new();
    let mut each = |line: &str| {
        let Ok(entry) = serde_json::from_str::<Entry>(line) else { return };
        if !is_wanted(&entry, code.as_deref(), wanted.repository.as_deref()) {
            return;
        }
        last.push_back(match format {
            ListFormat::Text => text(&entry),
            ListFormat::Json => format!("{line}\n"),
        });
        if last.len() > wanted.last {
            last.pop_front();
        }
    };
    for path in ledger::files(&ledger.path) {
        ledger::each_line(&path, &mut |_, line| each(line))?;
    }
    output::result(&last.into_iter().collect::<String>());
    Ok(Exit::Clean)
}

fn is_wanted(entry: &Entry, code: Option<&str>, repository: Option<&str>) -> bool {
    let (name, has_code) = match &entry.event {
        Event::Push(push) => {
            let has = |code: &str| push.findings.iter().any(|finding| finding.code == code);
            (Some(push.repository.as_str()), code.is_none_or(has))
        }
        Event::Admin(admin) => (admin.repository.as_deref(), code.is_none()),
    };
    has_code && repository.is_none_or(|pattern| name.is_some_and(|name| matches(pattern, name)))
}

fn text(entry: &Entry) -> String {
    let mut text = format!("{}  ", entry.time);
    match &entry.event {
        Event::Admin(admin) => {
            let _ = write!(text, "{} by {}", admin.act.as_str(), admin.by);
            let _ = admin.repository.iter().try_for_each(|name| write!(text, ", for {name}"));
            let _ = admin.until.iter().try_for_each(|until| write!(text, ", until {until}"));
            let _ = writeln!(text, ": {}", admin.reason);
        }
        Event::Push(push) => self::push(push, &mut text),
    }
    text
}

fn push(push: &Push, text: &mut String) {
    let actor = push.actor.as_deref().unwrap_or("someone");
    let refs: Vec<&str> = push.refs.iter().filter_map(|line| line.splitn(3, ' ').nth(2)).collect();
    let _ = write!(text, "{}  {}  {actor}  {}", push.verdict, push.repository, refs.join(" "));
    if push.more_refs > 0 {
        let _ = write!(text, " and {} more", push.more_refs);
    }
    text.push('\n');
    if let Some(spared) = &push.spared {
        let _ = writeln!(text, "  spared by {} {}", spared.by, spared.window.as_deref().unwrap_or_default());
    }
    for finding in &push.findings {
        let allowed = finding.allowed.iter().map(|reason| format!(": {reason}")).collect::<String>();
        let (code, rule, path, line) = (&finding.code, &finding.rule, &finding.path, finding.line);
        let _ = writeln!(text, "  {}  {code}  {rule}  {path}:{line}{allowed}", finding.decision);
    }
    if push.more_findings > 0 {
        let _ = writeln!(text, "  and {} more", push.more_findings);
    }
    for words in push.doubts.iter().chain(&push.grants_refused) {
        let _ = writeln!(text, "  {words}");
    }
}
