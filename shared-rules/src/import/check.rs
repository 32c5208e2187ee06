//! From rules as written to rules that run. What cannot run is reported and left out; the others stay.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::document::{Place, Placed};
use super::expression::{Translated, translate};
use super::extend::without_doubles;
use super::report::Report;
use super::spec::{AllowSpec, FileSpec, RequiredSpec, RuleSpec, subject};
use super::{Compile, ImportedRule, filter};
use crate::rule::search::{Allowance, Criterion, Required, Search, Target};

/// Checks every rule of a file and those it extends.
pub(super) fn rules(written: FileSpec, compile: Compile, report: &mut Report) -> Vec<ImportedRule> {
    let mut check = Check { compile, report, shared: Vec::new() };
    let rules = without_doubles(written.rules, check.report);
    tags(&rules, check.report);
    check.shared(&written.allow, &written.filters, &rules);
    let checked: Vec<Checked> = rules.into_iter().filter_map(|rule| check.rule(rule)).collect();
    let complete = complete(checked, check.report);
    report.taken = complete.iter().map(|rule| rule.search.id.clone()).collect();
    report.sort();
    complete
}

fn tags(rules: &[RuleSpec], report: &mut Report) {
    let tagged: Vec<&RuleSpec> = rules.iter().filter(|rule| !rule.tags.is_empty()).collect();
    if let Some(first) = tagged.first().and_then(|rule| rule.tags.first()) {
        let what = if tagged.len() == 1 { "1 rule".to_owned() } else { format!("{} rules", tagged.len()) };
        report.differs(&first.at, "tags", format!("those of {what} are left out: Keyward's reports have none"));
    }
}

struct Check<'c> {
    compile: Compile,
    report: &'c mut Report,
    /// Allowances of the file, each with the rules it holds for; every rule if empty.
    shared: Vec<(Arc<Allowance>, Vec<String>)>,
}

/// A rule that can run if those it requires can.
struct Checked {
    at: Place,
    name: String,
    search: Search,
    required: Vec<RequiredSpec>,
}

