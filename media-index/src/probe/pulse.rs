//! Does the clock of a multiplex run through? In a recording that was put together from pieces, as downloads are, and
//! from a disc's chapters it begins anew, and the last time less the first is not how long the film plays. So the clock
//! is looked at in a few places between; where it jumps, the bytes tell the time.

use super::clock::Stamp;
use super::measure::ms;

/// Shorter films are not looked into: three seconds of a camcorder's.
const LEAST: u64 = 2 << 20;
/// Places to look at, head and tail among them.
const PLACES: u64 = 7;
/// In so many of them the clock must have been seen.
const ENOUGH: usize = 5;
/// Bytes to look at in each: the clock comes by ten times a second.
pub(super) const LOOK: u64 = 48 * 1024;
/// Half the clock's round, 13 hours: what seems to lie so far ahead lies behind.
const BACK: u64 = 1 << 32;
/// A film that runs through is not shorter than this part of what the pace says.
const SHORT: u128 = 3;
/// A minute in one look is no clock.
const MINUTE: i64 = 60 * 90_000;

/// So many ticks while so many bytes pass.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    bytes: u64,
    ticks: u64,
}

impl Pace {
    fn ticks_for(self, bytes: u64) -> u128 {
        u128::from(bytes) * u128::from(self.ticks) / u128::from(self.bytes.max(1))
    }
}

/// What the clock showed around one place of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glimpse {
    at: u64,
    clock: Stamp,
    /// From here to the last reading of the same look.
    pace: Option<Pace>,
}

impl Glimpse {
    /// Out of the readings of one look, each with its place.
    pub(super) fn of(readings: impl Iterator<Item = (u64, Stamp)>) -> Option<Self> {
        let mut readings = readings.peekable();
        let (at, clock) = *readings.peek()?;
        let mut pace = None;
        for (place, now) in readings {
            let ticks = now.since(clock);
            if (1..MINUTE).contains(&ticks) {
                pace = Some(Pace {
                    bytes: place - at,
                    ticks: u64::try_from(ticks).unwrap_or(0),
                });
            }
        }
        Some(Self { at, clock, pace })
    }
}

/// Where to look in a file of so many bytes; nowhere in a short one.
pub(super) fn places(size: u64) -> impl Iterator<Item = u64> {
    let count = if size < LEAST { 0 } else { PLACES };
    (0..count).map(move |n| (size - LOOK) / (PLACES - 1) * n)
}

/// How long a file of so many bytes plays by these glimpses. `None`: the clock runs through, or too little was seen; the
/// times in head and tail hold.
///
/// One jump back or two are bridged by the pace of all other steps. Where there are more, or where the steps take far too
/// little time, each may hide a jump: then the pace within the looks tells the length, roughly. A jump ahead cannot be
/// told from a slide that stands for an hour.
pub(super) fn corrected_ms(size: u64, glimpses: &[Glimpse]) -> Option<u64> {
    let usual = usual_pace(glimpses).filter(|_| glimpses.len() >= ENOUGH)?;
    let steps: Vec<Step> = glimpses
        .windows(2)
        .map(|pair| Step::between(pair[0], pair[1]))
        .collect();
    let (even, jumps): (Vec<&Step>, Vec<&Step>) = steps.iter().partition(|step| step.ticks.is_some());
    let sum = even.iter().fold(Pace::default(), |sum, step| Pace {
        bytes: sum.bytes + step.bytes,
        ticks: sum.ticks + step.ticks.unwrap_or(0),
    });
    let is_credible = u128::from(sum.ticks) * SHORT >= usual.ticks_for(sum.bytes);
    let pace = match jumps.len() {
        0 if is_credible => return None,
        1 | 2 if is_credible && sum.ticks > 0 => sum,
        _ => usual,
    };
    Some(ms(u64::try_from(pace.ticks_for(size)).ok()?, 1, 90_000))
}

/// The pace in the middle of those that were seen: half of the bytes pass as slowly or slower, so that a film that runs
/// through lasts at least half as long as by this pace.
fn usual_pace(glimpses: &[Glimpse]) -> Option<Pace> {
    let mut seen: Vec<Pace> = glimpses.iter().filter_map(|glimpse| glimpse.pace).collect();
    seen.sort_unstable_by_key(|pace| pace.ticks_for(LOOK));
    seen.get(seen.len() / 2).copied()
}

/// From one glimpse to the next; without ticks if the clock went back.
struct Step {
    bytes: u64,
    ticks: Option<u64>,
}

impl Step {
    fn between(from: Glimpse, to: Glimpse) -> Self {
        let ticks = u64::try_from(to.clock.since(from.clock)).ok();
        Self {
            bytes: to.at.saturating_sub(from.at),
            ticks: ticks.filter(|ticks| *ticks < BACK),
        }
    }
}
