//! Matroska and WebM as programs and browsers write them: with and without cues, lengths and closed ends.

use media_index::probe::Reading;

use crate::film::{H264, credited, damage, film, heard, lasts, picture, reading, sound, survives_cuts, survives_lies};

const VP9: [&str; 12] = [
    "-c:v",
    "libvpx-vp9",
    "-deadline",
    "realtime",
    "-cpu-used",
    "8",
    "-g",
    "25",
    "-pix_fmt",
    "yuv420p",
    "-c:a",
    "libopus",
];

fn with(way: &[&str], more: &[&str]) -> Vec<u8> {
    film(&[way, more].concat(), if way == VP9 { "webm" } else { "mkv" })
}

/// Where the element with this id begins: the last one before `before`.
fn last_before(film: &[u8], id: &[u8], before: usize) -> usize {
    film[..before].windows(id.len()).rposition(|w| w == id).unwrap()
}

const CLUSTER: &[u8] = &[0x1f, 0x43, 0xb6, 0x75];
const CUES: &[u8] = &[0x1c, 0x53, 0xbb, 0x6b];

/// A film of key frames every second is credited second by second as its bytes are sent.
fn credits_by_bytes(film: &[u8], reading: &Reading) {
    let (size, ms) = (film.len() as u64, reading.facts.duration_ms.unwrap());
    let all = |sent| credited(reading, &[sent], film.len());
    assert_eq!(all(0..size), [(0, ms)]);
    let first = film.windows(4).position(|w| w == CLUSTER).unwrap() as u64;
    assert_eq!(all(0..first), [], "what comes before the media shows nothing");
    let last = last_before(film, CLUSTER, film.len()) as u64;
    assert!(
        matches!(all(0..last)[..], [(0, 1_000..=2_000)]),
        "all but the last cluster: {:?}",
        all(0..last)
    );
}

#[test]
fn cues_tell_which_bytes_hold_which_time_before_the_media_or_behind_them() {
    let front = ["-cues_to_front", "1", "-reserve_index_space", "10000", "-f", "matroska"];
    for more in [&["-g", "25"][..], &[&["-g", "25"][..], &front].concat()] {
        let film = with(&H264, more);
        let reading = reading(&film, "mkv");
        lasts(&reading, 3_000);
        credits_by_bytes(&film, &reading);
    }
}

/// One cluster a second.
const SHORT: [&str; 4] = ["-g", "25", "-cluster_time_limit", "1000"];

#[test]
fn without_cues_the_clusters_tell() {
    let mut film = with(&H264, &SHORT);
    let cues = last_before(&film, CUES, film.len());
    // A program that was stopped never wrote them: what stands there is filler.
    film[cues..cues + 4].copy_from_slice(&[0x1c, 0x53, 0xbb, 0x6c]);
    let reading = reading(&film, "mkv");
    lasts(&reading, 3_000);
    credits_by_bytes(&film, &reading);
}

#[test]
fn a_recording_that_was_never_closed_says_by_its_last_picture_how_long_it_is() {
    for (way, ending) in [(&H264[..], "mkv"), (&VP9, "webm")] {
        let live = with(way, &[&SHORT[..], &["-live", "1"]].concat());
        let reading = reading(&live, ending);
        lasts(&reading, 3_000);
        assert_eq!(reading.cut, None);
        credits_by_bytes(&live, &reading);
    }
}

#[test]
fn clusters_that_do_not_say_how_long_they_are_are_found() {
    let mut live = with(&VP9, &[&SHORT[..], &["-live", "1"]].concat());
    let found = live.windows(4).enumerate().filter(|(_, w)| *w == CLUSTER);
    let places: Vec<usize> = found.map(|(at, _)| at + 4).collect();
    assert!(places.len() >= 3);
    for at in places {
        // As browsers record: a length that is all ones behind the mark of its width.
        let width = live[at].leading_zeros();
        live[at] = 0xff >> width;
        live[at + 1..=at + width as usize].fill(0xff);
    }
    let reading = reading(&live, "webm");
    lasts(&reading, 3_000);
    let sent = [0..live.len() as u64];
    assert_eq!(
        credited(&reading, &sent, live.len()),
        [(0, reading.facts.duration_ms.unwrap())]
    );
}

#[test]
fn the_codecs_tell_their_profile_level_and_depth() {
    let deep = ["-pix_fmt", "yuv420p10le", "-g", "25"];
    let hevc = [
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=error",
    ];
    let cases: [(&[&str], &str, (u8, u8)); 4] = [
        (&hevc, "hevc", (2, 10)),
        (&["-c:v", "libx264", "-preset", "ultrafast"], "h264", (110, 10)),
        (
            &["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"],
            "vp9",
            (2, 10),
        ),
        (&["-c:v", "libsvtav1", "-preset", "12"], "av1", (0, 10)),
    ];
    for (codec, name, told) in cases {
        for ending in ["mkv", "mp4"] {
            let reading = reading(&film(&[codec, &deep, &["-an"]].concat(), ending), ending);
            let picture = picture(&reading);
            assert_eq!(picture.codec, name);
            assert_eq!(
                (picture.profile, picture.bit_depth),
                (Some(told.0), Some(told.1)),
                "{name} in {ending}"
            );
            assert_eq!((picture.width, picture.height), (320, 180));
            assert!(picture.level.is_some() || name == "vp9", "{name} in {ending}");
        }
    }
}

#[test]
fn old_codecs_have_the_names_that_the_verdict_knows() {
    let cases: [(&[&str], &str, &str); 4] = [
        (&["-c:v", "msmpeg4", "-c:a", "pcm_s16le"], "msmpeg4v3", "pcm_s16le"),
        (&["-c:v", "libtheora", "-c:a", "libvorbis"], "theora", "vorbis"),
        (&["-c:v", "mpeg1video", "-c:a", "mp2"], "mpeg1video", "mp2"),
        (&["-c:v", "mjpeg", "-c:a", "dca", "-strict", "-2"], "mjpeg", "dts"),
    ];
    for (way, video, audio) in cases {
        let reading = reading(&film(way, "mkv"), "mkv");
        assert_eq!((picture(&reading).codec.as_str(), heard(&reading).0), (video, audio));
    }
    let sound = sound(&["-c:a", "flac", "-ar", "48000"], "mka");
    assert_eq!(heard(&reading(&sound, "mka")), ("flac", 1, 48_000));
}

#[test]
fn any_lie_and_any_cut_is_survived() {
    for film in [with(&VP9, &SHORT), with(&H264, &["-live", "1"])] {
        survives_lies(&film, "mkv");
        survives_cuts(&film, "mkv");
        assert_eq!(
            damage(b"RIFF and not EBML at all", "mkv"),
            media_index::Damage::NotWhatItsNameSays
        );
    }
}
