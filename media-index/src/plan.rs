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
    let unread = |place: &Place| found.unread.iter().any(|folder| place.path().starts_with(folder));
    let is_gone = |place: &&Place| place.path().starts_with(below) && !there.contains(place) && !unread(place);
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

/// Is the root still the library's, or only the place where its disk used to be mounted?
pub fn is_offline(known: &Known, before: Option<RootId>, now: Option<RootId>, found_any: bool) -> bool {
    match now {
        None => true,
        Some(now) => !known.is_empty() && !found_any && before != Some(now),
    }
}

/// What was looked into, and what is gone, as changes. A new file with the content of one that is gone was moved.
pub fn changes(known: &Known, looked: Vec<Record>, gone: Vec<Place>) -> Vec<Change> {
    let mut vanished: HashMap<_, Vec<Place>> = HashMap::new();
    let mut changes = Vec::new();
    for place in gone {
        match known.get(&place).map(|record| &record.outcome) {
            Some(Outcome::Whole(whole)) => vanished.entry(whole.id).or_default().push(place),
            _ => changes.push(Change::Gone(place)),
        }
    }
    for record in looked {
        let from = match &record.outcome {
            Outcome::Whole(whole) => vanished.get_mut(&whole.id).and_then(Vec::pop),
            Outcome::Damaged(_) => None,
        };
        changes.push(match from {
            Some(from) => {
                let arrival = known.get(&from).map_or(record.arrival, |before| before.arrival);
                Change::Moved {
                    from,
                    to: Record { arrival, ..record },
                }
            }
            None => Change::Set(record),
        });
    }
    changes.extend(vanished.into_values().flatten().map(Change::Gone));
    changes
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

    #[test]
    fn a_renamed_folder_is_moves_and_not_losses() {
        let before = known(&[record("a/1.mp4", 1, 1), record("a/2.mp4", 2, 2)]);
        let looked = vec![record("b/1.mp4", 1, 9), record("b/2.mp4", 2, 10)];
        let changes = changes(&before, looked, vec![place("a/1.mp4"), place("a/2.mp4")]);
        let moved = |from: &str, to: Record| Change::Moved { from: place(from), to };
        assert_eq!(
            changes,
            [
                moved("a/1.mp4", record("b/1.mp4", 1, 1)),
                moved("a/2.mp4", record("b/2.mp4", 2, 2))
            ]
        );
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
    fn an_empty_place_where_a_disk_was_mounted_is_a_disk_that_was_pulled() {
        let library = known(&[record("a.mp4", 1, 1)]);
        let (disk, mount) = (RootId { device: 8, inode: 2 }, RootId { device: 1, inode: 77 });
        assert!(is_offline(&library, Some(disk), Some(mount), false));
        assert!(is_offline(&library, Some(disk), None, false));
        assert!(
            is_offline(&library, None, Some(mount), false),
            "first look after a start without the disk"
        );
        assert!(
            !is_offline(&library, Some(disk), Some(disk), false),
            "the operator deleted everything"
        );
        assert!(
            !is_offline(&library, Some(disk), Some(mount), true),
            "back under another number"
        );
        assert!(!is_offline(&Known::new(), None, Some(mount), false), "a new station");
    }
}
