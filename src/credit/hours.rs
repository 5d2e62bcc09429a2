//! Hours 学时 as a view of credited milliseconds: weights, caps and rounding of the policy, in that order.
//!
//! Seconds are what is logged; hours are what is shown. They are always split by mode, and the parts add up to the sum.

use std::collections::BTreeMap;

use super::policy::Round;
use super::{Policies, Policy};
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

/// Hours of one member in one year, by the policies of its days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Sum, cut to the policy's step.
    pub total: Hours,
    /// The same by mode; adds up to `total`.
    pub by_mode: BTreeMap<Mode, Hours>,
    /// Credited time before weights, caps and rounding.
    pub raw: Millis,
    /// The names of the policies that weighed it, in the order of their use.
    pub policies: Vec<String>,
}

/// Parts of an hour in which modes are added up: fine enough that a floor loses less than a millisecond, and each step
/// of every policy is a whole number of them.
const HOUR: u128 = 3_600_000_000_000;

/// Adds up, each piece by the policy of its day.
pub fn tally(policies: &Policies, pieces: impl IntoIterator<Item = Earned>) -> Tally {
    let mut raw = Millis::ZERO;
    let mut counted: BTreeMap<Mode, u128> = BTreeMap::new();
    let mut days: BTreeMap<i64, Millis> = BTreeMap::new();
    let mut items: BTreeMap<ItemId, Millis> = BTreeMap::new();
    let mut names: Vec<String> = Vec::new();
    let mut latest = i64::MIN;
    for piece in pieces {
        let policy = policies.on(piece.day);
        latest = latest.max(piece.day);
        raw = raw.plus(piece.credit);
        let weighed = weigh(piece.credit, policy.weight(piece.mode));
        let weighed = fit(items.entry(piece.item).or_default(), policy.per_item_cap, weighed);
        let weighed = fit(days.entry(piece.day).or_default(), day_cap(policy), weighed);
        *counted.entry(piece.mode).or_default() += u128::from(weighed.0) * HOUR / u128::from(policy.hour.0.max(1));
        if !names.contains(&policy.name) {
            names.push(policy.name.clone());
        }
    }
    let (total, by_mode) = cut(policies.on(latest), &counted);
    Tally {
        total,
        by_mode,
        raw,
        policies: names,
    }
}

/// What of `wanted` still fits under a cap of which `used` is used up; `None` is without end.
fn fit(used: &mut Millis, cap: Option<Millis>, wanted: Millis) -> Millis {
    let taken = cap.map_or(wanted, |cap| wanted.min(cap.minus(*used)));
    *used = used.plus(taken);
    taken
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
fn cut(policy: &Policy, counted: &BTreeMap<Mode, u128>) -> (Hours, BTreeMap<Mode, Hours>) {
    let step = (u128::from(policy.round_to.hundredths()) * HOUR / 100).max(1);
    let sum: u128 = counted.values().sum();
    let steps = match policy.round {
        Round::Floor => sum / step,
        Round::Nearest => (sum + step / 2) / step,
    };
    let mut parts: Vec<(Mode, u128, u128)> = counted.iter().map(|(mode, n)| (*mode, n / step, n % step)).collect();
    parts.sort_by_key(|(mode, _, rest)| (std::cmp::Reverse(*rest), *mode));
    let mut left = steps - parts.iter().map(|(_, whole, _)| whole).sum::<u128>();
    for (_, whole, _) in &mut parts {
        let more = left.min(1);
        *whole += more;
        left -= more;
    }
    let hours = |steps: u128| policy.round_to.times(u64::try_from(steps).unwrap_or(u64::MAX));
    let by_mode = parts.into_iter().map(|(mode, whole, _)| (mode, hours(whole))).collect();
    (hours(steps), by_mode)
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
        let tally = tally(&Policy::built_in().into(), pieces);
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
        let tally = tally(&Policy::built_in().into(), pieces);
        assert_eq!(tally.total.to_string(), "8.9");
        assert_eq!(tally.by_mode[&Mode::Screening].to_string(), "3.0");
        assert_eq!(tally.raw, Millis::secs(660 * 60));
    }

    #[test]
    fn nothing_earned_is_nothing_shown() {
        assert_eq!(tally(&Policy::built_in().into(), []), Tally::default());
    }

    fn changed(changes: &[(&str, &str)]) -> Policy {
        let text = changes.iter().fold(Policy::built_in().text, |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        Policy::parse(&text).unwrap()
    }

    /// From day 100 on an hour has 45 minutes and lone study counts half; what was earned before keeps its worth.
    #[test]
    fn each_piece_is_worth_what_the_policy_of_its_day_says() {
        let later = changed(&[
            ("default-2026", "later"),
            ("minutes_per_hour = 60", "minutes_per_hour = 45"),
            ("alone = 1.0", "alone = 0.5"),
        ]);
        let policies = Policies::from(Policy::built_in()).and_from(100, later);
        let pieces = [
            piece(99, Mode::Alone, 90),
            piece(100, Mode::Alone, 91),
            piece(101, Mode::Screening, 45),
        ];
        let tally = tally(&policies, pieces);
        // 1.5 by the old one, 45.5 of 45 minutes and 45 of 45 by the new one: 1.5 + 1.011 + 1.
        assert_eq!(tally.total.to_string(), "3.5");
        assert_eq!(tally.by_mode[&Mode::Screening].to_string(), "1.0");
        assert_eq!(tally.policies, ["default-2026", "later"]);
        assert_eq!(tally.raw, Millis::secs((90 + 91 + 45) * 60));
    }

    #[test]
    fn an_item_and_a_quarter_of_an_hour_may_be_capped_and_rounded() {
        let policy = changed(&[
            ("# per_item_cap_minutes = 60", "per_item_cap_minutes = 60"),
            ("round_to = 0.1", "round_to = 0.25"),
            ("round = \"floor\"", "round = \"nearest\""),
        ]);
        let pieces = [piece(1, Mode::Alone, 50), piece(2, Mode::Alone, 50)];
        let tally = tally(&policy.into(), pieces);
        assert_eq!(tally.total.to_string(), "1.0", "the same item twice, an hour at most");
        let pieces = [piece(1, Mode::Alone, 20), piece(1, Mode::Screening, 3)];
        let tally = super::tally(
            &changed(&[("round_to = 0.1", "round_to = 0.25"), ("\"floor\"\n", "\"nearest\"\n")]).into(),
            pieces,
        );
        assert_eq!(
            tally.total.to_string(),
            "0.5",
            "23 minutes are nearer to a half than to a quarter"
        );
    }
}
