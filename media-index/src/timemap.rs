//! Which bytes of a file hold which media time, coarsely: one entry per second, or per several in a long film.
//!
//! The credit rule asks which media a device can have seen, given the bytes that were sent to it. The answer may be a
//! second short, never a second long: an entry counts only if *all* its bytes, of picture and of sound, were sent.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// More entries than this are made coarser: 4,096 seconds are over an hour at one entry a second.
pub(crate) const ENTRIES: u64 = 4_096;

/// The map. Empty: time and bytes are taken to run evenly.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TimeMap {
    /// Milliseconds per entry.
    step: u64,
    /// For each step, the hull of the bytes of up to two tracks: `[from, to)` each; `(0, 0)` is nothing.
    #[serde(with = "steps")]
    steps: Steps,
}

/// Shared by what is known and every snapshot of it: the map of an hour has 115 KB.
type Steps = Arc<Vec<[(u64, u64); 2]>>;

/// Kept as a plain list.
mod steps {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Steps;

    pub(super) fn serialize<S: Serializer>(steps: &Steps, to: S) -> Result<S::Ok, S::Error> {
        steps.as_ref().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Steps, D::Error> {
        Vec::deserialize(from).map(Arc::new)
    }
}

impl TimeMap {
    /// An empty map for a film of this length, to be filled by [`Self::add`].
    pub(crate) fn of_length(duration_ms: u64) -> Self {
        let step = duration_ms.div_ceil(ENTRIES).max(1000);
        let count = usize::try_from(duration_ms.div_ceil(step)).unwrap_or(0);
        Self {
            step,
            steps: Arc::new(vec![[(0, 0); 2]; count]),
        }
    }

    /// Notes that the sample of `track` (0 or 1) shown during `ms` lies at `bytes`.
    pub(crate) fn add(&mut self, track: usize, ms: Range<u64>, bytes: &Range<u64>) {
        if self.steps.is_empty() || bytes.is_empty() || track > 1 {
            return;
        }
        let last = self.steps.len() - 1;
        let clamp = |ms: u64| usize::try_from(ms / self.step).unwrap_or(last).min(last);
        let (from, to) = (clamp(ms.start), clamp(ms.end.saturating_sub(1).max(ms.start)));
        for step in &mut Arc::make_mut(&mut self.steps)[from..=to] {
            let hull = &mut step[track];
            *hull = match *hull {
                (0, 0) => (bytes.start, bytes.end),
                (from, to) => (from.min(bytes.start), to.max(bytes.end)),
            };
        }
    }

    /// The media in `[from_ms, to_ms)` pieces whose bytes lie completely in `sent` (sorted, disjoint), for a file of
    /// `size` bytes that plays `duration_ms`. Pieces are sorted and disjoint.
    pub fn media_for(&self, sent: &[Range<u64>], size: u64, duration_ms: u64) -> Vec<(u64, u64)> {
        if self.steps.is_empty() {
            return evenly(sent, size, duration_ms);
        }
        let mut pieces: Vec<(u64, u64)> = Vec::new();
        let mut seen = false;
        for (index, step) in (0_u64..).zip(self.steps.iter()) {
            // A pause without picture and sound is seen with what comes before it.
            let is_pause = *step == [(0, 0); 2];
            seen = if is_pause {
                seen
            } else {
                step.iter().all(|bytes| is_covered(*bytes, sent))
            };
            if !seen {
                continue;
            }
            let (from, to) = (index * self.step, ((index + 1) * self.step).min(duration_ms));
            match pieces.last_mut() {
                Some(last) if last.1 == from => last.1 = to,
                _ => pieces.push((from, to)),
            }
        }
        pieces
    }
}

fn is_covered((from, to): (u64, u64), sent: &[Range<u64>]) -> bool {
    let at = sent.partition_point(|piece| piece.end <= from);
    from == to || sent.get(at).is_some_and(|piece| piece.start <= from && to <= piece.end)
}

/// Without a map: bytes and time run evenly, rounded inwards.
fn evenly(sent: &[Range<u64>], size: u64, duration_ms: u64) -> Vec<(u64, u64)> {
    if size == 0 {
        return Vec::new();
    }
    let scale = |byte: u64| u128::from(byte.min(size)) * u128::from(duration_ms);
    let down = |byte| u64::try_from(scale(byte) / u128::from(size)).unwrap_or(duration_ms);
    let up = |byte| u64::try_from(scale(byte).div_ceil(u128::from(size))).unwrap_or(duration_ms);
    let pieces = sent.iter().map(|piece| (up(piece.start), down(piece.end)));
    pieces.filter(|(from, to)| from < to).collect()
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "one piece was sent, not each of its bytes"
)]
mod tests {
    use super::*;

    /// Three seconds, 100 bytes of picture and 20 of sound each, interleaved; the last second is half.
    fn map() -> TimeMap {
        let mut map = TimeMap::of_length(2_500);
        for (second, at) in (0..3).zip((1000..).step_by(120)) {
            let ms = second * 1000..((second + 1) * 1000).min(2500);
            map.add(0, ms.clone(), &(at..at + 100));
            map.add(1, ms, &(at + 100..at + 120));
        }
        map
    }

    #[test]
    fn a_second_counts_when_all_its_bytes_were_sent() {
        let all = |sent: &[Range<u64>]| map().media_for(sent, 5_000, 2_500);
        assert_eq!(all(&[0..5_000]), [(0, 2_500)]);
        assert_eq!(all(&[1000..1120]), [(0, 1000)]);
        assert_eq!(all(&[1000..1239]), [(0, 1000)], "one byte of sound is missing");
        assert_eq!(all(&[1000..1120, 1240..1360]), [(0, 1000), (2000, 2500)]);
        assert_eq!(all(&[]), []);
    }

    #[test]
    fn a_pause_is_seen_with_what_comes_before_it_and_not_for_nothing() {
        let mut map = TimeMap::of_length(4_000);
        map.add(0, 1_000..2_000, &(100..200));
        assert_eq!(map.media_for(&[0..50], 200, 4_000), []);
        assert_eq!(map.media_for(&[0..200], 200, 4_000), [(1_000, 4_000)]);
    }

    #[test]
    fn without_a_map_time_and_bytes_run_evenly_and_round_inwards() {
        let map = TimeMap::default();
        assert_eq!(map.media_for(&[0..1000], 1000, 3000), [(0, 3000)]);
        assert_eq!(map.media_for(&[1..999], 1000, 500), [(1, 499)]);
        assert_eq!(map.media_for(&[0..1000], 0, 3000), []);
    }
}
