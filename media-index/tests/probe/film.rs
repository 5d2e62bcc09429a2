//! Films for the probes, and the questions that all of them are asked.

use std::fs;
use std::io;
use std::ops::Range;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use media_index::probe::{Content, Inspected, Reading, Source, inspect, read};
use media_index::{AudioTrack, Damage, VideoTrack};

/// Three seconds of picture (320×180, 25 a second) and of sound (mono, 44,100 Hz), put into a file in this way.
pub fn film(way: &[&str], ending: &str) -> Vec<u8> {
    made(
        &["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3"],
        way,
        ending,
    )
}

/// Sound alone.
pub fn sound(way: &[&str], ending: &str) -> Vec<u8> {
    made(&[], way, ending)
}

fn made(picture: &[&str], way: &[&str], ending: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film").with_extension(ending);
    let made = Command::new("ffmpeg")
        .args(["-v", "error"])
        .args(picture)
        .args(["-f", "lavfi", "-i", "sine=duration=3"])
        .args(way)
        .arg(&path)
        .status();
    assert!(made.expect("ffmpeg is needed for these tests").success());
    fs::read(path).unwrap()
}

/// H.264 that every phone decodes, with AAC.
pub const H264: [&str; 10] = [
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-pix_fmt",
    "yuv420p",
    "-profile:v",
    "baseline",
    "-c:a",
    "aac",
];

pub fn reading(film: &[u8], ending: &str) -> Reading {
    match inspect(&film, film.len() as u64, ending) {
        Ok(Inspected::Read(_, reading)) => reading,
        other => panic!("{ending}: {other:?}"),
    }
}

pub fn damage(film: &[u8], ending: &str) -> Damage {
    inspect(&film, film.len() as u64, ending).expect_err("it is damaged")
}

/// The length is right to a tenth of a second, as much as the writers themselves differ.
pub fn lasts(reading: &Reading, ms: u64) {
    let told = reading.facts.duration_ms.unwrap();
    assert!(told.abs_diff(ms) <= 100, "{told} ms instead of {ms}");
}

pub fn picture(reading: &Reading) -> &VideoTrack {
    reading.facts.video.as_ref().unwrap()
}

/// Codec, channels and samples per second.
pub type Heard<'a> = (&'a str, u16, u32);

pub fn heard(reading: &Reading) -> Heard<'_> {
    let AudioTrack {
        codec,
        channels,
        sample_rate,
    } = reading.facts.audio.as_ref().unwrap();
    (codec, *channels, *sample_rate)
}

/// What was sent of a film, and which of its seconds count.
pub fn credited(reading: &Reading, sent: &[Range<u64>], size: usize) -> Vec<(u64, u64)> {
    let ms = reading.facts.duration_ms.unwrap();
    reading.facts.map.media_for(sent, size as u64, ms)
}

/// Whatever four bytes of the first thousands are turned into a huge number or into nothing: an answer, no panic.
pub fn survives_lies(film: &[u8], ending: &str) {
    for at in (0..film.len().min(2_500).saturating_sub(4)).step_by(5) {
        for lie in [[0xff; 4], [0; 4], [0x7f, 0xff, 0xff, 0xf0]] {
            let mut film = film.to_vec();
            film[at..at + 4].copy_from_slice(&lie);
            drop(read(&Source::new(&film.as_slice(), film.len() as u64), ending));
        }
    }
}

/// Wherever the copy stopped: an answer, no panic.
pub fn survives_cuts(film: &[u8], ending: &str) {
    for end in (0..film.len()).step_by(film.len() / 200 + 1).chain(1..300) {
        let part = &film[..end.min(film.len())];
        drop(read(&Source::new(&part, part.len() as u64), ending));
    }
}

/// A file of any size with a beginning, an end and nothing between; it counts the bytes that are read.
pub struct Long<'a> {
    pub head: &'a [u8],
    pub tail: &'a [u8],
    pub size: u64,
    pub read: AtomicU64,
}

impl Long<'_> {
    fn byte(&self, at: u64) -> u8 {
        let tail = (self.size - self.tail.len() as u64..self.size).contains(&at);
        let of = |bytes: &[u8], at: u64| usize::try_from(at).ok().and_then(|at| bytes.get(at).copied());
        let from = if tail {
            of(self.tail, at + self.tail.len() as u64 - self.size)
        } else {
            of(self.head, at)
        };
        from.unwrap_or(0)
    }
}

impl Content for Long<'_> {
    fn read_exact_at(&self, to: &mut [u8], at: u64) -> io::Result<()> {
        self.read.fetch_add(to.len() as u64, Ordering::Relaxed);
        for (byte, at) in to.iter_mut().zip(at..) {
            *byte = self.byte(at);
        }
        Ok(())
    }
}
