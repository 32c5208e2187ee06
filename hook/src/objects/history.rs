//! Commits: which of them a push makes reachable, in which order they were made, and which lead to which. Ids in, ids out; no folder
//! is read.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use anyhow::Result;
use keyward_rules::pack::{ObjectId, ObjectKind};

use super::store::{CommitHead, Store};

/// Commits by id.
pub(crate) type Heads = HashMap<ObjectId, CommitHead>;

/// Commits that a push makes reachable, oldest first.
#[derive(Debug, Default)]
pub(crate) struct NewCommits {
    order: Vec<ObjectId>,
    heads: Heads,
    positions: HashMap<ObjectId, usize>,
    /// The commit that each pushed id leads to.
    tips: HashMap<ObjectId, ObjectId>,
}

impl NewCommits {
    /// Sorts commits: each after its parents, and the oldest first as far as that leaves a choice.
    pub(crate) fn sorted(heads: Heads, tips: HashMap<ObjectId, ObjectId>) -> NewCommits {
        let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
        let mut waiting: HashMap<ObjectId, usize> = HashMap::new();
        for (&id, head) in &heads {
            let parents: HashSet<&ObjectId> = head.parents.iter().filter(|parent| heads.contains_key(parent)).collect();
            waiting.insert(id, parents.len());
            parents.into_iter().for_each(|&parent| children.entry(parent).or_default().push(id));
        }
        let key = |id: ObjectId| Reverse((heads[&id].time, id));
        let mut ready: BinaryHeap<_> =
            waiting.iter().filter(|(_, count)| **count == 0).map(|(&id, _)| key(id)).collect();
        let mut order = Vec::with_capacity(heads.len());
        while let Some(Reverse((_, id))) = ready.pop() {
            order.push(id);
            for &child in children.get(&id).into_iter().flatten() {
                let count = waiting.entry(child).or_default();
                *count -= 1;
                if *count == 0 {
                    ready.push(key(child));
                }
            }
        }
        let positions = order.iter().enumerate().map(|(position, &id)| (id, position)).collect();
        NewCommits { order, heads, positions, tips }
    }

    /// Each with its tree and parents, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ObjectId, &CommitHead)> {
        self.order.iter().map(|&id| (id, &self.heads[&id]))
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.order.len()
    }

    /// The folders of those commits that are among these.
    pub(crate) fn trees_of(&self, commits: &[ObjectId]) -> impl Iterator<Item = ObjectId> {
        commits.iter().filter_map(|id| self.heads.get(id)).map(|head| head.tree)
    }

    /// Where in the order a commit stands, if it is one of these.
    pub(crate) fn position(&self, id: ObjectId) -> Option<usize> {
        self.positions.get(&id).copied()
    }

    /// Whether a commit has no parents.
    pub(crate) fn is_root(&self, id: ObjectId) -> bool {
        self.heads.get(&id).is_some_and(|head| head.parents.is_empty())
    }

    /// Whether what a ref shall name is the commit, or comes after it.
    pub(crate) fn leads(&self, named: ObjectId, commit: ObjectId) -> bool {
        let mut waiting: Vec<ObjectId> = self.tips.get(&named).copied().into_iter().collect();
        let mut seen = HashSet::new();
        while let Some(id) = waiting.pop() {
            if id == commit {
                return true;
            }
            if seen.insert(id) {
                waiting.extend(self.heads.get(&id).into_iter().flat_map(|head| &head.parents));
            }
        }
        false
    }
}

/// Commits that `tips` lead to and `old` do not: git's own walk, newest first. Where clocks went wrong a commit that `old` lead to may be
/// among them; none that they do not lead to is missing. What `old` name need not exist. `None` if that takes more than `most` visits.
///
/// # Errors
/// A commit could not be read, or there is no time left.
pub(crate) fn unreached(
    store: &Store,
    tips: &[ObjectId],
    old: impl Iterator<Item = ObjectId>,
    most: usize,
) -> Result<Option<Heads>> {
    let mut walk = Walk { store, queue: BinaryHeap::new(), marks: HashMap::new(), undecided: 0, heads: HashMap::new() };
    for &tip in tips {
        walk.meet(tip, false)?;
    }
    for id in old {
        walk.meet(id, true)?;
    }
    let (mut oldest, mut visits) = (i64::MAX, 0);
    while let Some(&(time, id)) = walk.queue.peek() {
        if walk.undecided == 0 && time < oldest {
            break;
        }
        if visits == most {
            return Ok(None);
        }
        visits += 1;
        walk.queue.pop();
        if walk.visit(id)? {
            oldest = oldest.min(time);
        }
    }
    let Walk { mut heads, marks, .. } = walk;
    heads.retain(|id, _| !marks[id].old);
    Ok(Some(heads))
}

