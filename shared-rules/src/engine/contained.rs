//! What the members of an archive or the content of a compressed file hold.

use super::{Engine, Input, Undoing};
use crate::context::FileKind;
use crate::decode::container::{self, Kind, Trouble};
use crate::finding::{Location, Match, Member};

/// Between an archive's path and a member's, as Java writes it.
const INSIDE: &str = "!/";

/// Something that was not looked at, and why. Its path is from strangers: show it through `printable`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Path in the archive, its own archives' paths before it; empty for the scanned object itself.
    pub member: String,
    /// Why.
    pub trouble: Trouble,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Trouble::Encrypted => "is encrypted",
            Trouble::Unknown => "is packed in a way that is not opened",
            Trouble::TooMuch => "unpacks to more than is looked at",
            Trouble::Damaged => "is damaged or breaks off",
        })
    }
}

/// The kind's name in a finding's trail.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Gzip => "gzip",
        Kind::Xz => "xz",
        Kind::Bzip2 => "bzip2",
        Kind::Zstd => "zstd",
        Kind::Tar => "tar",
        Kind::Zip => "zip",
        Kind::Pdf => "pdf",
        Kind::Sqlite => "sqlite",
        Kind::Sealed => "archive",
    }
}

/// What the members of the container that the input is hold. Empty if it is none.
pub(super) fn find(engine: &Engine, input: &Input<'_>, undoing: &mut Undoing) -> Vec<Match> {
    let Some(kind) = container::sniff(input.bytes) else { return Vec::new() };
    let mut found = Vec::new();
    if undoing.is_deepest() {
        undoing.doubt(String::new(), Trouble::TooMuch);
        return found;
    }
    let budget = undoing.budget;
    let troubles = container::open(kind, input.bytes, budget, &mut |member| {
        let inner = String::from_utf8_lossy(&member.name).into_owned();
        // A rule that asks for a path gets the member's, or that of the compressed file without its ending.
        let path = if inner.is_empty() { without_ending(input.path) } else { &inner };
        let doubts = undoing.doubts.len();
        let outer = (undoing.kind, undoing.whole);
        (undoing.kind, undoing.whole) = (FileKind::of(path), true);
        let mut matches = engine.scan_deeper(&Input::whole(&member.bytes, path), undoing);
        (undoing.kind, undoing.whole) = outer;
        undoing.doubts[doubts..].iter_mut().for_each(|doubt| doubt.member = joined(&inner, &doubt.member));
        for hidden in &mut matches {
            let nested = hidden.member.take();
            hidden.member = Some(Member {
                path: joined(&inner, nested.as_ref().map_or("", |member| &member.path)),
                location: nested.map_or_else(|| Location::of(&member.bytes, &hidden.span), |member| member.location),
            });
            hidden.span = 0..0;
            hidden.trail.insert(0, name(kind));
        }
        found.append(&mut matches);
    });
    for (member, trouble) in troubles {
        undoing.doubt(String::from_utf8_lossy(&member).into_owned(), trouble);
    }
    found
}

/// Drops what was also seen in the container's own bytes, where members are stored as they are.
pub(super) fn only_in_members(found: &mut Vec<Match>) {
    let mut inside: Vec<Vec<u8>> =
        found.iter().filter(|found| found.member.is_some()).map(|found| found.secret.expose().to_vec()).collect();
    if !inside.is_empty() {
        inside.sort_unstable();
        let seen = |found: &Match| inside.binary_search_by(|known| known.as_slice().cmp(found.secret.expose())).is_ok();
        found.retain(|found| found.member.is_some() || !seen(found));
    }
}

fn without_ending(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

fn joined(outer: &str, inner: &str) -> String {
    match (outer, inner) {
        ("", inner) => inner.to_owned(),
        (outer, "") => outer.to_owned(),
        (outer, inner) => format!("{outer}{INSIDE}{inner}"),
    }
}
