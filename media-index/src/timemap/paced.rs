//! Maps of containers without an index: what is known of some places, and an even pace between them.

use super::TimeMap;

/// A place that is known: what is shown before this millisecond lies before this byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) ms: u64,
    pub(crate) at: u64,
}

impl Spot {
    /// The byte of a millisecond between this place and `next`: the byte itself, and what is left over.
    fn towards(self, next: Self, ms: u64) -> (u64, bool) {
        let (bytes, length) = (u128::from(next.at - self.at), u128::from(next.ms - self.ms));
        let scaled = bytes * u128::from(ms - self.ms);
        let byte = u64::try_from(scaled / length).map_or(next.at, |byte| self.at + byte);
        (byte, !scaled.is_multiple_of(length))
    }
}

impl TimeMap {
    /// Enters places of `track`, in their order; those that lie before their forerunner in byte or time are left out, and
    /// those beyond the film's end, whose times are a lie.
    pub(crate) fn add_spots(&mut self, track: usize, spots: &[Spot]) {
        let Some((step, length)) = self.extent() else {
            return;
        };
        let Some((mut from, rest)) = spots.split_first().map(|(first, rest)| (*first, rest)) else {
            return;
        };
        for to in rest {
            if to.at < from.at || to.ms < from.ms || to.ms > length {
                continue;
            }
            let mut ms = from.ms;
            while ms < to.ms {
                let until = to.ms.min((ms / step + 1).saturating_mul(step));
                let (begin, _) = from.towards(*to, ms);
                let (end, over) = from.towards(*to, until);
                self.add(track, ms..until, &(begin..end + u64::from(over)));
                ms = until;
            }
            from = *to;
        }
    }

    /// A map of one track by places that are known.
    pub(crate) fn by_spots(spots: &[Spot], duration_ms: u64) -> Self {
        let mut map = Self::of_length(duration_ms);
        map.add_spots(0, spots);
        map
    }

    /// The map of something that plays at an even pace from byte `begin` to byte `end` of a file of `size` bytes. Where that
    /// is all of the file but a hundredth, no map is as good, and takes no room.
    pub(crate) fn evenly_within(begin: u64, end: u64, size: u64, duration_ms: u64) -> Self {
        let outside = size.saturating_sub(end.saturating_sub(begin));
        if outside.saturating_mul(100) < size || end <= begin {
            return Self::default();
        }
        let end = Spot {
            ms: duration_ms,
            at: end,
        };
        Self::by_spots(&[Spot { ms: 0, at: begin }, end], duration_ms)
    }
}

#[cfg(test)]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "one piece was sent, not each of its bytes"
)]
mod tests {
    use super::*;

    fn of(spots: &[(u64, u64)], ms: u64) -> TimeMap {
        let spots: Vec<Spot> = spots.iter().map(|(ms, at)| Spot { ms: *ms, at: *at }).collect();
        let mut map = TimeMap::of_length(ms);
        map.add_spots(0, &spots);
        map
    }

    #[test]
    fn between_two_places_bytes_and_time_run_evenly() {
        // Ten seconds of black in 1,000 bytes, ten of noise in 100,000.
        let map = of(&[(0, 50), (10_000, 1_050), (20_000, 101_050)], 20_000);
        let upto = |to: u64| map.media_for(&[0..to], 101_050, 20_000);
        assert_eq!(upto(50), []);
        assert_eq!(upto(1_050), [(0, 10_000)]);
        assert_eq!(upto(550), [(0, 5_000)]);
        assert_eq!(upto(549), [(0, 4_000)], "a byte of the fifth second is missing");
        assert_eq!(upto(51_050), [(0, 15_000)]);
        assert_eq!(map.media_for(&[21_050..31_050], 101_050, 20_000), [(12_000, 13_000)]);
    }

    #[test]
    fn a_place_that_lies_before_its_forerunner_is_left_out() {
        let with = of(
            &[(0, 0), (4_000, 400), (3_000, 500), (5_000, 300), (10_000, 1_000)],
            10_000,
        );
        assert_eq!(with, of(&[(0, 0), (4_000, 400), (10_000, 1_000)], 10_000));
    }

    #[test]
    fn a_time_of_ages_beyond_the_end_is_left_out_at_once() {
        let with = of(&[(0, 0), (u64::MAX - 1, 400), (10_000, 1_000)], 10_000);
        assert_eq!(with, of(&[(0, 0), (10_000, 1_000)], 10_000));
    }

    #[test]
    fn a_film_that_claims_to_last_for_ages_has_a_map_all_the_same() {
        let map = of(&[(0, 0), (u64::MAX, 4_096)], u64::MAX);
        assert_eq!(map.media_within(0..1, &[0..2], 4_096, u64::MAX), [(0, 1 << 52)]);
    }

    #[test]
    fn what_lies_around_the_sound_is_nothing_that_was_heard() {
        let map = TimeMap::evenly_within(40_000, 140_000, 200_000, 10_000);
        assert_eq!(map.media_for(&[0..40_000, 140_000..200_000], 200_000, 10_000), []);
        assert_eq!(map.media_for(&[0..90_000], 200_000, 10_000), [(0, 5_000)]);
        assert_eq!(TimeMap::evenly_within(44, 200_000, 200_000, 10_000), TimeMap::default());
    }
}
