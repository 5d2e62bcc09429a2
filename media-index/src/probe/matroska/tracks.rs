//! What a track entry (RFC 9559 §5.1.4.1) says about picture and sound. Codecs by <https://www.matroska.org/technical/codec_specs.html>.

use super::ebml::{child, children, float, text, uint};
use crate::probe::riff::u16_at;
use crate::probe::{aac, av1, formats, h264, hevc, measure, mpeg4visual, vp9};
use crate::{AudioTrack, Facts, VideoTrack};

const ENTRY: u32 = 0xAE;
const NUMBER: u32 = 0xD7;
const KIND: u32 = 0x83;
const CODEC: u32 = 0x86;
const PRIVATE: u32 = 0x63A2;
const FRAME_NS: u32 = 0x23_E383;
const ENCODINGS: u32 = 0x6D80;
const ENCODING: u32 = 0x6240;
const ENCRYPTION: u32 = 0x5035;
const PICTURE: u32 = 0xE0;
const WIDTH: u32 = 0xB0;
const HEIGHT: u32 = 0xBA;
const PROJECTION: u32 = 0x7670;
const ROLL: u32 = 0x7675;
const SOUND: u32 = 0xE1;
const RATE: u32 = 0xB5;
const RATE_HEARD: u32 = 0x78B5;
const CHANNELS: u32 = 0x9F;
const BITS: u32 = 0x6264;

/// What is needed of a track beyond the facts.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The picture's number, under which its frames lie in the clusters.
    pub(super) picture: Option<u64>,
}

/// Enters the first picture and the first sound of a `Tracks` element.
pub(super) fn read(facts: &mut Facts, content: &[u8]) -> Shown {
    let mut shown = Shown::default();
    for (_, entry) in children(content).filter(|(id, _)| *id == ENTRY) {
        match child(entry, KIND).map(uint) {
            Some(1) if facts.video.is_none() => {
                facts.video = Some(video(entry));
                shown.picture = child(entry, NUMBER).map(uint);
            }
            Some(2) if facts.audio.is_none() => facts.audio = Some(audio(entry)),
            _ => {}
        }
    }
    shown
}

fn video(entry: &[u8]) -> VideoTrack {
    let codec = child(entry, CODEC).map(text).unwrap_or_default();
    let private = child(entry, PRIVATE).unwrap_or_default();
    let settings = child(entry, PICTURE).unwrap_or_default();
    let pixels = |id| u32::try_from(child(settings, id).map_or(0, uint)).unwrap_or(0);
    let told = told(&codec, private).unwrap_or_default();
    let by_header = child(entry, FRAME_NS).and_then(|ns| measure::frame_rate(1_000_000_000, uint(ns)));
    let mut track = VideoTrack {
        codec: video_name(&codec, private),
        width: pixels(WIDTH),
        height: pixels(HEIGHT),
        rotation: rotation(settings),
        frame_rate: by_header.or(told.frame_rate),
        encrypted: is_encrypted(entry),
        ..told
    };
    if (track.width, track.height) == (0, 0) {
        (track.width, track.height) = (told.width, told.height);
    }
    track
}

/// What the codec's own header says.
fn told(codec: &str, private: &[u8]) -> Option<VideoTrack> {
    match codec {
        "V_MPEG4/ISO/AVC" => h264::record(private),
        "V_MPEGH/ISO/HEVC" => hevc::record(private),
        "V_AV1" => av1::in_record(private),
        "V_VP9" => vp9::in_features(private),
        codec if codec.starts_with("V_MPEG4/ISO") => mpeg4visual::in_stream(private),
        _ => None,
    }
}

