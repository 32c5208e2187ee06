//! Stories of files: what is written in them, what the report says.

use proptest::prelude::*;

use super::{Compile, Import, ImportError, LARGEST_FILE, MOST_RULES, Settings, import, is_own};
use crate::rule::Catalogue;

fn read(text: &str) -> Result<Import, ImportError> {
    read_with(text, &[])
}

/// With files beside it.
fn read_with(text: &str, files: &[(&str, &str)]) -> Result<Import, ImportError> {
    let mut open = |path: &str| {
        let file = files.iter().find(|(name, _)| *name == path);
        file.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "there is no such file".to_owned())
    };
    import("etc/rules.toml", text, Settings::default(), Compile::Now, &mut open)
}

/// The report as people read it.
fn report(import: &Import) -> String {
    let mut text = format!("taken: {}\n", import.report.taken.join(", "));
    for note in &import.report.different {
        text.push_str(&format!("different: {note}\n"));
    }
    for note in &import.report.not_taken {
        text.push_str(&format!("not taken: {note}\n"));
    }
    text
}

const WHOLE: &str = r#"
title = "Rules of Acme"
minVersion = "8.25.0"

[[rules]]
id = "acme-token"
description = "Acme token"
regex = '''acme_([0-9a-f]{32})'''
secretGroup = 1
entropy = 3.0
path = '''\.(env|toml)$'''
keywords = ["acme_"]
skipReport = false

    [[rules.allowlists]]
    description = "samples"
    condition = "AND"
    commits = ["0123456789abcdef0123456789abcdef01234567"]
    paths = ['''^docs/''']
    regexTarget = "line"
    regexes = ['''sample''']
    stopwords = ["abcdef"]

    [[rules.required]]
    id = "acme-user"
    withinLines = 5
    withinColumns = 80

[[rules]]
id = "acme-user"
regex = '''user=[a-z]+'''
keywords = ["user"]
"#;

#[test]
fn a_file_that_is_understood_is_taken_whole() {
    let import = read(WHOLE).expect("a good file");
    assert_eq!(report(&import), "taken: acme-token, acme-user\n");
    let rule = &import.rules[0];
    assert_eq!((rule.name.as_str(), rule.source.as_str()), ("Acme token", "etc/rules.toml:5"));
    assert_eq!(rule.search.keywords, ["acme_"]);
    assert_eq!(rule.search.required[0].rule, 1);
    assert_eq!(import.rules[1].name, "acme-user");
}

#[test]
fn old_spellings_and_other_cases_of_keys_are_read() {
    let text = "[allowlist]\npaths = 'vendor/'\n[[Rules]]\nID = 'a'\nRegex = 'a'\nkeywords = 'a'\nsecretgroup = 0\nentropy = 3\n[Rules.allowlist]\nstopwords = ['b']\n";
    let import = read(text).expect("a good file");
    assert!(import.report.is_whole(), "{}", report(&import));
    assert_eq!(import.rules[0].search.allowances.len(), 3);
}

#[test]
fn what_is_different_or_left_out_is_said_with_its_line() {
    let text = r#"
unheard = 1
[extend]
useDefault = true
url = "https://example.com/rules.toml"
path = "../base.toml"
disabledRules = ["generic"]
[[allowlists]]
paths = ['(?!x)']
[[allowlists]]
targetRules = ["elsewhere"]
regexes = ['x']
[[allowlists]]
description = "asks nothing"
[[rules]]
regex = 'no id'
[[rules]]
id = "file-name"
path = '\.p12$'
[[rules]]
id = "of-the-default"
[rules.allowlist]
stopwords = ["x"]
[[rules]]
id = "no-keywords"
regex = 'x[0-9]{9}'
tags = ["a"]
tokenEfficiency = true
validate = '{"result": "valid"}'
colour = "red"
[[rules]]
id = "look-ahead"
regex = 'x(?=y)'
[[rules]]
id = "too-big"
regex = '(?:[a-z]{1000}){1000}'
[[rules]]
id = "group"
regex = '(x)'
secretGroup = 2
[[rules]]
id = "path"
regex = 'x'
path = '['
[[rules]]
id = "lonely"
regex = 'x'
keywords = ["x"]
required = [{ id = "too-big" }]
[[rules]]
id = "lonely-too"
regex = 'x'
keywords = ["x"]
components = [{ id = "lonely", within = "5L,100C" }]
[[rules]]
id = "twice"
regex = 'x'
keywords = ["x"]
[[rules]]
id = "twice"
regex = 'y'
keywords = ["y"]
components = [{ id = "no-keywords", sometimes = true }, { id = "no-keywords", within = "5 miles" }]
filter = "failsTokenEfficiency(finding.secret) || finding.secret == 'a'"
[[rules]]
id = "and"
regex = 'y'
keywords = ["y"]
[[rules.allowlists]]
condition = "AND"
regexes = ['\p{Greek}']
paths = ['x']
"#;
    insta::assert_snapshot!(report(&read(text).expect("a readable file")));
}

