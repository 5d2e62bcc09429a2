//! Rows that are let go after a cosignature change no figure, no page and no later beat.

use super::*;
use crate::credit::cases::{self};
use crate::ledger::What;

const MEMBERS: [&str; 3] = ["m1", "m2", "m3"];

/// Everything that pages and books ask this room.
#[derive(Debug, PartialEq)]
struct Figures {
    credited: Vec<(String, ItemId, u16, Intervals)>,
    spans: Vec<(String, ItemId, Mode, Millis, i64)>,
    stopped: Vec<(String, ItemId, Millis, Millis, i64)>,
    waits: Vec<(String, ItemId, Millis)>,
    lost: Vec<(String, ItemId, i64, rule::Lost)>,
    live: Vec<(String, ItemId, Millis, Millis)>,
}

impl Station {
    fn figures(&self) -> Figures {
        let store = self.viewing.ledger.store();
        let of = |conn: &rusqlite::Connection| {
            let mut found = Figures {
                credited: Vec::new(),
                spans: Vec::new(),
                stopped: Vec::new(),
                waits: Vec::new(),
                lost: Vec::new(),
                live: Vec::new(),
            };
            for name in MEMBERS {
                let (who, name) = (MemberId::new(name).unwrap(), name.to_owned());
                let all = credited_items(conn, &who)?.into_iter();
                let all = all.map(|one| (name.clone(), one.item, one.year.0, one.media));
                found.credited.extend(all);
                for year in [1970, 2026, 2027] {
                    let all = spans_of_year(conn, Some(&who), crate::types::Year(year))?.into_iter();
                    let all = all.map(|one| (name.clone(), one.item, one.mode, one.credit, one.wall_ms));
                    found.spans.extend(all);
                }
                let all = latest_sessions(conn, &who, 30)?.into_iter();
                let all = all.map(|one| (name.clone(), one.item, one.position, one.length, one.wall_ms));
                found.stopped.extend(all);
                let all = left_pending(conn, &who)?.into_iter();
                found.waits.extend(all.map(|(item, left)| (name.clone(), item, left)));
                let all = not_counted(conn, &who, LOST_TOLD)?.into_iter();
                found
                    .lost
                    .extend(all.map(|one| (name.clone(), one.item, one.wall_ms, one.lost)));
            }
            let all = live_sessions(conn)?.into_iter();
            let all = all.map(|one| (one.member.to_string(), one.item, one.position, one.pending));
            found.live.extend(all);
            Ok::<_, StoreError>(found)
        };
        store.read_blocking(of).unwrap()
    }

    /// A district has seen everything up to here.
    fn cosigned(&self) {
        let (ledger, now) = (self.viewing.ledger.clone(), self.clock.now());
        let act = move |tx: &crate::store::Tx<'_>| {
            let seen = What::CheckpointSeen {
                district: Origin::new("district.example").unwrap(),
                size: ledger::size(tx)?,
                time: 1_795_000_000,
                cosignature: String::new(),
            };
            ledger.keep_cosignature(tx, now, seen)
        };
        self.viewing.ledger.store().write_blocking(act).unwrap().unwrap();
    }

    async fn trim(&self) -> usize {
        let mut gone = 0;
        loop {
            let (some, more) = self.viewing.trim().await.unwrap();
            gone += some;
            if !more {
                return gone;
            }
        }
    }

    fn rows(&self) -> i64 {
        let count =
            |conn: &rusqlite::Connection| Ok(conn.query_row("SELECT count(*) FROM session", [], |row| row.get(0))?);
        self.viewing
            .ledger
            .store()
            .read_blocking::<_, StoreError, _>(count)
            .unwrap()
    }

    /// Forgets every view and counts it again from the leaves, as after a restoring; whether anything was found different.
    fn count_again(&self, forget: bool) -> bool {
        let act = move |tx: &crate::store::Tx<'_>| {
            if forget {
                tx.execute_batch("DELETE FROM credited; DELETE FROM span; DELETE FROM correction;")?;
            }
            rebuild_views(tx)
        };
        self.viewing.ledger.store().write_blocking(act).unwrap().unwrap()
    }
}

/// A generator whose history is the same on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// What a page knows of its session.
#[derive(Clone, Copy)]
struct Page(SessionId, u32);

