//! What the clocks allow: nobody earns faster than the box's time, nor than the district's between two visits.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Anomaly, Recount};
use crate::credit::dating::Place;
use crate::ledger::At;
use crate::types::{MemberId, Millis, Origin, SessionId};

/// What can be pending in an open session when a district comes by: a presence question at its latest (12 minutes), the
/// time to answer it, and the gap cap.
const OPEN_AT_A_VISIT: Millis = Millis::secs(12 * 60 + 90 + 120);

/// A quartz is a hundred times better than one part in two hundred: a box whose clock runs further ahead makes up time.
const STRETCHED: u64 = 200;
/// The district gives its time in whole seconds.
const A_SECOND_IS_CUT: Millis = Millis::secs(1);

/// Credit since a district's last visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SinceVisit {
    unix_s: u64,
    /// Where the leaf stands that says so: it was written after the district gave its time.
    told: Place,
    /// Its index, and what was earned after it.
    at: u64,
    pub(super) earned: BTreeMap<MemberId, u64>,
    /// The visit before, and what was earned after its leaf and on leaves that this visit did not see: a cosignature that
    /// travels by stick is days under way, and the box goes on meanwhile.
    before_s: u64,
    pub(super) on_the_way: BTreeMap<MemberId, u64>,
}

impl SinceVisit {
    /// The first leaf after this visit's own that one which saw `size` leaves did not see.
    pub(super) fn unseen_from(&self, size: u64) -> u64 {
        size.max(self.at + 1)
    }
}

/// So many leaves that were written while a cosignature was under way are looked at one by one; by network there is hardly
/// one, and more than these say nothing about anybody's haste.
pub(super) const UNDER_WAY: u64 = 20_000;

impl Recount {
    pub(super) fn check_clock(&mut self, index: u64, at: At) {
        let went_back = self
            .last
            .is_some_and(|last| at.boot < last.boot || (at.boot == last.boot && at.mono < last.mono));
        if went_back {
            self.anomalies.push(Anomaly::ClockWentBack(index));
        }
        self.last = Some(at);
    }

    /// What a power cut left open is confirmed in the boot after, when nobody can say how long the other one lasted.
    pub(super) fn check_time(&mut self, index: u64, at: At, member: &MemberId, session: SessionId, earned: Millis) {
        for visit in self.visits.values_mut() {
            *visit.earned.entry(member.clone()).or_default() += earned.0;
        }
        let opened = self.living(session).map(|facts| facts.opened.boot);
        let opened = opened.or_else(|| self.rooms.get(&session).map(|room| room.opened.boot));
        if opened.is_some_and(|boot| boot != at.boot) {
            return;
        }
        let left = self.left_by(member, |boot| boot != at.boot);
        let sums = self.earned_in_boot.entry(member.clone()).or_default();
        let sum = sums.entry(at.boot).or_default();
        *sum += earned.0;
        if *sum > at.mono.0 + left {
            self.anomalies.push(Anomaly::FasterThanTime(index));
        }
    }

    fn left_by(&self, member: &MemberId, which: impl Fn(u32) -> bool) -> u64 {
        let all = self.left.get(member).into_iter().flatten();
        all.filter(|(boot, _)| which(**boot)).map(|(_, left)| left).sum()
    }

    /// A district saw the first `size` leaves at its time `unix_s`.
    pub(super) fn visit(&mut self, index: u64, at: At, (district, size, unix_s): (Origin, u64, u64)) {
        let told = Place {
            boot: at.boot,
            mono: at.mono,
        };
        let last = self.visits.get(&district).cloned();
        let on_the_way = self.earned_on(last.as_ref().map_or(size, |last| last.unseen_from(size))..index);
        let now = SinceVisit {
            unix_s,
            told,
            at: index,
            earned: BTreeMap::new(),
            before_s: last.as_ref().map_or(0, |last| last.unix_s),
            on_the_way: on_the_way.clone(),
        };
        self.visits.insert(district, now);
        let Some(last) = last else { return };
        if self.is_too_much(&last, (size, unix_s), &on_the_way) {
            self.anomalies.push(Anomaly::FasterThanTheDistrict(index));
        }
        // The last leaf that the district saw was written before its time, and the one that told of its visit before after
        // that time: between the two, no box has had more time than the district, whatever way the visits took. Less is
        // nothing: a PC that slept has less.
        let seen = size.checked_sub(1).and_then(|last| self.settling.place(last));
        let ran = seen.filter(|seen| seen.boot == last.told.boot);
        let had = Millis::secs(unix_s.saturating_sub(last.unix_s)).plus(A_SECOND_IS_CUT);
        if ran.is_some_and(|seen| seen.mono.minus(last.told.mono).0 > had.0 + had.0 / STRETCHED) {
            self.anomalies.push(Anomaly::ClockStretched(index));
        }
    }

    /// Whether somebody earned more than the district's clock allows. What it saw now and was written after the leaf of its
    /// visit before was earned between the two; what that visit had not seen, since the one before it.
    fn is_too_much(&self, last: &SinceVisit, (size, unix_s): (u64, u64), unseen: &BTreeMap<MemberId, u64>) -> bool {
        last.earned.keys().chain(last.on_the_way.keys()).any(|member| {
            let of = |sums: &BTreeMap<MemberId, u64>| sums.get(member).copied().unwrap_or(0);
            let allowed = |since_s: u64| {
                let passed = Millis::secs(unix_s.saturating_sub(since_s)).plus(OPEN_AT_A_VISIT);
                passed.0 + self.left_by(member, |_| true)
            };
            let seen = of(&last.earned).saturating_sub(of(unseen));
            // One that saw less than the leaf of the visit before was given before that came back.
            let before = if size > last.at { of(&last.on_the_way) } else { 0 };
            seen > allowed(last.unix_s) || (last.before_s > 0 && seen + before > allowed(last.before_s))
        })
    }

    /// What members earned on these leaves, as far as they are here.
    fn earned_on(&self, leaves: Range<u64>) -> BTreeMap<MemberId, u64> {
        let mut sums = BTreeMap::new();
        for index in leaves.start.max(leaves.end.saturating_sub(UNDER_WAY))..leaves.end {
            if let Some(place) = self.places.get(&index) {
                let credit = &self.credits[place.credit];
                *sums.entry(credit.member.clone()).or_default() += credit.media.total().0;
            }
        }
        sums
    }
}
