//! The one door through which time comes in.
//!
//! A box in a village has no battery clock: it may boot in 1970, and be set to 2099 by a finger that slipped. So a
//! [`Reading`] carries two clocks. The monotonic one, counted from the kernel's boot and never set by anybody, is the
//! only one that enters a duration. The wall clock is a remark with a [`Trust`] beside it, used to name a date to people.
//!
//! A *boot* is one run of the kernel, told by its boot id and counted in the database. The monotonic clock goes on
//! across restarts of the program within a boot, so two programs on one box (the station, and a command beside it)
//! agree on the order of what they write.

use std::fmt::Debug;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::types::{Millis, Year};

/// How far the wall clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Before this program was made, or absurdly late: the clock was never set.
    Unset,
    /// A plausible date that nobody vouched for.
    Plausible,
    /// Several members' phones agree on it: provisional, until somebody better says.
    Phones,
    /// The operator set it.
    Operator,
    /// The district's clock was seen in this boot.
    District,
    /// The system says it is synchronised by network time.
    Ntp,
}

/// One look at the clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Which run of the kernel, counted from 1 in the database.
    pub boot: u32,
    /// Milliseconds since the kernel's boot, suspended time included; never goes back within a boot.
    pub mono: Millis,
    /// Milliseconds since 1970-01-01T00:00Z, as the wall clock has it. May be nonsense: see `trust`.
    pub wall_ms: i64,
    /// How far `wall_ms` can be believed.
    pub trust: Trust,
}

impl Reading {
    /// The calendar year in Chinese standard time, or [`Year::UNDECIDED`] while nobody set the clock.
    pub fn year(&self) -> Year {
        if self.trust == Trust::Unset {
            return Year::UNDECIDED;
        }
        local_date(self.wall_ms).map_or(Year::UNDECIDED, |d| Year(u16::try_from(d.year()).unwrap_or(0)))
    }
}

/// Chinese standard time everywhere: one zone for the whole country, without summer time since 1992. Fixed, because a
/// box without zone files, or with a wrong one, must not move a session across New Year.
pub const UTC_OFFSET_HOURS: i8 = 8;

/// The local calendar date of a wall-clock moment; `None` when it lies outside the calendar.
pub fn local_date(wall_ms: i64) -> Option<jiff::civil::Date> {
    local(wall_ms).map(jiff::civil::DateTime::date)
}

/// The local date and time of a wall-clock moment.
pub fn local(wall_ms: i64) -> Option<jiff::civil::DateTime> {
    let at = jiff::Timestamp::from_millisecond(wall_ms).ok()?;
    Some(jiff::tz::offset(UTC_OFFSET_HOURS).to_datetime(at))
}

const DAY_MS: i64 = 86_400_000;

/// The calendar day of a wall-clock moment, as days since 1970 in Chinese standard time.
pub fn day_of(wall_ms: i64) -> i64 {
    wall_ms
        .saturating_add(i64::from(UTC_OFFSET_HOURS) * 3_600_000)
        .div_euclid(DAY_MS)
}

/// The same of a date as people write it, `2027-01-01`; `None` if it is none.
pub fn day_named(date: &str) -> Option<i64> {
    let date: jiff::civil::Date = date.trim().parse().ok()?;
    let at = jiff::tz::offset(UTC_OFFSET_HOURS)
        .to_timestamp(date.at(0, 0, 0, 0))
        .ok()?;
    Some(day_of(at.as_millisecond()))
}

/// A source of readings.
pub trait Clock: Debug + Send + Sync {
    /// Reads both clocks now.
    fn now(&self) -> Reading;

    /// From now on, and until the program stops, the wall clock is what a better-informed party said.
    /// The system's own clock is left alone: setting it is the system's business and needs its rights.
    fn correct(&self, wall_ms: i64, trust: Trust);
}

/// A clock as rooms hold it.
pub type SharedClock = Arc<dyn Clock>;

/// No wall clock earlier than this can be right: this program did not exist (2026-01-01T00:00+08:00).
pub const EARLIEST_MS: i64 = 1_767_196_800_000;
/// Ten years on, a date is more likely a slip of the finger than this box still running unchanged.
const LATEST_PLAUSIBLE_MS: i64 = EARLIEST_MS + 10 * 365 * 86_400_000;
/// systemd-timesyncd and chrony's helper touch this when the system clock follows network time.
const NTP_MARK: &str = "/run/systemd/timesync/synchronized";
/// It is looked for so often.
const NTP_LOOK: Millis = Millis::secs(1);

/// How a wall clock is believed when neither network, district nor operator vouch for it.
pub fn plausibility(wall_ms: i64) -> Trust {
    if (EARLIEST_MS..LATEST_PLAUSIBLE_MS).contains(&wall_ms) {
        Trust::Plausible
    } else {
        Trust::Unset
    }
}

/// The machine's own clocks.
#[derive(Debug)]
pub struct SystemClock {
    boot: u32,
    correction: Mutex<Option<Correction>>,
    /// When the mark of network time was looked for last, and whether it was there: a look costs more than both clocks.
    ntp: Mutex<Option<(Millis, bool)>>,
}

/// What the district or the operator said the time is, kept as an offset to the monotonic clock of this boot.
#[derive(Debug, Clone, Copy)]
struct Correction {
    wall_minus_mono: i64,
    trust: Trust,
}

impl SystemClock {
    /// A clock for boot number `boot`.
    pub fn new(boot: u32) -> Self {
        Self {
            boot,
            correction: Mutex::new(None),
            ntp: Mutex::new(None),
        }
    }

