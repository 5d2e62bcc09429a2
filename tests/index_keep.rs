//! The folder's index when its disk is full, when it is lost, and when it was written by an older program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use media_index::{Catalogue, Change, Damage, Indexer, Keep, Outcome, Record, Settings, Stamp, Status, TimeMap};
use yuanjiao::library::IndexKeep;

const PATIENCE: Duration = Duration::from_secs(30);

struct Station {
    home: tempfile::TempDir,
}

impl Station {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("media")).unwrap();
        fs::create_dir(home.path().join("data")).unwrap();
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn index(&self) -> PathBuf {
        self.path("data/index.db")
    }

    fn start(&self) -> Indexer {
        let settings = Settings {
            settle: Duration::from_millis(100),
            ..Settings::new(self.path("media"))
        };
        Indexer::start(settings, Box::new(IndexKeep::open(&self.index()).unwrap())).unwrap()
    }
}

fn until(indexer: &Indexer, enough: impl Fn(&Catalogue, &Status) -> bool) -> Arc<Catalogue> {
    let met = std::cell::Cell::new(false);
    let catalogue = indexer.wait_until(PATIENCE, |catalogue, status| {
        met.set(enough(catalogue, status));
        met.get()
    });
    assert!(met.get(), "{:?} {catalogue:#?}", indexer.status());
    catalogue
}

fn idle_with(indexer: &Indexer, count: usize) -> Arc<Catalogue> {
    until(indexer, |catalogue, status| {
        status.is_idle() && catalogue.items().count() == count
    })
}

fn film(path: &Path) {
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=128x72:rate=10:duration=3",
        ])
        .args(["-pix_fmt", "yuv420p", "-movflags", "+faststart"])
        .arg(path)
        .status();
    assert!(made.expect("ffmpeg is needed for these tests").success());
}

#[test]
fn the_map_of_a_film_is_kept_and_found_again_after_a_restart_and_a_new_name() {
    let station = Station::new();
    film(&station.path("media/film.mp4"));
    let indexer = station.start();
    let id = idle_with(&indexer, 1).items().next().unwrap().id;
    let map = indexer.map(&id).unwrap();
    assert_ne!(map, TimeMap::elsewhere());
    fs::rename(station.path("media/film.mp4"), station.path("media/other.mp4")).unwrap();
    until(&indexer, |catalogue, _| {
        catalogue.get(&id).is_some_and(|item| item.title == "other")
    });
    drop(indexer);
    let indexer = station.start();
    idle_with(&indexer, 1);
    assert_eq!(indexer.map(&id).unwrap(), map);
    fs::copy(station.path("media/other.mp4"), station.path("media/copy.mp4")).unwrap();
    until(&indexer, |catalogue, _| {
        catalogue.get(&id).is_some_and(|item| item.places.len() == 2)
    });
    fs::remove_file(station.path("media/other.mp4")).unwrap();
    until(&indexer, |catalogue, _| {
        catalogue.get(&id).is_some_and(|item| item.title == "copy")
    });
    assert_eq!(indexer.map(&id).unwrap(), map, "the other copy still has it");
    fs::remove_file(station.path("media/copy.mp4")).unwrap();
    idle_with(&indexer, 0);
    assert_eq!(
        indexer.map(&id).unwrap(),
        TimeMap::elsewhere(),
        "nobody needs it any more"
    );
}

#[test]
fn an_index_that_is_lost_or_damaged_comes_back_by_a_scan() {
    let station = Station::new();
    film(&station.path("media/film.mp4"));
    let id = idle_with(&station.start(), 1).items().next().unwrap().id;
    fs::write(station.index(), "this is no database").unwrap();
    assert!(idle_with(&station.start(), 1).get(&id).is_some());
    fs::remove_dir_all(station.path("data")).unwrap();
    assert!(idle_with(&station.start(), 1).get(&id).is_some());
}

/// Records as the first version of the table held them: with the map in the text.
#[test]
fn an_index_of_an_older_program_keeps_the_order_of_arrival_and_gets_its_maps() {
    let station = Station::new();
    film(&station.path("media/late.mp4"));
    fs::copy(station.path("media/late.mp4"), station.path("media/early.mp4")).unwrap();
    let mut early = fs::OpenOptions::new()
        .append(true)
        .open(station.path("media/early.mp4"))
        .unwrap();
    std::io::Write::write_all(&mut early, b"\0\0\0\x08free").unwrap();
    let indexer = station.start();
    let before = idle_with(&indexer, 2);
    let ids: Vec<_> = before.items().map(|item| item.id).collect();
    drop(indexer);
    let older = "
        DROP INDEX file_of_content; DROP TABLE map; ALTER TABLE file DROP COLUMN content;
        UPDATE file SET record = json_set(record, '$.outcome.whole.facts.map', json('{\"step\":1000,\"steps\":[]}'));
        UPDATE schema_step SET step = 1 WHERE room = 'index';";
    sqlite(&station.index(), older);
    let indexer = station.start();
    let known = |catalogue: &Catalogue| ids.iter().all(|id| catalogue.get(id).is_some());
    until(&indexer, |catalogue, status| {
        status.is_idle() && known(catalogue) && ids.iter().all(|id| indexer.map(id).unwrap() != TimeMap::elsewhere())
    });
    let after = indexer.catalogue();
    for id in &ids {
        assert_eq!(after.get(id).unwrap().arrival, before.get(id).unwrap().arrival);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an older program wrote this file, not this one"
)]
fn sqlite(path: &Path, statements: &str) {
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch(statements)
        .unwrap();
}

