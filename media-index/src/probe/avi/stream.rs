//! One stream of an AVI: its header (`strh`), its format (`strf`) and where its index lies (`indx`).

use crate::probe::formats;
use crate::probe::measure::{frame_rate, ms};
use crate::probe::riff::{chunks, u16_at, u32_at, u64_at};
use crate::{AudioTrack, VideoTrack};

/// A piece of the index covers a gigabyte or less; a film of ten hours has some hundreds.
const PIECES: usize = 4_096;

/// What ffmpeg writes for a length into a pipe, where it cannot go back.
const UNTOLD: u64 = 1 << 30;

/// A stream, and how it counts its time: `rate / scale` units a second.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) video: Option<VideoTrack>,
    pub(super) audio: Option<AudioTrack>,
    /// What the codec needs before its first picture.
    pub(super) extra: Vec<u8>,
    /// Places and lengths of the pieces of its own index (`OpenDML`).
    pub(super) pieces: Vec<(u64, u64)>,
    number: u8,
    scale: u64,
    rate: u64,
    /// Units in the whole stream; 0 where the recorder did not come to write it.
    length: u64,
    /// Bytes a unit, where all have the same; else 0.
    unit: u64,
    /// Bytes that make one unit of sound whose units differ; else 0.
    block: u64,
}

impl Stream {
    /// `None` for a stream of something else, or one that cannot be read: the others may still play.
    pub(super) fn read(body: &[u8], number: u8) -> Option<Self> {
        let find = |wanted: &[u8]| chunks(body).find(|(name, _)| name == wanted).map(|(_, body)| body);
        let header = find(b"strh")?;
        let field = |at| u32_at(header, at).map(u64::from);
        let mut stream = Self {
            number,
            scale: field(20)?.max(1),
            rate: field(24)?,
            length: match field(32)? {
                UNTOLD => 0,
                length => length,
            },
            unit: field(44).unwrap_or(0),
            pieces: find(b"indx").map(pieces).unwrap_or_default(),
            ..Self::default()
        };
        let format = find(b"strf").unwrap_or_default();
        match &header[..4] {
            b"vids" => stream.picture(header, format),
            b"auds" => stream.sound(format),
            b"iavs" => stream.camera(),
            _ => None,
        }?;
        Some(stream)
    }

    /// `BITMAPINFOHEADER`; a negative height means that the lines run downwards.
    fn picture(&mut self, header: &[u8], format: &[u8]) -> Option<()> {
        let code = |bytes: &[u8], at: usize| bytes.get(at..at + 4).and_then(|code| code.try_into().ok());
        let handler = code(header, 4)?;
        let code = code(format, 16).filter(|code| *code != [0; 4]).unwrap_or(handler);
        self.video = Some(VideoTrack {
            codec: formats::picture(code),
            width: u32_at(format, 4).unwrap_or(0).cast_signed().unsigned_abs(),
            height: u32_at(format, 8).unwrap_or(0).cast_signed().unsigned_abs(),
            frame_rate: frame_rate(self.rate, self.scale),
            ..VideoTrack::default()
        });
        self.unit = 0;
        self.extra = format.get(40..).unwrap_or_default().to_vec();
        Some(())
    }

    /// Picture and sound of a DV camera in one stream; the rate tells the television's standard, and that the size.
    fn camera(&mut self) -> Option<()> {
        let rate = frame_rate(self.rate, self.scale)?;
        self.video = Some(VideoTrack {
            codec: "dvvideo".into(),
            bit_depth: Some(8),
            width: 720,
            height: if rate < 27.0 { 576 } else { 480 },
            frame_rate: Some(rate),
            ..VideoTrack::default()
        });
        self.unit = 0;
        Some(())
    }

    /// `WAVEFORMATEX`.
    fn sound(&mut self, format: &[u8]) -> Option<()> {
        let tag = u16_at(format, 0)?;
        self.audio = Some(AudioTrack {
            codec: formats::sound(tag, u16_at(format, 14).unwrap_or(16)),
            channels: u16_at(format, 2)?,
            sample_rate: u32_at(format, 4)?,
        });
        self.block = u16_at(format, 12).unwrap_or(0).into();
        Some(())
    }

    pub(super) fn duration_ms(&self) -> u64 {
        self.ms(self.length)
    }

    pub(super) fn ms(&self, units: u64) -> u64 {
        if self.rate == 0 {
            0
        } else {
            ms(units, self.scale, self.rate)
        }
    }

    pub(super) fn us(&self, units: u64) -> u64 {
        self.ms(units.saturating_mul(1_000))
    }

    /// How many units a chunk of so many bytes holds. Sound of varying length counts whole blocks where one is named,
    /// as `DirectShow` does; all else is one unit a chunk.
    pub(super) fn units(&self, bytes: u64) -> u64 {
        match (self.unit, self.block) {
            (1.., _) => bytes / self.unit,
            (0, 1..) if self.audio.is_some() => bytes.div_ceil(self.block),
            _ => 1,
        }
    }

    /// Whether a chunk of this name holds this stream: two digits, then what is in it.
    pub(super) fn owns(&self, name: [u8; 4]) -> bool {
        let digits = [b'0' + self.number / 10, b'0' + self.number % 10];
        name[..2] == digits && &name[2..] != b"pc"
    }
}

/// The super index (`OpenDML` §"AVI Super Index Chunk"): an entry for each piece; or the whole index in its place.
fn pieces(index: &[u8]) -> Vec<(u64, u64)> {
    const OF_INDEXES: u8 = 0;
    let used = u32_at(index, 4).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    if index.get(3) != Some(&OF_INDEXES) {
        return Vec::new();
    }
    let entries = index.get(24..).unwrap_or_default().chunks_exact(16);
    entries
        .take(used.min(PIECES))
        .filter_map(|entry| Some((u64_at(entry, 0)?, u64::from(u32_at(entry, 8)?))))
        .filter(|(at, _)| *at > 0)
        .collect()
}
