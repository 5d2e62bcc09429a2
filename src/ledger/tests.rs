use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::clock::{Clock, HandClock};
use crate::store::Options;
use crate::types::Millis;

fn open(dir: &Path) -> Ledger {
    let store = Store::open(&dir.join("ledger.db"), &[SCHEMA], Options::default()).unwrap();
    let keys = Keys::open_or_make(&dir.join("keys")).unwrap();
    let origin = Origin::new("yuanjiao.example/17").unwrap();
    Ledger::open(store, keys, origin, now()).unwrap()
}

fn now() -> Reading {
    HandClock::new(1, 1_795_000_000_000).now()
}

fn grow(ledger: &Ledger, by: u32) {
    for _ in 0..by {
        let theirs = ledger.clone();
        let appended = ledger
            .store()
            .write_blocking(move |tx| theirs.append(tx, now(), What::Stop {}))
            .unwrap();
        appended.unwrap();
    }
}

fn edit(ledger: &Ledger, sql: &'static str) {
    ledger
        .store()
        .write_blocking(move |tx| tx.execute_batch(sql))
        .unwrap()
        .unwrap();
}

#[test]
fn a_fresh_ledger_begins_with_its_name_and_grows_signed() {
    let dir = TempDir::new().unwrap();
    let ledger = open(dir.path());
    grow(&ledger, 300);
    let found = ledger.verify().unwrap();
    assert_eq!((found.leaves, found.faults.len()), (301, 0));
    assert!(found.checkpoints >= 1);
    let note = ledger.store().read_blocking(newest_checkpoint).unwrap().unwrap();
    let point = Checkpoint::open(&note, ledger.origin(), &ledger.keys().public()).unwrap();
    assert_eq!((point.size, point.root), (301, found.root));
}

/// Whoever carries the database or a copy of it away cannot sign in this box's name.
#[test]
fn the_signing_key_lies_outside_of_the_database() {
    let dir = TempDir::new().unwrap();
    let ledger = open(dir.path());
    grow(&ledger, 50);
    ledger.store().copy_to(&dir.path().join("copy.db")).unwrap();
    let keys = std::fs::read_dir(dir.path().join("keys")).unwrap();
    let secrets: Vec<Vec<u8>> = keys.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(secrets.len() >= 2 && secrets.iter().all(|secret| secret.len() >= 32));
    for file in ["ledger.db", "ledger.db-wal", "copy.db"] {
        let bytes = std::fs::read(dir.path().join(file)).unwrap();
        for secret in &secrets {
            let part = &secret[..32];
            assert!(!bytes.windows(32).any(|window| window == part), "{file}");
        }
    }
}

#[test]
fn a_leaf_that_was_edited_is_named() {
    let dir = TempDir::new().unwrap();
    let ledger = open(dir.path());
    grow(&ledger, 20);
    edit(
        &ledger,
        "UPDATE leaf SET bytes = CAST('{\"v\":1,\"at\":{\"boot\":2,\"mono\":0,\"wall\":0,\"trust\":\"ntp\"},\"is\":{\"kind\":\"stop\"}}'
         AS BLOB) WHERE idx = 7",
    );
    let found = ledger.verify().unwrap();
    assert!(found.faults.contains(&Fault::Changed(7)), "{:?}", found.faults);
}

#[test]
fn a_ledger_whose_end_was_cut_off_is_told_by_its_checkpoint() {
    let dir = TempDir::new().unwrap();
    let ledger = open(dir.path());
    grow(&ledger, 20);
    edit(
        &ledger,
        "DELETE FROM leaf WHERE idx >= 15; DELETE FROM node WHERE level = 0 AND pos >= 15",
    );
    let found = ledger.verify().unwrap();
    assert!(
        found.faults.contains(&Fault::CutOff { signed: 21, there: 15 }),
        "{:?}",
        found.faults
    );
}

#[test]
fn a_leaf_taken_from_the_middle_is_missed() {
    let dir = TempDir::new().unwrap();
    let ledger = open(dir.path());
    grow(&ledger, 20);
    edit(&ledger, "DELETE FROM leaf WHERE idx = 3");
    assert!(ledger.verify().unwrap().faults.contains(&Fault::Missing(3)));
}

