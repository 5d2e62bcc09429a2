//! What members' phones say the time is: a provisional clock for a box that nobody has set.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Viewing, ViewingError};
use crate::clock::{Trust, plausibility};
use crate::ledger::What;
use crate::store::{Tx, Urgency};
use crate::types::{DeviceId, MemberId, Millis};

/// Phones agree if they are no further apart; a phone without a network drifts by seconds, a wrong one by days.
const APART_MS: i64 = 60_000;
/// So many members on as many phones must agree: one phone alone, or one member with three, proves nothing.
const ENOUGH: usize = 3;
/// What a phone said is forgotten after a day.
const DAY: Millis = Millis::secs(86_400);
/// More phones than a village has; beyond it nothing new is listened to until old words are forgotten.
const MOST: usize = 1_024;

/// A phone's word: whose, how far its clock is from our monotonic one, and when it said so.
type Word = (MemberId, i64, Millis);

/// What was said in this run. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Phones(Arc<Mutex<HashMap<DeviceId, Word>>>);

impl Phones {
    /// Takes in a word, and returns what enough phones agree on, as the distance from the monotonic clock.
    fn hear(&self, device: DeviceId, word: Word) -> Option<i64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = word.2;
        said.retain(|_, (.., at)| at.plus(DAY) >= now);
        if said.len() < MOST {
            said.insert(device, word);
        }
        let mut members = BTreeSet::new();
        let one_each = said.values().filter(|(member, ..)| members.insert(member.clone()));
        agreed(one_each.map(|(_, apart, _)| *apart).collect())
    }
}

/// The median, if enough are near it, and they are the most.
fn agreed(mut said: Vec<i64>) -> Option<i64> {
    said.sort_unstable();
    let median = *said.get(said.len() / 2)?;
    let near = said
        .iter()
        .filter(|one| one.abs_diff(median) <= APART_MS.unsigned_abs())
        .count();
    (near >= ENOUGH && near * 2 > said.len()).then_some(median)
}

impl Viewing {
    /// A signed-in member's phone says what time it is. If nobody better has said so, and enough phones agree, the station
    /// goes by them for the time being, and the ledger says so.
    pub async fn phone_says(&self, member: &MemberId, device: DeviceId, unix_ms: i64) -> Result<(), ViewingError> {
        let now = self.clock.now();
        if now.trust >= Trust::Operator || plausibility(unix_ms) == Trust::Unset {
            return Ok(());
        }
        let mono = i64::try_from(now.mono.0).unwrap_or(i64::MAX / 2);
        let Some(apart) = self.phones.hear(device, (member.clone(), unix_ms - mono, now.mono)) else {
            return Ok(());
        };
        let agreed_ms = apart + mono;
        if now.trust == Trust::Phones && now.wall_ms.abs_diff(agreed_ms) <= APART_MS.unsigned_abs() {
            return Ok(());
        }
        let (ledger, leaf) = (
            self.ledger.clone(),
            What::ClockAnchor {
                source: Trust::Phones,
                unix_ms: agreed_ms,
            },
        );
        let act = move |tx: &Tx<'_>| Ok(ledger.append(tx, now, leaf).map(drop)?);
        self.write(Urgency::Now, act).await?;
        self.clock.correct(agreed_ms, Trust::Phones);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_that_agree_are_enough_and_two_are_not() {
        assert_eq!(agreed(vec![]), None);
        assert_eq!(agreed(vec![5_000, 6_000]), None);
        assert_eq!(agreed(vec![5_000, 65_000, 6_000]), Some(6_000));
        assert_eq!(agreed(vec![5_000, 200_000, 400_000]), None);
        let year = 31_536_000_000;
        assert_eq!(
            agreed(vec![year, 5_000, 6_000, 7_000]),
            Some(7_000),
            "one phone of next year"
        );
        assert_eq!(
            agreed(vec![year, year + 1, 5_000, 6_000, 7_000, year + 2]),
            None,
            "three against three"
        );
    }

    #[test]
    fn three_phones_of_one_member_are_one_voice() {
        let phones = Phones::default();
        let says = |device: u8, member: &str| {
            let word = (MemberId::new(member).unwrap(), 5_000, Millis::secs(1));
            phones.hear(DeviceId::from_bytes([device; 16]), word)
        };
        assert_eq!([says(1, "m1"), says(2, "m1"), says(3, "m1"), says(4, "m2")], [None; 4]);
        assert_eq!(says(5, "m3"), Some(5_000));
    }
}
