//! `keyward status ROOT…`: which repositories below a folder are covered, which are not and why, and whether new ones will be.
//! It looks at files only; `keyward doctor` proves that a hook fires.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::ReportFormat;
use crate::exit::Exit;
use crate::host::{Coverage, Host, Newcomers, Tried, coverage, repositories};
use crate::output;

/// One repository, with what its files tell or why that could not be told.
type Row = (PathBuf, Result<Coverage>);

pub(super) fn run(
    roots: &[PathBuf],
    host: Option<Host>,
    config: Option<PathBuf>,
    format: ReportFormat,
) -> Result<Exit> {
    let expected = config.map(std::path::absolute).transpose()?;
    let mut rows: Vec<Row> = Vec::new();
    let mut unread = Vec::new();
    let mut tried = Tried::default();
    for root in roots {
        let found = repositories(root)?;
        unread.extend(found.unread);
        for path in found.paths {
            let host = host.unwrap_or_else(|| Host::of(&path));
            let seen = coverage(host, &path, expected.as_deref(), &mut tried);
            rows.push((path, seen));
        }
    }
    let newcomers = newcomers(roots, host, &rows);
    output::result(&match format {
        ReportFormat::Text => text(&rows, &newcomers, &unread),
        ReportFormat::Json => json_of(&rows, &newcomers, &unread),
    });
    Ok(if !unread.is_empty() || rows.iter().any(|(_, row)| row.is_err()) {
        Exit::CouldNotTell
    } else if rows.iter().any(|(_, row)| row.as_ref().is_ok_and(|row| row.fault.is_some())) {
        Exit::Blocked
    } else {
        Exit::Clean
    })
}

/// For each host that is there, whether its next repository will be covered. Where a folder is empty, it counts as a plain server's.
fn newcomers(roots: &[PathBuf], host: Option<Host>, rows: &[Row]) -> Vec<(Host, Newcomers)> {
    let mut hosts: Vec<(Host, &Path)> = Vec::new();
    for (path, row) in rows {
        if let Ok(row) = row
            && !hosts.iter().any(|(known, _)| *known == row.host)
        {
            hosts.push((row.host, path));
        }
    }
    if let (true, Some(root)) = (hosts.is_empty(), roots.first()) {
        hosts.push((host.unwrap_or_else(|| Host::of(root)), root));
    }
    hosts.into_iter().map(|(host, path)| (host, host.layout().new_repositories(path))).collect()
}

fn text(rows: &[Row], newcomers: &[(Host, Newcomers)], unread: &[String]) -> String {
    let mut text = String::new();
    for (path, row) in rows {
        let _ = match row {
            Ok(row) => match &row.fault {
                None => writeln!(text, "covered      {} [{}]", path.display(), row.host.layout().name()),
                Some(fault) => {
                    let (reason, remedy) = fault.told(path);
                    let name = row.host.layout().name();
                    writeln!(text, "NOT COVERED  {} [{name}]: {reason}\n             {remedy}", path.display())
                }
            },
            Err(error) => writeln!(text, "UNKNOWN      {}: {}", path.display(), output::one_line(error)),
        };
    }
    unread.iter().for_each(|reason| {
        let _ = writeln!(text, "UNKNOWN      {reason}");
    });
    let covered = rows.iter().filter(|(_, row)| row.as_ref().is_ok_and(|row| row.fault.is_none())).count();
    let _ = writeln!(text, "{} repositories, {covered} covered, {} not", rows.len(), rows.len() - covered);
    for (host, newcomers) in newcomers {
        let name = host.layout().name();
        let _ = match newcomers {
            Newcomers::Covered(by) => writeln!(text, "new repositories [{name}]: covered, {by}"),
            Newcomers::Uncovered(remedy) => writeln!(text, "new repositories [{name}]: NOT COVERED, {remedy}"),
        };
    }
    text
}

fn json_of(rows: &[Row], newcomers: &[(Host, Newcomers)], unread: &[String]) -> String {
    let repositories: Vec<Value> = rows.iter().map(|(path, row)| row_json(path, row)).collect();
    let newcomers: Vec<Value> = newcomers
        .iter()
        .map(|(host, newcomers)| {
            let (covered, note) = match newcomers {
                Newcomers::Covered(by) => (true, by),
                Newcomers::Uncovered(remedy) => (false, remedy),
            };
            json!({ "host": host.layout().name(), "covered": covered, "note": note })
        })
        .collect();
    let report = json!({
        "schema": "keyward.status/1", "repositories": repositories, "new_repositories": newcomers, "unread": unread,
    });
    format!("{report:#}\n")
}

fn row_json(path: &Path, row: &Result<Coverage>) -> Value {
    let row = match row {
        Ok(row) => row,
        Err(error) => {
            return json!({ "path": path.display().to_string(), "covered": null, "reason": output::one_line(error) });
        }
    };
    let (reason, remedy) = row.fault.as_ref().map(|fault| fault.told(path)).unzip();
    json!({
        "path": path.display().to_string(),
        "host": row.host.layout().name(),
        "covered": row.fault.is_none(),
        "fault": row.fault.as_ref().map(|fault| fault.word()),
        "reason": reason,
        "remedy": remedy,
        "hook": row.hook.as_ref().map(|hook| hook.display().to_string()),
        "config": row.script.as_ref().map(|script| script.config.display().to_string()),
    })
}
