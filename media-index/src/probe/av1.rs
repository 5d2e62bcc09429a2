//! AV1: what its configuration record says (AV1 Codec ISO Media File Format Binding §2.3.3); Matroska keeps the same.

use crate::VideoTrack;

/// Profile, level and depth. Level index 0 is 2.0, four steps make a whole one (AV1 specification, annex A.3); 31 is none.
pub(super) fn in_record(record: &[u8]) -> Option<VideoTrack> {
    let [0x81, profile_and_level, flags, ..] = *record else {
        return None;
    };
    let index = profile_and_level & 0x1f;
    let depth = match flags >> 5 & 0b11 {
        0b11 => 12,
        0b10 => 10,
        _ => 8,
    };
    Some(VideoTrack {
        codec: "av1".into(),
        profile: Some(profile_and_level >> 5),
        level: (index < 24).then_some(20 + index / 4 * 10 + index % 4),
        bit_depth: Some(depth),
        ..VideoTrack::default()
    })
}
