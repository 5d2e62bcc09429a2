//! Dating leaves without a clock: for each leaf the interval `[lo, hi]` in which it must have been written.
//!
//! The wall clock is no input. What is known: the order of leaves; the monotonic clock within a boot; *anchors*, moments
//! at which somebody trustworthy said what time it is; and cosignatures, before which every leaf that they cover was
//! there. From these:
//!
//! 1. a leaf in the same boot as an anchor is as far from it as the monotonic clock says, give or take its drift;
//! 2. forwards, no leaf is older than the one before it, nor than the enrolment;
//! 3. backwards, no leaf is younger than the one after it, nor than a cosignature that covers it.
//!
//! An hour belongs to a year only if its whole interval does; else a person settles it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::local_date;
use crate::types::{Millis, Year};

/// A quartz is off by at most 100 parts in a million between −10 and 60 °C: one millisecond in ten thousand.
const DRIFT: u64 = 10_000;

/// Where a leaf stands: `(boot, monotonic time)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which boot.
    pub boot: u32,
    /// Since that boot.
    pub mono: Millis,
}

/// Somebody said what time it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// When, by the box.
    pub at: Place,
    /// When, in truth: milliseconds since 1970.
    pub unix_ms: i64,
    /// Give or take so much: how long what was said may have been under way.
    pub give: Millis,
}

/// A district saw the first `size` leaves at this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// How many leaves.
    pub size: u64,
    /// Its clock, milliseconds since 1970.
    pub unix_ms: i64,
}

/// The interval of one leaf, milliseconds since 1970; `hi` is open while nobody has seen anything later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dated {
    /// Not before.
    pub lo: i64,
    /// Not after.
    pub hi: Option<i64>,
}

impl Dated {
    /// The year, if the whole interval lies in one; [`Year::UNDECIDED`] otherwise.
    pub fn year(&self) -> Year {
        let of = |unix_ms| local_date(unix_ms).and_then(|date| u16::try_from(date.year()).ok());
        match (of(self.lo), self.hi.and_then(of)) {
            (Some(lo), Some(hi)) if lo == hi => Year(lo),
            _ => Year::UNDECIDED,
        }
    }
}

/// Dates every leaf. `enrolled` is the moment before which the ledger did not exist; `seen` in any order.
pub fn date(leaves: &[Place], anchors: &[Anchor], seen: &[Seen], enrolled: i64) -> Vec<Dated> {
    let by_boot = by_boot(anchors);
    let near: Vec<_> = leaves
        .iter()
        .map(|leaf| by_anchor(*leaf, by_boot.get(&leaf.boot)?))
        .collect();
    let lows = forwards(leaves, &near, enrolled);
    let highs = backwards(leaves, &near, seen);
    lows.into_iter().zip(highs).map(|(lo, hi)| Dated { lo, hi }).collect()
}

fn signed(ms: Millis) -> i64 {
    i64::try_from(ms.0).unwrap_or(i64::MAX)
}

/// Anchors by their boots, in the order of the monotonic clock: a year has thousands of them.
fn by_boot(anchors: &[Anchor]) -> BTreeMap<u32, Vec<Anchor>> {
    let mut by_boot: BTreeMap<u32, Vec<Anchor>> = BTreeMap::new();
    for anchor in anchors {
        by_boot.entry(anchor.at.boot).or_default().push(*anchor);
    }
    for anchors in by_boot.values_mut() {
        anchors.sort_by_key(|anchor| anchor.at.mono);
    }
    by_boot
}

/// The interval that the nearest anchor of the leaf's boot gives; of two that are as near, the one before it.
fn by_anchor(leaf: Place, anchors: &[Anchor]) -> Option<(i64, i64)> {
    let next = anchors.partition_point(|anchor| anchor.at.mono < leaf.mono);
    let before = next.checked_sub(1).map(|last| {
        let at = anchors[last].at.mono;
        anchors[anchors.partition_point(|anchor| anchor.at.mono < at)]
    });
    let apart = |anchor: &Anchor| anchor.at.mono.0.abs_diff(leaf.mono.0);
    let anchor = before.into_iter().chain(anchors.get(next).copied()).min_by_key(apart)?;
    let drift = signed(Millis(apart(&anchor) / DRIFT).plus(anchor.give));
    let middle = anchor.unix_ms + signed(leaf.mono) - signed(anchor.at.mono);
    Some((middle - drift, middle + drift))
}

/// How much later the second leaf is for certain: the quartz may have run fast.
fn later_by(first: Place, second: Place) -> i64 {
    let passed = second.mono.minus(first.mono);
    if first.boot == second.boot {
        signed(passed) - signed(Millis(passed.0 / DRIFT))
    } else {
        0
    }
}

fn forwards(leaves: &[Place], near: &[Option<(i64, i64)>], enrolled: i64) -> Vec<i64> {
    let mut before: Option<(Place, i64)> = None;
    let mut lows = Vec::with_capacity(leaves.len());
    for (leaf, near) in leaves.iter().zip(near) {
        let after = before.map_or(enrolled, |(place, lo)| lo + later_by(place, *leaf));
        let lo = near.map_or(after, |(lo, _)| lo.max(after));
        lows.push(lo);
        before = Some((*leaf, lo));
    }
    lows
}

