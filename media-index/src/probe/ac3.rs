//! Dolby Digital (ETSI TS 102 366): AC-3 and its enhanced form begin alike, with `0B 77`.
//!
//! In a file of its own, how long it plays stands nowhere: the frames at the beginning tell how many bytes a second takes.

use super::bits::Bits;
use super::source::Source;
use super::{Reading, measure};
use crate::{AudioTrack, Damage, Facts};

const CHANNELS: [u16; 8] = [2, 1, 2, 3, 3, 4, 4, 5];
const RATES: [u32; 3] = [48_000, 44_100, 32_000];
/// Kilobits a second (§4.4.1.4, table 4.13).
const KILOBITS: [u64; 19] = [
    32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
];
/// Samples in a frame of the plain form, and in a block of either.
const SAMPLES: u64 = 1_536;
const BLOCK: u64 = 256;
/// Enough frames for an average.
const WINDOW: u64 = 64 * 1024;

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let bytes = source.read_up_to(0, WINDOW)?;
    let mut places = bytes.windows(2).enumerate().filter(|(_, w)| *w == [0x0b, 0x77]);
    let begin = places.find_map(|(at, _)| is_followed(&bytes[at..]).then_some(at));
    let begin = begin.ok_or(Damage::NotWhatItsNameSays)?;
    let track = frame(&bytes[begin..]).ok_or(Damage::NotWhatItsNameSays)?;
    let (mut at, mut samples) = (begin, 0);
    while let Some(length) = bytes.get(at..).and_then(length) {
        at += length.bytes;
        samples += length.samples;
    }
    let (sound, seen) = (source.size() - begin as u64, (at - begin) as u64);
    let ms = measure::ms(samples, 1, u64::from(track.sample_rate));
    let duration_ms = u64::try_from(u128::from(sound) * u128::from(ms) / u128::from(seen.max(1)));
    let duration_ms = duration_ms.ok().filter(|ms| *ms > 0);
    Ok(Reading::whole(Facts {
        duration_ms,
        bitrate: measure::bitrate(sound, duration_ms),
        audio: Some(track),
        index_first: true,
        ..Facts::default()
    }))
}

/// A frame, and another one behind it or the end of the bytes.
fn is_followed(bytes: &[u8]) -> bool {
    let next = length(bytes).and_then(|length| bytes.get(length.bytes..));
    next.is_some_and(|next| next.len() < 2 || next.starts_with(&[0x0b, 0x77]))
}

struct Length {
    bytes: usize,
    /// How long it lasts; 0 for one that adds loudspeakers to the frame before.
    samples: u64,
}

fn length(bytes: &[u8]) -> Option<Length> {
    if !bytes.starts_with(&[0x0b, 0x77]) {
        return None;
    }
    let [code, form] = *bytes.get(4..6)? else { return None };
    if form >> 3 <= 10 {
        return plain_length(code);
    }
    let [kind, low] = *bytes.get(2..4)? else { return None };
    // §E.1.3.1: words of two bytes, less one; blocks of 256 samples.
    let words = usize::from(kind & 7) << 8 | usize::from(low);
    let blocks = match (code >> 6, code >> 4 & 3) {
        (3, _) | (_, 3) => 6,
        (_, code) => u64::from(code) + 1,
    };
    let leads = kind >> 6 != 1 && kind & 0x38 == 0;
    Some(Length {
        bytes: (words + 1) * 2,
        samples: if leads { blocks * BLOCK } else { 0 },
    })
}

/// §4.4.1.4: the lowest bit of the code adds a word where 44,100 samples do not fit evenly.
fn plain_length(code: u8) -> Option<Length> {
    let rate = RATES.get(usize::from(code >> 6))?;
    let code = usize::from(code & 0x3f);
    let words = KILOBITS.get(code / 2)? * 1_000 * SAMPLES / u64::from(*rate) / 16;
    let odd = if *rate == 44_100 { code & 1 } else { 0 };
    Some(Length {
        bytes: (usize::try_from(words).ok()? + odd) * 2,
        samples: SAMPLES,
    })
}

/// Loudspeakers of a mode (§4.4.2.3), with the one for low tones.
pub(super) fn channels(mode: u32, low: bool) -> Option<u16> {
    CHANNELS
        .get(usize::try_from(mode).ok()?)
        .map(|count| count + u16::from(low))
}

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
