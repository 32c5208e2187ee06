//! `keyward window`, `off` and `on`: what the server's administrator lets in or switches off, for hours. Each act is an entry of the
//! ledger, written before it takes effect.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use keyward_rules::window::{Window, WindowKind, Windows};

use super::ledger::{configuration, of};
use super::replace;
use crate::cli::admin::{ActArgs, WindowCommand};
use crate::config::{Config, read_windows};
use crate::exit::Exit;
use crate::expiry;
use crate::ledger::{Act, Admin, Event, Weight};
use crate::output;

pub(super) fn run(command: WindowCommand) -> Result<Exit> {
    match command {
        WindowCommand::Open { repository, act } => open(WindowKind::Import, Some(repository), act),
        WindowCommand::Close { repository, by, config } => close(WindowKind::Import, Some(repository), by, config),
        WindowCommand::List { config } => list(config),
    }
}

pub(super) fn off(repository: Option<String>, act: ActArgs) -> Result<Exit> {
    open(WindowKind::Off, repository, act)
}

pub(super) fn on(repository: Option<String>, by: String, config: Option<PathBuf>) -> Result<Exit> {
    close(WindowKind::Off, repository, by, config)
}

fn open(kind: WindowKind, repository: Option<String>, act: ActArgs) -> Result<Exit> {
    let ActArgs { hours, reason, by, config } = act;
    let (config, file) = configuration(config)?;
    let path = windows_file(&config, &file)?;
    if !(1..=kind.longest()).contains(&hours) {
        bail!("`--hours` must be 1 to {}: a window closes by itself", kind.longest());
    }
    let opened = expiry::now();
    let window = Window { kind, repository, opened, until: opened + i64::from(hours) * 3600, by, reason };
    let mut windows = read_windows(path)?;
    windows.forget_ended(opened);
    windows.open(window.clone()).context("not opened")?;
    let act = match kind {
        WindowKind::Import => Act::WindowOpened,
        WindowKind::Off => Act::SwitchedOff,
    };
    record(&config, &file, act, &window, &window.by)?;
    replace(path, &windows.to_text())?;
    output::result(&format!("{}\n", line(&window)));
    Ok(Exit::Clean)
}

fn close(kind: WindowKind, repository: Option<String>, by: String, config: Option<PathBuf>) -> Result<Exit> {
    let (config, file) = configuration(config)?;
    let path = windows_file(&config, &file)?;
    let now = expiry::now();
    let mut windows = read_windows(path)?;
    let closed = windows.close(kind, repository.as_deref(), now);
    if closed.is_empty() {
        bail!("nothing of that kind is open; `keyward window list` shows what is");
    }
    windows.forget_ended(now);
    // Closed first: whatever happens then, nothing stays open longer than it shall.
    replace(path, &windows.to_text())?;
    let act = match kind {
        WindowKind::Import => Act::WindowClosed,
        WindowKind::Off => Act::SwitchedOn,
    };
    for window in &closed {
        record(&config, &file, act, window, &by)?;
    }
    output::result(&closed.iter().map(|window| format!("closed: {}\n", line(window))).collect::<String>());
    Ok(Exit::Clean)
}

fn list(config: Option<PathBuf>) -> Result<Exit> {
    let (config, _) = configuration(config)?;
    output::result(&listed(&config.windows, expiry::now()));
    Ok(Exit::Clean)
}

fn listed(windows: &Windows, now: i64) -> String {
    let mut text = String::new();
    for window in windows.open_now(now) {
        let _ = writeln!(text, "{}", line(window));
    }
    if text.is_empty() { "nothing is open: every push is judged\n".to_owned() } else { text }
}

fn line(window: &Window) -> String {
    let repository = window.repository.as_deref().unwrap_or("every repository");
    let Window { kind, by, reason, .. } = window;
    format!("{:<7} {repository}  until {}  by {by}: {reason}", kind.as_str(), window.end())
}

fn windows_file<'c>(config: &'c Config, file: &Path) -> Result<&'c PathBuf> {
    // What is not recorded does not count, so there is no use in opening it.
    of(config, file)?;
    config.windows_file.as_ref().with_context(|| {
        format!("{} names no file for windows; set `windows = \"windows.json\"` there", file.display())
    })
}

fn record(config: &Config, file: &Path, act: Act, window: &Window, by: &str) -> Result<()> {
    let (repository, until) = (window.repository.clone(), Some(window.end().to_string()));
    let admin = Admin { act, by: by.to_owned(), repository, until, reason: window.reason.clone() };
    of(config, file)?.append(Timestamp::now(), Weight::Heavy, |_| vec![Event::Admin(admin)])
}
