//! Cheats and faults of a single viewer, each with its exact result. A small station around the pure rule plays them.

use std::collections::HashMap;

use super::rule::*;
use super::*;
use crate::types::{Intervals, Millis, Year};

const A: (u8, u64) = (1, 1_800);
const B: (u8, u64) = (2, 3_600);
const C: (u8, u64) = (3, 60);
type Item = (u8, u64);

/// One member, one device, any number of sessions one after another; seconds outside, milliseconds inside.
struct Room {
    policy: Policy,
    now: Millis,
    year: Year,
    item: Item,
    session: Option<Session>,
    buckets: Buckets,
    credited: HashMap<(u8, Year), Intervals>,
    sent: Intervals,
    flags: Flags,
}

impl Room {
    fn open(item: Item) -> Self {
        let mut room = Self {
            policy: Policy::built_in(),
            now: Millis::ZERO,
            year: Year(2026),
            item,
            session: None,
            buckets: Buckets::default(),
            credited: HashMap::new(),
            sent: Intervals::one(Millis::ZERO, Millis::secs(item.1)),
            flags: Flags::default(),
        };
        room.reopen();
        room
    }

    fn reopen(&mut self) {
        self.session = Some(Session {
            opened: self.now,
            n: 0,
            digest: [0; 8],
            note: None,
            pending: Pending::default(),
            unproved: Millis::ZERO,
            asked: None,
            ask_after: self.policy.presence_every,
            unattended: false,
            flags: Flags::default(),
        });
    }

    fn total(&self) -> u64 {
        Millis(self.credited.values().map(|set| set.total().0).sum()).as_secs()
    }

    fn beat_ms(&mut self, n: u32, segments: &[(i64, i64)]) -> Verdict {
        let mut digest = [0; 8];
        for (from, to) in segments {
            let mixed =
                u64::from_le_bytes(digest).rotate_left(13) ^ from.cast_unsigned() ^ to.cast_unsigned().rotate_left(32);
            digest = mixed.to_le_bytes();
        }
        let beat = Beat {
            n,
            digest,
            segments: segments.to_vec(),
            state: PlayState::Under,
        };
        let credited = self
            .credited
            .get(&(self.item.0, self.year))
            .cloned()
            .unwrap_or_default();
        let known = Known {
            length: Millis::secs(self.item.1),
            credited: &credited,
            sent: &self.sent,
            year: self.year,
        };
        let session = self.session.clone().unwrap();
        let verdict = judge(&self.policy, &session, self.buckets, known, &beat, self.now);
        if let Verdict::Accepted(session, buckets) = &verdict {
            self.flags = session.flags;
            self.session = Some(session.clone());
            self.buckets = *buckets;
        }
        verdict
    }

    fn beat(&mut self, from: u64, to: u64) {
        let n = self.session.as_ref().unwrap().n + 1;
        let ms = |s: u64| i64::try_from(s * 1000).unwrap();
        let verdict = self.beat_ms(n, &[(ms(from), ms(to))]);
        assert!(matches!(verdict, Verdict::Accepted(..)), "{verdict:?}");
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(Millis::secs(seconds));
    }

    /// Plays `seconds` of time from media second `from` on at `rate`, a beat every ten seconds.
    fn play(&mut self, from: u64, seconds: u64, rate: u64) {
        for start in (0..seconds).step_by(10) {
            let step = 10.min(seconds - start);
            self.wait(step);
            self.beat(from + start * rate, from + (start + step) * rate);
        }
    }

    fn prove(&mut self) {
        let session = self.session.clone().unwrap();
        let (next, confirmed) = prove(&self.policy, &session, self.now, self.policy.presence_every);
        self.session = Some(next);
        for (year, media) in confirmed.by_year() {
            let have = self.credited.entry((self.item.0, *year)).or_default();
            *have = have.union(media);
        }
    }
}

#[test]
fn case_1_an_honest_half_hour_with_the_taps_that_were_asked_for() {
    let mut room = Room::open(A);
    for part in 0..3 {
        room.play(part * 600, 600, 1);
        room.prove();
    }
    assert_eq!((room.total(), room.flags), (1800, Flags::default()));
}

#[test]
fn cases_2_and_3_fast_playing_earns_the_time_that_passed() {
    let mut room = Room::open(A);
    for part in 0..3 {
        room.play(part * 600, 300, 2);
        room.prove();
    }
    assert_eq!(room.total(), 900);
    let mut room = Room::open(A);
    room.play(0, 110, 16);
    room.prove();
    assert_eq!(room.total(), 110);
}

