//! Which bytes of a file hold which media time, coarsely: one entry per second, or per several in a long film.
//!
//! The credit rule asks which media a device can have seen, given the bytes that were sent to it. The answer may be a
//! second short, never a second long: an entry counts only if *all* its bytes, of picture and of sound, were sent.

mod paced;
mod packed;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use paced::Spot;
use packed::Packed;

/// More entries than this are made coarser: 4,096 seconds are over an hour at one entry a second.
pub(crate) const ENTRIES: u64 = 4_096;

/// For each step, the hull of the bytes of up to two tracks: `[from, to)` each; `(0, 0)` is nothing.
type Hulls = [(u64, u64); 2];

/// The map.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimeMap(Form);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Form {
    /// No map: time and bytes are taken to run evenly.
    #[default]
    Even,
    /// There is one, but not here (see [`crate::Maps`]): nobody may be credited by it.
    Elsewhere,
    /// Being filled: 32 bytes an entry. `step` is the milliseconds of one.
    Open { step: u64, hulls: Vec<Hulls> },
    /// As it is kept: about ten bytes an entry, shared by all who hold it.
    Packed(Arc<[u8]>),
}

impl TimeMap {
    /// An empty map for a film of this length, to be filled by [`Self::add`].
    pub(crate) fn of_length(duration_ms: u64) -> Self {
        let step = duration_ms.div_ceil(ENTRIES).max(1000);
        let count = usize::try_from(duration_ms.div_ceil(step)).unwrap_or(0);
        Self(Form::Open {
            step,
            hulls: vec![[(0, 0); 2]; count],
        })
    }

    /// A map of places where the media can be begun with (see [`Self::add_places`]).
    pub(crate) fn by_places(points: &[(u64, u64)], end: u64, duration_ms: u64) -> Self {
        let mut map = Self::of_length(duration_ms);
        map.add_places(0, points, end);
        map
    }

    /// The milliseconds of an entry and of all entries, while it is being filled.
    fn extent(&self) -> Option<(u64, u64)> {
        match &self.0 {
            Form::Open { step, hulls } if !hulls.is_empty() => Some((*step, step.saturating_mul(hulls.len() as u64))),
            _ => None,
        }
    }

    /// Enters places of `track` (a millisecond and the byte where it begins), both rising: what is shown from one to the
    /// next lies between the two, and what is shown from the last lies before `end`.
    pub(crate) fn add_places(&mut self, track: usize, points: &[(u64, u64)], end: u64) {
        for (n, (ms, at)) in points.iter().enumerate() {
            let (until, next) = points.get(n + 1).copied().unwrap_or((u64::MAX, end));
            self.add(track, *ms..until, &(*at..next));
        }
    }

    /// A map that is not here.
    pub fn elsewhere() -> Self {
        Self(Form::Elsewhere)
    }

    /// Notes that the sample of `track` (0 or 1) shown during `ms` lies at `bytes`.
    pub(crate) fn add(&mut self, track: usize, ms: Range<u64>, bytes: &Range<u64>) {
        let Form::Open { step, hulls } = &mut self.0 else {
            return;
        };
        if hulls.is_empty() || bytes.is_empty() || track > 1 {
            return;
        }
        let last = hulls.len() - 1;
        let clamp = |ms: u64| usize::try_from(ms / *step).unwrap_or(last).min(last);
        let (from, to) = (clamp(ms.start), clamp(ms.end.saturating_sub(1).max(ms.start)));
        for hulls in &mut hulls[from..=to] {
            let hull = &mut hulls[track];
            *hull = match *hull {
                (0, 0) => (bytes.start, bytes.end),
                (from, to) => (from.min(bytes.start), to.max(bytes.end)),
            };
        }
    }

    /// The same map in the form that is kept; no more can be added.
    #[must_use]
    pub(crate) fn packed(self) -> Self {
        match self.0 {
            Form::Open { hulls, .. } if hulls.is_empty() => Self(Form::Even),
            Form::Open { step, hulls } => Self(Form::Packed(packed::pack(step, &hulls))),
            form => Self(form),
        }
    }

