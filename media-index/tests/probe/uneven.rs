//! Films and sounds whose second half takes many times the bytes of the first: the map is held against where ffprobe sees
//! the packets lie.

use std::fs;
use std::path::Path;
use std::process::Command;

use media_index::TimeMap;
use media_index::probe::Reading;

use crate::film::{credited, reading};

/// The map may promise so much that was not sent: half a second of uneven pace, and what lies between two packets.
const LONG_MS: u64 = 700;
/// It may withhold so much that was: two entries of a second, cut by the border of what was sent, and the same half second.
const SHORT_MS: u64 = 2_700;
/// What a map that ran evenly would be wrong by at least, so that the test can tell.
const EVEN_MS: u64 = 4_000;

/// Twenty seconds of black and silence, then twenty of noise.
fn uneven(way: &[&str], ending: &str) -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film").with_extension(ending);
    let picture = "color=black:size=160x120:rate=25:duration=20[a];\
                   color=gray:size=160x120:rate=25:duration=20,noise=alls=90:allf=t[b];\
                   [a][b]concat=n=2,format=yuv420p";
    let sound = "aevalsrc='gt(t,20)*(random(0)-0.5)':sample_rate=44100:duration=40";
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error"]);
    if !way.contains(&"-vn") {
        ffmpeg.args(["-f", "lavfi", "-i", picture]);
    }
    let made = ffmpeg.args(["-f", "lavfi", "-i", sound]).args(way).arg(&path).status();
    assert!(made.expect("ffmpeg is needed for these tests").success(), "{way:?}");
    let film = fs::read(&path).unwrap();
    (folder, film)
}

/// A packet by ffprobe's word: when it is shown, until when, and where it begins.
struct Packet {
    from_ms: f64,
    until_ms: f64,
    at: u64,
}

/// The packets of a stream, in the order of the file, with times from the file's beginning.
fn packets(path: &Path, stream: &str, start_ms: f64) -> Vec<Packet> {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", stream])
        .args(["-show_entries", "packet=pts_time,duration_time,pos", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let mut packets: Vec<Packet> = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        // Of the packets that one place holds only the first has it.
        let [pts, lasts, at, ..] = fields[..] else { continue };
        let (Ok(pts), Ok(at)) = (pts.parse::<f64>(), at.parse()) else {
            continue;
        };
        let from_ms = pts * 1000.0 - start_ms;
        let lasts = lasts.parse().unwrap_or(0.0) * 1000.0;
        packets.push(Packet {
            from_ms,
            until_ms: from_ms + lasts,
            at,
        });
    }
    packets
}

fn start_ms(path: &Path) -> f64 {
    let out = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "format=start_time", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .unwrap();
    String::from_utf8(out.stdout).unwrap().trim().parse().unwrap_or(0.0) * 1000.0
}

/// When the first thing is shown that does not lie whole before byte `to`: a packet ends where its stream's next begins.
fn shown_before(streams: &[Vec<Packet>], to: u64, size: u64) -> f64 {
    let missing = streams.iter().flat_map(|packets| {
        let ends = packets.iter().skip(1).map(|next| next.at).chain([size]);
        let with_ends = packets.iter().zip(ends);
        with_ends
            .filter(move |(_, end)| *end > to)
            .map(|(packet, _)| packet.from_ms)
    });
    missing.fold(f64::INFINITY, f64::min)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds of a minute"
)]
fn whole(ms: f64) -> u64 {
    ms.clamp(0.0, 1e6) as u64
}

/// Of the first so many bytes the map credits what lies there by ffprobe's word.
fn is_true(path: &Path, film: &[u8], found: &Reading, what: &str) {
    let (size, ms) = (film.len() as u64, found.facts.duration_ms.unwrap());
    let start = start_ms(path);
    let shown = [
        ("a:0", found.facts.audio.is_some()),
        ("v:0", found.facts.video.is_some()),
    ];
    let shown = shown.into_iter().filter(|(_, is_there)| *is_there);
    let streams: Vec<Vec<Packet>> = shown.map(|(name, _)| packets(path, name, start)).collect();
    for packets in &streams {
        assert!(packets.len() > 20, "{what}: {}", packets.len());
    }
    let last = streams
        .iter()
        .flatten()
        .map(|packet| packet.until_ms)
        .fold(0.0, f64::max);
    assert!(ms.abs_diff(whole(last)) <= 400, "{what}: {ms} ms, of {last}");
    let mut even_is_wrong = 0;
    for part in 1..=40 {
        let to = size * part / 40;
        let there = whole(shown_before(&streams, to, size)).min(ms);
        let pieces = credited(found, &[0..to], film.len());
        let told: u64 = pieces.iter().map(|(from, to)| to - from).sum();
        assert!(told <= there + LONG_MS, "{what}: {told} ms of {there} in {part}/40");
        assert!(told + SHORT_MS >= there, "{what}: {told} ms of {there} in {part}/40");
        let even = TimeMap::default().media_for(&[0..to], size, ms);
        even_is_wrong = even_is_wrong.max(even.iter().map(|(from, to)| to - from).sum::<u64>().abs_diff(there));
    }
    assert!(
        even_is_wrong >= EVEN_MS,
        "{what}: an even map is wrong by {even_is_wrong} ms only"
    );
}

