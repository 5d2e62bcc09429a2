//! Which time begins where, in a container without an index: found by looking in a bounded number of places.
//!
//! 1. The middle, the middles of both halves, and so on: sixteen stretches.
//! 2. Then the middle of the stretch that is least known: the one whose last look was the furthest from what an even pace
//!    had foretold. So a film of an even rate costs fifteen looks, and a lecture of slides and film as many as it needs.
//! 3. Until every stretch runs evenly to half a second, or so many looks were taken.

use crate::timemap::Spot;
use crate::{Damage, TimeMap};

/// Looks in all. Each is a few ten kilobytes and a movement of the disk's arm: a second for the longest film, once.
const LOOKS: usize = 96;
/// Sixteen stretches are looked into, whatever they seem to be like.
const SPREAD: u32 = 4;
/// An entry of the map is a second or more.
const NEAR_MS: u64 = 500;
/// Stretches of fewer bytes are a second even of silence.
const NEAR: u64 = 256;
/// Where to look from, in parts of 256 of a stretch: where a look finds nothing new, the next may. What is heavy mostly lies
/// behind what is light, so that the last ones are near to the beginning.
const PARTS: [u64; 6] = [128, 64, 192, 16, 4, 1];
/// A look that found no place at all counts for so many: no film lies there.
const BLANK: usize = 3;

struct Stretch {
    from: Spot,
    to: Spot,
    /// How often it was halved.
    depth: u32,
    /// How many milliseconds an even pace may be wrong by.
    doubt: u64,
    /// Looks that found nothing.
    missed: usize,
}

impl Stretch {
    fn length(&self) -> u64 {
        self.to.ms.saturating_sub(self.from.ms)
    }

    /// Where to look next; nowhere if enough is known.
    fn next(&self) -> Option<u64> {
        let bytes = self.to.at.saturating_sub(self.from.at);
        let is_open = self.doubt > NEAR_MS && bytes > NEAR;
        let part = PARTS.get(self.missed).filter(|_| is_open)?;
        Some(self.from.at + bytes / 256 * part)
    }

    /// How far the time of this place is from what an even pace foretells.
    fn deviation(&self, spot: Spot) -> u64 {
        let share = u128::from(spot.at - self.from.at) * u128::from(self.length());
        let foretold = share / u128::from((self.to.at - self.from.at).max(1));
        spot.ms.abs_diff(self.from.ms + u64::try_from(foretold).unwrap_or(0))
    }

    /// Both parts, if the place lies between the ends in byte and in time.
    fn split(&self, spot: Spot) -> Option<[Self; 2]> {
        let lies_within =
            (self.from.at + 1..self.to.at).contains(&spot.at) && (self.from.ms..=self.to.ms).contains(&spot.ms);
        let part = |from: Spot, to: Spot| Self {
            from,
            to,
            depth: self.depth + 1,
            doubt: if self.depth + 1 < SPREAD {
                u64::MAX
            } else {
                self.deviation(spot).min(to.ms - from.ms)
            },
            missed: 0,
        };
        lies_within.then(|| [part(self.from, spot), part(spot, self.to)])
    }
}

/// Places from `from` to `to`, both among them, in their order. `look` tells the first place that it knows at or behind a
/// byte, if one is near.
pub(super) fn survey(
    from: Spot,
    to: Spot,
    mut look: impl FnMut(u64) -> Result<Option<Spot>, Damage>,
) -> Result<Vec<Spot>, Damage> {
    let mut stretches = vec![Stretch {
        from,
        to,
        depth: 0,
        doubt: u64::MAX,
        missed: 0,
    }];
    for _ in 0..LOOKS {
        let Some((index, at)) = least_known(&stretches) else {
            break;
        };
        let stretch = &mut stretches[index];
        let spot = look(at)?;
        match spot.and_then(|spot| stretch.split(spot)) {
            Some([first, second]) => {
                stretches[index] = second;
                stretches.insert(index, first);
            }
            None => stretch.missed += if spot.is_some() { 1 } else { BLANK },
        }
    }
    let ends = stretches.iter().map(|stretch| stretch.to);
    Ok(std::iter::once(from).chain(ends).collect())
}

