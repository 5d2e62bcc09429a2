//! Folders that go away, and links that lead out.

use std::fs;
use std::os::unix::fs::symlink;

use media_index::{Damage, Settings};

use crate::station::{Station, bytes_of, film, is_damaged, only, other_film, shown};

#[test]
fn a_disk_that_was_pulled_takes_nothing_with_it_and_comes_back() {
    let station = Station::new();
    station.put("film.mp4", film());
    let id = only(&station.until_shown(&["film.mp4"])).id;
    let away = station.home.path().join("away");
    fs::rename(station.root(), &away).unwrap();
    let offline = station.until(|catalogue, _| catalogue.offline);
    assert!(offline.get(&id).is_some());
    assert!(offline.open(&only(&offline)).is_err());
    fs::rename(&away, station.root()).unwrap();
    let back = station.until_shown(&["film.mp4"]);
    assert_eq!(bytes_of(&back, &only(&back)), film());
}

#[test]
fn files_on_an_empty_mount_point_do_not_make_it_the_library() {
    let mut station = Station::new();
    station.put("film.mp4", film());
    station.until_shown(&["film.mp4"]);
    station.switch_off();
    fs::rename(station.root(), station.home.path().join("away")).unwrap();
    station.put("note.txt", b"mount the disk here");
    let settings = Settings::new(station.root());
    let catalogue = media_index::scan_once(settings, Box::new(station.memory.clone())).unwrap();
    assert!(catalogue.offline);
    assert_eq!(shown(&catalogue), ["film.mp4"]);
}

#[test]
fn links_that_lead_out_or_nowhere_are_refused_each_for_its_reason() {
    let station = Station::new();
    let outside = station.home.path().join("secret.mp4");
    fs::write(&outside, film()).unwrap();
    fs::create_dir(station.home.path().join("elsewhere")).unwrap();
    fs::write(station.home.path().join("elsewhere/film.mp4"), film()).unwrap();
    symlink(&outside, station.path("out.mp4")).unwrap();
    symlink(station.home.path().join("elsewhere"), station.path("folder")).unwrap();
    symlink("nothing.mp4", station.path("dangling.mp4")).unwrap();
    station.until_trouble("dangling.mp4", |standing| is_damaged(standing, &Damage::LinkNowhere));
    for name in ["out.mp4", "folder"] {
        station.until_trouble(name, |standing| is_damaged(standing, &Damage::LinkOutside));
    }
    fs::write(station.home.path().join("elsewhere/film.mp4"), other_film()).unwrap();
    station.put("film.mp4", film());
    station.until_shown(&["film.mp4"]);
}

#[test]
fn a_link_within_the_folder_is_a_second_name_and_not_a_second_film() {
    let station = Station::new();
    station.put("a/film.mp4", film());
    symlink("a/film.mp4", station.path("again.mp4")).unwrap();
    symlink("a", station.path("b")).unwrap();
    symlink(".", station.path("a/round")).unwrap();
    assert!(station.until_shown(&["a/film.mp4"]).troubles.is_empty());
}
