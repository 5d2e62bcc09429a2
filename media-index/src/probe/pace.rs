//! Sound in frames that tell their own length and nothing else: how long it plays, and which time begins where.
//!
//! 1. What is short is walked from end to end.
//! 2. Of the rest, runs of frames in a few places tell how fast the bytes pass there.
//! 3. Then the middle of the stretch whose ends differ most in pace, weighed by its length, until none may be wrong by more
//!    than a quarter of a second, or so many looks were taken. Between two runs the pace is the mean of both.

use std::ops::Range;

use super::source::Source;
use crate::Damage;
use crate::timemap::Spot;

/// Bytes of one reading: a second of the richest sound, a few of the usual.
const WINDOW: u64 = 16 * 1024;
/// What is walked from end to end: two minutes of the usual.
const SHORT: u64 = 2 << 20;
const FIRST: u64 = 16;
/// Looks in all: 2 MB.
const LOOKS: u64 = 128;
const NEAR_US: u64 = 250_000;

/// Frames of so many microseconds are a run: an entry of the map.
pub(super) const ENOUGH_US: u64 = 1_000_000;

/// Frames that follow one another, `skip` bytes behind the beginning of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) skip: u64,
    pub(super) bytes: u64,
    /// Microseconds that they play.
    pub(super) us: u64,
}

/// A run and where it begins in the file.
#[derive(Debug, Clone, Copy)]
struct Placed {
    at: u64,
    run: Run,
}

impl Placed {
    fn end(self) -> u64 {
        self.at + self.run.bytes
    }

    /// Microseconds that so many bytes play at this pace.
    fn us_of(self, bytes: u64) -> u64 {
        let us = u128::from(bytes) * u128::from(self.run.us) / u128::from(self.run.bytes.max(1));
        u64::try_from(us).unwrap_or(u64::MAX)
    }

    fn is_usable(self) -> bool {
        self.run.bytes > 0 && self.run.us > 0
    }
}

/// The bytes between two runs.
struct Gap {
    bytes: Range<u64>,
    /// Microseconds that they play at the pace of the run before and of the run behind.
    us: [u64; 2],
}

impl Gap {
    fn between(from: Placed, to: Placed) -> Self {
        let bytes = from.end()..to.at.max(from.end());
        let length = bytes.end - bytes.start;
        Self {
            us: [from.us_of(length), to.us_of(length)],
            bytes,
        }
    }

    fn doubt(&self) -> u64 {
        self.us[0].abs_diff(self.us[1]) / 2
    }
}

/// Places of what lies in these bytes of the file, the end among them; the last one's time is how long it plays.
/// `run` finds the first run in some bytes, and goes no further than [`ENOUGH_US`].
pub(super) fn spots(
    source: &Source<'_>,
    sound: &Range<u64>,
    run: impl Fn(&[u8]) -> Option<Run>,
) -> Result<Vec<Spot>, Damage> {
    let look = |at: u64| -> Result<Vec<Placed>, Damage> {
        let bytes = source.read_up_to(at, WINDOW.min(sound.end.saturating_sub(at)))?;
        Ok(runs(at, &bytes, &run))
    };
    let runs = if sound.end - sound.start <= SHORT {
        walked(sound, look)?
    } else {
        sampled(sound, look)?
    };
    Ok(timed(sound, &runs))
}

/// All runs in the bytes that begin at `at` in the file.
fn runs(at: u64, bytes: &[u8], run: impl Fn(&[u8]) -> Option<Run>) -> Vec<Placed> {
    let (mut found, mut walked) = (Vec::new(), 0);
    let rest = |walked: u64| usize::try_from(walked).ok().and_then(|walked| bytes.get(walked..));
    while let Some(run) = rest(walked).and_then(&run) {
        let placed = Placed {
            at: at + walked + run.skip,
            run,
        };
        if !placed.is_usable() {
            break;
        }
        walked += run.skip + run.bytes;
        found.push(placed);
    }
    found
}

fn walked(sound: &Range<u64>, look: impl Fn(u64) -> Result<Vec<Placed>, Damage>) -> Result<Vec<Placed>, Damage> {
    let (mut runs, mut at) = (Vec::new(), sound.start);
    while at < sound.end {
        let found = look(at)?;
        at = found.last().map_or(at + WINDOW, |placed| placed.end());
        runs.extend(found);
    }
    Ok(runs)
}

