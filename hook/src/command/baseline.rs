//! `keyward baseline`: scans whole repositories and remembers what lies in them today. It adds to what is there, and takes nothing out.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use keyward_rules::policy::Decision;

use super::ledger::configuration;
use super::{replace, scan};
use crate::exit::Exit;
use crate::ledger::{Act, Admin, Event, Weight};
use crate::output;
use crate::push::today;

pub(super) fn run(repositories: &[PathBuf], name: Option<&str>, config: Option<PathBuf>) -> Result<Exit> {
    if name.is_some() && repositories.len() > 1 {
        bail!("`--name` is the name of one repository; name one");
    }
    let (config, file) = configuration(config)?;
    let Some(path) = &config.baseline_file else {
        bail!("{} names no baseline; set `baseline = \"baseline.jsonl\"` there", file.display());
    };
    let mut baseline = config.baseline()?;
    let (mut text, mut not_scanned) = (String::new(), 0);
    let day = today().to_string();
    for repository in repositories {
        let (name, scan) = scan::history_of(repository, name, &config)
            .with_context(|| format!("nothing was added, {} could not be scanned", repository.display()))?;
        // An allowance that ends shall not leave something known behind.
        let there = scan.findings.iter().filter(|judged| !matches!(judged.decision, Decision::Allowed(_)));
        let found: Vec<bool> = there.map(|judged| baseline.add_finding(&name, &judged.finding, &day)).collect();
        let added = found.iter().filter(|added| **added).count();
        let lost = scan.not_scanned.iter().filter(|item| !item.member).count();
        not_scanned += lost;
        text.push_str(&format!(
            "{name}: {added} added, {} were there, {lost} objects not scanned\n",
            found.len() - added
        ));
        record(&config, &name, added, path)?;
    }
    replace(path, &baseline.to_text())?;
    text.push_str(&format!("{}: {} in all\n", path.display(), baseline.len()));
    output::result(&text);
    Ok(if not_scanned == 0 { Exit::Clean } else { Exit::CouldNotTell })
}

fn record(config: &crate::config::Config, name: &str, added: usize, path: &Path) -> Result<()> {
    let Some(ledger) = &config.ledger else { return Ok(()) };
    let reason = format!("{added} added to {}", path.display());
    let admin =
        Admin { act: Act::Baseline, by: super::account(), repository: Some(name.to_owned()), until: None, reason };
    ledger.append(Timestamp::now(), Weight::Heavy, |_| vec![Event::Admin(admin)])
}
