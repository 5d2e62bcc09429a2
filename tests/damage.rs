//! The database is damaged at every 256th byte, in three ways: the station starts by itself, sets the file aside as it
//! was, brings back what the copy holds and what can be proven, and says so in the ledger.
//!
//! A sample in each run; `YUANJIAO_DAMAGE=all` tries every place, `=5` each fifth.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use yuanjiao::app::{Base, Station, copy_into, from_copy};
use yuanjiao::config;
use yuanjiao::credit::Policy;
use yuanjiao::ledger::{self, Leaf, What};
use yuanjiao::store::StoreError;
use yuanjiao::types::{DeviceId, Intervals, ItemId, MemberId, Millis, Mode};
use yuanjiao::viewing::{self, BeatIn, ItemFacts, MediaMap, Viewing};

const SPACING: usize = 256;

fn settings(folder: &Path) -> config::Station {
    let mut settings = config::Station::load(None).unwrap();
    settings.data = folder.join("data");
    settings.media.folder = folder.join("media");
    settings.media.prepare = config::Prepare::Off;
    fs::create_dir_all(&settings.media.folder).unwrap();
    settings
}

fn append(base: &Base, count: usize) {
    for _ in 0..count {
        let (ledger, now) = (base.ledger.clone(), yuanjiao::clock::Clock::now(&*base.clock));
        let leaf = What::Policy {
            name: "x".repeat(200),
            toml: String::new(),
            from: String::new(),
            signed: String::new(),
        };
        let kept = base
            .ledger
            .store()
            .write_blocking(move |tx| ledger.append(tx, now, leaf));
        kept.unwrap().unwrap();
    }
}

fn leaves(base: &Base) -> Vec<Vec<u8>> {
    let read = |conn: &_| ledger::leaves(conn, 0, 1_000_000);
    base.ledger.store().read_blocking::<_, StoreError, _>(read).unwrap()
}

/// One byte of a film is one millisecond of it.
#[derive(Debug)]
struct ByteIsMillisecond;

impl MediaMap for ByteIsMillisecond {
    fn media_of(&self, item: &ItemId, sent: &dyn Fn(ItemId) -> Vec<Range<u64>>) -> Intervals {
        Intervals::from(sent(*item).iter().map(|b| (b.start, b.end)).collect::<Vec<_>>())
    }
}

/// Members watch: one proves and closes, one leaves something pending, one is still there when the plug is pulled.
fn watch(base: &Base, round: u8) {
    let policy = Arc::new(Policy::built_in());
    let viewing = Viewing::new(
        base.ledger.clone(),
        base.clock.clone(),
        policy,
        Arc::new(ByteIsMillisecond),
    );
    let events = tokio::runtime::Runtime::new().unwrap();
    for who in 0..3_u8 {
        events.block_on(async {
            let item = ItemId::from_digest(&[round * 3 + who + 1; 32]);
            let device = DeviceId::from_bytes([who + 1; 16]);
            viewing.sent().note(device, item, 0..60_000);
            let facts = ItemFacts {
                item,
                title: "film".into(),
                class: None,
                length: Millis::secs(60),
                made_here: false,
            };
            let member = MemberId::new(&format!("m{who}")).unwrap();
            let opened = viewing.open(member, device, facts, Mode::Alone).await.unwrap();
            let mut n = 0;
            loop {
                n += 1;
                let beat = BeatIn {
                    n,
                    segments: vec![(0, 60_000)],
                    ended: false,
                    urgent: true,
                    digest: [0; 8],
                };
                if viewing.beat(opened.session, beat).await.unwrap().pending > Millis::ZERO {
                    break;
                }
            }
            if who == 0 {
                viewing.prove(opened.session).await.unwrap();
            }
            if who < 2 {
                viewing.close(opened.session).await.unwrap();
            }
        });
    }
}

