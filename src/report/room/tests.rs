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
use crate::screening::{self, Answer, CheckedIn, Evening, ScreeningError, Screenings, Showing, Stage};
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
            screen: self.screen,
            programme,
            mode: Mode::Screening,
            branches: Vec::new(),
            due: 24,
            expected: Vec::new(),
            plan: None,
            from: Millis::ZERO,
            place: "会议室".into(),
            chair: String::new(),
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

impl Drop for Hall {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.ledger.verify().unwrap().faults, []);
            assert_eq!(self.recount().anomalies, []);
        }
    }
}

#[tokio::test]
async fn row_24_to_27_each_gets_what_he_attended() {
    let hall = Hall::new().await;
    hall.evening().await;
    for (number, device) in [("all", 1), ("left", 2), ("missed", 4)] {
        assert!(matches!(
            hall.comes(number, device).await,
            Ok(CheckedIn::Welcome { .. })
        ));
    }
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 900).await;
    for (number, device) in [("all", 1), ("missed", 4)] {
        let confirmed = CheckedIn::Confirmed { at_the_end: false };
        assert_eq!(hall.comes(number, device).await.unwrap(), confirmed);
    }
    assert!(matches!(
        hall.comes("late", 3).await,
        Ok(CheckedIn::Welcome { is_late: true, .. })
    ));
    hall.play(900, 900).await;
    for (number, device) in [("all", 1), ("late", 3)] {
        hall.comes(number, device).await.unwrap();
    }
    hall.play(1800, 900).await;
    hall.ends(&[("all", 1), ("late", 3), ("missed", 4)]).await;
    let seconds = ["all", "left", "late", "missed"].map(|number| hall.credit(number).0);
    assert_eq!(seconds, [2700, 0, 1800, 900]);
    assert_eq!(hall.credit("all").1, [Grade::B]);
}

#[tokio::test]
async fn row_28_a_pause_counts_for_nobody() {
    let hall = Hall::new().await;
    hall.evening_with(vec![film(1, 600)]).await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 300).await;
    // Ten minutes of silence from a screen that stands still, then it goes on.
    hall.clock.advance(Millis::secs(600));
    hall.beat(300, 300, false).await.unwrap();
    hall.play(300, 300).await;
    hall.ends(&[("m1", 1)]).await;
    assert_eq!(hall.credit("m1").0, 600);
}

#[tokio::test]
async fn row_29_a_television_for_the_wall_is_reported_as_such() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, FILM).await;
    hall.ends(&[]).await;
    let record = hall.room.record(id).await.unwrap().unwrap();
    assert_eq!((record.state.unattended, record.lines.len()), (Millis::secs(FILM), 0));
    let count = hall.recount();
    assert!(count.credits.is_empty());
    assert_eq!(count.rooms().next().unwrap().unattended, Millis::secs(FILM));
}

#[tokio::test]
async fn row_30_a_code_of_a_minute_ago_opens_nothing() {
    let hall = Hall::new().await;
    hall.evening().await;
    let photographed = hall.code().await;
    hall.clock.advance(Millis::secs(61));
    let refused = hall
        .room
        .check_in(&photographed, (member("home"), None), phone(9), HERE)
        .await;
    assert!(matches!(refused, Err(ScreeningError::WrongCode)));
    for _ in 0..29 {
        drop(
            hall.room
                .check_in("nonsense", (member("home"), None), phone(9), HERE)
                .await,
        );
    }
    let paused = hall
        .room
        .check_in(&hall.code().await, (member("home"), None), phone(9), HERE)
        .await;
    assert!(matches!(paused, Err(ScreeningError::Paused(_))), "a guesser waits");
}

#[tokio::test]
async fn row_58_whom_the_operator_ticked_is_grade_c() {
    let hall = Hall::new().await;
    let id = hall.evening_with(vec![film(1, 600)]).await;
    let by = Operator::on_the_console();
    let ticked = hall.room.tick(id, (member("old"), None), "没带手机".into(), &by).await;
    assert!(matches!(ticked, Ok(CheckedIn::Welcome { .. })));
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 600).await;
    hall.room.end(hall.screen).await.unwrap();
    assert_eq!(hall.room.tick_all_again(id, &by).await.unwrap(), 1);
    hall.room.end(hall.screen).await.unwrap();
    assert_eq!(hall.credit("old"), (600, vec![Grade::C]));
    let reasons = hall
        .leaves()
        .iter()
        .filter_map(|leaf| match Leaf::read(leaf)?.is {
            What::Attend { reason, .. } => Some(reason),
            _ => None,
        })
        .collect::<Vec<_>>();
    assert_eq!(reasons, ["没带手机"]);
}

#[tokio::test]
async fn row_59_one_phone_checks_in_one_person() {
    let hall = Hall::new().await;
    hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    let second = hall.comes("m2", 1).await;
    assert!(matches!(second, Err(ScreeningError::OnePhone(other)) if other == member("m1")));
}

#[tokio::test]
async fn an_evening_survives_a_power_cut_at_the_second_where_it_stood() {
    let mut hall = Hall::new().await;
    let id = hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 900).await;
    // The check is open when the light goes out: nobody has missed it.
    assert!(hall.room.on_screen(hall.screen).await.unwrap().check_left.is_some());
    hall.power_cut();
    hall.viewing
        .sent()
        .note(hall.screen, film(1, FILM).item, 0..FILM * 1000);
    let back = hall.room.start(hall.screen).await.unwrap();
    assert_eq!(
        (back.id, back.position, back.shown),
        (id, Millis::secs(900), Millis::secs(900))
    );
    assert_eq!(hall.room.on_screen(hall.screen).await.unwrap().present.len(), 1);
    hall.play(900, 900).await;
    hall.comes("m1", 1).await.unwrap();
    hall.play(1800, 900).await;
    hall.ends(&[("m1", 1)]).await;
    assert_eq!(hall.credit("m1").0, 2700);
}

