//! Which object of a pack is made from which. Heads in, trees out: seventeen bytes an object, whatever the pack says.

use crate::pack::entry::{Entry, LONGEST_HEAD, Made};
use crate::pack::order::Order;
use crate::pack::pace::Pace;
use crate::pack::source::{Source, window};
use crate::pack::{ObjectKind, Pack, PackError, Unreadable};

/// No object.
pub(super) const NONE: u32 = u32::MAX;

/// Bytes read at once for heads where the source has no slices.
const WINDOW: u64 = 16 << 10;

/// The bit of a rank that says it was reached twice.
const TWICE: u8 = 0x80;

/// Objects by their place, and the objects made from each.
pub(super) struct Forest {
    order: Order,
    /// The first object made from each.
    first: Vec<u32>,
    /// The next object made from the same base.
    next: Vec<u32>,
    /// How many bases must be held at once to make all that hangs on an object, if those with the lower rank come first: 32 at most, for
    /// each further one takes twice as many objects. (The Strahler number of its tree.)
    ranks: Vec<u8>,
    /// Objects that hang on no other: whole ones of a wanted kind, and those whose base cannot be found.
    pub(super) roots: Vec<u32>,
}

impl Forest {
    /// Reads every head. `Stopped` is the only error of a sound index.
    pub(super) fn build<S: Source, D: AsRef<[u8]>>(
        pack: &Pack<S, D>,
        wanted: &[ObjectKind],
        pace: &mut Pace<'_>,
    ) -> Result<Option<Forest>, PackError> {
        let order = Order::of(pack.index())?;
        if order.count() == NONE {
            return Err(PackError::Index("it names more objects than a pack can have"));
        }
        let Some((mut bases, mut roots)) = bases(pack, &order, wanted, pace) else { return Ok(None) };
        let ranks = ranks(&mut bases, &mut roots);
        let mut first = vec![NONE; bases.len()];
        // From the last to the first, so that each list ascends. An object's base gives way to its next sibling.
        for slot in (0..bases.len()).rev() {
            if bases[slot] != NONE {
                bases[slot] = std::mem::replace(&mut first[bases[slot] as usize], slot as u32);
            }
        }
        Ok(Some(Forest { order, first, next: bases, ranks, roots }))
    }

    /// Puts the trees in the order of the lowest rank in each.
    pub(super) fn sort(&mut self, rank: impl Fn(u32, &Forest) -> u32) {
        let mut roots = std::mem::take(&mut self.roots);
        roots.sort_by_cached_key(|root| self.tree(*root).map(|slot| rank(slot, self)).min());
        self.roots = roots;
    }

    /// How many objects hang on the roots, they included.
    pub(super) fn wanted(&self) -> u64 {
        self.roots.iter().map(|root| self.tree(*root).count() as u64).sum()
    }

    pub(super) fn count(&self) -> u32 {
        self.order.count()
    }

    /// Where an object begins.
    pub(super) fn offset(&self, slot: u32) -> u64 {
        self.order.offset(slot)
    }

    /// Where the next object begins, or `end`.
    pub(super) fn end(&self, slot: u32, end: u64) -> u64 {
        if slot + 1 < self.count() { self.order.offset(slot + 1) } else { end }
    }

    /// The position of an object in the index.
    pub(super) fn position(&self, slot: u32) -> u32 {
        self.order.position(slot)
    }

    /// Whether an object begins at `offset`.
    pub(super) fn has(&self, offset: u64) -> bool {
        self.order.slot(offset).is_some()
    }

    /// The objects made from one, by place.
    pub(super) fn children(&self, slot: u32) -> impl Iterator<Item = u32> + '_ {
        let first = Some(self.first[slot as usize]).filter(|slot| *slot != NONE);
        std::iter::successors(first, |slot| self.after(*slot))
    }

    /// The next object made from the same base.
    pub(super) fn after(&self, slot: u32) -> Option<u32> {
        Some(self.next[slot as usize]).filter(|slot| *slot != NONE)
    }

    /// The child that must come last, so that as few bases as can be are held.
    pub(super) fn last_child(&self, slot: u32) -> Option<u32> {
        self.children(slot).max_by_key(|child| self.ranks[*child as usize])
    }

    /// The object and all that hangs on it, each before what is made from it.
    pub(super) fn tree(&self, root: u32) -> impl Iterator<Item = u32> + '_ {
        let mut open = vec![root];
        std::iter::from_fn(move || {
            let slot = open.pop()?;
            // A sibling waits while the children go on: one waits for each step down, at most.
            open.extend(self.after(slot).filter(|_| slot != root));
            open.extend(self.children(slot).next());
            Some(slot)
        })
    }
}

