//! A running station lets working rows go once its district has cosigned what they led to; hours, books and pages stay as
//! they were, also after a restart, which counts every view again from the leaves.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::time::Duration;

use common::Station;
use tempfile::TempDir;
use yuanjiao::district::{District, Settings};

/// What the member and the operator read of the hours.
async fn read_of(station: &Station, member: &str, operator: &str) -> [String; 3] {
    let ask = async |path: &str, cookie: &str| {
        let answer = station.get(path, &format!("Cookie: {cookie}\r\n")).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.text()
    };
    [
        ask("/api/me", member).await,
        ask("/desk/books/f7/table.csv", operator).await,
        ask("/desk/books/parts/table.csv", operator).await,
    ]
}

fn rows(station: &Station) -> i64 {
    let count = |conn: &rusqlite::Connection| Ok(conn.query_row("SELECT count(*) FROM session", [], |row| row.get(0))?);
    let base = station.base();
    base.ledger
        .store()
        .read_blocking::<_, yuanjiao::store::StoreError, _>(count)
        .unwrap()
}

async fn enrolled(station: &Station, folder: &TempDir) -> District {
    let district = District::open(Settings::in_folder(folder.path().to_owned())).unwrap();
    station.enrols_at(&district).await;
    district
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_go_after_the_cosignature_and_no_figure_changes() {
    let (mut station, books) = (Station::start().await, TempDir::new().unwrap());
    let district = enrolled(&station, &books).await;
    let (operator, member) = (station.operator().await, station.sign_in().await);
    let credited = station.watch(&member).await;
    assert!(credited > 0);
    let (film, _) = station.film().await;
    for _ in 0..8 {
        let opened = station
            .json("/api/sessions", &member, &format!(r#"{{"item":"{film}"}}"#))
            .await;
        assert_eq!(opened.status, 201, "{}", opened.text());
    }
    let before = read_of(&station, &member, &operator).await;
    let pulled = district.pull(None).await.unwrap().remove(0).1.unwrap();
    assert!(pulled.cosigned.is_some(), "{pulled:?}");
    assert_eq!(rows(&station), 9);

    // The sweep of each minute begins with the start.
    station.stop().await;
    station.start_again(|_| {}).await;
    while rows(&station) > 3 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(read_of(&station, &member, &operator).await, before);

    station.stop().await;
    station.start_again(|_| {}).await;
    assert_eq!(read_of(&station, &member, &operator).await, before);
    assert_eq!(rows(&station), 3, "no row came back");
    let (film_again, _) = station.film().await;
    let opened = station
        .json("/api/sessions", &member, &format!(r#"{{"item":"{film_again}"}}"#))
        .await
        .json();
    assert_eq!(
        opened["resume_ms"], 1_000,
        "the film goes on where it stopped: {opened}"
    );
    assert_eq!(opened["credited_ms"], credited, "{opened}");
}
