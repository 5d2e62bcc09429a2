//! A count in pieces is the count in one go, over random histories: honest and hostile leaves, corrections, superseded
//! sessions, evenings, boots, clocks that nobody set, years that are settled later.

use super::super::{Anomaly, Key, Recount};
use super::*;
use crate::clock::Trust;
use crate::ledger::{Closing, Ending, Entry, Leaf, Proof, Settler, What};
use crate::types::{BranchId, DeviceId, Grade, Mode, Piece};

mod village;

use village::{Dice, START, history};

type Kept = BTreeMap<Key, String>;

/// Brings what is missing; how many parts that were.
fn bring(count: &mut Recount, kept: &Kept, missing: impl Fn(&Recount) -> Vec<Key>) -> usize {
    let mut brought = 0;
    loop {
        let keys = missing(count);
        if keys.is_empty() {
            return brought;
        }
        for key in keys {
            brought += 1;
            let text = kept.get(&key).map(String::as_str);
            count.bring(key, text).unwrap();
        }
    }
}

/// Takes a count up, counts some leaves, and puts it down: what it found, and how many parts it needed.
fn go_on(kept: &mut Kept, leaves: &[Vec<u8>]) -> (Recount, usize) {
    let mut count = match kept.get(&Key::Thread) {
        Some(thread) => Recount::resume(thread).unwrap(),
        None => Recount {
            known: Some(HashSet::from([Key::Thread])),
            ..Recount::default()
        },
    };
    let mut brought = 0;
    for bytes in leaves {
        let leaf = Leaf::read(bytes);
        brought += bring(&mut count, kept, |count| count.missing(leaf.as_ref()));
        count.count_leaf(leaf);
    }
    for key in count.known.iter().flatten() {
        kept.remove(key);
    }
    kept.extend(count.parts());
    (count, brought)
}

/// What figures are made of: the credit of each leaf.
fn credits(count: &Recount) -> BTreeMap<u64, Credit> {
    count
        .credits
        .iter()
        .map(|credit| (credit.index, credit.clone()))
        .collect()
}

#[test]
fn a_count_in_pieces_is_the_count_in_one_go() {
    let (mut unfit, mut corrected, mut settled) = (0, 0, 0);
    for seed in 1..=60 {
        let village = history(seed, 400);
        let mut dice = Dice(seed);
        let (mut kept, mut figures, mut anomalies) = (Kept::new(), BTreeMap::new(), Vec::new());
        let mut visits: Vec<(u64, i64)> = Vec::new();
        let mut from = 0;
        while from < village.leaves.len() {
            let to = (from + 1 + usize::try_from(dice.below(60)).unwrap()).min(village.leaves.len());
            let (mut count, _) = go_on(&mut kept, &village.leaves[from..to]);
            anomalies.extend(count.anomalies.clone());
            visits.push((to as u64, START + 400 * 86_400_000 + i64::try_from(to).unwrap()));
            count.see(&visits);
            bring(&mut count, &kept, Recount::missing_to_settle);
            count.settle_seen();
            figures.extend(credits(&count));
            from = to;
        }
        let mut whole = Recount::default();
        for bytes in &village.leaves {
            whole.count(bytes);
        }
        assert_eq!(kept, whole.parts(), "history {seed}");
        assert_eq!(anomalies, whole.anomalies, "history {seed}");
        whole.settle_rest(&visits);
        assert_eq!(figures, credits(&whole), "history {seed}");
        unfit += whole
            .anomalies
            .iter()
            .filter(|one| matches!(one, Anomaly::Unfit(_)))
            .count();
        corrected += whole.corrections.len();
        settled += usize::from(
            whole
                .credits
                .iter()
                .any(|credit| credit.at.trust == Trust::Unset && credit.year == Year(2026)),
        );
    }
    // Histories in which nothing happens would prove nothing.
    assert!(
        unfit > 20 && corrected > 20 && settled > 10,
        "{unfit} {corrected} {settled}"
    );
}

/// A count of those parts alone that the next epoch needs.
fn handed_on(kept: &Kept, visits: &[(u64, i64)]) -> Recount {
    let mut count = Recount::resume(&kept[&Key::Thread]).unwrap();
    for (key, text) in kept {
        if Key::OF_THE_NEXT_EPOCH.contains(&key.kind()) {
            let same = Key::read(key.kind(), &key.name()).unwrap();
            assert_eq!(&same, key);
            count.bring(same, Some(text)).unwrap();
        } else {
            assert_eq!(Key::read(key.kind(), &key.name()), None);
        }
    }
    count.see(visits);
    bring(&mut count, kept, Recount::missing_to_settle);
    count.settle_seen();
    bring(&mut count, kept, Recount::missing_to_hand_on);
    count
}

#[test]
fn an_epoch_that_goes_on_from_the_parts_is_the_one_that_goes_on_from_the_leaves() {
    let mut fewer = 0;
    for seed in 1..=60 {
        let village = history(seed, 400);
        let mut kept = Kept::new();
        let mut whole = Recount::default();
        let (first, second) = village.leaves.split_at(village.leaves.len() / 2);
        go_on(&mut kept, first);
        for bytes in first {
            whole.count(bytes);
        }
        let visits = [(first.len() as u64, START + 400 * 86_400_000)];
        whole.settle_rest(&visits);
        let mut next = Recount::after(&handed_on(&kept, &visits));
        let mut expected = Recount::after(&whole);
        assert_eq!(next.parts(), expected.parts(), "history {seed}");
        // What was credited before is credited still, so the same leaves come to something else than on their own.
        let mut alone = Recount::default();
        for bytes in second {
            next.count(bytes);
            expected.count(bytes);
            alone.count(bytes);
        }
        assert_eq!(next.parts(), expected.parts(), "history {seed}");
        assert_eq!(next.anomalies, expected.anomalies, "history {seed}");
        fewer += usize::from(alone.anomalies != expected.anomalies);
    }
    assert!(fewer > 20, "{fewer}");
}

#[test]
fn a_few_leaves_cost_the_same_however_long_the_log_is() {
    let cost = |leaves: usize| {
        let mut village = history(7, leaves);
        let mut kept = Kept::new();
        go_on(&mut kept, &village.leaves);
        let before = village.leaves.len();
        village.trust = Trust::District;
        for _ in 0..12 {
            let is = village.phone();
            let at = At {
                boot: village.boot,
                mono: Millis(village.mono),
                wall: village.truth(),
                trust: Trust::District,
            };
            village.leaves.push(Leaf { v: 1, at, is }.to_bytes());
        }
        let (_, brought) = go_on(&mut kept, &village.leaves[before..]);
        (brought, kept.len())
    };
    let ((short, few), (long, many)) = (cost(300), cost(6_000));
    assert!(many > 5 * few, "{few} parts, then {many}");
    assert!(
        long <= short + 12 * 7 && long <= 12 * 9,
        "{short} parts were read, then {long}"
    );
}

#[test]
fn what_cannot_be_read_is_said_so_and_nothing_is_guessed() {
    assert!(Recount::resume("{").is_err());
    let mut kept = Kept::new();
    go_on(&mut kept, &history(3, 50).leaves);
    let mut count = Recount::resume(&kept[&Key::Thread]).unwrap();
    let refused = count.bring(Key::Leaf(1), Some("[]")).unwrap_err().to_string();
    assert!(refused.contains("leaf \"1\""), "{refused}");
}
