//! The file as written: tables and keys of both formats, old spellings included. What it means is decided in `check`.

use super::ImportError;
use super::document::{Place, Placed, Table};
use super::report::Report;
use crate::rule::search::Target;

/// Keys that say nothing about detection.
const FILE_KEYS: &[&str] = &[
    "title",
    "description",
    "minVersion",
    "betterleaksMinVersion",
    "extend",
    "allowlist",
    "allowlists",
    "rules",
    "prefilter",
    "filter",
];
const EXTEND_KEYS: &[&str] = &["useDefault", "path", "url", "disabledRules"];
const RULE_KEYS: &[&str] = &[
    "id",
    "description",
    "regex",
    "secretGroup",
    "entropy",
    "path",
    "keywords",
    "tags",
    "skipReport",
    "allowlist",
    "allowlists",
    "required",
    "components",
    "filter",
];
const ALLOW_KEYS: &[&str] =
    &["id", "description", "condition", "commits", "paths", "regexTarget", "regexes", "stopwords", "targetRules"];
const REQUIRED_KEYS: &[&str] = &["id", "withinLines", "withinColumns"];

/// Keys of rules whose absence changes what is reported, and what to say of them.
const ASKING: &[&str] = &["validate", "analyze", "revoke"];
const TOKENS: &str = "tokenEfficiency";

/// One file.
#[derive(Debug, Default)]
pub(super) struct FileSpec {
    pub(super) extend: ExtendSpec,
    pub(super) rules: Vec<RuleSpec>,
    pub(super) allow: Vec<AllowSpec>,
    /// `prefilter` and `filter`.
    pub(super) filters: Vec<Placed<String>>,
}

/// `[extend]`.
#[derive(Debug, Default)]
pub(super) struct ExtendSpec {
    pub(super) default: Option<Placed<bool>>,
    pub(super) path: Option<Placed<String>>,
    pub(super) url: Option<Placed<String>>,
    pub(super) disabled: Vec<Placed<String>>,
}

/// One of `[[rules]]`.
#[derive(Debug)]
pub(super) struct RuleSpec {
    pub(super) at: Place,
    pub(super) id: String,
    pub(super) description: Option<Placed<String>>,
    pub(super) regex: Option<Placed<String>>,
    pub(super) group: Option<Placed<usize>>,
    pub(super) entropy: Option<Placed<f64>>,
    pub(super) path: Option<Placed<String>>,
    pub(super) keywords: Vec<Placed<String>>,
    pub(super) tags: Vec<Placed<String>>,
    pub(super) silent: Option<Placed<bool>>,
    pub(super) allow: Vec<AllowSpec>,
    pub(super) required: Vec<RequiredSpec>,
    pub(super) filter: Option<Placed<String>>,
}

/// One allowlist, of a rule or of the file.
#[derive(Clone, Debug)]
pub(super) struct AllowSpec {
    pub(super) at: Place,
    pub(super) all: bool,
    pub(super) commits: Vec<Placed<String>>,
    pub(super) paths: Vec<Placed<String>>,
    pub(super) target: Target,
    pub(super) regexes: Vec<Placed<String>>,
    pub(super) stopwords: Vec<Placed<String>>,
    /// The rules it holds for; every rule if empty.
    pub(super) rules: Vec<Placed<String>>,
}

/// One of `[[rules.required]]` or `components`.
#[derive(Clone, Debug)]
pub(super) struct RequiredSpec {
    pub(super) at: Place,
    pub(super) id: String,
    pub(super) lines: Option<usize>,
    pub(super) columns: Option<usize>,
}

impl FileSpec {
    pub(super) fn read(root: Table<'_>, report: &mut Report) -> Result<FileSpec, ImportError> {
        unknown(&root, FILE_KEYS, "the file", report);
        let extend = match root.table("extend")? {
            Some(table) => ExtendSpec::read(&table, report)?,
            None => ExtendSpec::default(),
        };
        let mut rules = Vec::new();
        for table in root.tables("rules")? {
            rules.extend(RuleSpec::read(&table, report)?);
        }
        let filters = [root.text("prefilter")?, root.text("filter")?].into_iter().flatten().collect();
        Ok(FileSpec { extend, rules, allow: allow(&root, "the file", report)?, filters })
    }
}

impl ExtendSpec {
    fn read(table: &Table<'_>, report: &mut Report) -> Result<ExtendSpec, ImportError> {
        unknown(table, EXTEND_KEYS, "extend", report);
        Ok(ExtendSpec {
            default: table.truth("useDefault")?,
            path: table.text("path")?,
            url: table.text("url")?,
            disabled: table.texts("disabledRules")?,
        })
    }
}

