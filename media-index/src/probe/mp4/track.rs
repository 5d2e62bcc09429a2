//! One track: what it is coded in, and where its samples lie.

use super::tables::Tables;
use super::{Codec, boxes, child, scale_and_duration, to_ms};
use crate::probe::source::Cursor;
use crate::probe::{aac, h264};
use crate::{AudioTrack, TimeMap, VideoTrack};

pub(super) struct Track<'a> {
    pub(super) video: Option<VideoTrack>,
    pub(super) audio: Option<AudioTrack>,
    scale: u64,
    duration: Option<u64>,
    rotation: u16,
    tables: Tables<'a>,
}

impl<'a> Track<'a> {
    /// `None` for a track that cannot be read: the others may still play.
    pub(super) fn read(trak: &'a [u8]) -> Option<Self> {
        let mdia = child(trak, b"mdia")?;
        let (scale, duration) = scale_and_duration(child(mdia, b"mdhd")?)?;
        let handler = child(mdia, b"hdlr")?.get(8..12)?;
        let stbl = child(child(mdia, b"minf")?, b"stbl")?;
        let (video, audio) = codec(handler, child(stbl, b"stsd")?);
        Some(Self {
            video,
            audio,
            scale,
            duration,
            rotation: child(trak, b"tkhd").and_then(rotation).unwrap_or(0),
            tables: Tables::read(stbl),
        })
    }

    pub(super) fn duration_ms(&self) -> Option<u64> {
        let sum = self.tables.total_time();
        let units = self.duration.filter(|d| *d > 0).or(Some(sum).filter(|s| *s > 0))?;
        Some(to_ms(units, self.scale))
    }

    pub(super) fn video_facts(&self) -> Option<VideoTrack> {
        let mut video = self.video.clone()?;
        video.rotation = self.rotation;
        let time = self.tables.total_time();
        if time > 0 {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                reason = "a rate for people"
            )]
            let rate = (self.tables.samples() as f64 * self.scale as f64 / time as f64) as f32;
            video.frame_rate = Some(rate);
        }
        Some(video)
    }

    /// Enters each sample into the map, as track `n`; returns the end of the last byte that a sample needs.
    pub(super) fn fill(&self, n: usize, map: &mut TimeMap) -> u64 {
        let mut end = 0;
        self.tables.each_sample(|time, bytes| {
            map.add(n, to_ms(time.start, self.scale)..to_ms(time.end, self.scale), &bytes);
            end = end.max(bytes.end);
        });
        end
    }
}

/// The matrix in `tkhd`: only quarter turns are known to players.
fn rotation(tkhd: &[u8]) -> Option<u16> {
    let mut cursor = Cursor(tkhd);
    let version = cursor.u8()?;
    cursor.skip(if version == 1 { 3 + 32 } else { 3 + 20 })?;
    cursor.skip(16)?;
    let (a, b) = (cursor.u32()?, cursor.u32()?);
    Some(match (a.cast_signed().signum(), b.cast_signed().signum()) {
        (0, 1) => 90,
        (-1, 0) => 180,
        (0, -1) => 270,
        _ => 0,
    })
}

fn codec(handler: &[u8], stsd: &[u8]) -> Codec {
    let entry = stsd.get(8..).and_then(|entries| boxes(entries).next());
    match (handler, entry) {
        (b"vide", Some((kind, body))) => (video(kind, body), None),
        (b"soun", Some((kind, body))) => (None, audio(kind, body)),
        _ => (None, None),
    }
}

fn video(kind: [u8; 4], body: &[u8]) -> Option<VideoTrack> {
    let mut cursor = Cursor(body);
    cursor.skip(24)?;
    let (width, height) = (cursor.u16()?, cursor.u16()?);
    cursor.skip(50)?;
    let mut track = VideoTrack {
        codec: video_name(kind),
        width: width.into(),
        height: height.into(),
        ..VideoTrack::default()
    };
    for (kind, body) in boxes(cursor.0) {
        match &kind {
            b"avcC" => avc(&mut track, body),
            b"hvcC" => hevc(&mut track, body),
            b"sinf" => (track.codec, track.encrypted) = (original(body), true),
            _ => {}
        }
    }
    Some(track)
}

/// The format before it was encrypted (ISO/IEC 14496-12 §8.12.2).
fn original(sinf: &[u8]) -> String {
    let format = child(sinf, b"frma").and_then(|body| body.get(..4)?.try_into().ok());
    format.map_or_else(|| "encrypted".into(), video_name)
}

