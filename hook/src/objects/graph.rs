//! Which folders of some packs hold, somewhere below them, one of a few objects, and whether two folders hold them alike. Tells of most
//! commits of a long history at once that they introduce none of the objects, so that only the others need be compared with their parents.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use anyhow::Result;
use keyward_rules::pack::{Bounds, HashKind, Marks, ObjectId, ObjectKind, Plan, Tree, Unreadable, Visit, Visitor};

use super::folder::MappedPack;
use super::store::OutOfTime;
use super::threads;

/// Entries that name a folder, or an object that is asked for, kept at most: twelve bytes each. Histories of some hundred thousand commits
/// have fewer.
const MOST_EDGES: usize = 8 << 20;

/// Folders remembered by each thread, so that what one folder after the other repeats is looked up once.
const REMEMBERED: usize = 1 << 12;

/// Bits of a first, quick look at whether an object is asked for.
const FIRST_BITS: usize = 1 << 16;

/// An entry: the folder it stands in, what it names, a hash of its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    child: u32,
    parent: u32,
    name: u32,
}

/// Folders of some packs.
pub(crate) struct Graph<'g> {
    packs: &'g [&'static MappedPack],
    /// The first number of each pack's objects.
    starts: Vec<u32>,
    /// What each folder that leads to one holds of them, as a hash over names and objects with a key of this process.
    holds: HashMap<u32, u64>,
}

impl<'g> Graph<'g> {
    /// Reads every folder of the packs once. A folder that is asked for counts as holding itself. `None` if there are too many entries.
    ///
    /// # Errors
    /// A pack could not be read, or there is no time left.
    pub(crate) fn of(
        packs: &'g [&'static MappedPack],
        objects: impl Iterator<Item = ObjectId>,
        hash: HashKind,
        bounds: Bounds<'_>,
    ) -> Result<Option<Graph<'g>>> {
        let mut starts = Vec::new();
        let mut count = 0u32;
        for pack in packs {
            starts.push(count);
            let Some(next) = count.checked_add(pack.index().count()) else { return Ok(None) };
            count = next;
        }
        let mut graph = Graph { packs, starts, holds: HashMap::new() };
        let Some(wanted) = Wanted::of(objects, count) else { return Ok(None) };
        let (hasher, threads) = (RandomState::new(), threads(u64::from(count)));
        let itself = |(id, &child): (&ObjectId, &u32)| Some(Edge { child, parent: graph.number(id)?, name: 0 });
        let mut edges: Vec<Edge> = wanted.numbers.iter().filter_map(itself).collect();
        for (number, pack) in packs.iter().enumerate() {
            let reader = || Reader::new(&graph, &wanted, hash, &hasher, number, MOST_EDGES / threads);
            let mut readers: Vec<Reader<'_, '_>> = (0..threads).map(|_| reader()).collect();
            // Every folder is read as a whole: what is new in it does not matter here.
            let plan = Plan { wanted: &[ObjectKind::Tree], margin: 0, ..Plan::new(bounds) };
            let walked =
                pack.walk(&plan, &mut readers).map_err(|error| anyhow::anyhow!("could not read a pack: {error}"))?;
            if walked.left > 0 || readers.iter().any(|reader| reader.stopped) {
                return Err(OutOfTime.into());
            }
            for reader in readers {
                if reader.is_full() || edges.len() + reader.edges.len() > MOST_EDGES {
                    return Ok(None);
                }
                edges.extend(reader.edges);
            }
        }
        graph.holds = holds(edges, &wanted, &hasher);
        Ok(Some(graph))
    }

    /// Whether the folder may lead to one of the objects. One that lies in none of the packs may.
    pub(crate) fn may_hold(&self, folder: &ObjectId) -> bool {
        self.number(folder).is_none_or(|number| self.holds.contains_key(&number))
    }

    /// Whether a folder may hold an object at a path where none of the others has it.
    pub(crate) fn may_introduce(&self, folder: &ObjectId, others: impl Iterator<Item = ObjectId>) -> bool {
        let Some(number) = self.number(folder) else { return true };
        let Some(held) = self.holds.get(&number) else { return false };
        let mut others = others.filter_map(|other| self.number(&other)).filter_map(|number| self.holds.get(&number));
        !others.any(|other| other == held)
    }

    fn number(&self, id: &ObjectId) -> Option<u32> {
        let mut packs = self.packs.iter().zip(&self.starts);
        packs.find_map(|(pack, start)| pack.index().find(id).map(|position| start + position))
    }
}

/// The objects that are asked for, numbered behind the objects of the packs.
struct Wanted {
    numbers: HashMap<ObjectId, u32>,
    first: Vec<bool>,
}

