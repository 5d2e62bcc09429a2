//! Files that belong to another one: `film.srt` beside `film.mp4`, `film.jpg`, `poster.jpg`.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::catalogue::Slim;
use crate::{ItemId, Kind, Place};

const SUBTITLES: [&str; 4] = ["srt", "vtt", "ass", "ssa"];

/// Subtitles beside a film.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subtitle {
    /// The language in the name, as in `film.zh.srt`; `None` for `film.srt`.
    pub language: Option<String>,
    /// Where the file lies.
    pub place: Place,
}

pub(crate) fn is_subtitle(place: &Place) -> bool {
    SUBTITLES.contains(&place.ending().as_str())
}

/// Gives each film the `subtitles` and the picture that belong to its first place, by way of their names: a library of
/// thousands is put together anew with every change. A picture that belongs to a film is no item of its own.
pub(crate) fn attach<'a>(items: &mut Vec<Slim>, subtitles: impl Iterator<Item = &'a Place>) {
    let mut subtitles = by_film(subtitles);
    let posters = take_posters(items);
    let mut handouts = handouts(items);
    if subtitles.is_empty() && posters.is_empty() && handouts.is_empty() {
        return;
    }
    for item in items.iter_mut().filter(|item| can_have_sidecars(item.kind())) {
        let film = item.path();
        let name = film.with_extension("");
        let poster = posters.get(&name).or_else(|| posters.get(&folder_poster(film)));
        let (subtitles, handouts) = (subtitles.remove(&name), handouts.remove(&name));
        if poster.is_none() && subtitles.is_none() && handouts.is_none() {
            continue;
        }
        let more = item.more();
        more.poster = poster.cloned();
        more.subtitles = subtitles.unwrap_or_default();
        more.subtitles.sort();
        more.handouts = handouts.unwrap_or_default();
    }
}

/// Documents by the film's path without its ending: `film.pdf` and `film.讲义.pdf` both belong to `film.mp4`.
fn handouts(items: &[Slim]) -> HashMap<PathBuf, Vec<ItemId>> {
    let mut films: HashMap<PathBuf, Vec<ItemId>> = HashMap::new();
    for item in items.iter().filter(|item| item.kind() == Kind::Document) {
        let name = item.path().with_extension("");
        films.entry(name.with_extension("")).or_default().push(item.id());
        if name.extension().is_some() {
            films.entry(name).or_default().push(item.id());
        }
    }
    films
}

/// Only films and sound have sidecars.
fn can_have_sidecars(kind: Kind) -> bool {
    matches!(kind, Kind::Film | Kind::Audio)
}

/// Subtitles by the film's path without its ending.
fn by_film<'a>(places: impl Iterator<Item = &'a Place>) -> HashMap<PathBuf, Vec<Subtitle>> {
    let mut films: HashMap<PathBuf, Vec<Subtitle>> = HashMap::new();
    for place in places {
        let name = place.path().with_extension("");
        let mut note = |film: PathBuf, language: Option<String>| {
            let place = place.clone();
            films.entry(film).or_default().push(Subtitle { language, place });
        };
        if let Some(language) = language(&name) {
            note(name.with_extension(""), Some(language));
        }
        note(name, None);
    }
    films
}

/// The `zh` in `film.zh`.
fn language(name: &Path) -> Option<String> {
    let language = name.extension()?.to_str()?;
    ((2..=12).contains(&language.len()) && language.is_ascii()).then(|| language.to_owned())
}

/// `poster.jpg` stands for every film of its folder that has no picture of its own.
fn folder_poster(film: &Path) -> PathBuf {
    film.with_file_name("poster")
}

/// Takes out the pictures that belong to films, by their paths without ending.
fn take_posters(items: &mut Vec<Slim>) -> HashMap<PathBuf, Place> {
    if items.iter().all(|item| item.kind() != Kind::Picture) {
        return HashMap::new();
    }
    let films = items.iter().filter(|item| can_have_sidecars(item.kind()));
    let names: HashSet<PathBuf> = films
        .map(Slim::path)
        .flat_map(|film| [film.with_extension(""), folder_poster(film)])
        .collect();
    let is_poster = |item: &Slim| names.contains(&item.path().with_extension(""));
    let mut posters = HashMap::new();
    items.retain(|item| {
        let stays = item.kind() != Kind::Picture || !is_poster(item);
        if !stays {
            let place = item.place();
            posters.insert(place.path().with_extension(""), place);
        }
        stays
    });
    posters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[&str], film: &str) -> Vec<(Option<String>, String)> {
        let places: Vec<Place> = names.iter().map(|name| Place::from(name.as_bytes().to_vec())).collect();
        let mut found = by_film(places.iter()).remove(Path::new(film)).unwrap_or_default();
        found.sort();
        found.into_iter().map(|s| (s.language, s.place.readable())).collect()
    }

    #[test]
    fn subtitles_belong_to_the_film_of_their_name_the_one_without_a_language_first() {
        let names = [
            "a/film.zh.srt",
            "a/film.srt",
            "b/film.srt",
            "a/film.en-GB.vtt",
            "a/film2.srt",
        ];
        let expected = [
            (None, "a/film.srt"),
            (Some("en-GB"), "a/film.en-GB.vtt"),
            (Some("zh"), "a/film.zh.srt"),
        ];
        let expected = expected.map(|(language, place)| (language.map(str::to_owned), place.to_owned()));
        assert_eq!(found(&names, "a/film"), expected);
    }

    #[test]
    fn a_dot_in_the_films_name_is_no_language() {
        assert_eq!(found(&["1.2.srt"], "1.2"), [(None, "1.2.srt".to_owned())]);
        assert_eq!(found(&["1.2.srt"], "1"), []);
    }
}