fn video_name(kind: [u8; 4]) -> String {
    match &kind {
        b"avc1" | b"avc3" => "h264",
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => "hevc",
        b"av01" => "av1",
        b"vp09" => "vp9",
        b"vp08" => "vp8",
        b"mp4v" => "mpeg4",
        b"jpeg" | b"mjpa" | b"mjpb" => "mjpeg",
        b"s263" | b"h263" => "h263",
        _ => return word(kind),
    }
    .to_owned()
}

fn word(kind: [u8; 4]) -> String {
    kind.iter()
        .map(|b| char::from(*b))
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

/// ISO/IEC 14496-15 §5.3.3.1: version, profile, compatibility, level, and the parameter sets, which know the depth.
fn avc(track: &mut VideoTrack, body: &[u8]) {
    if let [_, profile, _, level, ..] = *body {
        track.profile = Some(profile);
        track.level = Some(level);
        let told = h264::in_record(body).and_then(|set| set.bit_depth);
        // Only the high profiles can hold more than 8 bits.
        track.bit_depth = told.or(Some(if matches!(profile, 110 | 122 | 244) { 10 } else { 8 }));
    }
}

/// ISO/IEC 14496-15 §8.3.3.1: the depth stands in the low bits of byte 17, less 8.
fn hevc(track: &mut VideoTrack, body: &[u8]) {
    track.profile = body.get(1).map(|b| b & 0x1f);
    track.level = body.get(12).map(|level| level / 3);
    track.bit_depth = body.get(17).map(|b| (b & 7) + 8);
}

fn audio(kind: [u8; 4], body: &[u8]) -> Option<AudioTrack> {
    let mut cursor = Cursor(body);
    cursor.skip(8)?;
    let version = cursor.u16()?;
    cursor.skip(6)?;
    let channels = cursor.u16()?;
    cursor.skip(6)?;
    let sample_rate = cursor.u32()? >> 16;
    // QuickTime appends more fields in versions 1 and 2.
    cursor.skip(match version {
        1 => 16,
        2 => 36,
        _ => 0,
    })?;
    if &kind == b"mp4a" {
        return Some(mp4a(cursor.0, channels, sample_rate));
    }
    let codec = match &kind {
        b"sowt" => "pcm_s16le".into(),
        b"twos" => "pcm_s16be".into(),
        b"raw " => "pcm_u8".into(),
        b"ulaw" => "pcm_mulaw".into(),
        b"alaw" => "pcm_alaw".into(),
        b"Opus" => "opus".into(),
        b"ac-3" => "ac3".into(),
        b"ec-3" => "eac3".into(),
        b".mp3" => "mp3".into(),
        b"fLaC" => "flac".into(),
        b"samr" => "amr_nb".into(),
        b"sawb" => "amr_wb".into(),
        b"enca" => "encrypted".into(),
        _ => word(kind).to_lowercase(),
    };
    Some(AudioTrack {
        codec,
        channels,
        sample_rate,
    })
}

/// The object type in `esds` (ISO/IEC 14496-1 §7.2.6.6): 0x40 and 0x66-0x68 are AAC, 0x69 and 0x6B are MP3. What AAC says
/// of its channels and its rate counts more than what the container says.
fn mp4a(boxes_after: &[u8], channels: u16, sample_rate: u32) -> AudioTrack {
    let esds = child(boxes_after, b"esds").or_else(|| child(child(boxes_after, b"wave")?, b"esds"));
    let (kind, config) = esds.and_then(decoder).unwrap_or((0x40, &[]));
    let codec = match kind {
        0x69 | 0x6b => "mp3",
        0xa5 => "ac3",
        _ => "aac",
    };
    let plain = AudioTrack {
        codec: codec.to_owned(),
        channels,
        sample_rate,
    };
    aac::in_config(config).filter(|_| codec == "aac").unwrap_or(plain)
}

/// The object type, and what the decoder is told.
fn decoder(esds: &[u8]) -> Option<(u8, &[u8])> {
    let mut cursor = Cursor(esds.get(4..)?);
    descriptor(&mut cursor, 3)?;
    cursor.skip(2)?;
    let flags = cursor.u8()?;
    cursor.skip(if flags & 0x80 == 0 { 0 } else { 2 })?;
    descriptor(&mut cursor, 4)?;
    let kind = cursor.u8()?;
    let told = cursor.skip(1 + 3 + 4 + 4).and_then(|()| descriptor(&mut cursor, 5));
    Some((kind, told.map_or(&[], |()| cursor.0)))
}

/// A descriptor's tag and its length in up to four bytes of seven bits.
fn descriptor(cursor: &mut Cursor<'_>, tag: u8) -> Option<()> {
    (cursor.u8()? == tag).then_some(())?;
    for _ in 0..4 {
        if cursor.u8()? & 0x80 == 0 {
            return Some(());
        }
    }
    Some(())
}