fn sampled(sound: &Range<u64>, look: impl Fn(u64) -> Result<Vec<Placed>, Damage>) -> Result<Vec<Placed>, Damage> {
    let mut runs = Vec::new();
    for n in 0..FIRST {
        runs.extend(look(sound.start + (sound.end - sound.start) / FIRST * n)?);
    }
    let mut barren = Vec::new();
    for _ in FIRST..LOOKS {
        let gaps = runs.windows(2).map(|pair| Gap::between(pair[0], pair[1]));
        let open = gaps.enumerate().filter(|(_, gap)| {
            gap.doubt() > NEAR_US && gap.bytes.end - gap.bytes.start > WINDOW && !barren.contains(&gap.bytes.start)
        });
        let Some((n, gap)) = open.max_by_key(|(_, gap)| gap.doubt()) else {
            break;
        };
        let mut found = look(gap.bytes.start + (gap.bytes.end - gap.bytes.start) / 2)?;
        found.retain(|placed| placed.at > gap.bytes.start && placed.end() <= gap.bytes.end);
        if found.is_empty() {
            barren.push(gap.bytes.start);
        }
        let behind = runs.split_off(n + 1);
        runs.extend(found.into_iter().chain(behind));
    }
    Ok(runs)
}

/// The times of all runs, one behind the other.
fn timed(sound: &Range<u64>, runs: &[Placed]) -> Vec<Spot> {
    let mut us = 0_u64;
    let mut spots = vec![Spot { ms: 0, at: sound.start }];
    let mut note = |us: u64, at: u64| spots.push(Spot { ms: us / 1000, at });
    let mut before: Option<Placed> = None;
    for placed in runs {
        // Before the first run there is no sound, or it could not be read: it passes as what follows.
        let gap = match before {
            Some(before) => Gap::between(before, *placed).us.map(|us| us / 2).iter().sum(),
            None if placed.at - sound.start < WINDOW => 0,
            None => placed.us_of(placed.at - sound.start),
        };
        us = us.saturating_add(gap);
        note(us, placed.at);
        us = us.saturating_add(placed.run.us);
        note(us, placed.end().min(sound.end));
        before = Some(*placed);
    }
    if let Some(last) = before.filter(|last| last.end() < sound.end) {
        us = us.saturating_add(last.us_of(sound.end - last.end()));
        note(us, sound.end);
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of 20 ms whose first two bytes are 0x5a and their length in units of ten bytes.
    fn run(bytes: &[u8]) -> Option<Run> {
        let skip = bytes.iter().position(|byte| *byte == 0x5a)?;
        let (mut at, mut us) = (skip, 0);
        while let Some([0x5a, tens, ..]) = bytes.get(at..).filter(|_| us < ENOUGH_US) {
            at += usize::from(*tens) * 10;
            us += 20_000;
        }
        Some(Run {
            skip: skip as u64,
            bytes: (at - skip) as u64,
            us,
        })
    }

    fn frames(count: usize, tens: u8) -> Vec<u8> {
        let mut frame = vec![0; usize::from(tens) * 10];
        (frame[0], frame[1]) = (0x5a, tens);
        frame.repeat(count)
    }

    fn found(sound: &[u8]) -> Vec<Spot> {
        let source = Source::new(&sound, sound.len() as u64);
        spots(&source, &(0..sound.len() as u64), run).unwrap()
    }

    #[test]
    fn what_is_short_is_counted_frame_by_frame() {
        // 60 s in 60 KB, 20 s in 200 KB.
        let sound = [frames(3_000, 2), frames(1_000, 20)].concat();
        let spots = found(&sound);
        assert_eq!(spots.last().map(|spot| spot.ms), Some(80_000));
        assert!(spots.iter().any(|spot| spot.at.abs_diff(60_000) < WINDOW));
    }

    #[test]
    fn an_hour_of_silence_before_an_hour_of_speech_is_told_from_runs_here_and_there() {
        // 3,600 s in 3.6 MB, 3,600 s in 36 MB.
        let sound = [frames(180_000, 2), frames(180_000, 20)].concat();
        let spots = found(&sound);
        let length = spots.last().unwrap().ms;
        assert!(length.abs_diff(7_200_000) < 20_000, "{length}");
        let change = spots.iter().min_by_key(|spot| spot.at.abs_diff(3_600_000)).unwrap();
        assert!(change.ms.abs_diff(3_600_000) < 20_000, "{change:?}");
    }
}
