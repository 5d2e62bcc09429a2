//! With real files, and a folder that plays the stick.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use media_index::{Indexer, Memory, Settings};
use tempfile::TempDir;

use super::*;
use crate::library::{self, Approval};
use crate::store::{Options, Store};

const PATIENCE: Duration = Duration::from_secs(30);

struct Station {
    folder: TempDir,
    library: Library,
    intake: Intake,
}

impl Station {
    fn new() -> Self {
        Self::on(TempDir::new().unwrap())
    }

    fn on(folder: TempDir) -> Self {
        fs::create_dir_all(folder.path().join("stick")).unwrap();
        let mut settings = Settings::new(folder.path().join("media"));
        settings.settle = Duration::from_millis(50);
        let indexer = Indexer::start(settings, Box::new(Memory::default())).unwrap();
        indexer.wait_until(PATIENCE, |_, status| status.is_idle());
        let schemas = [library::SCHEMA];
        let store = Store::open(&folder.path().join("marks.db"), &schemas, Options::default()).unwrap();
        let library = Library::new(indexer, store, Approval::Folder).unwrap();
        let stick = Stick {
            key: "17".into(),
            name: "U盘".into(),
            mount: folder.path().join("stick"),
        };
        let list = Box::new(move || vec![stick.clone()]);
        Self {
            intake: Intake::with(&library, list).unwrap(),
            library,
            folder,
        }
    }

    fn restart(self) -> Self {
        let Self {
            folder,
            intake,
            library,
        } = self;
        drop((intake, library));
        Self::on(folder)
    }

    fn media(&self, name: &str) -> PathBuf {
        self.folder.path().join("media").join(name)
    }

    fn on_stick(&self, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join("stick").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn look(&self) -> Visit {
        self.intake.sticks.look("17").unwrap();
        self.intake
            .sticks
            .wait_until(PATIENCE, |visit| !visit.is_looking)
            .unwrap()
    }

    fn copy(&self, chosen: &[usize]) -> Visit {
        self.intake.sticks.copy("17", chosen).unwrap();
        self.intake
            .sticks
            .wait_until(PATIENCE, |visit| !visit.is_copying)
            .unwrap()
    }

    /// What lies about half-done.
    fn left_over(&self) -> Vec<PathBuf> {
        let arriving = self.media(".yuanjiao/arriving");
        fs::read_dir(arriving).map_or_else(|_| Vec::new(), |list| list.map(|entry| entry.unwrap().path()).collect())
    }
}

fn begin(name: &str, size: u64) -> Begin {
    Begin {
        name: name.into(),
        size,
        modified: 1,
        class: "实用技术".into(),
    }
}

fn film() -> Vec<u8> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("film.mp4");
    let input = [
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=64x48:rate=5:duration=2",
        "-pix_fmt",
        "yuv420p",
    ];
    assert!(
        Command::new("ffmpeg")
            .args(input)
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    fs::read(path).unwrap()
}

fn send(uploads: &Uploads, ticket: RandomId, from: u64, bytes: &[u8]) -> Progress {
    let mut piece = uploads.piece(ticket, from).unwrap();
    piece.write(bytes).unwrap();
    piece.finish().unwrap()
}

#[test]
fn an_upload_is_in_the_folder_only_when_it_is_whole() {
    let station = Station::new();
    let uploads = &station.intake.uploads;
    let begun = uploads.begin(&begin("春耕.mp4", 10)).unwrap();
    let half = send(uploads, begun.ticket, 0, b"01234");
    assert_eq!((half.have, half.landed), (5, None));
    assert!(!station.media("实用技术/春耕.mp4").exists());
    let whole = send(uploads, begun.ticket, 5, b"56789");
    assert_eq!(whole.landed.as_deref(), Some("实用技术/春耕.mp4"));
    assert_eq!(fs::read(station.media("实用技术/春耕.mp4")).unwrap(), b"0123456789");
    assert!(station.left_over().is_empty(), "{:?}", station.left_over());
}

#[test]
fn an_upload_goes_on_where_it_stopped_also_after_a_restart() {
    let station = Station::new();
    let wanted = begin("春耕.mp4", 10);
    let first = station.intake.uploads.begin(&wanted).unwrap();
    send(&station.intake.uploads, first.ticket, 0, b"01234");
    let station = station.restart();
    let again = station.intake.uploads.begin(&wanted).unwrap();
    assert_eq!((again.ticket, again.have), (first.ticket, 5));
    let other = station.intake.uploads.begin(&Begin { modified: 2, ..wanted }).unwrap();
    assert_eq!(other.have, 0, "the same name and size, another file");
}

#[test]
fn bytes_that_were_written_and_never_acknowledged_are_sent_again() {
    let station = Station::new();
    let wanted = begin("春耕.mp4", 10);
    let begun = station.intake.uploads.begin(&wanted).unwrap();
    let mut piece = station.intake.uploads.piece(begun.ticket, 0).unwrap();
    piece.write(b"xxxxx").unwrap();
    drop(piece);
    let station = station.restart();
    assert_eq!(station.intake.uploads.begin(&wanted).unwrap().have, 0);
    send(&station.intake.uploads, begun.ticket, 0, b"0123456789");
    assert_eq!(fs::read(station.media("实用技术/春耕.mp4")).unwrap(), b"0123456789");
}

#[test]
fn a_part_that_does_not_fit_is_refused_and_nothing_is_lost() {
    let station = Station::new();
    let uploads = &station.intake.uploads;
    let ticket = uploads.begin(&begin("春耕.mp4", 10)).unwrap().ticket;
    send(uploads, ticket, 0, b"01234");
    assert!(matches!(
        uploads.piece(ticket, 3),
        Err(IntakeError::WrongPlace { have: 5 })
    ));
    let held = uploads.piece(ticket, 5).unwrap();
    assert!(matches!(uploads.piece(ticket, 5), Err(IntakeError::Busy)));
    assert!(matches!(uploads.cancel(ticket), Err(IntakeError::Busy)));
    drop(held);
    let mut piece = uploads.piece(ticket, 5).unwrap();
    assert!(piece.write(b"567890").is_err(), "more than was announced");
    drop(piece);
    let whole = send(uploads, ticket, 5, b"56789");
    assert!(whole.landed.is_some());
}

#[test]
fn another_film_of_the_same_name_gets_a_number_and_replaces_nothing() {
    let station = Station::new();
    let uploads = &station.intake.uploads;
    for bytes in [b"first.", b"second"] {
        let ticket = uploads.begin(&begin("春耕.mp4", 6)).unwrap().ticket;
        send(uploads, ticket, 0, bytes);
    }
    assert_eq!(fs::read(station.media("实用技术/春耕.mp4")).unwrap(), b"first.");
    assert_eq!(fs::read(station.media("实用技术/春耕 (2).mp4")).unwrap(), b"second");
}

#[test]
fn what_would_fill_the_disk_or_is_no_courseware_does_not_begin() {
    let station = Station::new();
    let uploads = &station.intake.uploads;
    assert!(matches!(
        uploads.begin(&begin("a.mp4", u64::MAX / 2)),
        Err(IntakeError::NoRoom { .. })
    ));
    assert!(matches!(uploads.begin(&begin("a.exe", 10)), Err(IntakeError::Name(_))));
    assert!(matches!(uploads.begin(&begin("a.mp4", 0)), Err(IntakeError::Empty)));
    assert!(uploads.unfinished().unwrap().is_empty());
}

#[test]
fn cancelling_leaves_nothing_behind() {
    let station = Station::new();
    let uploads = &station.intake.uploads;
    let ticket = uploads.begin(&begin("春耕.mp4", 10)).unwrap().ticket;
    send(uploads, ticket, 0, b"01234");
    uploads.cancel(ticket).unwrap();
    assert!(station.left_over().is_empty());
    assert!(matches!(uploads.piece(ticket, 5), Err(IntakeError::Unknown)));
}

#[test]
fn a_link_in_the_place_of_a_folder_leads_nowhere() {
    let station = Station::new();
    let elsewhere = TempDir::new().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), station.media("实用技术")).unwrap();
    let uploads = &station.intake.uploads;
    let ticket = uploads.begin(&begin("春耕.mp4", 4)).unwrap().ticket;
    let mut piece = uploads.piece(ticket, 0).unwrap();
    piece.write(b"0123").unwrap();
    assert!(piece.finish().is_err());
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn a_stick_offers_what_is_new_and_whole_and_says_what_is_not() {
    let station = Station::new();
    let film = film();
    station.on_stick("a 新片.mp4", &film);
    station.on_stick("b 半截.mp4", &film[..film.len() / 2]);
    station.on_stick("c 说明.exe", b"MZ");
    let visit = station.look();
    let states: Vec<_> = visit
        .offers
        .iter()
        .map(|offer| (offer.name.as_str(), &offer.state))
        .collect();
    assert_eq!(states.len(), 2);
    assert_eq!(states[0], ("a 新片.mp4", &Offered::New));
    assert!(matches!(states[1], ("b 半截.mp4", Offered::Damaged(_))));
}

