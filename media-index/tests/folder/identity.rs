//! The same film under another name, another film under the same name.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::time::Duration;

use media_index::Item;

use crate::station::{SETTLE, Station, bytes_of, film, only, other_film};

#[test]
fn a_renamed_file_or_folder_keeps_its_id_and_its_arrival() {
    let station = Station::new();
    station.put("a/film.mp4", film());
    let before = only(&station.until_shown(&["a/film.mp4"])).clone();
    station.put("a/later.mp4", &other_film());
    station.until_shown(&["a/film.mp4", "a/later.mp4"]);
    fs::rename(station.path("a/film.mp4"), station.path("a/hive.mp4")).unwrap();
    let catalogue = station.until_shown(&["a/hive.mp4", "a/later.mp4"]);
    assert_eq!(catalogue.get(&before.id).unwrap().arrival, before.arrival);
    fs::rename(station.path("a"), station.path("b")).unwrap();
    let catalogue = station.until_shown(&["b/hive.mp4", "b/later.mp4"]);
    let after = catalogue.get(&before.id).unwrap();
    assert_eq!((after.arrival, after.class.as_deref()), (before.arrival, Some("b")));
    assert_eq!(bytes_of(&catalogue, &after), film());
}

#[test]
fn a_film_that_is_moved_to_another_folder_is_the_same_film_in_another_class() {
    let station = Station::new();
    station.put("a/film.mp4", film());
    station.put("b/later.mp4", &other_film());
    let before = station.until_shown(&["a/film.mp4", "b/later.mp4"]);
    let film = before.items().find(|item| item.title == "film").unwrap();
    fs::rename(station.path("a/film.mp4"), station.path("b/film.mp4")).unwrap();
    let after = station.until_shown(&["b/film.mp4", "b/later.mp4"]);
    let moved = after.get(&film.id).unwrap();
    assert_eq!((moved.arrival, moved.class.as_deref()), (film.arrival, Some("b")));
}

#[test]
fn what_is_put_into_a_renamed_or_moved_folder_is_shown() {
    let station = Station::new();
    station.put("a/film.mp4", film());
    station.until_shown(&["a/film.mp4"]);
    fs::rename(station.path("a"), station.path("b")).unwrap();
    station.until_shown(&["b/film.mp4"]);
    station.put("b/new.mp4", &other_film());
    station.until_shown(&["b/film.mp4", "b/new.mp4"]);
    fs::create_dir(station.path("c")).unwrap();
    fs::rename(station.path("b"), station.path("c/b")).unwrap();
    station.until_shown(&["c/b/film.mp4", "c/b/new.mp4"]);
    fs::remove_file(station.path("c/b/film.mp4")).unwrap();
    station.put("c/b/d/deep.mp4", film());
    station.until_shown(&["c/b/d/deep.mp4", "c/b/new.mp4"]);
}

#[test]
fn a_folder_that_was_filled_elsewhere_is_shown_when_it_is_moved_in() {
    let station = Station::new();
    let outside = station.home.path().join("class");
    fs::create_dir_all(outside.join("deep")).unwrap();
    fs::write(outside.join("a.mp4"), film()).unwrap();
    fs::write(outside.join("deep/b.mp4"), other_film()).unwrap();
    fs::rename(&outside, station.path("class")).unwrap();
    station.until_shown(&["class/a.mp4", "class/deep/b.mp4"]);
}

#[test]
fn two_films_that_change_names_keep_each_its_own_id() {
    let station = Station::new();
    station.put("a.mp4", film());
    station.put("b.mp4", &other_film());
    let before = station.until_shown(&["a.mp4", "b.mp4"]);
    let id_of = |catalogue: &media_index::Catalogue, title: &str| {
        catalogue.items().find(|item| item.title == title).map(|item| item.id)
    };
    fs::rename(station.path("a.mp4"), station.path(".c")).unwrap();
    fs::rename(station.path("b.mp4"), station.path("a.mp4")).unwrap();
    fs::rename(station.path(".c"), station.path("b.mp4")).unwrap();
    let old = id_of(&before, "a");
    let after = station.until(|catalogue, status| status.is_idle() && id_of(catalogue, "b") == old);
    assert_eq!(id_of(&after, "a"), id_of(&before, "b"));
}

