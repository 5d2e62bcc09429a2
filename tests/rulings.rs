//! What a district decides about hours: two of its people, evidence, down to the station by line or stick, and the same hours
//! at both ends afterwards.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use common::{Station, patient_district};
use tempfile::TempDir;
use yuanjiao::credit::Policy;
use yuanjiao::credit::correction::{Unfit, Wish};
use yuanjiao::district::{District, Manager, NotRuled, Role, Ruled, Signer};
use yuanjiao::ledger::ruling::Decision;
use yuanjiao::ledger::{self, Leaf, What};
use yuanjiao::report::tables;
use yuanjiao::roster::Operator;
use yuanjiao::types::{MemberId, Millis, Origin};

const MORE: &str = "member_no,name,branch,role,status,migrant,pin\n0033,赵小梅,第一支部,党员,正式,否,9753\n";

/// A village with three members, enrolled; 0021 has a second of credit. The leaf of that second.
async fn village(district: &District) -> (Station, Origin, u64) {
    let station = Station::start().await;
    let base = station.base();
    let plan = base.roster.plan(MORE.into()).await.unwrap();
    assert!(
        base.roster
            .apply(plan, &Operator::on_the_console())
            .await
            .unwrap()
            .is_ok()
    );
    assert!(station.watch(&station.sign_in().await).await > 0);
    let is = |leaf: &Leaf| matches!(leaf.is, What::Span { .. });
    let read = move |conn: &_| ledger::newest_place_of(conn, is);
    let span = base.ledger.store().read_blocking(read).unwrap();
    let name = station.enrols_at(district).await;
    (station, name, span.unwrap())
}

/// Two accounts that may sign.
async fn colleagues(district: &District) -> [(Manager, Signer); 2] {
    let mut all = Vec::new();
    for name in ["Li", "Wu"] {
        let accounts = district.accounts();
        let console = Signer::on_the_console();
        accounts
            .set(name, Role::Sign, "a long passphrase", &console)
            .await
            .unwrap();
        let here = std::net::Ipv4Addr::LOCALHOST.into();
        let cookie = accounts.sign_in(name, "a long passphrase", here).await.unwrap();
        let account = accounts.who(&cookie).await.unwrap().unwrap();
        all.push((account.manager().ok().unwrap(), account.signer().ok().unwrap()));
    }
    all.try_into().ok().unwrap()
}

async fn pull(district: &District) {
    for (_, outcome) in district.pull(None).await.unwrap() {
        let alerts = outcome.unwrap().alerts;
        assert!(alerts.is_empty(), "{alerts:?}");
    }
}

/// Milliseconds of a member at the station, and as the district counts them.
fn both(station: &Station, district: &District, number: &str) -> (u64, u64) {
    let who = MemberId::new(number).unwrap();
    let read = move |conn: &_| yuanjiao::viewing::credited_items(conn, &who);
    let items = station.base().ledger.store().read_blocking(read).unwrap();
    let (_, count) = district.recount().unwrap().remove(0);
    assert_eq!(count.anomalies, []);
    let counts = [count];
    let policy = Policy::built_in().into();
    let years = tables::years(&counts);
    let lines = years.iter().flat_map(|year| tables::members(&counts, &policy, *year));
    let there = lines.filter(|line| line.member.as_str() == number);
    let here = items.iter().map(|item| item.media.total().0).sum();
    (here, there.map(|line| line.tally.raw.0).sum())
}

fn moved(of: u64, to: &str) -> Decision {
    Decision::Credit {
        of,
        to: Some(MemberId::new(to).unwrap()),
        stretch: None,
    }
}