#[tokio::test]
async fn an_evening_that_never_goes_on_is_closed_and_what_was_attended_is_kept() {
    let mut hall = Hall::new().await;
    hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 600).await;
    hall.power_cut();
    hall.clock.advance(Millis::secs(9 * 3600));
    assert_eq!(hall.room.close_left_lying().await.unwrap(), 1);
    assert_eq!(hall.credit("m1").0, 600);
}

#[tokio::test]
async fn who_goes_out_and_comes_back_earns_what_lies_around_it() {
    let hall = Hall::new().await;
    let id = hall.evening_with(vec![film(1, 800)]).await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 200).await;
    hall.room.leave(id, member("m1")).await.unwrap();
    hall.play(200, 200).await;
    hall.comes("m1", 1).await.unwrap();
    hall.play(400, 400).await;
    hall.ends(&[("m1", 1)]).await;
    assert_eq!(hall.credit("m1").0, 400, "nobody saw him when he left");
}

#[tokio::test]
async fn who_watches_on_his_phone_is_taken_from_there_into_the_room() {
    let hall = Hall::new().await;
    let facts = ItemFacts {
        item: film(7, 600).item,
        title: "another".into(),
        class: None,
        length: Millis::secs(600),
    };
    let viewing = &hall.viewing;
    let opened = viewing.open(member("m1"), phone(1), facts, Mode::Alone).await.unwrap();
    hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    let ended = viewing.prove(opened.session).await;
    assert!(matches!(ended, Err(ViewingError::Ended(_))));
    assert!(hall.room.where_is(member("m1")).await.unwrap().is_some());
}

#[tokio::test]
async fn the_screen_earns_no_more_than_time_and_what_it_was_sent() {
    let hall = Hall::new().await;
    let id = hall.evening().await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.clock.advance(Millis::secs(10));
    hall.beat(0, 2000, false).await.unwrap();
    let shown = || async { hall.room.record(id).await.unwrap().unwrap().state.shown };
    assert_eq!(shown().await, Millis::secs(10), "time is the bound");
    hall.clock.advance(Millis::secs(100));
    hall.beat(2600, 2800, false).await.unwrap();
    assert_eq!(shown().await, Millis::secs(110), "the film ends at 2700");
    hall.clock.advance(Millis::secs(10));
    hall.beat(0, 10, false).await.unwrap();
    assert_eq!(shown().await, Millis::secs(110), "the same part again is nothing new");
    hall.ends(&[("m1", 1)]).await;
    assert_eq!(hall.credit("m1").0, 110);
}

#[tokio::test]
async fn two_films_follow_each_other_and_the_end_comes_by_itself() {
    let hall = Hall::new().await;
    hall.evening_with(vec![film(1, 100), film(2, 60)]).await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 90).await;
    hall.clock.advance(Millis::secs(10));
    let answer = hall.beat(90, 100, true).await.unwrap();
    assert_eq!((answer.state.turn, answer.state.position), (1, Millis::ZERO));
    hall.play(0, 50).await;
    hall.clock.advance(Millis::secs(10));
    let answer = hall.beat(50, 60, true).await.unwrap();
    assert_eq!(answer.state.stage, Stage::Ending);
    hall.comes("m1", 1).await.unwrap();
    hall.clock.advance(Millis::secs(601));
    let over = hall.room.on_screen(hall.screen).await;
    assert!(
        over.is_ok_and(|answer| answer.state.stage == Stage::Closed),
        "the last check closes by itself"
    );
    assert_eq!(hall.credit("m1").0, 160);
}

#[tokio::test]
async fn a_strange_screen_shows_nothing() {
    let hall = Hall::new().await;
    let stranger = phone(66);
    let begun = hall.room.begin(Evening {
        screen: stranger,
        programme: vec![film(1, 60)],
        mode: Mode::Screening,
        branches: Vec::new(),
        due: 0,
        expected: Vec::new(),
        plan: None,
        from: Millis::ZERO,
        place: String::new(),
        chair: String::new(),
    });
    assert!(matches!(begun.await, Err(ScreeningError::NoScreen)));
    let by = Operator::on_the_console();
    hall.room.send_away(hall.screen, &by).await.unwrap();
    assert_eq!(hall.room.screen(hall.screen).await.unwrap(), None);
}

#[tokio::test]
async fn a_forged_span_of_a_screening_is_named_by_the_district() {
    let hall = Hall::new().await;
    hall.evening_with(vec![film(1, 600)]).await;
    hall.comes("m1", 1).await.unwrap();
    hall.room.start(hall.screen).await.unwrap();
    hall.play(0, 600).await;
    hall.ends(&[("m1", 1)]).await;
    let mut count = Recount::default();
    for bytes in hall.leaves() {
        let mut leaf = Leaf::read(&bytes).unwrap();
        if let What::Check { passed, .. } = &mut leaf.is {
            passed.clear();
        }
        count.count(&leaf.to_bytes());
    }
    assert!(
        matches!(count.anomalies[..], [Anomaly::NotAttended(_)]),
        "{:?}",
        count.anomalies
    );
}

mod pauses;