/// A small disk of its own for the data; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(image: &Path, at: &Path) -> Result<Self, String> {
        fs::File::create(image).and_then(|file| file.set_len(4 << 20)).unwrap();
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-m", "0"]).arg(image))?;
        run(Command::new("mount").args(["-o", "loop"]).arg(image).arg(at))?;
        Ok(Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(run(Command::new("umount").arg("--lazy").arg(&self.0)));
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    output.status.success().then_some(()).ok_or(said)
}

#[test]
fn while_the_disk_of_the_index_is_full_films_are_shown_all_the_same_and_it_is_said() {
    let station = Station::new();
    let disk = match SmallDisk::mount(&station.path("image"), &station.path("data")) {
        Ok(disk) => disk,
        Err(why) => return eprintln!("skipped: no disk can be mounted here: {why}"),
    };
    let indexer = station.start();
    until(&indexer, |_, status| status.complete);
    let filler = station.path("data/filler");
    fill(&filler);
    for n in 0..200 {
        fs::write(station.path("media").join(format!("note {n}.txt")), format!("note {n}")).unwrap();
    }
    idle_with(&indexer, 200);
    assert!(indexer.status().keep_fault.is_some(), "the operator is told");
    fs::remove_file(filler).unwrap();
    fs::write(station.path("media/one more.txt"), "one more").unwrap();
    idle_with(&indexer, 201);
    until(&indexer, |_, status| status.keep_fault.is_none());
    drop(indexer);
    let indexer = station.start();
    assert_eq!(
        indexer.catalogue().items().count(),
        201,
        "everything was kept, what came while it was full too"
    );
    drop(indexer);
    drop(disk);
}

fn fill(path: &Path) {
    use std::io::Write;
    let mut file = fs::File::create(path).unwrap();
    for block in [vec![0; 64 * 1024], vec![0; 512]] {
        while file.write_all(&block).is_ok() {}
    }
}

/// A recording whose record says that it has no map, as programs wrote before transport streams had one.
#[test]
fn a_recording_that_an_older_program_indexed_gets_its_map() {
    let station = Station::new();
    film(&station.path("media/电视.2019.TS"));
    film(&station.path("media/摄像机.AVI"));
    film(&station.path("media/new.mp4"));
    let indexer = station.start();
    let before = idle_with(&indexer, 3);
    let of = |title: &str| before.items().find(|item| item.title.starts_with(title)).unwrap().id;
    let older = [of("电视"), of("摄像机")].map(|id| (id, indexer.map(&id).unwrap()));
    drop(indexer);
    sqlite(
        &station.index(),
        "UPDATE map SET bytes = x''; UPDATE schema_step SET step = 2 WHERE room = 'index';",
    );
    let indexer = station.start();
    until(&indexer, |_, status| {
        status.is_idle() && older.iter().all(|(id, map)| indexer.map(id).unwrap() == *map)
    });
    assert!(older.iter().all(|(_, map)| *map != TimeMap::default()));
    assert_eq!(
        indexer.map(&of("new")).unwrap(),
        TimeMap::default(),
        "it is not looked into again"
    );
}

/// One file whose damage cannot be written would keep everything that comes after it from being kept.
#[test]
fn whatever_is_the_matter_with_a_file_is_kept() {
    let station = Station::new();
    let damages = [
        Damage::Empty,
        Damage::Truncated { have: 5, need: 9 },
        Damage::IndexMissing,
        Damage::NotWhatItsNameSays,
        Damage::Broken("it has no headers".into()),
        Damage::NoStreams,
        Damage::Unreadable("Permission denied".into()),
        Damage::LinkOutside,
        Damage::LinkNowhere,
        Damage::Note("line 1".into()),
        Damage::TooMany,
    ];
    let record = |(n, damage): (u64, &Damage)| Record {
        place: format!("{n:02}.mp4").into_bytes().into(),
        stamp: Stamp {
            size: n,
            mtime_ns: -1,
            inode: 7,
        },
        arrival: n,
        outcome: Outcome::Damaged(damage.clone()),
    };
    let records: Vec<Record> = (0..).zip(&damages).map(record).collect();
    let changes: Vec<Change> = records.iter().cloned().map(Change::Set).collect();
    IndexKeep::open(&station.index()).unwrap().apply(&changes).unwrap();
    let mut kept = Vec::new();
    IndexKeep::open(&station.index())
        .unwrap()
        .load(&mut |record| kept.push(record))
        .unwrap();
    assert_eq!(kept, records);
}
