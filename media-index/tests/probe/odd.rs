//! Films as cameras, recorders and converters really write them, held against ffprobe's word: what is in them, and how
//! long they play.

use std::path::Path;
use std::process::Command;

use media_index::probe::Reading;

use crate::film::reading;

/// As far apart as two readers may be about one film: 40 ms of a picture, and 2 % where nobody wrote the length down.
const APART_MS: u64 = 120;

/// Ending, and what ffmpeg is told beside the two inputs: four seconds of picture (320×240, 25 a second) and of sound.
type Case = (&'static str, &'static [&'static str]);

const FILMS: [Case; 26] = [
    // Beginnings that are not shown, sound that begins later, pictures that come when they like.
    ("mov", &["-ss", "1.3", "-c:v", "libx264", "-g", "100", "-c:a", "aac"]),
    (
        "mp4",
        &["-c:v", "libx264", "-bf", "3", "-c:a", "aac", "-af", "adelay=700"],
    ),
    (
        "mp4",
        &[
            "-vf",
            "select='not(mod(n,3))+lt(n,20)'",
            "-fps_mode",
            "vfr",
            "-c:v",
            "libx264",
            "-c:a",
            "aac",
        ],
    ),
    (
        "mkv",
        &[
            "-vf",
            "select='not(mod(n,3))+lt(n,20)'",
            "-fps_mode",
            "vfr",
            "-c:v",
            "libx264",
            "-c:a",
            "aac",
        ],
    ),
    (
        "mp4",
        &[
            "-c:v",
            "libx264",
            "-c:a",
            "aac",
            "-movflags",
            "frag_keyframe+empty_moov",
            "-g",
            "30",
        ],
    ),
    // What new phones write.
    (
        "mp4",
        &[
            "-c:v",
            "libx265",
            "-x265-params",
            "log-level=error",
            "-pix_fmt",
            "yuv420p10le",
            "-tag:v",
            "hvc1",
            "-c:a",
            "aac",
        ],
    ),
    (
        "mkv",
        &[
            "-c:v",
            "libx265",
            "-x265-params",
            "log-level=error",
            "-pix_fmt",
            "yuv422p10le",
            "-c:a",
            "flac",
        ],
    ),
    (
        "webm",
        &[
            "-c:v",
            "libvpx-vp9",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-c:a",
            "libopus",
        ],
    ),
    (
        "mov",
        &["-c:v", "prores_ks", "-c:a", "pcm_s24le", "-timecode", "10:00:00:00"],
    ),
    // Sound of other kinds, several tracks.
    ("mp4", &["-c:v", "libx264", "-c:a", "alac"]),
    ("mp4", &["-c:v", "libx264", "-c:a", "libopus"]),
    (
        "mkv",
        &[
            "-c:v", "libx264", "-c:a", "ac3", "-ac", "6", "-map", "0:v", "-map", "1:a", "-map", "1:a",
        ],
    ),
    ("mkv", &["-c:v", "mpeg4", "-c:a", "pcm_s16le", "-write_crc32", "0"]),
    // Cameras and converters of twenty years.
    (
        "avi",
        &[
            "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-c:a", "pcm_u8", "-ar", "11025",
        ],
    ),
    (
        "avi",
        &["-c:v", "libx264", "-bf", "2", "-c:a", "libmp3lame", "-q:a", "3"],
    ),
    ("avi", &["-c:v", "msmpeg4v2", "-c:a", "adpcm_ms"]),
    ("asf", &["-c:v", "msmpeg4", "-c:a", "wmav1"]),
    ("wmv", &["-c:v", "wmv1", "-c:a", "wmav2", "-ar", "22050"]),
    ("3gp", &["-c:v", "h263", "-s", "352x288", "-c:a", "aac"]),
    (
        "flv",
        &["-c:v", "libx264", "-c:a", "aac", "-flvflags", "no_duration_filesize"],
    ),
    (
        "flv",
        &["-c:v", "flv1", "-c:a", "libmp3lame", "-flvflags", "no_metadata"],
    ),
    ("mpg", &["-target", "pal-vcd"]),
    ("mpg", &["-target", "ntsc-svcd"]),
    ("vob", &["-target", "pal-dvd"]),
    (
        "ts",
        &[
            "-c:v",
            "libx264",
            "-c:a",
            "aac",
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-map",
            "1:a",
            "-program",
            "st=2",
            "-program",
            "st=0:st=1",
        ],
    ),
    ("ogv", &["-c:v", "libtheora", "-c:a", "libvorbis", "-r", "12.5"]),
];

const SOUNDS: [Case; 14] = [
    ("mov", &["-c:a", "pcm_s16le", "-ar", "96000"]),
    ("mov", &["-c:a", "pcm_f32le", "-ac", "4"]),
    ("mp4", &["-c:a", "aac"]),
    ("m4a", &["-c:a", "alac", "-ar", "96000"]),
    ("wav", &["-c:a", "pcm_s16le", "-rf64", "always"]),
    ("wav", &["-c:a", "pcm_f32le", "-ac", "6"]),
    ("wav", &["-c:a", "pcm_mulaw", "-ar", "8000"]),
    ("flac", &["-c:a", "flac", "-sample_fmt", "s32", "-ar", "96000"]),
    ("opus", &["-c:a", "libopus", "-frame_duration", "60"]),
    ("ogg", &["-c:a", "flac"]),
    ("mp3", &["-c:a", "libmp3lame", "-b:a", "8k", "-ar", "11025"]),
    ("mp3", &["-c:a", "libmp3lame", "-abr", "1", "-b:a", "96k"]),
    ("mka", &["-c:a", "eac3"]),
    ("wma", &["-c:a", "wmav2", "-b:a", "32k", "-ar", "16000"]),
];

fn make(path: &Path, way: &[&str], has_picture: bool) {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error"]);
    if has_picture {
        ffmpeg.args(["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=4"]);
    }
    ffmpeg.args(["-f", "lavfi", "-i", "sine=sample_rate=44100:duration=4"]);
    let made = ffmpeg.args(way).arg(path).status();
    assert!(made.expect("ffmpeg is needed for these tests").success(), "{way:?}");
}

/// The second opinion.
fn told(path: &Path) -> serde_json::Value {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-show_format", "-show_streams", "-of", "json"])
        .arg(path)
        .output()
        .unwrap();
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The first stream of a kind, of the first programme if there are several.
fn stream<'a>(told: &'a serde_json::Value, kind: &str) -> Option<&'a serde_json::Value> {
    told["streams"]
        .as_array()?
        .iter()
        .find(|stream| stream["codec_type"] == kind)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds of a short film"
)]
fn ms(seconds: &serde_json::Value) -> u64 {
    (seconds.as_str().unwrap().parse::<f64>().unwrap() * 1000.0) as u64
}

