//! A box without a clock, as its operator meets it: several phones give it a provisional time, one tap gives it a better
//! one, and hours that had no year find theirs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;
#[path = "common/in_1970.rs"]
mod in_1970;

use common::{Answer, Station};
use tempfile::TempDir;
use yuanjiao::clock::Clock;
use yuanjiao::ledger::{self, Leaf, What};

async fn station_that_woke_in_1970() -> Station {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    in_1970::an_evening(&folder.path().join("data")).await;
    Station::start_in(folder).await
}

fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let at = page.find(&format!("name=\"{name}\" ")).unwrap();
    page[at..].split("value=\"").nth(1).unwrap().split('"').next().unwrap()
}

async fn desk(station: &Station, cookie: &str) -> String {
    let page = station
        .get("/desk/clock", &format!("Cookie: {cookie}\r\nAccept-Language: zh\r\n"))
        .await;
    assert_eq!(page.status, 200, "{}", page.text());
    page.text()
}

async fn post(station: &Station, path: &str, cookie: &str, body: &str) -> Answer {
    let extra = format!("Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    station.ask("POST", path, &extra, body).await
}

async fn years(station: &Station) -> Vec<(u64, u64)> {
    let cookie = station.sign_in().await;
    let me = station.get("/api/me", &format!("Cookie: {cookie}\r\n")).await.json();
    let items = me["items"].as_array().unwrap().iter();
    let years = items.map(|item| (item["year"].as_u64().unwrap(), item["credited_ms"].as_u64().unwrap()));
    years.filter(|(_, credited)| *credited > 0).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_says_the_year_of_hours_that_have_none() {
    let station = station_that_woke_in_1970().await;
    assert_eq!(years(&station).await, [(0, 120_000)]);
    let cookie = station.operator().await;
    let page = desk(&station, &cookie).await;
    assert!(page.contains("有 1 笔学时还没有年度，共 2 分钟"), "{page}");
    let year = station.base().clock.now().year().0;
    assert!(page.contains(&format!("算在 {year} 年")), "{page}");
    let (csrf, first) = (field(&page, "csrf"), field(&page, "first"));
    let wrong = post(
        &station,
        "/desk/clock/year",
        &cookie,
        &format!("csrf={csrf}&first={first}&year=1999"),
    )
    .await;
    assert_eq!(wrong.status, 303);
    assert_eq!(
        years(&station).await,
        [(0, 120_000)],
        "a year in which it cannot have been"
    );
    post(
        &station,
        "/desk/clock/year",
        &cookie,
        &format!("csrf={csrf}&first={first}&year={year}"),
    )
    .await;
    assert_eq!(years(&station).await, [(u64::from(year), 120_000)]);
    assert!(!desk(&station, &cookie).await.contains("还没有年度"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tap_that_sets_the_clock_dates_what_was_watched_before() {
    let station = station_that_woke_in_1970().await;
    let cookie = station.operator().await;
    let page = desk(&station, &cookie).await;
    let now = station.base().clock.now();
    let body = format!("csrf={}&now_ms={}", field(&page, "csrf"), now.wall_ms);
    assert_eq!(post(&station, "/desk/clock", &cookie, &body).await.status, 303);
    assert_eq!(years(&station).await, [(u64::from(now.year().0), 120_000)]);
    let page = desk(&station, &cookie).await;
    assert!(
        page.contains("时间由管理员校准") && !page.contains("还没有年度"),
        "{page}"
    );
}

/// A station of three members, and its operator's cookie.
async fn three_members() -> (Station, String) {
    let station = Station::start().await;
    let roster = "member_no,name,branch,pin\n0101,甲,第一支部,2468\n0102,乙,第一支部,2468\n0103,丙,第一支部,2468\n";
    let base = station.base();
    let plan = base.roster.plan(roster.into()).await.unwrap();
    let console = yuanjiao::roster::Operator::on_the_console();
    base.roster.apply(plan, &console).await.unwrap().unwrap();
    let operator = station.operator().await;
    (station, operator)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_members_phones_give_a_provisional_time_and_two_do_not() {
    let (station, operator) = three_members().await;
    let base = station.base();
    let (film, _) = station.film().await;
    // Two hours ahead of the box.
    let said = base.clock.now().wall_ms + 7_200_000;
    for (number, phones) in [("0101", 1), ("0102", 2), ("0103", 3)] {
        // Each phone is a device of its own.
        let device = station.get("/", "").await.header("set-cookie");
        let device = device.split(';').next().unwrap().to_owned();
        let login = format!(r#"{{"member":"{number}","pin":"2468"}}"#);
        let answer = station.json("/api/login", "", &login).await;
        let cookie = format!("{device}; {}", answer.header("set-cookie").split(';').next().unwrap());
        let opened = station
            .json(
                "/api/sessions",
                &cookie,
                &format!(r#"{{"item":"{film}","now_ms":{said}}}"#),
            )
            .await;
        assert_eq!(opened.status, 201, "{}", opened.text());
        let page = desk(&station, &operator).await;
        assert_eq!(page.contains("几部手机说的"), phones == 3, "after {phones}: {page}");
    }
    let leaves = base
        .ledger
        .store()
        .read_blocking(|conn| ledger::leaves(conn, 0, 1_000))
        .unwrap();
    let anchors = leaves.iter().filter_map(|bytes| match Leaf::read(bytes)?.is {
        What::ClockAnchor { source, unix_ms } => Some((source, unix_ms.abs_diff(said) < 60_000)),
        _ => None,
    });
    assert_eq!(anchors.collect::<Vec<_>>(), [(yuanjiao::clock::Trust::Phones, true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_do_not_overrule_the_operator() {
    let (station, operator) = three_members().await;
    let base = station.base();
    let page = desk(&station, &operator).await;
    let now = base.clock.now();
    let body = format!("csrf={}&now_ms={}", field(&page, "csrf"), now.wall_ms);
    assert_eq!(post(&station, "/desk/clock", &operator, &body).await.status, 303);
    let (film, _) = station.film().await;
    let body = format!(r#"{{"item":"{film}","now_ms":{}}}"#, now.wall_ms + 7_200_000);
    for number in ["0101", "0102", "0103"] {
        let device = station.get("/", "").await.header("set-cookie");
        let device = device.split(';').next().unwrap().to_owned();
        let login = format!(r#"{{"member":"{number}","pin":"2468"}}"#);
        let answer = station.json("/api/login", "", &login).await;
        let cookie = format!("{device}; {}", answer.header("set-cookie").split(';').next().unwrap());
        assert_eq!(station.json("/api/sessions", &cookie, &body).await.status, 201);
    }
    let page = desk(&station, &operator).await;
    assert!(page.contains("时间由管理员校准"), "{page}");
}
