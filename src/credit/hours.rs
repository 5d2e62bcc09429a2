//! Hours 学时 as a view of credited milliseconds: weights, caps and rounding of the policy, in that order.
//!
//! Seconds are what is logged; hours are what is shown. They are always split by mode, and the parts add up to the sum.

use std::collections::BTreeMap;

use super::Policy;
use super::policy::Round;
use crate::types::{Hours, ItemId, Millis, Mode};

/// A piece of credit as far as hours are concerned. Pieces are given in the order in which they were earned, because a
/// cap cuts what comes last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earned {
    /// The calendar day, as days since 1970 in Chinese standard time; any constant while the date is unknown.
    pub day: i64,
    /// How.
    pub mode: Mode,
    /// In which item.
    pub item: ItemId,
    /// How much.
    pub credit: Millis,
}

/// Hours of one member in one year under one policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Sum, cut to the policy's step.
    pub total: Hours,
    /// The same by mode; adds up to `total`.
    pub by_mode: BTreeMap<Mode, Hours>,
    /// Credited time before weights, caps and rounding.
    pub raw: Millis,
}

/// Adds up.
pub fn tally(policy: &Policy, pieces: impl IntoIterator<Item = Earned>) -> Tally {
    let mut raw = Millis::ZERO;
    let mut counted: BTreeMap<Mode, u64> = BTreeMap::new();
    let mut days: BTreeMap<i64, Room> = BTreeMap::new();
    let mut items: BTreeMap<ItemId, Room> = BTreeMap::new();
    for piece in pieces {
        raw = raw.plus(piece.credit);
        let weighed = weigh(piece.credit, policy.weight(piece.mode));
        let item = items.entry(piece.item).or_insert(Room(policy.per_item_cap));
        let weighed = item.take(weighed);
        let day = days.entry(piece.day).or_insert(Room(day_cap(policy)));
        *counted.entry(piece.mode).or_default() += day.take(weighed).0;
    }
    cut(policy, raw, &counted)
}

/// What still fits under a cap; `None` is without end.
struct Room(Option<Millis>);

impl Room {
    fn take(&mut self, wanted: Millis) -> Millis {
        let Some(left) = &mut self.0 else {
            return wanted;
        };
        let taken = wanted.min(*left);
        *left = left.minus(taken);
        taken
    }
}

fn day_cap(policy: &Policy) -> Option<Millis> {
    policy
        .per_day_cap
        .map(|cap| Millis(u64::from(cap.hundredths()) * policy.hour.0 / 100))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a weight is 0 to 1 and a year has 3·10^10 ms: f64 holds both exactly enough to floor to a millisecond"
)]
fn weigh(credit: Millis, weight: f64) -> Millis {
    Millis((credit.0 as f64 * weight) as u64)
}

/// Cuts the sum to the step and shares its steps out by largest remainder, so that the parts add up to the sum.
fn cut(policy: &Policy, raw: Millis, counted: &BTreeMap<Mode, u64>) -> Tally {
    let step = (u64::from(policy.round_to.hundredths()) * policy.hour.0 / 100).max(1);
    let sum: u64 = counted.values().sum();
    let steps = match policy.round {
        Round::Floor => sum / step,
        Round::Nearest => (sum + step / 2) / step,
    };
    let mut parts: Vec<(Mode, u64, u64)> = counted.iter().map(|(mode, ms)| (*mode, ms / step, ms % step)).collect();
    parts.sort_by_key(|(mode, _, rest)| (std::cmp::Reverse(*rest), *mode));
    let mut left = steps - parts.iter().map(|(_, whole, _)| whole).sum::<u64>();
    for (_, whole, _) in &mut parts {
        let more = left.min(1);
        *whole += more;
        left -= more;
    }
    let hours = |steps: u64| policy.round_to.times(steps);
    Tally {
        total: hours(steps),
        by_mode: parts.into_iter().map(|(mode, whole, _)| (mode, hours(whole))).collect(),
        raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(day: i64, mode: Mode, minutes: u64) -> Earned {
        let item = ItemId::from_digest(&[u8::try_from(minutes % 251).unwrap(); 32]);
        Earned {
            day,
            mode,
            item,
            credit: Millis::secs(minutes * 60),
        }
    }

    #[test]
    fn hours_are_floored_to_a_tenth_and_the_parts_add_up() {
        let pieces = [
            piece(1, Mode::Alone, 65),
            piece(2, Mode::Screening, 64),
            piece(3, Mode::MakeUp, 3),
        ];
        let tally = tally(&Policy::built_in(), pieces);
        assert_eq!(tally.total.to_string(), "2.2");
        let parts: u32 = tally.by_mode.values().map(|h| h.hundredths()).sum();
        assert_eq!(parts, tally.total.hundredths());
    }

    #[test]
    fn a_day_counts_eight_hours_at_most() {
        let pieces = [
            piece(1, Mode::Alone, 300),
            piece(1, Mode::Screening, 301),
            piece(2, Mode::Alone, 59),
        ];
        let tally = tally(&Policy::built_in(), pieces);
        assert_eq!(tally.total.to_string(), "8.9");
        assert_eq!(tally.by_mode[&Mode::Screening].to_string(), "3.0");
        assert_eq!(tally.raw, Millis::secs(660 * 60));
    }

    #[test]
    fn nothing_earned_is_nothing_shown() {
        assert_eq!(tally(&Policy::built_in(), []), Tally::default());
    }
}
