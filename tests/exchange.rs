//! The district and the station, over real sockets: what is believed, and what is not.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;

use std::time::Duration;

use common::Station;
use rusqlite::Connection;
use tempfile::TempDir;
use yuanjiao::app::Base;
use yuanjiao::district::{Alert, District, DistrictError, Fetched, Pulled, Settings};
use yuanjiao::exchange;
use yuanjiao::keys::Keys;
use yuanjiao::ledger::{Checkpoint, Moment, note};
use yuanjiao::report::tables;
use yuanjiao::roster::Operator;
use yuanjiao::types::{SessionId, Year};

fn district(folder: &TempDir) -> District {
    let settings = Settings {
        concurrent: 4,
        connect: Duration::from_secs(2),
        deadline: Duration::from_secs(5),
        store: common::server::place(folder.path()),
        ..Settings::in_folder(folder.path().to_owned())
    };
    District::open(settings).unwrap()
}

async fn enrolled(station: &Station, folder: &TempDir) -> District {
    let district = district(folder);
    station.enrols_at(&district).await;
    district
}

async fn pull(district: &District) -> Pulled {
    let mut outcomes = district.pull(None).await.unwrap();
    outcomes.remove(0).1.unwrap()
}

fn ledger(station: &Station) -> Connection {
    #[expect(clippy::disallowed_methods, reason = "a forger does not go through the store either")]
    Connection::open(station.folder.path().join("data/ledger.db")).unwrap()
}