fn agrees(found: &Reading, told: &serde_json::Value, what: &str) {
    assert_eq!(found.cut, None, "{what}");
    let facts = &found.facts;
    let (ours, theirs) = (facts.duration_ms.unwrap_or(0), ms(&told["format"]["duration"]));
    let start = told["format"]["start_time"]
        .as_str()
        .map_or(0, |_| ms(&told["format"]["start_time"]));
    assert!(
        ours.abs_diff(theirs) <= APART_MS + theirs / 50 || ours.abs_diff(theirs + start) <= APART_MS,
        "{what}: {ours} ms, ffprobe says {theirs} from {start}"
    );
    let audio = stream(told, "audio");
    let ours = facts.audio.as_ref().map(|audio| {
        let rate = audio.sample_rate.to_string();
        (audio.codec.clone(), u64::from(audio.channels), rate)
    });
    let theirs = audio.map(|audio| {
        let text = |key: &str| audio[key].as_str().unwrap_or_default().to_owned();
        (
            text("codec_name"),
            audio["channels"].as_u64().unwrap(),
            text("sample_rate"),
        )
    });
    assert_eq!(ours, theirs, "{what}: sound");
    let ours = facts
        .video
        .as_ref()
        .map(|video| (video.codec.as_str(), u64::from(video.width), u64::from(video.height)));
    let theirs = stream(told, "video").map(|video| {
        let number = |key: &str| video[key].as_u64().unwrap();
        (video["codec_name"].as_str().unwrap(), number("width"), number("height"))
    });
    assert_eq!(ours, theirs, "{what}: picture");
}

