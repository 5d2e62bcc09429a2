//! What picture and sound tags say of their tracks (Adobe's "Video File Format Specification" 10.1, annex E.4; the
//! four-letter codes of Enhanced RTMP).

use super::tags::{PICTURE, SOUND, Tag};
use crate::probe::bits::Bits;
use crate::probe::{aac, h264, hevc};
use crate::{AudioTrack, VideoTrack};

/// The tracks so far; each is complete once its size or rate is known.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    pub(super) video: Option<VideoTrack>,
    pub(super) audio: Option<AudioTrack>,
}

impl Tracks {
    pub(super) fn add(&mut self, tag: &Tag<'_>) {
        match tag.kind {
            PICTURE if !self.has_size() => self.video = picture(tag.content).or(self.video.take()),
            SOUND if !self.has_rate() => self.audio = sound(tag.content).or(self.audio.take()),
            _ => {}
        }
    }

    pub(super) fn has_size(&self) -> bool {
        self.video.as_ref().is_some_and(|track| track.width > 0)
    }

    pub(super) fn has_rate(&self) -> bool {
        self.audio.as_ref().is_some_and(|track| track.sample_rate > 0)
    }
}

/// The kind of picture and the codec share the first byte; a set top bit says that four letters follow.
fn picture(content: &[u8]) -> Option<VideoTrack> {
    let (first, rest) = content.split_first()?;
    let (codec, said) = match (first & 0x80, first & 0xf) {
        (0, 2) => ("flv1", sized(sorenson(rest))),
        (0, 3) => ("flashsv", sized(screen(rest))),
        (0, 4) => ("vp6f", sized(vp6(rest, 1))),
        (0, 5) => ("vp6a", sized(vp6(rest, 4))),
        (0, 6) => ("flashsv2", sized(screen(rest))),
        (0, 7) => ("h264", record(rest).and_then(h264::in_record)),
        (0, 8) => ("h263", None),
        (0, 9) => ("mpeg4", None),
        (0, 12) => ("hevc", record(rest).and_then(hevc::in_record)),
        (0, 13) => ("av1", None),
        (0x80, kind) => enhanced(kind, rest)?,
        _ => return None,
    };
    let mut track = said.unwrap_or_default();
    codec.clone_into(&mut track.codec);
    Some(track)
}

fn enhanced(kind: u8, rest: &[u8]) -> Option<(&'static str, Option<VideoTrack>)> {
    let (code, body) = rest.split_at_checked(4)?;
    let record = Some(body).filter(|_| kind == 0);
    Some(match code {
        b"avc1" => ("h264", record.and_then(h264::in_record)),
        b"hvc1" => ("hevc", record.and_then(hevc::in_record)),
        b"av01" => ("av1", None),
        b"vp09" => ("vp9", None),
        b"vp08" => ("vp8", None),
        _ => return None,
    })
}

fn sized(size: Option<(u32, u32)>) -> Option<VideoTrack> {
    let (width, height) = size?;
    Some(VideoTrack {
        bit_depth: Some(8),
        width,
        height,
        ..VideoTrack::default()
    })
}

/// The codec's record stands in a packet of kind 0, after three bytes of time.
fn record(rest: &[u8]) -> Option<&[u8]> {
    rest.get(4..).filter(|_| rest[0] == 0)
}

/// Sorenson's H.263 (E.4.3.2): a code tells the size, or that it follows.
fn sorenson(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits::new(bytes);
    bits.skip(17 + 5 + 8)?;
    Some(match bits.take(3)? {
        0 => (bits.take(8)?, bits.take(8)?),
        1 => (bits.take(16)?, bits.take(16)?),
        2 => (352, 288),
        3 => (176, 144),
        4 => (128, 96),
        5 => (320, 240),
        6 => (160, 120),
        _ => return None,
    })
}

/// Screen video (E.4.3.3): sizes of a block and of the picture by turns.
fn screen(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut bits = Bits::new(bytes);
    bits.skip(4)?;
    let width = bits.take(12)?;
    bits.skip(4)?;
    Some((width, bits.take(12)?))
}

/// VP6: macroblocks of 16 in the head of a key frame, less what the first byte cuts off.
fn vp6(bytes: &[u8], skip: usize) -> Option<(u32, u32)> {
    let (cut, frame) = (*bytes.first()?, bytes.get(skip..)?);
    let [first, second, rest @ ..] = frame else { return None };
    if first & 0x80 != 0 {
        return None;
    }
    // The second part of the data has a place of its own, unless filters are described.
    let has_place = first & 1 == 1 || second & 6 == 0;
    let sizes = rest.get(if has_place { 2 } else { 0 }..)?;
    let (down, across) = (u32::from(*sizes.first()?) * 16, u32::from(*sizes.get(1)?) * 16);
    Some((
        across.checked_sub(u32::from(cut >> 4))?,
        down.checked_sub(u32::from(cut & 0xf))?,
    ))
}

/// E.4.2: format, rate, bits and channels share the first byte; some formats know better.
fn sound(content: &[u8]) -> Option<AudioTrack> {
    const RATES: [u32; 4] = [5_512, 11_025, 22_050, 44_100];
    let (first, rest) = content.split_first()?;
    let (format, rate) = (first >> 4, RATES[usize::from(first >> 2 & 3)]);
    let (is_wide, channels) = (first & 2 != 0, u16::from(first & 1) + 1);
    let (codec, channels, sample_rate) = match format {
        0 | 3 if is_wide => ("pcm_s16le", channels, rate),
        0 | 3 => ("pcm_u8", channels, rate),
        1 => ("adpcm_swf", channels, rate),
        2 => ("mp3", channels, rate),
        4 => ("nellymoser", 1, 16_000),
        5 => ("nellymoser", 1, 8_000),
        6 => ("nellymoser", channels, rate),
        7 => ("pcm_alaw", channels, 8_000),
        8 => ("pcm_mulaw", channels, 8_000),
        9 => return enhanced_sound(first & 0xf, rest),
        10 => return Some(aac(rest.get(1..).filter(|_| rest[0] == 0))),
        11 => ("speex", 1, 16_000),
        14 => ("mp3", channels, 8_000),
        _ => return None,
    };
    Some(track(codec, channels, sample_rate))
}

fn enhanced_sound(kind: u8, rest: &[u8]) -> Option<AudioTrack> {
    let (code, body) = rest.split_at_checked(4)?;
    Some(match code {
        b"mp4a" => aac(Some(body).filter(|_| kind == 0)),
        b"Opus" => track("opus", 2, 48_000),
        b"fLaC" => track("flac", 2, 0),
        b"ac-3" => track("ac3", 2, 0),
        b"ec-3" => track("eac3", 2, 0),
        b".mp3" => track("mp3", 2, 0),
        _ => return None,
    })
}

fn aac(config: Option<&[u8]>) -> AudioTrack {
    let said = config.and_then(aac::in_config);
    said.unwrap_or_else(|| track("aac", 0, 0))
}

fn track(codec: &str, channels: u16, sample_rate: u32) -> AudioTrack {
    AudioTrack {
        codec: codec.to_owned(),
        channels,
        sample_rate,
    }
}
