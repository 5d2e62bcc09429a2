//! What an item says about itself: its name, its subtitles, its bytes.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use media_index::TimeMap;

use crate::station::{Station, box_at, bytes_of, film, film_with, only, other_film, shown};

#[test]
fn a_name_in_gbk_is_listed_readably_and_opens() {
    let station = Station::new();
    station.put(OsStr::from_bytes(b"\xd1\xf8\xb7\xe4/\xc9\xbd\xc6\xc2.mp4"), film());
    let catalogue = station.until_shown(&["养蜂/山坡.mp4"]);
    let item = only(&catalogue);
    assert_eq!((item.title.as_str(), item.class.as_deref()), ("山坡", Some("养蜂")));
    assert_eq!(bytes_of(&catalogue, &item), film());
}

#[test]
fn subtitles_and_a_poster_beside_a_film_belong_to_it() {
    let station = Station::new();
    station.put("film.mp4", film());
    station.put("film.jpg", b"\xff\xd8\xff\xe0 a picture\xff\xd9");
    station.put("film.zh.srt", "1\n00:00:01,000 --> 00:00:02,000\n你好\n".as_bytes());
    station.put("other.srt", b"");
    let catalogue = station.until(|catalogue, status| {
        status.is_idle()
            && catalogue
                .items()
                .any(|item| item.poster.is_some() && item.subtitles.len() == 1)
    });
    let item = only(&catalogue);
    assert_eq!(item.subtitles[0].language.as_deref(), Some("zh"));
    assert!(catalogue.open_place(&item.subtitles[0].place).is_ok());
    assert_eq!(item.poster.as_ref().unwrap().readable(), "film.jpg");
    fs::remove_file(station.path("film.zh.srt")).unwrap();
    station.until(|catalogue, _| catalogue.items().all(|item| item.subtitles.is_empty()));
}

#[test]
#[expect(
    clippy::single_range_in_vec_init,
    reason = "one piece was sent, not each of its bytes"
)]
fn a_film_was_seen_as_far_as_its_bytes_were_sent_and_its_index_alone_shows_nothing() {
    let station = Station::new();
    station.put("film.mp4", film());
    let catalogue = station.until_shown(&["film.mp4"]);
    let facts = &only(&catalogue).facts;
    let (size, length) = (film().len() as u64, facts.duration_ms.unwrap());
    let media = box_at(film(), b"mdat") as u64;
    assert_eq!(
        facts.map,
        TimeMap::elsewhere(),
        "no snapshot holds the maps of thousands of films"
    );
    let map = station.indexer.as_ref().unwrap().map(&only(&catalogue).id).unwrap();
    assert_eq!(map.media_for(&[0..size], size, length), [(0, length)]);
    assert_eq!(map.media_for(&[0..media], size, length), []);
    let half = map.media_for(&[0..media + (size - media) / 2], size, length);
    assert!(matches!(half[..], [(0, 1_000..=2_000)]), "{half:?}");
}

#[test]
fn a_fragmented_film_says_how_long_it_is_whether_its_index_does_or_not() {
    let station = Station::new();
    let fragments = [
        "-pix_fmt",
        "yuv420p",
        "-g",
        "25",
        "-movflags",
        "frag_keyframe+empty_moov",
    ];
    let film = film_with(&fragments, "mp4");
    station.put("fragments.mp4", &film);
    let half = film.len() / 2;
    station.put("half.mp4", &film[..half]);
    let catalogue = station.until_shown(&["fragments.mp4"]);
    let length = only(&catalogue).facts.duration_ms.unwrap();
    assert!(length.abs_diff(3_000) < 100, "{length}");
    assert_eq!(catalogue.troubles.len(), 1, "the half is no film");
}

#[test]
fn films_in_other_containers_are_read_too() {
    let station = Station::new();
    let ways: [(&str, &[&str], &str); 3] = [
        ("a.mkv", &["-pix_fmt", "yuv420p"], "h264"),
        ("b.webm", &["-c:v", "libvpx", "-deadline", "realtime"], "vp8"),
        ("c.mov", &["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"], "mjpeg"),
    ];
    for (name, way, _) in ways {
        station.put(name, &film_with(way, &name[2..]));
    }
    let catalogue = station.until_shown(&["a.mkv", "b.webm", "c.mov"]);
    for item in catalogue.items() {
        let (_, _, codec) = ways.iter().find(|way| way.0.starts_with(&item.title)).unwrap();
        assert_eq!(item.facts.video.as_ref().unwrap().codec, *codec);
        assert!(item.facts.duration_ms.unwrap().abs_diff(3_000) < 150);
    }
}

#[test]
fn media_that_are_said_to_be_longer_than_they_are_harm_nobody_if_no_sample_is_missing() {
    let station = Station::new();
    let mut film = film().to_vec();
    let media = box_at(&film, b"mdat");
    let length = u32::try_from(film.len() - media + 8).unwrap();
    film[media..media + 4].copy_from_slice(&length.to_be_bytes());
    station.put("film.mp4", &film);
    assert!(station.until_shown(&["film.mp4"]).troubles.is_empty());
    station.put("film.mp4", &film[..film.len() - 1]);
    assert!(shown(&station.until(|catalogue, _| catalogue.troubles.len() == 1)).is_empty());
}

#[test]
fn the_folders_poster_stands_for_films_that_have_no_picture_of_their_own() {
    let station = Station::new();
    let picture = |n: u8| [b"\xff\xd8\xff\xe0", &[n][..], b"\xff\xd9"].concat();
    station.put("bees/a.mp4", film());
    station.put("bees/b.mp4", &other_film());
    station.put("bees/b.jpg", &picture(1));
    station.put("bees/poster.jpg", &picture(2));
    station.put("poster.jpg", &picture(3));
    let catalogue = station.until_shown(&["bees/a.mp4", "bees/b.mp4", "poster.jpg"]);
    let poster = |title: &str| {
        let item = catalogue.items().find(|item| item.title == title).unwrap();
        item.poster.as_ref().unwrap().readable()
    };
    assert_eq!(
        (poster("a"), poster("b")),
        ("bees/poster.jpg".into(), "bees/b.jpg".into())
    );
}
