//! Row 56 of `tests/cases/credit/README.md`: a database is put back to an older state while phones, a second medium and
//! receipts remember the newer one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Answer, Station, patient_district};
use rusqlite::Connection;
use tempfile::TempDir;
use yuanjiao::district::{Alert, District};
use yuanjiao::ledger::{self, Leaf, What, Witness};
use yuanjiao::report::Anomaly;
use yuanjiao::store::StoreError;

const LOGIN: &str = r#"{"member":"0021","pin":"2468"}"#;

/// The copy that an answer gives the phone.
fn copy_in(answer: &Answer) -> Option<String> {
    let lines = answer.head.lines();
    let mut copies = lines.filter_map(|line| line.strip_prefix("set-cookie: yjc="));
    copies.next().map(|rest| rest.split(';').next().unwrap().to_owned())
}

/// What the database file holds, as a thief or a well-meaning cadre would copy it.
fn copy_of_the_database(station: &Station, to: &Path) {
    #[expect(clippy::disallowed_methods, reason = "he does not go through the store")]
    let conn = Connection::open(station.folder.path().join("data/ledger.db")).unwrap();
    conn.execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
}

/// Puts an old database in the place of the present one, and clears the copies that would give it away.
fn put_back(station: &Station, old: &Path) {
    let data = station.folder.path().join("data");
    for end in ["-wal", "-shm"] {
        drop(fs::remove_file(data.join(format!("ledger.db{end}"))));
    }
    fs::copy(old, data.join("ledger.db")).unwrap();
    drop(fs::remove_dir_all(data.join("backup")));
}

fn suspicions(station: &Station) -> Vec<(Witness, u64, u64)> {
    let read = |conn: &_| ledger::leaves(conn, 0, 100_000);
    let leaves = station
        .base()
        .ledger
        .store()
        .read_blocking::<_, StoreError, _>(read)
        .unwrap();
    let told = |bytes: &Vec<u8>| match Leaf::read(bytes)?.is {
        What::RollbackSuspected { from, size, there, .. } => Some((from, size, there)),
        _ => None,
    };
    leaves.iter().filter_map(told).collect()
}

