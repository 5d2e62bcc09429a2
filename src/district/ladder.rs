//! How grave an alert is, and whose it is by now: the ladder from station to township to district. Pure.
//!
//! What touches the log itself is the district's at once: nobody at the station can put it right, and somebody there may
//! have done it. What a telephone call settles is the station's first, then the township's, then the district's. An alert
//! that was acknowledged climbs no further.

use super::alarms::Alarm;

/// How grave it is. The gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The log may have been changed, or taken back.
    Grave,
    /// Credit that cannot be, or that rests on one person's word.
    Serious,
    /// The station needs a call.
    Notice,
}

/// Whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// 站点.
    Station,
    /// 乡镇.
    Township,
    /// 区县.
    District,
}

/// What stops a station's cosignatures, or says that its log went back.
const GRAVE: [&str; 7] = [
    "rollback",
    "fork",
    "fork_somewhere",
    "bad_checkpoint",
    "not_this_epoch",
    "omitted",
    "suspected",
];
/// What a call settles.
const NOTICE: [&str; 4] = ["silent", "clock", "restored", "older"];

const DAY_S: i64 = 86_400;

impl Severity {
    /// Of a kind of alert, in the word of [`super::Alert::kind`].
    pub fn of(kind: &str) -> Self {
        if GRAVE.contains(&kind) {
            Self::Grave
        } else if NOTICE.contains(&kind) {
            Self::Notice
        } else {
            Self::Serious
        }
    }

    /// Days after which it climbs to the township, and to the district. A week is a round of village meetings, a month the
    /// rhythm of reports.
    const fn climbs(self) -> (i64, i64) {
        match self {
            Self::Grave => (0, 0),
            Self::Serious => (3, 7),
            Self::Notice => (7, 30),
        }
    }
}

impl Rung {
    /// Whose an alert of this gravity is after so many seconds.
    pub fn after(severity: Severity, seconds: i64) -> Self {
        let (township, district) = severity.climbs();
        if seconds >= district * DAY_S {
            Self::District
        } else if seconds >= township * DAY_S {
            Self::Township
        } else {
            Self::Station
        }
    }

    /// Days until it climbs further; none from the district on.
    pub fn climbs_in(severity: Severity, seconds: i64) -> Option<i64> {
        let (township, district) = severity.climbs();
        let next = match Self::after(severity, seconds) {
            Self::Station => township,
            Self::Township => district,
            Self::District => return None,
        };
        Some((next * DAY_S - seconds).div_euclid(DAY_S) + 1)
    }
}

impl Alarm {
    /// How grave it is.
    pub fn severity(&self) -> Severity {
        Severity::of(&self.kind)
    }

    /// Whose it is at this time, seconds since 1970.
    pub fn rung(&self, now_s: i64) -> Rung {
        Rung::after(self.severity(), now_s - self.at_s)
    }

    /// Days until it climbs further.
    pub fn climbs_in(&self, now_s: i64) -> Option<i64> {
        Rung::climbs_in(self.severity(), now_s - self.at_s)
    }
}

/// The gravest first; among equals, whose is highest; then the oldest, which waits longest.
pub(super) fn in_order(mut alarms: Vec<Alarm>, now_s: i64) -> Vec<Alarm> {
    alarms.sort_by_key(|alarm| {
        let highest_first = std::cmp::Reverse(alarm.rung(now_s));
        (alarm.severity(), highest_first, alarm.at_s, alarm.key)
    });
    alarms
}

#[cfg(test)]
mod tests {
    use super::Rung::{District, Station, Township};
    use super::*;

    fn alarm(key: i64, kind: &str, at_days: i64) -> Alarm {
        Alarm {
            key,
            station: "station/17".into(),
            kind: kind.into(),
            evidence: Vec::new(),
            at_s: at_days * DAY_S,
            last_s: 0,
            times: 1,
            ended_s: None,
            acked: None,
        }
    }

    #[test]
    fn a_changed_log_is_the_districts_at_once() {
        for kind in GRAVE {
            assert_eq!(
                (Severity::of(kind), alarm(1, kind, 5).rung(5 * DAY_S)),
                (Severity::Grave, District)
            );
        }
        assert_eq!(alarm(1, "fork", 5).climbs_in(5 * DAY_S), None, "there is nobody above");
    }

    #[test]
    fn credit_that_cannot_be_climbs_after_three_days_and_after_a_week() {
        let rungs =
            |kind, days: &[i64]| -> Vec<Rung> { days.iter().map(|day| alarm(1, kind, 0).rung(day * DAY_S)).collect() };
        assert_eq!(
            rungs("all_ticked", &[0, 2, 3, 6, 7, 90]),
            [Station, Station, Township, Township, District, District]
        );
        assert_eq!(
            rungs("silent", &[6, 7, 29, 30]),
            [Station, Township, Township, District]
        );
        assert_eq!(alarm(1, "too_many_hours", 0).climbs_in(DAY_S), Some(3));
        assert_eq!(alarm(1, "silent", 0).climbs_in(29 * DAY_S), Some(2));
    }

    #[test]
    fn the_gravest_stands_first_then_whose_is_highest_then_the_oldest() {
        let now = 10 * DAY_S;
        let alarms = vec![
            alarm(1, "silent", 0),
            alarm(2, "all_ticked", 9),
            alarm(3, "fork", 9),
            alarm(4, "count", 1),
            alarm(5, "rollback", 8),
            alarm(6, "all_ticked", 2),
        ];
        let keys: Vec<i64> = in_order(alarms, now).iter().map(|alarm| alarm.key).collect();
        assert_eq!(keys, [5, 3, 4, 6, 2, 1]);
    }
}
