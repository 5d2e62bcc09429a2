//! Rows 38, 55 and 57 to their ends: what happens after a fork, after a log is lost, and when a member's receipt speaks of
//! what a log no longer holds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;
#[path = "common/in_1970.rs"]
mod in_1970;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Station, patient_district};
use rusqlite::Connection;
use tempfile::TempDir;
use yuanjiao::app::{self, Base};
use yuanjiao::clock::Clock;
use yuanjiao::credit::Policy;
use yuanjiao::district::{Alert, District, DistrictError, Pulled, Shown};
use yuanjiao::exchange;
use yuanjiao::keys::Keys;
use yuanjiao::ledger::receipt::Receipt;
use yuanjiao::ledger::ruling::{Decision, Ruling};
use yuanjiao::ledger::{self, Halt, Leaf, Unruled, What};
use yuanjiao::report::tables;
use yuanjiao::roster::Operator;
use yuanjiao::store::{Options, Shared, StoreError};
use yuanjiao::types::{MemberId, Origin, Year};

async fn pull(district: &District) -> Result<Pulled, DistrictError> {
    district.pull(None).await.unwrap().remove(0).1
}

/// What the district counts for a member, all epochs together.
fn counted(district: &District, number: &str) -> u64 {
    let counts: Vec<_> = district
        .recount()
        .unwrap()
        .into_iter()
        .map(|(_, count)| count)
        .collect();
    let policy = Policy::built_in().into();
    let years = tables::years(&counts);
    let lines = years.iter().flat_map(|year| tables::members(&counts, &policy, *year));
    let own = lines.filter(|line| line.member.as_str() == number);
    own.map(|line| line.tally.raw.0).sum()
}

/// What the station's own view says.
fn at_the_station(base: &Base, number: &str) -> u64 {
    let who = MemberId::new(number).unwrap();
    let read = move |conn: &_| yuanjiao::viewing::credited_items(conn, &who);
    let items = base.ledger.store().read_blocking(read).unwrap();
    items.iter().map(|item| item.media.total().0).sum()
}

fn size(base: &Base) -> u64 {
    base.ledger.store().read_blocking(ledger::size).unwrap()
}

fn append(base: &Base, more: u32) -> u64 {
    for _ in 0..more {
        let (ledger, now) = (base.ledger.clone(), base.clock.now());
        let act = move |tx: &yuanjiao::store::Tx<'_>| ledger.append(tx, now, What::Stop {});
        base.ledger.store().write_blocking(act).unwrap().unwrap();
    }
    size(base)
}

/// A copy of the disk, whatever is still being written.
fn image(station: &Station, to: &Path) -> PathBuf {
    let (from, to) = (station.folder.path().join("data"), to.join("data"));
    fs::create_dir_all(to.join("keys")).unwrap();
    for key in fs::read_dir(from.join("keys")).unwrap().map(Result::unwrap) {
        fs::copy(key.path(), to.join("keys").join(key.file_name())).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "a thief does not go through the store either")]
    let conn = Connection::open(from.join("ledger.db")).unwrap();
    let file = to.join("ledger.db");
    conn.execute("VACUUM INTO ?1", [file.to_str().unwrap()]).unwrap();
    file
}

/// The database and every copy of it are gone; the keys are not.
fn lose_the_log(station: &Station) {
    let data = station.folder.path().join("data");
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(data.join(format!("ledger.db{end}"))));
    }
    drop(fs::remove_dir_all(data.join("backup")));
}

async fn import_roster(station: &Station) {
    let base = station.base();
    let plan = base.roster.plan(common::ROSTER.into()).await.unwrap();
    base.roster
        .apply(plan, &Operator::on_the_console())
        .await
        .unwrap()
        .unwrap();
}

