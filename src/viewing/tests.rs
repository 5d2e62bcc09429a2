use std::collections::HashMap;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::clock::{Clock, HandClock};
use crate::keys::Keys;
use crate::ledger;
use crate::store::{Options, Store};
use crate::types::Origin;

mod cases;
mod full_disk;
mod trimming;

/// One byte is one millisecond of media.
#[derive(Debug)]
struct ByteIsMillisecond;

impl MediaMap for ByteIsMillisecond {
    fn media_of(&self, item: &ItemId, sent: &dyn Fn(ItemId) -> Vec<Range<u64>>) -> Intervals {
        Intervals::from(sent(*item).iter().map(|b| (b.start, b.end)).collect::<Vec<_>>())
    }
}

/// A station with a clock in the hand. Dropping it verifies its ledger.
struct Station {
    dir: TempDir,
    clock: Arc<HandClock>,
    viewing: Viewing,
}

const NOVEMBER_2026: i64 = 1_795_000_000_000;

fn start(dir: &TempDir, clock: &Arc<HandClock>, policy: Policy) -> Viewing {
    let path = dir.path().join("ledger.db");
    let store = Store::open(&path, &[ledger::SCHEMA, SCHEMA], Options::default()).unwrap();
    let keys = Keys::open_or_make(&dir.path().join("keys")).unwrap();
    let origin = Origin::new("yuanjiao.example/17").unwrap();
    let ledger = Ledger::open(store, keys, origin, clock.now()).unwrap();
    let viewing = Viewing::new(ledger, clock.clone(), Arc::new(policy), Arc::new(ByteIsMillisecond));
    viewing.recover().unwrap();
    viewing
}

impl Station {
    fn new() -> Self {
        Self::with(Policy::built_in())
    }

    fn with(policy: Policy) -> Self {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(HandClock::new(1, NOVEMBER_2026));
        let viewing = start(&dir, &clock, policy);
        Self { dir, clock, viewing }
    }

    /// What was not committed is gone, what was committed is there: the same as a power cut to this program.
    fn power_cut(&mut self) {
        let policy = (*self.viewing.policy()).clone();
        self.viewing = start(&self.dir, &self.clock, policy);
    }

    async fn open(&self, member: &str, film: u8, device: u8) -> SessionId {
        let length = Millis::secs(1800);
        let item = ItemId::from_digest(&[film; 32]);
        let device = DeviceId::from_bytes([device; 16]);
        self.viewing.sent().note(device, item, 0..length.0);
        let facts = ItemFacts {
            item,
            title: format!("film {film}"),
            class: None,
            length,
            made_here: false,
        };
        let member = MemberId::new(member).unwrap();
        self.viewing
            .open(member, device, facts, Mode::Alone)
            .await
            .unwrap()
            .session
    }

    async fn beat(&self, session: SessionId, n: u32, from: i64, to: i64) -> Result<Answer, ViewingError> {
        let segments = vec![(from * 1000, to * 1000)];
        let digest = (from * 100_000 + to).to_le_bytes();
        self.viewing
            .beat(
                session,
                BeatIn {
                    n,
                    segments,
                    ended: false,
                    urgent: false,
                    digest,
                },
            )
            .await
    }

    /// Plays in ten-second beats and returns the next number.
    async fn play(&self, session: SessionId, first: u32, from: i64, seconds: i64) -> u32 {
        let mut n = first;
        for at in (from..from + seconds).step_by(10) {
            self.clock.advance(Millis::secs(10));
            self.beat(session, n, at, at + 10).await.unwrap();
            n += 1;
        }
        n
    }

    fn credit(&self, member: &str) -> u64 {
        Millis(self.credited(member).iter().map(|c| c.media.total().0).sum()).as_secs()
    }

    fn credited(&self, member: &str) -> Vec<Credited> {
        let member = MemberId::new(member).unwrap();
        let store = self.viewing.ledger.store();
        store.read_blocking(|conn| credited_items(conn, &member)).unwrap()
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        let found = self.viewing.ledger.verify().unwrap();
        if !std::thread::panicking() {
            assert!(found.faults.is_empty(), "{:?}", found.faults);
        }
    }
}

