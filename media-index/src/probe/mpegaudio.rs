//! Frames of MPEG audio, layers I to III (ISO/IEC 11172-3 §2.4.1.3, 13818-3 and the quarter rates beyond it).

use crate::AudioTrack;

/// What the four bytes of a frame's header say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) layer: u8,
    /// Bits per second.
    pub(super) bitrate: u64,
    pub(super) sample_rate: u32,
    /// Samples in the frame.
    pub(super) samples: u64,
    pub(super) channels: u16,
    /// Bytes from this frame to the next.
    pub(super) length: usize,
}

impl Frame {
    pub(super) fn track(self) -> AudioTrack {
        let names = ["mp1", "mp2", "mp3"];
        AudioTrack {
            codec: names[usize::from(self.layer.clamp(1, 3)) - 1].into(),
            channels: self.channels,
            sample_rate: self.sample_rate,
        }
    }
}

/// The first frame that is followed by one of its kind, or by the end of the bytes.
pub(super) fn first(bytes: &[u8]) -> Option<(usize, Frame)> {
    (0..bytes.len().saturating_sub(4)).find_map(|at| {
        let first = frame(&bytes[at..])?;
        let next = bytes.get(at + first.length..)?;
        let fits = |next: Frame| (next.sample_rate, next.layer) == (first.sample_rate, first.layer);
        (next.len() < 4 || frame(next).is_some_and(fits)).then_some((at, first))
    })
}

/// The frame that begins with these bytes.
pub(super) fn frame(bytes: &[u8]) -> Option<Frame> {
    let [0xff, b, c, d, ..] = *bytes else { return None };
    let (version, layer) = (b >> 3 & 3, 4 - (b >> 1 & 3));
    if b & 0xe0 != 0xe0 || version == 1 || layer == 4 {
        return None;
    }
    let is_first_version = version == 3;
    let bitrate = *rates(is_first_version, layer)
        .get(usize::from(c >> 4))
        .filter(|rate| **rate > 0)?
        * 1000;
    let base: u32 = *[44_100, 48_000, 32_000].get(usize::from(c >> 2 & 3))?;
    let sample_rate = match version {
        3 => base,
        2 => base / 2,
        _ => base / 4,
    };
    let samples = match layer {
        1 => 384,
        3 if !is_first_version => 576,
        _ => 1152,
    };
    // Layer I counts in slots of four bytes.
    let slot = if layer == 1 { 4 } else { 1 };
    let slots = samples / 8 / slot * bitrate / u64::from(sample_rate) + u64::from(c >> 1 & 1);
    Some(Frame {
        layer,
        bitrate,
        sample_rate,
        samples,
        channels: if d >> 6 == 3 { 1 } else { 2 },
        length: usize::try_from(slots * slot).ok()?,
    })
}

/// Kilobits per second; index 0 is a rate of its own kind, which nobody uses.
fn rates(is_first_version: bool, layer: u8) -> &'static [u64; 15] {
    match (is_first_version, layer) {
        (true, 1) => &[0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        (true, 2) => &[0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        (true, _) => &[0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        (false, 1) => &[0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        (false, _) => &[0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    }
}