impl Wanted {
    fn of(objects: impl Iterator<Item = ObjectId>, count: u32) -> Option<Wanted> {
        let mut wanted = Wanted { numbers: HashMap::new(), first: vec![false; FIRST_BITS] };
        for id in objects {
            wanted.first[first(&id)] = true;
            wanted.numbers.insert(id, count.checked_add(wanted.numbers.len().try_into().ok()?)?);
        }
        Some(wanted)
    }

    fn number(&self, id: &ObjectId) -> Option<u32> {
        if self.first[first(id)] { self.numbers.get(id).copied() } else { None }
    }
}

fn first(id: &ObjectId) -> usize {
    let bytes = id.as_bytes();
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// One thread's look at folders.
struct Reader<'r, 'g> {
    graph: &'r Graph<'g>,
    wanted: &'r Wanted,
    hash: HashKind,
    hasher: &'r RandomState,
    pack: usize,
    most: usize,
    edges: Vec<Edge>,
    lately: Vec<Option<(ObjectId, u32)>>,
    stopped: bool,
}

impl<'r, 'g> Reader<'r, 'g> {
    fn new(
        graph: &'r Graph<'g>,
        wanted: &'r Wanted,
        hash: HashKind,
        hasher: &'r RandomState,
        pack: usize,
        most: usize,
    ) -> Self {
        let lately = vec![None; REMEMBERED];
        Reader { graph, wanted, hash, hasher, pack, most, edges: Vec::new(), lately, stopped: false }
    }

    fn is_full(&self) -> bool {
        self.edges.len() >= self.most
    }

    fn folder(&mut self, id: &ObjectId) -> Option<u32> {
        let bytes = id.as_bytes();
        let slot = (usize::from(bytes[0]) << 8 | usize::from(bytes[1])) % REMEMBERED;
        if let Some((known, number)) = self.lately[slot]
            && known == *id
        {
            return Some(number);
        }
        let number = self.graph.number(id)?;
        self.lately[slot] = Some((*id, number));
        Some(number)
    }
}

impl Visitor for Reader<'_, '_> {
    fn visit(&mut self, visit: &Visit<'_>) -> Marks {
        let Some(position) = self.graph.packs[self.pack].index().find(&visit.id) else { return Marks::NONE };
        let parent = self.graph.starts[self.pack] + position;
        for entry in Tree::entries(visit.bytes, self.hash).flatten() {
            if self.is_full() {
                break;
            }
            // The number among those asked for of a folder leads to its own, and so on.
            let child = if entry.mode.is_tree() { self.folder(&entry.id) } else { self.wanted.number(&entry.id) };
            if let Some(child) = child {
                self.edges.push(Edge { child, parent, name: self.hasher.hash_one(entry.name) as u32 });
            }
        }
        Marks::NONE
    }

    fn unread(&mut self, _id: ObjectId, _kind: Option<ObjectKind>, reason: &Unreadable) {
        // A folder that cannot be read has no part here; who compares commits meets it and says so.
        self.stopped |= matches!(reason, Unreadable::Stopped);
    }
}

/// What each folder holds, from the objects that are asked for up.
fn holds(mut edges: Vec<Edge>, wanted: &Wanted, hasher: &RandomState) -> HashMap<u32, u64> {
    edges.sort_unstable();
    let above = |child: u32| {
        let start = edges.partition_point(|edge| edge.child < child);
        edges[start..].iter().take_while(move |edge| edge.child == child)
    };
    // How many entries of each folder lead to one.
    let mut waiting: HashMap<u32, u32> = HashMap::new();
    let mut open: Vec<u32> = wanted.numbers.values().copied().collect();
    while let Some(child) = open.pop() {
        for edge in above(child) {
            let count = waiting.entry(edge.parent).or_default();
            if *count == 0 {
                open.push(edge.parent);
            }
            *count += 1;
        }
    }
    let mut holds: HashMap<u32, u64> = HashMap::new();
    let mut ready: Vec<(u32, u64)> = wanted.numbers.values().map(|&object| (object, hasher.hash_one(object))).collect();
    while let Some((child, held)) = ready.pop() {
        for edge in above(child) {
            // Added up, so that the order in which entries are met does not matter.
            let sum = holds.entry(edge.parent).or_default();
            *sum = sum.wrapping_add(hasher.hash_one((edge.name, held)));
            let count = waiting.entry(edge.parent).or_insert(1);
            *count -= 1;
            if *count == 0 {
                ready.push((edge.parent, *sum));
            }
        }
    }
    holds
}