fn backwards(leaves: &[Place], near: &[Option<(i64, i64)>], seen: &[Seen]) -> Vec<Option<i64>> {
    let mut seen = seen.to_vec();
    seen.sort_by_key(|seen| seen.size);
    let mut after: Option<(Place, i64)> = None;
    let mut covered: Option<i64> = None;
    let mut highs = vec![None; leaves.len()];
    for index in (0..leaves.len()).rev() {
        while let Some(last) = seen.pop_if(|seen| seen.size > index as u64) {
            covered = Some(covered.map_or(last.unix_ms, |hi| hi.min(last.unix_ms)));
        }
        let bounds = [
            near[index].map(|(_, hi)| hi),
            covered,
            after.map(|(place, hi)| hi - later_by(leaves[index], place)),
        ];
        highs[index] = bounds.into_iter().flatten().min();
        after = highs[index].map(|hi| (leaves[index], hi)).or(after);
    }
    highs
}

/// Whether the operator may say that it is `said`: a time before a district's last visit cannot be right.
pub fn may_be_now(said_ms: i64, last_seen_ms: Option<i64>) -> bool {
    last_seen_ms.is_none_or(|seen| said_ms >= seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;
    const DAY: i64 = 86_400_000;
    /// 2026-01-01T00:00+08:00.
    const Y: i64 = 1_767_196_800_000;

    fn place(boot: u32, mono: u64) -> Place {
        Place {
            boot,
            mono: Millis(mono),
        }
    }

    fn anchor(boot: u32, mono: u64, unix_ms: i64) -> Anchor {
        Anchor {
            at: place(boot, mono),
            unix_ms,
            give: Millis::ZERO,
        }
    }

    /// Boot 1 has an anchor on day 1, boot 2 has none, boot 3 has one on day 10 and a cosignature a minute later.
    fn three_boots() -> (Vec<Place>, [Anchor; 2], Seen) {
        let leaves = vec![
            place(1, 1_000),
            place(1, HOUR),
            place(2, 5_000),
            place(2, 2 * HOUR),
            place(3, 1_000),
            place(3, HOUR),
        ];
        let anchors = [anchor(1, HOUR, Y + DAY), anchor(3, HOUR, Y + 10 * DAY)];
        let seen = Seen {
            size: 6,
            unix_ms: Y + 10 * DAY + 60_000,
        };
        (leaves, anchors, seen)
    }

    #[test]
    fn case_44_a_leaf_in_the_boot_of_an_anchor_is_dated_to_the_drift() {
        let (leaves, anchors, seen) = three_boots();
        let dated = date(&leaves, &anchors, &[seen], Y);
        // An hour less a second before the anchor, 100 ppm of which are 359 ms.
        let middle = Y + DAY - 3_599_000;
        assert_eq!((dated[0].lo, dated[0].hi), (middle - 359, Some(middle + 359)));
    }

    #[test]
    fn case_45_a_boot_without_anchor_lies_between_its_neighbours() {
        let (leaves, anchors, seen) = three_boots();
        let dated = date(&leaves, &anchors, &[seen], Y);
        assert_eq!(dated[2].lo, Y + DAY);
        assert!(dated[2].hi.unwrap() < Y + 10 * DAY && dated[2].hi.unwrap() > Y + 9 * DAY);
    }

    #[test]
    fn case_46_the_order_of_leaves_is_kept_in_both_ends() {
        let (leaves, anchors, seen) = three_boots();
        let dated = date(&leaves, &anchors, &[seen], Y);
        assert!(
            dated
                .windows(2)
                .all(|two| two[0].lo <= two[1].lo && two[0].hi <= two[1].hi)
        );
        assert!(dated.iter().all(|d| d.hi.is_some_and(|hi| d.lo <= hi)), "{dated:?}");
    }

    #[test]
    fn case_47_a_leaf_after_a_cosignature_cannot_be_older_than_what_it_covers() {
        let (mut leaves, anchors, seen) = three_boots();
        leaves.push(place(4, 1_000));
        let later = Seen {
            size: 7,
            unix_ms: Y + 40 * DAY,
        };
        let dated = date(&leaves, &anchors, &[later, seen], Y);
        assert!(dated[6].lo >= Y + 10 * DAY, "{:?}", dated[6]);
        assert_eq!(dated[6].hi, Some(Y + 40 * DAY));
    }

    #[test]
    fn case_48_an_interval_across_new_year_names_no_year() {
        let eve = Y + 364 * DAY;
        let leaves = [place(1, HOUR), place(2, HOUR), place(3, HOUR)];
        let anchors = [anchor(1, HOUR, eve), anchor(3, HOUR, eve + 3 * DAY)];
        let seen = Seen {
            size: 3,
            unix_ms: eve + 3 * DAY + 1_000,
        };
        let dated = date(&leaves, &anchors, &[seen], Y);
        let years: Vec<_> = dated.iter().map(Dated::year).collect();
        assert_eq!(years, [Year(2026), Year::UNDECIDED, Year(2027)]);
    }

    #[test]
    fn a_leaf_that_nobody_saw_and_no_anchor_touches_has_no_end_and_no_year() {
        let dated = date(&[place(1, 5)], &[], &[], Y);
        assert_eq!(dated, [Dated { lo: Y, hi: None }]);
        assert_eq!(dated[0].year(), Year::UNDECIDED);
    }

    #[test]
    fn case_49_a_time_before_the_last_cosignature_is_refused() {
        assert!(!may_be_now(Y + 2 * DAY, Some(Y + 10 * DAY)));
        assert!(may_be_now(Y + 11 * DAY, Some(Y + 10 * DAY)));
        assert!(may_be_now(Y, None));
    }
}