fn all_agree(cases: &[Case], has_picture: bool) {
    let folder = tempfile::tempdir().unwrap();
    for (n, (ending, way)) in cases.iter().enumerate() {
        let path = folder.path().join(format!("{n}.{ending}"));
        make(&path, way, has_picture);
        let film = std::fs::read(&path).unwrap();
        agrees(
            &reading(&film, ending),
            &told(&path),
            &format!("{ending} {}", way.join(" ")),
        );
    }
}

#[test]
fn films_are_read_as_another_program_reads_them() {
    all_agree(&FILMS, true);
}

#[test]
fn sounds_are_read_as_another_program_reads_them() {
    all_agree(&SOUNDS, false);
}

#[test]
fn what_was_written_into_a_pipe_has_no_index_and_is_read_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let ways: [(&str, &[&str]); 2] = [
        ("matroska", &["-c:v", "libx264", "-c:a", "aac"]),
        (
            "webm",
            &[
                "-c:v",
                "libvpx",
                "-deadline",
                "realtime",
                "-c:a",
                "libopus",
                "-live",
                "1",
            ],
        ),
    ];
    for (container, way) in ways {
        let out = Command::new("ffmpeg")
            .args([
                "-v",
                "error",
                "-f",
                "lavfi",
                "-i",
                "testsrc2=size=320x240:rate=25:duration=4",
            ])
            .args(["-f", "lavfi", "-i", "sine=sample_rate=44100:duration=4"])
            .args(way)
            .args(["-f", container, "pipe:1"])
            .output()
            .unwrap();
        let ending = if container == "matroska" { "mkv" } else { container };
        let path = folder.path().join("film").with_extension(ending);
        std::fs::write(&path, &out.stdout).unwrap();
        let found = reading(&out.stdout, ending);
        let length = found.facts.duration_ms.unwrap_or(0);
        assert!(length.abs_diff(4_000) <= 200, "{container}: {length} ms");
        let told = told(&path);
        let codec = stream(&told, "video").map(|video| video["codec_name"].as_str().unwrap());
        assert_eq!(
            found.facts.video.as_ref().map(|video| video.codec.as_str()),
            codec,
            "{container}"
        );
    }
}

#[test]
fn a_picture_on_the_sleeve_is_no_film() {
    let folder = tempfile::tempdir().unwrap();
    let cover = folder.path().join("cover.png");
    let noise = "nullsrc=size=1200x1200,geq=random(1)*255:128:128";
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", noise, "-frames:v", "1"])
        .arg(&cover)
        .status();
    assert!(made.unwrap().success());
    for (ending, way) in [
        ("flac", &["-c:a", "flac"][..]),
        ("mp3", &["-c:a", "libmp3lame"]),
        ("m4a", &["-c:a", "aac"]),
    ] {
        let path = folder.path().join("song").with_extension(ending);
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", "sine=duration=4", "-i"])
            .arg(&cover)
            .args([
                "-map",
                "0",
                "-map",
                "1",
                "-c:v",
                "copy",
                "-disposition:v",
                "attached_pic",
            ])
            .args(way)
            .arg(&path)
            .status();
        assert!(made.unwrap().success(), "{ending}");
        let song = std::fs::read(&path).unwrap();
        assert!(song.len() > 1_000_000, "{ending}: the cover is in it");
        let found = reading(&song, ending);
        assert_eq!(found.facts.video, None, "{ending}");
        let length = found.facts.duration_ms.unwrap_or(0);
        assert!(length.abs_diff(4_000) <= 150, "{ending}: {length} ms");
        let heard = found.facts.map.media_for(&[0..500_000], song.len() as u64, length);
        assert!(
            ending == "m4a" || heard.is_empty(),
            "{ending}: the cover was heard: {heard:?}"
        );
    }
}
