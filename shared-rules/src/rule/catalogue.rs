//! Turns rule files as written into checked rules. A broken file says file, line, rule and what was expected.

use std::collections::HashMap;

use super::imported::{self, IMPORTED};
use super::{
    Confidence, DEFAULT_REACH, Finder, MAX_REACH, Pattern, ProviderFile, ProviderSpec, Rule, RuleSpec, Samples, Shape,
};
use crate::context::normalize;
use crate::import::{Import, Note};
use crate::structure::Structure;

/// Position of a rule in its catalogue.
pub type RuleIndex = usize;

/// All rules in force, and who issues what they find.
#[derive(Debug)]
pub struct Catalogue {
    providers: Vec<ProviderSpec>,
    rules: Vec<Rule>,
    by_id: HashMap<String, RuleIndex>,
}

/// Why a rule file is refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// Not TOML, an unknown key, a missing key or a wrong type; the text names line, column and expected keys.
    #[error("{file}: {detail}")]
    Syntax {
        /// The file as the caller named it.
        file: String,
        /// The parser's words.
        detail: String,
    },
    /// TOML of the right shape with a meaning that cannot be.
    #[error("{file}:{line}: rule `{rule}`: {problem}")]
    Meaning {
        /// The file as the caller named it.
        file: String,
        /// Line of the rule's `id`, from 1; 0 when the rule came from no text.
        line: usize,
        /// The rule's id.
        rule: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

impl Catalogue {
    /// The rules this build embeds, for scanning: without their samples.
    pub fn builtin() -> Self {
        let table = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));
        let files: Vec<ProviderFile> = postcard::from_bytes(table).expect("the build script wrote this table");
        let mut catalogue = Catalogue::empty();
        for file in files {
            let name = format!("{}.toml", file.provider.id);
            catalogue.add(&name, "", file).expect("the loop over all rule files checks every embedded rule");
        }
        catalogue
    }

    /// The rules this build embeds, with the samples that prove them.
    pub fn builtin_with_samples() -> Self {
        let table = include_bytes!(concat!(env!("OUT_DIR"), "/samples.postcard"));
        let samples: Vec<Samples> = postcard::from_bytes(table).expect("the build script wrote this table");
        let mut catalogue = Catalogue::builtin();
        catalogue.rules.iter_mut().zip(samples).for_each(|(rule, samples)| rule.samples = samples);
        catalogue
    }

    /// No rules at all, to be filled by `add_toml`.
    pub fn empty() -> Self {
        Catalogue { providers: Vec::new(), rules: Vec::new(), by_id: HashMap::new() }
    }

    /// Adds one rule file from its text. Its patterns are compiled, so that an error shows here and not at a push.
    ///
    /// # Errors
    /// `RuleError` with file, line and what was expected; the catalogue may then hold part of the file and is not to be used.
    pub fn add_toml(&mut self, file: &str, text: &str) -> Result<(), RuleError> {
        let parsed = ProviderFile::parse(text)
            .map_err(|error| RuleError::Syntax { file: file.to_owned(), detail: error.to_string() })?;
        let unproven = |rule: &&RuleSpec| rule.samples.matches.is_empty() || rule.samples.ignores.is_empty();
        if let Some(rule) = parsed.rules.iter().find(unproven) {
            return Err(meaning(file, text, &rule.id, "`matches` and `ignores` need at least one sample each"));
        }
        let first = self.rules.len();
        self.add(file, text, parsed)?;
        for rule in &self.rules[first..] {
            if let Some(Err(problem)) = rule.pattern.as_ref().map(Pattern::check) {
                return Err(meaning(file, text, &rule.id, format!("`pattern` does not compile: {problem}")));
            }
        }
        Ok(())
    }

    fn add(&mut self, file: &str, text: &str, parsed: ProviderFile) -> Result<(), RuleError> {
        let provider = self.providers.len();
        for spec in parsed.rules {
            let id = spec.id.clone();
            if self.by_id.contains_key(&id) {
                return Err(meaning(file, text, &id, "this id exists already; ids are unique over all files"));
            }
            let rule = check(spec, provider).map_err(|problem| meaning(file, text, &id, problem))?;
            self.by_id.insert(id, self.rules.len());
            self.rules.push(rule);
        }
        self.providers.push(parsed.provider);
        Ok(())
    }

    /// Adds the rules of another scanner's file. One whose id is taken gets `imported-` before it; the notes say so.
    pub fn add_import(&mut self, import: &Import) -> Vec<Note> {
        let known = self.providers.iter().position(|provider| provider.id == IMPORTED);
        let provider = known.unwrap_or_else(|| {
            self.providers.push(imported::provider());
            self.providers.len() - 1
        });
        let first = self.rules.len();
        let mut notes = Vec::new();
        for rule in &import.rules {
            let id = imported::free_id(&rule.search.id, |id| self.by_id.contains_key(id));
            notes.extend(imported::renamed(rule, &id));
            self.by_id.insert(id.clone(), self.rules.len());
            self.rules.push(imported::rule(rule, id, provider, first, &import.settings));
        }
        notes
    }

    /// Every rule, in the order of the files.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Every provider, in the order of the files.
    pub fn providers(&self) -> &[ProviderSpec] {
        &self.providers
    }

    /// The rule at an index that a match carries.
    pub fn rule(&self, index: RuleIndex) -> &Rule {
        &self.rules[index]
    }

    /// The provider of a rule.
    pub fn provider(&self, rule: &Rule) -> &ProviderSpec {
        &self.providers[rule.provider]
    }

    /// Index of the rule with this id.
    pub fn find(&self, id: &str) -> Option<RuleIndex> {
        self.by_id.get(id).copied()
    }
}