const EVIDENCE: &str = "手机借给 0033 用，见 2026 年签到本第 3 页";

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_two_of_the_district_sign_moves_hours_at_both_ends() {
    let books = TempDir::new().unwrap();
    let district = patient_district(books.path());
    let (station, name, span) = village(&district).await;
    pull(&district).await;
    let (before, _) = both(&station, &district, "0021");
    let [li, wu] = colleagues(&district).await;
    let number = district
        .ask_ruling(&name, moved(span, "0033"), EVIDENCE, &li.0)
        .await
        .unwrap();
    let alone = district.sign_ruling(&name, number, &li.1).await;
    assert!(matches!(alone, Err(NotRuled::SamePerson)), "{alone:?}");
    pull(&district).await;
    assert_eq!(
        both(&station, &district, "0021"),
        (before, before),
        "nobody has signed yet"
    );

    district.sign_ruling(&name, number, &wu.1).await.unwrap();
    assert!(matches!(
        district.sign_ruling(&name, number, &wu.1).await,
        Err(NotRuled::Gone)
    ));
    pull(&district).await;
    let state = |all: Vec<yuanjiao::district::Ruling>| (all[0].outcome, all[0].signed.clone().unwrap().0);
    assert_eq!(
        state(district.rulings(&name).await.unwrap()),
        (Ruled::UnderWay, "Wu".into())
    );
    pull(&district).await;
    assert_eq!(
        state(district.rulings(&name).await.unwrap()),
        (Ruled::Done, "Wu".into())
    );
    assert_eq!(both(&station, &district, "0021"), (0, 0));
    assert_eq!(both(&station, &district, "0033"), (before, before));

    // The member reads who decided, and on which evidence; so does the audit log, with both names.
    let login = station
        .json("/api/login", "", r#"{"member":"0033","pin":"9753"}"#)
        .await;
    let cookie = login.header("set-cookie").split(';').next().unwrap().to_owned();
    let mine = station.get("/me", &format!("Cookie: {cookie}\r\n")).await.text();
    assert!(mine.contains("区县裁定") && mine.contains(EVIDENCE), "{mine}");
    let audited = district.accounts().audited().await.unwrap();
    let said: Vec<_> = audited
        .iter()
        .map(|line| (line.who.as_str(), line.act.as_str()))
        .collect();
    assert!(
        said.contains(&("Li", "ruling_asked")) && said.contains(&("Wu", "ruling_signed")),
        "{said:?}"
    );

    // What is carried out is not sent again, and a third pull writes nothing.
    let size = |district: &District| district.stations().unwrap()[0].size;
    let then = size(&district);
    pull(&district).await;
    pull(&district).await;
    assert!(size(&district) <= then + 1, "a cosignature at most");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stick_brings_a_decision_and_takes_home_that_it_was_carried_out() {
    let (books, stick) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let district = patient_district(books.path());
    let (station, name, span) = village(&district).await;
    pull(&district).await;
    let (before, _) = both(&station, &district, "0021");
    let [li, wu] = colleagues(&district).await;
    let taken = Decision::Credit {
        of: span,
        to: None,
        stretch: None,
    };
    let number = district.ask_ruling(&name, taken, EVIDENCE, &li.0).await.unwrap();
    district.sign_ruling(&name, number, &wu.1).await.unwrap();
    let carry = async || {
        let (exchange, folder) = (station.base().exchange, stick.path().to_owned());
        let carried = tokio::task::spawn_blocking(move || exchange.carry(&folder).unwrap());
        carried.await.unwrap().back
    };
    carry().await;
    let log = District::logs_in(stick.path()).pop().unwrap();
    district.import(&log).await.unwrap();
    let back = carry().await;
    assert!(back.dispatched.contains(&yuanjiao::dispatch::Kind::Rulings), "{back:?}");
    assert_eq!(
        both(&station, &district, "0021"),
        (0, before),
        "the district waits for the station's own word"
    );
    district.import(&log).await.unwrap();
    assert_eq!(both(&station, &district, "0021"), (0, 0));
    assert_eq!(district.rulings(&name).await.unwrap()[0].outcome, Ruled::Done);
    assert_eq!(carry().await.dispatched, [], "the same stick once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_decided_is_refused_before_anybody_signs() {
    let books = TempDir::new().unwrap();
    let district = patient_district(books.path());
    let (station, name, span) = village(&district).await;
    pull(&district).await;
    let [li, wu] = colleagues(&district).await;
    let ask = async |decides: Decision, evidence: &str| district.ask_ruling(&name, decides, evidence, &li.0).await;
    let year = Decision::Year {
        year: yuanjiao::types::Year(2026),
        spans: vec![(span, 1)],
    };
    assert!(
        matches!(ask(year, EVIDENCE).await, Err(NotRuled::NotOpen)),
        "its clock told the year"
    );
    assert!(matches!(ask(moved(span, "0033"), " ").await, Err(NotRuled::Evidence)));
    assert!(matches!(
        ask(moved(span, "0033"), &"字".repeat(201)).await,
        Err(NotRuled::Evidence)
    ));
    let nowhere = ask(moved(0, "0033"), EVIDENCE).await;
    assert!(matches!(nowhere, Err(NotRuled::Unfit(Unfit::NotThere))), "{nowhere:?}");
    let later = Decision::Credit {
        of: span,
        to: None,
        stretch: Some((Millis::secs(600), Millis::secs(900))),
    };
    assert!(matches!(
        ask(later, EVIDENCE).await,
        Err(NotRuled::Unfit(Unfit::Nothing))
    ));
    assert!(matches!(
        district.drop_ruling(&name, 1, &li.0).await,
        Err(NotRuled::Gone)
    ));

    // Two asked for the same; the second finds nothing left at the station, and says so.
    let wish = Wish {
        to: MemberId::new("0033").ok(),
        stretch: None,
    };
    assert_eq!(district.would_correct(&name, span, wish).await.unwrap().len(), 2);
    for number in [1, 2] {
        assert_eq!(ask(moved(span, "0033"), EVIDENCE).await.unwrap(), number);
        district.sign_ruling(&name, number, &wu.1).await.unwrap();
    }
    pull(&district).await;
    pull(&district).await;
    let all = district.rulings(&name).await.unwrap();
    let outcomes: Vec<Ruled> = all.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Ruled::Not(ledger::Unruled::NothingLeft), Ruled::Done]);
    assert_eq!(both(&station, &district, "0021"), (0, 0));
}

/// A name in a roster that the district keeps does not get into a ledger.
#[tokio::test(flavor = "multi_thread")]
async fn evidence_names_nobody() {
    use yuanjiao::dispatch::Kind;
    use yuanjiao::district::down::{Piece, Scope};
    let books = TempDir::new().unwrap();
    let district = patient_district(books.path());
    let (station, name, span) = village(&district).await;
    pull(&district).await;
    let members = station.base().roster.members().await.unwrap();
    let roster = vec![Piece::roster(members, "2026-01-01")];
    let scope = Scope::Station(name.clone());
    district
        .send_down(&scope, Kind::Roster, roster, &Signer::on_the_console())
        .await
        .unwrap();
    let [li, _] = colleagues(&district).await;
    let named = district
        .ask_ruling(&name, moved(span, "0033"), "赵小梅借用手机", &li.0)
        .await;
    assert!(matches!(named, Err(NotRuled::Names)), "{named:?}");
}
