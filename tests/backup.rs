//! `yuanjiao backup` beside a running station, and `yuanjiao restore` after the database is gone.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use program::{Running, ask, command, number, open, prepare, start};
use tempfile::TempDir;
use yuanjiao::ledger::Moment;
use yuanjiao::roster::Operator;
use yuanjiao::types::SessionId;

fn copies(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|e| e == "db"))
        .collect();
    found.sort();
    found
}

#[test]
fn a_copy_taken_beside_the_running_station_brings_back_a_database_that_is_gone() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    prepare(dir);
    let Running { mut child, address: at } = start(dir);
    let (session, ..) = open(&at);
    let beat = r#"{"n":1,"segments":[[0,63000]],"state":"paused"}"#;
    ask(&at, "POST", &format!("/api/sessions/{session}/beats"), "", beat).unwrap();
    let (status, _, proven) = ask(&at, "POST", &format!("/api/sessions/{session}/proof"), "", "{}").unwrap();
    assert_eq!(status, 200, "{proven}");
    let credited = number(&proven, "credited_ms");
    let stick = dir.join("stick");
    assert!(command(dir, &["backup", stick.to_str().unwrap(), "--with-keys"]));
    child.kill().unwrap();
    child.wait().unwrap();

    let key = fs::metadata(stick.join("keys/ledger.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(dir.join(format!("data/ledger.db{end}"))));
    }
    assert!(
        !command(dir, &["ledger", "verify"]),
        "a key without its log halts the ledger"
    );
    let copy = copies(&stick).pop().unwrap();
    assert!(command(dir, &["restore", copy.to_str().unwrap()]));
    assert!(command(dir, &["ledger", "verify"]));
    assert!(
        !command(dir, &["restore", copy.to_str().unwrap()]),
        "a sound ledger is left alone"
    );
    let Running { mut child, address: at } = start(dir);
    let (_, kept, ..) = open(&at);
    assert!(
        kept >= credited && credited > 0,
        "{credited} ms were credited, {kept} ms came back"
    );
    assert!(
        !command(dir, &["restore", copy.to_str().unwrap()]),
        "not while a station runs"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A photo of an evening is in the ledger's database by name only; the picture goes beside the copy, and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn photos_go_beside_the_copy_and_come_back_with_it() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    prepare(dir);
    let stick = dir.join("stick");
    let photo = {
        let settings = yuanjiao::config::Station {
            data: dir.join("data"),
            ..yuanjiao::config::Station::load(Some(&dir.join("station.toml"))).unwrap()
        };
        let base = yuanjiao::app::Base::open(&settings).unwrap();
        let (evening, by) = (SessionId::from_bytes([7; 16]), Operator::on_the_console());
        let point = include_bytes!("cases/point.png").to_vec();
        base.records.add_photo(evening, Moment::End, point, &by).await.unwrap();
        base.records.photos(evening).await.unwrap().remove(0).digest
    };
    let place = |root: PathBuf| root.join("blobs").join(&photo[..2]).join(&photo);
    assert!(command(dir, &["backup", stick.to_str().unwrap()]));
    let kept = fs::read(place(stick.clone())).unwrap();
    // The disk is gone with everything but the keys.
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(dir.join(format!("data/ledger.db{end}"))));
    }
    fs::remove_dir_all(dir.join("data/blobs")).unwrap();
    let copy = copies(&stick).pop().unwrap();
    assert!(command(dir, &["restore", copy.to_str().unwrap()]));
    assert_eq!(fs::read(place(dir.join("data"))).unwrap(), kept);
}

#[test]
fn each_start_takes_a_copy_and_the_oldest_go() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    prepare(dir);
    let settings = dir.join("station.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("{text}[backup]\nkeep = 2\n")).unwrap();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let Running { mut child, address: at } = start(dir);
        open(&at);
        child.kill().unwrap();
        child.wait().unwrap();
        // A copy that the kill interrupted has no name yet.
        seen = copies(&dir.join("data/backup"));
        assert!(seen.len() <= 3, "{seen:?}");
    }
    assert!(!seen.is_empty());
    assert!(command(dir, &["backup"]));
    assert!(copies(&dir.join("data/backup")).len() >= seen.len());
}
