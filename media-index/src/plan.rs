//! What was known against what is there: pure.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::scan::Found;
use crate::{Card, Change, Damage, Kind, Known, Place, RootId, Stamp};

/// What to do about what a walk found.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// New or changed: to be settled and looked into.
    pub look: Vec<(Place, Stamp)>,
    /// No longer there.
    pub gone: Vec<Place>,
}

/// Compares. `below` is what was walked (empty for all); what lies elsewhere, or below a folder that could not be
/// listed, is left as it is.
pub fn plan(known: &Known, found: &Found, below: &Path) -> Plan {
    let there: HashSet<&[u8]> = found.files.iter().map(|(place, _)| place.bytes()).collect();
    let gone = known.below(below).filter(|card| !there.contains(card.place_bytes()));
    Plan {
        look: found
            .files
            .iter()
            .filter(|(place, stamp)| differs(known, place, *stamp))
            .cloned()
            .collect(),
        gone: gone.map(Card::place).filter(|place| !found.is_unread(place)).collect(),
    }
}

/// A file that could not be read is tried again each time: a change of its rights shows in none of its other marks.
fn differs(known: &Known, place: &Place, stamp: Stamp) -> bool {
    known
        .get(place)
        .is_none_or(|card| card.stamp() != stamp || matches!(card.damage(), Some(Damage::Unreadable(_))))
}

/// What lies where the library should lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RootIs {
    /// The library.
    #[default]
    Library,
    /// Nothing: the folder itself is gone.
    Missing,
    /// Something else, an empty mount point or another disk, with so many files that could be items. The library is
    /// away until its disk is back, or until the operator says that this is the library now.
    Foreign(usize),
}

/// Is the root still the library's, or only the place where its disk used to be mounted? Another root is the library
/// under a new number only if something that was known lies there, or if the operator `accepted` it; what else lies on a
/// mount point proves nothing.
pub fn root_is(
    known: &Known,
    before: Option<RootId>,
    now: Option<RootId>,
    files: &[(Place, Stamp)],
    accepted: bool,
) -> RootIs {
    let is_known =
        |(place, stamp): &(Place, Stamp)| known.get(place).is_some_and(|card| card.stamp().size == stamp.size);
    let could_be = |(place, _): &&(Place, Stamp)| Kind::by_ending(&place.ending()).is_some();
    match now {
        None => RootIs::Missing,
        Some(_) if accepted || known.is_empty() || before == now => RootIs::Library,
        Some(_) if files.iter().any(is_known) => RootIs::Library,
        Some(_) => RootIs::Foreign(files.iter().filter(could_be).count()),
    }
}

/// A plan whose renamed files are told from the new and the lost.
#[derive(Debug, Default, PartialEq)]
pub struct Moves {
    /// The same file under another name: nothing to settle or read.
    pub moved: Vec<Change>,
    /// What is left of the plan.
    pub rest: Plan,
}

/// A file with the very stamp of one that is gone is that one. Where several fit (links to one file), the one with the
/// same name goes first, then the first by name; so that the same folder always gives the same pairs.
pub fn moves(known: &Known, plan: Plan) -> Moves {
    let mut gone: HashMap<Stamp, Vec<Place>> = HashMap::new();
    for place in plan.gone {
        if let Some(card) = known.get(&place) {
            gone.entry(card.stamp()).or_default().push(place);
        }
    }
    let mut look = plan.look;
    look.sort_by(|a, b| a.0.cmp(&b.0));
    let mut moves = Moves::default();
    for same_name in [true, false] {
        for (place, stamp) in std::mem::take(&mut look) {
            let is_namesake = |from: &Place| from.path().file_name() == place.path().file_name();
            let fits = |from: &Place| is_namesake(from) || !same_name && from.ending() == place.ending();
            let candidates = gone.entry(stamp).or_default();
            match candidates.iter().position(fits) {
                Some(at) => moves.moved.extend(moved(known, candidates.remove(at), place)),
                None => look.push((place, stamp)),
            }
        }
    }
    moves.rest.look = look;
    moves.rest.gone = gone.into_values().flatten().collect();
    moves.rest.gone.sort();
    moves
}

fn moved(known: &Known, from: Place, place: Place) -> Option<Change> {
    let to = known.get(&from)?.record_at(place);
    Some(Change::Moved { from, to })
}
