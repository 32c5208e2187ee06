//! The rules as pages: `docs/catalogue.md` and what is below `docs/catalogue/`. Everything on them is read off the rules, so that they cannot say anything else.

use std::fmt::Write;

use keyward_rules::rule::{Finder, ProviderSpec, Shape, frameworks};
use keyward_rules::{Catalogue, Class, Rule};

/// Most words of one shape that a cell names; the rest are counted.
const NAMED: usize = 4;

/// Renders the pages: file names below the folder they go to, and their texts. The first is the catalogue's own, with classes, frameworks
/// and links; the others hold the providers, a page for each first letter, small enough to be shown by a forge.
pub(super) fn render(catalogue: &Catalogue) -> Vec<(String, String)> {
    let mut providers: Vec<(usize, &ProviderSpec)> = catalogue.providers().iter().enumerate().collect();
    providers.sort_by_key(|(_, provider)| (provider.name.to_lowercase(), &provider.id));
    let mut page = opening(catalogue);
    let links = providers.iter().map(|(_, provider)| {
        format!("[{}](catalogue/{}.md#{})", provider.name, letter(provider), anchor(&provider.name))
    });
    let _ = writeln!(page, "## Providers\n\n{}\n", links.collect::<Vec<_>>().join(" ·\n"));
    page.push_str(&classes(catalogue));
    page.push_str(&reasons());
    let mut pages = vec![("catalogue.md".to_owned(), page)];
    for letters in providers.chunk_by(|(_, one), (_, other)| letter(one) == letter(other)) {
        let letter = letter(letters[0].1);
        let head = letter.to_ascii_uppercase();
        let mut page = format!("# Catalogue: {head}\n\n[All providers, classes and frameworks](../catalogue.md)\n\n");
        page.extend(letters.iter().map(|(index, provider)| section(catalogue, *index, provider)));
        pages.push((format!("catalogue/{letter}.md"), page));
    }
    for (_, page) in &mut pages {
        page.truncate(page.trim_end().len());
        page.push('\n');
    }
    pages
}

/// The page a provider is on.
fn letter(provider: &ProviderSpec) -> String {
    let first = provider.name.chars().next().map_or('0', |letter| letter.to_ascii_lowercase());
    if first.is_ascii_lowercase() { first.to_string() } else { "0-9".to_owned() }
}

fn opening(catalogue: &Catalogue) -> String {
    format!(
        "# Catalogue\n\n\
        {} types of credentials of {} providers, made by `keyward rules pages docs` from the rule files; change those\n\
        ([rules.md](rules.md)), not this page.\n\n\
        - **Severity** is the harm if a credential is real, **confidence** how little doubt a bare match leaves.\n\
        - **Evidence** is what can be told without asking anybody: its *shape*, a *checksum* inside it, a *pair* of two that stand together.\n\
        - **Check and revoke**: Keyward asks no provider yet whether a credential is live, and revokes none. Both are manual;\n  \
        each section says how to revoke and links the console.\n\
        - **Instead** is what to use in the future, preferring what expires by itself.\n\n",
        catalogue.rules().len(),
        catalogue.providers().len()
    )
}

/// What each class touches in the frameworks, and what revoking leaves undone.
fn classes(catalogue: &Catalogue) -> String {
    let mut text = "## Classes\n\n| class | types |".to_owned();
    for framework in frameworks() {
        let _ = write!(text, " [{} {}]({}) |", framework.name, framework.version, framework.url);
    }
    let _ = writeln!(text, " beyond revoking |\n|---|---:|{}---|", "---|".repeat(frameworks().len()));
    for &class in Class::ALL {
        let types = catalogue.rules().iter().filter(|rule| rule.class == class).count();
        let _ = write!(text, "| {class} | {types} |");
        for framework in frameworks() {
            let touched = class.frameworks();
            let own = touched.iter().filter(|found| found.framework.id == framework.id);
            let _ = write!(text, " {} |", own.map(|found| found.entry.id.as_str()).collect::<Vec<_>>().join(", "));
        }
        let _ = writeln!(text, " {} |", class.beyond_revoking().unwrap_or("-"));
    }
    text.push('\n');
    text
}

/// Each entry of a framework with what it has to do with which class.
fn reasons() -> String {
    let mut text = "## Frameworks\n\n| entry | title | why, for which class |\n|---|---|---|\n".to_owned();
    for entry in frameworks().iter().flat_map(|framework| &framework.entries) {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for &class in Class::ALL {
            let Some(found) = class.frameworks().into_iter().find(|found| found.entry.id == entry.id) else { continue };
            match reasons.iter_mut().find(|(why, _)| *why == found.why) {
                Some((_, classes)) => classes.push(class.as_str()),
                None => reasons.push((found.why, vec![class.as_str()])),
            }
        }
        let told = reasons.iter().map(|(why, classes)| {
            let all = classes.len() == Class::ALL.len();
            format!("{}: {why}", if all { "every class".to_owned() } else { classes.join(", ") })
        });
        let told = told.collect::<Vec<_>>().join("<br>");
        let _ = writeln!(text, "| [{}]({}) | {} | {told} |", entry.id, entry.url, entry.title);
    }
    text.push('\n');
    text
}

