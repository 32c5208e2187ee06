//! What is wrong with rules that load and yet should not run: anchors that stand everywhere, patterns that can be slow, pairs and ids
//! that lead nowhere. For rules that nobody has looked at yet; the hook does not ask at every push.

mod anchor;
mod cost;

use super::{Catalogue, Rule, RuleIndex};

/// Everything that should not be, one line each with file, line and rule; empty if all is well.
pub fn review(catalogue: &Catalogue) -> Vec<String> {
    (0..catalogue.rules().len()).flat_map(|index| review_rule(catalogue, index)).collect()
}

fn review_rule(catalogue: &Catalogue, index: RuleIndex) -> Vec<String> {
    let rule = catalogue.rule(index);
    let mut problems = name(catalogue, rule);
    problems.extend(anchor::problems(rule));
    problems.extend(cost::problem(rule));
    problems.iter().map(|problem| format!("{}: {problem}", catalogue.place(index))).collect()
}

/// Ids are how rules, policies and people refer to each other.
fn name(catalogue: &Catalogue, rule: &Rule) -> Vec<String> {
    let provider = &catalogue.provider(rule).id;
    let mut problems = Vec::new();
    if !rule.id.strip_prefix(provider.as_str()).is_some_and(|rest| rest.starts_with('-')) {
        problems.push(format!("`id` has to start with `{provider}-`, the provider's id"));
    }
    for partner in rule.pair.iter().filter(|partner| catalogue.find(partner).is_none()) {
        problems.push(format!("`pair` names `{partner}`, which no file has"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::review;
    use crate::rule::Catalogue;
    use crate::rule::catalogue::tests::PROVIDER;

    fn reviewed(id: &str, rest: &str) -> Vec<String> {
        let rule =
            "name = \"t\"\nclass = \"api-key\"\nseverity = \"high\"\nsource = \"s\"\nmatches = ['a']\nignores = ['b']";
        let text = format!("{PROVIDER}\n[[rule]]\nid = \"{id}\"\n{rule}\n{rest}");
        let mut catalogue = Catalogue::empty();
        catalogue.add_toml("acme.toml", &text).expect("it loads");
        review(&catalogue)
    }

    #[test]
    fn an_anchor_that_stands_everywhere_is_refused_with_its_reason() {
        let hex = "pattern = '[0-9a-f]{32}'";
        let cases = [
            "prefix = ['config']\npattern = 'config[0-9]{20}'".to_owned(),
            "prefix = ['token']\npattern = 'token[0-9]{20}'".to_owned(),
            "prefix = ['///']\npattern = '///[0-9]{20}'".to_owned(),
            format!("keywords = ['api_key', 'acme']\n{hex}"),
            format!("keywords = ['Secret']\n{hex}"),
            format!("keywords = ['request']\n{hex}"),
            "keywords = ['token']\npattern = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'".to_owned(),
            "hosts = ['com']\npattern = 'https://com/[0-9]{20}'".to_owned(),
        ];
        let report: Vec<String> = cases.iter().flat_map(|case| reviewed("acme-token", case)).collect();
        insta::assert_snapshot!(report.join("\n"));
    }

    #[test]
    fn a_common_word_is_no_anchor_alone_but_may_be_one_of_two() {
        for good in [
            "keywords = ['api key']\npattern = '[0-9a-f]{32}'\nnear = ['acme']",
            "keywords = ['api key']\npattern = '[0-9a-f]{32}'\nnames = ['acme key']",
            "keywords = ['api key']\npattern = '[0-9a-f]{32}-us[0-9]'",
            "keywords = ['acme']\npattern = '[0-9a-f]{32}'",
            "prefix = ['test_']\npattern = 'test_[0-9a-f]{32}'",
        ] {
            assert_eq!(reviewed("acme-token", good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn a_pattern_that_can_be_slow_is_refused_with_its_reason() {
        let cases = [
            "prefix = ['acme_']\npattern = 'acme_[0-9a-f]{32,}'",
            "prefix = ['acme_']\npattern = 'acme_(?:[0-9a-f]{1,40}-){1,40}[0-9]'",
            "prefix = ['acme_']\npattern = 'acme_[0-9a-f]{32}[0-9A-Za-z]{900}'\nreach = 65536",
        ];
        let report: Vec<String> = cases.iter().flat_map(|case| reviewed("acme-token", case)).collect();
        insta::assert_snapshot!(report.join("\n"));
    }

    #[test]
    fn ids_that_lead_nowhere_are_refused() {
        let pattern = "prefix = ['acme_']\npattern = 'acme_[0-9a-f]{32}'";
        let mut report = reviewed("token", pattern);
        report.extend(reviewed("acme-token", &format!("{pattern}\npair = ['acme-key-id']")));
        insta::assert_snapshot!(report.join("\n"));
    }

    #[test]
    fn the_rules_of_this_build_pass() {
        let problems = review(&Catalogue::builtin());
        assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    }
}
