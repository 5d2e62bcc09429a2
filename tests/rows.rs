//! Cases 33, 34, 35, 38 and 39 of `tests/cases/credit/README.md`: whole logs that are not what the district saw, each brought on a stick.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::fs;
use std::path::Path;
use std::time::Duration;

use common::Station;
use rusqlite::Connection;
use tempfile::TempDir;
use yuanjiao::app::Base;
use yuanjiao::clock::Clock;
use yuanjiao::config;
use yuanjiao::district::{Alert, District, DistrictError, Pulled, Settings};
use yuanjiao::exchange;
use yuanjiao::ledger::Checkpoint;
use yuanjiao::ledger::What;
use yuanjiao::ledger::tree::{Frontier, leaf_hash};

/// A station that a district knows, switched off, with a copy of its disk as it was before the district's last visit.
struct Known {
    station: Station,
    district: District,
    image: TempDir,
    /// Leaves on the image.
    imaged: u64,
    _books: TempDir,
}

impl Known {
    async fn new() -> Self {
        let mut station = Station::start().await;
        let books = TempDir::new().unwrap();
        let district = District::open(Settings {
            concurrent: 1,
            connect: Duration::from_secs(2),
            deadline: Duration::from_secs(5),
            store: common::server::place(books.path()),
            ..Settings::in_folder(books.path().to_owned())
        })
        .unwrap();
        station.enrols_at(&district).await;
        station.stop().await;
        let image = TempDir::new().unwrap();
        copy(&station.folder.path().join("data"), &image.path().join("data"));
        let imaged = append(&station.base(), 0);
        append(&station.base(), 5);
        let known = Self {
            station,
            district,
            image,
            imaged,
            _books: books,
        };
        let seen = known.brings(&known.station.base()).await.unwrap();
        assert!(seen.alerts.is_empty() && seen.size == imaged + 5, "{seen:?}");
        known
    }

    /// The disk's copy, opened by another box.
    fn other(&self, change: impl FnOnce(&mut config::Station)) -> Base {
        let mut settings = Station::settings(self.image.path());
        change(&mut settings);
        Base::open(&settings).unwrap()
    }

    async fn brings(&self, base: &Base) -> Result<Pulled, DistrictError> {
        let stick = TempDir::new().unwrap();
        exchange::export(&base.ledger, stick.path()).unwrap();
        self.district.import(stick.path()).await.map(|(_, pulled)| pulled)
    }
}

/// What a copy of the disk would hold, whatever is still being written.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("keys")).unwrap();
    for key in fs::read_dir(from.join("keys")).unwrap() {
        let key = key.unwrap();
        fs::copy(key.path(), to.join("keys").join(key.file_name())).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "a thief does not go through the store either")]
    let conn = Connection::open(from.join("ledger.db")).unwrap();
    conn.execute("VACUUM INTO ?1", [to.join("ledger.db").to_str().unwrap()])
        .unwrap();
}

