//! A set of media time: sorted, disjoint, half-open intervals in milliseconds. The measure of such a set is what credit
//! is made of, so counting a second twice is impossible by construction.

use serde::{Deserialize, Serialize};

use super::Millis;

/// A set of half-open intervals `[from, to)` of media time. Written in JSON as `[[from_ms, to_ms], …]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Intervals(Vec<(u64, u64)>);

impl Intervals {
    /// The empty set.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The set `[from, to)`, empty if `to <= from`.
    pub fn one(from: Millis, to: Millis) -> Self {
        Self::from(vec![(from.0, to.0)])
    }

    /// The intervals in order, as pairs of milliseconds.
    pub fn pairs(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// How much time the set holds.
    pub fn total(&self) -> Millis {
        Millis(self.0.iter().map(|(from, to)| to - from).sum())
    }

    /// Whether the set holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from([self.pairs(), other.pairs()].concat())
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut a, mut b) = (0, 0);
        let mut out = Vec::new();
        while let (Some(x), Some(y)) = (self.0.get(a), other.0.get(b)) {
            let (from, to) = (x.0.max(y.0), x.1.min(y.1));
            if from < to {
                out.push((from, to));
            }
            if x.1 < y.1 {
                a += 1;
            } else {
                b += 1;
            }
        }
        Self(out)
    }

    /// What is here and not there.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let mut cuts = other.0.iter().copied().peekable();
        for &(from, to) in &self.0 {
            let mut from = from;
            while cuts.peek().is_some_and(|cut| cut.1 <= from) {
                cuts.next();
            }
            while let Some(&(cut_from, cut_to)) = cuts.peek().filter(|cut| cut.0 < to) {
                if from < cut_from {
                    out.push((from, cut_from));
                }
                from = cut_to;
                if cut_to > to {
                    break;
                }
                cuts.next();
            }
            if from < to {
                out.push((from, to));
            }
        }
        Self(out)
    }

    /// The earliest part that measures at most `most`.
    #[must_use]
    pub fn prefix(&self, most: Millis) -> Self {
        let mut left = most.0;
        let mut out = Vec::new();
        for &(from, to) in &self.0 {
            let take = (to - from).min(left);
            if take == 0 {
                break;
            }
            out.push((from, from + take));
            left -= take;
        }
        Self(out)
    }
}

/// Sorts and merges; intervals that end before they begin vanish.
impl From<Vec<(u64, u64)>> for Intervals {
    fn from(mut pairs: Vec<(u64, u64)>) -> Self {
        pairs.retain(|(from, to)| from < to);
        pairs.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(pairs.len());
        for (from, to) in pairs {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }
}

impl From<Intervals> for Vec<(u64, u64)> {
    fn from(set: Intervals) -> Self {
        set.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pairs: &[(u64, u64)]) -> Intervals {
        Intervals::from(pairs.to_vec())
    }

    #[test]
    fn touching_and_overlapping_intervals_become_one() {
        assert_eq!(set(&[(5, 9), (0, 3), (3, 6), (20, 20)]).pairs(), [(0, 9)]);
    }

    /// Every operation against the plain definition over single milliseconds, for all small sets.
    #[test]
    fn operations_agree_with_counting_by_hand() {
        let points =
            |s: &Intervals| -> Vec<bool> { (0..7).map(|t| s.pairs().iter().any(|p| p.0 <= t && t < p.1)).collect() };
        let from_bits = |bits: u64| -> Intervals {
            set(&(0..7)
                .filter(|t| bits >> t & 1 == 1)
                .map(|t| (t, t + 1))
                .collect::<Vec<_>>())
        };
        for x in 0..128_u64 {
            for y in 0..128_u64 {
                let (a, b) = (from_bits(x), from_bits(y));
                assert_eq!(points(&a.union(&b)), points(&from_bits(x | y)), "{a:?} ∪ {b:?}");
                assert_eq!(points(&a.intersection(&b)), points(&from_bits(x & y)), "{a:?} ∩ {b:?}");
                assert_eq!(points(&a.minus(&b)), points(&from_bits(x & !y)), "{a:?} − {b:?}");
            }
        }
    }

    #[test]
    fn a_prefix_measures_what_was_asked() {
        assert_eq!(
            set(&[(0, 10), (20, 30)]).prefix(Millis(12)).pairs(),
            [(0, 10), (20, 22)]
        );
        assert_eq!(set(&[(0, 10)]).prefix(Millis(0)), Intervals::none());
    }
}
