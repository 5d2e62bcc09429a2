//! Whole films, half films, and files that are none.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use media_index::{Damage, Kind, Plays, Standing};

use crate::child;
use crate::station::{
    NO_SWEEP, Station, box_at, bytes_of, film, film_with, is_damaged, only, other_film, shown, trouble,
};

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
    assert_eq!(bytes_of(&catalogue, &item), film());
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
    assert_eq!(have * 100 / length, 66, "what the operator sees: copying, 66 %");
    copy.write_all(&film()[2 * third..]).unwrap();
    let catalogue = station.until_shown(&["film.mp4"]);
    assert_eq!(bytes_of(&catalogue, &only(&catalogue)), film());
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
        "._film.mp4",
        ".DS_Store",
        ".trash/film.mp4",
        "a/.Trash-1000/files/film.mp4",
        "film.mp4.part",
        "film.mp4.PART",
        "film.mp4.tmp",
        "film.mp4.crdownload",
        "film.mp4.!ut",
        "film.mp4.download",
        "film.mp4.partial",
        "film.mp4.filepart",
        "film.mp4~",
        "Thumbs.db",
        "desktop.ini",
        "~$plan.docx",
        "notes.xyz",
    ] {
        station.put(name, film());
    }
    station.put("film.mp4", film());
    let catalogue = station.until_shown(&["film.mp4"]);
    assert!(catalogue.troubles.is_empty());
}

#[test]
fn a_matroska_that_is_cut_short_is_damaged_until_the_rest_came() {
    let station = Station::new();
    let film = film_with(&["-pix_fmt", "yuv420p"], "mkv");
    station.put("film.mkv", &film[..film.len() * 2 / 3]);
    let is_cut = |standing: &Standing| matches!(standing, Standing::Damaged(Damage::Truncated { .. }));
    let catalogue = station.until_trouble("film.mkv", is_cut);
    assert_eq!(catalogue.items().count(), 0);
    let mut copy = OpenOptions::new().append(true).open(station.path("film.mkv")).unwrap();
    copy.write_all(&film[film.len() * 2 / 3..]).unwrap();
    assert!(station.until_shown(&["film.mkv"]).troubles.is_empty());
}

#[test]
fn a_damaged_file_is_looked_into_again_when_it_changes() {
    let station = Station::new();
    station.put("film.mp4", b"");
    station.until_trouble("film.mp4", |standing| is_damaged(standing, &Damage::Empty));
    station.put("film.mp4", &film()[..40]);
    station.until_trouble(
        "film.mp4",
        |standing| matches!(standing, Standing::Damaged(damage) if *damage != Damage::Empty),
    );
    station.put("film.mp4", film());
    assert!(station.until_shown(&["film.mp4"]).troubles.is_empty());
}

#[test]
fn a_film_that_is_written_over_in_place_with_one_of_equal_size_is_another_item() {
    let station = Station::new();
    station.put("film.mp4", film());
    let old = only(&station.until_shown(&["film.mp4"])).id;
    let mut file = OpenOptions::new().write(true).open(station.path("film.mp4")).unwrap();
    file.write_all(&other_film()).unwrap();
    let after = station.until(|catalogue, status| status.is_idle() && catalogue.get(&old).is_none());
    assert_eq!(bytes_of(&after, &only(&after)), other_film());
}

#[test]
fn a_film_from_a_box_without_a_clock_is_shown_and_seen_to_change() {
    let station = Station::new();
    let in_2097 = SystemTime::UNIX_EPOCH + Duration::from_secs(4_007_836_800);
    let date = |date| {
        OpenOptions::new()
            .write(true)
            .open(station.path("film.mp4"))
            .unwrap()
            .set_modified(date)
    };
    station.put("film.mp4", film());
    date(in_2097).unwrap();
    let old = only(&station.until_shown(&["film.mp4"])).id;
    station.put("film.mp4", &other_film());
    date(in_2097 - Duration::from_secs(1)).unwrap();
    station.until(|catalogue, status| status.is_idle() && catalogue.items().any(|item| item.id != old));
}

#[test]
fn a_film_or_folder_that_must_not_be_read_is_shown_once_it_may() {
    if !child::is_inside() && reads_everything() {
        // Root reads everything; without these two powers it is somebody like others.
        let powerless = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];
        let test = "copies::a_film_or_folder_that_must_not_be_read_is_shown_once_it_may";
        return child::again_or_skip(test, &powerless);
    }
    let station = Station::new();
    station.put("film.mp4", film());
    station.put("locked/film.mp4", &other_film());
    let allow = |name, mode| fs::set_permissions(station.path(name), fs::Permissions::from_mode(mode)).unwrap();
    allow("film.mp4", 0o000);
    allow("locked", 0o000);
    assert!(
        File::open(station.path("film.mp4")).is_err(),
        "this user must not be able to read everything"
    );
    for name in ["film.mp4", "locked"] {
        station.until_trouble(name, |standing| {
            matches!(standing, Standing::Damaged(Damage::Unreadable(_)))
        });
    }
    allow("film.mp4", 0o644);
    allow("locked", 0o755);
    assert!(
        station
            .until_shown(&["film.mp4", "locked/film.mp4"])
            .troubles
            .is_empty()
    );
    // Locked again, nothing that lies in there is lost.
    allow("locked", 0o000);
    let catalogue = station.until_trouble("locked", |standing| matches!(standing, Standing::Damaged(_)));
    assert_eq!(shown(&catalogue), ["film.mp4", "locked/film.mp4"]);
    allow("locked", 0o755);
}

/// No mode keeps root from reading a file.
fn reads_everything() -> bool {
    let locked = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o000))
        .tempfile()
        .unwrap();
    File::open(locked.path()).is_ok()
}
