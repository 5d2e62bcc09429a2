//! When is a file taken for whole? The cases are the files in `cases/settle`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cases;

use media_index::settle::{Verdict, Watched, settle};
use media_index::{Place, Stamp};
use serde::Deserialize;

/// What was seen of one or several files, moment by moment, and what is done at each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    story: String,
    /// A file must have stood still for so many milliseconds.
    quiet_ms: u64,
    seen: Vec<Seen>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    at_ms: u64,
    #[serde(default = "film")]
    file: String,
    size: u64,
    /// Seconds since 1970, as the file system says.
    #[serde(default)]
    date: i64,
    /// Nanoseconds within that second.
    #[serde(default)]
    date_ns: u32,
    /// The file's number on its disk: another one is another file under the same name.
    #[serde(default)]
    number: u64,
    then: Then,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Then {
    LookInto,
    LookAgainInMs(u64),
}

fn film() -> String {
    "film.mp4".into()
}

#[test]
fn a_file_is_looked_into_once_it_has_stood_still() {
    for (name, case) in cases::of::<Case>("settle") {
        let mut watched = Watched::new();
        for seen in case.seen {
            let stamp = Stamp {
                size: seen.size,
                mtime_ns: i128::from(seen.date) * 1_000_000_000 + i128::from(seen.date_ns),
                inode: seen.number,
            };
            let place = Place::from(seen.file.into_bytes());
            let then = match settle(&mut watched, &place, stamp, seen.at_ms, case.quiet_ms) {
                Verdict::Steady => Then::LookInto,
                Verdict::Growing(ms) => Then::LookAgainInMs(ms),
            };
            assert_eq!(then, seen.then, "{name} at {} ms: {}", seen.at_ms, case.story);
        }
    }
}
