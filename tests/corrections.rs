//! Corrections: two people, a new leaf, the same figure on the member's page, on the desk and at the district.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::time::Duration;

use common::{Answer, Station};
use tempfile::TempDir;
use yuanjiao::clock::Clock;
use yuanjiao::credit::Policy;
use yuanjiao::district::{District, Settings};
use yuanjiao::ledger::{self, Ending, Leaf, What};
use yuanjiao::report::{Recount, tables};
use yuanjiao::roster::Operator;
use yuanjiao::store::StoreError;
use yuanjiao::types::{ItemId, MemberId, Millis, Mode, Piece, SessionId};

const MORE: &str = "member_no,name,branch,role,status,migrant,pin\n0033,赵小梅,第一支部,党员,正式,否,9753\n";

/// A village with three members; 0021 has a second of credit. The operator's cookie, and the leaf of that second.
async fn village() -> (Station, String, u64) {
    let station = Station::start().await;
    let base = station.base();
    let plan = base.roster.plan(MORE.into()).await.unwrap();
    let applied = base.roster.apply(plan, &Operator::on_the_console()).await.unwrap();
    assert!(applied.is_ok());
    let credited = station.watch(&station.sign_in().await).await;
    assert!(credited > 0);
    let span = place_of(&station, |what| matches!(what, What::Span { .. }));
    let operator = station.operator().await;
    (station, operator, span.unwrap())
}

fn place_of(station: &Station, wanted: impl Fn(&What) -> bool) -> Option<u64> {
    let is = |leaf: &Leaf| wanted(&leaf.is);
    let read = |conn: &_| ledger::newest_place_of(conn, is);
    station.base().ledger.store().read_blocking(read).unwrap()
}

/// Fills in the form and sends it.
async fn correct(station: &Station, operator: &str, of: u64, fields: &str) -> Answer {
    let cookie = format!("Cookie: {operator}\r\n");
    let form = station.get(&format!("/desk/correct?of={of}"), &cookie).await;
    assert_eq!(form.status, 200, "{}", form.text());
    let text = form.text();
    let csrf = text
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let body = format!("csrf={csrf}&of={of}&{fields}");
    let head = format!("Content-Type: application/x-www-form-urlencoded\r\n{cookie}");
    station.ask("POST", "/desk/correct", &head, &body).await
}

/// Milliseconds of a member as the station's own view has them.
fn at_the_station(station: &Station, number: &str) -> u64 {
    let who = MemberId::new(number).unwrap();
    let read = move |conn: &_| yuanjiao::viewing::credited_items(conn, &who);
    let items = station.base().ledger.store().read_blocking(read).unwrap();
    items.iter().map(|item| item.media.total().0).sum()
}

/// As its leaves add up, with what cannot be.
fn counted(station: &Station) -> Recount {
    let read = |conn: &_| ledger::leaves(conn, 0, 100_000);
    let store = station.base().ledger.store().clone();
    let mut count = Recount::default();
    for leaf in store.read_blocking::<_, StoreError, _>(read).unwrap() {
        count.count(&leaf);
    }
    count
}

fn line_of(count: &Recount, number: &str) -> u64 {
    let counts = [count.clone()];
    let policy = Policy::built_in().into();
    let years = tables::years(&counts);
    let lines = years.iter().flat_map(|year| tables::members(&counts, &policy, *year));
    let own = lines.filter(|line| line.member.as_str() == number);
    own.map(|line| line.tally.raw.0).sum()
}

fn agrees(station: &Station) {
    let count = counted(station);
    assert_eq!(count.anomalies, []);
    for number in ["0012", "0021", "0033"] {
        assert_eq!(line_of(&count, number), at_the_station(station, number), "{number}");
    }
}