fn video_name(codec: &str, private: &[u8]) -> String {
    let name = match codec {
        "V_MPEG4/ISO/AVC" => "h264",
        "V_MPEGH/ISO/HEVC" => "hevc",
        "V_VP8" => "vp8",
        "V_VP9" => "vp9",
        "V_AV1" => "av1",
        "V_MPEG1" => "mpeg1video",
        "V_MPEG2" => "mpeg2video",
        "V_MPEG4/MS/V3" => "msmpeg4v3",
        "V_THEORA" => "theora",
        "V_MJPEG" => "mjpeg",
        "V_PRORES" => "prores",
        "V_FFV1" => "ffv1",
        "V_UNCOMPRESSED" => "rawvideo",
        "V_REAL/RV10" => "rv10",
        "V_REAL/RV20" => "rv20",
        "V_REAL/RV30" => "rv30",
        "V_REAL/RV40" => "rv40",
        // The header of a picture as Windows has it: the code stands behind four numbers.
        "V_MS/VFW/FOURCC" => {
            return private
                .get(16..20)
                .and_then(|code| code.try_into().ok())
                .map_or_else(|| codec.into(), formats::picture);
        }
        codec if codec.starts_with("V_MPEG4/ISO") => "mpeg4",
        codec => codec,
    };
    name.to_owned()
}

/// Players turn a picture that was rolled against the clock back with it: quarter turns only.
fn rotation(settings: &[u8]) -> u16 {
    let roll = child(settings, PROJECTION).and_then(|projection| float(child(projection, ROLL)?));
    let turned = (-roll.unwrap_or(0.0)).rem_euclid(360.0);
    [90, 180, 270]
        .into_iter()
        .find(|quarter| (turned - f64::from(*quarter)).abs() < 1.0)
        .unwrap_or(0)
}

fn is_encrypted(entry: &[u8]) -> bool {
    let encodings = children(child(entry, ENCODINGS).unwrap_or_default());
    let mut encodings = encodings.filter(|(id, _)| *id == ENCODING);
    encodings.any(|(_, encoding)| child(encoding, ENCRYPTION).is_some())
}

fn audio(entry: &[u8]) -> AudioTrack {
    let codec = child(entry, CODEC).map(text).unwrap_or_default();
    let private = child(entry, PRIVATE).unwrap_or_default();
    let settings = child(entry, SOUND).unwrap_or_default();
    let rate = |id| child(settings, id).and_then(float).map(hertz).filter(|rate| *rate > 0);
    let bits = child(settings, BITS).map_or(16, uint);
    let track = AudioTrack {
        codec: audio_name(&codec, private, bits),
        channels: u16::try_from(child(settings, CHANNELS).map_or(1, uint)).unwrap_or(0),
        sample_rate: rate(RATE_HEARD).or_else(|| rate(RATE)).unwrap_or(8_000),
    };
    let told = aac::in_config(private).filter(|_| codec == "A_AAC");
    told.unwrap_or(track)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is cast saturates"
)]
fn hertz(rate: f64) -> u32 {
    rate as u32
}

fn audio_name(codec: &str, private: &[u8], bits: u64) -> String {
    let name = match (codec, bits) {
        ("A_OPUS", _) => "opus",
        ("A_VORBIS", _) => "vorbis",
        ("A_EAC3", _) => "eac3",
        ("A_MPEG/L1", _) => "mp1",
        ("A_MPEG/L2", _) => "mp2",
        ("A_MPEG/L3", _) => "mp3",
        ("A_FLAC", _) => "flac",
        ("A_ALAC", _) => "alac",
        ("A_TRUEHD", _) => "truehd",
        ("A_TTA1", _) => "tta",
        ("A_WAVPACK4", _) => "wavpack",
        ("A_PCM/INT/LIT", 8) => "pcm_u8",
        ("A_PCM/INT/LIT", 24) => "pcm_s24le",
        ("A_PCM/INT/LIT", 32) => "pcm_s32le",
        ("A_PCM/INT/LIT", _) => "pcm_s16le",
        ("A_PCM/INT/BIG", 24) => "pcm_s24be",
        ("A_PCM/INT/BIG", _) => "pcm_s16be",
        ("A_PCM/FLOAT/IEEE", _) => "pcm_f32le",
        ("A_REAL/COOK", _) => "cook",
        // The header of sound as Windows has it.
        ("A_MS/ACM", _) => return formats::sound(u16_at(private, 0).unwrap_or(0), u16_at(private, 14).unwrap_or(16)),
        (codec, _) if codec.starts_with("A_AAC") => "aac",
        (codec, _) if codec.starts_with("A_AC3") => "ac3",
        (codec, _) if codec.starts_with("A_DTS") => "dts",
        (codec, _) => codec,
    };
    name.to_owned()
}
