//! Stories of imported rules: what a file says, what is found.

use crate::engine::{Engine, Input, Place};
use crate::finding::Evidence;
use crate::import::{Compile, Settings, import};
use crate::rule::sample::Sample;
use crate::rule::{Catalogue, Confidence};

/// An engine of imported rules alone.
fn engine(rules: &str) -> Engine {
    with(Catalogue::empty(), rules)
}

fn with(mut catalogue: Catalogue, rules: &str) -> Engine {
    let import = import("t.toml", rules, Settings::default(), Compile::Now, &mut |_| Err("none".to_owned()));
    let import = import.unwrap_or_else(|error| panic!("{error}"));
    assert!(import.report.is_whole(), "{:?}", import.report.not_taken);
    catalogue.add_import(&import);
    Engine::new(catalogue)
}

/// The rule and the text of every finding.
fn found<'t>(engine: &Engine, input: &Input<'t>) -> Vec<(String, &'t str)> {
    let text = |span: &std::ops::Range<usize>| std::str::from_utf8(&input.bytes[span.clone()]).expect("UTF-8");
    let matches = engine.scan(input);
    matches.iter().map(|found| (engine.catalogue().rule(found.rule).id.clone(), text(&found.span))).collect()
}

fn secrets<'t>(rules: &str, text: &'t str) -> Vec<&'t str> {
    found(&engine(rules), &Input::whole(text.as_bytes(), "a.txt")).into_iter().map(|(_, secret)| secret).collect()
}

/// `word_` and random characters, never twice the same for two seeds.
fn token(seed: u64) -> String {
    Sample::expand("tok_{base62:20}", seed, None).expect("a template").text
}

const TOKEN: &str = "[[rules]]\nid = 'tok'\nregex = 'tok_[0-9A-Za-z]{20}'\nkeywords = ['TOK_']\n";

#[test]
fn a_keyword_leads_to_a_match_in_any_case() {
    let text = format!("a\nx={}\n", token(1));
    assert_eq!(secrets(TOKEN, &text), [token(1)]);
    assert!(secrets(&TOKEN.replace("TOK_", "other"), &text).is_empty());
    assert_eq!(secrets(&TOKEN.replace("'TOK_'", ""), &text), [token(1)]);
}

#[test]
fn the_credential_is_the_group_that_is_asked_for_or_the_first_that_is_not_empty() {
    let rule = |group: &str| {
        format!("[[rules]]\nid = 'k'\nregex = '''key(x)?\\s*=\\s*([a-z]+)-([0-9]+)'''\nkeywords = ['key']\n{group}")
    };
    assert_eq!(secrets(&rule(""), "key = abc-123"), ["abc"]);
    assert_eq!(secrets(&rule("secretGroup = 0"), "key = abc-123"), ["abc"]);
    assert_eq!(secrets(&rule("secretGroup = 3"), "key = abc-123"), ["123"]);
    assert!(secrets(&rule("secretGroup = 1"), "key = abc-123").is_empty());
    assert_eq!(secrets("[[rules]]\nid = 'k'\nregex = '''\\nkey=[a-z]+\\n'''", "\nkey=abc\n"), ["key=abc"]);
}

#[test]
fn entropy_must_lie_above_the_threshold() {
    let rule =
        |bits: &str| format!("[[rules]]\nid = 'k'\nregex = 'key=([a-z]+)'\nkeywords = ['key']\nentropy = {bits}");
    // Four letters of equal number have two bits each.
    assert!(secrets(&rule("2"), "key=abcdabcd").is_empty());
    assert_eq!(secrets(&rule("1.99"), "key=abcdabcd"), ["abcdabcd"]);
}

#[test]
fn a_path_limits_a_rule_and_is_open_until_it_is_known() {
    let engine = engine(&format!("{TOKEN}path = '''\\.env$'''"));
    let text = token(2);
    let at = |path, place| found(&engine, &Input::whole(text.as_bytes(), path).at(place)).len();
    let known = Place::Known { commit: "" };
    assert_eq!([at("a.env", known), at("a.rs", known), at("", known), at("", Place::Open)], [1, 0, 0, 1]);
    assert!(engine.depends_on_place());
}

#[test]
fn allowlists_excuse_by_secret_match_line_path_commit_and_word() {
    let token = token(3);
    let text = format!("# sample: key={token}");
    let rule = "[[rules]]\nid = 'k'\nregex = 'key=(tok_[0-9A-Za-z]{20})'\nkeywords = ['key']\n";
    let count = |list: &str| {
        let engine = engine(&format!("{}[[rules.allowlists]]\n{list}", rule));
        let place = Place::Known { commit: "0123abcd" };
        engine.scan(&Input::whole(text.as_bytes(), "docs/a.md").at(place)).len()
    };
    for (list, expected) in [
        ("regexes = ['^key=tok_']".to_owned(), 1),
        ("regexTarget = 'match'\nregexes = ['^key=tok_']".to_owned(), 0),
        ("regexTarget = 'line'\nregexes = ['^# sample']".to_owned(), 0),
        ("regexTarget = 'secret'\nregexes = ['sample']".to_owned(), 1),
        ("paths = ['^docs/']".to_owned(), 0),
        ("paths = ['^src/']".to_owned(), 1),
        ("commits = ['0123ABCD']".to_owned(), 0),
        (format!("stopwords = ['{}']", token[8..14].to_uppercase()), 0),
        ("condition = 'AND'\nregexTarget = 'line'\nregexes = ['^# sample']\npaths = ['^src/']".to_owned(), 1),
        ("condition = 'OR'\nregexTarget = 'line'\nregexes = ['^# sample']\npaths = ['^src/']".to_owned(), 0),
        ("condition = '&&'\nregexTarget = 'line'\nregexes = ['^# sample']\npaths = ['^docs/']".to_owned(), 0),
    ] {
        assert_eq!(count(&list), expected, "{list}");
    }
}

