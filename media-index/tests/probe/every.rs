//! Films and sounds made by ffmpeg in every container that has a reader here, and what is wrong with files in the field.
//! What is expected is what ffmpeg was told to make.

use std::fs;
use std::process::Command;

use media_index::probe::{Inspected, Reading, inspect};
use media_index::{Damage, Kind};

/// Three seconds of picture (160×120, 25 pictures a second) and sound (mono, 44.1 kHz), coded and packed in this way.
fn made(ending: &str, way: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film").with_extension(ending);
    let picture = ["-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=3"];
    let sound = ["-f", "lavfi", "-i", "sine=sample_rate=44100:duration=3"];
    let title = ["-metadata", "title=春耕"];
    let mut ffmpeg = Command::new("ffmpeg");
    let made = ffmpeg
        .args(["-v", "error"])
        .args(picture)
        .args(sound)
        .args(way)
        .args(title)
        .arg(&path);
    assert!(
        made.status().expect("ffmpeg is needed for these tests").success(),
        "{ending} {way:?}"
    );
    fs::read(path).unwrap()
}

fn look(bytes: &[u8], ending: &str) -> Result<(Kind, Reading), Damage> {
    match inspect(&bytes, bytes.len() as u64, ending)? {
        Inspected::Read(kind, reading) => Ok((kind, reading)),
        Inspected::NoReader(_) => panic!("nothing reads {ending}"),
    }
}