#[test]
fn a_key_without_its_log_starts_no_fresh_one() {
    let dir = TempDir::new().unwrap();
    drop(open(dir.path()));
    for end in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(dir.path().join(format!("ledger.db{end}"))));
    }
    let ledger = open(dir.path());
    assert_eq!(ledger.halted(), Some(&Halt::LogMissing));
    let theirs = ledger.clone();
    let refused = ledger
        .store()
        .write_blocking(move |tx| theirs.append(tx, now(), What::Stop {}))
        .unwrap();
    assert!(matches!(refused, Err(LedgerError::Halted(Halt::LogMissing))));
}

#[test]
fn a_log_without_its_key_takes_nothing_more() {
    let dir = TempDir::new().unwrap();
    drop(open(dir.path()));
    std::fs::remove_file(dir.path().join("keys/ledger.key")).unwrap();
    assert_eq!(open(dir.path()).halted(), Some(&Halt::KeyMissing));
}

#[test]
fn boots_are_counted_once_each() {
    let dir = TempDir::new().unwrap();
    let ledger = open(dir.path());
    let number = |id: &str| boot_number(ledger.store(), id.to_owned()).unwrap();
    assert_eq!([number("a"), number("a"), number("b"), number("a")], [1, 1, 2, 1]);
}

#[test]
fn bundles_and_tiles_give_back_what_was_appended() {
    let dir = TempDir::new().unwrap();
    let ledger = open(dir.path());
    grow(&ledger, 299);
    let (bundle, tile) = ledger
        .store()
        .read_blocking::<_, StoreError, _>(|conn| {
            let part = tiles::TileName { index: 1, width: 44 };
            let none = tiles::entries(conn, tiles::TileName { index: 1, width: 45 })?;
            assert_eq!(none, None, "more than there is");
            Ok((tiles::entries(conn, part)?, tiles::hashes(conn, 0, part)?))
        })
        .unwrap();
    let leaves = tiles::read_entries(&bundle.unwrap(), 44).unwrap();
    let hashes: Vec<u8> = leaves.iter().flat_map(|leaf| tree::leaf_hash(leaf)).collect();
    assert_eq!(tile, Some(hashes));
}

/// Two acts looked at the clock, and the later one came to the writer first.
#[test]
fn a_leaf_is_never_dated_before_the_one_that_it_follows() {
    let dir = TempDir::new().unwrap();
    let ledger = open(dir.path());
    let clock = HandClock::new(1, 1_795_000_000_000);
    let early = clock.now();
    clock.advance(Millis(40));
    let late = clock.now();
    for reading in [late, early] {
        let theirs = ledger.clone();
        let append = move |tx: &Tx<'_>| theirs.append(tx, reading, What::Stop {});
        ledger.store().write_blocking(append).unwrap().unwrap();
    }
    let written = ledger.store().read_blocking(|conn| leaves(conn, 1, 3)).unwrap();
    let at: Vec<At> = written.iter().map(|bytes| Leaf::read(bytes).unwrap().at).collect();
    assert_eq!((at[0], at[1]), (At::from(late), At::from(late)));
}

/// The table as a program before the short form left it: every leaf as it is, and every level of the tree.
fn as_before(conn: &Connection) {
    let leaves = leaves(conn, 0, size(conn).unwrap()).unwrap();
    let mut edge = Frontier::default();
    conn.execute_batch("DELETE FROM node").unwrap();
    for (index, bytes) in leaves.iter().enumerate() {
        let place = i64::try_from(index).unwrap();
        conn.execute(
            "UPDATE leaf SET bytes = ?2 WHERE idx = ?1",
            rusqlite::params![place, bytes],
        )
        .unwrap();
        let kept = edge.push(tree::leaf_hash(bytes), |level, pos, hash| {
            let pos = i64::try_from(pos).unwrap();
            conn.execute(
                "INSERT INTO node (level, pos, hash) VALUES (?1, ?2, ?3)",
                rusqlite::params![level, pos, hash],
            )
            .map(drop)
        });
        kept.unwrap();
    }
    conn.execute_batch("DROP TABLE folded; UPDATE schema_step SET step = 4 WHERE room = 'ledger';")
        .unwrap();
}

