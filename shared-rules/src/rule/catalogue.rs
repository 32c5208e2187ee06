//! Turns rule files as written into checked rules. A broken file says file, line, rule and what was expected.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::error::{RuleError, line_of, rule_lines, syntax};
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
    /// Every provider's id.
    ids: Vec<String>,
    /// Whether the first providers are those of this build, which are decoded when somebody asks what they say: hardly any push does.
    is_builtin: bool,
    /// Those that came later.
    added: Vec<ProviderSpec>,
    all: OnceLock<Vec<ProviderSpec>>,
    /// The file of each provider, as the caller named it; empty for those of this build.
    files: Vec<String>,
    rules: Vec<Rule>,
    /// The line of each rule's `id` in its file, from 1; 0 for those of this build.
    lines: Vec<usize>,
    by_id: HashMap<String, RuleIndex>,
}

impl Catalogue {
    /// The rules this build embeds, for scanning: without their samples.
    pub fn builtin() -> Self {
        let table = include_bytes!(concat!(env!("OUT_DIR"), "/rules.postcard"));
        let files: Vec<(String, Vec<RuleSpec>)> =
            postcard::from_bytes(table).expect("the build script wrote this table");
        let mut catalogue = Catalogue { is_builtin: true, ..Catalogue::empty() };
        for (provider, rules) in files {
            catalogue.ids.push(provider);
            catalogue.add("", &[], rules).expect("the loop over all rule files checks every embedded rule");
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
        Catalogue {
            ids: Vec::new(),
            is_builtin: false,
            added: Vec::new(),
            all: OnceLock::new(),
            files: Vec::new(),
            rules: Vec::new(),
            lines: Vec::new(),
            by_id: HashMap::new(),
        }
    }

    /// Adds one rule file from its text. Its patterns are compiled, so that an error shows here and not at a push.
    ///
    /// # Errors
    /// `RuleError` with file, line and what was expected; the catalogue may then hold part of the file and is not to be used.
    pub fn add_toml(&mut self, file: &str, text: &str) -> Result<(), RuleError> {
        let parsed = ProviderFile::parse(text).map_err(|error| syntax(file, text, &error))?;
        if let Some(known) = self.ids.iter().position(|id| *id == parsed.provider.id) {
            let problem = format!("this id exists already in {}; one provider is one file", self.file(known));
            return Err(RuleError::Provider { file: file.to_owned(), provider: parsed.provider.id, problem });
        }
        let lines = rule_lines(text);
        let unproven = |rule: &RuleSpec| rule.samples.matches.is_empty() || rule.samples.ignores.is_empty();
        if let Some(index) = parsed.rules.iter().position(unproven) {
            let problem = "`matches` and `ignores` need at least one sample each".to_owned();
            let rule = parsed.rules[index].id.clone();
            return Err(RuleError::Meaning { file: file.to_owned(), line: line_of(&lines, index), rule, problem });
        }
        let first = self.rules.len();
        self.add_provider(parsed.provider);
        self.add(file, &lines, parsed.rules)?;
        for (index, rule) in self.rules.iter().enumerate().skip(first) {
            if let Some(Err(problem)) = rule.pattern.as_ref().map(Pattern::check) {
                let problem = format!("`pattern` does not compile: {problem}");
                return Err(RuleError::Meaning {
                    file: file.to_owned(),
                    line: self.lines[index],
                    rule: rule.id.clone(),
                    problem,
                });
            }
        }
        Ok(())
    }

    /// A provider that is none of this build's.
    fn add_provider(&mut self, provider: ProviderSpec) {
        self.ids.push(provider.id.clone());
        self.added.push(provider);
        self.all = OnceLock::new();
    }

    /// Adds the rules of the provider that was added last.
    fn add(&mut self, file: &str, lines: &[usize], rules: Vec<RuleSpec>) -> Result<(), RuleError> {
        let provider = self.ids.len() - 1;
        self.files.push(file.to_owned());
        for (index, spec) in rules.into_iter().enumerate() {
            let (id, line) = (spec.id.clone(), line_of(lines, index));
            let refused = |problem| RuleError::Meaning { file: file.to_owned(), line, rule: id.clone(), problem };
            if let Some(known) = self.find(&id) {
                let known = self.place(known);
                return Err(refused(format!("this id exists already, see {known}; ids are unique over all files")));
            }
            let rule = check(spec, provider).map_err(refused)?;
            self.by_id.insert(id, self.rules.len());
            self.rules.push(rule);
            self.lines.push(line);
        }
        Ok(())
    }

    /// Adds the rules of another scanner's file. One whose id is taken gets `imported-` before it; the notes say so.
    pub fn add_import(&mut self, import: &Import) -> Vec<Note> {
        let known = self.ids.iter().position(|id| id == IMPORTED);
        let provider = known.unwrap_or_else(|| {
            self.add_provider(imported::provider());
            self.ids.len() - 1
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
        self.all.get_or_init(|| {
            let table = include_bytes!(concat!(env!("OUT_DIR"), "/providers.postcard"));
            let builtin = || postcard::from_bytes(table).expect("the build script wrote this table");
            let mut all: Vec<ProviderSpec> = if self.is_builtin { builtin() } else { Vec::new() };
            all.extend_from_slice(&self.added);
            all
        })
    }

    /// The id of a rule's provider.
    pub fn provider_id(&self, rule: &Rule) -> &str {
        &self.ids[rule.provider]
    }

    /// The rule at an index that a match carries.
    pub fn rule(&self, index: RuleIndex) -> &Rule {
        &self.rules[index]
    }

    /// The provider of a rule.
    pub fn provider(&self, rule: &Rule) -> &ProviderSpec {
        &self.providers()[rule.provider]
    }

    /// Index of the rule with this id.
    pub fn find(&self, id: &str) -> Option<RuleIndex> {
        self.by_id.get(id).copied()
    }

    /// Where a rule is written, for messages: ``acme.toml:13: rule `acme-token` ``.
    pub fn place(&self, index: RuleIndex) -> String {
        let rule = self.rule(index);
        match (self.files[rule.provider].as_str(), self.lines[index]) {
            ("", _) => format!("{}.toml: rule `{}`", self.provider(rule).id, rule.id),
            (file, line) => format!("{file}:{line}: rule `{}`", rule.id),
        }
    }

    fn file(&self, provider: usize) -> String {
        let file = &self.files[provider];
        if file.is_empty() { format!("{}.toml of this build", self.ids[provider]) } else { file.clone() }
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
        says_reach: spec.reach.is_some(),
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
pub(super) mod tests {
    use super::Catalogue;

    /// A provider without rules.
    pub(in crate::rule) const PROVIDER: &str = r#"
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
            format!("{good}prefix = ['acme_']\npattern = 'x'\n[[rule]]\n{good}prefix = ['acme_']\npattern = 'x'"),
            format!("{good}prefix = ['acme_"),
        ];
        let report: Vec<String> = cases.iter().map(|case| error(case)).collect();
        insta::assert_snapshot!(report.join("\n---\n"));
    }

    #[test]
    fn an_id_that_another_file_has_is_refused_with_both_places() {
        let rule = "[[rule]]\nid = \"acme-token\"\nname = \"t\"\nclass = \"api-key\"\nseverity = \"high\"\nsource = \"s\"\nprefix = ['acme_']\npattern = 'x'\nmatches = ['a']\nignores = ['b']\n";
        let mut catalogue = Catalogue::empty();
        catalogue.add_toml("acme.toml", &format!("{PROVIDER}\n{rule}")).expect("a good file");
        let mut refused = |provider: &str| {
            catalogue.add_toml("other.toml", &format!("{provider}\n{rule}")).expect_err("twice").to_string()
        };
        let report = [refused(PROVIDER), refused(&PROVIDER.replace("\"acme\"", "\"other\""))];
        insta::assert_snapshot!(report.join("\n"), @r"
        other.toml: provider `acme`: this id exists already in acme.toml; one provider is one file
        other.toml:13: rule `acme-token`: this id exists already, see acme.toml:13: rule `acme-token`; ids are unique over all files
        ");
    }
}