async fn district_of(station: &Station, folder: &TempDir) -> District {
    let district = patient_district(folder.path());
    station.enrols_at(&district).await;
    district
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_database_put_back_is_told_by_a_phone_on_the_desk_and_to_the_district() {
    let mut station = Station::start().await;
    let books = TempDir::new().unwrap();
    let district = district_of(&station, &books).await;
    let cookie = station.sign_in().await;
    let old = station.folder.path().join("old.db");
    copy_of_the_database(&station, &old);
    assert!(station.watch(&cookie).await > 0);
    let signed_in = station.json("/api/login", "", LOGIN).await;
    let copy = copy_in(&signed_in).expect("the phone is given a copy");
    assert!(copy.len() < 150, "it fits a cookie: {copy}");
    station.stop().await;

    put_back(&station, &old);
    station.start_again(|_| ()).await;
    assert!(suspicions(&station).is_empty(), "the box alone cannot know");
    let phone = format!("yjc={copy}");
    for _ in 0..3 {
        let answer = station.json("/api/login", &phone, LOGIN).await;
        assert_eq!(
            (answer.status, copy_in(&answer)),
            (204, None),
            "the phone keeps its evidence"
        );
    }
    let told = suspicions(&station);
    assert!(
        matches!(told[..], [(Witness::Phone, size, there)] if size > 0 && there > 0),
        "once: {told:?}"
    );
    let operator = station.operator().await;
    let desk = station.get("/desk", &format!("Cookie: {operator}\r\n")).await.text();
    assert!(desk.contains("台账好像被退回过"), "{desk}");
    assert!(
        !desk.contains("台账完好"),
        "a word that would take the other one back: {desk}"
    );

    station.enrols_at(&district).await;
    let pulled = district.pull(None).await.unwrap().remove(0).1.unwrap();
    let suspected = |alert: &Alert| matches!(alert, Alert::Count(Anomaly::RollbackSuspected(_)));
    assert!(pulled.alerts.iter().any(suspected), "{:?}", pulled.alerts);
    let desk = station.get("/desk", &format!("Cookie: {operator}\r\n")).await.text();
    assert!(
        !desk.contains("台账好像被退回过") && desk.contains("县里已经收到"),
        "{desk}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_and_forged_copies_cost_nothing_and_say_nothing() {
    let station = Station::start().await;
    let cookie = station.sign_in().await;
    let first = copy_in(&station.json("/api/login", "", LOGIN).await).unwrap();
    let again = station.get("/", &format!("Cookie: {cookie}; yjc={first}\r\n")).await;
    assert_eq!(
        (again.status, copy_in(&again)),
        (200, None),
        "it has the newest already"
    );
    station.watch(&cookie).await;
    let newer = station.get("/me", &format!("Cookie: {cookie}; yjc={first}\r\n")).await;
    assert!(copy_in(&newer).is_some_and(|newer| newer != first));
    assert!(copy_in(&station.get("/", "").await).is_none(), "guests keep none");

    let other = Station::start().await;
    other.sign_in().await;
    other.watch(&other.sign_in().await).await;
    let strange = copy_in(&other.json("/api/login", "", LOGIN).await).unwrap();
    let mut larger = data_encoding::BASE64URL_NOPAD.decode(first.as_bytes()).unwrap();
    larger[6] = 9;
    let larger = data_encoding::BASE64URL_NOPAD.encode(&larger);
    for forged in [&strange, &larger, "AAAA", "", &"A".repeat(139), &"%".repeat(4_000)] {
        let answer = station.json("/api/login", &format!("yjc={forged}"), LOGIN).await;
        assert_eq!(answer.status, 204, "{forged}");
        assert!(copy_in(&answer).is_some(), "and a good one is given: {forged}");
    }
    assert!(suspicions(&station).is_empty());
    assert!(suspicions(&other).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_what_was_taken_back_is_told_as_such() {
    let mut station = Station::start().await;
    let cookie = station.sign_in().await;
    let old = station.folder.path().join("old.db");
    copy_of_the_database(&station, &old);
    station.watch(&cookie).await;
    let size = station.base().ledger.store().read_blocking(ledger::size).unwrap();
    let of = move |conn: &_| ledger::receipt::Receipt::of(conn, size - 1);
    let receipt = station.base().ledger.store().read_blocking(of).unwrap().unwrap();
    let path = format!("/receipt?r={}", receipt.to_text());
    assert!(station.get(&path, "").await.text().contains("receipt-holds"));
    station.stop().await;
    put_back(&station, &old);
    station.start_again(|_| ()).await;
    let page = station.get(&path, "").await.text();
    assert!(
        page.contains("台账被退回过") && !page.contains("receipt-holds"),
        "{page}"
    );
    assert!(matches!(suspicions(&station)[..], [(Witness::Receipt, ..)]));
}

/// Another medium for the copies; needs the right to mount.
struct Medium(PathBuf);

impl Medium {
    fn at(place: PathBuf) -> Option<Self> {
        fs::create_dir_all(&place).unwrap();
        let words = ["-t", "tmpfs", "-o", "size=16m", "tmpfs"];
        let mounted = Command::new("mount").args(words).arg(&place).output();
        if mounted.is_ok_and(|done| done.status.success()) {
            return Some(Self(place));
        }
        eprintln!("not tested here: nothing can be mounted");
        None
    }
}

impl Drop for Medium {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).output());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_medium_remembers_what_an_old_database_does_not() {
    let place = TempDir::new().unwrap();
    let Some(medium) = Medium::at(place.path().join("stick")) else {
        return;
    };
    let with_medium = |settings: &mut yuanjiao::config::Station| settings.backup.folder = Some(medium.0.clone());
    let mut station = Station::start().await;
    station.stop().await;
    station.start_again(with_medium).await;
    let old = station.folder.path().join("old.db");
    copy_of_the_database(&station, &old);
    station.watch(&station.sign_in().await).await;
    station.stop().await;
    let newest = medium.0.join("newest-checkpoint");
    let remembered = fs::read_to_string(&newest).unwrap();

    station.start_again(with_medium).await;
    station.stop().await;
    assert!(suspicions(&station).is_empty(), "an honest start says nothing");

    let remembers = fs::read_to_string(&newest).unwrap();
    assert_ne!(remembered, remembers);
    put_back(&station, &old);
    for copy in fs::read_dir(&medium.0).unwrap().map(|entry| entry.unwrap().path()) {
        if copy.extension().is_some_and(|end| end == "db") {
            fs::remove_file(copy).unwrap();
        }
    }
    station.start_again(with_medium).await;
    station.stop().await;
    let told = suspicions(&station);
    assert!(
        matches!(told[..], [(Witness::Medium, size, there)] if size > there),
        "{told:?}"
    );
    let kept = fs::read_dir(&medium.0).unwrap().map(|entry| entry.unwrap().path());
    let kept = kept.filter(|path| path.to_string_lossy().contains("did-not-fit"));
    let kept: Vec<_> = kept.map(|path| fs::read_to_string(path).unwrap()).collect();
    assert_eq!(kept, [remembers], "the evidence is put aside");
}