/// So many leaves more; how many there are then.
fn append(base: &Base, more: u64) -> u64 {
    for _ in 0..more {
        let (ledger, now) = (base.ledger.clone(), base.clock.now());
        let act = move |tx: &yuanjiao::store::Tx<'_>| ledger.append(tx, now, What::Stop {});
        base.ledger.store().write_blocking(act).unwrap().unwrap();
    }
    base.ledger.store().read_blocking(yuanjiao::ledger::size).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn case_33_an_old_disk_image_with_new_rows_forks_where_it_parts() {
    let known = Known::new().await;
    let other = known.other(|_| ());
    assert!(
        append(&other, 9) > known.imaged + 5,
        "longer than what the district saw"
    );
    let outcome = known.brings(&other).await.unwrap();
    assert_eq!(
        outcome.alerts,
        [Alert::Fork {
            first: Some(known.imaged)
        }]
    );
    assert!(outcome.cosigned.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn case_38_of_two_boxes_with_one_disk_the_second_is_the_fork() {
    let known = Known::new().await;
    let clone = known.other(|_| ());
    append(&clone, 20);
    append(&known.station.base(), 1);
    let first = known.brings(&known.station.base()).await.unwrap();
    assert!(first.alerts.is_empty(), "{:?}", first.alerts);
    let second = known.brings(&clone).await.unwrap();
    assert_eq!(
        second.alerts,
        [Alert::Fork {
            first: Some(known.imaged)
        }]
    );
    let again = known.brings(&known.station.base()).await.unwrap();
    assert!(again.alerts.is_empty(), "the first goes on: {:?}", again.alerts);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_34_a_leaf_that_was_taken_out_is_a_fork_at_its_place() {
    const TAKEN: u64 = 2;
    let known = Known::new().await;
    let other = known.other(|_| ());
    append(&other, 9);
    rewrite(&other, &known.image.path().join("data/ledger.db"), |leaves| {
        leaves.remove(usize::try_from(TAKEN).unwrap());
    });
    let outcome = known.brings(&other).await.unwrap();
    assert_eq!(outcome.alerts, [Alert::Fork { first: Some(TAKEN) }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_35_a_leaf_that_was_put_in_between_is_a_fork_at_its_place() {
    let known = Known::new().await;
    let other = known.other(|_| ());
    append(&other, 9);
    let place = known.imaged - 1;
    rewrite(&other, &known.image.path().join("data/ledger.db"), |leaves| {
        let ghost = leaves.last().unwrap().clone();
        leaves.insert(usize::try_from(place).unwrap(), ghost);
    });
    let outcome = known.brings(&other).await.unwrap();
    assert_eq!(outcome.alerts, [Alert::Fork { first: Some(place) }]);
    assert!(outcome.cosigned.is_none() && outcome.new == 0);
}

/// Changes the leaves, and makes tree and checkpoint fit: what the owner of the key could do.
fn rewrite(base: &Base, path: &Path, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    #[expect(clippy::disallowed_methods, reason = "a forger does not go through the store either")]
    let conn = Connection::open(path).unwrap();
    let mut query = conn.prepare("SELECT bytes FROM leaf ORDER BY idx").unwrap();
    let mut leaves: Vec<Vec<u8>> = query
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    change(&mut leaves);
    conn.execute_batch("DELETE FROM leaf; DELETE FROM node; DELETE FROM checkpoint;")
        .unwrap();
    let mut edge = Frontier::default();
    for (index, bytes) in (0_i64..).zip(&leaves) {
        let inserted = conn.execute(
            "INSERT INTO leaf (idx, bytes) VALUES (?1, ?2)",
            rusqlite::params![index, bytes],
        );
        inserted.unwrap();
        let keep = |level: u8, pos: u64, hash: &[u8; 32]| {
            let row = rusqlite::params![level, i64::try_from(pos).unwrap(), hash];
            conn.execute("INSERT INTO node (level, pos, hash) VALUES (?1, ?2, ?3)", row)
                .map(drop)
        };
        edge.push(leaf_hash(bytes), |level, pos, hash| keep(level, pos, hash))
            .unwrap();
    }
    let point = Checkpoint {
        origin: base.ledger.origin().clone(),
        size: edge.size(),
        root: edge.root(),
    };
    let row = rusqlite::params![i64::try_from(point.size).unwrap(), point.signed(&base.keys)];
    conn.execute("INSERT INTO checkpoint (size, note) VALUES (?1, ?2)", row)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_39_a_log_under_another_stations_name_is_not_believed() {
    let known = Known::new().await;
    let stranger = TempDir::new().unwrap();
    let mut settings = Station::settings(stranger.path());
    settings.origin = Some(known.station.base().ledger.origin().clone());
    let impostor = Base::open(&settings).unwrap();
    append(&impostor, 40);
    let outcome = known.brings(&impostor).await;
    let is_refused = match &outcome {
        Err(_) => true,
        Ok(pulled) => !pulled.alerts.is_empty() && pulled.cosigned.is_none() && pulled.new == 0,
    };
    assert!(is_refused, "{outcome:?}");
    let honest = known.brings(&known.station.base()).await.unwrap();
    assert!(honest.alerts.is_empty(), "{:?}", honest.alerts);
}