/// Watches three seconds of the first film, honestly.
async fn watch(station: &Station) -> u64 {
    let cookie = station.sign_in().await;
    let (id, _) = station.film().await;
    let opened = station
        .json("/api/sessions", &cookie, &format!(r#"{{"item":"{id}"}}"#))
        .await
        .json();
    station
        .get(opened["media"].as_str().unwrap(), &format!("Cookie: {cookie}\r\n"))
        .await;
    let session = opened["session"].as_str().unwrap();
    // The budget is what has passed: a beat claims a second, however little of it has passed.
    let beat = r#"{"n":1,"segments":[[0,1000]],"state":"paused"}"#;
    station.json(&format!("/api/sessions/{session}/beats"), "", beat).await;
    let proven = station
        .json(&format!("/api/sessions/{session}/proof"), "", "{}")
        .await
        .json();
    proven["credited_ms"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_district_counts_what_the_station_credited_and_a_second_pull_changes_nothing() {
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = enrolled(&station, &folder).await;
    let credited = watch(&station).await;
    let first = pull(&district).await;
    assert!(
        first.alerts.is_empty() && first.cosigned.is_some(),
        "{:?}",
        first.alerts
    );
    let second = pull(&district).await;
    assert_eq!(
        (second.new, second.alerts.len()),
        (1, 0),
        "only the leaf about the cosignature is new"
    );
    assert!(second.cosigned.is_none(), "and it is not cosigned again");
    assert_eq!(pull(&district).await.new, 0, "so the log does not grow by being pulled");
    let counts: Vec<_> = district
        .recount()
        .unwrap()
        .into_iter()
        .map(|(_, count)| count)
        .collect();
    let policy = yuanjiao::credit::Policy::built_in().into();
    let lines: Vec<_> = tables::years(&counts)
        .into_iter()
        .flat_map(|y: Year| tables::members(&counts, &policy, y))
        .collect();
    let sum: u64 = lines.iter().map(|line| line.tally.raw.0).sum();
    assert_eq!(sum, credited);
    assert_eq!(told_as_statements(&district), credited);
}

/// What the statements for learning record stores say was credited, in milliseconds.
fn told_as_statements(district: &District) -> u64 {
    let mut lines = Vec::new();
    let home = yuanjiao::report::xapi::Home::new("https://study.example.cn").unwrap();
    district.xapi(&home, None, &mut lines).unwrap();
    let statements = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let credited = |line: &[u8]| {
        let statement: serde_json::Value = serde_json::from_slice(line).unwrap();
        let is_paused = statement["verb"]["display"]["en-US"] == "paused";
        let seconds = &statement["result"]["extensions"]["https://study.example.cn/xapi/ext/credited-seconds"];
        if is_paused { seconds.as_f64().unwrap() } else { 0.0 }
    };
    let millis = Duration::from_secs_f64(statements.map(credited).sum()).as_millis();
    u64::try_from(millis).unwrap()
}

/// A picture of one point, as a browser draws it.
const POINT: &[u8] = include_bytes!("cases/point.png");

/// The evening of which there is a photo.
fn evening() -> SessionId {
    SessionId::from_bytes([7; 16])
}

/// Keeps a photo of it; the photo's hash.
async fn photographed(base: &Base, by: &Operator) -> String {
    let kept = base
        .records
        .add_photo(evening(), Moment::Start, POINT.to_vec(), by)
        .await;
    kept.unwrap();
    base.records.photos(evening()).await.unwrap().remove(0).digest
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_of_an_evening_are_fetched_with_a_signature_and_proven_by_their_hash() {
    let station = Station::start().await;
    let (base, by) = (station.base(), Operator::on_the_console());
    let digest = photographed(&base, &by).await;
    let address = format!("/log/blob/{digest}");
    assert_eq!(station.get(&address, "").await.status, 401, "not for strangers");

    let folder = TempDir::new().unwrap();
    let district = enrolled(&station, &folder).await;
    let photos = async || {
        let mut outcomes = district.photos(None).await.unwrap();
        outcomes.remove(0).1.unwrap()
    };
    assert_eq!(
        photos().await,
        Fetched::default(),
        "nothing is named before the log was pulled"
    );
    pull(&district).await;
    // Somebody exchanged the picture on the station's disk: the hash in the log says so.
    let place = |root: &std::path::Path| root.join("blobs").join(&digest[..2]).join(&digest);
    let original = place(&station.folder.path().join("data"));
    let true_bytes = common::read(&original);
    std::fs::write(&original, b"another picture").unwrap();
    assert_eq!((photos().await.new, photos().await.lacking), (0, 1));
    std::fs::write(&original, &true_bytes).unwrap();
    assert_eq!((photos().await.new, photos().await.kept), (1, 1));
    assert_eq!(common::read(&place(folder.path())), true_bytes);

    base.records.drop_photo(evening(), digest.clone(), &by).await.unwrap();
    pull(&district).await;
    assert_eq!(photos().await, Fetched::default());
    assert!(
        !place(folder.path()).exists(),
        "what the station took back is not kept here"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_come_along_on_a_stick_and_only_those_that_the_log_names() {
    let station = Station::start().await;
    let (folder, stick) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let district = enrolled(&station, &folder).await;
    let (base, by) = (station.base(), Operator::on_the_console());
    let digest = photographed(&base, &by).await;
    base.exchange.carry(stick.path()).unwrap();
    let log = District::logs_in(stick.path()).remove(0);
    let place = log.join("blobs").join(&digest[..2]).join(&digest);
    let picture = std::fs::read(&place).unwrap();
    std::fs::write(&place, b"another picture").unwrap();
    district.import(&log).await.unwrap();
    assert_eq!(district.photo(&digest).unwrap(), None, "it is not what the log says");
    std::fs::write(&place, &picture).unwrap();
    let other = "ab".repeat(32);
    std::fs::create_dir_all(log.join("blobs/ab")).unwrap();
    std::fs::write(log.join("blobs/ab").join(&other), b"nobody asked for it").unwrap();
    district.import(&log).await.unwrap();
    assert_eq!(district.photo(&digest).unwrap(), Some(picture));
    assert_eq!(district.photo(&other).unwrap(), None);
    assert_eq!(
        district.photo("../keys/ledger").unwrap(),
        None,
        "nothing but a hash names a photo"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_gets_no_leaf_and_a_wrong_code_enrols_nobody() {
    let station = Station::start().await;
    for path in ["/log/checkpoint", "/log/tile/entries/000.p/1", "/log/tile/0/000.p/1"] {
        let answer = station.get(path, "").await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.text().contains("genesis"));
        let forged = "Authorization: Yuanjiao district=\"d\", nonce=\"n\", seq=\"1\", sig=\"00\"\r\n";
        assert_eq!(station.get(path, forged).await.status, 401);
    }
    let folder = TempDir::new().unwrap();
    let district = district(&folder);
    let url = format!("http://{}", station.address);
    station.base().exchange.enrol_code().unwrap();
    for _ in 0..5 {
        assert!(district.enrol(&url, "AAAA-AAAA-AAAA").await.is_err());
    }
    assert!(district.stations().unwrap().is_empty());
}

/// A request as an enrolled district signs it: the line for its head.
fn signed(station: &Station, folder: &TempDir, district: &District, nonce: &str, of: (&str, &str, &str)) -> String {
    let keys = Keys::open_or_make(&folder.path().join("keys")).unwrap();
    let (method, path, body) = of;
    let mut proof = exchange::Proof {
        district: district.origin().clone(),
        nonce: nonce.to_owned(),
        seq: 1,
        signature: [0; 64],
    };
    let origin = station.base().ledger.origin().clone();
    proof.signature = keys.sign(&exchange::signed_text(&origin, &proof, method, path, body.as_bytes()));
    format!("Authorization: {}\r\n", proof.to_header())
}

async fn nonce(station: &Station) -> String {
    let answer = station.ask("POST", "/log/challenge", "", "").await.json();
    answer["nonce"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_overheard_opens_nothing_a_second_time_nor_another_door() {
    const ASKED: (&str, &str, &str) = ("GET", "/log/checkpoint", "");
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = enrolled(&station, &folder).await;
    let other = signed(&station, &folder, &district, &nonce(&station).await, ASKED);
    assert_eq!(station.get("/log/tile/entries/000.p/1", &other).await.status, 401);
    let once = signed(&station, &folder, &district, &nonce(&station).await, ASKED);
    assert_eq!(station.get(ASKED.1, &once).await.status, 200);
    assert_eq!(station.get(ASKED.1, &once).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cosignature_of_another_log_is_not_kept() {
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = enrolled(&station, &folder).await;
    let ledger = station.base().ledger;
    let leaves = || ledger.store().read_blocking(yuanjiao::ledger::size).unwrap();
    let size = leaves();
    let keys = Keys::open_or_make(&folder.path().join("keys")).unwrap();
    let point = Checkpoint {
        origin: ledger.origin().clone(),
        size,
        root: [7; 32],
    };
    let line = note::cosign(&point, district.origin(), &keys, 1_795_000_000);
    let body = serde_json::to_string(&exchange::CosignIn { size, line }).unwrap();
    let of = ("POST", "/log/cosign", &*body);
    let proof = signed(&station, &folder, &district, &nonce(&station).await, of);
    assert_eq!(station.ask(of.0, of.1, &proof, of.2).await.status, 422);
    assert_eq!(leaves(), size);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_tries_end_an_enrolment_code() {
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = district(&folder);
    let url = format!("http://{}", station.address);
    let code = station.base().exchange.enrol_code().unwrap();
    for _ in 0..5 {
        assert!(district.enrol(&url, "AAAA-AAAA-AAAA").await.is_err());
    }
    assert!(
        district.enrol(&url, &code).await.is_err(),
        "the right one comes too late"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_cut_back_is_a_rollback() {
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = enrolled(&station, &folder).await;
    let known = pull(&district).await.size;
    let export = TempDir::new().unwrap();
    exchange::export(&station.base().ledger, export.path()).unwrap();
    watch(&station).await;
    let now = pull(&district).await.size;
    assert!(now > known);
    // The stick holds the older log: the same bytes, the same checks.
    let (_, older) = district.import(export.path()).await.unwrap();
    assert!(
        matches!(older.alerts[..], [Alert::Rollback { .. }]),
        "{:?}",
        older.alerts
    );
    assert!(older.cosigned.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaf_edited_before_the_cosignature_was_taken_is_a_fork_with_its_index() {
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = enrolled(&station, &folder).await;
    watch(&station).await;
    pull(&district).await;
    // Somebody edits leaf 3 in the database, and the tree and the newest checkpoint to match.
    let forged = forge(&station, 3);
    let outcome = pull(&district).await;
    undo(&station, forged);
    assert_eq!(outcome.alerts, [Alert::Fork { first: Some(3) }]);
    assert!(outcome.cosigned.is_none());
    let healed = pull(&district).await;
    assert!(healed.alerts.is_empty(), "the honest log goes on: {:?}", healed.alerts);
}

struct Forged {
    leaves: Vec<(i64, Vec<u8>)>,
    nodes: Vec<(i64, i64, Vec<u8>)>,
    notes: Vec<(i64, String)>,
}

/// Rewrites leaf `index` and everything above it, signed with the station's own key: what an administrator could do.
fn forge(station: &Station, index: i64) -> Forged {
    use yuanjiao::ledger::Checkpoint;
    use yuanjiao::ledger::tree::{Frontier, leaf_hash};
    let conn = ledger(station);
    let mut leaves: Vec<(i64, Vec<u8>)> = rows(&conn, "SELECT idx, bytes FROM leaf ORDER BY idx", |r| {
        (r.get(0), r.get(1))
    });
    let nodes = conn
        .prepare("SELECT level, pos, hash FROM node")
        .unwrap()
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let signed = rows(&conn, "SELECT size, note FROM checkpoint", |r| (r.get(0), r.get(1)));
    let kept = Forged {
        leaves: leaves.clone(),
        nodes,
        notes: signed,
    };
    leaves[usize::try_from(index).unwrap()].1 =
        br#"{"v":1,"at":{"boot":1,"mono":1,"wall":1,"trust":"ntp"},"is":{"kind":"stop"}}"#.to_vec();
    let mut edge = Frontier::default();
    for (at, bytes) in &leaves {
        conn.execute(
            "UPDATE leaf SET bytes = ?2 WHERE idx = ?1",
            rusqlite::params![at, bytes],
        )
        .unwrap();
        edge.push(leaf_hash(bytes), |level, pos, hash| {
            let pos = i64::try_from(pos).unwrap();
            conn.execute(
                "UPDATE node SET hash = ?3 WHERE level = ?1 AND pos = ?2",
                rusqlite::params![level, pos, hash],
            )
            .map(drop)
        })
        .unwrap();
    }
    let base = station.base();
    let point = Checkpoint {
        origin: base.ledger.origin().clone(),
        size: edge.size(),
        root: edge.root(),
    };
    let size = i64::try_from(edge.size()).unwrap();
    conn.execute(
        "UPDATE checkpoint SET note = ?2 WHERE size = ?1",
        rusqlite::params![size, point.signed(&base.keys)],
    )
    .unwrap();
    kept
}

fn undo(station: &Station, kept: Forged) {
    let conn = ledger(station);
    for (at, bytes) in kept.leaves {
        conn.execute(
            "UPDATE leaf SET bytes = ?2 WHERE idx = ?1",
            rusqlite::params![at, bytes],
        )
        .unwrap();
    }
    for (level, pos, hash) in kept.nodes {
        conn.execute(
            "UPDATE node SET hash = ?3 WHERE level = ?1 AND pos = ?2",
            rusqlite::params![level, pos, hash],
        )
        .unwrap();
    }
    for (size, note) in kept.notes {
        conn.execute(
            "UPDATE checkpoint SET note = ?2 WHERE size = ?1",
            rusqlite::params![size, note],
        )
        .unwrap();
    }
}

type Pair<A, B> = (rusqlite::Result<A>, rusqlite::Result<B>);

fn rows<A, B>(conn: &Connection, sql: &str, read: impl Fn(&rusqlite::Row<'_>) -> Pair<A, B>) -> Vec<(A, B)> {
    let mut query = conn.prepare(sql).unwrap();
    let found = query.query_map([], |row| {
        let (a, b) = read(row);
        Ok((a?, b?))
    });
    found.unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_districts_in_turn_do_not_disturb_each_other() {
    let station = Station::start().await;
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (first, second) = (enrolled(&station, &one).await, enrolled(&station, &two).await);
    for _ in 0..3 {
        assert!(pull(&first).await.alerts.is_empty());
        assert!(pull(&second).await.alerts.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_never_answers_costs_only_its_time() {
    if common::server::is_of_this_file() {
        return eprintln!("skipped: the address is changed behind the back of books in a file");
    }
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = enrolled(&station, &folder).await;
    // The same station, asked at an address where somebody listens and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    #[expect(
        clippy::disallowed_methods,
        reason = "the address is changed behind the district's back"
    )]
    let books = Connection::open(folder.path().join("district.db")).unwrap();
    books.execute("UPDATE station SET url = ?1", [url]).unwrap();
    let mut outcomes = district.pull(None).await.unwrap();
    assert!(matches!(outcomes.remove(0).1, Err(DistrictError::Client(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_endless_answers_are_refused_within_bounds() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    if common::server::is_of_this_file() {
        return eprintln!("skipped: the address is changed behind the back of books in a file");
    }
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = enrolled(&station, &folder).await;
    let answers: [&'static [u8]; 3] = [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    ];
    for answer in answers {
        let hostile = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", hostile.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let (mut stream, _) = hostile.accept().await.unwrap();
            let mut some = [0; 1024];
            drop(stream.read(&mut some).await);
            drop(stream.write_all(answer).await);
        });
        #[expect(
            clippy::disallowed_methods,
            reason = "the address is changed behind the district's back"
        )]
        let books = Connection::open(folder.path().join("district.db")).unwrap();
        books.execute("UPDATE station SET url = ?1", [url]).unwrap();
        let mut outcomes = district.pull(None).await.unwrap();
        assert!(outcomes.remove(0).1.is_err());
        serving.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_more_than_a_bundle_goes_by_stick_and_an_interrupted_pull_goes_on() {
    let station = Station::start().await;
    let folder = TempDir::new().unwrap();
    let district = enrolled(&station, &folder).await;
    let base = station.base();
    for _ in 0..600 {
        let (ledger, now) = (base.ledger.clone(), yuanjiao::clock::Clock::now(&*base.clock));
        let stop = yuanjiao::ledger::What::Stop {};
        base.ledger
            .store()
            .write_blocking(move |tx| ledger.append(tx, now, stop))
            .unwrap()
            .unwrap();
    }
    let stick = TempDir::new().unwrap();
    let leaves = exchange::export(&base.ledger, stick.path()).unwrap();
    // The stick is pulled too early: the second bundle is missing.
    let second = stick.path().join("tile/entries/001");
    let bytes = std::fs::read(&second).unwrap();
    std::fs::remove_file(&second).unwrap();
    assert!(district.import(stick.path()).await.is_err());
    assert_eq!(district.stations().unwrap()[0].size, 0, "nothing is believed yet");
    std::fs::write(&second, bytes).unwrap();
    let (_, pulled) = district.import(stick.path()).await.unwrap();
    assert_eq!((pulled.size, pulled.new, pulled.alerts.len()), (leaves, leaves, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cosignature_comes_back_on_the_stick_once_and_a_forged_one_never() {
    let station = Station::start().await;
    let (folder, stick) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let district = enrolled(&station, &folder).await;
    watch(&station).await;
    let exchange = station.base().exchange;
    let carried = exchange.carry(stick.path()).unwrap();
    assert_eq!(carried.back, exchange::CameBack::default(), "nothing lies there yet");
    let [log] = &District::logs_in(stick.path())[..] else {
        panic!("one log")
    };
    let (_, pulled) = district.import(log).await.unwrap();
    assert_eq!((pulled.size, pulled.alerts.len()), (carried.leaves, 0));

    let written = std::fs::read_to_string(log.join("cosignature")).unwrap();
    let forged = written.replace(&format!("\"size\":{}", pulled.size), "\"size\":1");
    assert_ne!(forged, written);
    std::fs::write(log.join("cosignature"), forged).unwrap();
    assert_eq!(
        exchange.take_back(log).unwrap().cosigned,
        None,
        "signed for another size"
    );
    std::fs::write(log.join("cosignature"), &written).unwrap();
    let again = exchange.carry(stick.path()).unwrap();
    assert_eq!(again.back.cosigned, Some(pulled.size));
    assert_eq!(
        again.leaves,
        pulled.size + 1,
        "the leaf that says so goes along at once"
    );
    assert_eq!(exchange.carry(stick.path()).unwrap().back.cosigned, None, "known");
    let (_, quiet) = district.import(log).await.unwrap();
    assert_eq!((quiet.size, quiet.new), (pulled.size + 1, 1));
    assert!(
        quiet.cosigned.is_none() && quiet.alerts.is_empty(),
        "so the log does not grow by travelling"
    );
}