fn meaning(file: &str, text: &str, rule: &str, problem: impl Into<String>) -> RuleError {
    let needle = format!("\"{rule}\"");
    let line = text.lines().position(|line| line.trim_start().starts_with("id") && line.contains(&needle));
    RuleError::Meaning {
        file: file.to_owned(),
        line: line.map_or(0, |index| index + 1),
        rule: rule.to_owned(),
        problem: problem.into(),
    }
}

/// Most bytes before an infix' word that a rule may ask for.
const MAX_LOOKBACK: u32 = 256;

fn check(spec: RuleSpec, provider: usize) -> Result<Rule, String> {
    if spec.id.is_empty() || !spec.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err("`id` takes lower-case letters, digits and dashes".to_owned());
    }
    let shape = shape(&spec)?;
    let needs_pattern =
        matches!(shape, Shape::Prefix(_) | Shape::Keyword { .. } | Shape::Host(_) | Shape::Infix(_) | Shape::File(_));
    if needs_pattern != spec.pattern.is_some() {
        let verb = if needs_pattern { "needs" } else { "takes no" };
        return Err(format!("shape `{}` {verb} `pattern`", shape.as_str()));
    }
    let structure = match spec.structure.as_deref() {
        None => None,
        Some(name) => Some(Structure::parse(name).ok_or_else(|| {
            let known: Vec<&str> = Structure::ALL.iter().map(|structure| structure.as_str()).collect();
            format!("unknown structure `{name}`; known: {}", known.join(", "))
        })?),
    };
    let reach = spec.reach.map_or(DEFAULT_REACH, |reach| reach as usize);
    if reach == 0 || reach > MAX_REACH {
        return Err(format!("`reach` is between 1 and {MAX_REACH}"));
    }
    let default_confidence = match shape {
        Shape::Prefix(_) | Shape::Host(_) | Shape::Label(_) | Shape::Infix(_) => Confidence::High,
        Shape::Keyword { .. } | Shape::Scheme(_) | Shape::Search { .. } | Shape::File(_) => Confidence::Medium,
        Shape::Finder(Finder::Assignment) => Confidence::Low,
        Shape::Finder(_) => Confidence::High,
    };
    Ok(Rule {
        id: spec.id,
        name: spec.name,
        class: spec.class,
        severity: spec.severity,
        confidence: spec.confidence.unwrap_or(default_confidence),
        source: spec.source,
        provider,
        shape,
        pattern: spec.pattern.map(Pattern::new),
        structure,
        entropy: spec.entropy,
        near: spec.near.iter().map(|word| word.to_ascii_lowercase()).collect(),
        unless: spec.unless.iter().map(|word| word.to_ascii_lowercase()).collect(),
        pair: spec.pair,
        reach,
        lookback: spec.lookback.unwrap_or(0).min(MAX_LOOKBACK) as usize,
        samples: spec.samples,
    })
}

