//! H.264 (ITU-T H.264): what its sequence parameter set says, in a stream with start codes or in an `avcC` record.

use super::bits::{Bits, unescape, units};
use super::measure::frame_rate;
use super::source::Cursor;
use crate::VideoTrack;

const SEQUENCE: u8 = 7;

/// Out of a stream with start codes (Annex B).
pub(super) fn in_stream(bytes: &[u8]) -> Option<VideoTrack> {
    units(bytes).filter(is_sequence).find_map(sequence)
}

/// Out of an `avcC` record (ISO/IEC 14496-15 §5.3.3.1).
pub(super) fn in_record(record: &[u8]) -> Option<VideoTrack> {
    let mut cursor = Cursor(record);
    cursor.skip(6)?;
    let length = cursor.u16()?;
    sequence(cursor.take(length.into())?)
}

/// What an `avcC` record says: profile and level itself, the rest its parameter set, which knows the depth.
pub(super) fn record(body: &[u8]) -> Option<VideoTrack> {
    let [_, profile, _, level, ..] = *body else {
        return None;
    };
    let told = in_record(body).unwrap_or_default();
    // Only the high profiles can hold more than 8 bits.
    let deep = matches!(profile, 110 | 122 | 244);
    Some(VideoTrack {
        codec: "h264".into(),
        profile: Some(profile),
        level: Some(level),
        bit_depth: told.bit_depth.or(Some(if deep { 10 } else { 8 })),
        ..told
    })
}

/// §7.4.1: a parameter set is always referred to, and the first bit is 0.
fn is_sequence(unit: &&[u8]) -> bool {
    let header = unit.first().copied().unwrap_or(0);
    header & 0x9f == SEQUENCE && header & 0x60 != 0
}

/// §7.3.2.1.1, from the unit's own header byte on.
fn sequence(unit: &[u8]) -> Option<VideoTrack> {
    let plain = unescape(unit.get(1..)?);
    let mut bits = Bits::new(&plain);
    let profile = u8::try_from(bits.take(8)?).ok()?;
    bits.skip(8)?;
    let level = u8::try_from(bits.take(8)?).ok()?;
    bits.ue()?;
    let (chroma, depth) = match profile {
        100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135 => chroma_and_depth(&mut bits)?,
        _ => (1, 8),
    };
    order_of_pictures(&mut bits)?;
    let (width, height) = size(&mut bits, chroma)?;
    Some(VideoTrack {
        codec: "h264".into(),
        profile: Some(profile),
        level: Some(level),
        bit_depth: Some(depth),
        width,
        height,
        rotation: 0,
        frame_rate: rate(&mut bits),
        encrypted: false,
    })
}

fn chroma_and_depth(bits: &mut Bits<'_>) -> Option<(u32, u8)> {
    let mut chroma = bits.ue()?;
    if chroma == 3 && bits.flag()? {
        chroma = 0;
    }
    let depth = u8::try_from(bits.ue()?.checked_add(8)?).ok().filter(|d| *d <= 14)?;
    bits.ue()?;
    bits.flag()?;
    if bits.flag()? {
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if bits.flag()? {
                scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some((chroma, depth))
}

/// §7.3.2.1.1.1: it ends early when the next scale becomes 0.
fn scaling_list(bits: &mut Bits<'_>, entries: usize) -> Option<()> {
    let mut scale = 8_i64;
    for _ in 0..entries {
        scale = (scale + bits.se()?).rem_euclid(256);
        if scale == 0 {
            break;
        }
    }
    Some(())
}

/// The fields between the colours and the size, which say nothing to us.
fn order_of_pictures(bits: &mut Bits<'_>) -> Option<()> {
    bits.ue()?;
    match bits.ue()? {
        0 => drop(bits.ue()?),
        1 => {
            bits.flag()?;
            bits.se()?;
            bits.se()?;
            let cycle = bits.ue()?;
            for _ in 0..cycle.min(256) {
                bits.se()?;
            }
        }
        _ => {}
    }
    bits.ue()?;
    bits.flag().map(drop)
}

/// Width and height less what is cropped: macroblocks of 16, cropped in units of the colour samples (§7.4.2.1.1).
fn size(bits: &mut Bits<'_>, chroma: u32) -> Option<(u32, u32)> {
    let (across, down) = (bits.ue()?.checked_add(1)?, bits.ue()?.checked_add(1)?);
    let fields = if bits.flag()? { 1 } else { 2 };
    if fields == 2 {
        bits.flag()?;
    }
    bits.flag()?;
    let mut crop = [0; 4];
    if bits.flag()? {
        for side in &mut crop {
            *side = bits.ue()?;
        }
    }
    let unit_across = if matches!(chroma, 1 | 2) { 2 } else { 1 };
    let unit_down = fields * if chroma == 1 { 2 } else { 1 };
    let [left, right, top, bottom] = crop;
    let width = less(across.checked_mul(16)?, unit_across, left, right)?;
    let height = less(down.checked_mul(16)?.checked_mul(fields)?, unit_down, top, bottom)?;
    Some((width, height))
}

fn less(whole: u32, unit: u32, one: u32, other: u32) -> Option<u32> {
    whole
        .checked_sub(one.checked_add(other)?.checked_mul(unit)?)
        .filter(|left| *left > 0)
}

/// The timing of the usability information (§E.1.1): two ticks a picture.
fn rate(bits: &mut Bits<'_>) -> Option<f32> {
    if !bits.flag()? {
        return None;
    }
    if bits.flag()? && bits.take(8)? == 255 {
        bits.skip(32)?;
    }
    if bits.flag()? {
        bits.flag()?;
    }
    if bits.flag()? {
        bits.skip(4)?;
        if bits.flag()? {
            bits.skip(24)?;
        }
    }
    if bits.flag()? {
        bits.ue()?;
        bits.ue()?;
    }
    if !bits.flag()? {
        return None;
    }
    let (tick, scale) = (bits.take(32)?, bits.take(32)?);
    frame_rate(scale.into(), u64::from(tick) * 2)
}
