//! VP9: profile, level and depth, as MP4 keeps them (VP Codec ISO Media File Format Binding §2.2), as WebM does, or out of
//! a frame.

use super::bits::Bits;
use crate::VideoTrack;

/// A `vpcC` box, from its version on.
pub(super) fn in_record(body: &[u8]) -> Option<VideoTrack> {
    let [1, _, _, _, profile, level, depth, ..] = *body else {
        return None;
    };
    Some(track(Some(profile), Some(level), Some(depth >> 4)))
}

/// WebM's list of features: a number, a length, a value of one byte.
pub(super) fn in_features(mut private: &[u8]) -> Option<VideoTrack> {
    let mut found = [None; 4];
    while let [id, 1, value, rest @ ..] = private {
        if let Some(place) = found.get_mut(usize::from(*id)) {
            *place = Some(*value);
        }
        private = rest;
    }
    let [_, profile, level, depth] = found;
    (profile.is_some() || depth.is_some()).then(|| track(profile, level, depth))
}

fn track(profile: Option<u8>, level: Option<u8>, depth: Option<u8>) -> VideoTrack {
    VideoTrack {
        codec: "vp9".into(),
        profile: profile.filter(|profile| *profile < 4),
        level: level.filter(|level| *level > 0),
        bit_depth: depth.filter(|depth| matches!(depth, 8 | 10 | 12)),
        ..VideoTrack::default()
    }
}

/// Profile and depth out of a key frame (VP9 bitstream specification §6.2): profiles 2 and 3 have more than 8 bits.
pub(super) fn in_frame(frame: &[u8]) -> Option<(u8, u8)> {
    let mut bits = Bits::new(frame);
    if bits.take(2)? != 2 {
        return None;
    }
    let (low, high) = (bits.take(1)?, bits.take(1)?);
    let profile = high << 1 | low;
    bits.skip(usize::from(profile == 3))?;
    // Not one that shows another frame again, and a key frame; then whether it is shown, and how errors are met.
    if bits.flag()? || bits.flag()? {
        return None;
    }
    bits.skip(2)?;
    if bits.take(24)? != 0x49_8342 {
        return None;
    }
    let is_deepest = profile >= 2 && bits.flag()?;
    let depth = match (profile, is_deepest) {
        (0 | 1, _) => 8,
        (_, false) => 10,
        (_, true) => 12,
    };
    Some((u8::try_from(profile).ok()?, depth))
}
