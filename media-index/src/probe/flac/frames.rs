//! Frames of FLAC (RFC 9639 §9.1): each tells which sample it begins with, and a checksum tells that it is one.

use super::Info;
use crate::Damage;
use crate::probe::places;
use crate::probe::source::{Cursor, Source};
use crate::timemap::Spot;

/// What is read at once to find a frame: the usual ones have 10 KB.
const LOOK: u64 = 16 * 1024;
/// Eight channels of the richest sound: 256 KB.
const LOOKS: usize = 16;
/// The longest header: four bytes, seven of the number, two of length, two of rate, the checksum.
const HEAD: usize = 16;
/// Two in a row are no chance; the last frame of a file is followed by none.
const TAIL: u64 = 256 * 1024;

/// How long a sound plays whose samples nobody counted: up to the end of the last frame, in samples.
pub(super) fn counted(source: &Source<'_>, info: &Info, begin: u64) -> Result<Option<u64>, Damage> {
    let from = source.size().saturating_sub(TAIL).max(begin);
    let bytes = source.read_up_to(from, TAIL)?;
    let last = (0..bytes.len()).rev().find_map(|at| frame(&bytes[at..], info));
    Ok(last.map(|frame| frame.first.saturating_add(frame.count)))
}

/// Which time begins where, by frames here and there. `begin` is where the first frame lies.
pub(super) fn spots(source: &Source<'_>, info: &Info, begin: u64, duration_ms: u64) -> Result<Vec<Spot>, Damage> {
    let end = Spot {
        ms: duration_ms,
        at: source.size(),
    };
    places::survey(Spot { ms: 0, at: begin }, end, |at| {
        let mut from = at;
        for _ in 0..LOOKS {
            // A frame's head across the border of two readings is read in the second.
            let bytes = source.read_up_to(from.min(source.size()), LOOK + HEAD as u64)?;
            let found = (0..bytes.len()).find_map(|n| Some((n, frame(&bytes[n..], info)?)));
            if let Some((n, frame)) = found {
                let ms = info.ms(frame.first);
                return Ok((ms <= duration_ms).then_some(Spot {
                    ms,
                    at: from + n as u64,
                }));
            }
            from += LOOK;
        }
        Ok(None)
    })
}

/// A frame's place in the sound, in samples of one channel.
struct Frame {
    first: u64,
    count: u64,
}

/// The frame that begins with these bytes.
fn frame(bytes: &[u8], info: &Info) -> Option<Frame> {
    let [0xff, sync @ (0xf8 | 0xf9), sizes, about, ..] = *bytes else {
        return None;
    };
    // Reserved: lengths of 0, rates of 15, channels above 10, depths of 3, the last bit.
    if sizes >> 4 == 0 || sizes & 15 == 15 || about >> 4 > 10 || about >> 1 & 7 == 3 || about & 1 == 1 {
        return None;
    }
    let mut cursor = Cursor(&bytes[4..]);
    let number = number(&mut cursor)?;
    let count = match sizes >> 4 {
        1 => 192,
        n @ 2..=5 => 144 << n,
        6 => u64::from(cursor.u8()?) + 1,
        7 => u64::from(cursor.u16()?) + 1,
        n => 1 << n,
    };
    match sizes & 15 {
        12 => cursor.skip(1)?,
        13 | 14 => cursor.skip(2)?,
        _ => {}
    }
    let length = bytes.len() - cursor.0.len();
    if cursor.u8()? != checksum(&bytes[..length]) {
        return None;
    }
    let first = if sync == 0xf9 {
        number
    } else {
        number.checked_mul(info.block.into())?
    };
    Some(Frame { first, count })
}

/// Coded as UTF-8 is, but up to seven bytes.
fn number(cursor: &mut Cursor<'_>) -> Option<u64> {
    let lead = cursor.u8()?;
    let more = match lead.leading_ones() {
        0 => return Some(lead.into()),
        1 | 8 => return None,
        ones => ones - 1,
    };
    let begin = u64::from(lead) & (0x3f >> more);
    (0..more).try_fold(begin, |number, _| {
        let byte = cursor.u8().filter(|byte| byte >> 6 == 0b10)?;
        Some(number << 6 | u64::from(byte & 0x3f))
    })
}

/// CRC-8 with the polynomial x⁸ + x² + x + 1.
fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum, _| sum << 1 ^ if sum & 0x80 == 0 { 0 } else { 7 })
    })
}
