//! What is believed of a file in memory, and for whom.

use super::*;

const FILM: u64 = 8 << 20;

/// A film in memory of which each page may be dropped: written to the disk.
fn film(folder: &TempDir) -> SharedFile {
    let path = folder.path().join("film");
    fs::write(&path, vec![7; usize::try_from(FILM).unwrap()]).unwrap();
    let file = File::open(path).unwrap();
    file.sync_all().unwrap();
    SharedFile::new(file, FILM)
}

fn drop_from_memory(film: &SharedFile) {
    rustix::fs::fadvise(film.file(), 0, None, Advice::DontNeed).unwrap();
}

/// Whether the file system says what is in memory; some cannot.
fn can_tell(film: &SharedFile) -> bool {
    let own = SharedFile::new(film.file().try_clone().unwrap(), FILM);
    Warmth::default().is_warm(&own, &(0..FILM))
}

#[test]
fn readers_of_one_file_believe_each_other_about_what_lies_ahead_and_look_where_they_begin() {
    let folder = TempDir::new().unwrap();
    let film = film(&folder);
    if !can_tell(&film) {
        return;
    }
    assert!(Warmth::default().is_warm(&film, &(0..FILM)));
    let seen = film.last_seen(512 * 1024 - 1);
    assert!(seen.is_some(), "the end of the first window was looked at");
    // The next reader takes the first one's word for the end, and does not make it younger.
    assert!(Warmth::default().is_warm(&film, &(0..FILM)));
    assert_eq!(film.last_seen(512 * 1024 - 1), seen);
    drop_from_memory(&film);
    assert!(
        !Warmth::default().is_warm(&film, &(0..FILM)),
        "he looks where he begins"
    );
}

#[test]
fn what_was_seen_long_ago_is_looked_at_again() {
    let folder = TempDir::new().unwrap();
    let film = film(&folder);
    if !can_tell(&film) {
        return;
    }
    let long_ago = crate::clock::monotonic().minus(crate::types::Millis::secs(5));
    film.saw(512 * 1024 - 1, long_ago);
    assert!(Warmth::default().is_warm(&film, &(0..FILM)));
    assert!(film.last_seen(512 * 1024 - 1).unwrap() > long_ago);
}