/// A station's folder with a copy of the first part of its ledger, and all its leaves.
fn village(folder: &Path) -> (usize, Vec<Vec<u8>>) {
    let settings = settings(folder);
    let base = Base::open(&settings).unwrap();
    append(&base, 30);
    watch(&base, 0);
    let (_, copied) = copy_into(&base.ledger, &settings.data.join("backup")).unwrap();
    append(&base, 60);
    watch(&base, 1);
    append(&base, 60);
    (usize::try_from(copied).unwrap(), leaves(&base))
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Cut,
    Zero,
    Flip,
}

fn damage(path: &Path, at: usize, way: Way) {
    let mut bytes = fs::read(path).unwrap();
    let end = (at + SPACING).min(bytes.len());
    match way {
        Way::Cut => bytes.truncate(at),
        Way::Zero => bytes[at..end].fill(0),
        Way::Flip => bytes[at + (at / SPACING) % (end - at)] ^= 0x10,
    }
    fs::write(path, bytes).unwrap();
}

/// Every place, or one in so many.
fn places(length: usize) -> impl Iterator<Item = usize> {
    let wish = std::env::var("YUANJIAO_DAMAGE").unwrap_or_default();
    let step = match wish.as_str() {
        "" => (length / SPACING / 12).max(1),
        "all" => 1,
        number => number.parse().expect("all, or one place in so many"),
    };
    (0..length).step_by(SPACING).step_by(step)
}

fn started(folder: &Path) -> Base {
    let settings = settings(folder);
    drop(Station::build(settings.clone()).unwrap());
    Base::open(&settings).unwrap()
}

fn is_prefix(whole: &[Vec<u8>], part: &[Vec<u8>]) -> usize {
    whole.iter().zip(part).take_while(|(a, b)| a == b).count()
}

/// What must hold wherever the damage is.
fn judge(base: &Base, copied: usize, before: &[Vec<u8>], damaged: &Path, bytes: &[u8], what: &str) -> bool {
    assert_eq!(base.ledger.halted(), None, "{what}");
    let found = base.ledger.verify().unwrap();
    assert!(found.faults.is_empty(), "{what}: {:?}", found.faults);
    let now = leaves(base);
    let kept = is_prefix(before, &now);
    let counted_again = base.ledger.store().write_blocking(viewing::rebuild_views);
    assert!(
        !counted_again.unwrap().unwrap(),
        "{what}: the views say what the leaves say"
    );
    assert!(kept >= copied, "{what}: only {kept} leaves of {copied} in the copy");
    let said = now[kept..]
        .iter()
        .filter_map(|bytes| Leaf::read(bytes))
        .any(|leaf| matches!(leaf.is, What::Restored { .. }));
    assert!(
        kept == before.len() || said,
        "{what}: {kept} of {} leaves, and nothing said",
        before.len()
    );
    if said {
        assert_eq!(
            fs::read(damaged).unwrap(),
            bytes,
            "{what}: the damaged file is as it was"
        );
    }
    said
}

#[test]
fn a_database_damaged_anywhere_is_set_aside_and_brought_back() {
    let original = TempDir::new().unwrap();
    let (copied, before) = village(original.path());
    let length = usize::try_from(fs::metadata(original.path().join("data/ledger.db")).unwrap().len()).unwrap();
    let (mut trials, mut restored) = (0, 0);
    for at in places(length) {
        for way in [Way::Cut, Way::Zero, Way::Flip] {
            let folder = TempDir::new().unwrap();
            copy_folder(original.path(), folder.path());
            let path = folder.path().join("data/ledger.db");
            damage(&path, at, way);
            let bytes = fs::read(&path).unwrap();
            let base = started(folder.path());
            let aside: PathBuf = folder.path().join("data/damaged/1/ledger.db");
            let what = format!("{way:?} at {at} of {length}");
            restored += usize::from(judge(&base, copied, &before, &aside, &bytes, &what));
            trials += 1;
        }
    }
    eprintln!("{trials} damages, {restored} restorings");
    assert!(restored > trials / 3, "{restored} of {trials}");
}