const SIGNED: &str = "reason=the+wrong+phone&second=0012&pin=1357";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_credited_to_the_wrong_member_moves_to_the_right_one_at_station_and_district() {
    let (mut station, operator, span) = village().await;
    let before = at_the_station(&station, "0021");
    let done = correct(&station, &operator, span, &format!("to=0033&{SIGNED}")).await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(done.header("location"), "/desk/members/0033");
    assert_eq!(
        (at_the_station(&station, "0021"), at_the_station(&station, "0033")),
        (0, before)
    );
    agrees(&station);

    let page = station
        .get("/desk/members/0021", &format!("Cookie: {operator}\r\n"))
        .await
        .text();
    assert!(page.contains("the wrong phone") && page.contains("0012"), "{page}");
    let login = station
        .json("/api/login", "", r#"{"member":"0033","pin":"9753"}"#)
        .await;
    let cookie = login.header("set-cookie").split(';').next().unwrap().to_owned();
    let mine = station.get("/me", &format!("Cookie: {cookie}\r\n")).await.text();
    assert!(
        mine.contains("id=\"corrections\"") && mine.contains("the wrong phone"),
        "{mine}"
    );

    let books = TempDir::new().unwrap();
    let district = District::open(Settings {
        concurrent: 1,
        connect: Duration::from_secs(60),
        deadline: Duration::from_secs(60),
        store: common::server::place(books.path()),
        ..Settings::in_folder(books.path().to_owned())
    })
    .unwrap();
    station.enrols_at(&district).await;
    let pulled = district.pull(None).await.unwrap().remove(0).1.unwrap();
    assert!(pulled.alerts.is_empty(), "{:?}", pulled.alerts);
    let (_, there) = district.recount().unwrap().remove(0);
    assert_eq!((line_of(&there, "0021"), line_of(&there, "0033")), (0, before));
    assert_eq!(there.corrections.len(), 2);

    // The views come back from the leaves: the same lines after each start, also if somebody meddled.
    station.stop().await;
    let base = station.base();
    let meddle = |tx: &yuanjiao::store::Tx<'_>| tx.execute_batch("UPDATE span SET credit = 7; DELETE FROM correction");
    base.ledger.store().write_blocking(meddle).unwrap().unwrap();
    drop(base);
    station.start_again(|_| ()).await;
    agrees(&station);
    let page = station
        .get("/desk/members/0021", &format!("Cookie: {operator}\r\n"))
        .await
        .text();
    assert!(page.contains("the wrong phone"), "{page}");
}

/// Given nobody said what shall be corrected, when the operator opens the page and chooses a member, then the way leads
/// to the form of that entry.
#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_know_the_entry_finds_it_by_the_member() {
    let (station, operator, span) = village().await;
    let open = async |path: &str| station.get(path, &format!("Cookie: {operator}\r\n")).await;
    let start = open("/desk/correct").await;
    assert_eq!(start.status, 200, "{}", start.text());
    assert!(start.text().contains("王德明 0021") && start.text().contains("赵小梅 0033"));
    let his = open("/desk/correct?member=0021").await.text();
    assert!(his.contains(&format!("/desk/correct?of={span}")), "{his}");
    assert!(open("/desk/correct?member=0033").await.text().contains("名下还没有"));
    assert_eq!(
        open("/desk/correct?member=9999").await.status,
        404,
        "nobody of the roster"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_without_a_second_person_or_beyond_what_is_there_is_refused_in_words() {
    let (station, operator, span) = village().await;
    let before = counted(&station).size();
    let refusals = [
        ("to=0033&reason=x&second=0012&pin=0000", "口令"),
        ("to=0033&reason=x&second=0033&pin=9753", "不是书记也不是委员"),
        ("to=0012&reason=x&second=0012&pin=1357", "不能签自己的学时"),
        ("to=0033&reason=&second=0012&pin=1357", "请写原因"),
        (
            "to=0033&reason=%E8%B5%B5%E5%B0%8F%E6%A2%85&second=0012&pin=1357",
            "不要写姓名",
        ),
        ("to=9999&reason=x&second=0012&pin=1357", "花名册里没有"),
        ("to=0033&from=5&until=2&reason=x&second=0012&pin=1357", "起止分钟"),
        ("to=0033&from=5&until=9&reason=x&second=0012&pin=1357", "没有可以改的"),
    ];
    for (fields, said) in refusals {
        let answer = correct(&station, &operator, span, fields).await;
        assert_eq!(answer.status, 200, "{fields}");
        assert!(answer.text().contains(said), "{fields}: {}", answer.text());
    }
    assert_eq!(counted(&station).size(), before, "nothing was written");
    let taken = correct(&station, &operator, span, SIGNED).await;
    assert_eq!(taken.status, 303, "{}", taken.text());
    assert_eq!(at_the_station(&station, "0021"), 0);
    let twice = correct(&station, &operator, span, SIGNED).await;
    assert!(twice.text().contains("没有可以改的"), "{}", twice.text());
    let cookie = format!("Cookie: {operator}\r\n");
    assert_eq!(
        station.get("/desk/correct?of=0", &cookie).await.status,
        404,
        "a genesis is no span"
    );
    assert_eq!(
        station.get("/desk/correct?member=0021", "").await.status,
        303,
        "also where one chooses"
    );
    assert_eq!(
        station.get(&format!("/desk/correct?of={span}"), "").await.status,
        303,
        "the desk is the operator's"
    );
    agrees(&station);
    // What was taken away can be earned anew.
    assert!(station.watch(&station.sign_in().await).await > 0);
    agrees(&station);
}

/// The leaves of an evening at which 20 minutes of two films were shown.
fn evening(station: &Station) -> (u64, SessionId) {
    let base = station.base();
    let screening = SessionId::from_bytes([9; 16]);
    let piece = |film: u8, from: u64, to: u64| Piece {
        item: ItemId::from_digest(&[film; 32]),
        year: base.clock.now().year(),
        from: Millis::secs(from * 60),
        to: Millis::secs(to * 60),
    };
    let known = |film: u8| What::Item {
        item: ItemId::from_digest(&[film; 32]),
        title: format!("film {film}"),
        class: None,
        length: Millis::secs(3600),
        made_here: false,
    };
    let leaves = [
        known(7),
        known(8),
        What::Screening {
            screening,
            screen: SessionId::from_bytes([3; 16]),
            mode: Mode::Screening,
            branches: Vec::new(),
            due: 3,
            plan: None,
        },
        What::Shown {
            screening,
            pieces: vec![piece(7, 0, 10)],
        },
        What::Shown {
            screening,
            pieces: vec![piece(8, 30, 35), piece(8, 30, 35)],
        },
        What::Screened {
            screening,
            how: Ending::Done,
            shown: Millis::secs(1200),
            unattended: Millis::ZERO,
            guests: 0,
        },
    ];
    let mut last = 0;
    for what in leaves {
        let (ledger, now) = (base.ledger.clone(), base.clock.now());
        let kept = base
            .ledger
            .store()
            .write_blocking(move |tx| ledger.append(tx, now, what));
        last = kept.unwrap().unwrap();
    }
    (last, screening)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_there_and_not_recorded_gets_what_was_shown_and_nothing_twice() {
    let (station, operator, _) = village().await;
    let (ended, screening) = evening(&station);
    let cookie = format!("Cookie: {operator}\r\n");
    let form = station
        .get(&format!("/desk/correct?screening={screening}"), &cookie)
        .await;
    assert!(
        form.status == 200 && form.text().contains(&format!("name=\"of\" value=\"{ended}\"")),
        "{}",
        form.text()
    );
    let part = correct(&station, &operator, ended, &format!("to=0033&from=5&until=12&{SIGNED}")).await;
    assert_eq!(part.status, 303, "{}", part.text());
    assert_eq!(
        at_the_station(&station, "0033"),
        7 * 60_000,
        "five of the first film, two of the second"
    );
    let rest = correct(&station, &operator, ended, &format!("to=0033&{SIGNED}")).await;
    assert_eq!(rest.status, 303, "{}", rest.text());
    assert_eq!(
        at_the_station(&station, "0033"),
        15 * 60_000,
        "five minutes were shown twice"
    );
    agrees(&station);
    // And what a correction gave can be taken back by another.
    let given = place_of(&station, |what| matches!(what, What::Correct { .. })).unwrap();
    let back = correct(&station, &operator, given, SIGNED).await;
    assert_eq!(back.status, 303, "{}", back.text());
    agrees(&station);
    assert!(at_the_station(&station, "0033") < 15 * 60_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_district_counts_no_correction_that_only_the_box_believes() {
    let (station, _, span) = village().await;
    let base = station.base();
    let have = at_the_station(&station, "0021");
    let forged = |second: &str, gives: u64, total: u64| What::Correct {
        of: span,
        member: MemberId::new("0021").unwrap(),
        item: ItemId::from_digest(&[1; 32]),
        year: base.clock.now().year(),
        takes: yuanjiao::types::Intervals::none(),
        gives: yuanjiao::types::Intervals::one(Millis::ZERO, Millis(gives)),
        reason: "x".into(),
        second: Some(MemberId::new(second).unwrap()),
        signed: String::new(),
        total: Millis(total),
    };
    for what in [forged("0033", 1, 1), forged("0012", 3_600_000, 3_600_000)] {
        let (ledger, now) = (base.ledger.clone(), base.clock.now());
        base.ledger
            .store()
            .write_blocking(move |tx| ledger.append(tx, now, what))
            .unwrap()
            .unwrap();
    }
    let count = counted(&station);
    let unfit = |anomaly: &&yuanjiao::report::Anomaly| matches!(anomaly, yuanjiao::report::Anomaly::Unfit(_));
    assert_eq!(count.anomalies.iter().filter(unfit).count(), 2, "{:?}", count.anomalies);
    assert_eq!(line_of(&count, "0021"), have);
}