#[test]
fn a_list_of_the_file_holds_for_every_rule_or_for_those_it_names() {
    let two = format!("{TOKEN}[[rules]]\nid = 'other'\nregex = 'oth_[0-9A-Za-z]{{20}}'\nkeywords = ['oth_']\n");
    let text = format!("{} {}", token(4), token(4).replace("tok", "oth"));
    let count = |list: &str| secrets(&format!("{two}{list}\npaths = ['txt$']"), &text).len();
    assert_eq!(count("[allowlist]"), 0);
    assert_eq!(count("[[allowlists]]"), 0);
    assert_eq!(count("[[allowlists]]\ntargetRules = ['other']"), 1);
}

#[test]
fn a_required_rule_must_match_nearby() {
    let rules = |within: &str| {
        format!(
            "{TOKEN}[[rules.required]]\nid = 'user'\n{within}\n[[rules]]\nid = 'user'\nregex = 'user=[a-z]+'\nskipReport = true\n"
        )
    };
    let text = |between: &str| format!("user=ann{between}{}", token(5));
    let count = |within: &str, between: &str| secrets(&rules(within), &text(between)).len();
    assert_eq!(count("", &"\n".repeat(50)), 1);
    assert_eq!(count("withinLines = 2", "\n\n"), 1);
    assert_eq!(count("withinLines = 2", "\n\n\n"), 0);
    assert_eq!(count("withinColumns = 4", "\n    "), 1);
    assert_eq!(count("withinColumns = 4", "\n     "), 0);
    assert_eq!(count("withinLines = 1\nwithinColumns = 4", "\n\n    "), 0);
    assert!(secrets(&rules(""), &token(5)).is_empty());
    let engine = engine(&rules(""));
    let text = text(" ");
    let matches = engine.scan(&Input::whole(text.as_bytes(), "a"));
    assert_eq!((matches[0].evidence, matches[0].confidence), (Evidence::Paired, Confidence::Medium));
}

#[test]
fn built_in_rules_win_and_guesses_give_way() {
    let rules = "[[rules]]\nid = 'any'\nregex = '''=\\s*['\"]?([0-9A-Za-z_]{20,})'''\nkeywords = ['=']\n";
    let engine = with(Catalogue::builtin(), rules);
    let rule = |template: &str| {
        let text = Sample::expand(template, 1, None).expect("a template").text;
        found(&engine, &Input::whole(text.as_bytes(), "a.sh")).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>()
    };
    assert_eq!(rule("t = «ghp_{base62:30}{checksum:crc32-base62}»"), ["github-personal-access-token"]);
    assert_eq!(rule("secret = {base62:40}"), ["any"]);
}

#[test]
fn an_imported_rule_looks_into_base64_too() {
    let text = Sample::expand("x: {b64(user tok_{base62:20} end of it)}", 3, None).expect("a template").text;
    let matches = engine(TOKEN).scan(&Input::whole(text.as_bytes(), "a"));
    assert_eq!(matches.len(), 1);
    assert_eq!(matches[0].trail, ["base64"]);
}

#[test]
fn a_match_is_seen_whole_at_every_border() {
    let engine = engine("[[rules]]\nid = 'w'\nregex = '''\\bword[a-z]+\\b'''\n");
    for length in (32 * 1024 - 40)..(32 * 1024 + 20) {
        let text = format!("{} worddddddddddddddd {}", ".".repeat(length), ".".repeat(9000));
        let input = Input::whole(text.as_bytes(), "a");
        let hits = found(&engine, &input);
        assert_eq!(hits.len(), 1, "{length}");
        assert_eq!(hits[0].1, "worddddddddddddddd", "{length}");
    }
    // Longer than any window: followed to its end, for the text seems to end where a window does.
    let text = format!("word{}", "d".repeat(50_000));
    assert_eq!(found(&engine, &Input::whole(text.as_bytes(), "a"))[0].1.len(), text.len());
}

#[test]
fn a_keyword_counts_within_its_window_only() {
    let rules = TOKEN.replace("TOK_", "near");
    let apart = |distance: usize| secrets(&rules, &format!("near{}{}", " ".repeat(distance), token(6))).len();
    assert_eq!([apart(4000), apart(4200)], [1, 0]);
}

#[test]
fn many_keywords_and_matches_take_linear_time() {
    let text = "key a=bcdefghij ".repeat(100_000);
    let rules = "[[rules]]\nid = 'k'\nregex = 'key a=([a-z]{9})'\nkeywords = ['key', 'ke', 'e']\n";
    let engine = engine(rules);
    let input = Input::whole(text.as_bytes(), "a");
    assert_eq!(engine.scan(&input).len(), 100_000);
}
