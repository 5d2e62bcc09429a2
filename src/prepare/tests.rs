//! With real films and a real ffmpeg.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use media_index::{Indexer, Memory, Plays, Settings};
use tempfile::TempDir;

use super::*;
use crate::library::{self, Approval, Entry, Part};
use crate::store::{Options, Store};

const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a library and a worker.
struct Station {
    folder: TempDir,
    library: Library,
    preparer: Preparer,
    viewers: Arc<AtomicUsize>,
}

impl Station {
    fn with(films: &[(&str, &[u8])]) -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("media")).unwrap();
        for (name, bytes) in films {
            fs::write(folder.path().join("media").join(name), bytes).unwrap();
        }
        Self::on(folder, 0)
    }

    fn on(folder: TempDir, viewers: usize) -> Self {
        let mut settings = Settings::new(folder.path().join("media"));
        settings.settle = Duration::from_millis(100);
        let indexer = Indexer::start(settings, Box::new(Memory::default())).unwrap();
        indexer.wait_until(PATIENCE, |_, status| status.is_idle());
        let schemas = [library::SCHEMA];
        let store = Store::open(&folder.path().join("marks.db"), &schemas, Options::default()).unwrap();
        let library = Library::new(indexer, store, Approval::Folder).unwrap();
        let viewers = Arc::new(AtomicUsize::new(viewers));
        let counted = Arc::clone(&viewers);
        let count = Box::new(move || Audience {
            devices: counted.load(Ordering::SeqCst),
            screening: false,
        });
        let programs = Programs::find(None);
        assert!(programs.is_some(), "ffmpeg is needed for these tests");
        let preparer = Preparer::start(library.clone(), programs, Rule::Auto, count).unwrap();
        Self {
            folder,
            library,
            preparer,
            viewers,
        }
    }

    fn restart(self) -> Self {
        self.preparer.stop();
        let Self { folder, .. } = self;
        Self::on(folder, 0)
    }

    fn settle(&self) -> Status {
        let status = self.preparer.wait_until(PATIENCE, |status| status.is_settled);
        assert!(status.is_settled, "{status:?}");
        status
    }

    fn only(&self) -> Entry {
        let all = self.library.all();
        assert_eq!(all.len(), 1, "{all:?}");
        all.iter().next().and_then(|line| line.entry()).unwrap()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join("media").join(name)
    }
}

fn made_by_ffmpeg(ending: &str, args: &[&str]) -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("film").with_extension(ending);
    let made = Command::new("ffmpeg")
        .args(["-v", "error"])
        .args(args)
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    fs::read(path).unwrap()
}

fn old_film(seconds: u32) -> Vec<u8> {
    let picture = format!("testsrc2=size=320x240:rate=5:duration={seconds}");
    let sound = format!("sine=duration={seconds}");
    let codecs = ["-c:v", "wmv2", "-c:a", "wmav2"];
    made_by_ffmpeg(
        "wmv",
        &[
            &["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound],
            &codecs[..],
        ]
        .concat(),
    )
}

/// Codecs, pixel format, width and height, as ffprobe sees them.
fn streams(path: &Path) -> String {
    let what = "stream=codec_name,width,height,pix_fmt";
    let args = ["-v", "error", "-show_entries", what, "-of", "csv=p=0"];
    let out = Command::new("ffprobe").args(args).arg(path).output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().replace('\n', " ")
}

#[test]
fn what_plays_nowhere_gets_a_version_for_every_phone_and_the_original_stays_as_it_is() {
    let film = old_film(3);
    let station = Station::with(&[("old.wmv", &film)]);
    let status = station.settle();
    assert!(status.failed.is_empty(), "{:?}", status.failed);
    let entry = station.only();
    assert_eq!(
        (entry.plays, entry.is_prepared(), &*entry.mime),
        (Plays::Everywhere, true, "video/mp4")
    );
    let version = station.library.root().join(Part::Film.place(&entry.id.unwrap()).path());
    assert_eq!(streams(&version), "h264,320,240,yuv420p aac");
    let (_, opened) = station.library.open(&entry.id.unwrap(), false).unwrap();
    assert_eq!(opened.content(), entry.content());
    assert_ne!(entry.content(), entry.id, "another content of the same item");
    assert_eq!(fs::read(station.path("old.wmv")).unwrap(), film);
}

#[test]
fn a_film_gets_a_poster_and_a_square_thumbnail() {
    let picture = "testsrc2=size=400x300:rate=10:duration=3";
    let film = made_by_ffmpeg(
        "mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            picture,
            "-pix_fmt",
            "yuv420p",
            "-movflags",
            "+faststart",
        ],
    );
    let station = Station::with(&[("film.mp4", &film)]);
    station.settle();
    let entry = station.only();
    assert!(entry.has_poster && entry.has_thumb && !entry.is_prepared());
    let size = |part: Part| {
        let path = station.library.root().join(part.place(&entry.id.unwrap()).path());
        streams(&path).split(',').skip(1).take(2).collect::<Vec<_>>().join("x")
    };
    assert_eq!(
        (size(Part::Poster), size(Part::Thumb)),
        ("400x300".into(), "160x160".into())
    );
}

