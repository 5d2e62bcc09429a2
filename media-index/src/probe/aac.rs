//! AAC (ISO/IEC 14496-3): in ADTS frames, in LATM, or described by its `AudioSpecificConfig`.

use super::bits::Bits;
use crate::AudioTrack;

const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

/// The first ADTS frame (§1.A.2.2) that is followed by another, or by the end of the bytes.
pub(super) fn in_adts(bytes: &[u8]) -> Option<AudioTrack> {
    (0..bytes.len().saturating_sub(6)).find_map(|at| {
        let (track, length) = adts_frame(&bytes[at..])?;
        let next = bytes.get(at + length..)?;
        (next.len() < 7 || adts_frame(next).is_some()).then_some(track)
    })
}

/// Frames that follow one another.
pub(super) struct Run {
    /// Bytes before the first of them.
    pub(super) skip: u64,
    pub(super) track: AudioTrack,
    pub(super) frames: u64,
    pub(super) bytes: u64,
}

/// The first run of frames in these bytes, as far as it goes, but no more than so many.
pub(super) fn adts_run(bytes: &[u8], most: u64) -> Option<Run> {
    let is_begin = |at: &usize| {
        let next = adts_frame(&bytes[*at..]).and_then(|(_, length)| bytes.get(at + length..));
        next.is_some_and(|next| next.len() < 7 || adts_frame(next).is_some())
    };
    let begin = (0..bytes.len().saturating_sub(6)).find(is_begin)?;
    let (track, _) = adts_frame(&bytes[begin..])?;
    let (mut at, mut frames) = (begin, 0);
    while let Some((_, length)) = bytes.get(at..).filter(|_| frames < most).and_then(adts_frame) {
        at += length;
        frames += 1;
    }
    Some(Run {
        skip: begin as u64,
        track,
        frames,
        bytes: (at - begin) as u64,
    })
}

/// What one frame says, and how long it is.
fn adts_frame(bytes: &[u8]) -> Option<(AudioTrack, usize)> {
    if !matches!(bytes, [0xff, b, ..] if b & 0xf6 == 0xf0) {
        return None;
    }
    let mut bits = Bits::new(bytes.get(2..7)?);
    bits.skip(2)?;
    let sample_rate = *RATES.get(usize::try_from(bits.take(4)?).ok()?)?;
    bits.skip(1)?;
    let channels = channels(bits.take(3)?);
    bits.skip(4)?;
    let length = usize::try_from(bits.take(13)?).ok().filter(|length| *length > 7)?;
    Some((track("aac", channels, sample_rate), length))
}

/// An `AudioSpecificConfig` (§1.6.2.1). Where the upper band is coded apart (object types 5 and 29), the rate is that
/// of what is heard.
pub(super) fn in_config(config: &[u8]) -> Option<AudioTrack> {
    described(&mut Bits::new(config), "aac")
}

/// LATM with its sync word (§1.7): the first element that brings its configuration with it.
pub(super) fn in_latm(bytes: &[u8]) -> Option<AudioTrack> {
    let mut places =
        (0..bytes.len().saturating_sub(3)).filter(|at| bytes[*at] == 0x56 && bytes[*at + 1] & 0xe0 == 0xe0);
    places.find_map(|at| latm_element(&bytes[at + 3..]))
}

fn latm_element(bytes: &[u8]) -> Option<AudioTrack> {
    let mut bits = Bits::new(bytes);
    if bits.flag()? {
        return None;
    }
    let is_second_version = bits.flag()?;
    if is_second_version {
        if bits.flag()? {
            return None;
        }
        latm_value(&mut bits)?;
    }
    bits.skip(1 + 6 + 4 + 3)?;
    if is_second_version {
        latm_value(&mut bits)?;
    }
    described(&mut bits, "aac_latm")
}

/// §1.7.3.1 `LatmGetValue`: up to four bytes.
fn latm_value(bits: &mut Bits<'_>) -> Option<u32> {
    let bytes = bits.take(2)? + 1;
    bits.take(bytes * 8)
}

fn described(bits: &mut Bits<'_>, codec: &str) -> Option<AudioTrack> {
    let kind = object_type(bits)?;
    let mut sample_rate = sampling(bits)?;
    let channels = channels(bits.take(4)?);
    if matches!(kind, 5 | 29) {
        sample_rate = sampling(bits)?;
    }
    Some(track(codec, channels, sample_rate))
}

fn object_type(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.take(5)? {
        31 => Some(32 + bits.take(6)?),
        kind => Some(kind),
    }
}

fn sampling(bits: &mut Bits<'_>) -> Option<u32> {
    match usize::try_from(bits.take(4)?).ok()? {
        15 => bits.take(24),
        index => RATES.get(index).copied(),
    }
}

/// Table 1.19: seven is eight loudspeakers; zero is described further down, where nobody looks: taken for stereo.
fn channels(configuration: u32) -> u16 {
    match configuration {
        0 => 2,
        7 => 8,
        n => u16::try_from(n).unwrap_or(2),
    }
}

fn track(codec: &str, channels: u16, sample_rate: u32) -> AudioTrack {
    AudioTrack {
        codec: codec.to_owned(),
        channels,
        sample_rate,
    }
}
