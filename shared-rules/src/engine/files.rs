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
    /// Its components before the last, which has a `/` behind each.
    parents: String,
    /// What stands between the `*` of the last component.
    pieces: Vec<String>,
    /// The pairs of letters in them.
    pairs: u64,
    rule: RuleIndex,
}

impl Wanted {
    fn new(pattern: &str, rule: RuleIndex) -> Wanted {
        let name = last(pattern);
        let parents = pattern[..pattern.len() - name.len()].to_owned();
        let pieces: Vec<String> = name.split('*').map(str::to_owned).collect();
        let pairs = pieces.iter().fold(0, |all, piece| all | pairs(piece));
        Wanted { parents, pieces, pairs, rule }
    }

    /// Whether the last components of `path`, of which `name` is the last, are those of the pattern.
    fn fits(&self, path: &str, name: &str) -> bool {
        is_like(name, &self.pieces) && parents_fit(&path[..path.len() - name.len()], &self.parents)
    }
}

/// The pairs of neighbouring bytes, each as one of 64 bits: a name that lacks one of a pattern's cannot fit it.
fn pairs(text: &str) -> u64 {
    let bit = |pair: &[u8]| {
        u32::from(pair[0]).wrapping_mul(31).wrapping_add(u32::from(pair[1])).wrapping_mul(0x9e37_79b1) >> 26
    };
    text.as_bytes().windows(2).fold(0, |all, pair| all | 1 << bit(pair))
}

impl Files {
    pub(super) fn insert(&mut self, pattern: &str, rule: RuleIndex) {
        let name = last(pattern);
        let wanted = Wanted::new(pattern, rule);
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
        let has = pairs(name);
        let fitting = wanted.filter(|wanted| wanted.pairs & !has == 0 && wanted.fits(path, name));
        fitting.map(|wanted| wanted.rule).collect()
    }
}

fn last(path: &str) -> &str {
    &path[memchr::memrchr(b'/', path.as_bytes()).map_or(0, |slash| slash + 1)..]
}

/// Whether `parents` ends in the components `wanted`, whose `*` stand for any part of one.
fn parents_fit(parents: &str, wanted: &str) -> bool {
    let mut components = parents.strip_suffix('/').unwrap_or(parents).rsplit('/');
    let Some(wanted) = wanted.strip_suffix('/') else { return true };
    wanted.rsplit('/').all(|wanted| {
        let pieces: Vec<String> = wanted.split('*').map(str::to_owned).collect();
        components.next().is_some_and(|component| is_like(component, &pieces))
    })
}

/// Whether the pieces stand in the component in their order, the first at its start and the last at its end.
fn is_like(component: &str, pieces: &[String]) -> bool {
    let [first, middle @ .., last] = pieces else {
        return pieces.first().is_some_and(|whole| whole == component);
    };
    let inside = component.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
    let Some(mut inside) = inside else { return false };
    middle.iter().all(|piece| match inside.find(piece.as_str()) {
        Some(at) => {
            inside = &inside[at + piece.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::Files;

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
            let mut files = Files::default();
            files.insert(file, 7);
            assert_eq!(files.of(path) == [7], expected, "{path} {file}");
        }
    }
}
