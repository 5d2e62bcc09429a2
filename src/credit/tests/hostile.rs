//! Random hostile histories: whatever clients send, credit stays within the film and within the time that passed.
//!
//! Three thousand histories in each run; `YUANJIAO_HISTORIES=100000` plays more. A failure names its seed.

use super::*;

const FILMS: [(&str, f64); 3] = [("A", 1_800.0), ("B", 3_600.0), ("C", 60.0)];
const MEMBERS: [&str; 3] = ["m1", "m2", "m3"];
const DEVICES: [&str; 2] = ["d1", "d2"];

/// A small generator (xorshift64*): the same seed gives the same history on every machine.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % bound
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

pub(super) fn histories(normally: u64) -> u64 {
    let wanted = std::env::var("YUANJIAO_HISTORIES").ok();
    wanted.map_or(normally, |text| text.parse().expect("a number of histories"))
}

fn room() -> Room {
    let films = FILMS.map(|(name, seconds)| (name.to_owned(), Span::from(seconds)));
    Room::new(films.into(), None)
}

/// What one client does next. Beats are numbered rightly, repeated, or skip one; segments lie anywhere.
fn act(room: &mut Room, chance: &mut Chance) {
    let who = chance.of(&MEMBERS);
    room.wait(Millis(chance.of(&[0, 1, 500, 5_000, 10_000, 60_000, 400_000])));
    match chance.below(20) {
        0..=2 => room.open(who, chance.of(&FILMS).0, chance.of(&DEVICES)),
        3..=5 if room.sessions.contains_key(who) => room.tap(who),
        6 => room.close(who),
        7 => room.set_clock(chance.of(&[0, NOVEMBER_2026, NOVEMBER_2026 + 31_536_000_000, 4_070_908_800_000])),
        _ if room.sessions.contains_key(who) => {
            let from = i64::try_from(chance.below(3_710_000)).unwrap() - 10_000;
            let long = chance.of(&[-1, 10_000, 120_000, 3_600_000]);
            let n = room.sessions[who].rule.n + chance.of(&[1, 1, 1, 0, 2]);
            room.beat(who, None, Some(n), &[(from, from + long)]);
        }
        _ => {}
    }
}

/// Case 43. Each year counts anew, so the bound of a film is one of each year that the wall clock named.
#[test]
fn random_hostile_histories_stay_within_film_and_time() {
    for seed in 0..histories(3_000) {
        let mut chance = Chance::new(seed);
        let mut room = room();
        for _ in 0..5 + chance.below(55) {
            act(&mut room, &mut chance);
            let now = room.now().0;
            for ((member, film, year), media) in &room.credited {
                let most = room.films[film].millis();
                assert!(
                    media.total() <= most,
                    "seed {seed}: {member} in {film} {year:?}: more than the film"
                );
            }
            for member in MEMBERS {
                let own = room.credited.iter().filter(|((who, ..), _)| who == member);
                let sum: u64 = own.map(|(_, media)| media.total().0).sum();
                assert!(sum <= now, "seed {seed}: {member} has {sum} of {now} ms");
            }
            for (device, sum) in &room.by_device {
                assert!(*sum <= now, "seed {seed}: {device} has {sum} of {now} ms");
            }
        }
    }
}

/// A network that delivers beats again, however often and in whatever order, earns nobody a millisecond more or less.
#[test]
fn duplicates_change_nothing_in_whatever_order_they_come() {
    for seed in 0..histories(500) {
        let mut chance = Chance::new(seed);
        let (mut once, mut again) = (room(), room());
        for room in [&mut once, &mut again] {
            room.open("m1", "B", "d1");
        }
        let mut sent: Vec<Vec<(i64, i64)>> = Vec::new();
        for _ in 0..30 {
            let pause = Millis(chance.below(130_000));
            let from = i64::try_from(chance.below(3_500_000)).unwrap();
            let body = vec![(from, from + i64::try_from(chance.below(90_000)).unwrap())];
            for room in [&mut once, &mut again] {
                room.wait(pause);
                room.beat("m1", None, None, &body);
            }
            sent.push(body);
            for _ in 0..chance.below(4) {
                let old = usize::try_from(chance.below(sent.len() as u64)).unwrap();
                let n = u32::try_from(old + 1).unwrap();
                let answer = again.beat("m1", None, Some(n), &sent[old]);
                assert!(
                    answer == "repeated" || answer == "wrong_number",
                    "seed {seed}: {answer}"
                );
            }
            if chance.below(5) == 0 {
                once.tap("m1");
                again.tap("m1");
            }
        }
        assert_eq!(once.credited, again.credited, "seed {seed}");
    }
}
