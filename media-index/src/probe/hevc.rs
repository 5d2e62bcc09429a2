//! HEVC (ITU-T H.265): what its sequence parameter set says, in a stream with start codes or in an `hvcC` record.

use super::bits::{Bits, unescape, units};
use super::source::Cursor;
use crate::VideoTrack;

const SEQUENCE: u8 = 33;

/// Out of a stream with start codes (Annex B).
pub(super) fn in_stream(bytes: &[u8]) -> Option<VideoTrack> {
    units(bytes).filter(is_sequence).find_map(sequence)
}

/// Out of an `hvcC` record (ISO/IEC 14496-15 §8.3.3.1): arrays of units, each with its length.
pub(super) fn in_record(record: &[u8]) -> Option<VideoTrack> {
    let mut cursor = Cursor(record);
    cursor.skip(22)?;
    for _ in 0..cursor.u8()? {
        cursor.skip(1)?;
        for _ in 0..cursor.u16()?.min(64) {
            let length = cursor.u16()?;
            let unit = cursor.take(length.into())?;
            if is_sequence(&unit) {
                return sequence(unit);
            }
        }
    }
    None
}

/// What an `hvcC` record says itself: the level stands as thirty times itself, the depth less 8 in the low bits of byte
/// 17; the rest its parameter set.
pub(super) fn record(body: &[u8]) -> Option<VideoTrack> {
    let (profile, level, depth) = (body.get(1)? & 0x1f, body.get(12)? / 3, (body.get(17)? & 7) + 8);
    Some(VideoTrack {
        codec: "hevc".into(),
        profile: Some(profile),
        level: Some(level),
        bit_depth: Some(depth),
        ..in_record(body).unwrap_or_default()
    })
}

fn is_sequence(unit: &&[u8]) -> bool {
    unit.first().is_some_and(|b| b >> 1 & 0x3f == SEQUENCE)
}

/// §7.3.2.2.1, from the unit's own two header bytes on.
fn sequence(unit: &[u8]) -> Option<VideoTrack> {
    let plain = unescape(unit.get(2..)?);
    let mut bits = Bits::new(&plain);
    bits.skip(4)?;
    let sub_layers = bits.take(3)?;
    bits.skip(1)?;
    let (profile, level) = profile_and_level(&mut bits, sub_layers)?;
    bits.ue()?;
    let mut chroma = bits.ue()?;
    if chroma == 3 && bits.flag()? {
        chroma = 0;
    }
    let (width, height) = size(&mut bits, chroma)?;
    let depth = u8::try_from(bits.ue()?.checked_add(8)?).ok().filter(|d| *d <= 16)?;
    Some(VideoTrack {
        codec: "hevc".into(),
        profile: Some(profile),
        level: Some(level),
        bit_depth: Some(depth),
        width,
        height,
        ..VideoTrack::default()
    })
}

/// §7.3.3. The level stands as thirty times itself.
fn profile_and_level(bits: &mut Bits<'_>, sub_layers: u32) -> Option<(u8, u8)> {
    bits.skip(3)?;
    let profile = u8::try_from(bits.take(5)?).ok()?;
    bits.skip(32 + 48)?;
    let level = u8::try_from(bits.take(8)?).ok()? / 3;
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.flag()?, bits.flag()?));
    }
    if sub_layers > 0 {
        bits.skip(usize::try_from(8 - sub_layers).ok()? * 2)?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Some((profile, level))
}

/// Width and height less the window that is cut off, which counts in colour samples (§7.4.3.2.1).
fn size(bits: &mut Bits<'_>, chroma: u32) -> Option<(u32, u32)> {
    let (width, height) = (bits.ue()?, bits.ue()?);
    if !bits.flag()? {
        return Some((width, height));
    }
    let (left, right, top, bottom) = (bits.ue()?, bits.ue()?, bits.ue()?, bits.ue()?);
    let across = if matches!(chroma, 1 | 2) { 2 } else { 1 };
    let down = if chroma == 1 { 2 } else { 1 };
    Some((
        width.checked_sub(left.checked_add(right)?.checked_mul(across)?)?,
        height.checked_sub(top.checked_add(bottom)?.checked_mul(down)?)?,
    ))
}
