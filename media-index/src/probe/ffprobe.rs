//! A second pair of eyes, when it is there: ffprobe for containers that have no reader here.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::{AudioTrack, Damage, Facts, VideoTrack};

/// A probe of a good file takes a tenth of a second; `timeout` ends one that hangs.
const SECONDS: &str = "20";
const OUTPUT_LIMIT: u64 = 1 << 20;

/// Where ffprobe lies, if it is installed.
pub fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join("ffprobe"))
        .find(|program| program.is_file())
}

#[derive(Deserialize, Default)]
struct Report {
    #[serde(default)]
    streams: Vec<Stream>,
    format: Option<Format>,
}

#[derive(Deserialize)]
struct Format {
    duration: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    codec_type: Option<String>,
    codec_name: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    channels: Option<u16>,
    sample_rate: Option<String>,
    bits_per_raw_sample: Option<String>,
}

pub(super) fn probe(program: &Path, file: &Path, size: u64) -> Result<Facts, Damage> {
    let report = run(program, file).map_err(|error| super::unreadable(&error))?;
    let of = |kind: &str| report.streams.iter().find(|s| s.codec_type.as_deref() == Some(kind));
    let (video, audio) = (of("video").map(video), of("audio").map(audio));
    if video.is_none() && audio.is_none() {
        return Err(Damage::NoStreams);
    }
    let seconds = report.format.and_then(|f| f.duration?.parse::<f64>().ok());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is cast saturates"
    )]
    let duration_ms = seconds
        .filter(|s| *s > 0.0 && *s < 1e9)
        .map(|s| (s * 1000.0).round() as u64);
    Ok(Facts {
        duration_ms,
        bitrate: duration_ms.map(|ms| size.saturating_mul(8_000) / ms.max(1)),
        video,
        audio,
        ..Facts::default()
    })
}

/// The path is passed as a `file:` address, so that a name beginning with a dash or naming a protocol stays a name.
fn run(program: &Path, file: &Path) -> std::io::Result<Report> {
    let mut address = std::ffi::OsString::from("file:");
    address.push(file);
    let mut child = Command::new("timeout")
        .arg(SECONDS)
        .arg("nice")
        .arg(program)
        .args([
            "-v",
            "error",
            "-protocol_whitelist",
            "file",
            "-print_format",
            "json",
            "-show_format",
            "-show_streams",
            "-i",
        ])
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(OUTPUT_LIMIT).read_to_end(&mut output)?;
    }
    child.wait()?;
    Ok(serde_json::from_slice(&output).unwrap_or_default())
}

fn video(stream: &Stream) -> VideoTrack {
    VideoTrack {
        codec: stream.codec_name.clone().unwrap_or_default(),
        bit_depth: stream.bits_per_raw_sample.as_deref().and_then(|bits| bits.parse().ok()),
        width: stream.width.unwrap_or(0),
        height: stream.height.unwrap_or(0),
        ..VideoTrack::default()
    }
}

fn audio(stream: &Stream) -> AudioTrack {
    AudioTrack {
        codec: stream.codec_name.clone().unwrap_or_default(),
        channels: stream.channels.unwrap_or(0),
        sample_rate: stream
            .sample_rate
            .as_deref()
            .and_then(|rate| rate.parse().ok())
            .unwrap_or(0),
    }
}