/// A stretch out of the middle of the bytes credits what is shown from it, and nothing else.
fn a_part_is_true(film: &[u8], found: &Reading, what: &str) {
    let size = film.len() as u64;
    let upto = |to: u64| credited(found, &[0..to], film.len()).last().map_or(0, |piece| piece.1);
    for (from, to) in [(size / 3, size / 2), (size / 50, size / 2), (size / 2, size)] {
        let pieces = credited(found, &[from..to], film.len());
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
            panic!("{what}: nothing of {from}..{to}")
        };
        assert!(first.0 + 500 >= upto(from), "{what}: {pieces:?} begins before {from}");
        assert!(last.1 <= upto(to), "{what}: {pieces:?} goes on beyond {to}");
    }
}

fn holds(way: &[&str], ending: &str) {
    let (folder, film) = uneven(way, ending);
    let what = format!("{ending} {}", way.join(" "));
    let found = reading(&film, ending);
    is_true(&folder.path().join("film").with_extension(ending), &film, &found, &what);
    a_part_is_true(&film, &found, &what);
}

const X264: [&str; 8] = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-g", "50"];

#[test]
fn transport_streams() {
    holds(&[&X264[..], &["-c:a", "aac"]].concat(), "ts");
    holds(
        &[&X264[..], &["-c:a", "ac3", "-mpegts_m2ts_mode", "1"]].concat(),
        "m2ts",
    );
    holds(&["-c:v", "mpeg2video", "-q:v", "12", "-c:a", "mp2"], "ts");
    holds(&["-vn", "-c:a", "aac"], "ts");
}

#[test]
fn program_streams() {
    holds(&["-c:v", "mpeg2video", "-q:v", "12", "-c:a", "mp2"], "mpg");
    holds(&["-c:v", "mpeg2video", "-q:v", "12", "-bf", "2", "-c:a", "ac3"], "vob");
}

#[test]
fn ogg() {
    holds(&["-c:v", "libtheora", "-q:v", "5", "-c:a", "libvorbis"], "ogv");
    holds(&["-vn", "-c:a", "libvorbis"], "ogg");
    holds(&["-vn", "-c:a", "libopus", "-b:a", "96k", "-vbr", "on"], "opus");
}

#[test]
fn flac() {
    holds(&["-vn", "-c:a", "flac"], "flac");
    holds(&["-vn", "-c:a", "flac", "-ar", "8000", "-ac", "1"], "flac");
}

#[test]
fn bare_frames() {
    holds(&["-vn", "-c:a", "aac", "-b:a", "128k"], "aac");
    for way in [&["-q:a", "4"][..], &["-q:a", "4", "-write_xing", "0"]] {
        holds(&[&["-vn", "-c:a", "libmp3lame"], way].concat(), "mp3");
    }
}

/// Flash without a list of key frames.
#[test]
fn flash() {
    holds(&[&X264[..], &["-c:a", "aac"]].concat(), "flv");
    holds(&["-c:v", "flv", "-q:v", "12", "-c:a", "libmp3lame"], "flv");
}

/// As it is when it was cut off from a broadcast, or when its index did not come along.
#[test]
fn windows_media_without_its_index() {
    let index = b"\x90\x08\x00\x33\xB1\xE5\xCF\x11\x89\xF4\x00\xA0\xC9\x03\x49\xCB";
    let pictures = ["-c:v", "wmv2", "-q:v", "12", "-c:a", "wmav2"];
    let (folder, mut film) = uneven(&pictures, "wmv");
    let path = folder.path().join("film.wmv");
    let by_index = reading(&film, "wmv").facts;
    let at = film.windows(16).position(|window| window == index).unwrap();
    film.truncate(at);
    fs::write(&path, &film).unwrap();
    let found = reading(&film, "wmv");
    assert_ne!(found.facts.map, by_index.map);
    is_true(&path, &film, &found, "wmv without its index");
    a_part_is_true(&film, &found, "wmv without its index");
}

/// From a pipe, where nobody went back to write lengths and an index; and a film whose index nobody knows.
#[test]
fn avi_without_its_index() {
    let ways: [&[&str]; 3] = [
        &["-c:v", "mpeg4", "-q:v", "12", "-c:a", "libmp3lame"],
        &["-c:v", "mjpeg", "-q:v", "12", "-c:a", "pcm_s16le"],
        &["-vn", "-c:a", "libmp3lame", "-q:a", "4"],
    ];
    for way in ways {
        let (folder, film) = uneven(way, "avi");
        let path = folder.path().join("film.avi");
        let index = film.windows(4).rposition(|name| name == b"idx1").unwrap();
        let (from_pipe, mut unnamed) = (piped(&path), film);
        unnamed[index..][..4].copy_from_slice(b"JUNK");
        for without in [unnamed, from_pipe] {
            fs::write(&path, &without).unwrap();
            let found = reading(&without, "avi");
            is_true(&path, &without, &found, &format!("{way:?}"));
            a_part_is_true(&without, &found, &format!("{way:?}"));
        }
    }
}

/// The same film as ffmpeg writes it where it cannot go back.
fn piped(path: &Path) -> Vec<u8> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(path);
    let out = ffmpeg.args(["-c", "copy", "-f", "avi", "pipe:1"]).output().unwrap();
    assert!(out.status.success());
    out.stdout
}

/// ffmpeg writes no index behind the packets; of sound it writes no times either.
#[test]
fn real_media() {
    holds(&["-an", "-c:v", "rv20", "-q:v", "12"], "rm");
    let (_folder, film) = uneven(
        &[
            "-c:v", "rv20", "-q:v", "12", "-c:a", "real_144", "-ar", "8000", "-ac", "1",
        ],
        "rm",
    );
    a_part_is_true(&film, &reading(&film, "rm"), "rm with sound without times");
}