#[test]
fn what_is_copied_is_compared_comes_with_its_subtitles_and_is_known_the_next_time() {
    let station = Station::new();
    let film = film();
    station.on_stick("农技/果树.mp4", &film);
    station.on_stick("农技/果树.zh.srt", b"1\n");
    station.on_stick("农技/果树林.txt", b"another\n");
    assert_eq!(
        station.look().offers.len(),
        2,
        "subtitles come along, another hand-out stands for itself"
    );
    let done = station.copy(&[0]);
    assert_eq!(done.offers[0].state, Offered::Copied);
    assert_eq!(fs::read(station.media("农技/果树.mp4")).unwrap(), film);
    assert!(station.media("农技/果树.zh.srt").exists());
    assert!(!station.media("农技/果树林.txt").exists());
    assert!(station.left_over().is_empty());
    station
        .library
        .indexer()
        .wait_until(PATIENCE, |catalogue, _| catalogue.items().next().is_some());
    assert_eq!(station.look().offers[0].state, Offered::Known);
}

#[test]
fn a_stick_that_fails_leaves_nothing_behind_and_the_others_are_copied() {
    let station = Station::new();
    let film = film();
    station.on_stick("a.mp4", &film);
    station.on_stick("b.mp4", &[&film[..], b"\0\0\0\x08free"].concat());
    station.look();
    fs::remove_file(station.folder.path().join("stick/a.mp4")).unwrap();
    let done = station.copy(&[0, 1]);
    assert!(matches!(done.offers[0].state, Offered::Failed(_)));
    assert_eq!(done.offers[1].state, Offered::Copied);
    assert!(station.left_over().is_empty());
    assert!(
        Path::new(&station.media("U盘/b.mp4")).exists(),
        "the stick's name is the class of what lies at its top"
    );
}