    fn system_wall(&self, mono: Millis) -> (i64, Trust) {
        let wall_ms = unix_ms(machines());
        let trust = match plausibility(wall_ms) {
            Trust::Plausible if self.follows_network(mono) => Trust::Ntp,
            other => other,
        };
        (wall_ms, trust)
    }

    fn follows_network(&self, mono: Millis) -> bool {
        let mut ntp = self.ntp.lock().unwrap_or_else(PoisonError::into_inner);
        match *ntp {
            Some((at, follows)) if mono.minus(at) < NTP_LOOK => follows,
            _ => {
                let follows = Path::new(NTP_MARK).exists();
                *ntp = Some((mono, follows));
                follows
            }
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Reading {
        let mono = monotonic();
        let correction = *self.correction.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall_ms, trust) = match correction {
            Some(c) => (
                c.wall_minus_mono + i64::try_from(mono.0).unwrap_or(i64::MAX / 2),
                c.trust,
            ),
            None => self.system_wall(mono),
        };
        Reading {
            boot: self.boot,
            mono,
            wall_ms,
            trust,
        }
    }

    fn correct(&self, wall_ms: i64, trust: Trust) {
        let mono = monotonic();
        *self.correction.lock().unwrap_or_else(PoisonError::into_inner) = Some(Correction {
            wall_minus_mono: wall_ms - i64::try_from(mono.0).unwrap_or(0),
            trust,
        });
    }
}

/// The monotonic clock alone, for timeouts: `CLOCK_BOOTTIME`, which unlike `CLOCK_MONOTONIC` also counts while the box sleeps.
pub fn monotonic() -> Millis {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Millis(u64::try_from(t.tv_sec * 1000 + t.tv_nsec / 1_000_000).unwrap_or(0))
}

/// The present moment by the machine's wall clock, for headers of HTTP, which are hints for caches and prove nothing;
/// none while the clock was never set (RFC 9110 §5.6.7: then there is no clock).
pub fn present() -> Option<SystemTime> {
    let now = machines();
    (plausibility(unix_ms(now)) != Trust::Unset).then_some(now)
}

/// The machine's wall clock, asked through the C library: whoever wants to see the program in another year starts it under
/// `faketime`, which stands between the two.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the door through which the rule sends everybody else"
)]
fn machines() -> SystemTime {
    SystemTime::now()
}

/// Milliseconds since 1970; a clock before that was never set, and counts as its first moment.
fn unix_ms(at: SystemTime) -> i64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The kernel's id of this boot; where there is none, a fixed word, so that every start counts as the same boot and the
/// order of leaves rests on their index alone.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_or_else(|_| "unknown".to_owned(), |id| id.trim().to_owned())
}

/// A clock that stands still until a test turns it.
#[derive(Debug)]
pub struct HandClock {
    boot: u32,
    mono: AtomicU64,
    wall: AtomicI64,
}

impl HandClock {
    /// Stands at zero monotonic time and the given wall time.
    pub fn new(boot: u32, wall_ms: i64) -> Self {
        Self {
            boot,
            mono: AtomicU64::new(0),
            wall: AtomicI64::new(wall_ms),
        }
    }

    /// Turns both clocks forward.
    pub fn advance(&self, by: Millis) {
        self.mono.fetch_add(by.0, Ordering::SeqCst);
        self.wall.fetch_add(i64::try_from(by.0).unwrap_or(0), Ordering::SeqCst);
    }

    /// Sets the wall clock alone, as a slipping finger does.
    pub fn set_wall(&self, wall_ms: i64) {
        self.wall.store(wall_ms, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Reading {
        let wall_ms = self.wall.load(Ordering::SeqCst);
        Reading {
            boot: self.boot,
            mono: Millis(self.mono.load(Ordering::SeqCst)),
            wall_ms,
            trust: plausibility(wall_ms),
        }
    }

    fn correct(&self, wall_ms: i64, _: Trust) {
        self.set_wall(wall_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_in_1970_or_2099_names_no_year() {
        let clock = HandClock::new(1, 5_000);
        assert_eq!(clock.now().year(), Year::UNDECIDED);
        clock.set_wall(4_070_908_800_000);
        assert_eq!(clock.now().year(), Year::UNDECIDED);
    }

    #[test]
    fn the_year_turns_at_midnight_in_china() {
        // 2026-12-31T15:59:59Z is 23:59:59 in Beijing, one second later is the new year.
        let clock = HandClock::new(1, 1_798_732_799_000);
        assert_eq!(clock.now().year(), Year(2026));
        clock.advance(Millis::secs(1));
        assert_eq!(clock.now().year(), Year(2027));
    }

    #[test]
    fn a_day_is_named_as_it_is_counted() {
        assert_eq!(day_named("1970-01-01"), Some(0));
        assert_eq!(day_named("2027-01-01"), Some(day_of(1_798_732_800_000)));
        assert_eq!(day_of(1_798_732_799_999) + 1, day_of(1_798_732_800_000));
        assert_eq!(day_named("2027-02-30"), None);
    }

    #[test]
    fn a_correction_moves_the_wall_and_leaves_the_monotonic_clock() {
        let clock = SystemClock::new(3);
        let before = clock.now();
        clock.correct(before.wall_ms - 86_400_000, Trust::District);
        let after = clock.now();
        assert!(after.mono >= before.mono);
        assert!(after.wall_ms < before.wall_ms);
        assert_eq!((after.boot, after.trust), (3, Trust::District));
    }
}
