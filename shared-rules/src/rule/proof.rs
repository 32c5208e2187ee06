//! A rule proves itself: every sample it lists is expanded and scanned, so a rule cannot exist untested.

use crate::engine::{Engine, Input};
use crate::rule::sample::Sample;
use crate::rule::{Rule, RuleIndex, Shape};

/// Expansions tried for each template: a pattern that is right for most random values and wrong for some shows here.
const EXPANSIONS: u64 = 3;

/// Everything the rules of `engine` promise and do not hold, one line each; empty if all is proven.
pub fn prove(engine: &Engine) -> Vec<String> {
    let rules = engine.catalogue().rules();
    (0..rules.len()).flat_map(|rule| prove_rule(engine, rule)).collect()
}

fn prove_rule(engine: &Engine, index: RuleIndex) -> Vec<String> {
    let rule = engine.catalogue().rule(index);
    let mut broken = Vec::new();
    if let Some(Err(problem)) = rule.pattern.as_ref().map(crate::rule::Pattern::check) {
        return vec![format!("{}: `pattern` does not compile: {problem}", rule.id)];
    }
    for partner in rule.pair.iter().filter(|partner| engine.catalogue().find(partner).is_none()) {
        broken.push(format!("{}: `pair` names `{partner}`, which no file has", rule.id));
    }
    for seed in 0..EXPANSIONS {
        let matches =
            rule.samples.matches.iter().filter_map(|template| match_problem(engine, index, rule, template, seed));
        broken.extend(matches);
        let ignores =
            rule.samples.ignores.iter().filter_map(|template| ignore_problem(engine, index, rule, template, seed));
        broken.extend(ignores);
    }
    broken.sort();
    broken.dedup();
    broken
}

/// Where the rule's samples stand: in a file of its own kind where the rule asks for one.
fn path(rule: &Rule) -> String {
    match &rule.shape {
        Shape::File(files) => files[0].replace('*', "x"),
        _ => String::new(),
    }
}

fn match_problem(engine: &Engine, index: RuleIndex, rule: &Rule, template: &str, seed: u64) -> Option<String> {
    let sample = match Sample::expand(template, seed, rule.structure) {
        Ok(sample) => sample,
        Err(problem) => return Some(format!("{}: {problem}", rule.id)),
    };
    let found = engine.scan(&Input::whole(sample.text.as_bytes(), &path(rule)));
    let mine = |span: &std::ops::Range<usize>| found.iter().any(|found| found.rule == index && found.span == *span);
    if sample.secrets_or_all().iter().all(mine) {
        return None;
    }
    let instead: Vec<String> = found.iter().map(|found| engine.catalogue().rule(found.rule).id.clone()).collect();
    Some(format!("{}: `matches` {template:?} is not found; found instead: {instead:?}", rule.id))
}

fn ignore_problem(engine: &Engine, index: RuleIndex, rule: &Rule, template: &str, seed: u64) -> Option<String> {
    let sample = match Sample::expand(template, seed, rule.structure) {
        Ok(sample) => sample,
        Err(problem) => return Some(format!("{}: {problem}", rule.id)),
    };
    let found = engine.scan(&Input::whole(sample.text.as_bytes(), &path(rule)));
    found.iter().find(|found| found.rule == index)?;
    Some(format!("{}: `ignores` {template:?} is found", rule.id))
}
