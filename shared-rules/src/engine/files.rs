//! Which rules want the lines of a file, by its path. Asked for every object, so most answers are one look into a table.

use std::collections::HashMap;

use crate::rule::RuleIndex;

/// Patterns of paths by their last component.
#[derive(Default)]
pub(super) struct Files {
    /// Those whose last component is a plain name.
    named: HashMap<String, Vec<(String, RuleIndex)>>,
    /// Those with a `*` in it.
    wild: Vec<Wild>,
}

struct Wild {
    /// What the name begins and ends with.
    head: String,
    tail: String,
    pattern: String,
    rule: RuleIndex,
}

impl Files {
    pub(super) fn insert(&mut self, pattern: &str, rule: RuleIndex) {
        let name = last(pattern);
        match (name.split_once('*'), name.rsplit_once('*')) {
            (Some((head, _)), Some((_, tail))) => {
                self.wild.push(Wild { head: head.to_owned(), tail: tail.to_owned(), pattern: pattern.to_owned(), rule })
            }
            _ => self.named.entry(name.to_owned()).or_default().push((pattern.to_owned(), rule)),
        }
    }

    /// Rules for the file at `path`, in lower case.
    pub(super) fn of(&self, path: &str) -> Vec<RuleIndex> {
        let name = last(path);
        let named = self.named.get(name).into_iter().flatten();
        let named = named.filter(|(pattern, _)| ends_like(path, pattern)).map(|(_, rule)| *rule);
        let fits = |wild: &&Wild| {
            let (name, head, tail) = (name.as_bytes(), wild.head.as_bytes(), wild.tail.as_bytes());
            // One byte at each end tells nearly all apart, without a call.
            tail.last().is_none_or(|last| name.last() == Some(last))
                && head.first().is_none_or(|first| name.first() == Some(first))
                && name.ends_with(tail)
                && name.starts_with(head)
                && ends_like(path, &wild.pattern)
        };
        named.chain(self.wild.iter().filter(fits).map(|wild| wild.rule)).collect()
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
