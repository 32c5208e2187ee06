//! Betterleaks' `filter` and `prefilter` as allowances, as far as they ask what an allowance can ask. Both spellings the documentation
//! has are read: `entropy(finding.secret)` and `filter.entropy(finding["secret"])`.
//!
//! An expression becomes a choice of conjunctions. What is not understood never holds, so that less is excused and never more;
//! nothing that is negated is understood.

mod tokens;

use super::expression;
use crate::rule::search::{Allowance, Criterion, Expression, Target};
use tokens::{Token, tokens};

/// Most conjunctions made of one expression, and deepest nesting read.
const MOST: usize = 64;
const DEEPEST: usize = 40;

/// What an expression comes to.
#[derive(Debug, Default)]
pub(super) struct Filter {
    pub(super) allowances: Vec<Allowance>,
    /// Parts that never hold, shortened, for the report.
    pub(super) lost: Vec<String>,
}

impl Filter {
    /// Compiles every expression; an allowance with one that does not would never hold.
    pub(super) fn drop_what_does_not_compile(&mut self) {
        let broken = |allowance: &Allowance| {
            let expressions = allowance.criteria.iter().flat_map(Criterion::expressions);
            expressions.filter_map(|expression| expression.check().err()).next()
        };
        self.lost.extend(self.allowances.iter().filter_map(broken));
        self.allowances.retain(|allowance| broken(allowance).is_none());
    }
}

/// Reads an expression.
///
/// # Errors
/// It cannot be read at all; says where.
pub(super) fn parse(source: &str) -> Result<Filter, String> {
    let tokens = tokens(source)?;
    refuse(&tokens)?;
    let mut parser = Parser { source, tokens: &tokens, at: 0, depth: 0, lost: Vec::new() };
    let choices = parser.either()?;
    if parser.at < tokens.len() {
        return Err(format!("`{}` is not expected", parser.shown(parser.at)));
    }
    let allowances = choices.into_iter().map(|criteria| Allowance { all: true, criteria }).collect();
    Ok(Filter { allowances, lost: parser.lost })
}

/// Marks that bind more loosely than `||`, or open what holds other expressions: what stands beside a `||` would not be an excuse by itself.
fn refuse(tokens: &[(usize, Token)]) -> Result<(), String> {
    let mut before = None;
    for (_, token) in tokens {
        if let Token::Mark(mark) = token
            && (matches!(*mark, ";" | ":" | "|" | "{" | "}" | "#" | "=") || *mark == "?" && before != Some("["))
        {
            return Err(format!("`{mark}` is not understood"));
        }
        before = if let Token::Mark(mark) = token { Some(*mark) } else { None };
    }
    Ok(())
}

/// Conjunctions of which one must hold.
type Choices = Vec<Vec<Criterion>>;

struct Parser<'p> {
    source: &'p str,
    tokens: &'p [(usize, Token)],
    at: usize,
    depth: usize,
    lost: Vec<String>,
}