#[test]
fn a_film_that_is_copied_elsewhere_and_then_deleted_is_not_a_new_one() {
    let station = Station::new();
    station.put("a.mp4", film());
    let before = only(&station.until_shown(&["a.mp4"])).clone();
    station.put("later.mp4", &other_film());
    station.until_shown(&["a.mp4", "later.mp4"]);
    station.put("b.mp4", film());
    let catalogue = station.until_shown(&["a.mp4", "b.mp4", "later.mp4"]);
    assert_eq!(catalogue.get(&before.id).unwrap().places.len(), 2);
    fs::remove_file(station.path("a.mp4")).unwrap();
    let catalogue = station.until_shown(&["b.mp4", "later.mp4"]);
    assert_eq!(catalogue.get(&before.id).unwrap().arrival, before.arrival);
}

#[test]
fn another_film_of_equal_size_and_date_is_another_item_and_the_old_id_opens_no_more() {
    let station = Station::new();
    station.put("film.mp4", film());
    let before = station.until_shown(&["film.mp4"]);
    let date = fs::metadata(station.path("film.mp4")).unwrap().modified().unwrap();
    station.put(".new", &other_film());
    File::options()
        .write(true)
        .open(station.path(".new"))
        .unwrap()
        .set_modified(date)
        .unwrap();
    fs::rename(station.path(".new"), station.path("film.mp4")).unwrap();
    let refused = before.open(&only(&before)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound, "even before it was looked into");
    let old = only(&before).id;
    let after = station.until(|catalogue, status| status.is_idle() && catalogue.get(&old).is_none());
    assert_eq!(bytes_of(&after, &only(&after)), other_film());
}

#[test]
fn of_two_places_the_one_that_was_replaced_is_not_opened() {
    let station = Station::new();
    station.put("a.mp4", film());
    station.put("b.mp4", film());
    let before = station.until_shown(&["a.mp4", "b.mp4"]);
    let item = only(&before);
    fs::write(station.path("a.mp4"), b"x").unwrap();
    assert_eq!(bytes_of(&before, &item), film(), "the second place serves");
    fs::remove_file(station.path("b.mp4")).unwrap();
    fs::write(station.path("b.mp4"), other_film()).unwrap();
    assert_eq!(before.open(&item).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn what_changed_while_the_station_was_off_is_found_at_the_start() {
    let mut station = Station::new();
    station.put("renamed.mp4", film());
    station.put("deleted.mp4", &other_film());
    station.put("replaced.txt", b"old");
    let before = station.until_shown(&["deleted.mp4", "renamed.mp4", "replaced.txt"]);
    let of_old = before.items().find(|item| item.title == "replaced").unwrap().id;
    let place = |item: &Item| item.title == "renamed";
    let renamed = before.items().find(place).unwrap();
    station.switch_off();
    fs::rename(station.path("renamed.mp4"), station.path("found.mp4")).unwrap();
    fs::remove_file(station.path("deleted.mp4")).unwrap();
    station.put("replaced.txt", b"new");
    station.put("new.pdf", b"%PDF-1.4\n%%EOF\n");
    station.switch_on();
    let after = station.until_shown(&["found.mp4", "new.pdf", "replaced.txt"]);
    assert_eq!(after.get(&renamed.id).unwrap().arrival, renamed.arrival);
    assert!(after.get(&of_old).is_none());
}

/// The watch hears of a file by its name below the root; what is written through another name of it is not heard.
fn rewrite_unheard(station: &Station) -> media_index::ItemId {
    let elsewhere = station.home.path().join("elsewhere.mp4");
    fs::write(&elsewhere, film()).unwrap();
    fs::hard_link(&elsewhere, station.path("film.mp4")).unwrap();
    let id = only(&station.until_shown(&["film.mp4"])).id;
    fs::write(&elsewhere, other_film()).unwrap();
    id
}

#[test]
fn what_the_watch_does_not_hear_the_sweep_finds() {
    let station = Station::with(SETTLE, Duration::from_millis(300));
    let old = rewrite_unheard(&station);
    station.until(|catalogue, status| status.is_idle() && catalogue.items().any(|item| item.id != old));
}

#[test]
fn what_the_watch_does_not_hear_is_found_when_the_operator_asks() {
    let station = Station::new();
    let old = rewrite_unheard(&station);
    station.indexer.as_ref().unwrap().rescan();
    station.until(|catalogue, status| status.is_idle() && catalogue.items().any(|item| item.id != old));
}
