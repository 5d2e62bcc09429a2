use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::*;

const SCHEMA: Schema = Schema {
    room: "test",
    steps: &["CREATE TABLE note (text TEXT PRIMARY KEY) STRICT"],
};

fn open(dir: &TempDir, commit_within: Millis) -> Store {
    let options = Options {
        commit_within,
        ..Options::default()
    };
    Store::open(&dir.path().join("t.db"), &[SCHEMA], options).unwrap()
}

fn insert(tx: &Tx<'_>, text: &str) -> Result<(), rusqlite::Error> {
    tx.execute("INSERT INTO note (text) VALUES (?1)", [text]).map(drop)
}

fn notes(store: &Store) -> Vec<String> {
    store
        .read_blocking::<_, StoreError, _>(|conn| {
            let mut query = conn.prepare("SELECT text FROM note ORDER BY text")?;
            let rows = query.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .unwrap()
}

#[test]
fn a_statement_is_prepared_once_whatever_numbers_it_is_asked_with() {
    const ASKED: &str = "SELECT a.text FROM note a LEFT JOIN note b ON b.text = a.text AND length(b.text) = ?2
        WHERE a.text = ?1";
    let dir = TempDir::new().unwrap();
    let store = open(&dir, Millis::ZERO);
    let anew = |conn: &rusqlite::Connection| {
        for length in [4, 5, 4] {
            let found = conn.prepare_cached(ASKED)?.exists(rusqlite::params!["word", length])?;
            assert!(!found);
        }
        let asked = conn.prepare_cached(ASKED)?;
        Ok::<_, rusqlite::Error>(asked.get_status(rusqlite::StatementStatus::RePrepare))
    };
    assert_eq!(store.write_blocking(move |tx| anew(tx)).unwrap().unwrap(), 0);
    assert_eq!(
        store.read_blocking::<_, StoreError, _>(|conn| Ok(anew(conn)?)).unwrap(),
        0
    );
}

#[tokio::test]
async fn acts_that_come_together_share_one_commit() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir, Millis::secs(60));
    let acts = (0..5).map(|n| {
        let store = store.clone();
        async move {
            let urgency = if n == 4 { Urgency::Now } else { Urgency::Soon };
            let text = n.to_string();
            store
                .write(urgency, move |tx| insert(tx, &text))
                .await
                .unwrap()
                .unwrap();
        }
    });
    let mut together = tokio::task::JoinSet::new();
    for act in acts {
        together.spawn(act);
        tokio::task::yield_now().await;
    }
    while together.join_next().await.is_some() {}
    assert_eq!(notes(&store).len(), 5);
    let (commits, acts) = store.work_done();
    assert_eq!(acts, 5);
    assert!(commits <= 2, "{commits} commits");
}

/// FULL (2) and not NORMAL: with a log beside the file, NORMAL would let a power cut take what was acknowledged.
#[test]
fn every_commit_waits_for_the_disk() {
    let dir = TempDir::new().unwrap();
    let store = Store::open(&dir.path().join("t.db"), &[SCHEMA], Options::default()).unwrap();
    let ask = |tx: &Tx<'_>| {
        let number = |name: &str| tx.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
        let journal = tx.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0))?;
        Ok::<_, rusqlite::Error>((number("synchronous")?, journal))
    };
    let (synchronous, journal) = store.write_blocking(ask).unwrap().unwrap();
    assert_eq!((synchronous, journal.as_str()), (2, "wal"));
}

#[test]
fn a_reader_sees_one_moment_however_long_it_reads() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir, Millis::ZERO);
    let count = |conn: &rusqlite::Connection| {
        conn.query_row("SELECT count(*) FROM note", [], |row| row.get::<_, i64>(0))
            .map_err(StoreError::from)
    };
    let seen = store.read_blocking(|conn| {
        let first = count(conn)?;
        store.write_blocking(|tx| insert(tx, "meanwhile"))??;
        Ok::<_, StoreError>((first, count(conn)?))
    });
    assert_eq!(seen.unwrap(), (0, 0));
    assert_eq!(notes(&store), ["meanwhile"], "and the next reader sees the next");
}

#[test]
fn an_act_that_fails_takes_nothing_else_with_it() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir, Millis::ZERO);
    store.write_blocking(|tx| insert(tx, "kept")).unwrap().unwrap();
    let refused = store
        .write_blocking(|tx| {
            insert(tx, "half")?;
            insert(tx, "kept")
        })
        .unwrap();
    assert!(refused.is_err());
    assert_eq!(notes(&store), ["kept"]);
}

#[test]
fn what_an_act_changed_in_memory_is_taken_back_with_it() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir, Millis::ZERO);
    let memory = Arc::new(AtomicU32::new(7));
    let theirs = Arc::clone(&memory);
    let outcome: Result<(), rusqlite::Error> = store
        .write_blocking(move |tx| {
            let before = theirs.swap(8, Ordering::SeqCst);
            tx.on_rollback(move || theirs.store(before, Ordering::SeqCst));
            insert(tx, "same")?;
            insert(tx, "same")
        })
        .unwrap();
    assert!(outcome.is_err());
    assert_eq!(memory.load(Ordering::SeqCst), 7);
}