/// A log after a kill lies partly beside the file; SQLite keeps of it what is whole, and the copy is never undercut.
#[test]
fn a_damaged_log_beside_the_database_never_costs_what_the_copy_holds() {
    let original = TempDir::new().unwrap();
    let settings = settings(original.path());
    let base = Base::open(&settings).unwrap();
    append(&base, 30);
    let (_, copied) = copy_into(&base.ledger, &settings.data.join("backup")).unwrap();
    append(&base, 20);
    let before = leaves(&base);
    // Taken while it is open: the same bytes that a kill leaves.
    let killed = TempDir::new().unwrap();
    copy_folder(original.path(), killed.path());
    let length = usize::try_from(fs::metadata(killed.path().join("data/ledger.db-wal")).unwrap().len()).unwrap();
    for at in places(length) {
        for way in [Way::Cut, Way::Zero, Way::Flip] {
            let folder = TempDir::new().unwrap();
            copy_folder(killed.path(), folder.path());
            drop(fs::remove_file(folder.path().join("data/ledger.db-shm")));
            damage(&folder.path().join("data/ledger.db-wal"), at, way);
            let base = started(folder.path());
            assert!(base.ledger.verify().unwrap().faults.is_empty(), "{way:?} at {at}");
            let kept = is_prefix(&before, &leaves(&base));
            assert!(kept as u64 >= copied, "{way:?} at {at}: {kept} of {copied}");
        }
    }
}

#[test]
fn without_any_copy_what_a_checkpoint_proves_comes_back_and_the_rest_is_said() {
    let folder = TempDir::new().unwrap();
    let (_, before) = village(folder.path());
    fs::remove_dir_all(folder.path().join("data/backup")).unwrap();
    // One leaf is edited by hand: everything up to the edit has lost its checkpoint.
    let base = Base::open(&settings(folder.path())).unwrap();
    let edited = before.len() - 6;
    let place = i64::try_from(edited).unwrap();
    let edit = base
        .ledger
        .store()
        .write_blocking(move |tx| tx.execute("UPDATE leaf SET bytes = x'7b7d' WHERE idx = ?1", [place]));
    edit.unwrap().unwrap();
    drop(base);
    let base = started(folder.path());
    let now = leaves(&base);
    let kept = is_prefix(&before, &now);
    assert!(
        (edited - 15..=edited).contains(&kept),
        "the last checkpoint before the edit: {kept}"
    );
    let said = now
        .iter()
        .filter_map(|bytes| Leaf::read(bytes))
        .find_map(|leaf| match leaf.is {
            What::Restored {
                leaves,
                signed,
                from_backup,
                ..
            } => Some((leaves, signed, from_backup)),
            _ => None,
        });
    assert_eq!(said, Some((kept as u64, before.len() as u64, 0)));
}

#[test]
fn a_view_that_does_not_say_what_the_leaves_say_is_counted_again() {
    let folder = TempDir::new().unwrap();
    village(folder.path());
    let base = Base::open(&settings(folder.path())).unwrap();
    let invent = "INSERT INTO credited VALUES ('0021', x'01', 2026, '[[0,99000]]')";
    base.ledger
        .store()
        .write_blocking(move |tx| tx.execute(invent, []))
        .unwrap()
        .unwrap();
    drop(base);
    let base = started(folder.path());
    let count = |conn: &rusqlite::Connection| {
        Ok(
            conn.query_row("SELECT count(*) FROM credited WHERE member = '0021'", [], |row| {
                row.get(0)
            })?,
        )
    };
    let left: i64 = base.ledger.store().read_blocking::<_, StoreError, _>(count).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_sound_ledger_is_not_put_back_to_an_older_copy() {
    let folder = TempDir::new().unwrap();
    let (copied, _) = village(folder.path());
    let settings = settings(folder.path());
    let copy = settings.data.join(format!("backup/ledger-{copied:012}.db"));
    let refused = from_copy(&settings, &copy).unwrap_err();
    assert!(refused.to_string().contains("sound"), "{refused:#}");
}

#[test]
fn a_second_station_does_not_start_on_the_same_folder() {
    let folder = TempDir::new().unwrap();
    let settings = settings(folder.path());
    let _first = Station::build(settings.clone()).unwrap();
    let refused = Station::build(settings).unwrap_err();
    assert!(refused.to_string().contains("another station"), "{refused:#}");
}