#[test]
fn case_4_a_forged_end_two_seconds_after_opening() {
    let mut room = Room::open(A);
    room.wait(2);
    room.beat(0, 1800);
    room.prove();
    assert_eq!((room.total(), room.flags.overclaim), (2, true));
}

#[test]
fn case_5_a_seek_to_the_last_ten_seconds() {
    let mut room = Room::open(A);
    room.wait(10);
    room.beat(1790, 1800);
    room.prove();
    assert_eq!(room.total(), 10);
}

#[test]
fn cases_6_and_7_the_same_minute_counts_once_however_often_it_is_seen() {
    let mut room = Room::open(C);
    for _ in 0..60 {
        room.wait(60);
        room.beat(0, 60);
        room.prove();
    }
    assert_eq!(room.total(), 60);
    room.wait(86_400);
    room.reopen();
    room.wait(61);
    room.beat(0, 60);
    room.prove();
    assert_eq!(room.total(), 60);
    assert_eq!(room.session.unwrap().note, Some(Note::NotNew));
}

#[test]
fn case_8_a_flood_of_scripted_beats_earns_the_time_that_passed() {
    let mut room = Room::open(B);
    room.wait(1);
    for n in 0..360 {
        room.now = room.now.plus(Millis(1));
        room.beat(n * 10, (n + 1) * 10);
    }
    room.prove();
    assert_eq!(room.total(), 1);
}

#[test]
fn case_9_silence_and_then_an_hour_claimed_at_once() {
    let mut room = Room::open(B);
    room.wait(3600);
    room.beat(0, 3600);
    room.prove();
    assert_eq!((room.total(), room.flags.gap), (120, true));
}

#[test]
fn case_10_a_repetition_is_answered_again_and_a_second_thought_refused() {
    let mut room = Room::open(A);
    room.wait(10);
    room.beat(0, 10);
    room.wait(10);
    assert_eq!(room.beat_ms(1, &[(0, 10_000)]), Verdict::Repeated);
    assert_eq!(room.beat_ms(1, &[(10_000, 20_000)]), Verdict::ChangedBody);
    assert_eq!(room.beat_ms(3, &[(10_000, 20_000)]), Verdict::WrongN(2));
    room.prove();
    assert_eq!(room.total(), 10);
}

#[test]
fn case_14_beats_for_bytes_that_were_never_sent() {
    let mut room = Room::open(A);
    room.sent = Intervals::one(Millis::ZERO, Millis::secs(30));
    room.play(0, 100, 1);
    assert_eq!(room.session.as_ref().unwrap().note, Some(Note::NotSent));
    room.prove();
    assert_eq!(room.total(), 30);
}

#[test]
fn cases_15_and_16_a_phone_in_a_drawer() {
    let mut room = Room::open(B);
    room.play(0, 1800, 1);
    assert_eq!((room.total(), room.flags.unattended), (0, true));
    let mut room = Room::open(B);
    room.play(0, 600, 1);
    room.prove();
    room.play(600, 1200, 1);
    assert_eq!((room.total(), room.flags.unattended), (600, true));
}

#[test]
fn a_tap_after_a_question_lapsed_makes_play_count_again() {
    let mut room = Room::open(B);
    room.play(0, 700, 1);
    assert_eq!(room.session.as_ref().unwrap().note, Some(Note::Unattended));
    room.prove();
    assert_eq!(room.total(), 0);
    room.play(700, 100, 1);
    room.prove();
    assert_eq!(room.total(), 100);
}

#[test]
fn cases_18_and_19_beats_that_waited_for_the_network() {
    let mut room = Room::open(A);
    room.play(0, 60, 1);
    room.wait(90);
    (0..9).for_each(|k| room.beat(60 + k * 10, 70 + k * 10));
    room.prove();
    assert_eq!((room.total(), room.flags.gap), (150, false));
    let mut room = Room::open(A);
    room.play(0, 60, 1);
    room.wait(600);
    room.beat(60, 660);
    room.prove();
    assert_eq!((room.total(), room.flags.gap), (180, true));
}

#[test]
fn case_20_an_hour_of_pause_earns_nothing() {
    let mut room = Room::open(A);
    room.play(0, 60, 1);
    for _ in 0..360 {
        room.wait(10);
        room.beat(0, 0);
    }
    room.wait(1);
    room.beat(60, 1800);
    room.prove();
    assert_eq!(room.total(), 61);
}

