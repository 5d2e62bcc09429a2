//! Disks that are pulled, put back, swapped and full. They are real ones, so these cases need the right to mount.

use media_index::plan::RootIs;

use crate::disk::Disk;
use crate::station::{Station, bytes_of, film, only, other_film, shown};

/// A station whose media folder is where disks are mounted, and two disks.
fn station_with_disks() -> Option<(Station, Disk, Disk)> {
    let station = Station::off();
    let disk = |name| Disk::new(station.home.path(), name, 16, station.root());
    match (disk("first"), disk("second")) {
        (Ok(first), Ok(second)) => Some((station, first, second)),
        (Err(why), _) | (_, Err(why)) => {
            eprintln!("skipped: no disk can be mounted here: {why}");
            None
        }
    }
}

#[test]
fn a_disk_that_is_pulled_while_it_is_watched_is_away_and_comes_back_with_everything() {
    let Some((mut station, disk, _)) = station_with_disks() else {
        return;
    };
    disk.mount().unwrap();
    station.put("class/film.mp4", film());
    station.switch_on();
    let id = only(&station.until_shown(&["class/film.mp4"])).id;
    disk.unmount();
    let away = station.until(|catalogue, _| catalogue.offline);
    assert!(away.get(&id).is_some(), "nothing is forgotten");
    assert!(away.open(&only(&away)).is_err());
    assert_eq!(station.indexer().status().root, RootIs::Foreign(0));
    disk.mount().unwrap();
    let back = station.until_shown(&["class/film.mp4"]);
    assert_eq!(bytes_of(&back, &only(&back)), film());
    station.put("class/new.mp4", &other_film());
    station.until_shown(&["class/film.mp4", "class/new.mp4"]);
    station.switch_off();
}

#[test]
fn a_disk_that_is_put_back_at_once_is_heard_again() {
    let Some((mut station, disk, _)) = station_with_disks() else {
        return;
    };
    disk.mount().unwrap();
    station.put("film.mp4", film());
    station.switch_on();
    station.until_shown(&["film.mp4"]);
    disk.unmount();
    disk.mount().unwrap();
    station.put("unheard.mp4", &other_film());
    // The system says nothing about such a swap; the first sweep finds what was missed, and listens anew.
    station.indexer().rescan();
    station.until_shown(&["film.mp4", "unheard.mp4"]);
    station.switch_off();
}

#[test]
fn a_station_that_starts_without_its_disk_waits_for_it() {
    let Some((mut station, disk, _)) = station_with_disks() else {
        return;
    };
    disk.mount().unwrap();
    station.put("film.mp4", film());
    station.switch_on();
    station.until_shown(&["film.mp4"]);
    station.switch_off();
    disk.unmount();
    station.switch_on_without_waiting();
    let away = station.until(|catalogue, _| catalogue.offline);
    assert_eq!(shown(&away), ["film.mp4"]);
    disk.mount().unwrap();
    station.until_shown(&["film.mp4"]);
    station.switch_off();
}

#[test]
fn another_disk_is_not_the_library_until_the_operator_says_so() {
    let Some((mut station, old, new)) = station_with_disks() else {
        return;
    };
    new.mount().unwrap();
    station.put("new.mp4", &other_film());
    new.unmount();
    old.mount().unwrap();
    station.put("old.mp4", film());
    station.switch_on();
    station.until_shown(&["old.mp4"]);
    old.unmount();
    new.mount().unwrap();
    let away = station.until(|catalogue, status| catalogue.offline && status.root == RootIs::Foreign(1));
    assert_eq!(
        shown(&away),
        ["old.mp4"],
        "nothing of the other disk is shown, nothing of the old one lost"
    );
    station.indexer().accept_root();
    station.until_shown(&["new.mp4"]);
    // From now on it is the library, and the old disk is the other one.
    new.unmount();
    old.mount().unwrap();
    let away = station.until(|catalogue, status| catalogue.offline && status.root == RootIs::Foreign(1));
    assert_eq!(shown(&away), ["new.mp4"]);
    station.switch_off();
}

#[test]
fn another_disk_in_the_same_socket_is_told_by_its_own_name_even_if_it_was_swapped_while_the_station_was_off() {
    let Some((mut station, old, new)) = station_with_disks() else {
        return;
    };
    old.mount().unwrap();
    station.put("old.mp4", film());
    station.switch_on();
    station.until_shown(&["old.mp4"]);
    station.switch_off();
    old.unmount();
    new.mount().unwrap();
    station.switch_on_without_waiting();
    let away = station.until(|catalogue, _| catalogue.offline);
    assert_eq!(shown(&away), ["old.mp4"]);
    station.switch_off();
}

#[test]
fn a_film_that_fills_the_disk_is_no_film_until_there_is_room_for_the_rest() {
    let Some((mut station, disk, _)) = station_with_disks() else {
        return;
    };
    disk.mount().unwrap();
    station.switch_on();
    let filler = std::fs::File::create(station.path("filler.bin")).unwrap();
    fill(&filler);
    assert!(
        std::fs::write(station.path("film.mp4"), film()).is_err(),
        "the disk is full"
    );
    let trouble = |standing: &media_index::Standing| matches!(standing, media_index::Standing::Damaged(_));
    let catalogue = station.until_trouble("film.mp4", trouble);
    assert_eq!(catalogue.items().count(), 0);
    drop(filler);
    std::fs::remove_file(station.path("filler.bin")).unwrap();
    station.put("film.mp4", film());
    assert!(station.until_shown(&["film.mp4"]).troubles.is_empty());
    station.switch_off();
}

fn fill(mut file: &std::fs::File) {
    use std::io::Write;
    for block in [vec![0; 64 * 1024], vec![0; 512]] {
        while file.write_all(&block).is_ok() {}
    }
}