#[tokio::test]
async fn a_proof_turns_what_is_pending_into_credit_and_a_leaf() {
    let station = Station::new();
    let session = station.open("m1", 1, 1).await;
    station.play(session, 1, 0, 300).await;
    assert_eq!(station.credit("m1"), 0);
    let answer = station.viewing.prove(session).await.unwrap();
    assert_eq!(
        (answer.credited.total(), answer.pending),
        (Millis::secs(300), Millis::ZERO)
    );
    assert_eq!(station.credit("m1"), 300);
}

#[tokio::test]
async fn case_11_a_beat_for_an_unknown_session_is_refused() {
    let station = Station::new();
    let refused = station.beat(SessionId::from_bytes([9; 16]), 1, 0, 1).await;
    assert!(matches!(refused, Err(ViewingError::Unknown)));
}

#[tokio::test]
async fn what_was_sent_to_one_phone_earns_nothing_on_another() {
    let station = Station::new();
    station.open("m1", 1, 1).await;
    let facts = ItemFacts {
        item: ItemId::from_digest(&[1; 32]),
        title: "film 1".into(),
        class: None,
        length: Millis::secs(1800),
        made_here: false,
    };
    let (member, other) = (MemberId::new("m2").unwrap(), DeviceId::from_bytes([2; 16]));
    let opened = station.viewing.open(member, other, facts, Mode::Alone).await.unwrap();
    station.clock.advance(Millis::secs(10));
    let answer = station.beat(opened.session, 1, 0, 10).await.unwrap();
    assert_eq!((answer.pending, answer.note), (Millis::ZERO, Some(rule::Note::NotSent)));
}

#[tokio::test]
async fn what_was_left_pending_waits_for_the_member_to_come_back() {
    let station = Station::new();
    let session = station.open("m1", 1, 1).await;
    station.play(session, 1, 0, 200).await;
    station.viewing.close(session).await.unwrap();
    assert_eq!(station.credit("m1"), 0);
    let member = MemberId::new("m1").unwrap();
    let item = ItemId::from_digest(&[1; 32]);
    let facts = ItemFacts {
        item,
        title: "film 1".into(),
        class: None,
        length: Millis::secs(1800),
        made_here: false,
    };
    let device = DeviceId::from_bytes([1; 16]);
    let again = station.viewing.open(member, device, facts, Mode::Alone).await.unwrap();
    assert_eq!((again.pending, again.resume), (Millis::secs(200), Millis::secs(200)));
    station.viewing.prove(again.session).await.unwrap();
    assert_eq!(station.credit("m1"), 200);
}

#[tokio::test]
async fn a_page_that_fell_silent_is_closed_and_credits_nothing_that_nobody_proved() {
    let station = Station::new();
    let session = station.open("m1", 1, 1).await;
    let n = station.play(session, 1, 0, 200).await;
    station.clock.advance(IDLE);
    assert_eq!(station.viewing.close_idle().await.unwrap(), 1);
    assert_eq!(station.credit("m1"), 0);
    let late = station.beat(session, n, 200, 210).await;
    assert!(matches!(late, Err(ViewingError::Ended(Closing::Idle))), "{late:?}");
}

#[tokio::test]
async fn a_phone_left_in_a_drawer_leaves_nothing_to_come_back_for() {
    let station = Station::new();
    let session = station.open("m1", 1, 1).await;
    station.play(session, 1, 0, 1000).await;
    station.viewing.close(session).await.unwrap();
    let again = station.open("m1", 1, 1).await;
    station.viewing.prove(again).await.unwrap();
    assert_eq!(station.credit("m1"), 0);
}

/// Rows 15 and 16: the question was put, nobody answered, and no further beat came: the page was simply closed.
#[tokio::test]
async fn a_question_that_nobody_answered_before_the_page_was_closed_leaves_nothing_to_come_back_for() {
    let room = Station::new();
    let session = room.open("1024", 1, 1).await;
    let mut n = 0;
    loop {
        room.clock.advance(Millis::secs(10));
        let at = i64::from(n) * 10;
        n += 1;
        if room.beat(session, n, at, at + 10).await.unwrap().proof_left.is_some() {
            break;
        }
    }
    assert!((48..=72).contains(&n), "every ten minutes, give or take two: {n}");
    room.clock.advance(Millis::secs(600));
    room.viewing.close(session).await.unwrap();
    let again = room.open("1024", 1, 1).await;
    room.viewing.prove(again).await.unwrap();
    assert_eq!(room.credit("1024"), 0);
}

