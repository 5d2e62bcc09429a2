//! Rosters, programme, approved items and notices go down, signed, for one station each: with a pull or on a stick. What is
//! forged, older or for another station changes nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::path::Path;

use common::Station;
use tempfile::TempDir;
use yuanjiao::dispatch::{Approved, Kind, Notice, Outcome, PaperError};
use yuanjiao::district::down::{Piece, Scope, plan};
use yuanjiao::district::{District, Settings, Signer};
use yuanjiao::ledger::{Leaf, What};
use yuanjiao::roster::{Details, Member, Migrant, Role, Status};
use yuanjiao::types::{BranchId, ItemId, MemberId, Origin};

fn district(books: &TempDir) -> District {
    District::open(Settings {
        store: common::server::place(books.path()),
        ..Settings::in_folder(books.path().to_owned())
    })
    .unwrap()
}

fn member(number: &str, name: &str, role: Role, migrant: Migrant) -> Member {
    Member {
        id: MemberId::new(number).unwrap(),
        name: name.into(),
        branch: BranchId::new("第一支部").unwrap(),
        role,
        status: Status::Full,
        migrant,
        details: Details::default(),
    }
}

fn notice(title: &str, until: &str) -> Piece {
    let notice = Notice {
        title: title.into(),
        text: "请各站点准备好会议室。".into(),
        from: "2026-01-01".into(),
        until: until.into(),
    };
    Piece::notice(title.into(), &notice)
}

/// What the station's ledger says was taken, in order.
async fn in_the_ledger(station: &Station) -> Vec<String> {
    let base = station.base();
    let read = move || {
        let store = base.ledger.store().clone();
        store
            .read_blocking(|conn| yuanjiao::ledger::leaves(conn, 0, 10_000))
            .unwrap()
    };
    let leaves = tokio::task::spawn_blocking(read).await.unwrap();
    let taken = leaves.iter().filter_map(|bytes| match Leaf::read(bytes)?.is {
        What::Dispatched { what, signed } => {
            assert!(!String::from_utf8_lossy(bytes).contains("王德明") && !signed.is_empty());
            Some(what)
        }
        _ => None,
    });
    taken.collect()
}

async fn pull(district: &District) {
    for (_, outcome) in district.pull(None).await.unwrap() {
        let alerts = outcome.unwrap().alerts;
        assert!(alerts.is_empty(), "{alerts:?}");
    }
}

