//! Which rules want the lines of a file, by its path. Asked for every object, so most answers are one look into a table.

use std::collections::HashMap;

use crate::rule::RuleIndex;

/// Patterns of paths by their last component.
#[derive(Default)]
pub(super) struct Files {
    /// Those whose last component is a plain name.
    named: HashMap<String, Vec<Wanted>>,
    /// Those with a `*` in it, by what follows the last one.
    tails: HashMap<String, Vec<Wanted>>,
    /// The lengths of those tails, so that a name is asked for no other.
    lengths: Vec<usize>,
    /// Those that end in `*`, by the byte they begin with.
    heads: HashMap<Option<u8>, Vec<Wanted>>,
}

/// A pattern and the rule that gave it.
struct Wanted {
    pattern: String,
    rule: RuleIndex,
}

impl Files {
    pub(super) fn insert(&mut self, pattern: &str, rule: RuleIndex) {
        let name = last(pattern);
        let wanted = Wanted { pattern: pattern.to_owned(), rule };
        match name.rsplit_once('*') {
            None => self.named.entry(name.to_owned()).or_default().push(wanted),
            Some((_, "")) => {
                let first = name.bytes().next().filter(|&byte| byte != b'*');
                self.heads.entry(first).or_default().push(wanted);
            }
            Some((_, tail)) => {
                if !self.lengths.contains(&tail.len()) {
                    self.lengths.push(tail.len());
                }
                self.tails.entry(tail.to_owned()).or_default().push(wanted);
            }
        }
    }

    /// Rules for the file at `path`, in lower case.
    pub(super) fn of(&self, path: &str) -> Vec<RuleIndex> {
        let name = last(path);
        let named = self.named.get(name);
        let suffix = |length: &usize| name.len().checked_sub(*length).and_then(|start| name.get(start..));
        let tails = self.lengths.iter().filter_map(suffix).filter_map(|tail| self.tails.get(tail));
        let heads = [name.bytes().next(), None].into_iter().filter_map(|first| self.heads.get(&first));
        let wanted = named.into_iter().chain(tails).chain(heads).flatten();
        wanted.filter(|wanted| ends_like(path, &wanted.pattern)).map(|wanted| wanted.rule).collect()
    }
}

fn last(path: &str) -> &str {
    &path[memchr::memrchr(b'/', path.as_bytes()).map_or(0, |slash| slash + 1)..]
}

/// Whether the last components of `path` are those of `file`, whose `*` stand for any part of one component.
fn ends_like(path: &str, file: &str) -> bool {
    let mut components = path.rsplit('/');
    file.rsplit('/').all(|wanted| components.next().is_some_and(|component| is_like(component, wanted)))
}

fn is_like(component: &str, wanted: &str) -> bool {
    let Some((head, rest)) = wanted.split_once('*') else { return component == wanted };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut inside) = component.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail)) else { return false };
    middle.split('*').all(|part| match memchr::memmem::find(inside.as_bytes(), part.as_bytes()) {
        Some(at) => {
            inside = &inside[at + part.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::ends_like;

    #[test]
    fn a_path_ends_like_a_pattern_by_whole_components() {
        for (path, file, expected) in [
            ("config/master.key", "master.key", true),
            ("master.key", "master.key", true),
            ("webmaster.key", "master.key", false),
            ("config/credentials/production.key", "credentials/*.key", true),
            ("config/production.key", "credentials/*.key", false),
            (".vault_pass.txt", ".vault_pass*", true),
            ("a/b", "*", true),
            ("my-keypair-2.json", "*keypair*.json", true),
            ("keypair", "*keypair*", true),
            ("pairkey", "*key*pair*", false),
            ("ab", "abc*bc", false),
        ] {
            assert_eq!(ends_like(path, file), expected, "{path} {file}");
        }
    }
}
