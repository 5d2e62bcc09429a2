//! Whole films, half films, and files that are none.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use media_index::{Damage, Kind, Plays, Standing};

use crate::station::{NO_SWEEP, Station, box_at, bytes_of, film, is_damaged, only, trouble};

#[test]
fn a_whole_film_is_shown_with_what_is_in_it() {
    let station = Station::new();
    station.put("bees/hive.mp4", film());
    let catalogue = station.until_shown(&["bees/hive.mp4"]);
    let item = only(&catalogue);
    assert_eq!((item.kind, item.plays), (Kind::Film, Plays::Everywhere));
    assert_eq!((item.title.as_str(), item.class.as_deref()), ("hive", Some("bees")));
    let video = item.facts.video.as_ref().unwrap();
    assert_eq!((video.codec.as_str(), video.width, video.height), ("h264", 320, 180));
    assert!(item.facts.duration_ms.unwrap().abs_diff(3_000) < 100);
    assert!(item.facts.index_first);
    assert_eq!(bytes_of(&catalogue, item), film());
}

#[test]
fn a_slow_copy_is_listed_as_copying_and_shown_only_when_it_is_whole() {
    let station = Station::with(Duration::from_millis(1_500), NO_SWEEP);
    let (length, third) = (film().len() as u64, film().len() / 3);
    let mut copy = File::create(station.path("film.mp4")).unwrap();
    for part in [&film()[..third], &film()[third..2 * third]] {
        copy.write_all(part).unwrap();
        let there = copy.metadata().unwrap().len();
        let catalogue = station.until_trouble(
            "film.mp4",
            |standing| matches!(standing, Standing::Copying { have, .. } if *have == there),
        );
        assert_eq!(catalogue.items().count(), 0);
    }
    let announced = station.indexer.as_ref().unwrap().catalogue();
    let have = 2 * third as u64;
    let expected = Standing::Copying {
        have,
        need: Some(length),
    };
    assert_eq!(trouble(&announced, "film.mp4"), Some(&expected));
    copy.write_all(&film()[2 * third..]).unwrap();
    let catalogue = station.until_shown(&["film.mp4"]);
    assert_eq!(bytes_of(&catalogue, only(&catalogue)), film());
}

#[test]
fn half_a_film_is_damaged_and_shown_after_the_copy_was_resumed() {
    let station = Station::new();
    let half = film().len() / 2;
    station.put("film.mp4", &film()[..half]);
    let (have, need) = (half as u64, film().len() as u64);
    let truncated = Damage::Truncated { have, need };
    let catalogue = station.until_trouble("film.mp4", |standing| is_damaged(standing, &truncated));
    assert_eq!(catalogue.items().count(), 0);
    let mut copy = OpenOptions::new().append(true).open(station.path("film.mp4")).unwrap();
    copy.write_all(&film()[half..]).unwrap();
    let catalogue = station.until_shown(&["film.mp4"]);
    assert!(catalogue.troubles.is_empty());
}

#[test]
fn what_cannot_be_played_is_damaged_and_says_why() {
    let station = Station::new();
    let moov = box_at(film(), b"moov");
    station.put(
        "no-index.mp4",
        &[&film()[..moov], &film()[box_at(film(), b"mdat")..]].concat(),
    );
    let noise: Vec<u8> = (0..50_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2])
        .collect();
    station.put("noise.mp4", &noise);
    station.put("empty.mp4", b"");
    for (name, damage) in [
        ("no-index.mp4", Damage::IndexMissing),
        ("noise.mp4", Damage::NotWhatItsNameSays),
        ("empty.mp4", Damage::Empty),
    ] {
        station.until_trouble(name, |standing| is_damaged(standing, &damage));
    }
    assert_eq!(station.indexer.as_ref().unwrap().catalogue().items().count(), 0);
}

#[test]
fn a_copy_under_a_temporary_name_is_shown_once_it_has_its_own() {
    let station = Station::new();
    station.put("film.mp4.part", film());
    fs::rename(station.path("film.mp4.part"), station.path("film.mp4")).unwrap();
    station.until_shown(&["film.mp4"]);
}

#[test]
fn what_copying_programs_and_systems_leave_about_is_neither_item_nor_fault() {
    let station = Station::new();
    for name in [
        ".film.mp4.X7",
        ".hidden.mp4",
        "film.mp4.part",
        "Thumbs.db",
        "~$plan.docx",
        ".trash/film.mp4",
        "notes.xyz",
    ] {
        station.put(name, film());
    }
    station.put("film.mp4", film());
    let catalogue = station.until_shown(&["film.mp4"]);
    assert!(catalogue.troubles.is_empty());
}

#[test]
fn a_file_that_must_not_be_read_is_shown_once_it_may() {
    let station = Station::new();
    station.put("film.mp4", film());
    let allow = |mode| fs::set_permissions(station.path("film.mp4"), fs::Permissions::from_mode(mode)).unwrap();
    allow(0o000);
    if File::open(station.path("film.mp4")).is_ok() {
        eprintln!("skipped: no mode keeps this user (root) from reading a file");
        return;
    }
    station.until_trouble("film.mp4", |standing| {
        matches!(standing, Standing::Damaged(Damage::Unreadable(_)))
    });
    allow(0o644);
    station.until_shown(&["film.mp4"]);
}