async fn say_everything(district: &District, station: &Origin, film: &str) {
    let (by, here) = (Signer::on_the_console(), Scope::Station(station.clone()));
    let members = vec![
        member("0021", "王德明", Role::Secretary, Migrant::No),
        member("0099", "赵新", Role::Member, Migrant::Out),
    ];
    let roster = vec![Piece::roster(members, "2026-01-01")];
    district.send_down(&here, Kind::Roster, roster, &by).await.unwrap();
    let table = format!("日期,时间,课件,地点\n2035-12-03,19:30,{film},会议室\n");
    let known = district.known_items().await.unwrap();
    let entries = plan(table.as_bytes(), &known).unwrap();
    district.send_down(&Scope::All, Kind::Plan, entries, &by).await.unwrap();
    let item: ItemId = serde_json::from_value(film.into()).unwrap();
    let approved = Approved {
        item,
        title: "审过的".into(),
        from: "2026-01-01".into(),
    };
    let piece = Piece {
        reference: film.into(),
        from: approved.from.clone(),
        text: serde_json::to_string(&approved).unwrap(),
    };
    district
        .send_down(&Scope::All, Kind::Approved, vec![piece], &by)
        .await
        .unwrap();
    district
        .add_down(&Scope::All, Kind::Notices, notice("冬季轮训", "2035-12-31"), &by)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_brings_what_holds_for_this_station_once_and_people_see_it() {
    let station = Station::start().await;
    let books = TempDir::new().unwrap();
    let district = district(&books);
    let name = station.enrols_at(&district).await;
    let (film, _) = station.film().await;
    say_everything(&district, &name, &film).await;
    pull(&district).await;
    let base = station.base();
    let members = base.roster.members().await.unwrap();
    let roles: Vec<_> = members.iter().map(|m| (m.name.as_str(), m.role)).collect();
    assert_eq!(
        roles,
        [
            ("陈桂兰", Role::Secretary),
            ("王德明", Role::Secretary),
            ("赵新", Role::Member)
        ],
        "who stands here alone stays, who is known is as the district says"
    );
    let gave_way = base.roster.gave_way().await.unwrap();
    assert_eq!(gave_way.len(), 1);
    assert_eq!(
        (gave_way[0].ours.role, gave_way[0].ours.name.as_str()),
        (Role::Member, "王德明")
    );
    assert!(
        station.sign_in().await.contains('='),
        "his PIN is the station's and stays"
    );
    assert_eq!(
        shown_to_people(&station).await,
        3,
        "home, desk, and the desk's page of the district"
    );
    let evenings = yuanjiao::programme::Programme::new(base.ledger.store().clone());
    let evenings = evenings
        .between("2035-12-01".into(), "2035-12-31".into())
        .await
        .unwrap();
    assert_eq!((evenings.len(), evenings[0].from.is_some()), (1, true));
    let notices = base.dispatches.notices().await.unwrap();
    assert_eq!(notices[0].1.title, "冬季轮训");
    assert_eq!(in_the_ledger(&station).await, ["roster", "plan", "approved", "notices"]);

    pull(&district).await;
    assert_eq!(in_the_ledger(&station).await.len(), 4, "each is brought once");
    let sent = district.sent_down().await.unwrap();
    assert!(sent.len() == 4 && sent.iter().all(|sent| sent.taken_s > 0), "{sent:?}");
    let by = Signer::on_the_console();
    district
        .withdraw(&Scope::All, Kind::Notices, "冬季轮训".into(), &by)
        .await
        .unwrap();
    pull(&district).await;
    assert!(base.dispatches.notices().await.unwrap().is_empty(), "taken back");
}

/// On how many of three pages the notice stands; and what the desk says of the roster.
async fn shown_to_people(station: &Station) -> usize {
    let operator = format!("Cookie: {}\r\nAccept-Language: zh\r\n", station.operator().await);
    let home = station.get("/", "Accept-Language: zh\r\n").await.text();
    let today = station.get("/desk", &operator).await.text();
    assert!(today.contains("县里的花名册改了本站写的 1 个人"), "{today}");
    let page = station.get("/desk/district", &operator).await.text();
    assert!(
        page.contains("本站原来：身份 党员") && page.contains("县里：身份 书记"),
        "{page}"
    );
    let member = station.get("/desk/members/0021", &operator).await.text();
    assert!(member.contains("县里的花名册里有这个人"), "{member}");
    let notice = [
        home.contains("冬季轮训"),
        today.contains("冬季轮训"),
        page.contains("通知"),
    ];
    notice.into_iter().filter(|is| *is).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_district_vets_exactly_its_list_is_shown() {
    let folder = TempDir::new().unwrap();
    let mut settings = Station::settings(folder.path());
    settings.media.approval = yuanjiao::config::Approval::District;
    let station = Station::start_with(folder, settings).await;
    let books = TempDir::new().unwrap();
    let district = district(&books);
    let name = station.enrols_at(&district).await;
    let operator = format!("Cookie: {}\r\nAccept-Language: zh\r\n", station.operator().await);
    let listed = |who: String| {
        let station = &station;
        async move {
            let items = station.get("/api/items", &who).await.json();
            let ids = items["items"]
                .as_array()
                .unwrap()
                .iter()
                // A file that is still being looked at has no id yet.
                .filter_map(|i| i["id"].as_str().map(str::to_owned));
            ids.collect::<Vec<_>>()
        }
    };
    // The operator sees the samples as soon as they are read in; nobody else does.
    let mut all = Vec::new();
    while all.len() < 2 {
        tokio::task::yield_now().await;
        all = listed(operator.clone()).await;
    }
    assert!(listed(String::new()).await.is_empty(), "no list, nothing is shown");
    let library = station.get("/desk/library", &operator).await.text();
    assert!(
        library.contains("不在县里的目录里") && !library.contains("value=\"approve\""),
        "{library}"
    );
    say_everything(&district, &name, &all[0]).await;
    pull(&district).await;
    assert_eq!(listed(String::new()).await, [all[0].clone()]);
    let by = Signer::on_the_console();
    district
        .send_down(&Scope::All, Kind::Approved, Vec::new(), &by)
        .await
        .unwrap();
    pull(&district).await;
    assert!(listed(String::new()).await.is_empty(), "taken off the list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_gets_numbers_of_its_neighbours_and_no_names() {
    let (station, other) = (Station::start().await, Station::start().await);
    let books = TempDir::new().unwrap();
    let district = district(&books);
    station.enrols_at(&district).await;
    let elsewhere = other.enrols_at(&district).await;
    let members = vec![
        member("0501", "外出的", Role::Member, Migrant::Out),
        member("0502", "在家的", Role::Member, Migrant::No),
    ];
    let by = Signer::on_the_console();
    let roster = vec![Piece::roster(members, "2026-01-01")];
    district
        .send_down(&Scope::Station(elsewhere), Kind::Roster, roster, &by)
        .await
        .unwrap();
    pull(&district).await;
    let base = station.base();
    let home = |number: &str| base.dispatches.home_of(MemberId::new(number).unwrap());
    assert_eq!(home("0501").await.unwrap().unwrap().1.as_str(), "第一支部");
    assert_eq!(
        home("0502").await.unwrap(),
        None,
        "neither a migrant nor of the same township"
    );
    for name in ["ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(station.folder.path().join("data").join(name)).unwrap_or_default();
        let has = |name: &str| bytes.windows(name.len()).any(|part| part == name.as_bytes());
        assert!(
            !has("外出的") && !has("在家的"),
            "{name} holds a name of another station"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stick_brings_the_same_and_takes_the_word_back_that_it_came() {
    let station = Station::start().await;
    let (books, stick) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let district = district(&books);
    let name = station.enrols_at(&district).await;
    let (film, _) = station.film().await;
    say_everything(&district, &name, &film).await;
    let folder = stick.path().to_owned();
    let carry = |station: &Station| {
        let (exchange, folder) = (station.base().exchange, folder.clone());
        tokio::task::spawn_blocking(move || exchange.carry(&folder).unwrap())
    };
    let logs = |folder: &Path| District::logs_in(folder);
    carry(&station).await.unwrap();
    let log = logs(&folder).pop().unwrap();
    district.import(&log).await.unwrap();
    let back = carry(&station).await.unwrap().back;
    assert_eq!(
        back.dispatched,
        [Kind::Roster, Kind::Plan, Kind::Approved, Kind::Notices]
    );
    assert!(back.refused.is_empty(), "{back:?}");
    let known = |sent: Vec<yuanjiao::district::down::Sent>| sent.iter().filter(|sent| sent.taken_s > 0).count();
    assert_eq!(
        known(district.sent_down().await.unwrap()),
        0,
        "nobody has told the district yet"
    );
    district.import(&log).await.unwrap();
    assert_eq!(
        known(district.sent_down().await.unwrap()),
        4,
        "the station's own leaves say it"
    );
    assert!(
        carry(&station).await.unwrap().back.dispatched.is_empty(),
        "the same stick once more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_older_or_for_another_station_is_refused_with_a_sentence() {
    let (station, other) = (Station::start().await, Station::start().await);
    let (books, stick) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let district = district(&books);
    station.enrols_at(&district).await;
    let other_name = other.enrols_at(&district).await;
    let by = Signer::on_the_console();
    let add = |title: &str| {
        let (district, piece, by) = (district.clone(), notice(title, "2035-12-31"), by.clone());
        async move { district.add_down(&Scope::All, Kind::Notices, piece, &by).await.unwrap() }
    };
    // What the stick of the other station carries, before and after a second notice.
    let export = || {
        let (exchange, folder) = (other.base().exchange, stick.path().to_owned());
        tokio::task::spawn_blocking(move || exchange.carry(&folder).unwrap())
    };
    export().await.unwrap();
    let log = District::logs_in(stick.path()).pop().unwrap();
    let file_of = |log: &Path| std::fs::read_to_string(log.join("down/notices.signed")).unwrap();
    add("第一条").await;
    district.import(&log).await.unwrap();
    let older = file_of(&log);
    add("第二条").await;
    district.import(&log).await.unwrap();
    let newer = file_of(&log);
    let offer = |station: &Station, file: &str| {
        let (exchange, file) = (station.base().exchange, file.to_owned());
        tokio::task::spawn_blocking(move || exchange.offer_dispatch(file).unwrap())
    };
    assert_eq!(
        offer(&station, &newer).await.unwrap(),
        Outcome::Refused(PaperError::ForAnother(other_name))
    );
    let forged = newer.replace("第二条", "假的一条");
    assert!(matches!(
        offer(&other, &forged).await.unwrap(),
        Outcome::Refused(PaperError::BadSignature(_))
    ));
    assert!(matches!(
        offer(&other, &newer).await.unwrap(),
        Outcome::Taken(Kind::Notices, _)
    ));
    assert_eq!(offer(&other, &older).await.unwrap(), Outcome::Older);
    assert_eq!(offer(&other, &newer).await.unwrap(), Outcome::Known);
    let titles = other.base().dispatches.notices().await.unwrap();
    let titles: Vec<_> = titles.into_iter().map(|(_, notice)| notice.title).collect();
    assert_eq!(titles, ["第一条", "第二条"]);
    assert!(in_the_ledger(&station).await.is_empty());

    // A stranger on the line is refused before anything is read.
    let answer = station.ask("POST", "/log/dispatch", "", &newer).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
}