/// The map of two tracks that lie between these ends, or of one. `look` tells the first place of each that it knows at or
/// behind a byte; those of the first track tell where to look next, those of the other come by. Some programs write a time
/// that stands still: such a track tells nothing.
pub(super) fn map_of(
    ends: [Spot; 2],
    has_second: bool,
    mut look: impl FnMut(u64) -> Result<[Option<Spot>; 2], Damage>,
) -> Result<TimeMap, Damage> {
    let mut second = Vec::new();
    let first = survey(ends[0], ends[1], |at| {
        let [one, other] = look(at)?;
        second.extend(other);
        Ok(one)
    })?;
    let runs = |spots: &[Spot]| spots.iter().any(|spot| spot.ms > ends[1].ms / 2);
    if !runs(&first[..first.len() - 1]) {
        return Ok(TimeMap::default());
    }
    let mut map = TimeMap::of_length(ends[1].ms);
    map.add_spots(0, &first);
    if has_second && runs(&second) {
        second.extend(ends);
        second.sort_unstable_by_key(|spot| (spot.at, spot.ms));
        map.add_spots(1, &second);
    }
    Ok(map)
}

/// The stretch with the greatest doubt, among equals the longest, and where to look in it; where looks were in vain others
/// come first.
fn least_known(stretches: &[Stretch]) -> Option<(usize, u64)> {
    let open = stretches
        .iter()
        .enumerate()
        .filter_map(|(n, stretch)| Some((n, stretch.next()?)));
    open.max_by_key(|(n, _)| {
        let stretch = &stretches[*n];
        (stretch.doubt >> stretch.missed, stretch.length())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A film whose time at a byte this function tells.
    fn surveyed(size: u64, ms: u64, time: impl Fn(u64) -> u64) -> (Vec<Spot>, usize) {
        let mut looks = 0;
        let spots = survey(Spot { ms: 0, at: 0 }, Spot { ms, at: size }, |at| {
            looks += 1;
            Ok(Some(Spot { ms: time(at), at }))
        });
        (spots.unwrap(), looks)
    }

    /// By an even pace between the places, the time at a byte.
    fn told(spots: &[Spot], at: u64) -> u64 {
        let next = spots.partition_point(|spot| spot.at <= at).min(spots.len() - 1);
        let (from, to) = (spots[next - 1], spots[next]);
        from.ms + (to.ms - from.ms) * (at - from.at) / (to.at - from.at)
    }

    #[test]
    fn an_even_film_is_looked_at_in_fifteen_places() {
        let (spots, looks) = surveyed(1 << 30, 3_600_000, |at| at * 3_600_000 / (1 << 30));
        assert_eq!((spots.len(), looks), (17, 15));
    }

    #[test]
    fn an_hour_of_slides_before_an_hour_of_film_is_true_to_a_second() {
        // 3,600 s in 20 MB, then 3,600 s in 2 GB.
        let (slides, size) = (20 << 20, (20 << 20) + (2 << 30));
        let time = |at: u64| {
            if at < slides {
                at * 3_600_000 / slides
            } else {
                3_600_000 + (at - slides) * 3_600_000 / (size - slides)
            }
        };
        let (spots, looks) = surveyed(size, 7_200_000, time);
        assert!(looks <= LOOKS);
        for at in (0..size).step_by(3 << 20) {
            let (told, true_ms) = (told(&spots, at), time(at));
            assert!(told.abs_diff(true_ms) <= 1_000, "{told} instead of {true_ms} at {at}");
        }
    }

    #[test]
    fn no_more_than_the_bound_is_looked_at_whatever_the_times_say() {
        let (spots, looks) = surveyed(1 << 40, 1 << 40, |at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24);
        assert!(looks <= LOOKS);
        assert!(spots.is_sorted_by_key(|spot| (spot.at, spot.ms)));
    }

    #[test]
    fn a_track_whose_time_stands_still_tells_nothing() {
        let ends = [
            Spot { ms: 0, at: 0 },
            Spot {
                ms: 60_000,
                at: 1 << 20,
            },
        ];
        let runs = |at: u64| {
            Some(Spot {
                ms: (at * 60_000) >> 20,
                at,
            })
        };
        let stands = |at: u64| Some(Spot { ms: 0, at });
        let alone = map_of(ends, false, |at| Ok([runs(at), None])).unwrap();
        assert_ne!(alone, TimeMap::default());
        assert_eq!(map_of(ends, true, |at| Ok([runs(at), stands(at)])).unwrap(), alone);
        assert_ne!(map_of(ends, true, |at| Ok([runs(at), runs(at)])).unwrap(), alone);
        assert_eq!(
            map_of(ends, false, |at| Ok([stands(at), None])).unwrap(),
            TimeMap::default()
        );
    }

    #[test]
    fn where_nothing_tells_the_time_the_ends_are_all() {
        let mut looks = 0;
        let ends = [Spot { ms: 0, at: 0 }, Spot { ms: 9_000, at: 1 << 30 }];
        let spots = survey(ends[0], ends[1], |_| {
            looks += 1;
            Ok(None)
        });
        assert_eq!(spots.unwrap(), ends);
        assert_eq!(looks, PARTS.len() / BLANK);
    }
}
