//! Sound and pictures in frames that tell their own length and nothing else: how long they play, and which time begins
//! where.
//!
//! 1. What is short is walked from end to end.
//! 2. Of the rest, runs of frames in a few places tell how fast the bytes pass there.
//! 3. Then the middle of the stretch whose ends differ most in pace, weighed by its length, until none may be wrong by more
//!    than a quarter of a second, or so many looks were taken. Between two runs the pace is the mean of both.

use std::ops::Range;

use super::source::Source;
use crate::Damage;
use crate::timemap::Spot;

/// How wide the looks are and how many.
pub(super) struct Looks {
    /// Bytes of one.
    window: u64,
    /// What is not longer is walked from end to end.
    short: u64,
    /// Looks in all.
    most: u64,
}

/// A look sees a second of the richest sound, a few of the usual; two minutes of the usual are walked. 2 MB in all.
pub(super) const SOUND: Looks = Looks {
    window: 16 * 1024,
    short: 2 << 20,
    most: 128,
};
/// A look sees a second of a usual film, or a picture of a rich one. 12 MB in all.
pub(super) const PICTURES: Looks = Looks {
    window: 256 * 1024,
    short: 8 << 20,
    most: 48,
};
const FIRST: u64 = 16;
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
    /// Bytes and microseconds of all that was seen in the same look: of pictures one alone would tell little.
    pace: (u64, u64),
}

impl Placed {
    fn end(self) -> u64 {
        self.at + self.run.bytes
    }

    /// Microseconds that so many bytes play at this pace.
    fn us_of(self, bytes: u64) -> u64 {
        let us = u128::from(bytes) * u128::from(self.pace.1) / u128::from(self.pace.0.max(1));
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
    media: &Range<u64>,
    looks: &Looks,
    run: impl Fn(&[u8]) -> Option<Run>,
) -> Result<Vec<Spot>, Damage> {
    let look = |within: Range<u64>| -> Result<Vec<Placed>, Damage> {
        let length = within.end.saturating_sub(within.start);
        let bytes = source.read_up_to(within.start, looks.window.min(length))?;
        Ok(runs(within.start, &bytes, &run))
    };
    let runs = if media.end - media.start <= looks.short {
        walked(media, looks, look)?
    } else {
        sampled(media, looks, look)?
    };
    Ok(timed(media, looks, &runs))
}

/// These places when all of it is known to play so long.
pub(super) fn stretched(mut spots: Vec<Spot>, ms: u64) -> Vec<Spot> {
    let seen = spots.last().map_or(0, |spot| spot.ms);
    for spot in &mut spots {
        let scaled = u128::from(spot.ms) * u128::from(ms) / u128::from(seen.max(1));
        spot.ms = u64::try_from(scaled).unwrap_or(ms);
    }
    spots
}

/// All runs in the bytes that begin at `at` in the file; one that goes on beyond them only if it is the first.
fn runs(at: u64, bytes: &[u8], run: impl Fn(&[u8]) -> Option<Run>) -> Vec<Placed> {
    let (mut found, mut walked) = (Vec::new(), 0);
    let rest = |walked: u64| usize::try_from(walked).ok().and_then(|walked| bytes.get(walked..));
    while let Some(run) = rest(walked).and_then(&run) {
        let placed = Placed {
            at: at + walked + run.skip,
            run,
            pace: (run.bytes, run.us),
        };
        walked += run.skip + run.bytes;
        if !placed.is_usable() || (walked > bytes.len() as u64 && !found.is_empty()) {
            break;
        }
        found.push(placed);
    }
    at_one_pace(found)
}

fn at_one_pace(mut runs: Vec<Placed>) -> Vec<Placed> {
    if let [first, .., last] = runs[..] {
        let us = runs.iter().map(|placed| placed.run.us).sum();
        for placed in &mut runs {
            placed.pace = (last.end() - first.at, us);
        }
    }
    runs
}

fn walked(
    media: &Range<u64>,
    looks: &Looks,
    look: impl Fn(Range<u64>) -> Result<Vec<Placed>, Damage>,
) -> Result<Vec<Placed>, Damage> {
    let (mut runs, mut at) = (Vec::new(), media.start);
    while at < media.end {
        let found = look(at..media.end)?;
        at = found.last().map_or(at + looks.window, |placed| placed.end());
        runs.extend(found);
    }
    Ok(runs)
}

fn sampled(
    media: &Range<u64>,
    looks: &Looks,
    look: impl Fn(Range<u64>) -> Result<Vec<Placed>, Damage>,
) -> Result<Vec<Placed>, Damage> {
    let mut runs: Vec<Placed> = Vec::new();
    for n in 0..FIRST {
        let mut found = look(media.start + (media.end - media.start) / FIRST * n..media.end)?;
        found.retain(|placed| runs.last().is_none_or(|last| placed.at >= last.end()));
        runs.extend(found);
    }
    let mut barren = Vec::new();
    for _ in FIRST..looks.most {
        let gaps = runs.windows(2).map(|pair| Gap::between(pair[0], pair[1]));
        let open = gaps.enumerate().filter(|(_, gap)| {
            gap.doubt() > NEAR_US
                && gap.bytes.end - gap.bytes.start > looks.window / 8
                && !barren.contains(&gap.bytes.start)
        });
        let Some((n, gap)) = open.max_by_key(|(_, gap)| gap.doubt()) else {
            break;
        };
        let mut found = look(gap.bytes.start + (gap.bytes.end - gap.bytes.start) / 2..gap.bytes.end)?;
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
fn timed(media: &Range<u64>, looks: &Looks, runs: &[Placed]) -> Vec<Spot> {
    let mut us = 0_u64;
    let mut spots = vec![Spot { ms: 0, at: media.start }];
    let mut note = |us: u64, at: u64| spots.push(Spot { ms: us / 1000, at });
    let mut before: Option<Placed> = None;
    for placed in runs {
        // Before the first run there is nothing, or it could not be read: it passes as what follows.
        let gap = match before {
            Some(before) => Gap::between(before, *placed).us.map(|us| us / 2).iter().sum(),
            None if placed.at - media.start < looks.window => 0,
            None => placed.us_of(placed.at - media.start),
        };
        us = us.saturating_add(gap);
        note(us, placed.at);
        us = us.saturating_add(placed.run.us);
        note(us, placed.end().min(media.end));
        before = Some(*placed);
    }
    if let Some(last) = before.filter(|last| last.end() < media.end) {
        us = us.saturating_add(last.us_of(media.end - last.end()));
        note(us, media.end);
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
        spots(&source, &(0..sound.len() as u64), &SOUND, run).unwrap()
    }

    #[test]
    fn what_is_short_is_counted_frame_by_frame() {
        // 60 s in 60 KB, 20 s in 200 KB.
        let sound = [frames(3_000, 2), frames(1_000, 20)].concat();
        let spots = found(&sound);
        assert_eq!(spots.last().map(|spot| spot.ms), Some(80_000));
        assert!(spots.iter().any(|spot| spot.at.abs_diff(60_000) < SOUND.window));
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
