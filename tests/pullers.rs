//! Pullers as processes: one is killed in the middle of its work, two share the stations of one set of books.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;
#[path = "common/program.rs"]
mod program;
#[path = "common/simulated/mod.rs"]
mod simulated;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use common::server::Server;
use program::WaitTimeout;
use simulated::Simulated;
use simulated::log::{OF_A_FILM, Village};
use tempfile::TempDir;
use yuanjiao::district::{District, Settings};
use yuanjiao::store::{Options, Place, Shared, StoreError, Value};

/// The folder of a puller: its settings, and books at `place`.
fn settle(folder: &Path, place: &Place, more: &str) {
    let store = match place {
        Place::File => String::new(),
        Place::Server(address) => format!("store = \"{address}\"\n"),
    };
    let data = folder.join("data");
    let settings = format!("[data]\nfolder = \"{}\"\n{store}{more}", data.display());
    fs::create_dir_all(&data).unwrap();
    fs::write(folder.join("district.toml"), settings).unwrap();
}

fn district(folder: &Path, place: &Place) -> District {
    let store = place.clone();
    District::open(Settings {
        store,
        ..Settings::in_folder(folder.join("data"))
    })
    .unwrap()
}

fn program(folder: &Path, words: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_yuanjiao"))
        .arg("district")
        .args(words)
        .arg("--config")
        .arg(folder.join("district.toml"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Everything that a district knows of a log, row by row; not when it was asked, nor when it cosigned.
fn dump(folder: &Path, place: &Place) -> Vec<Vec<String>> {
    let books = Shared::open(place, &folder.join("data/district.db"), &[], Options::default()).unwrap();
    let of = [
        ("station", "origin, size, root, peaks, owed, frozen_at"),
        ("leaf", "station, idx, bytes"),
        ("fetched", "station, idx, bytes"),
        (
            "span",
            "station, idx, session, member, item, year, mode, grade, media, at",
        ),
        ("day_sheet", "station, day, pieces"),
        ("part", "station, kind, name, text"),
        ("listed", "station, member, branch, role, migrant, gone"),
        ("known_item", "station, item, title, class, ms"),
        ("counted", "station, size, version"),
        ("alarm", "station, key, kind, mark"),
    ];
    let rows = |(table, columns): (&str, &str)| {
        let wide = columns.split(", ").count();
        let query = format!("SELECT {columns} FROM {table}");
        let read = |conn: &dyn yuanjiao::store::Sql| {
            conn.query_map(&query, [], |row| {
                let cells = (0..wide).map(|at| Ok(format!("{:?}", Value::from(row.cell(at)?))));
                Ok(cells.collect::<Result<Vec<_>, StoreError>>()?.join(" "))
            })
        };
        let mut rows = books.read_blocking::<_, StoreError, _>(read).unwrap();
        rows.sort();
        rows
    };
    of.map(rows).into()
}

/// Waits for something that another process or thread does.
async fn until(what: &str, is: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_district_that_is_killed_in_the_middle_of_a_pull_comes_to_the_same_end_to_the_byte() {
    let leaves = 2 + 60 * OF_A_FILM;
    let log = || {
        Village::of_a_year(17, leaves)
            .leaves()
            .take(usize::try_from(leaves).unwrap())
    };
    let station = Simulated::new("station/17", log());
    station.forgets_cosignatures.store(true, Ordering::SeqCst);
    let folder = TempDir::new().unwrap();
    let place = common::server::place(folder.path());
    settle(folder.path(), &place, "");
    station.enrol(&district(folder.path(), &place)).await;

    let calm = TempDir::new().unwrap();
    let calm_place = common::server::place(calm.path());
    settle(calm.path(), &calm_place, "");
    let books = district(calm.path(), &calm_place);
    station.enrol(&books).await;
    assert!(books.pull(None).await.unwrap().remove(0).1.unwrap().alerts.is_empty());
    let expected = dump(calm.path(), &calm_place);
    assert_eq!(expected[1].len() as u64, leaves);

    // Before the checkpoint, among the bundles, and when everything is stored and the cosignature is on its way.
    for at in [2, 3, 9, 20, 2 + leaves.div_ceil(256) + 1] {
        let before = station.requests.load(Ordering::SeqCst);
        station.hangs.store(false, Ordering::SeqCst);
        station
            .hangs_at
            .store(before + usize::try_from(at).unwrap(), Ordering::SeqCst);
        let mut puller = program(folder.path(), &["pull"]);
        until("it is in the middle", || {
            station.hangs.load(Ordering::SeqCst) || station.cosigned.load(Ordering::SeqCst) > 1
        })
        .await;
        puller.kill().unwrap();
        puller.wait().unwrap();
        free(folder.path(), &place);
    }
    // And wherever it may be by then.
    for after in [30, 60, 120, 240] {
        let mut puller = program(folder.path(), &["pull"]);
        if puller.wait_timeout_ms(after).is_none() {
            puller.kill().unwrap();
        }
        puller.wait().unwrap();
        free(folder.path(), &place);
    }
    let mut last = program(folder.path(), &["pull"]);
    assert!(last.wait().unwrap().success());
    let found = dump(folder.path(), &place);
    for (table, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert!(
            found == expected,
            "table {table}: {} and {} rows",
            found.len(),
            expected.len()
        );
    }
}

/// On a server nobody knows that a puller died before its lease ends; here the clock goes on by a stroke of the pen.
fn free(folder: &Path, place: &Place) {
    let books = Shared::open(place, &folder.join("data/district.db"), &[], Options::default()).unwrap();
    if books.is_server() {
        let late = |tx: &dyn yuanjiao::store::Sql| {
            tx.execute("UPDATE watch SET leased_until_s = least(leased_until_s, 1)", [])
        };
        books.write_blocking(late).unwrap().unwrap();
    }
}

/// Rows of `watch`: station, puller, until when, last contact.
fn leases(books: &Shared) -> Vec<(String, String, i64, i64)> {
    let query = "SELECT station, puller, leased_until_s, contact_s FROM watch ORDER BY station";
    let read = |conn: &dyn yuanjiao::store::Sql| {
        conn.query_map(query, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
    };
    books.read_blocking::<_, StoreError, _>(read).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pullers_share_stations_and_one_takes_over_what_the_other_left_when_it_was_killed() {
    let Some(server) = Server::start() else { return };
    let (one, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let place = Place::Server(server.database("books"));
    let settings = "[pull]\nconcurrent = 4\ndeadline_s = 5\n";
    settle(one.path(), &place, settings);
    settle(other.path(), &place, settings);
    let district = district(one.path(), &place);
    // On another machine the key of the district is the same.
    let keys = other.path().join("data/keys");
    fs::create_dir_all(&keys).unwrap();
    for key in fs::read_dir(one.path().join("data/keys")).unwrap().flatten() {
        fs::copy(key.path(), keys.join(key.file_name())).unwrap();
    }
    let mut stations: Vec<Arc<Simulated>> = Vec::new();
    for n in 0..12 {
        let station = Simulated::new(&format!("station/{n}"), Village::of_a_year(n, 300).leaves().take(300));
        *station.drags.lock().unwrap() = Duration::from_secs(2);
        station.enrol(&district).await;
        stations.push(station);
    }
    let busy = || stations.iter().map(|it| it.busy.load(Ordering::SeqCst)).sum::<usize>();
    let serve = |folder: &TempDir| program(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let (mut killed, mut survivor) = (serve(&one), serve(&other));
    until("both are at work, four stations each", || busy() == 8).await;
    killed.kill().unwrap();
    killed.wait().unwrap();
    let books = Shared::open(&place, &one.path().join("none"), &[], Options::default()).unwrap();
    let of_the_dead = format!("{} ", killed.id());
    let left: Vec<_> = leases(&books)
        .into_iter()
        .filter(|row| row.1.starts_with(&of_the_dead))
        .collect();
    assert!(!left.is_empty(), "it left stations behind");
    until("all were pulled", || leases(&books).iter().all(|row| row.3 > 0)).await;
    survivor.kill().unwrap();
    survivor.wait().unwrap();
    let now = leases(&books);
    for (station, _, until_s, before) in &left {
        let contact = now.iter().find(|row| row.0 == *station).unwrap().3;
        assert!(
            *before == 0 && contact >= *until_s,
            "{station}: {contact} before {until_s}"
        );
    }
    for station in &stations {
        assert_eq!(station.busiest.load(Ordering::SeqCst), 1, "{}", station.origin);
        assert_eq!(station.cosigned.load(Ordering::SeqCst), 1, "{}", station.origin);
    }
    // A puller that was killed after it had brought its cosignature left a station whose log has grown by the leaf that says so.
    for station in district.stations().unwrap() {
        let of_the_dead = left.iter().any(|row| row.0 == station.origin.as_str());
        let sizes = 300..=if of_the_dead { 301 } else { 300 };
        assert!(sizes.contains(&station.size), "{}: {}", station.origin, station.size);
    }
}