fn section(catalogue: &Catalogue, index: usize, provider: &ProviderSpec) -> String {
    let mut text = format!(
        "## {}\n\n\
        [Its credentials]({}) open: {}.\n\
        Check: manual. Revoke: manual, {} ([console]({})).\n\
        Instead: {}.\n\n\
        | id | name | class | severity | confidence | format | evidence | source |\n\
        |---|---|---|---|---|---|---|---|\n",
        provider.name,
        target(&provider.docs),
        plain(&provider.opens),
        plain(&provider.revoke),
        target(&provider.console),
        plain(&provider.ephemeral)
    );
    for rule in catalogue.rules().iter().filter(|rule| rule.provider == index) {
        let source =
            if rule.source == provider.docs { "above".to_owned() } else { format!("[page]({})", target(&rule.source)) };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {source} |",
            rule.id,
            plain(&rule.name),
            rule.class,
            rule.severity,
            rule.confidence,
            format(rule),
            evidence(rule),
        );
    }
    text.push('\n');
    text
}

/// Where a credential is looked for, what it is made of, and what else must hold.
fn format(rule: &Rule) -> String {
    let mut facts = vec![match &rule.shape {
        Shape::Prefix(prefixes) => format!("begins {}", listed(prefixes)),
        Shape::Keyword { keywords, .. } => format!("value behind {}", listed(keywords)),
        Shape::Host(hosts) => format!("URL on {}", listed(hosts)),
        Shape::Scheme(schemes) => format!("password in a URL of {}", listed(schemes)),
        Shape::Label(labels) => format!("PEM block {}", listed(labels)),
        Shape::Infix(infixes) => format!("holds {}", listed(infixes)),
        Shape::File(files) => format!("line of a file {}", listed(files)),
        Shape::Search { .. } => "matches an imported pattern".to_owned(),
        Shape::Finder(Finder::Jwk) => "private member of a JSON Web Key".to_owned(),
        Shape::Finder(Finder::PrivateKeyDer | Finder::Pkcs12 | Finder::JavaKeystore) => {
            "binary key material, bare or in base64".to_owned()
        }
        Shape::Finder(Finder::Mnemonic) => "words of a seed phrase".to_owned(),
        Shape::Finder(Finder::Assignment) => "value of a name such as `password` that looks drawn".to_owned(),
    }];
    facts.extend(rule.pattern.as_ref().and_then(|pattern| pattern.format()).map(|format| cell(&format.to_string())));
    if let Some(structure) = rule.structure {
        let verb = if structure.is_checksum() { "checksum" } else { "decodes as" };
        facts.push(format!("{verb} {}", structure.as_str()));
    }
    if !rule.near.is_empty() {
        facts.push(format!("near {}", listed(&rule.near)));
    }
    facts.join("; ")
}

fn evidence(rule: &Rule) -> String {
    let checksum = rule.structure.is_some_and(|structure| structure.is_checksum()).then_some("checksum");
    let pair = (!rule.pair.is_empty()).then_some("pair");
    std::iter::once("shape").chain(checksum).chain(pair).collect::<Vec<_>>().join(", ")
}

/// The first words as code, the rest as a number.
fn listed(words: &[String]) -> String {
    let mut different: Vec<&String> = Vec::new();
    words.iter().for_each(|word| different.extend((!different.contains(&word)).then_some(word)));
    let named: Vec<String> = different.iter().take(NAMED).map(|word| format!("`{}`", cell(word))).collect();
    let rest = different.len().saturating_sub(NAMED);
    if rest == 0 { named.join(" ") } else { format!("{} and {rest} more", named.join(" ")) }
}

/// Text that markdown takes as it is.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '<' => plain.push_str("&lt;"),
            '*' | '_' | '`' | '[' | ']' | '|' | '\\' => plain.extend(['\\', letter]),
            _ => plain.push(letter),
        }
    }
    plain
}

/// An address as a link takes it; one with brackets needs brackets of its own.
fn target(address: &str) -> String {
    if address.contains(['(', ')', ' ']) { format!("<{address}>") } else { address.to_owned() }
}

/// A bar would end the cell, also inside code.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The anchor that code hosts give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    kept.chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .collect::<String>()
        .replace(' ', "-")
}
