//! One member at two stations at once: it can only be one of them, so the time counts once, and it is named (row 52).
//!
//! Stays (a phone's session, an evening) of one member at different stations that overlap are taken together. What they
//! earned in all is bounded by the time from the first coming to the last going, as one station would bound it; what one
//! of the stations alone had credited is never cut. The clocks of two boxes differ, so a short overlap is none.

use std::collections::{BTreeMap, BTreeSet};

use super::{Credit, Recount};
use crate::types::{MemberId, Millis};

/// Clocks that people set differ by minutes; an overlap up to here is no reason to doubt anybody.
const CLOCKS_DIFFER_MS: i64 = 5 * 60_000;

/// A member who was seen at several stations at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtOnce {
    /// Who.
    pub member: MemberId,
    /// Which stations, by their places in the list of counts.
    pub stations: BTreeSet<usize>,
    /// From this moment of the wall clock, milliseconds since 1970 …
    pub from_ms: i64,
    /// … to this one.
    pub to_ms: i64,
}

#[derive(Debug, Clone, Copy)]
struct Stay {
    station: usize,
    from: i64,
    to: i64,
}

/// Everybody who was at several stations at once, by member and time.
pub fn at_once(counts: &[Recount]) -> Vec<AtOnce> {
    let stays = stays(counts);
    let several = stays.into_iter().filter(|(_, stays)| {
        let stations: BTreeSet<usize> = stays.iter().map(|stay| stay.station).collect();
        stations.len() > 1
    });
    several.flat_map(|(member, stays)| together(&member, stays)).collect()
}

/// Whether a member was at several of some stations at once: `stays` are his at each of them.
pub fn at_once_of(member: &MemberId, stays: &[(usize, Vec<super::Stay>)]) -> Vec<AtOnce> {
    let of = |(station, stays): &(usize, Vec<super::Stay>)| {
        let station = *station;
        let stay = move |stay: &super::Stay| Stay {
            station,
            from: stay.from,
            to: stay.to,
        };
        stays.iter().map(stay).collect::<Vec<_>>()
    };
    together(member, stays.iter().flat_map(of).collect())
}

/// Stays with a date that somebody vouched for, or that is at least plausible.
fn stays(counts: &[Recount]) -> BTreeMap<MemberId, Vec<Stay>> {
    let mut all: BTreeMap<MemberId, Vec<Stay>> = BTreeMap::new();
    for (station, count) in counts.iter().enumerate() {
        for ((member, _), stays) in &count.stays {
            let stays = stays.iter().map(|stay| Stay {
                station,
                from: stay.from,
                to: stay.to,
            });
            all.entry(member.clone()).or_default().extend(stays);
        }
    }
    all
}

/// Stays that overlap by more than clocks differ, taken together; those of one station alone are no news.
fn together(member: &MemberId, mut stays: Vec<Stay>) -> Vec<AtOnce> {
    stays.sort_by_key(|stay| (stay.from, stay.to));
    let mut found: Vec<AtOnce> = Vec::new();
    for stay in stays {
        match found
            .last_mut()
            .filter(|last| stay.from + CLOCKS_DIFFER_MS < last.to_ms)
        {
            Some(last) => {
                last.stations.insert(stay.station);
                last.to_ms = last.to_ms.max(stay.to);
            }
            None => found.push(AtOnce {
                member: member.clone(),
                stations: BTreeSet::from([stay.station]),
                from_ms: stay.from,
                to_ms: stay.to,
            }),
        }
    }
    found.retain(|one| one.stations.len() > 1);
    found
}

/// Credit as it counts: its place in the list of counts, the credit, and how much of it is new to the member.
pub(super) struct Counted<'a> {
    pub(super) station: usize,
    pub(super) credit: &'a Credit,
    pub(super) fresh: Millis,
}

