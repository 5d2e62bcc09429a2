//! What was known against what is there: pure.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use crate::scan::Found;
use crate::{Change, Outcome, Place, Record, RootId, Stamp};

/// Every file that was looked into, by place.
pub type Known = BTreeMap<Place, Record>;

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
    let there: HashSet<&Place> = found.files.iter().map(|(place, _)| place).collect();
    let is_gone = |place: &&Place| place.path().starts_with(below) && !there.contains(place) && !found.is_unread(place);
    Plan {
        look: found
            .files
            .iter()
            .filter(|(place, stamp)| differs(known, place, *stamp))
            .cloned()
            .collect(),
        gone: known.keys().filter(is_gone).cloned().collect(),
    }
}

/// A file that could not be read is tried again each time: a change of its rights shows in none of its other marks.
fn differs(known: &Known, place: &Place, stamp: Stamp) -> bool {
    known.get(place).is_none_or(|record| {
        record.stamp != stamp || matches!(record.outcome, Outcome::Damaged(crate::Damage::Unreadable(_)))
    })
}

/// Is the root still the library's, or only the place where its disk used to be mounted? Another root is the library
/// under a new number only if something that was known lies there; what else lies on a mount point proves nothing.
pub fn is_offline(known: &Known, before: Option<RootId>, now: Option<RootId>, files: &[(Place, Stamp)]) -> bool {
    let is_known = |(place, stamp): &(Place, Stamp)| known.get(place).is_some_and(|r| r.stamp.size == stamp.size);
    match now {
        None => true,
        Some(now) => !known.is_empty() && before != Some(now) && !files.iter().any(is_known),
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
        gone.entry(known[&place].stamp).or_default().push(place);
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
                Some(at) => moves.moved.push(moved(known, candidates.remove(at), place)),
                None => look.push((place, stamp)),
            }
        }
    }
    moves.rest.look = look;
    moves.rest.gone = gone.into_values().flatten().collect();
    moves.rest.gone.sort();
    moves
}

fn moved(known: &Known, from: Place, place: Place) -> Change {
    let to = Record {
        place,
        ..known[&from].clone()
    };
    Change::Moved { from, to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Facts, ItemId, Kind, Plays, Whole, Why};

    fn place(text: &str) -> Place {
        Place::from(text.as_bytes().to_vec())
    }

    fn record(name: &str, content: u8, arrival: u64) -> Record {
        Record {
            place: place(name),
            stamp: Stamp {
                size: 1,
                mtime_ns: 1,
                inode: 1,
            },
            arrival,
            outcome: Outcome::Whole(Whole {
                id: ItemId::from_digest(&[content; 32]),
                kind: Kind::Film,
                mime: "video/mp4".into(),
                facts: Facts::default(),
                plays: Plays::Everywhere,
                why: Why::Nothing,
            }),
        }
    }

    fn known(records: &[Record]) -> Known {
        records.iter().map(|r| (r.place.clone(), r.clone())).collect()
    }

    fn files(names: &[&str]) -> Vec<(Place, Stamp)> {
        let stamp = record("", 0, 0).stamp;
        names.iter().map(|name| (place(name), stamp)).collect()
    }

    fn gone(names: &[&str]) -> Vec<Place> {
        names.iter().map(|name| place(name)).collect()
    }

    #[test]
    fn a_renamed_folder_is_moves_and_not_losses_and_the_same_name_goes_first() {
        let before = known(&[record("a/1.mp4", 1, 1), record("a/2.mp4", 2, 2)]);
        let plan = Plan {
            look: files(&["b/2.mp4", "b/1.mp4"]),
            gone: gone(&["a/1.mp4", "a/2.mp4"]),
        };
        let moved = |from: &str, to: Record| Change::Moved { from: place(from), to };
        let expected = Moves {
            moved: vec![
                moved("a/1.mp4", record("b/1.mp4", 1, 1)),
                moved("a/2.mp4", record("b/2.mp4", 2, 2)),
            ],
            rest: Plan::default(),
        };
        assert_eq!(moves(&before, plan), expected);
    }

    #[test]
    fn a_new_name_is_a_move_but_a_new_ending_is_looked_into() {
        let before = known(&[record("a.mp4", 1, 1), record("b.mp4", 2, 2), record("c.mp4", 3, 3)]);
        let plan = Plan {
            look: files(&["y.mkv", "x.mp4"]),
            gone: gone(&["b.mp4", "a.mp4"]),
        };
        let found = moves(&before, plan);
        assert_eq!(found.moved.len(), 1);
        assert_eq!(found.rest.look, files(&["y.mkv"]));
        assert_eq!(found.rest.gone.len(), 1);
    }

    #[test]
    fn another_film_under_the_same_name_is_looked_into() {
        let before = known(&[record("a.mp4", 1, 1)]);
        let stamp = Stamp {
            size: 1,
            mtime_ns: 1,
            inode: 2,
        };
        let found = Found {
            files: vec![(place("a.mp4"), stamp)],
            ..Found::default()
        };
        let plan = plan(&before, &found, Path::new(""));
        assert_eq!(
            plan,
            Plan {
                look: vec![(place("a.mp4"), stamp)],
                gone: vec![]
            }
        );
    }

    #[test]
    fn what_was_not_walked_or_could_not_be_listed_is_not_gone() {
        let before = known(&[
            record("a/1.mp4", 1, 1),
            record("b/2.mp4", 2, 2),
            record("b/c/3.mp4", 3, 3),
        ]);
        let found = Found {
            unread: vec!["b/c".into()],
            ..Found::default()
        };
        assert_eq!(plan(&before, &found, Path::new("b")).gone, [place("b/2.mp4")]);
    }

    #[test]
    fn a_place_where_a_disk_was_mounted_is_a_disk_that_was_pulled_whatever_else_lies_there() {
        let library = known(&[record("a.mp4", 1, 1)]);
        let (disk, mount) = (RootId { device: 8, inode: 2 }, RootId { device: 1, inode: 77 });
        let pulled = |before, now, names: &[&str]| is_offline(&library, before, now, &files(names));
        assert!(pulled(Some(disk), Some(mount), &[]));
        assert!(pulled(Some(disk), Some(mount), &["README.txt"]));
        assert!(pulled(Some(disk), None, &[]));
        assert!(
            pulled(None, Some(mount), &[]),
            "first look after a start without the disk"
        );
        assert!(!pulled(Some(disk), Some(disk), &[]), "the operator deleted everything");
        assert!(
            !pulled(Some(disk), Some(mount), &["a.mp4"]),
            "back under another number"
        );
        assert!(!is_offline(&Known::new(), None, Some(mount), &[]), "a new station");
    }
}