fn settings(station: &Station) -> yuanjiao::config::Station {
    Station::settings(station.folder.path())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_log_goes_on_as_a_new_epoch_and_nothing_counts_twice() {
    let mut station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = patient_district(folder.path());
    station.enrols_at(&district).await;
    let credited = station.watch(&station.sign_in().await).await;
    let seen = pull(&district).await.unwrap().size;
    let old = station.base().ledger.origin().clone();
    station.stop().await;
    lose_the_log(&station);

    let base = station.base();
    assert_eq!(base.ledger.halted(), Some(&Halt::LogMissing), "no silent fresh log");
    drop(base);
    let stick = folder.path().join("stick");
    let (next, statement) = district.epoch(old.as_str()).unwrap();
    assert_eq!(
        district.epoch(old.as_str()).unwrap(),
        (next.clone(), statement.clone()),
        "asked again"
    );
    district
        .write_epoch(old.as_str(), &statement, app::STATEMENT, &stick)
        .unwrap();
    let stranger = app::begin_epoch(&settings(&station), &stick, None)
        .unwrap_err()
        .to_string();
    assert!(
        stranger.contains(&district.fingerprint()),
        "it says what to ask for: {stranger}"
    );
    let spoken = district.fingerprint().to_uppercase();
    let begun = app::begin_epoch(&settings(&station), &stick, Some(&spoken)).unwrap();
    assert_eq!((begun.carried as u64, begun.left_behind), (seen, 0));
    assert!(
        app::begin_epoch(&settings(&station), &stick, Some(&spoken)).is_err(),
        "once"
    );

    station.start_again(|_| ()).await;
    import_roster(&station).await;
    let base = station.base();
    assert_eq!((base.ledger.origin(), base.ledger.halted()), (&next, None));
    assert_eq!(
        at_the_station(&base, "0021"),
        credited,
        "what was credited is credited still"
    );
    let again = station.watch(&station.sign_in().await).await;
    assert!((credited..=1_000).contains(&again), "one second at the most: {again}");

    station.enrols_at(&district).await;
    let first = pull(&district).await.unwrap();
    assert!(
        first.alerts.is_empty() && first.cosigned.is_some(),
        "{:?}",
        first.alerts
    );
    assert_eq!(counted(&district, "0021"), again, "old and new together, once");
    assert_eq!(district.recount().unwrap().len(), 2, "the old log is kept and counted");
    assert_eq!(pull(&district).await.unwrap().alerts, []);
}

/// Milliseconds of a member by year, as the district counts them and as the station's own view has them.
fn by_year(district: &District, base: &Base, number: &str) -> (BTreeMap<u16, u64>, BTreeMap<u16, u64>) {
    let counts: Vec<_> = district
        .recount()
        .unwrap()
        .into_iter()
        .map(|(_, count)| count)
        .collect();
    let (mut theirs, mut ours) = (BTreeMap::new(), BTreeMap::new());
    let credits = counts.iter().flat_map(|count| &count.credits);
    for credit in credits.filter(|credit| credit.member.as_str() == number) {
        *theirs.entry(credit.year.0).or_default() += credit.media.total().0;
    }
    let who = MemberId::new(number).unwrap();
    let read = move |conn: &_| yuanjiao::viewing::credited_items(conn, &who);
    for item in base.ledger.store().read_blocking(read).unwrap() {
        *ours.entry(item.year.0).or_default() += item.media.total().0;
    }
    theirs.retain(|_, sum| *sum > 0);
    ours.retain(|_, sum: &mut u64| *sum > 0);
    (theirs, ours)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_districts_last_visit_dates_has_its_year_in_the_new_epoch_too() {
    let box_of = TempDir::new().unwrap();
    fs::create_dir_all(box_of.path().join("data")).unwrap();
    in_1970::an_evening(&box_of.path().join("data")).await;
    let mut station = Station::start_in(box_of).await;
    let folder = TempDir::new().unwrap();
    let district = patient_district(folder.path());
    let old = station.enrols_at(&district).await;
    pull(&district).await.unwrap();
    let (theirs, _) = by_year(&district, &station.base(), "0021");
    let dated: Vec<u64> = theirs.values().copied().collect();
    assert!(
        dated == [120_000] && !theirs.contains_key(&0),
        "the visit dates them: {theirs:?}"
    );
    station.stop().await;
    lose_the_log(&station);

    let stick = folder.path().join("stick");
    let (_, statement) = district.epoch(old.as_str()).unwrap();
    district
        .write_epoch(old.as_str(), &statement, app::STATEMENT, &stick)
        .unwrap();
    app::begin_epoch(&settings(&station), &stick, Some(&district.fingerprint())).unwrap();
    assert_eq!(
        by_year(&district, &station.base(), "0021"),
        (theirs.clone(), theirs.clone())
    );
    station.start_again(|_| ()).await;
    station.enrols_at(&district).await;
    assert_eq!(pull(&district).await.unwrap().alerts, []);
    assert_eq!(by_year(&district, &station.base(), "0021"), (theirs.clone(), theirs));

    let epoch = ledger::epoch::Epoch::open(&statement).unwrap();
    only_what_fits_is_decided_about_a_log_that_ended(&station.base(), &old, (epoch.size, epoch.root));
}

/// What the last leaf says became of a decision about a log.
fn brought(base: &Base, keys: &Keys, ruling: &Ruling) -> Option<Unruled> {
    let before = size(base);
    let (ledger, now, note) = (base.ledger.clone(), base.clock.now(), ruling.signed(keys));
    let act = move |tx: &yuanjiao::store::Tx<'_>| yuanjiao::viewing::rule(&ledger, tx, now, &note);
    base.ledger.store().write_blocking(act).unwrap().unwrap();
    let read = move |conn: &Connection| ledger::leaves(conn, before, before + 2);
    let said = base.ledger.store().read_blocking(read).unwrap();
    assert!(said.len() <= 1);
    match Leaf::read(said.first()?)?.is {
        What::Unruled { why, .. } => Some(why),
        other => panic!("{other:?}"),
    }
}

/// What a decision must be to be carried out about a log that has ended. The district's signature is checked before.
fn only_what_fits_is_decided_about_a_log_that_ended(base: &Base, old: &Origin, (size, root): (u64, [u8; 32])) {
    let folder = TempDir::new().unwrap();
    let keys = Keys::open_or_make(folder.path()).unwrap();
    let year = Decision::Year {
        year: Year(2026),
        spans: vec![(3, 0)],
    };
    let about = |serial, station: &str, size, root, decides| Ruling {
        district: Origin::new("district/1").unwrap(),
        station: Origin::new(station).unwrap(),
        serial,
        day: "2026-12-01".into(),
        size,
        root,
        evidence: "p. 3".into(),
        decides,
    };
    let credit = Decision::Credit {
        of: 3,
        to: None,
        stretch: None,
    };
    let says = |ruling: Ruling| brought(base, &keys, &ruling);
    assert_eq!(
        says(about(1, "yuanjiao.example/18", size, root, year.clone())),
        None,
        "another station"
    );
    assert_eq!(
        says(about(1, old.as_str(), size, [1; 32], year.clone())),
        Some(Unruled::OtherLog)
    );
    assert_eq!(
        says(about(2, old.as_str(), size + 1, root, year.clone())),
        Some(Unruled::OtherLog)
    );
    assert_eq!(
        says(about(3, old.as_str(), size, root, credit)),
        Some(Unruled::OtherLog)
    );
    assert_eq!(
        says(about(4, old.as_str(), size, root, year.clone())),
        Some(Unruled::NothingLeft),
        "a visit dates it"
    );
    assert_eq!(says(about(4, old.as_str(), size, root, year)), None, "once");
}

/// Somebody puts an old disk back, and the station goes on from there.
async fn go_back_to(station: &mut Station, old_disk: &Path) {
    station.stop().await;
    lose_the_log(station);
    fs::copy(old_disk, station.folder.path().join("data/ledger.db")).unwrap();
    station.start_again(|_| ()).await;
}

/// One number out of a district's database, read from outside.
fn in_the_books(folder: &Path, sql: &str) -> u64 {
    let (place, file) = (common::server::place(folder), folder.join("district.db"));
    let books = Shared::open(&place, &file, &[], Options::default()).unwrap();
    let number = books.read_blocking::<_, StoreError, _>(|conn| conn.query_row(sql, [], |row| row.get::<i64>(0)));
    number.unwrap().unsigned_abs()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forked_station_is_frozen_both_versions_are_kept_and_a_new_epoch_goes_on() {
    let mut station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = patient_district(folder.path());
    station.enrols_at(&district).await;
    let old_disk = image(&station, &folder.path().join("image"));
    let credited = station.watch(&station.sign_in().await).await;
    let good = pull(&district).await.unwrap().size;
    let old = station.base().ledger.origin().clone();
    go_back_to(&mut station, &old_disk).await;
    station.enrols_at(&district).await;
    append(&station.base(), 40);
    let forked = pull(&district).await.unwrap();
    assert!(
        matches!(forked.alerts[..], [Alert::Fork { first: Some(_) }]),
        "{:?}",
        forked.alerts
    );
    assert_eq!((forked.frozen_at, forked.size), (Some(good), good));
    let Alert::Fork { first: Some(first) } = forked.alerts[0] else {
        unreachable!()
    };
    let offered = size(&station.base());
    let kept = |sql: &str| in_the_books(folder.path(), sql);
    assert_eq!(kept("SELECT count(*) FROM leaf"), good, "what was cosigned stays");
    assert_eq!(kept("SELECT min(idx) FROM fork_leaf"), first);
    assert_eq!(
        kept("SELECT max(idx) + 1 FROM fork_leaf"),
        offered,
        "and the other version is kept whole"
    );
    pull(&district).await.unwrap();
    assert_eq!(kept("SELECT count(*) FROM fork"), 1, "the same version is kept once");
    assert_eq!(counted(&district, "0021"), credited);

    station.stop().await;
    let stick = folder.path().join("stick");
    let (next, statement) = district.epoch(old.as_str()).unwrap();
    district
        .write_epoch(old.as_str(), &statement, app::STATEMENT, &stick)
        .unwrap();
    let begun = app::begin_epoch(&settings(&station), &stick, None).unwrap();
    assert_eq!(
        begun.carried as u64, good,
        "from the stick: the old disk has other leaves"
    );
    let aside = begun.aside.unwrap().join("ledger.db");
    assert!(aside.exists() && aside.starts_with(station.folder.path().join("data/epochs")));
    station.start_again(|_| ()).await;
    assert_eq!(
        at_the_station(&station.base(), "0021"),
        credited,
        "what the fork took back is back"
    );
    let cookie = station.sign_in().await;
    assert!(station.watch(&cookie).await > 0, "roster and PINs are as they were");
    station.enrols_at(&district).await;
    let first = pull(&district).await.unwrap();
    assert!(first.alerts.is_empty(), "{:?}", first.alerts);
    assert_eq!(first.frozen_at, None);
    assert_eq!(station.base().ledger.origin(), &next);
    assert_eq!(counted(&district, "0021"), at_the_station(&station.base(), "0021"));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_fork_honest_growth_counts_only_once_a_person_has_settled_it() {
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = patient_district(folder.path());
    station.enrols_at(&district).await;
    pull(&district).await.unwrap();
    let mut cloned = Station::settings(&folder.path().join("clone"));
    image(&station, &folder.path().join("clone"));
    cloned.media.folder = folder.path().join("clone/media");
    let clone = Base::open(&cloned).unwrap();
    append(&clone, 9);
    append(&station.base(), 1);
    let honest = pull(&district).await.unwrap();
    assert!(honest.alerts.is_empty());
    let stick = TempDir::new().unwrap();
    exchange::export(&clone.ledger, stick.path()).unwrap();
    let (origin, forked) = district.import(stick.path()).await.unwrap();
    assert!(matches!(forked.alerts[..], [Alert::Fork { .. }]), "{:?}", forked.alerts);

    let credited = station.watch(&station.sign_in().await).await;
    let grown = pull(&district).await.unwrap();
    assert!(
        grown.alerts.is_empty() && grown.cosigned.is_some(),
        "the first goes on: {:?}",
        grown.alerts
    );
    assert_eq!(grown.frozen_at, Some(honest.size));
    assert_eq!(counted(&district, "0021"), 0, "frozen after the last good cosignature");
    assert!(district.settle(origin.as_str()).unwrap());
    assert!(!district.settle(origin.as_str()).unwrap());
    assert_eq!(counted(&district, "0021"), credited);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_fork_lets_nothing_go_that_the_first_has_frozen() {
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = patient_district(folder.path());
    station.enrols_at(&district).await;
    pull(&district).await.unwrap();
    let mut cloned = Station::settings(&folder.path().join("clone"));
    image(&station, &folder.path().join("clone"));
    cloned.media.folder = folder.path().join("clone/media");
    let clone = Base::open(&cloned).unwrap();
    append(&station.base(), 1);
    let honest = pull(&district).await.unwrap().size;
    for _ in 0..2 {
        append(&clone, 60);
        let stick = TempDir::new().unwrap();
        exchange::export(&clone.ledger, stick.path()).unwrap();
        let (_, forked) = district.import(stick.path()).await.unwrap();
        assert!(matches!(forked.alerts[..], [Alert::Fork { .. }]), "{:?}", forked.alerts);
        assert!(station.watch(&station.sign_in().await).await > 0);
        let grown = pull(&district).await.unwrap();
        assert_eq!(grown.frozen_at, Some(honest));
    }
    assert_eq!(counted(&district, "0021"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_that_this_district_did_not_sign_is_not_believed() {
    let mut station = Station::start().await;
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (district, second) = (patient_district(folder.path()), patient_district(other.path()));
    for district in [&district, &second] {
        station.enrols_at(district).await;
        pull(district).await.unwrap();
    }
    let old = station.base().ledger.origin().clone();
    let (_, statement) = district.epoch(old.as_str()).unwrap();
    let waits = pull(&district).await.unwrap_err();
    assert!(
        matches!(waits, DistrictError::AnotherLog { .. }),
        "it has not begun yet: {waits}"
    );
    let (_, theirs) = second.epoch(old.as_str()).unwrap();
    assert_ne!(statement, theirs);
    station.stop().await;
    let stick = folder.path().join("stick");
    let forged = statement.replace("\nyuanjiao/", "\nyuanjiao/x");
    fs::create_dir_all(&stick).unwrap();
    fs::write(stick.join(app::STATEMENT), forged).unwrap();
    assert!(app::begin_epoch(&settings(&station), &stick, None).is_err());
    fs::write(stick.join(app::STATEMENT), &theirs).unwrap();
    let begun = app::begin_epoch(&settings(&station), &stick, None).unwrap();
    assert!(begun.carried > 0, "its own old log is enough");
    station.start_again(|_| ()).await;
    for district in [&district, &second] {
        station.enrols_at(district).await;
    }
    let refused = pull(&district).await.unwrap();
    assert_eq!(
        (refused.alerts, refused.cosigned.is_none()),
        (vec![Alert::NotThisEpoch], true)
    );
    assert_eq!(
        pull(&second).await.unwrap().alerts,
        [],
        "the one that signed it goes on"
    );
}

/// The newest leaf's receipt as a member would keep it.
fn receipt(base: &Base) -> String {
    let index = size(base) - 1;
    let of = move |conn: &_| Receipt::of(conn, index);
    base.ledger.store().read_blocking(of).unwrap().unwrap().to_text()
}

/// A district that has pulled a station, a copy of its disk, and a member's receipt of what the station signed since: of an
/// old leaf, which stays, under a checkpoint that speaks of all that was there.
struct Promised {
    station: Station,
    folder: TempDir,
    district: District,
    before: PathBuf,
    receipt: String,
}

/// `more` leaves after the copy.
async fn promised(more: u32) -> Promised {
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = patient_district(folder.path());
    station.enrols_at(&district).await;
    pull(&district).await.unwrap();
    let before = image(&station, &folder.path().join("image"));
    append(&station.base(), more);
    let of = |conn: &_| Receipt::of(conn, 1);
    let receipt = station.base().ledger.store().read_blocking(of).unwrap().unwrap();
    Promised {
        receipt: receipt.to_text(),
        station,
        folder,
        district,
        before,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_57_a_receipt_of_a_longer_log_tells_of_what_was_taken_back_behind_its_leaf() {
    let Promised {
        mut station,
        folder: _folder,
        district,
        before,
        receipt,
    } = promised(200).await;
    assert!(matches!(district.receipt(&receipt).unwrap().shown, Shown::NotPulled(_)));

    go_back_to(&mut station, &before).await;
    station.enrols_at(&district).await;
    let pulled = pull(&district).await.unwrap();
    assert!(
        matches!(pulled.alerts[..], [Alert::Omitted { index: 1, .. }]),
        "the log is shorter than the station signed: {:?}",
        pulled.alerts
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn row_57_a_receipt_whose_leaf_is_there_under_another_log_proves_that_two_were_signed() {
    let Promised {
        mut station,
        folder: _folder,
        district,
        before,
        receipt,
    } = promised(6).await;

    go_back_to(&mut station, &before).await;
    station.enrols_at(&district).await;
    append(&station.base(), 60);
    assert!(
        pull(&district).await.unwrap().alerts.is_empty(),
        "nobody has brought it yet"
    );
    assert_eq!(district.receipt(&receipt).unwrap().shown, Shown::Omitted);
    let open = district.open_alarms().await.unwrap();
    assert_eq!(open.len(), 1, "the clerk finds it on his first page: {open:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_57_a_receipt_that_waits_decides_when_the_log_has_come_to_its_length() {
    let Promised {
        mut station,
        folder: _folder,
        district,
        before,
        receipt,
    } = promised(6).await;
    let looked = district.receipt(&receipt).unwrap();
    assert!(matches!(looked.shown, Shown::NotPulled(_)));

    go_back_to(&mut station, &before).await;
    station.enrols_at(&district).await;
    append(&station.base(), 60);
    let alerts = pull(&district).await.unwrap().alerts;
    assert!(
        matches!(alerts[..], [Alert::Omitted { index: 1, .. }]),
        "the leaf is there, and two logs were signed: {alerts:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn row_57_a_receipt_proves_what_the_districts_copy_lacks() {
    let mut station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = patient_district(folder.path());
    station.enrols_at(&district).await;
    station.watch(&station.sign_in().await).await;
    let early = receipt(&station.base());
    pull(&district).await.unwrap();
    assert_eq!(district.receipt(&early).unwrap().shown, Shown::Included);
    let before = image(&station, &folder.path().join("image"));
    append(&station.base(), 6);
    let late = receipt(&station.base());
    let address = format!("http://192.168.8.1:8080/receipt?r={late}\n");
    let known = district.stations().unwrap()[0].size;
    assert_eq!(district.receipt(&address).unwrap().shown, Shown::NotPulled(known));

    // What the district has not seen is taken back, and other leaves are written in its place.
    go_back_to(&mut station, &before).await;
    station.enrols_at(&district).await;
    append(&station.base(), 60);
    let pulled = pull(&district).await.unwrap();
    let omitted = |alert: &Alert| matches!(alert, Alert::Omitted { .. });
    assert!(pulled.alerts.iter().any(omitted), "{:?}", pulled.alerts);
    assert!(pulled.cosigned.is_some(), "the log alone looks honest");
    assert_eq!(district.receipt(&late).unwrap().shown, Shown::Omitted);
    assert_eq!(district.receipt(&early).unwrap().shown, Shown::Included);

    let stranger = Station::start().await;
    let strange = receipt(&stranger.base());
    assert!(matches!(district.receipt(&strange), Err(DistrictError::Unknown(_))));
    assert!(matches!(district.receipt("ABC"), Err(DistrictError::Receipt(_))));
}