impl RuleSpec {
    /// None for a rule without an id, which is reported.
    fn read(table: &Table<'_>, report: &mut Report) -> Result<Option<RuleSpec>, ImportError> {
        let at = table.place();
        let Some(id) = table.text("id")?.map(|id| id.value).filter(|id| !id.trim().is_empty()) else {
            report.lacks(&at, "rule", "it has no `id`");
            return Ok(None);
        };
        let subject = subject(&id);
        let known: Vec<&str> = RULE_KEYS.iter().chain(ASKING).chain(&[TOKENS]).copied().collect();
        unknown(table, &known, &subject, report);
        for key in ASKING.iter().filter(|key| table.holds(key)) {
            report.differs(&at, &subject, format!("`{key}` is left out: Keyward asks no provider"));
        }
        if table.truth(TOKENS)?.is_some_and(|on| on.value) {
            report.differs(&at, &subject, format!("`{TOKENS}` is left out: more is found than there"));
        }
        let mut required = Vec::new();
        for key in ["required", "components"] {
            for table in table.tables(key)? {
                required.extend(RequiredSpec::read(&table, &subject, report)?);
            }
        }
        Ok(Some(RuleSpec {
            allow: allow(table, &subject, report)?,
            at,
            id,
            description: table.text("description")?,
            regex: table.text("regex")?.filter(|regex| !regex.value.is_empty()),
            group: table.count("secretGroup")?,
            entropy: table.number("entropy")?,
            path: table.text("path")?.filter(|path| !path.value.is_empty()),
            keywords: table.texts("keywords")?,
            tags: table.texts("tags")?,
            silent: table.truth("skipReport")?,
            required,
            filter: table.text("filter")?,
        }))
    }
}

impl RequiredSpec {
    /// None where the other rule is not needed as far as can be told, which is reported.
    fn read(table: &Table<'_>, rule: &str, report: &mut Report) -> Result<Option<RequiredSpec>, ImportError> {
        let at = table.place();
        let Some(id) = table.text("id")? else {
            return Err(table.error("a required rule has no `id`; expected the id of another rule".to_owned()));
        };
        let within = table.text("within")?;
        let mut distance = match &within {
            Some(within) => distance(&within.value),
            None => Some((None, None)),
        };
        if let Some((lines, columns)) = &mut distance {
            *lines = lines.or(table.count("withinLines")?.map(|count| count.value));
            *columns = columns.or(table.count("withinColumns")?.map(|count| count.value));
        }
        let other = table.others(&[REQUIRED_KEYS, &["within"]].concat());
        let (Some((lines, columns)), true) = (distance, other.is_empty()) else {
            let what = other.first().map_or("within", |key| &key.value);
            report.differs(
                &at,
                rule,
                format!(
                    "`{}` is not required of it, since `{what}` is not understood: more is found than there",
                    id.value
                ),
            );
            return Ok(None);
        };
        Ok(Some(RequiredSpec { at, id: id.value, lines, columns }))
    }
}

/// `5L,100C`: five lines, a hundred columns, or one of the two.
fn distance(text: &str) -> Option<(Option<usize>, Option<usize>)> {
    let (mut lines, mut columns) = (None, None);
    for part in text.split(',').map(str::trim) {
        let unit = part.chars().last()?;
        let count = part[..part.len() - unit.len_utf8()].trim().parse().ok()?;
        match unit {
            'L' | 'l' => lines = Some(count),
            'C' | 'c' => columns = Some(count),
            _ => return None,
        }
    }
    Some((lines, columns))
}

/// `[allowlist]`, the older form, and `[[allowlists]]`.
fn allow(table: &Table<'_>, owner: &str, report: &mut Report) -> Result<Vec<AllowSpec>, ImportError> {
    let mut lists = Vec::new();
    for key in ["allowlist", "allowlists"] {
        for list in table.tables(key)? {
            unknown(&list, ALLOW_KEYS, &format!("an allowlist of {owner}"), report);
            lists.push(AllowSpec::read(&list)?);
        }
    }
    Ok(lists)
}

impl AllowSpec {
    fn read(table: &Table<'_>) -> Result<AllowSpec, ImportError> {
        let word = |key| table.text(key).map(|text| text.map(|text| text.value).unwrap_or_default());
        let all = match word("condition")?.to_ascii_uppercase().as_str() {
            "" | "OR" | "||" => false,
            "AND" | "&&" => true,
            other => return Err(table.error(format!("`condition` is `{other}`; expected \"AND\" or \"OR\""))),
        };
        let target = match word("regexTarget")?.to_ascii_lowercase().as_str() {
            "" | "secret" => Target::Secret,
            "match" => Target::Match,
            "line" => Target::Line,
            other => {
                let problem = format!("`regexTarget` is `{other}`; expected \"secret\", \"match\" or \"line\"");
                return Err(table.error(problem));
            }
        };
        Ok(AllowSpec {
            at: table.place(),
            all,
            commits: table.texts("commits")?,
            paths: table.texts("paths")?,
            target,
            regexes: table.texts("regexes")?,
            stopwords: table.texts("stopwords")?,
            rules: table.texts("targetRules")?,
        })
    }
}

/// A rule as reports call it.
pub(super) fn subject(id: &str) -> String {
    format!("rule `{id}`")
}

fn unknown(table: &Table<'_>, known: &[&str], owner: &str, report: &mut Report) {
    for key in table.others(known) {
        report.lacks(&key.at, owner, format!("the key `{}` is not known", key.value));
    }
}
