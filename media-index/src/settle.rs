//! Has a file stopped growing? Pure: what was seen before, what is seen now, and the time.

use std::collections::HashMap;

use crate::{Place, Stamp};

/// When a file was first seen with the stamp that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Size, date and inode.
    pub stamp: Stamp,
    /// Since when, in milliseconds of the machine's clock.
    pub since: u64,
}

/// Files that are new or changed, and since when they have stood still.
pub type Watched = HashMap<Place, Seen>;

/// What to do with a file now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has stood still long enough: look into it.
    Steady,
    /// Somebody is still writing: look again in so many milliseconds.
    Growing(u64),
}

/// Looks at one file that is new or changed. Dates are compared for inequality only: a clock in 2097 harms nobody.
pub fn settle(watched: &mut Watched, place: &Place, stamp: Stamp, now: u64, quiet_ms: u64) -> Verdict {
    let seen = watched
        .entry(place.clone())
        .and_modify(|seen| {
            if seen.stamp != stamp {
                *seen = Seen { stamp, since: now };
            }
        })
        .or_insert(Seen { stamp, since: now });
    match quiet_ms.saturating_sub(now.saturating_sub(seen.since)) {
        0 => Verdict::Steady,
        left => Verdict::Growing(left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place::from(b"a.mp4".to_vec())
    }

    fn stamp(size: u64) -> Stamp {
        Stamp {
            size,
            mtime_ns: 1,
            inode: 1,
        }
    }

    #[test]
    fn a_file_is_steady_once_it_stood_still_for_the_quiet_time() {
        let mut watched = Watched::new();
        let mut look = |size, now| settle(&mut watched, &place(), stamp(size), now, 1200);
        assert_eq!(look(10, 1_000), Verdict::Growing(1200));
        assert_eq!(look(20, 2_000), Verdict::Growing(1200), "it grew");
        assert_eq!(look(20, 2_900), Verdict::Growing(300));
        assert_eq!(look(20, 3_200), Verdict::Steady);
    }

    #[test]
    fn a_date_in_2097_or_before_1970_settles_like_any_other() {
        let mut watched = Watched::new();
        for mtime_ns in [i128::from(i64::MAX), -5] {
            let odd = Stamp { mtime_ns, ..stamp(10) };
            assert_eq!(settle(&mut watched, &place(), odd, 0, 1200), Verdict::Growing(1200));
            assert_eq!(settle(&mut watched, &place(), odd, 1200, 1200), Verdict::Steady);
        }
    }
}
