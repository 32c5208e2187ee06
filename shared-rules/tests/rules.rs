//! The loop over all rule files: every sample of every rule, and what every rule must say of itself.

use keyward_rules::rule::prove;
use keyward_rules::{Catalogue, Engine, Input};

#[test]
fn every_rule_finds_its_matches_and_leaves_its_ignores() {
    let broken = prove(&Engine::new(Catalogue::builtin_with_samples()));
    assert!(broken.is_empty(), "{} problems:\n{}", broken.len(), broken.join("\n"));
}

#[test]
fn every_rule_cites_its_source_and_says_what_to_do() {
    let catalogue = Catalogue::builtin_with_samples();
    for rule in catalogue.rules() {
        let provider = catalogue.provider(rule);
        assert!(!rule.samples.matches.is_empty() && !rule.samples.ignores.is_empty(), "{} has no samples", rule.id);
        assert!(rule.id.starts_with(&provider.id), "{} does not start with {}", rule.id, provider.id);
        for url in [&rule.source, &provider.docs, &provider.console] {
            assert!(url.starts_with("https://"), "{}: {url}", rule.id);
        }
        for text in [&provider.opens, &provider.revoke, &provider.ephemeral, &provider.afterwards] {
            assert!((1..=120).contains(&text.chars().count()), "{}: {text}", provider.id);
        }
    }
}

#[test]
fn a_new_provider_is_one_more_file() {
    let mut catalogue = Catalogue::builtin();
    let known = catalogue.rules().len();
    catalogue.add_toml("acme.toml", include_str!("acme.toml")).expect("a good file");
    assert_eq!(catalogue.rules().len(), known + 1);
    let engine = Engine::new(catalogue);
    let broken: Vec<String> = prove(&engine).into_iter().filter(|line| line.starts_with("acme")).collect();
    assert!(broken.is_empty(), "{broken:?}");
    let text = format!("ACME={}", ["acme", "live", "q8Zx4mVt9Lr2Wk7Jd3Hs6Bn1Pc5Gf0"].join("_"));
    let found = engine.scan(&Input::whole(text.as_bytes(), ""));
    assert_eq!(engine.catalogue().rule(found[0].rule).id, "acme-token");
}