fn shape(spec: &RuleSpec) -> Result<Shape, String> {
    let mut shapes = Vec::new();
    if !spec.prefix.is_empty() {
        if let Some(short) = spec.prefix.iter().find(|prefix| prefix.len() < 3) {
            return Err(format!(
                "prefix `{short}` is shorter than 3 bytes and would be tried everywhere; use `keywords`"
            ));
        }
        shapes.push(Shape::Prefix(spec.prefix.clone()));
    }
    if !spec.keywords.is_empty() {
        shapes.push(keyword_shape(spec)?);
    }
    if !spec.hosts.is_empty() {
        shapes.push(Shape::Host(spec.hosts.iter().map(|host| host.to_ascii_lowercase()).collect()));
    }
    if !spec.schemes.is_empty() {
        shapes.push(Shape::Scheme(spec.schemes.iter().map(|scheme| scheme.to_ascii_lowercase()).collect()));
    }
    if !spec.labels.is_empty() {
        shapes.push(Shape::Label(spec.labels.clone()));
    }
    if !spec.infix.is_empty() {
        if let Some(short) = spec.infix.iter().find(|infix| infix.len() < 3) {
            return Err(format!("infix `{short}` is shorter than 3 bytes and would be tried everywhere"));
        }
        shapes.push(Shape::Infix(spec.infix.clone()));
    }
    if !spec.files.is_empty() {
        shapes.push(Shape::File(spec.files.iter().map(|file| file.to_ascii_lowercase()).collect()));
    }
    if let Some(name) = &spec.finder {
        let finder = Finder::ALL.iter().find(|finder| finder.as_str() == name);
        let known: Vec<&str> = Finder::ALL.iter().map(|finder| finder.as_str()).collect();
        shapes.push(Shape::Finder(
            *finder.ok_or_else(|| format!("unknown finder `{name}`; known: {}", known.join(", ")))?,
        ));
    }
    if shapes.len() != 1 {
        return Err(
            "exactly one of `prefix`, `keywords`, `hosts`, `schemes`, `labels`, `infix`, `files`, `finder` is needed"
                .to_owned(),
        );
    }
    if !spec.names.is_empty() && spec.keywords.is_empty() {
        return Err("`names` goes with `keywords` only".to_owned());
    }
    Ok(shapes.remove(0))
}

fn keyword_shape(spec: &RuleSpec) -> Result<Shape, String> {
    let keywords: Vec<String> = spec.keywords.iter().map(|word| normalize(word.as_bytes())).collect();
    if let Some(index) = keywords.iter().position(|word| word.len() < 4) {
        return Err(format!(
            "keyword `{}` has fewer than 4 letters and digits and would be tried everywhere",
            spec.keywords[index]
        ));
    }
    let names = spec.names.iter().map(|word| normalize(word.as_bytes())).collect();
    Ok(Shape::Keyword { keywords, names })
}

#[cfg(test)]
mod tests {
    use super::Catalogue;

    const PROVIDER: &str = r#"
[provider]
id = "acme"
name = "Acme"
docs = "https://acme.example/docs"
console = "https://acme.example/keys"
opens = "everything"
revoke = "press the button"
ephemeral = "OIDC"
afterwards = "read the log"
"#;

    fn error(rule: &str) -> String {
        let text = format!("{PROVIDER}\n[[rule]]\n{rule}");
        Catalogue::empty().add_toml("acme.toml", &text).expect_err("a broken rule").to_string()
    }

    #[test]
    fn a_broken_rule_says_file_line_and_what_was_expected() {
        let good = "id = \"acme-token\"\nname = \"t\"\nclass = \"api-key\"\nseverity = \"high\"\nsource = \"s\"\nmatches = ['a']\nignores = ['b']\n";
        let cases = [
            format!("{good}prefix = ['acme_']\npattern = '('"),
            format!("{good}prefix = ['ac']\npattern = 'x'"),
            format!("{good}keywords = ['a-b']\npattern = 'x'"),
            format!("{good}prefix = ['acme_']"),
            format!("{good}finder = 'crystal-ball'"),
            format!("{good}prefix = ['acme_']\npattern = 'x'\nstructure = 'crc99'"),
            format!("{good}prefix = ['acme_']\npattern = 'x'\nreach = 0"),
            format!("{good}prefix = ['acme_']\npattern = 'x'\nhosts = ['acme.example']"),
            good.to_owned(),
            format!("{good}prefixes = ['acme_']"),
            good.replace("api-key", "api key"),
            good.replace("name = \"t\"\n", ""),
        ];
        let report: Vec<String> = cases.iter().map(|case| error(case)).collect();
        insta::assert_snapshot!(report.join("\n---\n"));
    }
}
