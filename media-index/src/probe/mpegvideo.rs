//! MPEG-1 and MPEG-2 video (ISO/IEC 11172-2, 13818-2): the sequence header and its extension.

use super::bits::{Bits, units};
use super::measure::frame_rate;
use crate::VideoTrack;

const SEQUENCE: u8 = 0xb3;
const EXTENSION: u8 = 0xb5;

/// What a sequence header says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sequence {
    pub(super) track: VideoTrack,
    /// Bits per second; `None` where the rate varies.
    pub(super) bitrate: Option<u64>,
}

/// The first sequence header in these bytes. The extension, if there is one, follows it at once and makes it MPEG-2.
pub(super) fn sequence(bytes: &[u8]) -> Option<Sequence> {
    let mut units = units(bytes).skip_while(|unit| unit.first() != Some(&SEQUENCE));
    let mut found = header(units.next()?)?;
    if let Some(extension) = units.next().filter(|unit| unit.first() == Some(&EXTENSION)) {
        extend(&mut found, extension);
    }
    Some(found)
}

/// 11172-2 §2.4.2.3.
fn header(unit: &[u8]) -> Option<Sequence> {
    let mut bits = Bits::new(unit.get(1..)?);
    let (width, height) = (bits.take(12)?, bits.take(12)?);
    bits.skip(4)?;
    let rate = pictures_per_seconds(bits.take(4)?);
    // All ones: the rate varies. It counts in 400 bits a second.
    let bitrate = Some(bits.take(18)?).filter(|rate| !matches!(rate, 0 | 0x3_ffff));
    (width > 0 && height > 0).then(|| Sequence {
        track: VideoTrack {
            codec: "mpeg1video".into(),
            bit_depth: Some(8),
            width,
            height,
            frame_rate: rate.and_then(|(pictures, seconds)| frame_rate(pictures, seconds)),
            ..VideoTrack::default()
        },
        bitrate: bitrate.map(|rate| u64::from(rate) * 400),
    })
}

/// Table 6-4 of 13818-2.
fn pictures_per_seconds(code: u32) -> Option<(u64, u64)> {
    Some(match code {
        1 => (24_000, 1001),
        2 => (24, 1),
        3 => (25, 1),
        4 => (30_000, 1001),
        5 => (30, 1),
        6 => (50, 1),
        7 => (60_000, 1001),
        8 => (60, 1),
        _ => return None,
    })
}

/// 13818-2 §6.2.2.3: more bits for the size, and the profile and level as they are coded (profile 4 is Main, level 8
/// is Main).
fn extend(found: &mut Sequence, unit: &[u8]) -> Option<()> {
    let mut bits = Bits::new(unit.get(1..)?);
    if bits.take(4)? != 1 {
        return None;
    }
    found.track.codec = "mpeg2video".into();
    bits.skip(1)?;
    found.track.profile = u8::try_from(bits.take(3)?).ok();
    found.track.level = u8::try_from(bits.take(4)?).ok();
    bits.skip(3)?;
    found.track.width |= bits.take(2)? << 12;
    found.track.height |= bits.take(2)? << 12;
    Some(())
}