#[test]
fn an_act_that_panics_ends_neither_the_writer_nor_its_neighbours() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir, Millis::ZERO);
    let gone = store.write_blocking::<(), rusqlite::Error, _>(|_| panic!("a fault in a rule"));
    assert!(matches!(gone, Err(StoreError::Closed)));
    store.write_blocking(|tx| insert(tx, "after")).unwrap().unwrap();
    assert_eq!(notes(&store), ["after"]);
}

#[test]
fn a_full_disk_is_said_and_survived() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir, Millis::ZERO);
    let limit = |pages: u32| {
        store
            .write_blocking(move |tx| tx.query_row(&format!("PRAGMA max_page_count={pages}"), [], |_| Ok(())))
            .unwrap()
            .unwrap();
    };
    limit(8);
    let long = "x".repeat(100_000);
    let refused = store.write_blocking(move |tx| insert(tx, &long));
    assert!(
        matches!(refused, Err(StoreError::NotDurable(Trouble::DiskFull)) | Ok(Err(_))),
        "{refused:?}"
    );
    limit(100_000);
    store.write_blocking(|tx| insert(tx, "after")).unwrap().unwrap();
    assert_eq!((notes(&store), store.trouble()), (vec!["after".to_owned()], None));
}

#[test]
fn a_file_from_a_newer_program_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let newer = Schema {
        room: "test",
        steps: &[
            "CREATE TABLE note (text TEXT PRIMARY KEY) STRICT",
            "CREATE TABLE more (x) ",
        ],
    };
    drop(Store::open(&dir.path().join("t.db"), &[newer], Options::default()).unwrap());
    let refused = Store::open(&dir.path().join("t.db"), &[SCHEMA], Options::default());
    assert!(matches!(
        refused,
        Err(StoreError::FromTheFuture {
            room: "test",
            found: 2,
            known: 1
        })
    ));
}

#[test]
fn a_file_is_copied_as_it_was_before_its_tables_change() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir, Millis::ZERO);
    store.write_blocking(|tx| insert(tx, "before")).unwrap().unwrap();
    drop(store);
    let newer = Schema {
        room: "test",
        steps: &[
            "CREATE TABLE note (text TEXT PRIMARY KEY) STRICT",
            "DROP TABLE note; CREATE TABLE more (x)",
        ],
    };
    drop(Store::open(&dir.path().join("t.db"), &[newer], Options::default()).unwrap());
    let copy = Store::open(
        &dir.path().join("backup/t-before-step-1.db"),
        &[SCHEMA],
        Options::default(),
    )
    .unwrap();
    assert_eq!(notes(&copy), ["before"]);
    // A file that is as new as the program is not copied again.
    std::fs::remove_dir_all(dir.path().join("backup")).unwrap();
    drop(Store::open(&dir.path().join("t.db"), &[newer], Options::default()).unwrap());
    assert!(!dir.path().join("backup").exists());
}

#[test]
fn a_copy_is_one_whole_file_while_the_writer_goes_on() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir, Millis::ZERO);
    store.write_blocking(|tx| insert(tx, "one")).unwrap().unwrap();
    let copy = dir.path().join("elsewhere/copy.db");
    store.copy_to(&copy).unwrap();
    store.write_blocking(|tx| insert(tx, "two")).unwrap().unwrap();
    assert_eq!(backup::look(&copy).unwrap(), backup::Look::Sound);
    let names: Vec<_> = std::fs::read_dir(dir.path().join("elsewhere"))
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["copy.db"]);
}

#[test]
fn a_file_that_is_no_database_is_damaged_and_one_that_is_not_there_is_missing() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("x.db");
    assert_eq!(backup::look(&path).unwrap(), backup::Look::Missing);
    std::fs::write(&path, [0x41; 8_192]).unwrap();
    assert!(matches!(backup::look(&path).unwrap(), backup::Look::Damaged(_)));
}

#[test]
fn trouble_that_is_over_is_handed_to_the_first_transaction_that_is_kept_and_to_no_other() {
    let dir = TempDir::new().unwrap();
    let options = Options {
        quiet: Millis::ZERO,
        ..Options::default()
    };
    let store = Store::open(&dir.path().join("t.db"), &[SCHEMA], options).unwrap();
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let theirs = Arc::clone(&told);
    store.before_commit(Box::new(move |tx| {
        theirs.lock().unwrap().push(tx.overcome().map(|ordeal| ordeal.what));
        Ok(())
    }));
    store.write_blocking(|tx| insert(tx, "before")).unwrap().unwrap();
    // One statement was refused, and the room made an error of its own of it.
    let read_only = || rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY), None);
    let refused = store.write_blocking(move |_| Err::<(), _>(StoreError::Sqlite(read_only())));
    assert!(refused.unwrap().is_err(), "nothing of this transaction is kept");
    let refused = store.write_blocking(|tx| insert(tx, "before")).unwrap();
    assert!(refused.is_err(), "a refusal that is nobody's trouble ends it neither");
    store.write_blocking(|tx| insert(tx, "after")).unwrap().unwrap();
    store.write_blocking(|tx| insert(tx, "later")).unwrap().unwrap();
    assert_eq!(*told.lock().unwrap(), [None, None, None, Some(Trouble::ReadOnly), None]);
}