/// What waited on the phone may have been credited elsewhere meanwhile: at an evening, for one.
#[tokio::test]
async fn what_was_credited_elsewhere_meanwhile_is_not_given_twice() {
    let room = Station::new();
    let session = room.open("1024", 1, 1).await;
    room.play(session, 1, 0, 60).await;
    let grant = Grant {
        session,
        member: MemberId::new("1024").unwrap(),
        item: ItemId::from_digest(&[1; 32]),
        mode: Mode::Screening,
        grade: crate::types::Grade::B,
        proof: ledger::Proof::Checks,
    };
    let (viewing, now) = (room.viewing.clone(), room.clock.now());
    let media = Intervals::one(Millis::secs(30), Millis::secs(90));
    let act = move |tx: &crate::store::Tx<'_>| viewing.give(tx, now, &grant, now.year(), &media);
    let store = room.viewing.ledger.store();
    assert_eq!(store.write_blocking(act).unwrap().unwrap(), Millis::secs(60));
    room.viewing.prove(session).await.unwrap();
    assert_eq!(room.credit("1024"), 90);
    let count = |conn: &rusqlite::Connection| ledger::leaves(conn, 0, 1_000);
    let spans =
        store
            .read_blocking(count)
            .unwrap()
            .into_iter()
            .filter_map(|bytes| match ledger::Leaf::read(&bytes)?.is {
                ledger::What::Span { media, .. } => Some(media.total().as_secs()),
                _ => None,
            });
    assert_eq!(spans.collect::<Vec<_>>(), [60, 30], "each second stands in one leaf");
}

#[tokio::test]
async fn what_was_not_counted_is_told_until_it_is_watched_again() {
    let station = Station::new();
    let member = MemberId::new("m1").unwrap();
    let lost = || {
        let store = station.viewing.ledger.store();
        let sessions = store.read_blocking(|conn| not_counted(conn, &member, 10)).unwrap();
        sessions.iter().map(|session| session.lost.clone()).collect::<Vec<_>>()
    };
    let drawer = station.open("m1", 1, 1).await;
    station.play(drawer, 1, 0, 1000).await;
    let unattended: u64 = lost().iter().map(|lost| lost.unattended.total().as_secs()).sum();
    assert_eq!(unattended, 1000, "told while the session is open");
    station.viewing.close(drawer).await.unwrap();
    assert_eq!(lost().len(), 1, "and after it");
    let again = station.open("m1", 1, 1).await;
    station.play(again, 1, 0, 300).await;
    station.viewing.prove(again).await.unwrap();
    assert_eq!(
        lost()[0].unattended.total(),
        Millis::secs(700),
        "what was watched again is lost no more"
    );
    station.clock.advance(Millis::secs(10));
    station.beat(again, 31, 0, 10).await.unwrap();
    station.clock.advance(Millis::secs(10));
    station.beat(again, 32, 1700, 1790).await.unwrap();
    let newest = lost().remove(0);
    assert_eq!(
        (newest.again, newest.too_fast.total()),
        (Millis::secs(10), Millis::secs(75))
    );
}

#[tokio::test]
async fn what_waits_in_an_open_session_is_shown_as_waiting() {
    let station = Station::new();
    let session = station.open("m1", 1, 1).await;
    station.play(session, 1, 0, 40).await;
    let member = MemberId::new("m1").unwrap();
    let store = station.viewing.ledger.store();
    let waits = || store.read_blocking(|conn| left_pending(conn, &member)).unwrap();
    let item = ItemId::from_digest(&[1; 32]);
    assert_eq!(waits(), [(item, Millis::secs(40))]);
    station.viewing.prove(session).await.unwrap();
    assert_eq!(waits(), []);
}