/// Ending, how it is made, what picture and what sound is in it.
type Case = (&'static str, &'static [&'static str], &'static str, &'static str);

const FILMS: [Case; 12] = [
    (
        "mp4",
        &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"],
        "h264",
        "aac",
    ),
    ("mov", &["-c:v", "mpeg4", "-c:a", "pcm_s16le"], "mpeg4", "pcm_s16le"),
    ("mkv", &["-c:v", "libx264", "-c:a", "libmp3lame"], "h264", "mp3"),
    ("webm", &["-c:v", "libvpx", "-c:a", "libopus"], "vp8", "opus"),
    ("avi", &["-c:v", "mpeg4", "-c:a", "libmp3lame"], "mpeg4", "mp3"),
    ("ts", &["-c:v", "libx264", "-c:a", "aac"], "h264", "aac"),
    ("mpg", &["-c:v", "mpeg2video", "-c:a", "mp2"], "mpeg2video", "mp2"),
    ("vob", &["-c:v", "mpeg2video", "-c:a", "ac3"], "mpeg2video", "ac3"),
    ("flv", &["-c:v", "flv1", "-c:a", "libmp3lame"], "flv1", "mp3"),
    ("wmv", &["-c:v", "wmv2", "-c:a", "wmav2"], "wmv2", "wmav2"),
    ("rm", &["-c:v", "rv20", "-c:a", "ac3"], "rv20", "ac3"),
    ("ogv", &["-c:v", "libtheora", "-c:a", "libvorbis"], "theora", "vorbis"),
];

const SOUNDS: [Case; 9] = [
    ("mp3", &["-vn", "-c:a", "libmp3lame"], "", "mp3"),
    ("m4a", &["-vn", "-c:a", "aac"], "", "aac"),
    ("aac", &["-vn", "-c:a", "aac"], "", "aac"),
    ("ogg", &["-vn", "-c:a", "libvorbis"], "", "vorbis"),
    ("opus", &["-vn", "-c:a", "libopus"], "", "opus"),
    ("flac", &["-vn", "-c:a", "flac"], "", "flac"),
    ("wav", &["-vn", "-c:a", "pcm_s16le"], "", "pcm_s16le"),
    ("wma", &["-vn", "-c:a", "wmav2"], "", "wmav2"),
    ("mka", &["-vn", "-c:a", "libvorbis"], "", "vorbis"),
];

#[test]
fn every_container_tells_its_length_its_picture_and_its_sound() {
    for (ending, way, picture, sound) in FILMS.iter().chain(&SOUNDS) {
        let (kind, reading) = look(&made(ending, way), ending).unwrap_or_else(|why| panic!("{ending}: {why}"));
        let facts = reading.facts;
        assert_eq!(reading.cut, None, "{ending}");
        assert_eq!(kind == Kind::Film, !picture.is_empty(), "{ending}");
        let length = facts.duration_ms.unwrap_or(0);
        assert!(length.abs_diff(3_000) < 200, "{ending}: {length} ms");
        if let Some(video) = &facts.video {
            assert_eq!(
                (video.codec.as_str(), video.width, video.height),
                (*picture, 160, 120),
                "{ending}"
            );
        }
        let audio = facts.audio.as_ref().map(|audio| (audio.codec.as_str(), audio.channels));
        assert_eq!(audio, Some((*sound, 1)), "{ending}");
    }
}

#[test]
fn titles_are_found_where_the_container_keeps_one() {
    for (ending, way, _, _) in FILMS.iter().chain(&SOUNDS) {
        if matches!(*ending, "ts" | "mpg" | "vob" | "aac" | "rm") {
            continue;
        }
        let (_, reading) = look(&made(ending, way), ending).unwrap();
        assert_eq!(reading.facts.title.as_deref(), Some("春耕"), "{ending}");
    }
}

#[test]
fn half_a_file_is_cut_short_wherever_the_container_tells_its_length() {
    for (ending, way, _, _) in FILMS.iter().chain(&SOUNDS) {
        // A stream of packets, of frames or of sectors is whole wherever it ends.
        if matches!(*ending, "ts" | "mpg" | "vob" | "aac" | "mp3" | "flac") {
            continue;
        }
        let whole = made(ending, way);
        let half = look(&whole[..whole.len() / 2], ending);
        let is_cut = match &half {
            Ok((_, reading)) => reading.cut.is_some(),
            Err(damage) => matches!(damage, Damage::Truncated { .. } | Damage::IndexMissing),
        };
        assert!(is_cut, "{ending}: {half:?}");
    }
}

#[test]
fn rubbish_and_another_container_under_the_name_are_refused() {
    let rubbish: Vec<u8> = (0..20_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2])
        .collect();
    let other = b"%PDF-1.4 and so on, but no film at all".repeat(100);
    for (ending, ..) in FILMS.iter().chain(&SOUNDS) {
        for bytes in [&rubbish[..], &other, b"x"] {
            assert!(look(bytes, ending).is_err(), "{ending}: {} bytes", bytes.len());
        }
        assert_eq!(look(b"", ending), Err(Damage::Empty));
    }
}

#[test]
fn any_byte_may_be_wrong_without_a_panic_and_any_end_may_be_missing() {
    for (ending, way, _, _) in FILMS.iter().chain(&SOUNDS) {
        let film = made(ending, way);
        let head = film.len().min(3_000);
        for at in (0..head).step_by(7).chain((film.len() - head..film.len()).step_by(97)) {
            let mut wrong = film.clone();
            wrong[at] ^= 0xff;
            drop(look(&wrong, ending));
            drop(look(&film[..at], ending));
        }
    }
}

/// Ending, and how ffmpeg makes one picture.
const PICTURES: [(&str, &[&str]); 5] = [
    ("jpg", &["-an", "-frames:v", "1", "-pix_fmt", "yuvj420p"]),
    ("png", &["-an", "-frames:v", "1"]),
    ("gif", &["-an", "-frames:v", "1"]),
    ("bmp", &["-an", "-frames:v", "1"]),
    ("webp", &["-an", "-frames:v", "1", "-c:v", "libwebp"]),
];

#[test]
fn pictures_tell_their_size_and_whether_they_are_whole() {
    for (ending, way) in PICTURES {
        let picture = made(ending, way);
        let (kind, reading) = look(&picture, ending).unwrap();
        let video = reading.facts.video.unwrap();
        assert_eq!(
            (kind, video.width, video.height, reading.cut),
            (Kind::Picture, 160, 120, None),
            "{ending}"
        );
        let (_, half) = look(&picture[..picture.len() / 2], ending).unwrap();
        assert!(
            half.cut.is_some() || ending == "gif",
            "{ending}: a GIF's last byte is any byte"
        );
        assert_eq!(
            look(b"<svg></svg> is something else", ending),
            Err(Damage::NotWhatItsNameSays)
        );
    }
}
