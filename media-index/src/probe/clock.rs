//! The clock of MPEG streams: 33 bits that count 90,000 a second (ISO/IEC 13818-1 §2.4.3.7). It starts anywhere and comes
//! round after 26.5 hours, perhaps in the middle of a film.

use super::measure::ms;

/// A reading of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp(u64);

const ROUND: u64 = 1 << 33;
/// A stamp that lies so little before the first one (90 kHz) was only written later: pictures are reordered, sound
/// leads. Ten minutes.
const BEFORE: u64 = 600 * 90_000;

impl Stamp {
    pub(super) fn new(ticks: u64) -> Self {
        Self(ticks % ROUND)
    }

    /// The five bytes of a time stamp: 3, 15 and 15 bits, each group closed by a 1 (§2.4.3.6).
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let groups = bytes.get(..5)?;
        let bits = |pair: &[u8]| u64::from(pair[0]) << 7 | u64::from(pair[1] >> 1);
        let is_closed = groups.iter().step_by(2).all(|byte| byte & 1 == 1);
        let high = u64::from(groups[0] >> 1 & 7) << 30;
        is_closed.then(|| Self(high | bits(&groups[1..3]) << 15 | bits(&groups[3..5])))
    }

    /// How far the clock has gone on since `origin`.
    pub(super) fn since(self, origin: Self) -> i64 {
        let ahead = (self.0 + ROUND - origin.0) % ROUND;
        let signed = i64::try_from(ahead).unwrap_or(0);
        if ahead > ROUND - BEFORE {
            signed - (1 << 33)
        } else {
            signed
        }
    }
}

/// The first times of a stream are kept, to see the step between them.
const FIRST: usize = 64;
const STEADY: usize = 4;

/// When something begins, since the file's origin (90 kHz), and how many bytes it has; 0 if that is not known.
type Point = (i64, u32);

/// When a stream begins and ends.
#[derive(Debug, Default, Clone)]
pub(super) struct Span {
    first: Vec<Point>,
    ends: Option<(i64, Point)>,
    /// The last time but one.
    before: Option<i64>,
}

impl Span {
    pub(super) fn note(&mut self, time: i64, length: u32) {
        if self.first.len() < FIRST {
            self.first.push((time, length));
        }
        self.reach(time, length);
    }

    /// What began last has so many bytes more.
    pub(super) fn grow(&mut self, length: u32) {
        if let Some((_, known)) = self.first.last_mut().filter(|(_, known)| *known > 0) {
            *known = known.saturating_add(length);
        }
    }

    /// Notes a time that does not follow upon the last one.
    pub(super) fn reach(&mut self, time: i64, length: u32) {
        let (from, to) = self.ends.unwrap_or((time, (time, length)));
        let earlier = time.min(to.0);
        if time != to.0 && self.before.is_none_or(|before| before < earlier) {
            self.before = Some(earlier);
        }
        self.ends = Some((from.min(time), to.max((time, length))));
    }

    pub(super) fn has_begun(&self) -> bool {
        self.ends.is_some()
    }

    /// There are times, and enough of them to see the step.
    pub(super) fn is_steady(&self) -> bool {
        self.first.len() >= STEADY
    }

    /// From the first time to the end of what the last one begins.
    fn ends(&self) -> Option<(i64, i64)> {
        let (from, (to, length)) = self.ends?;
        // Where silence comes before noise, the steps and bytes of the one tell nothing of the other.
        let last_step = self.before.map(|before| to - before);
        let lasts = [self.step(), self.lasting(length), last_step]
            .into_iter()
            .flatten()
            .min();
        Some((from, to + lasts.unwrap_or(0)))
    }

    /// How long so many bytes last, as the first ones do: the last packet of sound is seldom full.
    fn lasting(&self, length: u32) -> Option<i64> {
        let (last, before) = self.first.split_last()?;
        let time = last.0 - before.first()?.0;
        let bytes: i64 = before.iter().map(|(_, length)| i64::from(*length)).sum();
        let is_known = length > 0 && time > 0 && before.iter().all(|(_, length)| *length > 0);
        is_known.then(|| time.saturating_mul(length.into()) / bytes)
    }

    /// The commonest step between times, whatever their order.
    pub(super) fn step(&self) -> Option<i64> {
        let mut times: Vec<i64> = self.first.iter().map(|(time, _)| *time).collect();
        times.sort_unstable();
        let mut steps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).filter(|step| *step > 0).collect();
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied()
    }
}

/// When the first of these spans begins (90 kHz, since the file's origin).
pub(super) fn start<'a>(spans: impl Iterator<Item = &'a Span>) -> Option<i64> {
    spans.filter_map(|span| span.ends.map(|(from, _)| from)).min()
}

/// From the beginning of the first span to the end of the last, in milliseconds.
pub(super) fn length_ms<'a>(spans: impl Iterator<Item = &'a Span>) -> Option<u64> {
    let ends = spans.filter_map(Span::ends);
    let (from, to) = ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))?;
    let ticks = u64::try_from(to - from).ok()?;
    Some(ms(ticks, 1, 90_000)).filter(|ms| *ms > 0)
}
