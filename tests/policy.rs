//! The credit policy is what the district signed: it comes with a pull or on a stick, holds from its day on, and a file
//! of the station's own changes nothing once a district is enrolled.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::{Station, patient_district};
use tempfile::TempDir;
use yuanjiao::exchange::Offered;
use yuanjiao::ledger::decree::DecreeError;
use yuanjiao::ledger::{Leaf, What};

const BUILT_IN: &str = include_str!("../config/policy.toml");

fn policy(name: &str) -> String {
    let text = BUILT_IN.replace("default-2026", name);
    text.replace("minutes_per_hour = 60", "minutes_per_hour = 45")
}

fn named_in_the_ledger(station: &Station) -> Vec<(String, String, bool)> {
    let store = station.base().ledger.store().clone();
    let leaves = store
        .read_blocking(|conn| yuanjiao::ledger::leaves(conn, 0, 10_000))
        .unwrap();
    let policies = leaves.iter().filter_map(|bytes| match Leaf::read(bytes)?.is {
        What::Policy { name, from, signed, .. } => Some((name, from, !signed.is_empty())),
        _ => None,
    });
    policies.collect()
}

fn command(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yuanjiao"));
    command.args(words).arg("--data").arg(folder.join("data"));
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_brings_the_districts_policy_and_the_running_station_works_by_it() {
    let station = Station::start().await;
    let books = TempDir::new().unwrap();
    let district = patient_district(books.path());
    station.enrols_at(&district).await;
    let cookie = station.sign_in().await;
    let by = |answer: common::Answer| answer.json()["policy"].as_str().unwrap().to_owned();
    let me = |cookie: String| async move { format!("Cookie: {cookie}\r\n") };
    assert_eq!(
        by(station.get("/api/me", &me(cookie.clone()).await).await),
        "default-2026"
    );

    district
        .sign_policy(&policy("县里的新办法"), Some("2026-01-01"))
        .unwrap();
    district.sign_policy(&policy("后年的办法"), Some("2036-01-01")).unwrap();
    for (_, outcome) in district.pull(None).await.unwrap() {
        assert!(outcome.unwrap().alerts.is_empty());
    }
    assert_eq!(
        by(station.get("/api/me", &me(cookie.clone()).await).await),
        "县里的新办法"
    );
    let expected = [
        ("default-2026".to_owned(), String::new(), false),
        ("县里的新办法".to_owned(), "2026-01-01".to_owned(), true),
        ("后年的办法".to_owned(), "2036-01-01".to_owned(), true),
    ];
    assert_eq!(named_in_the_ledger(&station), expected);
    for (_, outcome) in district.pull(None).await.unwrap() {
        assert!(outcome.unwrap().alerts.is_empty());
    }
    assert_eq!(named_in_the_ledger(&station).len(), 3, "each is brought once");
    let hours = station.get("/me", &me(cookie).await).await.text();
    assert!(
        hours.contains("县里的新办法") && hours.contains("45 分钟为 1 学时"),
        "{hours}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stick_brings_it_as_well_and_nothing_unsigned_old_or_foreign() {
    let station = Station::start().await;
    let (books, strangers) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let district = patient_district(books.path());
    let first = district.sign_policy(&policy("第一个"), Some("2026-06-01")).unwrap();
    let second = district.sign_policy(&policy("第二个"), Some("2026-07-01")).unwrap();
    let folder = station.folder.path();
    let stick = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let early = command(folder, &["policy", "apply", &stick("early", &second.file)]);
    assert!(!early.status.success(), "nobody is enrolled");
    assert!(
        String::from_utf8_lossy(&early.stderr).contains("not enrolled"),
        "{early:?}"
    );

    station.enrols_at(&district).await;
    let taken = command(folder, &["policy", "apply", &stick("second", &second.file)]);
    assert!(taken.status.success(), "{taken:?}");
    let again = command(
        folder,
        &["policy", "apply", &stick("again", &second.file.replace('\n', "\r\n"))],
    );
    assert!(
        String::from_utf8_lossy(&again.stdout).contains("taken before"),
        "{again:?}"
    );
    let old = command(folder, &["policy", "apply", &stick("first", &first.file)]);
    assert!(
        String::from_utf8_lossy(&old.stderr).contains("a later policy"),
        "{old:?}"
    );
    let changed = second.file.replace("minutes_per_hour = 45", "minutes_per_hour = 30");
    let base = station.base();
    let foreign = patient_district(strangers.path())
        .sign_policy(&policy("外县的"), None)
        .unwrap();
    let offers = tokio::task::spawn_blocking(move || {
        let offer = |text: &str| base.exchange.offer_policy(text.to_owned()).unwrap();
        (offer(&changed), offer(&policy("无签名")), offer(&foreign.file))
    });
    let (changed, unsigned, foreign) = offers.await.unwrap();
    assert!(
        matches!(changed, Offered::Refused(DecreeError::BadSignature(_))),
        "{changed:?}"
    );
    assert_eq!(unsigned, Offered::Refused(DecreeError::Malformed));
    assert!(
        matches!(foreign, Offered::Refused(DecreeError::Stranger(_))),
        "{foreign:?}"
    );
    assert_eq!(named_in_the_ledger(&station).last().unwrap().0, "第二个");
    let shown = command(folder, &["policy", "show"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("第二个"), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_stations_own_is_refused_once_a_district_is_enrolled() {
    let mut station = Station::start().await;
    let books = TempDir::new().unwrap();
    station.enrols_at(&patient_district(books.path())).await;
    station.stop().await;
    let own = station.folder.path().join("own.toml");
    std::fs::write(&own, policy("自己改的")).unwrap();
    station.start_again(|settings| settings.policy = Some(own)).await;
    let names: Vec<String> = named_in_the_ledger(&station)
        .into_iter()
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(names, ["default-2026"]);
    let operator = station.operator().await;
    let desk = station
        .get("/desk", &format!("Cookie: {operator}\r\nAccept-Language: zh\r\n"))
        .await
        .text();
    assert!(desk.contains("自己改的") && desk.contains("没有县里的签名"), "{desk}");
}
