//! A file and those it extends as one: rules of the same id merged, what the extending file says before what the extended one does.

use super::document::{self, Place, Source};
use super::report::Report;
use super::spec::{FileSpec, RuleSpec, subject};
use super::{ImportError, LARGEST_FILE, MOST_RULES};

/// How many files may stand one behind the other after the first, as Gitleaks has it.
const DEEPEST: usize = 2;

/// Reads `text` and what it extends.
pub(super) fn chain(
    file: &str,
    text: &str,
    report: &mut Report,
    open: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<FileSpec, ImportError> {
    let written = follow(file, text, 0, report, &mut |path| open(path).map(|text| (beside(file, path), text)))?;
    count(file, written.rules.len())?;
    Ok(written)
}

/// Gives name and text of an extended file, or says why it cannot.
type Open<'o> = dyn FnMut(&str) -> Result<(String, String), String> + 'o;

fn follow(
    file: &str,
    text: &str,
    depth: usize,
    report: &mut Report,
    open: &mut Open<'_>,
) -> Result<FileSpec, ImportError> {
    if text.len() > LARGEST_FILE {
        return Err(ImportError::TooLarge { file: file.to_owned(), bytes: text.len() });
    }
    let written = document::read(Source { file, text }, |root| FileSpec::read(root, report))?;
    count(file, written.rules.len())?;
    let extend = &written.extend;
    if let Some(url) = &extend.url {
        report.lacks(
            &url.at,
            "extend.url",
            "Keyward fetches nothing; save that file beside this one and name it in `path`",
        );
    }
    if let Some(default) = extend.default.as_ref().filter(|default| default.value) {
        let reason = "the other scanner's own rules are not taken, Keyward's are there instead";
        report.differs(&default.at, "extend.useDefault", reason);
        for id in &extend.disabled {
            let reason = "is a rule of the other scanner; to quiet one of Keyward's, write a [[policy.rule]]";
            report.differs(&id.at, "extend.disabledRules", format!("`{}` {reason}", id.value));
        }
    }
    let Some(path) = &extend.path else { return Ok(written) };
    let opened = if depth == DEEPEST {
        Err(format!("more than {DEEPEST} files are chained"))
    } else if !is_inside(&path.value) {
        Err("it leads out of this file's folder".to_owned())
    } else {
        open(&path.value)
    };
    match opened {
        Ok((name, text)) => {
            let base = follow(&name, &text, depth + 1, report, open)?;
            Ok(merge(base, written))
        }
        Err(problem) => {
            report.lacks(&path.at, "extend.path", format!("`{}` is not read: {problem}", path.value));
            Ok(written)
        }
    }
}

fn count(file: &str, rules: usize) -> Result<(), ImportError> {
    if rules > MOST_RULES {
        return Err(ImportError::TooManyRules { file: file.to_owned(), rules });
    }
    Ok(())
}

/// A relative path without a step upwards. The caller sees to links.
fn is_inside(path: &str) -> bool {
    let plain = |part: &str| part != ".." && !part.contains([':', '\0']);
    !path.is_empty() && !path.starts_with(['/', '\\']) && path.split(['/', '\\']).all(plain)
}

/// The name of a file in the folder of `file`.
fn beside(file: &str, path: &str) -> String {
    match file.rfind('/') {
        Some(slash) => format!("{}/{path}", &file[..slash]),
        None => path.to_owned(),
    }
}

fn merge(base: FileSpec, mut written: FileSpec) -> FileSpec {
    let disabled = |id: &str| written.extend.disabled.iter().any(|disabled| disabled.value == id);
    let mut rules: Vec<RuleSpec> = base.rules.into_iter().filter(|rule| !disabled(&rule.id)).collect();
    for rule in written.rules {
        match rules.iter_mut().find(|base| base.id == rule.id) {
            Some(base) => override_with(base, rule),
            None => rules.push(rule),
        }
    }
    written.rules = rules;
    written.allow.extend(base.allow);
    written.filters.extend(base.filters);
    written
}

/// What the extending file says wins; lists are appended.
fn override_with(base: &mut RuleSpec, rule: RuleSpec) {
    base.at = rule.at;
    base.description = rule.description.or(base.description.take());
    base.regex = rule.regex.or(base.regex.take());
    base.group = rule.group.or(base.group.take());
    base.entropy = rule.entropy.or(base.entropy.take());
    base.path = rule.path.or(base.path.take());
    base.silent = rule.silent.or(base.silent.take());
    base.filter = rule.filter.or(base.filter.take());
    base.keywords.extend(rule.keywords);
    base.tags.extend(rule.tags);
    base.allow.extend(rule.allow);
    if !rule.required.is_empty() {
        base.required = rule.required;
    }
}

/// Ids that stand twice in one file: the last one wins, as in a table by id.
pub(super) fn without_doubles(rules: Vec<RuleSpec>, report: &mut Report) -> Vec<RuleSpec> {
    let mut seen: std::collections::HashMap<String, Place> = std::collections::HashMap::new();
    let mut kept: Vec<RuleSpec> = Vec::with_capacity(rules.len());
    for rule in rules.into_iter().rev() {
        match seen.get(&rule.id) {
            Some(later) => {
                report.lacks(&rule.at, subject(&rule.id), format!("line {} has the same id and wins", later.line));
            }
            None => {
                seen.insert(rule.id.clone(), rule.at.clone());
                kept.push(rule);
            }
        }
    }
    kept.reverse();
    kept
}