#[test]
fn what_cannot_be_read_says_file_line_column_and_what_is_expected() {
    let said: Vec<String> = [
        "title = ",
        "[[rules]\n",
        "[rules]\nid = 1",
        "rules = 'x'",
        "[[rules]]\nid = 'é'\nkeywords = ['a', 1]",
        "[[rules]]\nid = 'a'\n  entropy = 'high'",
        "[[rules]]\nid = 'a'\nsecretGroup = -1",
        "[extend]\nuseDefault = 'yes'",
        "extend = 1",
        "[[allowlists]]\ncondition = 'XOR'",
        "[[allowlists]]\nregexTarget = 'file'",
        "[[rules]]\nid = 'a'\nrequired = [{ withinLines = 1 }]",
        "a = 1\na = 2",
    ]
    .iter()
    .map(|text| read(text).expect_err(text).to_string())
    .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn an_extended_file_comes_first_and_the_extending_one_wins() {
    let base = "[extend]\npath = 'deep/b.toml'\n[[rules]]\nid = 'kept'\nregex = 'a'\nkeywords = ['a']\nentropy = 2\n[[rules]]\nid = 'dropped'\nregex = 'b'\nkeywords = ['b']\n";
    let deepest = "[extend]\npath = 'c.toml'\n[[rules]]\nid = 'deep'\nregex = 'd'\nkeywords = ['d']\n[[allowlists]]\npaths = ['x']\n";
    let text = "[extend]\npath = 'base.toml'\ndisabledRules = ['dropped']\n[[rules]]\nid = 'kept'\ndescription = 'Kept'\nkeywords = ['aa']\n[rules.allowlist]\nstopwords = ['z']\n[[rules]]\nid = 'new'\nregex = 'n'\nkeywords = ['n']\n";
    let files = [("base.toml", base), ("deep/b.toml", deepest), ("c.toml", "")];
    let import = read_with(text, &files).expect("good files");
    insta::assert_snapshot!(report(&import), @r"
    taken: deep, kept, new
    different: etc/deep/b.toml:7: the file's allowlist: it holds for the rules taken from here; Keyward's own are excused by `allow` alone
    not taken: etc/deep/b.toml:2: extend.path: `c.toml` is not read: more than 2 files are chained
    ");
    let kept = &import.rules[1];
    assert_eq!((kept.name.as_str(), kept.search.keywords.join(" ")), ("Kept", "a aa".to_owned()));
    assert_eq!(kept.search.allowances.len(), 3);
}

#[test]
fn nothing_outside_the_files_folder_is_asked_for() {
    for path in ["../a.toml", "/etc/a.toml", "b/../../a.toml", "C:/a.toml", "\\\\a\\b", "a\\..\\..\\b", ""] {
        let text = format!("[extend]\npath = '{path}'");
        let mut open = |path: &str| -> Result<String, String> { panic!("{path} was asked for") };
        let import = import("etc/rules.toml", &text, Settings::default(), Compile::Later, &mut open).expect("readable");
        assert!(!import.report.is_whole(), "{path}");
    }
    let import = read("[extend]\npath = 'none.toml'").expect("readable");
    assert_eq!(
        import.report.not_taken[0].to_string(),
        "etc/rules.toml:2: extend.path: `none.toml` is not read: there is no such file"
    );
    // A file that is there and broken is named.
    let error = read_with("[extend]\npath = 'b.toml'", &[("b.toml", "x")]).expect_err("broken");
    assert!(error.to_string().starts_with("etc/b.toml:1:"), "{error}");
}

#[test]
fn size_and_number_are_bounded() {
    let large = format!("#{}", " ".repeat(LARGEST_FILE));
    assert!(matches!(read(&large), Err(ImportError::TooLarge { .. })));
    let rule = |index: usize| format!("[[rules]]\nid = 'r{index}'\nregex = 'x'\nkeywords = ['x']\n");
    let rules = |from: usize, to: usize| (from..to).map(rule).collect::<String>();
    assert!(matches!(read(&rules(0, MOST_RULES + 1)), Err(ImportError::TooManyRules { .. })));
    let chained = format!("[extend]\npath = 'b.toml'\n{}", rules(0, MOST_RULES));
    assert!(read_with(&chained, &[("b.toml", &rules(MOST_RULES, MOST_RULES + 1))]).is_err());
    assert_eq!(read(&rules(0, MOST_RULES)).expect("just enough").rules.len(), MOST_RULES);
}

#[test]
fn ids_that_are_taken_get_another_and_it_is_said() {
    let mut catalogue = Catalogue::builtin();
    let text = "[[rules]]\nid = 'github-personal-access-token'\nregex = 'x'\nkeywords = ['x']\n";
    let import = read(text).expect("a good file");
    let notes: Vec<String> =
        [(); 2].iter().flat_map(|()| catalogue.add_import(&import)).map(|note| note.to_string()).collect();
    let prefix =
        "etc/rules.toml:1: rule `github-personal-access-token`: this id is taken, so it goes by `imported-github";
    assert!(notes[0].starts_with(prefix) && notes[0].ends_with("-token`"), "{notes:?}");
    assert!(notes[1].ends_with("-token-2`"), "{notes:?}");
    let rule = catalogue.rule(catalogue.find("imported-github-personal-access-token").expect("there"));
    assert_eq!(catalogue.provider(rule).id, "imported");
}

#[test]
fn betterleaks_filters_become_allowances() {
    let text = r#"
prefilter = '''matchesAny(get(attributes, "path", ""), [`^vendor/`])'''
filter = 'containsAny(finding.line, ["sample"])'
[[rules]]
id = "a"
regex = 'a[0-9]{8}'
keywords = ["a"]
filter = '''entropy(finding.secret) <= 2.0 || (finding.secret == "a1" && containsAny(finding.line, ["x"]))'''
"#;
    let import = read(text).expect("a good file");
    assert!(import.report.is_whole(), "{}", report(&import));
    assert_eq!(import.rules[0].search.allowances.len(), 4);
}

#[test]
fn own_rule_files_are_told_apart() {
    assert!(is_own("[provider]\nid = 'acme'\n[[rule]]\nid = 'a'"));
    assert!(!is_own(WHOLE) && !is_own("") && !is_own("[provider"));
}

proptest! {
    #[test]
    fn no_text_makes_the_importer_panic(text in r#"(\[\[?(rules|allowlists?|extend|rules\.required|rules\.allowlists)\]?\]\n|(id|regex|path|keywords|entropy|secretGroup|condition|within|filter|targetRules|disabledRules|regexes|stopwords) = ('[^'\n]{0,12}'|[0-9.-]{1,4}|\['[^'\n]{0,9}'\]|true)\n|\PC){0,30}"#) {
        for compile in [Compile::Now, Compile::Later] {
            let _ = import("f", &text, Settings::default(), compile, &mut |_| Ok(text.clone()));
        }
    }

    #[test]
    fn a_damaged_file_is_an_error_or_a_report(at in 0usize..900, what in "\\PC{0,3}") {
        let at = (0..=at.min(WHOLE.len())).rev().find(|&at| WHOLE.is_char_boundary(at)).unwrap_or(0);
        let text = format!("{}{what}{}", &WHOLE[..at], &WHOLE[at..]);
        let _ = read(&text);
    }
}
