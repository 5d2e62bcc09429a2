//! MP4 in fragments, and with what phones and cameras put into it.

use media_index::probe::{Subject, probe};

use crate::film::{H264, credited, film, heard, lasts, picture, reading, survives_cuts, survives_lies};

fn with(more: &[&str]) -> Vec<u8> {
    film(&[&H264[..], &["-g", "25"], more].concat(), "mp4")
}

/// Where boxes of this kind begin.
fn places(film: &[u8], kind: &[u8]) -> Vec<u64> {
    let found = film.windows(4).enumerate().filter(|(_, w)| *w == kind);
    found.map(|(at, _)| at as u64 - 4).collect()
}

#[test]
fn fragments_tell_which_bytes_hold_which_time() {
    // All tracks in one fragment; one fragment a track; the first second in the index itself.
    for flags in [
        "frag_keyframe+empty_moov+default_base_moof",
        "frag_keyframe+empty_moov+separate_moof",
        "frag_keyframe",
    ] {
        let film = with(&["-movflags", flags]);
        let reading = reading(&film, "mp4");
        lasts(&reading, 3_000);
        let ms = reading.facts.duration_ms.unwrap();
        let sent = |to: u64| credited(&reading, &[0..to], film.len());
        assert_eq!(sent(film.len() as u64), [(0, ms)], "{flags}");
        let moofs = places(&film, b"moof");
        let first = if flags == "frag_keyframe" {
            places(&film, b"mdat")[0]
        } else {
            moofs[0]
        };
        assert_eq!(sent(first), [], "{flags}: an index alone shows nothing");
        let half = sent(*moofs.last().unwrap());
        assert!(matches!(half[..], [(0, 1_000..=2_100)]), "{flags}: {half:?}");
        let rate = picture(&reading).frame_rate.unwrap();
        assert!((rate - 25.0).abs() < 0.5, "{flags}: {rate}");
    }
}

#[test]
fn a_fragment_a_frame_is_read_in_a_bounded_way() {
    let film = with(&["-movflags", "frag_every_frame+empty_moov"]);
    let reading = reading(&film, "mp4");
    lasts(&reading, 3_000);
    assert_eq!(
        credited(&reading, &[0..film.len() as u64], film.len()),
        [(0, reading.facts.duration_ms.unwrap())]
    );
    survives_lies(&film, "mp4");
    survives_cuts(&film, "mp4");
}

#[test]
fn what_is_in_an_esds_and_beside_dolby_counts_more_than_the_name() {
    let cases: [(&[&str], &str, (&str, u16)); 4] = [
        (&["-c:v", "mpeg2video", "-c:a", "ac3"], "mpeg2video", ("ac3", 1)),
        (&["-c:v", "mpeg4", "-c:a", "eac3"], "mpeg4", ("eac3", 1)),
        (&["-c:v", "mpeg1video", "-c:a", "libmp3lame"], "mpeg1video", ("mp3", 2)),
        (&["-c:v", "mjpeg", "-c:a", "aac"], "mjpeg", ("aac", 1)),
    ];
    for (way, video, (audio, channels)) in cases {
        let reading = reading(&film(way, "mp4"), "mp4");
        assert_eq!(picture(&reading).codec, video);
        assert_eq!((heard(&reading).0, heard(&reading).1), (audio, channels), "{video}");
    }
}

#[test]
fn a_length_of_centuries_is_a_lie_and_credits_nothing() {
    let mut film = with(&[]);
    let mvhd = places(&film, b"mvhd")[0];
    let at = usize::try_from(mvhd).unwrap() + 8 + 12;
    // One unit a second, four thousand million of them.
    film[at..at + 8].copy_from_slice(&[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xf0]);
    let reading = reading(&film, "mp4");
    assert_eq!((reading.facts.duration_ms, reading.facts.bitrate), (None, None));
    assert_eq!(
        reading
            .facts
            .map
            .media_for(&[0..film.len() as u64], film.len() as u64, 0),
        []
    );
    assert_eq!(
        reading.facts.map.to_bytes().as_deref(),
        Some(&[][..]),
        "nothing is kept of it"
    );
}

#[test]
fn a_film_that_is_held_upright_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flat.mp4");
    std::fs::write(&path, with(&[])).unwrap();
    // ffmpeg counts against the clock.
    for (turn, expected) in [("90", 270), ("180", 180), ("270", 90)] {
        let turned = folder.path().join("turned.mp4");
        let made = std::process::Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i"])
            .arg(&path)
            .args(["-c", "copy", "-metadata:s:v", &format!("rotate={turn}")])
            .arg(&turned)
            .status();
        assert!(made.unwrap().success());
        assert_eq!(
            picture(&reading(&std::fs::read(&turned).unwrap(), "mp4")).rotation,
            expected
        );
    }
}

/// Bytes that this thread has asked the kernel for.
fn asked_for() -> u64 {
    let about = std::fs::read_to_string("/proc/thread-self/io").unwrap();
    let line = about.lines().find_map(|line| line.strip_prefix("rchar: "));
    line.unwrap().parse().unwrap()
}

#[test]
fn of_a_film_of_any_size_a_quarter_of_a_megabyte_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let mut film = with(&["-movflags", "+faststart"]);
    // Eight hundred megabytes of nothing behind the film: a hole on the disk.
    let rest = 800_u32 << 20;
    film.extend([&rest.to_be_bytes()[..], b"free"].concat());
    std::fs::write(&path, &film).unwrap();
    let opened = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let size = film.len() as u64 - 8 + u64::from(rest);
    opened.set_len(size).unwrap();
    let subject = Subject {
        file: &opened,
        size,
        ending: "mp4",
        path: &path,
        ffprobe: None,
    };
    let before = asked_for();
    let whole = probe(&subject).unwrap();
    let read = asked_for() - before;
    assert_eq!(whole.facts.duration_ms.map(|ms| ms / 1_000), Some(3));
    // The account of it is a page of text itself.
    assert!(read <= (256 << 10) + 4_096, "{read}");
}