/// What one member does next; what he was answered.
async fn act(station: &Station, pages: &mut HashMap<String, Page>, chance: &mut Chance) -> String {
    let who = MEMBERS[usize::try_from(chance.below(3)).unwrap()];
    station.clock.advance(Millis::secs(
        [1, 10, 60, 400][usize::try_from(chance.below(4)).unwrap()],
    ));
    let (dice, film) = (chance.below(12), u8::try_from(chance.below(4) + 1).unwrap());
    let at = i64::try_from(chance.below(1_700)).unwrap();
    let Some(Page(session, n)) = pages.get(who).copied().filter(|_| dice > 3) else {
        pages.insert(who.to_owned(), Page(station.open(who, film, film).await, 0));
        return String::from("opened");
    };
    let answer = match dice {
        4 | 5 => station.viewing.prove(session).await,
        6 => station.viewing.close(session).await,
        _ => station.beat(session, n + 1, at, at + 60).await,
    };
    if let Ok(answer) = &answer {
        pages.insert(who.to_owned(), Page(session, answer.n));
    }
    format!("{answer:?}")
}

/// The same history at a station that trims after each pull, and at one that never does.
#[tokio::test]
async fn a_station_that_trims_answers_and_counts_as_one_that_does_not() {
    let (all, trimmed) = (Station::with(cases::policy()), Station::with(cases::policy()));
    let (mut chance, mut same_chance) = (Chance(7), Chance(7));
    let (mut pages, mut same_pages) = (HashMap::new(), HashMap::new());
    let mut gone = 0;
    for step in 0..1_200 {
        let answer = act(&all, &mut pages, &mut chance).await;
        assert_eq!(
            answer,
            act(&trimmed, &mut same_pages, &mut same_chance).await,
            "step {step}"
        );
        if step % 40 == 39 {
            all.cosigned();
            trimmed.cosigned();
            gone += trimmed.trim().await;
            assert_eq!(all.figures(), trimmed.figures(), "step {step}");
        }
    }
    let figures = trimmed.figures();
    for (what, count) in [
        ("credit", figures.credited.len()),
        ("where it stopped", figures.stopped.len()),
        ("what waits", figures.waits.len()),
        ("what was lost", figures.lost.len()),
    ] {
        assert!(count > 0, "the history has no {what}");
    }
    assert!(gone > 100, "{gone} rows went");
    assert!(trimmed.rows() < all.rows() / 4, "{} of {}", trimmed.rows(), all.rows());
}

#[tokio::test]
async fn views_counted_again_after_a_trimming_are_those_before_it() {
    let mut station = Station::with(cases::policy());
    let (mut chance, mut pages) = (Chance(11), HashMap::new());
    for _ in 0..600 {
        act(&station, &mut pages, &mut chance).await;
    }
    let before = station.figures();
    station.cosigned();
    assert!(station.trim().await > 20);
    let rows = station.rows();
    assert_eq!(station.figures(), before);
    assert!(
        !station.count_again(false),
        "the start finds the views as they should be"
    );
    assert!(station.count_again(true), "and counts them again if they are gone");
    assert_eq!((station.figures(), station.rows()), (before, rows), "no row came back");
    station.power_cut();
    assert_eq!(station.rows(), rows);
}

#[tokio::test]
async fn what_no_district_has_seen_stays_and_so_does_what_somebody_waits_for() {
    let station = Station::with(cases::policy());
    let early = station.open("m1", 1, 1).await;
    station.play(early, 1, 0, 100).await;
    station.viewing.close(early).await.unwrap();
    for (film, from) in [(2, 0), (3, 0), (2, 30), (3, 30), (2, 60), (3, 60)] {
        let session = station.open("m1", film, 1).await;
        station.play(session, 1, from, 30).await;
        station.viewing.prove(session).await.unwrap();
    }
    assert_eq!(
        (station.trim().await, station.rows()),
        (0, 7),
        "nobody cosigned anything"
    );
    station.cosigned();
    // The newest three and the one in which a hundred seconds are pending.
    assert_eq!((station.trim().await, station.rows()), (3, 4));
    assert_eq!((station.trim().await, station.rows()), (0, 4), "once is enough");
    let again = station.open("m1", 1, 1).await;
    station.viewing.prove(again).await.unwrap();
    assert_eq!(station.credit("m1"), 280, "what was pending has come back with him");
    let refused = station.beat(early, 11, 100, 110).await;
    assert!(matches!(refused, Err(ViewingError::Ended(Closing::End))), "{refused:?}");
}
