//! Names live in the roster and nowhere else: after an evening with names, neither the leaves nor the exported log nor the
//! program's own words hold one, and who leaves the roster leaves a ledger that proves as before.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod common;
#[path = "common/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Answer, Station};
use tempfile::TempDir;
use yuanjiao::app::copy_into;
use yuanjiao::exchange;
use yuanjiao::ledger::receipt::Receipt;
use yuanjiao::ledger::{self, Leaf, What};
use yuanjiao::store::StoreError;

const NAMES: [&str; 2] = ["王德明", "陈桂兰"];

/// A name as it could stand somewhere: in UTF-8, in GBK, escaped in JSON.
fn spellings(name: &str) -> [Vec<u8>; 3] {
    let (gbk, _, _) = encoding_rs::GBK.encode(name);
    let units: Vec<String> = name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    [name.as_bytes().to_vec(), gbk.into_owned(), units.concat().into_bytes()]
}

fn holds(bytes: &[u8], name: &str) -> bool {
    let spelt = spellings(name);
    spelt
        .iter()
        .any(|spelt| bytes.windows(spelt.len()).any(|window| window == &spelt[..]))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

fn leaves(station: &Station) -> Vec<Vec<u8>> {
    let read = |conn: &_| ledger::leaves(conn, 0, 100_000);
    let store = station.base().ledger.store().clone();
    store.read_blocking::<_, StoreError, _>(read).unwrap()
}

/// What stands between two texts.
fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text
        .split(before)
        .nth(1)
        .unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split(after).next().unwrap().to_owned()
}

async fn post(station: &Station, path: &str, cookie: &str, from: &str, fields: &str) -> Answer {
    let head = format!("Cookie: {cookie}\r\n");
    let form = station.get(from, &head).await.text();
    let csrf = between(&form, "name=\"csrf\" value=\"", "\"");
    let head = format!("Content-Type: application/x-www-form-urlencoded\r\n{head}");
    station.ask("POST", path, &head, &format!("csrf={csrf}&{fields}")).await
}

/// A page as somebody with this cookie sees it.
async fn page(station: &Station, path: &str, cookie: &str) -> String {
    station.get(path, &format!("Cookie: {cookie}\r\n")).await.text()
}

