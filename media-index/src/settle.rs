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