/// Cuts what cannot have been earned at once, from the latest piece backwards.
pub(super) fn cut(at_once: &[AtOnce], pieces: &mut [Counted<'_>]) {
    for one in at_once {
        let mut by_station: BTreeMap<usize, u64> = BTreeMap::new();
        let within = |piece: &Counted<'_>| {
            piece.credit.member == one.member
                && one.stations.contains(&piece.station)
                && (one.from_ms..=one.to_ms).contains(&piece.credit.at.wall)
        };
        for piece in pieces.iter().filter(|piece| within(piece)) {
            *by_station.entry(piece.station).or_default() += piece.fresh.0;
        }
        let passed = u64::try_from(one.to_ms - one.from_ms).unwrap_or(0);
        let most = by_station.values().copied().max().unwrap_or(0).max(passed);
        let mut excess = Millis(by_station.values().sum::<u64>()).minus(Millis(most));
        for piece in pieces.iter_mut().rev().filter(|piece| within(piece)) {
            let less = piece.fresh.min(excess);
            piece.fresh = piece.fresh.minus(less);
            excess = excess.minus(less);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Trust;
    use crate::credit::Policy;
    use crate::ledger::{At, Closing, Leaf, Proof, What};
    use crate::report::tables;
    use crate::types::{DeviceId, Grade, Intervals, ItemId, Mode, SessionId, Year};

    /// 2026-11-27T20:00+08:00.
    const EVENING: i64 = 1_795_780_800_000;

    fn told(count: &mut Recount, minute: i64, is: What) {
        let at = At {
            boot: 1,
            mono: Millis(u64::try_from(minute + 1_000).unwrap() * 60_000),
            wall: EVENING + minute * 60_000,
            trust: Trust::District,
        };
        count.count(&Leaf { v: 1, at, is }.to_bytes());
    }

    /// A session of `minutes` from a minute of the evening on, of one film, all of it credited at its end.
    fn watched(count: &mut Recount, film: u8, from: i64, minutes: u64) {
        let session = SessionId::from_bytes([u8::try_from(count.size()).unwrap(); 16]);
        let (member, item) = (MemberId::new("0021").unwrap(), ItemId::from_digest(&[film; 32]));
        let media = Intervals::one(Millis::ZERO, Millis::secs(minutes * 60));
        let end = from + i64::try_from(minutes).unwrap();
        let item_leaf = What::Item {
            item,
            title: String::new(),
            class: None,
            length: Millis::secs(3_600),
            made_here: false,
        };
        let open = What::Open {
            session,
            member: member.clone(),
            item,
            device: DeviceId::from_bytes([1; 16]),
            mode: Mode::Alone,
        };
        let span = What::Span {
            session,
            member,
            item,
            year: Year(2026),
            mode: Mode::Alone,
            grade: Grade::A,
            proof: Proof::Asked,
            total: media.total(),
            media,
        };
        let close = What::Close {
            session,
            why: Closing::End,
            unconfirmed: Millis::ZERO,
            flags: Vec::new(),
        };
        for (minute, is) in [(from, item_leaf), (from, open), (end, span), (end, close)] {
            told(count, minute, is);
        }
    }

    fn minutes(counts: &[Recount]) -> u64 {
        let policy = Policy::built_in().into();
        let lines = tables::members(counts, &policy, Year(2026));
        lines.iter().map(|line| line.tally.raw.as_secs()).sum::<u64>() / 60
    }

    #[test]
    fn row_52_two_stations_at_once_count_once_and_are_named() {
        let (mut here, mut there) = (Recount::default(), Recount::default());
        watched(&mut here, 1, 0, 30);
        watched(&mut there, 2, 0, 30);
        let counts = [here, there];
        assert_eq!(minutes(&counts), 30);
        let found = at_once(&counts);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].stations, BTreeSet::from([0, 1]));
        assert!(
            counts.iter().all(|count| count.anomalies.is_empty()),
            "no station did wrong"
        );
    }

    #[test]
    fn the_same_film_at_two_stations_counts_once_as_well() {
        let (mut here, mut there) = (Recount::default(), Recount::default());
        watched(&mut here, 1, 0, 30);
        watched(&mut there, 1, 0, 30);
        assert_eq!(minutes(&[here, there]), 30);
    }

    #[test]
    fn one_after_the_other_counts_twice_and_is_no_news_however_the_clocks_differ() {
        let (mut here, mut there) = (Recount::default(), Recount::default());
        watched(&mut here, 1, 0, 30);
        watched(&mut there, 2, 27, 30);
        watched(&mut here, 3, 90, 30);
        let counts = [here, there];
        assert_eq!((minutes(&counts), at_once(&counts)), (90, Vec::new()));
    }

    #[test]
    fn half_an_overlap_costs_half() {
        let (mut here, mut there) = (Recount::default(), Recount::default());
        watched(&mut here, 1, 0, 30);
        watched(&mut there, 2, 15, 30);
        assert_eq!(minutes(&[here, there]), 45);
    }
}