impl Check<'_> {
    fn shared(&mut self, lists: &[AllowSpec], filters: &[Placed<String>], rules: &[RuleSpec]) {
        let ids: HashSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        for list in lists {
            for target in list.rules.iter().filter(|target| !ids.contains(target.value.as_str())) {
                let reason =
                    format!("`{}` is no rule of this file; Keyward's own rules heed no list of it", target.value);
                self.report.differs(&target.at, "targetRules", reason);
            }
            if let Some(allowance) = self.allowance(list, "the file") {
                let targets = list.rules.iter().map(|target| target.value.clone()).collect();
                self.shared.push((Arc::new(allowance), targets));
            }
        }
        for expression in filters {
            for allowance in self.filter(expression, "the file") {
                self.shared.push((Arc::new(allowance), Vec::new()));
            }
        }
        let place = lists.first().map(|list| &list.at).or(filters.first().map(|filter| &filter.at));
        if let Some(place) = place {
            let reason = "it holds for the rules taken from here; Keyward's own are excused by `allow` alone";
            self.report.differs(place, "the file's allowlist", reason);
        }
    }

    fn rule(&mut self, rule: RuleSpec) -> Option<Checked> {
        let name = subject(&rule.id);
        let search = match self.search(&rule, &name) {
            Ok(search) => search,
            Err((at, problem)) => {
                self.report.lacks(&at, name, problem);
                return None;
            }
        };
        if search.keywords.is_empty() {
            let reason = "it has no keywords, so its expression runs over every byte, which is slow";
            self.report.differs(&rule.at, &name, reason);
        }
        let description = rule.description.map(|text| text.value).filter(|text| !text.trim().is_empty());
        Some(Checked { at: rule.at, name: description.unwrap_or(rule.id), search, required: rule.required })
    }

    fn search(&mut self, rule: &RuleSpec, name: &str) -> Result<Search, (Place, String)> {
        let Some(regex) = &rule.regex else {
            let problem = match rule.path {
                Some(_) => "it has a `path` and no `regex`: a finding of Keyward's is a credential, not a file's name",
                None => "it has no `regex`: what it changes is a rule that is not in this file",
            };
            return Err((rule.at.clone(), problem.to_owned()));
        };
        let expression = |key: &str, text: &Placed<String>| {
            self.expression(&text.value).map_err(|problem| (text.at.clone(), format!("`{key}`: {problem}")))
        };
        let translated = expression("regex", regex)?;
        let path = rule.path.as_ref().map(|path| expression("path", path)).transpose()?;
        // Zero means none: the first group that is not empty is taken.
        let group = rule.group.as_ref().filter(|group| group.value > 0);
        if let Some(group) = group.filter(|group| group.value > translated.groups) {
            let problem = format!("`secretGroup` is {}, and `regex` has {} groups", group.value, translated.groups);
            return Err((group.at.clone(), problem));
        }
        let keywords = rule.keywords.iter().map(|word| word.value.to_ascii_lowercase());
        Ok(Search {
            id: rule.id.clone(),
            keywords: keywords.filter(|word| !word.is_empty()).collect(),
            expression: translated.expression,
            group: group.map(|group| group.value),
            path: path.map(|path| path.expression),
            allowances: self.allowances(rule, name),
            required: Vec::new(),
            silent: rule.silent.as_ref().is_some_and(|silent| silent.value),
        })
    }

    fn allowances(&mut self, rule: &RuleSpec, name: &str) -> Vec<Arc<Allowance>> {
        let mut allowances = Vec::new();
        // The threshold is exclusive: what equals it is no credential.
        if let Some(entropy) = rule.entropy.as_ref().filter(|entropy| entropy.value != 0.0) {
            let criteria = vec![Criterion::EntropyAtMost(Target::Secret, entropy.value)];
            allowances.push(Arc::new(Allowance { all: true, criteria }));
        }
        allowances.extend(rule.allow.iter().filter_map(|list| self.allowance(list, name)).map(Arc::new));
        if let Some(expression) = &rule.filter {
            allowances.extend(self.filter(expression, name).into_iter().map(Arc::new));
        }
        let holds = |targets: &Vec<String>| targets.is_empty() || targets.contains(&rule.id);
        allowances.extend(self.shared.iter().filter(|(_, targets)| holds(targets)).map(|(shared, _)| shared.clone()));
        allowances
    }

    /// None for a list that cannot hold as it was meant: what it would excuse is found.
    fn allowance(&mut self, list: &AllowSpec, owner: &str) -> Option<Allowance> {
        let mut criteria = Vec::new();
        let mut lost = false;
        for (key, target, sources) in [("paths", Target::Path, &list.paths), ("regexes", list.target, &list.regexes)] {
            let mut expressions = Vec::new();
            for source in sources {
                match self.expression(&source.value) {
                    Ok(translated) => expressions.push(translated.expression),
                    Err(problem) => {
                        let reason = format!("an allowlist: `{key}`: {problem}; what it would excuse is found");
                        self.report.lacks(&source.at, owner, reason);
                        lost = true;
                    }
                }
            }
            if !expressions.is_empty() {
                criteria.push(Criterion::Matches(target, expressions));
            }
        }
        let words = |texts: &[Placed<String>]| -> Vec<String> {
            texts.iter().map(|text| text.value.to_ascii_lowercase()).filter(|text| !text.is_empty()).collect()
        };
        let (commits, stopwords) = (words(&list.commits), words(&list.stopwords));
        if !commits.is_empty() {
            criteria.push(Criterion::Is(Target::Commit, commits));
        }
        if !stopwords.is_empty() {
            criteria.push(Criterion::ContainsAnyCase(Target::Secret, stopwords));
        }
        if criteria.is_empty() && !lost {
            self.report.lacks(&list.at, owner, "an allowlist asks nothing: no commits, paths, regexes or stopwords");
        }
        // Without one of its criteria a conjunction would excuse more than was meant.
        (!(criteria.is_empty() || lost && list.all)).then_some(Allowance { all: list.all, criteria })
    }

    fn filter(&mut self, expression: &Placed<String>, owner: &str) -> Vec<Allowance> {
        match filter::parse(&expression.value) {
            Ok(mut filter) => {
                if self.compile == Compile::Now {
                    filter.drop_what_does_not_compile();
                }
                for part in filter.lost {
                    let reason = format!("`{part}` in its filter is left out: more is found than there");
                    self.report.differs(&expression.at, owner, reason);
                }
                filter.allowances
            }
            Err(problem) => {
                let reason = format!("its filter is left out, since {problem}: more is found than there");
                self.report.differs(&expression.at, owner, reason);
                Vec::new()
            }
        }
    }

    fn expression(&self, source: &str) -> Result<Translated, String> {
        let translated = translate(source)?;
        if self.compile == Compile::Now {
            translated.expression.check()?;
        }
        Ok(translated)
    }
}

/// Leaves out rules that require what is not there, again and again since others may require those, and numbers the rest.
fn complete(mut rules: Vec<Checked>, report: &mut Report) -> Vec<ImportedRule> {
    loop {
        let ids: HashMap<String, usize> =
            rules.iter().enumerate().map(|(index, rule)| (rule.search.id.clone(), index)).collect();
        let before = rules.len();
        rules.retain(|rule| {
            let missing = rule.required.iter().find(|required| !ids.contains_key(&required.id));
            if let Some(required) = missing {
                let reason = format!("it requires `{}`, which is not among the rules taken", required.id);
                report.lacks(&required.at, subject(&rule.search.id), reason);
            }
            missing.is_none()
        });
        if rules.len() == before {
            return rules.into_iter().map(|rule| finish(rule, &ids)).collect();
        }
    }
}

fn finish(rule: Checked, ids: &HashMap<String, usize>) -> ImportedRule {
    let mut search = rule.search;
    let required = |spec: &RequiredSpec| {
        ids.get(&spec.id).map(|&rule| Required { rule, lines: spec.lines, columns: spec.columns })
    };
    search.required = rule.required.iter().filter_map(required).collect();
    let source = format!("{}:{}", rule.at.file, rule.at.line);
    ImportedRule { name: rule.name, source, search: Arc::new(search) }
}