impl Parser<'_> {
    fn either(&mut self) -> Result<Choices, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("it is nested deeper than {DEEPEST}"));
        }
        let mut choices = self.both()?;
        while self.takes("||") || self.takes_word("or") {
            choices.extend(self.both()?);
        }
        if choices.len() > MOST {
            choices.truncate(MOST);
            self.lost.push(format!("all but its first {MOST} alternatives"));
        }
        self.depth -= 1;
        Ok(choices)
    }

    fn both(&mut self) -> Result<Choices, String> {
        let mut choices = self.one()?;
        while self.takes("&&") || self.takes_word("and") {
            let others = self.one()?;
            let joined = choices.iter().flat_map(|one| others.iter().map(move |other| [&one[..], other].concat()));
            choices = joined.take(MOST).collect();
        }
        Ok(choices)
    }

    fn one(&mut self) -> Result<Choices, String> {
        let start = self.at;
        if self.takes("(") {
            let choices = self.either()?;
            if self.takes(")") && self.is_over() {
                return Ok(choices);
            }
        } else if let Some(criterion) = self.criterion()
            && self.is_over()
        {
            return Ok(vec![vec![criterion]]);
        }
        self.at = start;
        self.skip()?;
        self.lost.push(self.shown(start));
        Ok(Vec::new())
    }

    /// Whether what was read is a whole term.
    fn is_over(&self) -> bool {
        match self.tokens.get(self.at) {
            None => true,
            Some((_, Token::Mark(mark))) => ["||", "&&", ")"].contains(mark),
            Some((_, Token::Word(word))) => word == "or" || word == "and",
            _ => false,
        }
    }

    /// Passes over a term, whatever it says.
    fn skip(&mut self) -> Result<(), String> {
        let (mut open, start) = (0usize, self.at);
        while let Some((_, token)) = self.tokens.get(self.at) {
            match token {
                Token::Mark("(" | "[" | "{") => open += 1,
                Token::Mark(")" | "]" | "}") if open > 0 => open -= 1,
                _ if open == 0 && self.is_over() => break,
                _ => {}
            }
            self.at += 1;
        }
        if start == self.at || open > 0 { Err(format!("`{}` is not complete", self.shown(start))) } else { Ok(()) }
    }

    fn criterion(&mut self) -> Option<Criterion> {
        if self.takes_word("filter") && !self.takes(".") {
            return None;
        }
        let Some((_, Token::Word(function))) = self.tokens.get(self.at) else { return None };
        match function.as_str() {
            "entropy" => {
                let target = self.argument()?;
                if !self.takes(")") || !self.takes("<=") {
                    return None;
                }
                let Some((_, Token::Number(bits))) = self.next() else { return None };
                Some(Criterion::EntropyAtMost(target, *bits))
            }
            "matchesAny" => {
                let target = self.argument()?;
                let sources = self.list()?;
                let translated: Result<Vec<Expression>, String> =
                    sources.iter().map(|source| Ok(expression::translate(source)?.expression)).collect();
                Some(Criterion::Matches(target, translated.ok()?))
            }
            "containsAny" => Some(Criterion::Contains(self.argument()?, self.list()?)),
            _ => {
                let target = self.target()?;
                if !self.takes("==") {
                    return None;
                }
                let expression = format!(r"\A{}\z", regex_syntax::escape(self.text()?));
                Some(Criterion::Matches(target, vec![Expression::new(expression)]))
            }
        }
    }

    /// `name(TARGET`, the name already seen.
    fn argument(&mut self) -> Option<Target> {
        self.at += 1;
        if self.takes("(") { self.target() } else { None }
    }

    /// `, ["a", "b"])`.
    fn list(&mut self) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        if !self.takes(",") || !self.takes("[") {
            return None;
        }
        while !self.takes("]") {
            texts.push(self.text()?.to_owned());
            if !self.takes(",") && self.tokens.get(self.at)?.1 != Token::Mark("]") {
                return None;
            }
        }
        (self.takes(")") && !texts.is_empty()).then_some(texts)
    }

    /// `finding["secret"]`, `finding.secret`, `get(attributes, "path", "")`, `attributes[?"path"].orValue("")`.
    fn target(&mut self) -> Option<Target> {
        if self.takes_word("get") {
            let opened = self.takes("(") && self.takes_word("attributes") && self.takes(",");
            let target = attribute(self.text()?)?;
            return (opened && self.takes(",") && self.text()?.is_empty() && self.takes(")")).then_some(target);
        }
        if self.takes_word("finding") {
            let name = if self.takes(".") { self.word()? } else { self.indexed()? };
            return Some(match name {
                "secret" => Target::Secret,
                "match" => Target::Match,
                "line" => Target::Line,
                _ => return None,
            });
        }
        if !self.takes_word("attributes") {
            return None;
        }
        // Written so in some versions.
        self.takes(".");
        let target = attribute(self.indexed()?)?;
        if self.takes(".") {
            let defaulted = self.takes_word("orValue") && self.takes("(") && self.text()?.is_empty() && self.takes(")");
            return defaulted.then_some(target);
        }
        if self.takes("??") {
            return self.text()?.is_empty().then_some(target);
        }
        Some(target)
    }

    fn indexed(&mut self) -> Option<&str> {
        if !self.takes("[") {
            return None;
        }
        self.takes("?");
        let at = self.at;
        self.at += 1;
        if !self.takes("]") {
            return None;
        }
        match self.tokens.get(at)? {
            (_, Token::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn next(&mut self) -> Option<&(usize, Token)> {
        self.at += 1;
        self.tokens.get(self.at - 1)
    }

    fn word(&mut self) -> Option<&str> {
        match self.next()? {
            (_, Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&str> {
        match self.next()? {
            (_, Token::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn takes(&mut self, mark: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some((_, Token::Mark(found))) if *found == mark);
        self.at += usize::from(here);
        here
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some((_, Token::Word(found))) if found == word);
        self.at += usize::from(here);
        here
    }

    /// The source from a token on to where the parser is, in one short line.
    fn shown(&self, from: usize) -> String {
        const LONGEST: usize = 60;
        let place = |token: usize| self.tokens.get(token).map_or(self.source.len(), |(at, _)| *at);
        let (start, end) = (place(from), place(self.at.max(from + 1)));
        let words: Vec<&str> = self.source[start..end].split_whitespace().collect();
        let line = words.join(" ");
        if line.chars().count() > LONGEST {
            return line.chars().take(LONGEST).chain("...".chars()).collect();
        }
        line
    }
}

fn attribute(name: &str) -> Option<Target> {
    match name {
        "path" => Some(Target::Path),
        "git.sha" => Some(Target::Commit),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::rule::search::Subject;

    /// Whether the expression discards a match of `secret` on `line` in `path`.
    fn discards(source: &str, secret: &str, line: &str, path: &str) -> bool {
        let filter = parse(source).unwrap_or_else(|problem| panic!("{source}: {problem}"));
        let [secret, line] = [secret, line].map(str::as_bytes);
        let subject = Subject { secret, matched: secret, line, path: Some(path), commit: None };
        filter.allowances.iter().any(|allowance| allowance.holds(&subject))
    }

    #[test]
    fn both_spellings_say_the_same() {
        for source in [
            r#"entropy(finding.secret) <= 2.0"#,
            r#"filter.entropy(finding["secret"]) <= 2.0"#,
            r#"matchesAny(get(attributes, "path", ""), [`^docs/`, `^samples/`])"#,
            r#"filter.matchesAny(attributes[?"path"].orValue(""), [r"""^docs/"""])"#,
            r#"containsAny(finding["line"], ["sample:",])"#,
            r#"finding["secret"] == 'abababab'"#,
            "// samples\nfinding.secret == \"x\" || ( containsAny(finding.secret, ['bab']) /* all */ && entropy(finding.match) <= 1 )",
            r#"containsAny(finding.secret, ["bab"]) and (finding.secret == "x" or finding.secret == "abababab")"#,
        ] {
            assert!(discards(source, "abababab", "sample: abababab", "docs/a.md"), "{source}");
            assert!(!discards(source, "q7Rk2Zpw", "key: q7Rk2Zpw", "src/a.rs"), "{source}");
        }
    }

    #[test]
    fn what_is_not_understood_excuses_nothing() {
        for source in [
            "failsTokenEfficiency(finding.secret)",
            "!containsAny(finding.secret, ['a'])",
            "not (finding.secret == 'a')",
            "finding.secret != 'b'",
            "entropy(finding.secret) >= 0.0",
            "entropy(finding.secret) <= 8.0 && failsTokenEfficiency(finding.secret)",
            "(entropy(finding.secret) <= 8.0) == false",
            "get(attributes, 'git.author_name', '') == ''",
            "matchesAny(finding.secret, ['(?=a)'])",
            "finding.secret startsWith 'a'",
        ] {
            assert!(!discards(source, "a", "a", "a"), "{source}");
            assert!(!parse(source).expect("readable").lost.is_empty(), "{source}");
        }
        assert!(discards("failsTokenEfficiency(finding.secret) || finding.secret == 'a'", "a", "a", "a"));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for source in [
            "a ? b : finding.secret == 'c' || true",
            "let a = 1; a",
            "a | b",
            "",
            "(",
            "a ||",
            "'a",
            "/* a",
            "a ) b",
            "\u{7}",
            "((a)",
            "1.2.3",
            "'\\q'",
        ] {
            assert!(parse(source).is_err(), "{source}");
        }
        assert!(parse(&format!("{}a{}", "(".repeat(100), ")".repeat(100))).is_err());
    }

    proptest! {
        #[test]
        fn no_expression_makes_it_panic(source in r#"([()\[\]{}|&<=!?.,'"`r/* a-e0-9]|entropy|finding|secret|get|attributes|matchesAny|\PC){0,60}"#) {
            let _ = parse(&source);
        }
    }
}
