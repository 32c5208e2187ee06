//! `keyward ledger verify`: walks every file of the ledger and compares it with its signed heads.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use keyward_rules::ledger::{Check, Heads, Whole};
use keyward_rules::sign::PublicKey;

use super::{configuration, of};
use crate::exit::Exit;
use crate::key_file::read_private_key;
use crate::ledger;
use crate::output;

/// Largest log read for heads, in bytes.
const LARGEST_LOG: u64 = 1 << 30;

/// Where the ledger lies, and the private key whose public half signed its heads.
pub(super) struct Named {
    path: PathBuf,
    key: Option<PathBuf>,
}

impl Named {
    /// What the configuration names, or this very file.
    pub(super) fn of(config: Option<PathBuf>, ledger: Option<PathBuf>) -> Result<Named> {
        if let Some(path) = ledger {
            return Ok(Named { path, key: None });
        }
        let (config, file) = configuration(config)?;
        let ledger = of(&config, &file)?;
        Ok(Named { path: ledger.path.clone(), key: ledger.key.clone() })
    }
}

pub(super) fn run(ledger: &Named, log: Option<&Path>, public: &[String], from: u64) -> Result<Exit> {
    let keys = keys(ledger, public)?;
    let files = ledger::files(&ledger.path);
    let mut heads = Heads::default();
    if let Some(log) = log {
        heads.add(&read(log)?, &keys);
        if heads.signed == 0 {
            let (log, foreign) = (log.display(), heads.foreign);
            bail!(
                "{log} holds no head signed with a key known here, and {foreign} others; `--public` names further keys"
            );
        }
    }
    // Also those beside a file that is gone: they tell that it was there.
    for path in files.iter().chain([&ledger.path].into_iter().filter(|path| !files.contains(path))) {
        heads.add(&fs::read_to_string(ledger::heads_of(path)).unwrap_or_default(), &keys);
    }
    // One that is gone, and of which heads tell, was cut off whole.
    if files.is_empty() && heads.signed == 0 {
        bail!("there is no ledger {}", ledger.path.display());
    }
    let mut text = String::new();
    let mut check = Check::against(heads.clone(), from);
    for path in &files {
        let name = path.display().to_string();
        ledger::each_line(path, &mut |number, line| check.line(&name, number, line))?;
        let _ = writeln!(text, "{name}");
    }
    let whole = check.finish();
    text.push_str(&report(&whole, &heads, log.is_some()));
    output::result(&text);
    Ok(if whole.problems.is_empty() { Exit::Clean } else { Exit::Blocked })
}

/// The public keys whose heads count.
fn keys(ledger: &Named, public: &[String]) -> Result<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for text in public {
        keys.push(PublicKey::parse(text).with_context(|| format!("`{text}` is no key of heads"))?);
    }
    match ledger.key.as_ref().map(|file| read_private_key(file, "keyward key ledger --file")) {
        Some(Ok(key)) => keys.push(key.public()),
        // Where heads are checked elsewhere, the private key is not there, and need not be.
        Some(Err(error)) if keys.is_empty() => return Err(error),
        _ => {}
    }
    Ok(keys)
}

fn read(log: &Path) -> Result<String> {
    let context = || format!("could not read {}", log.display());
    let mut bytes = Vec::new();
    if log == Path::new("-") {
        std::io::stdin().lock().take(LARGEST_LOG).read_to_end(&mut bytes).with_context(context)?;
    } else {
        File::open(log).with_context(context)?.take(LARGEST_LOG).read_to_end(&mut bytes).with_context(context)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn report(whole: &Whole, heads: &Heads, given: bool) -> String {
    let mut text = String::new();
    for note in &whole.torn {
        let _ = writeln!(
            text,
            "{}:{}: torn: a hook was ended while it wrote; the chain goes on over it",
            note.file, note.line
        );
    }
    for problem in &whole.problems {
        let place = if problem.line == 0 { String::new() } else { format!("{}:{}: ", problem.file, problem.line) };
        let _ = writeln!(text, "{place}{}", problem.what);
    }
    if whole.more > 0 {
        let _ = writeln!(text, "and {} more places where it breaks", whole.more);
    }
    if whole.first > 1 {
        let _ = writeln!(text, "it begins at entry {}; what was before was not checked", whole.first);
    }
    let _ = match (heads.signed, given) {
        (0, _) => writeln!(text, "no signed head: a ledger that was rewritten whole, or cut off, would not show"),
        (_, false) => writeln!(
            text,
            "{} entries fit a signed head kept beside it; `--head` compares with those in the system log, which lie elsewhere",
            whole.heads_met
        ),
        (_, true) => writeln!(text, "{} entries fit a signed head", whole.heads_met),
    };
    if heads.foreign > 0 {
        let _ = writeln!(text, "{} heads are signed with no key known here, and do not count", heads.foreign);
    }
    let verdict = if whole.problems.is_empty() { "the ledger is whole" } else { "THE LEDGER IS NOT WHAT WAS WRITTEN" };
    let _ = writeln!(text, "{verdict}: {} entries, the last is {}", whole.entries, whole.last);
    text
}

#[cfg(test)]
mod tests {
    use keyward_rules::ledger::{Break, Heads, Note, Problem, Whole};

    use super::report;

    #[test]
    fn a_report_says_what_is_whole_and_where_it_breaks() {
        let whole = Whole {
            first: 1,
            last: 9,
            entries: 9,
            problems: Vec::new(),
            more: 0,
            torn: vec![Note { file: "ledger.jsonl".into(), line: 4 }],
            heads_met: 3,
        };
        let problem = |line, what| Problem { file: "ledger.jsonl".into(), line, what };
        let time = || "2026-12-01T10:44:31Z".to_owned();
        let problems = vec![
            problem(1, Break::Beheaded { first: 3, from: 1 }),
            problem(3, Break::Changed),
            problem(4, Break::Unlinked(2)),
            problem(5, Break::Rewritten { number: 5, time: time() }),
            problem(0, Break::CutOff { last: 9, number: 12, time: time() }),
        ];
        let broken = Whole { first: 3, problems, more: 2, torn: Vec::new(), ..whole.clone() };
        let heads = |signed, foreign| {
            let mut heads = Heads::default();
            (heads.signed, heads.foreign) = (signed, foreign);
            heads
        };
        insta::assert_snapshot!(
            [
                report(&whole, &heads(3, 0), true),
                report(&whole, &heads(0, 0), false),
                report(&broken, &heads(3, 1), false),
            ]
            .join("---\n")
        );
    }
}
