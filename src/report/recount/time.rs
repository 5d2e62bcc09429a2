//! What the clocks allow: nobody earns faster than the box's time, nor than the district's between two visits.

use std::collections::BTreeMap;

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
    pub(super) earned: BTreeMap<MemberId, u64>,
}

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
        let now = SinceVisit {
            unix_s,
            told,
            earned: BTreeMap::new(),
        };
        let Some(last) = self.visits.insert(district, now) else {
            return;
        };
        let passed = Millis::secs(unix_s.saturating_sub(last.unix_s)).plus(OPEN_AT_A_VISIT);
        let too_much = |(member, sum): (&MemberId, &u64)| *sum > passed.0 + self.left_by(member, |_| true);
        if last.earned.iter().any(too_much) {
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
}
