//! What a pull costs and what it leaves behind: requests, rows, cosignatures on their way, a puller that is killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;
#[path = "common/simulated/mod.rs"]
mod simulated;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use simulated::Simulated;
use simulated::log::{OF_A_FILM, Village};
use tempfile::TempDir;
use yuanjiao::district::{District, Pulled, Settings};

fn district(folder: &TempDir) -> District {
    District::open(Settings {
        store: common::server::place(folder.path()),
        ..Settings::in_folder(folder.path().to_owned())
    })
    .unwrap()
}

fn village(leaves: u64) -> Arc<Simulated> {
    let leaves = Village::of_a_year(17, leaves)
        .leaves()
        .take(usize::try_from(leaves).unwrap());
    Simulated::new("station/17", leaves)
}

async fn pull(district: &District) -> Pulled {
    district.pull(None).await.unwrap().remove(0).1.unwrap()
}

/// Pulls, and counts what the station was asked.
async fn asked(district: &District, station: &Simulated) -> (Pulled, usize) {
    let before = station.requests.load(Ordering::SeqCst);
    let pulled = pull(district).await;
    (pulled, station.requests.load(Ordering::SeqCst) - before)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_of_nothing_new_asks_twice_and_one_of_a_few_leaves_three_times() {
    let (station, folder) = (village(2 + 12 * OF_A_FILM), TempDir::new().unwrap());
    let district = district(&folder);
    station.enrol(&district).await;
    let (first, _) = asked(&district, &station).await;
    assert_eq!((first.size, &first.alerts[..]), (2 + 12 * OF_A_FILM, &[][..]));
    assert_eq!(station.cosigned.load(Ordering::SeqCst), 1);
    let (echo, requests) = asked(&district, &station).await;
    assert_eq!(
        (echo.new, requests),
        (1, 3),
        "nonce, checkpoint, and the bundle with the cosignature"
    );
    for _ in 0..3 {
        let (quiet, requests) = asked(&district, &station).await;
        assert_eq!((quiet.new, quiet.cosigned.is_none(), requests), (0, true, 2));
    }
    assert_eq!(station.cosigned.load(Ordering::SeqCst), 1, "an echo is not cosigned");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cosignature_that_got_lost_is_brought_by_the_next_pull_though_nothing_is_new() {
    let (station, folder) = (village(300), TempDir::new().unwrap());
    let district = district(&folder);
    station.enrol(&district).await;
    station.loses_cosignatures.store(true, Ordering::SeqCst);
    assert!(district.pull(None).await.unwrap().remove(0).1.is_err());
    assert_eq!(
        district.stations().unwrap()[0].size,
        300,
        "stored durably before it was cosigned"
    );
    station.loses_cosignatures.store(false, Ordering::SeqCst);
    let late = pull(&district).await;
    assert_eq!((late.new, late.cosigned.map(|it| it.size)), (0, Some(300)));
    assert_eq!(station.size(), 301, "the station has it");
    let (echo, quiet) = (pull(&district).await, pull(&district).await);
    assert_eq!((echo.new, quiet.new, quiet.cosigned.is_none()), (1, 0, true));
    assert_eq!(station.cosigned.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_stick_takes_no_cosignature_along() {
    let (station, folder) = (village(300), TempDir::new().unwrap());
    let district = district(&folder);
    station.enrol(&district).await;
    for _ in 0..2 {
        let stick = TempDir::new().unwrap();
        station.export(stick.path());
        let (_, pulled) = district.import(stick.path()).await.unwrap();
        assert_eq!(pulled.cosigned.map(|it| it.size), Some(300));
        assert!(
            stick.path().join("cosignature").exists(),
            "it is put back each time until the log shows it"
        );
    }
}
