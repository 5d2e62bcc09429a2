//! What was known against what lies there: the cases are the files in `cases/plan` (files) and `cases/root` (disks).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;

use std::path::{Path, PathBuf};

use media_index::plan::{RootIs, moves, plan, root_is};
use media_index::scan::Found;
use media_index::{Card, Change, Damage, Known, Outcome, Place, Record, RootId, Stamp};
use serde::Deserialize;

/// What was known, what a look found, and what is done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    story: String,
    known: Vec<File>,
    /// The folder that was looked at; nothing for all.
    #[serde(default)]
    looked_at: PathBuf,
    #[serde(default)]
    found: Vec<File>,
    /// Folders that could not be listed.
    #[serde(default)]
    unread: Vec<PathBuf>,
    #[serde(default)]
    then: Then,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "file")]
    name: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    date: i64,
    /// The file's number on its disk.
    #[serde(default)]
    number: u64,
    /// Its turn of arrival.
    #[serde(default)]
    arrival: u64,
    /// It could not be read the last time.
    #[serde(default)]
    unreadable: bool,
}

#[derive(Deserialize, Debug, PartialEq, Default)]
#[serde(deny_unknown_fields, default)]
struct Then {
    /// The same film under another name: from, to.
    same: Vec<(String, String)>,
    /// To be looked into.
    look_into: Vec<String>,
    /// No longer there.
    gone: Vec<String>,
}

fn place(name: &str) -> Place {
    Place::from(name.as_bytes().to_vec())
}

impl File {
    fn stamp(&self) -> Stamp {
        Stamp {
            size: self.size,
            mtime_ns: i128::from(self.date) * 1_000_000_000,
            inode: self.number,
        }
    }

    fn record(&self) -> Record {
        Record {
            place: place(&self.name),
            stamp: self.stamp(),
            arrival: self.arrival,
            outcome: Outcome::Damaged(if self.unreadable {
                Damage::Unreadable("not allowed".into())
            } else {
                Damage::Empty
            }),
        }
    }
}

fn known(files: &[File]) -> Known {
    files.iter().map(|file| Card::from(file.record())).collect()
}

fn found(files: &[File]) -> Vec<(Place, Stamp)> {
    files.iter().map(|file| (place(&file.name), file.stamp())).collect()
}

#[test]
fn what_was_known_and_what_is_there_say_what_is_to_be_done() {
    for (name, case) in cases::of::<Files>("plan") {
        let known = known(&case.known);
        let mut there = Found::default();
        there.files = found(&case.found);
        there.unread.clone_from(&case.unread);
        let moves = moves(&known, plan(&known, &there, &case.looked_at));
        let mut same = Vec::new();
        for change in moves.moved {
            let Change::Moved { from, to } = change else {
                panic!("{name}: a move is a move");
            };
            assert_eq!(
                to.arrival,
                known.get(&from).unwrap().arrival(),
                "{name}: the turn of arrival is kept"
            );
            same.push((from.readable(), to.place.readable()));
        }
        let names = |places: Vec<Place>| places.iter().map(Place::readable).collect::<Vec<_>>();
        let then = Then {
            same,
            look_into: names(moves.rest.look.into_iter().map(|(place, _)| place).collect()),
            gone: names(moves.rest.gone),
        };
        assert_eq!(then, case.then, "{name}: {}", case.story);
    }
}

/// Which folder lay there before, which lies there now, and whether that is the library.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disks {
    story: String,
    known: Vec<File>,
    /// The number of the disk that the library lay on; none before the first look.
    before: Option<u64>,
    /// The number of what lies there now; none if the folder is gone.
    now: Option<u64>,
    #[serde(default)]
    found: Vec<File>,
    /// The operator says that it is the library.
    #[serde(default)]
    accepted: bool,
    then: Standing,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Standing {
    TheLibrary,
    NothingThere,
    AnotherDiskWithFiles(usize),
}

#[test]
fn a_disk_that_was_pulled_is_told_from_a_library_that_was_emptied() {
    for (name, case) in cases::of::<Disks>("root") {
        let root = |volume: u64| RootId {
            device: 8,
            inode: 2,
            volume,
        };
        let (before, now) = (case.before.map(root), case.now.map(root));
        let standing = root_is(&known(&case.known), before, now, &found(&case.found), case.accepted);
        let standing = match standing {
            RootIs::Library => Standing::TheLibrary,
            RootIs::Missing => Standing::NothingThere,
            RootIs::Foreign(files) => Standing::AnotherDiskWithFiles(files),
        };
        assert_eq!(standing, case.then, "{name}: {}", case.story);
    }
}

#[test]
fn a_thousand_other_folders_do_not_matter_to_the_one_that_was_looked_at() {
    let other = |n: usize| File {
        name: format!("{n}/film.mp4"),
        size: 1,
        date: 0,
        number: n as u64,
        arrival: 0,
        unreadable: false,
    };
    let known = known(&(0..1_000).map(other).collect::<Vec<_>>());
    assert_eq!(
        plan(&known, &Found::default(), Path::new("500")).gone,
        [place("500/film.mp4")]
    );
}