#[tokio::test]
async fn an_older_ledger_becomes_shorter_and_stays_the_same_to_the_byte() {
    let dir = TempDir::new().unwrap();
    let ledger = open(dir.path());
    grow(&ledger, 700);
    let all = |conn: &Connection| leaves(conn, 0, 701);
    let before = ledger.store().read_blocking(all).unwrap();
    let root = ledger.verify().unwrap().root;
    let old = ledger.store().write_blocking(|tx| {
        as_before(tx);
        Ok::<_, StoreError>(())
    });
    old.unwrap().unwrap();
    drop(ledger);
    let ledger = open(dir.path());
    assert_eq!(
        ledger.store().read_blocking(all).unwrap(),
        before,
        "read in either form"
    );
    grow(&ledger, 9);
    let mut rounds = 1;
    while ledger.fold_some().await.unwrap() {
        rounds += 1;
    }
    assert_eq!(rounds, 3, "710 leaves, 256 at a time");
    assert_eq!(ledger.store().read_blocking(all).unwrap(), before);
    let bytes = |conn: &Connection| {
        let (longest, levels) = (
            "SELECT max(length(bytes)) FROM leaf WHERE idx > 0",
            "SELECT count(*) FROM node WHERE level IN (1, 2, 3)",
        );
        Ok::<_, StoreError>((
            conn.query_row(longest, [], |row| row.get::<_, u32>(0))?,
            conn.query_row(levels, [], |row| row.get::<_, u32>(0))?,
        ))
    };
    let (longest, levels) = ledger.store().read_blocking(bytes).unwrap();
    assert!(longest < 30 && levels == 0, "{longest} bytes, {levels} nodes");
    let found = ledger.verify().unwrap();
    assert_eq!((found.leaves, found.faults.len()), (710, 0), "{:?}", found.faults);
    let first = ledger.store().read_blocking(|conn| root_at(conn, 701)).unwrap();
    assert_eq!(first, root, "what was signed before is still the same tree");
}

#[test]
fn trouble_of_the_disk_becomes_a_leaf_once_it_is_over_with_its_begin_and_its_end() {
    let dir = TempDir::new().unwrap();
    let options = Options {
        quiet: Millis::ZERO,
        ..Options::default()
    };
    let store = Store::open(&dir.path().join("ledger.db"), &[SCHEMA], options).unwrap();
    let keys = Keys::open_or_make(&dir.path().join("keys")).unwrap();
    let ledger = Ledger::open(store, keys, Origin::new("yuanjiao.example/17").unwrap(), now()).unwrap();
    ledger.tell_of_trouble(Arc::new(crate::clock::SystemClock::new(1)));
    grow(&ledger, 1);
    let pages = |most: u32| {
        let limit = move |tx: &Tx<'_>| tx.query_row(&format!("PRAGMA max_page_count={most}"), [], |_| Ok(()));
        ledger.store().write_blocking(limit)
    };
    pages(1).unwrap().unwrap();
    // The limit lets what is there be; so one of these needs a page that it does not get.
    let refused = (0..500).find_map(|_| {
        let theirs = ledger.clone();
        let act = move |tx: &Tx<'_>| theirs.append(tx, now(), What::Stop {});
        match ledger.store().write_blocking(act) {
            Ok(Ok(_)) => None,
            Ok(Err(LedgerError::Store(error))) | Err(error) => error.trouble(),
            Ok(Err(other)) => panic!("{other}"),
        }
    });
    assert_eq!(refused, Some(Trouble::DiskFull));
    let faults = |conn: &Connection| {
        let all = leaves(conn, 0, size(conn)?)?;
        let faults = all.iter().filter_map(|bytes| Leaf::read(bytes));
        Ok::<_, StoreError>(
            faults
                .filter(|leaf| matches!(leaf.is, What::Fault { .. }))
                .collect::<Vec<_>>(),
        )
    };
    assert!(ledger.store().read_blocking(faults).unwrap().is_empty());
    pages(100_000).ok();
    grow(&ledger, 2);
    let told = ledger.store().read_blocking(faults).unwrap();
    let [
        Leaf {
            at,
            is:
                What::Fault {
                    what,
                    lasted,
                    began: Some(began),
                },
            ..
        },
    ] = &told[..]
    else {
        panic!("one leaf: {told:?}");
    };
    assert_eq!(*what, Broken::DiskFull);
    assert!(began.mono.plus(*lasted) <= at.mono && began.wall <= at.wall);
    assert!(ledger.verify().unwrap().faults.is_empty());
}