/// A new device: its cookie.
async fn device(station: &Station, path: &str) -> String {
    let fresh = station.get(path, "").await;
    fresh.header("set-cookie").split(';').next().unwrap().to_owned()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The operator does something on the page of the evening; the answer's status.
async fn act(station: &Station, operator: &str, fields: &str) -> u16 {
    post(station, "/desk/live", operator, "/desk/live", fields).await.status
}

/// A screen is let in and an evening begun on it: the screen's cookie.
async fn begin(station: &Station, operator: &str) -> String {
    let screen = device(station, "/tv").await;
    let waiting = page(station, "/tv?again=true", &screen).await;
    let code = digits(&between(&waiting, "code-xl\">", "</"));
    assert_eq!(
        act(station, operator, &format!("act=let_in&text={code}&chair=hall")).await,
        303
    );
    let desk = page(station, "/desk/live", operator).await;
    let film = between(&between(&desk, "id=\"item\"", "</select>"), "value=\"", "\"");
    let place = between(&between(&desk, "id=\"screen\"", "</select>"), "value=\"", "\"");
    let begin = format!("act=begin&item={film}&screen={place}&chair=%E9%99%88%E6%A1%82%E5%85%B0");
    assert_eq!(act(station, operator, &begin).await, 303);
    screen
}

/// An evening: a screen is let in, one member checks in with the code, one is ticked, and it ends.
async fn evening(station: &Station, operator: &str) {
    let screen = begin(station, operator).await;
    let code = digits(&between(&page(station, "/tv", &screen).await, "id=\"code\"", "</"));
    let phone = device(station, "/").await;
    let fields = format!("code={code}&member=0021&pin=2468");
    let done = post(station, "/checkin", &phone, "/checkin", &fields).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let desk = page(station, "/desk/live", operator).await;
    let id = between(&desk, "name=\"id\" value=\"", "\"");
    let named = format!("id={id}&act=tick:0012&why=%E9%99%88%E6%A1%82%E5%85%B0%E6%9D%A5%E4%BA%86");
    assert_eq!(
        act(station, operator, &named).await,
        422,
        "a reason that names somebody"
    );
    assert_eq!(
        act(station, operator, &format!("id={id}&act=tick:0012&why=no+phone")).await,
        303
    );
    for _ in 0..2 {
        act(station, operator, &format!("id={id}&act=end")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_and_the_exported_log_hold_numbers_only_after_an_evening_with_names() {
    let station = Station::start().await;
    let operator = station.operator().await;
    station.film().await;
    station.watch(&station.sign_in().await).await;
    evening(&station, &operator).await;
    let all = leaves(&station);
    let kinds: Vec<What> = all.iter().filter_map(|bytes| Some(Leaf::read(bytes)?.is)).collect();
    let attended = kinds.iter().filter(|what| matches!(what, What::Attend { .. })).count();
    assert!(
        attended >= 2 && kinds.iter().any(|what| matches!(what, What::Span { .. })),
        "{kinds:?}"
    );
    let stick = TempDir::new().unwrap();
    exchange::export(&station.base().ledger, stick.path()).unwrap();
    for name in NAMES {
        assert!(!all.iter().any(|leaf| holds(leaf, name)), "{name} in a leaf");
        for file in files(stick.path()) {
            assert!(!holds(&fs::read(&file).unwrap(), name), "{name} in {}", file.display());
        }
    }
    let desk = station
        .get("/desk/members", &format!("Cookie: {operator}\r\n"))
        .await
        .text();
    assert!(NAMES.iter().all(|name| desk.contains(name)), "the desk knows them");
}

#[test]
fn the_program_says_numbers_even_when_it_says_everything() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    program::prepare(dir);
    let settings = dir.join("station.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("{text}[log]\nlevel = \"trace\"\n")).unwrap();
    let said = dir.join("said.txt");
    let program::Running { mut child, address: at } = program::start_saying(dir, &said);
    let (session, _, media, cookie) = program::open(&at);
    program::ask(&at, "POST", "/api/login", "", r#"{"member":"0021","pin":"0000"}"#).unwrap();
    program::ask(&at, "GET", &media, &cookie, "").unwrap();
    program::ask(&at, "GET", "/me", &cookie, "").unwrap();
    let beat = r#"{"n":1,"segments":[[0,63000]],"state":"paused"}"#;
    program::ask(&at, "POST", &format!("/api/sessions/{session}/beats"), "", beat).unwrap();
    program::ask(&at, "POST", &format!("/api/sessions/{session}/proof"), "", "{}").unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // The next start tells of the session that was left open.
    let program::Running { mut child, address: at } = program::start_saying(dir, &said);
    program::open(&at);
    child.kill().unwrap();
    child.wait().unwrap();
    let said = fs::read(&said).unwrap();
    let text = String::from_utf8_lossy(&said);
    assert!(text.contains("sessions were open"), "it says something: {text}");
    assert!(!holds(&said, "王德明"), "{}", String::from_utf8_lossy(&said));
    assert!(!String::from_utf8_lossy(&said).contains("2468"), "nor a PIN");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_roster_leaves_a_ledger_that_proves_as_before_and_no_name() {
    let mut station = Station::start().await;
    let operator = station.operator().await;
    let cookie = station.sign_in().await;
    assert!(station.watch(&cookie).await > 0);
    let data = station.folder.path().join("data");
    let (old_copy, _) = copy_into(&station.base().ledger, &station.folder.path().join("copies")).unwrap();
    let before = leaves(&station);
    let span = before
        .iter()
        .rposition(|bytes| matches!(Leaf::read(bytes).unwrap().is, What::Span { .. }));
    let of = move |conn: &_| Receipt::of(conn, span.unwrap() as u64);
    let receipt = station.base().ledger.store().read_blocking(of).unwrap().unwrap();

    let path = "/desk/members/0021/remove";
    let unsure = post(&station, path, &operator, "/desk/members/0021", "").await;
    assert_eq!(unsure.status, 422, "it asks whether it is meant");
    let removed = post(&station, path, &operator, "/desk/members/0021", "sure=yes").await;
    assert_eq!(
        (removed.status, removed.header("location")),
        (303, "/desk/members?saved=1".into())
    );
    assert_eq!(
        station.get("/me", &format!("Cookie: {cookie}\r\n")).await.status,
        303,
        "he is signed out"
    );
    let login = station
        .json("/api/login", "", r#"{"member":"0021","pin":"2468"}"#)
        .await;
    assert_eq!(login.status, 401);
    let gone = leaves(&station)
        .iter()
        .filter_map(|bytes| Leaf::read(bytes))
        .any(|leaf| matches!(leaf.is, What::Roster { removed, .. } if removed.iter().any(|id| id.as_str() == "0021")));
    assert!(gone, "the ledger says that the number left");
    assert_eq!(leaves(&station)[..before.len()], before[..], "and nothing else changed");
    let base = station.base();
    assert!(base.ledger.verify().unwrap().faults.is_empty());
    assert!(receipt.check(base.ledger.origin(), &base.keys.public()).is_ok());
    let sheet = station
        .get("/desk/books", &format!("Cookie: {operator}\r\n"))
        .await
        .text();
    assert!(!sheet.contains("王德明"));
    let (new_copy, _) = copy_into(&base.ledger, &station.folder.path().join("copies")).unwrap();
    drop(base);
    station.stop().await;
    assert!(
        holds(&fs::read(&old_copy).unwrap(), "王德明"),
        "copies from before hold it until they are rotated out"
    );
    assert!(!holds(&fs::read(new_copy).unwrap(), "王德明"));
    for file in ["ledger.db", "ledger.db-wal"] {
        let bytes = fs::read(data.join(file)).unwrap_or_default();
        assert!(!holds(&bytes, "王德明"), "not even in the free parts of {file}");
        assert!(file.ends_with("wal") || holds(&bytes, "陈桂兰"));
    }
    his_name_does_not_come_back_with_a_copy(&mut station, &old_copy).await;
}

/// The disk loses the database and every newer copy, so that a copy from before the removing is all there is.
async fn his_name_does_not_come_back_with_a_copy(station: &mut Station, old_copy: &Path) {
    let data = station.folder.path().join("data");
    // An old database in the place of the present one, beside a longer copy: its roster is as old as it is.
    let (_, leaves) = copy_into(&station.base().ledger, &data.join("backup")).unwrap();
    for file in ["ledger.db-wal", "ledger.db-shm"] {
        drop(fs::remove_file(data.join(file)));
    }
    fs::copy(old_copy, data.join("ledger.db")).unwrap();
    station.start_again(|_| ()).await;
    let numbers = |members: Vec<yuanjiao::roster::Member>| -> Vec<String> {
        members.iter().map(|member| member.id.to_string()).collect()
    };
    let base = station.base();
    assert!(
        base.ledger.store().read_blocking(ledger::size).unwrap() >= leaves,
        "it was restored"
    );
    assert_eq!(numbers(base.roster.members().await.unwrap()), ["0012"]);
    drop(base);
    station.stop().await;
    restore_after_losing_everything(station, old_copy);
    assert!(!holds(&fs::read(data.join("ledger.db")).unwrap(), "王德明"));
    station.start_again(|_| ()).await;
    let roster = &station.base().roster;
    assert_eq!(numbers(roster.members().await.unwrap()), ["0012"]);

    // Somebody puts him back on purpose: with a copy that was made since he stays.
    let plan = roster.plan(common::ROSTER.into()).await.unwrap();
    let by = yuanjiao::roster::Operator::on_the_console();
    roster.apply(plan, &by).await.unwrap().unwrap();
    let (new_copy, _) = copy_into(&station.base().ledger, &station.folder.path().join("copies")).unwrap();
    station.stop().await;
    restore_after_losing_everything(station, &new_copy);
    assert_eq!(
        numbers(station.base().roster.members().await.unwrap()),
        ["0012", "0021"]
    );
    // And with one from before the removing he does not.
    restore_after_losing_everything(station, old_copy);
    assert_eq!(numbers(station.base().roster.members().await.unwrap()), ["0012"]);
}

fn restore_after_losing_everything(station: &Station, copy: &Path) {
    let data = station.folder.path().join("data");
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        drop(fs::remove_file(data.join(file)));
    }
    drop(fs::remove_dir_all(data.join("backup")));
    yuanjiao::app::from_copy(&Station::settings(station.folder.path()), copy).unwrap();
}

#[test]
fn the_console_can_remove_somebody_as_well() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    program::prepare(dir);
    assert!(
        !program::command(dir, &["member", "remove", "9999"]),
        "nobody has that number"
    );
    assert!(program::command(dir, &["member", "remove", "0021"]));
    assert!(!program::command(dir, &["member", "remove", "0021"]));
    assert!(program::command(dir, &["ledger", "verify"]));
    for file in files(&dir.join("data")) {
        assert!(!holds(&fs::read(&file).unwrap(), "王德明"), "{}", file.display());
    }
}
