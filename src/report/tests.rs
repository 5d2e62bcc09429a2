//! The district's count of the leaves against the station's own figures, over random hostile histories on a real store.
//!
//! A dozen histories of each member in each run; `YUANJIAO_HISTORIES=100000` plays that many acts and more.

use std::collections::HashMap;
use std::sync::Arc;

use tempfile::TempDir;
use tokio::task::JoinSet;

use super::Recount;
use crate::clock::{Clock, HandClock};
use crate::credit::Policy;
use crate::keys::Keys;
use crate::ledger::{self, Ledger};
use crate::store::{Options, Store};
use crate::types::{DeviceId, Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId};
use crate::viewing::{self, BeatIn, ItemFacts, MediaMap, Viewing};

mod dating;

const NOVEMBER_2026: i64 = 1_795_000_000_000;
const MEMBERS: u64 = 60;
const DEVICES: u64 = 25;
const FILMS: [u64; 3] = [1_800_000, 3_600_000, 60_000];

/// One byte is one millisecond of media.
#[derive(Debug)]
struct ByteIsMillisecond;

impl MediaMap for ByteIsMillisecond {
    fn media_of(&self, item: &ItemId, sent: &dyn Fn(ItemId) -> Vec<std::ops::Range<u64>>) -> Intervals {
        Intervals::from(sent(*item).iter().map(|b| (b.start, b.end)).collect::<Vec<_>>())
    }
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % bound
    }

    fn byte(&mut self, bound: u64) -> u8 {
        u8::try_from(self.below(bound)).unwrap()
    }
}

fn member(n: u64) -> MemberId {
    MemberId::new(&format!("m{n}")).unwrap()
}

fn item(film: u8) -> ItemId {
    ItemId::from_digest(&[film + 1; 32])
}

/// What one member does next: mostly a beat, rightly numbered or not, somewhere in the film or beside it.
async fn act(
    viewing: Viewing,
    who: u64,
    had: Option<(SessionId, u32)>,
    mut chance: Chance,
) -> (u64, Option<(SessionId, u32)>) {
    let dice = chance.below(20);
    match had {
        Some((session, n)) if dice > 3 => {
            let from = i64::try_from(chance.below(3_710_000)).unwrap() - 10_000;
            let n = if chance.below(6) == 0 { n } else { n + 1 };
            let beat = BeatIn {
                n,
                segments: vec![(from, from + i64::try_from(chance.below(400_000)).unwrap())],
                ended: dice == 4,
                urgent: false,
                digest: from.to_le_bytes(),
            };
            let n = viewing
                .beat(session, beat)
                .await
                .map_or(n.saturating_sub(1), |answer| answer.n);
            (who, Some((session, n)))
        }
        Some((session, n)) if dice > 1 => (who, viewing.prove(session).await.is_ok().then_some((session, n))),
        Some((session, _)) if dice == 1 => {
            drop(viewing.close(session).await);
            (who, None)
        }
        _ => {
            let film = chance.byte(3);
            let length = FILMS[usize::from(film)];
            let device = DeviceId::from_bytes([chance.byte(DEVICES); 16]);
            viewing.sent().note(device, item(film), 0..length);
            let facts = ItemFacts {
                item: item(film),
                title: film.to_string(),
                class: None,
                length: Millis(length),
                made_here: false,
            };
            let opened = viewing.open(member(who), device, facts, Mode::Alone).await.unwrap();
            (who, Some((opened.session, 0)))
        }
    }
}

struct Village {
    dir: TempDir,
    clock: Arc<HandClock>,
}

impl Village {
    fn start(&self) -> (Ledger, Viewing) {
        let path = self.dir.path().join("ledger.db");
        let store = Store::open(&path, &[ledger::SCHEMA, viewing::SCHEMA], Options::default()).unwrap();
        let keys = Keys::open_or_make(&self.dir.path().join("keys")).unwrap();
        let origin = Origin::new("yuanjiao.example/17").unwrap();
        let ledger = Ledger::open(store, keys, origin, self.clock.now()).unwrap();
        let policy = Arc::new(Policy::built_in());
        let viewing = Viewing::new(ledger.clone(), self.clock.clone(), policy, Arc::new(ByteIsMillisecond));
        viewing.recover().unwrap();
        (ledger, viewing)
    }
}

/// Everybody acts at once, round after round, with restarts and a wall clock that jumps in between.
async fn play(village: &Village, rounds: u64) -> Ledger {
    let mut chance = Chance(0x5EED);
    let (mut ledger, mut viewing) = village.start();
    let mut had: HashMap<u64, (SessionId, u32)> = HashMap::new();
    for round in 0..rounds {
        let pause = [0, 1, 500, 5_000, 10_000, 60_000, 400_000][usize::try_from(chance.below(7)).unwrap()];
        village.clock.advance(Millis(pause));
        match chance.below(25) {
            0 => {
                drop((ledger, viewing));
                (ledger, viewing) = village.start();
            }
            1 => village
                .clock
                .set_wall([0, NOVEMBER_2026, 4_070_908_800_000][usize::try_from(chance.below(3)).unwrap()]),
            _ => {}
        }
        let mut acts = JoinSet::new();
        for who in 0..MEMBERS {
            let own = Chance((round * MEMBERS + who + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
            acts.spawn(act(viewing.clone(), who, had.get(&who).copied(), own));
        }
        for (who, now) in acts.join_all().await {
            match now {
                Some(now) => had.insert(who, now),
                None => had.remove(&who),
            };
        }
    }
    viewing.recover().unwrap();
    ledger
}

#[tokio::test]
async fn the_districts_count_equals_the_stations_to_the_millisecond() {
    let village = Village {
        dir: TempDir::new().unwrap(),
        clock: Arc::new(HandClock::new(1, NOVEMBER_2026)),
    };
    let acts: u64 = std::env::var("YUANJIAO_HISTORIES").map_or(6_000, |n| n.parse().unwrap());
    let ledger = play(&village, acts.div_ceil(MEMBERS)).await;
    assert!(ledger.verify().unwrap().faults.is_empty());
    let mut count = Recount::default();
    let leaves = ledger
        .store()
        .read_blocking(|conn| ledger::leaves(conn, 0, u64::from(u32::MAX)))
        .unwrap();
    for leaf in &leaves {
        count.count(leaf);
    }
    assert_eq!(count.anomalies, []);
    let elapsed = village.clock.now().mono;
    let mut any = Millis::ZERO;
    for who in (0..MEMBERS).map(member) {
        let station = ledger
            .store()
            .read_blocking(|conn| viewing::credited_items(conn, &who))
            .unwrap();
        let counted = |item, year| {
            let own = count
                .credits
                .iter()
                .filter(|c| c.member == who && c.item == item && c.year == year);
            own.fold(Intervals::none(), |all, credit| all.union(&credit.media))
        };
        for credited in &station {
            assert_eq!(counted(credited.item, credited.year), credited.media, "{who}");
        }
        let own = count.credits.iter().filter(|credit| credit.member == who);
        let sum = Millis(own.map(|credit| credit.media.total().0).sum());
        assert_eq!(sum.0, station.iter().map(|c| c.media.total().0).sum::<u64>(), "{who}");
        assert!(sum <= elapsed, "{who} has {sum:?} of {elapsed:?}");
        any = any.plus(sum);
    }
    assert!(any > Millis::ZERO, "somebody earned something");
}
