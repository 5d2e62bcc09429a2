//! Pictures: how large they are, and whether their end is there.

use super::Reading;
use super::riff::{u16_at, u32_at};
use super::source::{Cursor, Source};
use crate::{Damage, Facts, VideoTrack};

/// A camera's preview and notes come before the picture itself.
const HEAD: u64 = 256 * 1024;
/// Phones append clips and maps of depth to a picture.
const TAIL: u64 = 64 * 1024;
const MARKERS: usize = 200;

type Size = (u32, u32);

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let head = source.read_up_to(0, HEAD)?;
    let (codec, size, is_whole) = match &head[..] {
        [0xff, 0xd8, 0xff, ..] => ("mjpeg", jpeg(&head), ends_with(source, b"\xff\xd9")?),
        [0x89, b'P', b'N', b'G', ..] => ("png", png(&head), ends_with(source, b"IEND")?),
        [b'G', b'I', b'F', b'8', ..] => ("gif", gif(&head), ends_with(source, b"\x3b")?),
        [b'B', b'M', ..] => (
            "bmp",
            bmp(&head),
            u32_at(&head, 2).is_none_or(|n| u64::from(n) <= source.size()),
        ),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => {
            let length = u32_at(&head, 4).map_or(0, u64::from);
            ("webp", webp(&head), length + 8 <= source.size())
        }
        _ => return Err(Damage::NotWhatItsNameSays),
    };
    let (width, height) = size.unwrap_or_default();
    let picture = VideoTrack {
        codec: codec.into(),
        width,
        height,
        ..VideoTrack::default()
    };
    Ok(Reading {
        facts: Facts {
            video: Some(picture),
            index_first: true,
            ..Facts::default()
        },
        cut: (!is_whole).then(|| source.size() + 1),
    })
}

fn ends_with(source: &Source<'_>, mark: &[u8]) -> Result<bool, Damage> {
    let from = source.size().saturating_sub(TAIL);
    let tail = source.read(from, source.size() - from)?;
    Ok(tail.windows(mark.len()).any(|w| w == mark))
}

/// ISO/IEC 10918-1 §B.2.2: the first frame header; all others are skipped by their lengths.
fn jpeg(head: &[u8]) -> Option<Size> {
    let mut cursor = Cursor(head.get(2..)?);
    for _ in 0..MARKERS {
        let (0xff, kind) = (cursor.u8()?, cursor.u8()?) else {
            return None;
        };
        let length = usize::from(cursor.u16()?).checked_sub(2)?;
        let body = cursor.take(length)?;
        if matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc) {
            let mut frame = Cursor(body.get(1..)?);
            let (height, width) = (frame.u16()?, frame.u16()?);
            return Some((width.into(), height.into()));
        }
    }
    None
}

/// PNG §11.2.1: the first chunk.
fn png(head: &[u8]) -> Option<Size> {
    let mut cursor = Cursor(head.get(16..)?);
    Some((cursor.u32()?, cursor.u32()?))
}

fn gif(head: &[u8]) -> Option<Size> {
    Some((u16_at(head, 6)?.into(), u16_at(head, 8)?.into()))
}

/// The height is negative where the first line is on top.
fn bmp(head: &[u8]) -> Option<Size> {
    Some((u32_at(head, 18)?, u32_at(head, 22)?.cast_signed().unsigned_abs()))
}

/// RFC 9649 §2.5-2.7: the three kinds of first chunk.
fn webp(head: &[u8]) -> Option<Size> {
    let three = |at| Some(u32_at(head, at)? & 0xff_ffff);
    match head.get(12..16)? {
        b"VP8X" => Some((three(24)? + 1, three(27)? + 1)),
        b"VP8L" => {
            let packed = u32_at(head, 21)?;
            Some(((packed & 0x3fff) + 1, (packed >> 14 & 0x3fff) + 1))
        }
        b"VP8 " => Some((
            u32::from(u16_at(head, 26)? & 0x3fff),
            u32::from(u16_at(head, 28)? & 0x3fff),
        )),
        _ => None,
    }
}
