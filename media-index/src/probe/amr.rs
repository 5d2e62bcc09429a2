//! AMR, narrow and wide band, as phones record it (RFC 4867 §5): frames of 20 ms, whose first byte tells their length.

use super::source::Source;
use super::{Reading, measure};
use crate::{AudioTrack, Damage, Facts};

/// Bytes of a frame by its type, with its first byte (3GPP TS 26.101, 26.201); 0 is not used.
const NARROW: [u64; 16] = [13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1];
const WIDE: [u64; 16] = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1];
/// Two thousand frames or more: recorders change the rate only with the network.
const WINDOW: u64 = 64 * 1024;
const FRAME_MS: u64 = 20;

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let bytes = source.read_up_to(0, WINDOW)?;
    let (codec, sample_rate, lengths, begin) = if bytes.starts_with(b"#!AMR-WB\n") {
        ("amr_wb", 16_000, WIDE, 9)
    } else if bytes.starts_with(b"#!AMR\n") {
        ("amr_nb", 8_000, NARROW, 6)
    } else {
        return Err(Damage::NotWhatItsNameSays);
    };
    let (mut at, mut frames) = (begin, 0);
    while let Some(first) = bytes.get(at) {
        let length = lengths[usize::from(first >> 3 & 15)];
        if length == 0 {
            break;
        }
        at += usize::try_from(length).unwrap_or(1);
        frames += 1;
    }
    let (sound, seen) = (source.size() - begin as u64, (at - begin) as u64);
    let duration_ms = sound
        .saturating_mul(frames * FRAME_MS)
        .checked_div(seen)
        .filter(|ms| *ms > 0);
    Ok(Reading::whole(Facts {
        duration_ms,
        bitrate: measure::bitrate(sound, duration_ms),
        audio: Some(AudioTrack {
            codec: codec.into(),
            channels: 1,
            sample_rate,
        }),
        index_first: true,
        ..Facts::default()
    }))
}