    /// The bytes to keep: none for a film without a map. `None` for a map that is elsewhere: it was kept already.
    pub fn to_bytes(&self) -> Option<Arc<[u8]>> {
        match self.clone().packed().0 {
            Form::Even => Some(Arc::default()),
            Form::Packed(bytes) => Some(bytes),
            Form::Elsewhere | Form::Open { .. } => None,
        }
    }

    /// From the bytes that [`Self::to_bytes`] gave. Damaged ones make a map that ends early and credits less.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(if bytes.is_empty() {
            Form::Even
        } else {
            Form::Packed(bytes.into())
        })
    }

    /// The same map with every entry in its place, 32 bytes each: for a film that many ask about, since to find an entry of
    /// the kept form all before it must be read.
    #[must_use]
    pub fn opened(&self) -> Self {
        match &self.0 {
            Form::Packed(bytes) => Packed::open(bytes).map_or_else(Self::elsewhere, |packed| {
                let step = packed.step;
                let hulls: Vec<Hulls> = packed.collect();
                // A damaged one has no entries, and must not pass for a film without a map.
                if hulls.is_empty() {
                    return Self::elsewhere();
                }
                Self(Form::Open { step, hulls })
            }),
            form => Self(form.clone()),
        }
    }

    /// The media in `[from_ms, to_ms)` pieces whose bytes lie completely in `sent` (sorted, disjoint), for a file of
    /// `size` bytes that plays `duration_ms`. Pieces are sorted and disjoint.
    pub fn media_for(&self, sent: &[Range<u64>], size: u64, duration_ms: u64) -> Vec<(u64, u64)> {
        self.media_within(0..u64::MAX, sent, size, duration_ms)
    }

    /// The same where it matters: what lies outside of `within` (milliseconds) may be missing.
    pub fn media_within(
        &self,
        within: Range<u64>,
        sent: &[Range<u64>],
        size: u64,
        duration_ms: u64,
    ) -> Vec<(u64, u64)> {
        let covering = |step| Covering {
            step,
            entries: within.start / step..within.end.div_ceil(step),
            sent,
            duration_ms,
        };
        match &self.0 {
            Form::Even => evenly(sent, size, duration_ms),
            Form::Elsewhere => Vec::new(),
            Form::Open { hulls, .. } if hulls.is_empty() => evenly(sent, size, duration_ms),
            Form::Open { step, hulls } => covering(*step).of_placed(hulls),
            Form::Packed(bytes) => {
                Packed::open(bytes).map_or_else(Vec::new, |packed| covering(packed.step).of((0_u64..).zip(packed)))
            }
        }
    }
}

/// Neither picture nor sound.
const PAUSE: Hulls = [(0, 0); 2];

/// Which of some entries of a map were sent.
struct Covering<'a> {
    step: u64,
    /// The entries that matter.
    entries: Range<u64>,
    sent: &'a [Range<u64>],
    duration_ms: u64,
}

