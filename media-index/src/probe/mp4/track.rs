//! One track: what it is coded in, and where its samples lie.

use super::tables::Tables;
use super::{Codec, boxes, child, scale_and_duration, to_ms};
use crate::probe::bits::Bits;
use crate::probe::source::Cursor;
use crate::probe::{aac, ac3, av1, h264, hevc, mpeg4visual, vp9};
use crate::{AudioTrack, TimeMap, VideoTrack};

pub(super) struct Track<'a> {
    pub(super) video: Option<VideoTrack>,
    pub(super) audio: Option<AudioTrack>,
    pub(super) id: u32,
    /// Units a second.
    pub(super) scale: u64,
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
        let (video, mut audio) = codec(handler, child(stbl, b"stsd")?);
        // The entry's field ends at 65,535 Hz; what is faster has its time counted in samples.
        if let Some(audio) = audio.as_mut().filter(|audio| audio.sample_rate == 0) {
            audio.sample_rate = u32::try_from(scale).unwrap_or(0);
        }
        let tkhd = child(trak, b"tkhd");
        Some(Self {
            video,
            audio,
            id: tkhd.and_then(id).unwrap_or(0),
            scale,
            duration,
            rotation: tkhd.and_then(rotation).unwrap_or(0),
            tables: Tables::read(stbl),
        })
    }

    /// How long the samples last that the index itself holds, in units.
    pub(super) fn indexed_time(&self) -> u64 {
        self.tables.total_time()
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

/// The track's number in `tkhd`, behind two dates.
fn id(tkhd: &[u8]) -> Option<u32> {
    let mut cursor = Cursor(tkhd);
    let is_wide = cursor.u32()? >> 24 == 1;
    cursor.skip(if is_wide { 16 } else { 8 })?;
    cursor.u32()
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
            b"avcC" => tell(&mut track, h264::record(body)),
            b"hvcC" => tell(&mut track, hevc::record(body)),
            b"av1C" => tell(&mut track, av1::in_record(body)),
            b"vpcC" => tell(&mut track, vp9::in_record(body)),
            b"esds" => part_two(&mut track, body),
            b"sinf" => (track.codec, track.encrypted) = (original(body), true),
            _ => {}
        }
    }
    Some(track)
}

/// What the codec's own header adds.
fn tell(track: &mut VideoTrack, told: Option<VideoTrack>) {
    if let Some(told) = told {
        (track.profile, track.level, track.bit_depth) = (told.profile, told.level, told.bit_depth);
    }
}

/// The object type in `esds` (ISO/IEC 14496-1 §7.2.6.6), and of MPEG-4 part 2 its own header.
fn part_two(track: &mut VideoTrack, esds: &[u8]) {
    let Some((kind, config)) = decoder(esds) else { return };
    track.codec = match kind {
        0x60..=0x65 => "mpeg2video".into(),
        0x6a => "mpeg1video".into(),
        0x6c => "mjpeg".into(),
        0x6d => "png".into(),
        _ => return tell(track, mpeg4visual::in_stream(config)),
    };
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
        b"mp4v" | b"XVID" | b"DIVX" | b"3IV2" => "mpeg4",
        b"jpeg" | b"mjpa" | b"mjpb" => "mjpeg",
        b"s263" | b"h263" => "h263",
        b"apcn" | b"apch" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "prores",
        b"SVQ1" => "svq1",
        b"SVQ3" => "svq3",
        b"png " => "png",
        b"cvid" => "cinepak",
        b"rle " => "qtrle",
        b"dvc " | b"dvcp" | b"dvpp" | b"dv5n" | b"dv5p" | b"dvh5" | b"dvh6" => "dvvideo",
        b"m2v1" | b"mp2v" | b"hdv1" | b"hdv2" | b"hdv3" | b"xdvc" | b"mx3n" | b"mx5p" => "mpeg2video",
        b"raw " | b"2vuy" | b"yuv2" => "rawvideo",
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

fn audio(kind: [u8; 4], body: &[u8]) -> Option<AudioTrack> {
    let mut cursor = Cursor(body);
    cursor.skip(8)?;
    let version = cursor.u16()?;
    cursor.skip(6)?;
    let mut channels = cursor.u16()?;
    cursor.skip(6)?;
    let mut sample_rate = cursor.u32()? >> 16;
    // QuickTime appends more fields in versions 1 and 2.
    let fields = cursor.take(match version {
        1 => 16,
        2 => 36,
        _ => 0,
    })?;
    let is_little = child(cursor.0, b"wave").and_then(|wave| child(wave, b"enda")) == Some(&[0, 1]);
    if let Some(second) = SecondVersion::read(fields) {
        (channels, sample_rate) = (second.channels, second.sample_rate);
        if &kind == b"lpcm" {
            let codec = second.codec();
            return Some(AudioTrack {
                codec,
                channels,
                sample_rate,
            });
        }
    }
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
        b"in24" => ordered("pcm_s24", is_little),
        b"in32" => ordered("pcm_s32", is_little),
        b"fl32" => ordered("pcm_f32", is_little),
        b"fl64" => ordered("pcm_f64", is_little),
        b"ima4" => "adpcm_ima_qt".into(),
        b"QDM2" => "qdm2".into(),
        b"agsm" => "gsm".into(),
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => "dts".into(),
        b"enca" => "encrypted".into(),
        _ => word(kind).to_lowercase(),
    };
    Some(AudioTrack {
        codec,
        channels: dolby_channels(cursor.0).unwrap_or(channels),
        sample_rate,
    })
}

/// Whether the small end comes first (`QuickTime` File Format, `enda`).
fn ordered(codec: &str, is_little: bool) -> String {
    format!("{codec}{}", if is_little { "le" } else { "be" })
}

/// What version 2 of a sound description has beside its first fields, which are then constants (`QuickTime` File Format,
/// `SoundDescriptionV2`).
struct SecondVersion {
    sample_rate: u32,
    channels: u16,
    bits: u32,
    flags: u32,
}

impl SecondVersion {
    fn read(fields: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(fields);
        cursor.skip(4)?;
        let rate = f64::from_bits(cursor.u64()?);
        let channels = u16::try_from(cursor.u32()?).ok()?;
        cursor.skip(4)?;
        let (bits, flags) = (cursor.u32()?, cursor.u32()?);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what is no rate becomes the nearest number that is one"
        )]
        let sample_rate = rate as u32;
        Some(Self {
            sample_rate,
            channels,
            bits,
            flags,
        })
    }

    /// The flags: floating point, the big end first, signed.
    fn codec(&self) -> String {
        let kind = match (self.flags & 1, self.flags & 4) {
            (1, _) => 'f',
            (_, 0) => 'u',
            _ => 's',
        };
        match self.bits {
            8 => format!("pcm_{kind}8"),
            bits => ordered(&format!("pcm_{kind}{bits}"), self.flags & 2 == 0),
        }
    }
}

/// Channels by `dac3` and `dec3` (ETSI TS 102 366 §F.4, §F.6): the sample entry always has 2.
fn dolby_channels(boxes_after: &[u8]) -> Option<u16> {
    let (skipped, body) = match (child(boxes_after, b"dac3"), child(boxes_after, b"dec3")) {
        // Before the mode stand: rate, version, service;
        (Some(plain), _) => (2 + 5 + 3, plain),
        // data rate, number of streams, rate, version, service with what is reserved.
        (_, Some(enhanced)) => (13 + 3 + 2 + 5 + 5, enhanced),
        _ => return None,
    };
    let mut bits = Bits::new(body);
    bits.skip(skipped)?;
    ac3::channels(bits.take(3)?, bits.flag()?)
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