/// The base of each object, and the roots.
fn bases<S: Source, D: AsRef<[u8]>>(
    pack: &Pack<S, D>,
    order: &Order,
    wanted: &[ObjectKind],
    pace: &mut Pace<'_>,
) -> Option<(Vec<u32>, Vec<u32>)> {
    let mut heads = Heads { pack, from: 0, buffer: Vec::new(), filled: 0 };
    let mut bases = vec![NONE; order.count() as usize];
    let mut roots = Vec::new();
    for slot in 0..order.count() {
        pace.spend(LONGEST_HEAD).ok()?;
        let base = match heads.read(order.offset(slot)).map(|entry| entry.made) {
            Ok(Made::Whole(kind)) if !wanted.contains(&kind) => continue,
            Ok(Made::Whole(_)) | Err(_) => None,
            Ok(Made::FromOffset(offset)) => order.slot_before(offset, slot),
            Ok(Made::FromId(id)) => pack.base(&id).ok().and_then(|offset| order.slot(offset)),
        };
        match base {
            Some(base) => bases[slot as usize] = base,
            None => roots.push(slot),
        }
    }
    Some((bases, roots))
}

/// The rank of each object, from the leaves down. What is left over then leads in a circle: it is cut loose and becomes a root.
fn ranks(bases: &mut [u32], roots: &mut Vec<u32>) -> Vec<u8> {
    let mut waiting = vec![0u32; bases.len()];
    for &base in bases.iter().filter(|base| **base != NONE) {
        waiting[base as usize] += 1;
    }
    let mut ranks = vec![0u8; bases.len()];
    for leaf in 0..bases.len() {
        let mut slot = leaf;
        while waiting[slot] == 0 {
            waiting[slot] = NONE;
            ranks[slot] = (ranks[slot] & !TWICE) + u8::from(ranks[slot] == 0 || ranks[slot] & TWICE != 0);
            let base = bases[slot] as usize;
            if base == NONE as usize {
                break;
            }
            ranks[base] = joined(ranks[base], ranks[slot]);
            waiting[base] -= 1;
            // Who lies ahead is met again as a leaf.
            if base > leaf {
                break;
            }
            slot = base;
        }
    }
    for slot in (0..bases.len()).filter(|slot| waiting[*slot] != NONE) {
        bases[slot] = NONE;
        roots.push(slot as u32);
    }
    ranks
}

/// The rank of a base so far with one more object made from it.
fn joined(base: u8, child: u8) -> u8 {
    match child.cmp(&(base & !TWICE)) {
        std::cmp::Ordering::Less => base,
        std::cmp::Ordering::Equal => base | TWICE,
        std::cmp::Ordering::Greater => child,
    }
}

/// Reads heads in the order of their place.
struct Heads<'p, S, D> {
    pack: &'p Pack<S, D>,
    from: u64,
    buffer: Vec<u8>,
    filled: usize,
}

impl<S: Source, D: AsRef<[u8]>> Heads<'_, S, D> {
    fn read(&mut self, offset: u64) -> Result<Entry, Unreadable> {
        let head = offset..offset.saturating_add(LONGEST_HEAD as u64).min(self.pack.objects().end);
        if self.pack.source.slice(0..1).is_some() || !self.pack.objects().contains(&offset) {
            return self.pack.entry(offset, &mut self.buffer);
        }
        if head.start < self.from || head.end > self.from + self.filled as u64 {
            (self.from, self.filled) = (offset, 0);
            let end = self.pack.objects().end.min(offset + WINDOW);
            self.filled = window(&self.pack.source, offset..end, &mut self.buffer)?.len();
        }
        let range = (head.start - self.from) as usize..(head.end - self.from) as usize;
        crate::pack::entry::parse(&self.buffer[range], offset, self.pack.index().hash())
    }
}
