//! Files that belong to another one: `film.srt` beside `film.mp4`, `film.jpg`, `poster.jpg`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Kind, Place};

const SUBTITLES: [&str; 4] = ["srt", "vtt", "ass", "ssa"];

/// Subtitles beside a film.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subtitle {
    /// The language in the name, as in `film.zh.srt`; `None` for `film.srt`.
    pub language: Option<String>,
    /// Where the file lies.
    pub place: Place,
}

pub(crate) fn is_subtitle(place: &Place) -> bool {
    SUBTITLES.contains(&place.ending().as_str())
}

/// The subtitles among `extras` that belong to `film`, the one without a language first.
pub(crate) fn subtitles_of<'a>(film: &Place, extras: impl Iterator<Item = &'a Place>) -> Vec<Subtitle> {
    let mut found: Vec<Subtitle> = extras.filter_map(|place| belongs(film.path(), place)).collect();
    found.sort_by(|a, b| (&a.language, &a.place).cmp(&(&b.language, &b.place)));
    found
}

fn belongs(film: &Path, place: &Place) -> Option<Subtitle> {
    let name = place.path().with_extension("");
    let bare = film.with_extension("");
    if name == bare {
        return Some(Subtitle {
            language: None,
            place: place.clone(),
        });
    }
    let language = name
        .extension()?
        .to_str()
        .filter(|l| (2..=12).contains(&l.len()) && l.is_ascii())?;
    (name.with_extension("") == bare).then(|| Subtitle {
        language: Some(language.to_owned()),
        place: place.clone(),
    })
}

/// The film to which a picture belongs by its name, given a way to ask what lies where.
pub(crate) fn is_poster_of(picture: &Place, film: &Place) -> bool {
    let same_name = picture.path().with_extension("") == film.path().with_extension("");
    let folder_poster = picture.stem() == "poster" && picture.path().parent() == film.path().parent();
    same_name || folder_poster
}

/// Only films and sound have sidecars.
pub(crate) fn can_have_sidecars(kind: Kind) -> bool {
    matches!(kind, Kind::Film | Kind::Audio)
}