#[test]
fn case_21_segments_outside_the_film_or_reversed_are_clipped_and_flagged() {
    let mut room = Room::open(C);
    room.wait(120);
    room.beat_ms(1, &[(-5, 10_000), (50_000, 40_000), (55_000, 9_999_999)]);
    room.prove();
    assert_eq!((room.total(), room.flags.range), (15, true));
    let mut room = Room::open(C);
    room.wait(120);
    room.beat_ms(1, &[(i64::MIN, i64::MAX), (i64::MAX, i64::MIN)]);
    room.prove();
    assert_eq!(room.total(), 60);
}

#[test]
fn case_22_a_clock_that_goes_back_earns_nothing() {
    let mut room = Room::open(A);
    room.wait(10);
    room.beat(0, 10);
    room.now = Millis::secs(9);
    room.beat(10, 20);
    room.prove();
    assert_eq!(room.total(), 10);
}

#[test]
fn case_23_the_same_film_counts_again_in_the_next_year() {
    let mut room = Room::open(C);
    room.wait(61);
    room.beat(0, 60);
    room.prove();
    room.year = Year(2027);
    room.wait(61);
    room.beat(0, 60);
    room.prove();
    assert_eq!(room.credited[&(3, Year(2026))].total(), Millis::secs(60));
    assert_eq!(room.credited[&(3, Year(2027))].total(), Millis::secs(60));
}

#[test]
fn what_is_pending_over_new_year_stays_with_the_year_in_which_it_was_seen() {
    let mut room = Room::open(A);
    room.play(0, 100, 1);
    room.year = Year(2027);
    room.play(100, 50, 1);
    room.prove();
    assert_eq!(room.credited[&(1, Year(2026))].total(), Millis::secs(100));
    assert_eq!(room.credited[&(1, Year(2027))].total(), Millis::secs(50));
}

#[test]
fn case_41_time_saved_up_by_rewatching_is_lost() {
    let mut room = Room::open(B);
    room.play(0, 60, 1);
    for _ in 0..30 {
        room.wait(10);
        room.beat(0, 10);
    }
    room.wait(1);
    room.beat(60, 3600);
    room.prove();
    assert_eq!(room.total(), 75);
}

#[test]
fn at_the_end_of_a_film_the_question_is_put_at_once() {
    let mut room = Room::open(C);
    room.play(0, 50, 1);
    let session = room.session.clone().unwrap();
    assert_eq!(session.asked, None);
    room.wait(10);
    let none = Intervals::none();
    let known = Known {
        length: Millis::secs(60),
        credited: &none,
        sent: &room.sent,
        year: room.year,
    };
    let beat = Beat {
        n: session.n + 1,
        digest: [1; 8],
        segments: vec![(50_000, 60_000)],
        state: PlayState::Ended,
    };
    let Verdict::Accepted(next, _) = judge(&room.policy, &session, room.buckets, known, &beat, room.now) else {
        panic!("an honest last beat");
    };
    assert_eq!(next.asked, Some(room.now));
}

/// Case 43: whatever a hostile client sends, a member's credit stays within the film and within the time that passed.
#[test]
fn case_43_random_hostile_histories_stay_within_film_and_time() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    for history in 0..3_000 {
        let mut room = Room::open([A, B, C][usize::try_from(next(3)).unwrap()]);
        for _ in 0..5 + next(55) {
            let pause = [0, 1, 500, 5_000, 10_000, 60_000, 400_000][usize::try_from(next(7)).unwrap()];
            room.now = room.now.plus(Millis(pause));
            match next(20) {
                0 | 1 => room.prove(),
                2 => room.reopen(),
                _ => {
                    let from = i64::try_from(next(3_710_000)).unwrap() - 10_000;
                    let long = [-1, 10_000, 120_000, 3_600_000][usize::try_from(next(4)).unwrap()];
                    let n = room.session.as_ref().unwrap().n + [1, 1, 1, 0, 2][usize::try_from(next(5)).unwrap()];
                    room.beat_ms(n, &[(from, from + long)]);
                }
            }
            let credit = room.total();
            assert!(credit <= room.item.1, "history {history}: more than the film");
            assert!(credit <= room.now.as_secs(), "history {history}: more than the time");
        }
    }
}
