//! MPEG-4 part 2 (ISO/IEC 14496-2), the picture of `DivX` and Xvid: the sequence's profile and the layer's size.

use super::bits::{Bits, units};
use super::measure::frame_rate;
use crate::VideoTrack;

const SEQUENCE: u8 = 0xb0;
/// Start codes `20` to `2f` begin a video object layer.
const LAYER: u8 = 0x20;

/// The first layer in these bytes.
pub(super) fn in_stream(bytes: &[u8]) -> Option<VideoTrack> {
    let mut profile = None;
    for unit in units(bytes) {
        match unit {
            [SEQUENCE, code, ..] => profile = Some(*code),
            [start, rest @ ..] if start & 0xf0 == LAYER => {
                let mut track = layer(rest)?;
                // The code's upper half names the profile (0 simple, 15 advanced simple), the lower the level.
                track.profile = profile.map(|code| code >> 4);
                track.level = profile.map(|code| code & 0xf);
                return Some(track);
            }
            _ => {}
        }
    }
    None
}

/// §6.2.3, for rectangular pictures.
fn layer(unit: &[u8]) -> Option<VideoTrack> {
    let mut bits = Bits::new(unit);
    bits.skip(9)?;
    if bits.flag()? {
        bits.skip(7)?;
    }
    if bits.take(4)? == 15 {
        bits.skip(16)?;
    }
    if bits.flag()? {
        bits.skip(3)?;
        if bits.flag()? {
            bits.skip(79)?;
        }
    }
    let shape = bits.take(2)?;
    bits.skip(1)?;
    let ticks = bits.take(16)?;
    bits.skip(1)?;
    let width_of_ticks = 16 - ticks.checked_sub(1)?.leading_zeros().saturating_sub(16);
    let step = if bits.flag()? {
        Some(bits.take(width_of_ticks.max(1))?)
    } else {
        None
    };
    if shape != 0 {
        return None;
    }
    bits.skip(1)?;
    let width = bits.take(13)?;
    bits.skip(1)?;
    let height = bits.take(13)?;
    Some(VideoTrack {
        codec: "mpeg4".into(),
        bit_depth: Some(8),
        width,
        height,
        frame_rate: step.and_then(|step| frame_rate(ticks.into(), step.into())),
        ..VideoTrack::default()
    })
}
