//! Looks through a stick: what is on it that a station shows, and what of that is new.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use media_index::probe::{Subject, probe};
use media_index::{Kind, Place, Stamp, scan};

use super::{Offer, Offered, Shared, Stick};
use crate::library::Library;
use crate::types::Millis;

/// More files than this are no courseware that somebody brings along.
const FILES: usize = 2_000;
/// What lies beside a film under its name and comes along.
const COMPANIONS: [&str; 11] = [
    "srt", "vtt", "ass", "ssa", "toml", "nfo", "jpg", "jpeg", "png", "txt", "pdf",
];

/// A file that was found, in the order of the visit's offers.
pub(super) struct Found {
    /// Where it lies on the stick.
    pub(super) path: PathBuf,
    /// The class's folder that it will lie in, as it is called on the stick.
    pub(super) class: String,
    /// What comes along.
    pub(super) companions: Vec<PathBuf>,
}

/// Looks, and tells the visit what there is while it looks.
pub(super) fn look(library: &Library, shared: &Shared, stick: &Stick) -> Vec<Found> {
    let walked = scan::walk(&stick.mount, Path::new(""));
    let mut files = walked.files;
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let stems: HashSet<PathBuf> = files
        .iter()
        .filter(|(place, _)| is_film(place))
        .map(|(place, _)| stem(place))
        .collect();
    let comes_along = |place: &Place| is_companion(place) && stems.iter().any(|film| goes_with(place, film));
    let mut found = Vec::new();
    for (place, stamp) in files.iter().filter(|(place, _)| !comes_along(place)).take(FILES) {
        let Some(kind) = Kind::by_ending(&place.ending()).filter(|_| !shared.is_cancelled()) else {
            continue;
        };
        let companions: Vec<&(Place, Stamp)> = match kind {
            Kind::Film => files
                .iter()
                .filter(|(p, _)| is_companion(p) && goes_with(p, &stem(place)))
                .collect(),
            _ => Vec::new(),
        };
        let along: u64 = companions.iter().map(|(_, stamp)| stamp.size).sum();
        let (state, length) = judge(library, &stick.mount, place, *stamp);
        let offer = Offer {
            name: name(place),
            folder: folder(place),
            kind,
            size: stamp.size + along,
            length,
            state,
        };
        found.push(Found {
            path: stick.mount.join(place.path()),
            class: place.top_folder().unwrap_or_else(|| stick.name.clone()),
            companions: companions.iter().map(|(p, _)| stick.mount.join(p.path())).collect(),
        });
        shared.change(|visit| visit.offers.push(offer));
    }
    found
}

/// The same questions as the indexer's: whole, and known?
fn judge(library: &Library, mount: &Path, place: &Place, stamp: Stamp) -> (Offered, Millis) {
    let path = mount.join(place.path());
    let file = match open(&path) {
        Ok(file) => file,
        Err(error) => return (Offered::Failed(error.to_string()), Millis::ZERO),
    };
    let subject = Subject {
        file: &file,
        size: stamp.size,
        ending: &place.ending(),
        path: &path,
        ffprobe: None,
    };
    match probe(&subject) {
        Ok(whole) => {
            let is_known = library.indexer().catalogue().has(&whole.id);
            let length = Millis(whole.facts.duration_ms.unwrap_or(0));
            (if is_known { Offered::Known } else { Offered::New }, length)
        }
        Err(damage) => (Offered::Damaged(damage), Millis::ZERO),
    }
}

/// A link that was put in the file's place meanwhile is not followed, and a pipe does not hold us up.
pub(super) fn open(path: &Path) -> std::io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(std::io::ErrorKind::InvalidInput.into())
    }
}

fn is_film(place: &Place) -> bool {
    Kind::by_ending(&place.ending()) == Some(Kind::Film)
}

fn is_companion(place: &Place) -> bool {
    COMPANIONS.contains(&place.ending().as_str())
}

fn stem(place: &Place) -> PathBuf {
    place.path().with_extension("")
}

/// `film.zh.srt` goes with `film.mp4`, `film 2.srt` does not.
fn goes_with(place: &Place, film: &Path) -> bool {
    let names = (place.path().file_name(), film.file_name());
    let (Some(name), Some(film_name), true) = (names.0, names.1, place.path().parent() == film.parent()) else {
        return false;
    };
    let rest = name.as_encoded_bytes().strip_prefix(film_name.as_encoded_bytes());
    rest.is_some_and(|rest| rest.first() == Some(&b'.'))
}

fn name(place: &Place) -> String {
    let readable = place.readable();
    readable.rsplit('/').next().unwrap_or(&readable).to_owned()
}

fn folder(place: &Place) -> String {
    let parent = place.path().parent().map_or(OsStr::new(""), Path::as_os_str);
    Place::from(parent.as_encoded_bytes().to_vec()).readable()
}