#[test]
fn what_was_made_is_found_again_after_a_restart_and_under_another_name() {
    let station = Station::with(&[("old.wmv", &old_film(3))]);
    station.settle();
    let before = station.only();
    fs::rename(station.path("old.wmv"), station.path("new name.wmv")).unwrap();
    let again = station.restart();
    assert!(again.settle().failed.is_empty());
    let after = again.only();
    assert_eq!((after.content(), after.is_prepared()), (before.content(), true));
}

#[test]
fn the_work_rests_while_people_watch_and_goes_on_when_they_have_gone() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("media")).unwrap();
    fs::write(folder.path().join("media/old.wmv"), old_film(3)).unwrap();
    let station = Station::on(folder, 5);
    let rests = |status: &Status| status.now.is_some_and(|now| now.rests == Some(Rest::Viewers(5)));
    assert!(rests(&station.preparer.wait_until(PATIENCE, rests)));
    station.viewers.store(0, Ordering::SeqCst);
    station.settle();
    assert!(station.only().is_prepared());
}

#[tokio::test]
async fn what_cannot_be_made_is_said_once_and_tried_again_only_when_asked_for() {
    let mut film = old_film(3);
    film[4096..].fill(0);
    let station = Station::with(&[("broken.wmv", &film)]);
    let status = station.settle();
    let item = station.only().id.unwrap();
    assert!(status.failed.contains_key(&(item, Aim::Film)), "{status:?}");
    let noted = station.path(&format!(".yuanjiao/{item}.film.failed"));
    let when = || fs::metadata(&noted).unwrap().modified().unwrap();
    let first = when();
    let station = station.restart();
    assert_eq!(station.settle().failed, status.failed, "it is remembered");
    assert_eq!(when(), first, "and was not tried");
    station.preparer.reconsider(item);
    station.settle();
    assert!(when() > first);
}

#[tokio::test]
async fn what_the_operator_stops_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("media")).unwrap();
    fs::write(folder.path().join("media/old.wmv"), old_film(3)).unwrap();
    let station = Station::on(folder, 5);
    let works = |status: &Status| {
        status
            .now
            .is_some_and(|now| now.job.aim == Aim::Film || now.rests.is_some())
    };
    station.preparer.wait_until(PATIENCE, works);
    let item = station.only().id.unwrap();
    station
        .library
        .mark(item, |mark| mark.prepare = Some(false))
        .await
        .unwrap();
    station.preparer.reconsider(item);
    station.viewers.store(0, Ordering::SeqCst);
    station.settle();
    assert!(!station.only().is_prepared());
    assert!(!station.path(&format!(".yuanjiao/{item}.work")).exists());
}
