//! Embeds every file of `rules/` as one compact table, so that a new file is a new provider with no other edit
//! and start-up parses no TOML; and `frameworks.toml` beside it.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/rule/frameworks/spec.rs"]
mod frameworks;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/rule/spec.rs"]
mod spec;
#[allow(dead_code, missing_docs, unreachable_pub)]
#[path = "src/rule/words.rs"]
mod words;

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=frameworks.toml");
    println!("cargo::rerun-if-changed=src/rule/frameworks/spec.rs");
    println!("cargo::rerun-if-changed=src/rule/spec.rs");
    println!("cargo::rerun-if-changed=src/rule/words.rs");
    let mut files: Vec<spec::ProviderFile> = rule_files(Path::new("rules")).iter().map(|path| parse(path)).collect();
    // Samples are half of the text and are needed only by those who prove rules: they go into a table of their own.
    let rules = files.iter_mut().flat_map(|file| &mut file.rules);
    let samples: Vec<spec::Samples> = rules.map(|rule| std::mem::take(&mut rule.samples)).collect();
    // What a provider's people read is needed once something was found; until then its id will do.
    let providers: Vec<&spec::ProviderSpec> = files.iter().map(|file| &file.provider).collect();
    embed("providers.postcard", &postcard::to_allocvec(&providers).expect("plain data always encodes"));
    let rules: Vec<(&str, &[spec::RuleSpec])> =
        files.iter().map(|file| (file.provider.id.as_str(), file.rules.as_slice())).collect();
    embed("rules.postcard", &postcard::to_allocvec(&rules).expect("plain data always encodes"));
    embed("samples.postcard", &postcard::to_allocvec(&samples).expect("plain data always encodes"));
    let text = fs::read_to_string("frameworks.toml").expect("shared-rules/frameworks.toml exists");
    let table: frameworks::FrameworksFile =
        toml::from_str(&text).unwrap_or_else(|error| panic!("frameworks.toml: {error}"));
    embed("frameworks.postcard", &postcard::to_allocvec(&table).expect("plain data always encodes"));
}

fn embed(name: &str, table: &[u8]) {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join(name);
    fs::write(out, table).expect("cargo's output folder is writable");
}

fn rule_files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .expect("shared-rules/rules exists")
        .map(|entry| entry.expect("the folder is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

fn parse(path: &Path) -> spec::ProviderFile {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("could not read {}: {error}", path.display()));
    spec::ProviderFile::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
