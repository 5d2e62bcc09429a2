//! Evenings on a real store, with a clock in the hand; each ends with the district's own judgement of the leaves.

use std::sync::Arc;

use tempfile::TempDir;

use std::net::IpAddr;

use crate::clock::{Clock, HandClock};
use crate::credit::Policy;
use crate::keys::Keys;
use crate::ledger::{self, Leaf, Ledger, What};
use crate::report::{Anomaly, Recount};
use crate::roster::Operator;
use crate::screening::{self, Answer, CheckedIn, Evening, Remarks, ScreeningError, Screenings, Showing, Stage};
use crate::store::{Options, Store};
use crate::types::{DeviceId, Grade, Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId};
use crate::viewing::{self, BeatIn, ItemFacts, MediaMap, Viewing, ViewingError};

const NOVEMBER_2026: i64 = 1_795_000_000_000;
const FILM: u64 = 2_700;

/// One byte is one millisecond of media.
#[derive(Debug)]
struct ByteIsMillisecond;

impl MediaMap for ByteIsMillisecond {
    fn media_of(&self, item: &ItemId, sent: &dyn Fn(ItemId) -> Vec<std::ops::Range<u64>>) -> Intervals {
        Intervals::from(sent(*item).iter().map(|b| (b.start, b.end)).collect::<Vec<_>>())
    }
}

/// A station with one screen. Dropping it verifies the ledger and lets the district judge.
struct Hall {
    dir: TempDir,
    clock: Arc<HandClock>,
    ledger: Ledger,
    viewing: Viewing,
    room: Screenings,
    screen: DeviceId,
    n: std::cell::Cell<u32>,
}

/// Checks come after exactly a quarter of an hour.
fn policy() -> Policy {
    let text = Policy::built_in()
        .text
        .replace("check_jitter_s = 180", "check_jitter_s = 0");
    Policy::parse(&text).unwrap()
}

fn open(dir: &TempDir, clock: &Arc<HandClock>) -> (Ledger, Viewing, Screenings) {
    let path = dir.path().join("ledger.db");
    let schemas = [ledger::SCHEMA, viewing::SCHEMA, screening::SCHEMA];
    let store = Store::open(&path, &schemas, Options::default()).unwrap();
    let keys = Keys::open_or_make(&dir.path().join("keys")).unwrap();
    let origin = Origin::new("yuanjiao.example/17").unwrap();
    let ledger = Ledger::open(store, keys, origin, clock.now()).unwrap();
    let viewing = Viewing::new(
        ledger.clone(),
        clock.clone(),
        Arc::new(policy()),
        Arc::new(ByteIsMillisecond),
    );
    viewing.recover().unwrap();
    let room = Screenings::new(viewing.clone(), ledger.clone(), clock.clone());
    (ledger, viewing, room)
}

fn film(n: u8, seconds: u64) -> Showing {
    Showing {
        item: ItemId::from_digest(&[n; 32]),
        title: format!("film {n}"),
        class: None,
        length: Millis::secs(seconds),
        made_here: false,
    }
}

fn member(number: &str) -> MemberId {
    MemberId::new(number).unwrap()
}

fn phone(n: u8) -> DeviceId {
    DeviceId::from_bytes([n; 16])
}

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 8, 20));

impl Hall {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(HandClock::new(1, NOVEMBER_2026));
        let (ledger, viewing, room) = open(&dir, &clock);
        let hall = Self {
            ledger,
            viewing,
            room,
            dir,
            clock,
            screen: phone(200),
            n: std::cell::Cell::new(0),
        };
        hall.let_in(hall.screen).await;
        hall
    }

    async fn let_in(&self, screen: DeviceId) {
        let code = self.room.waiting_code(screen);
        let by = Operator::on_the_console();
        assert!(self.room.let_in(&code, "会议室", &by).await.unwrap());
    }

    /// The lobby of an evening with one film of 45 minutes.
    async fn evening(&self) -> SessionId {
        self.evening_with(vec![film(1, FILM)]).await
    }

    async fn evening_with(&self, programme: Vec<Showing>) -> SessionId {
        self.n.set(0);
        for showing in &programme {
            let sent = self.viewing.sent();
            sent.note(self.screen, showing.item, 0..showing.length.0);
        }
        let evening = Evening {
            programme,
            ..plain_evening(self.screen, "会议室".into())
        };
        self.room.begin(evening).await.unwrap().id
    }

    async fn code(&self) -> String {
        self.room.on_screen(self.screen).await.unwrap().spoken_code()
    }

    async fn comes(&self, number: &str, device: u8) -> Result<CheckedIn, ScreeningError> {
        let code = self.code().await;
        self.room
            .check_in(&code, (member(number), None), phone(device), HERE)
            .await
    }

    /// Plays seconds of the present item from a place on, in beats of ten seconds.
    async fn play(&self, from: u64, seconds: u64) {
        for at in (from..from + seconds).step_by(10) {
            self.clock.advance(Millis::secs(10));
            self.beat(at, at + 10, false).await.unwrap();
        }
    }

    async fn beat(&self, from: u64, to: u64, ended: bool) -> Result<Answer, ScreeningError> {
        self.n.set(self.n.get() + 1);
        let beat = BeatIn {
            n: self.n.get(),
            segments: vec![(i64::try_from(from * 1000).unwrap(), i64::try_from(to * 1000).unwrap())],
            ended,
            urgent: false,
            digest: (from * 100_000 + to).to_le_bytes(),
        };
        self.room.beat(self.screen, beat).await
    }

    /// The film is over, those named confirm, and the rest of the time for it passes.
    async fn ends(&self, confirm: &[(&str, u8)]) {
        self.room.end(self.screen).await.unwrap();
        for (number, device) in confirm {
            self.comes(number, *device).await.unwrap();
        }
        self.room.end(self.screen).await.unwrap();
    }

    /// Credited seconds of a member, and the grades.
    fn credit(&self, number: &str) -> (u64, Vec<Grade>) {
        let count = self.recount();
        let own = count.credits.iter().filter(|credit| credit.member == member(number));
        let mut grades: Vec<Grade> = own.clone().map(|credit| credit.grade).collect();
        grades.dedup();
        (own.map(|credit| credit.media.total().as_secs()).sum(), grades)
    }

    fn recount(&self) -> Recount {
        let mut count = Recount::default();
        for leaf in self.leaves() {
            count.count(&leaf);
        }
        count
    }

    fn leaves(&self) -> Vec<Vec<u8>> {
        let store = self.ledger.store();
        store.read_blocking(|conn| ledger::leaves(conn, 0, 100_000)).unwrap()
    }

    /// What was committed is there, nothing else; the next boot counts its time anew.
    fn power_cut(&mut self) {
        let clock = Arc::new(HandClock::new(2, NOVEMBER_2026 + 7_200_000));
        clock.advance(Millis::secs(30));
        self.clock = clock;
        (self.ledger, self.viewing, self.room) = open(&self.dir, &self.clock);
    }
}

/// An evening for everybody with one short film, at a place.
fn plain_evening(screen: DeviceId, place: String) -> Evening {
    Evening {
        screen,
        programme: vec![film(1, 600)],
        mode: Mode::Screening,
        branches: Vec::new(),
        due: 24,
        expected: Vec::new(),
        plan: None,
        from: Millis::ZERO,
        place,
        chair: String::new(),
    }
}

impl Drop for Hall {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.ledger.verify().unwrap().faults, []);
            assert_eq!(self.recount().anomalies, []);
        }
    }
}

mod attendance;
mod faults;
mod pauses;
