//! What lies beside a film and belongs to it.

use std::fs;

use media_index::{Catalogue, Damage, Item, Standing};

use crate::station::{Station, film, other_film};

fn only_film(catalogue: &Catalogue) -> Item {
    catalogue.items().find(|item| item.facts.video.is_some()).unwrap()
}

fn is_called(catalogue: &Catalogue, title: &str) -> bool {
    catalogue.items().any(|item| item.title == title)
}

#[test]
fn a_note_is_heard_when_it_comes_changes_and_goes() {
    let station = Station::new();
    station.put("农技/film.mp4", film());
    station.until(|catalogue, _| is_called(catalogue, "film"));
    station.put("农技/film.toml", "title = '水稻育秧'\nspeaker = '李建国'".as_bytes());
    let catalogue = station.until(|catalogue, _| is_called(catalogue, "水稻育秧"));
    assert_eq!(only_film(&catalogue).sheet.speaker.as_deref(), Some("李建国"));
    station.put("农技/film.toml", "title = '水稻工厂化育秧'".as_bytes());
    station.until(|catalogue, _| is_called(catalogue, "水稻工厂化育秧"));
    fs::remove_file(station.path("农技/film.toml")).unwrap();
    station.until(|catalogue, _| is_called(catalogue, "film"));
}

#[test]
fn a_wrong_note_is_said_and_the_film_is_shown() {
    let station = Station::new();
    station.put("film.mp4", film());
    station.put("film.toml", "titel = '水稻'\nclass = '农技'".as_bytes());
    let is_said =
        |standing: &Standing| *standing == Standing::Damaged(Damage::Note("titel: this key is unknown".into()));
    let catalogue = station.until_trouble("film.toml", is_said);
    let catalogue = if is_called(&catalogue, "film") {
        catalogue
    } else {
        station.until(|c, _| is_called(c, "film"))
    };
    assert_eq!(only_film(&catalogue).class.as_deref(), Some("农技"));
}

#[test]
fn a_note_that_belongs_to_nothing_is_nobodys_business() {
    let station = Station::new();
    station.put("cargo.toml", b"[package]\nname = 'x'\n");
    station.put("film.mp4", film());
    let catalogue = station.until_shown(&["film.mp4"]);
    assert_eq!(catalogue.troubles, []);
}

#[test]
fn what_is_said_of_a_folder_moves_with_it() {
    let station = Station::new();
    station.put("old/folder.toml", "class = '党史'\nlocal = true".as_bytes());
    station.put("old/film.mp4", film());
    let is_told = |catalogue: &Catalogue| {
        catalogue
            .items()
            .any(|item| item.class.as_deref() == Some("党史") && item.sheet.local == Some(true))
    };
    station.until(|catalogue, _| is_told(catalogue));
    fs::rename(station.path("old"), station.path("new")).unwrap();
    let moved = |catalogue: &Catalogue| {
        catalogue
            .items()
            .any(|item| item.places[0].readable() == "new/film.mp4")
    };
    station.until(|catalogue, _| is_told(catalogue) && moved(catalogue));
}

#[test]
fn hand_outs_belong_to_the_film_of_their_name_and_stay_items_of_their_own() {
    let station = Station::new();
    station.put("a/film.mp4", film());
    station.put("a/film.txt", "要点".as_bytes());
    station.put("a/film.讲义.txt", "讲义".as_bytes());
    station.put("a/film2.mp4", &other_film());
    station.put("b/film.txt", "别处的".as_bytes());
    let names = [
        "a/film.mp4",
        "a/film.txt",
        "a/film.讲义.txt",
        "a/film2.mp4",
        "b/film.txt",
    ];
    let catalogue = station.until_shown(&names);
    let of = |name: &str| {
        catalogue
            .items()
            .find(|item| item.places[0].readable() == name)
            .unwrap()
    };
    let mut handouts: Vec<_> = of("a/film.mp4")
        .handouts
        .iter()
        .map(|id| catalogue.get(id).unwrap().title.clone())
        .collect();
    handouts.sort();
    assert_eq!(handouts, ["film", "film.讲义"]);
    assert!(of("a/film2.mp4").handouts.is_empty());
}

#[test]
fn a_hand_out_says_in_which_encoding_it_is() {
    let station = Station::new();
    station.put("utf8.txt", "油菜越冬管理要点".as_bytes());
    station.put(
        "gbk.txt",
        &encoding_rs::GBK.encode("油菜越冬管理要点，入冬以前做好五件事").0,
    );
    let catalogue = station.until_shown(&["gbk.txt", "utf8.txt"]);
    let mime = |title: &str| catalogue.items().find(|item| item.title == title).unwrap().mime.clone();
    assert_eq!(mime("utf8"), "text/plain; charset=utf-8");
    assert_eq!(mime("gbk"), "text/plain; charset=gbk");
}
