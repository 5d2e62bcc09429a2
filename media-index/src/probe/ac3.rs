//! Dolby Digital (ETSI TS 102 366): AC-3 and its enhanced form begin alike, with `0B 77`.

use super::bits::Bits;
use crate::AudioTrack;

const CHANNELS: [u16; 8] = [2, 1, 2, 3, 3, 4, 4, 5];
const RATES: [u32; 3] = [48_000, 44_100, 32_000];

/// The first frame in these bytes.
pub(super) fn in_stream(bytes: &[u8]) -> Option<AudioTrack> {
    let mut places = bytes.windows(2).enumerate().filter(|(_, w)| *w == [0x0b, 0x77]);
    places.find_map(|(at, _)| frame(&bytes[at..]))
}

/// The stream identification in byte 5 tells the two forms apart; both keep it at the same place.
fn frame(bytes: &[u8]) -> Option<AudioTrack> {
    match bytes.get(5)? >> 3 {
        form @ 0..=10 => plain(bytes, form),
        11..=16 => enhanced(bytes),
        _ => None,
    }
}

/// §4.3.1 and §4.3.2. Forms 9 and 10 halve and quarter the rate.
fn plain(bytes: &[u8], form: u8) -> Option<AudioTrack> {
    let rate = *RATES.get(usize::from(bytes.get(4)? >> 6))?;
    let mut bits = Bits::new(bytes.get(6..)?);
    let mode = bits.take(3)?;
    // Levels of the centre, of the surround and of Dolby Surround, where such channels are.
    let levels = [mode & 1 == 1 && mode != 1, mode & 4 != 0, mode == 2];
    bits.skip(levels.iter().filter(|there| **there).count() * 2)?;
    let low = u16::from(bits.flag()?);
    Some(AudioTrack {
        codec: "ac3".into(),
        channels: CHANNELS[usize::try_from(mode).ok()?] + low,
        sample_rate: rate >> form.saturating_sub(8),
    })
}

/// §E.1.2.1 and §E.1.2.2.
fn enhanced(bytes: &[u8]) -> Option<AudioTrack> {
    let mut bits = Bits::new(bytes.get(2..)?);
    bits.skip(16)?;
    let sample_rate = match usize::try_from(bits.take(2)?).ok()? {
        3 => *RATES.get(usize::try_from(bits.take(2)?).ok()?)? / 2,
        code => {
            bits.skip(2)?;
            RATES[code]
        }
    };
    let mode = usize::try_from(bits.take(3)?).ok()?;
    Some(AudioTrack {
        codec: "eac3".into(),
        channels: CHANNELS[mode] + u16::from(bits.flag()?),
        sample_rate,
    })
}