/// What is known of a commit that was met.
struct Mark {
    old: bool,
    waiting: bool,
}

struct Walk<'s> {
    store: &'s Store,
    queue: BinaryHeap<(i64, ObjectId)>,
    marks: HashMap<ObjectId, Mark>,
    /// Commits in the queue that are not old as far as is known.
    undecided: usize,
    heads: Heads,
}

impl Walk<'_> {
    /// Queues a commit, unless nothing new is known of it.
    fn meet(&mut self, id: ObjectId, old: bool) -> Result<()> {
        let head = match self.marks.get(&id) {
            Some(mark) if mark.old || !old => return Ok(()),
            _ => self.head(id, old)?,
        };
        let Some(time) = head.map(|head| head.time) else {
            // What an old ref names and is no commit, or is gone, leads nowhere.
            return match self.store.peel(id) {
                Ok((tags, end, ObjectKind::Commit)) if !tags.is_empty() => self.meet(end, old),
                _ => Ok(()),
            };
        };
        let mark = self.marks.entry(id).or_insert(Mark { old, waiting: false });
        if mark.waiting {
            // It becomes old while it waits.
            self.undecided -= 1;
        } else {
            self.queue.push((time, id));
            self.undecided += usize::from(!old);
        }
        (mark.old, mark.waiting) = (old, true);
        Ok(())
    }

    /// Goes on to the parents; whether the commit is new as far as is known.
    fn visit(&mut self, id: ObjectId) -> Result<bool> {
        self.store.time_left()?;
        let Some(mark) = self.marks.get_mut(&id) else { return Ok(false) };
        let old = mark.old;
        mark.waiting = false;
        self.undecided -= usize::from(!old);
        let Some(head) = self.head(id, old)? else { return Ok(false) };
        let parents = head.parents.clone();
        if !old {
            self.heads.insert(id, head);
        }
        parents.into_iter().try_for_each(|parent| self.meet(parent, old))?;
        Ok(!old)
    }

    fn head(&self, id: ObjectId, old: bool) -> Result<Option<CommitHead>> {
        match self.heads.get(&id) {
            Some(head) => Ok(Some(head.clone())),
            None if old => Ok(self.store.commit(id).ok()),
            None => match self.store.commit(id) {
                Err(_) if self.store.is_cut_off(id) => Ok(None),
                head => head.map(Some),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use keyward_rules::pack::ObjectId;

    use super::{Heads, NewCommits};
    use crate::objects::store::CommitHead;

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes(&[number; 20]).expect("an id")
    }

    /// Commits by number, each with its parents and its time.
    fn commits(of: &[(u8, &[u8], i64)]) -> NewCommits {
        let head = |parents: &[u8], time| CommitHead {
            tree: id(0),
            parents: parents.iter().map(|&parent| id(parent)).collect(),
            time,
        };
        let heads: Heads = of.iter().map(|&(number, parents, time)| (id(number), head(parents, time))).collect();
        NewCommits::sorted(heads, HashMap::from([(id(100), id(4))]))
    }

    #[test]
    fn commits_come_after_their_parents_and_else_by_time() {
        // The clock of 3 is wrong; 9 is not among them; 5 names its parent twice.
        let new = commits(&[(1, &[9], 10), (2, &[1], 30), (3, &[1], 5), (4, &[2, 3], 40), (5, &[4, 4], 1)]);
        let order: Vec<ObjectId> = new.iter().map(|(id, _)| id).collect();
        assert_eq!(order, [1, 3, 2, 4, 5].map(id));
        assert_eq!((new.position(id(2)), new.position(id(9))), (Some(2), None));
        assert!(new.leads(id(100), id(3)) && new.leads(id(100), id(4)) && !new.leads(id(100), id(5)));
        assert!(!new.leads(id(7), id(3)) && !new.is_root(id(1)) && new.count() == 5);
    }
}