impl Covering<'_> {
    /// Begins at the first entry that matters; if that is a pause, at the one that it is seen with.
    fn of_placed(&self, hulls: &[Hulls]) -> Vec<(u64, u64)> {
        let wanted = usize::try_from(self.entries.start)
            .unwrap_or(usize::MAX)
            .min(hulls.len());
        let upto = hulls.len().min(wanted + 1);
        let begin = hulls[..upto].iter().rposition(|hulls| *hulls != PAUSE).unwrap_or(0);
        self.of((begin as u64..).zip(hulls[begin..].iter().copied()))
    }

    fn of(&self, hulls: impl Iterator<Item = (u64, Hulls)>) -> Vec<(u64, u64)> {
        let mut pieces: Vec<(u64, u64)> = Vec::new();
        let mut before = PAUSE;
        let mut seen = false;
        for (index, hulls) in hulls.take_while(|(index, _)| *index < self.entries.end) {
            // A pause without picture and sound is seen with what comes before it.
            if hulls != PAUSE {
                before = hulls;
            }
            if index < self.entries.start {
                continue;
            }
            if hulls != PAUSE || index == self.entries.start {
                seen = before != PAUSE && before.iter().all(|bytes| is_covered(*bytes, self.sent));
            }
            if !seen {
                continue;
            }
            let (from, to) = (index * self.step, ((index + 1) * self.step).min(self.duration_ms));
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
    fn the_form_that_is_kept_answers_the_same() {
        let open = map();
        let kept = TimeMap::from_bytes(&open.clone().packed().to_bytes().unwrap());
        for sent in [vec![0..5_000], vec![1000..1120], vec![1000..1120, 1240..1360], vec![]] {
            assert_eq!(kept.media_for(&sent, 5_000, 2_500), open.media_for(&sent, 5_000, 2_500));
        }
        assert_eq!(
            TimeMap::from_bytes(&TimeMap::default().to_bytes().unwrap()),
            TimeMap::default()
        );
    }

    #[test]
    fn a_map_that_is_elsewhere_or_damaged_credits_nothing_that_was_not_sent() {
        let all: &[Range<u64>] = &[0..5_000];
        assert_eq!(TimeMap::elsewhere().media_for(all, 5_000, 2_500), []);
        assert_eq!(TimeMap::from_bytes(&[0xff; 3]).media_for(all, 5_000, 2_500), []);
        let bytes = map().to_bytes().unwrap();
        assert_eq!(
            TimeMap::from_bytes(&[0xff; 3]).opened().media_for(all, 5_000, 2_500),
            []
        );
        assert_eq!(
            TimeMap::from_bytes(&bytes[..2]).opened().media_for(all, 5_000, 2_500),
            []
        );
        let cut = TimeMap::from_bytes(&bytes[..bytes.len() / 2]);
        assert!(matches!(cut.media_for(all, 5_000, 2_500)[..], [(0, 1_000)]));
    }

    #[test]
    fn a_part_of_the_film_is_judged_as_in_the_whole() {
        let mut map = TimeMap::of_length(9_500);
        for (second, at) in [(1, 100), (2, 220), (6, 700), (8, 900)] {
            map.add(0, second * 1_000..second * 1_000 + 1_000, &(at..at + 90));
        }
        let kept = map.clone().packed();
        for sent in [
            vec![0..2_000],
            vec![100..190, 700..790],
            vec![220..310, 900..990],
            vec![],
        ] {
            let whole = map.media_for(&sent, 2_000, 9_500);
            for (from, to) in (0..10_u64).flat_map(|from| (from..11).map(move |to| (from * 950, to * 950))) {
                let inside = |pieces: &[(u64, u64)]| -> Vec<bool> {
                    let has = |ms| pieces.iter().any(|piece| piece.0 <= ms && ms < piece.1);
                    (from..to).map(has).collect()
                };
                for form in [&map, &kept, &kept.opened()] {
                    let part = form.media_within(from..to, &sent, 2_000, 9_500);
                    assert_eq!(inside(&part), inside(&whole), "{from}..{to} of {sent:?}");
                }
            }
        }
    }

    #[test]
    fn the_map_of_an_hour_is_kept_in_40_kb() {
        let mut map = TimeMap::of_length(3_600_000);
        let mut at = 2_000_000;
        // 2 Mbit/s of picture that varies by half, 128 kbit/s of sound, interleaved every half second.
        for half in 0..7_200_u64 {
            let ms = half * 500..half * 500 + 500;
            let picture = 62_500 + half * 7_919 % 62_500;
            map.add(0, ms.clone(), &(at..at + picture));
            map.add(1, ms, &(at + picture..at + picture + 8_000));
            at += picture + 8_000;
        }
        let kept = map.to_bytes().unwrap().len();
        assert!(kept <= 40_000, "{kept}");
    }

    #[test]
    fn without_a_map_time_and_bytes_run_evenly_and_round_inwards() {
        let map = TimeMap::default();
        assert_eq!(map.media_for(&[0..1000], 1000, 3000), [(0, 3000)]);
        assert_eq!(map.media_for(&[1..999], 1000, 500), [(1, 499)]);
        assert_eq!(map.media_for(&[0..1000], 0, 3000), []);
    }
}
