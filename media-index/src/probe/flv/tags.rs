//! The tags of an FLV: eleven bytes of head, the content, and the whole length once more behind it, which makes a tag
//! recognisable from any place of the file.

use crate::Damage;
use crate::probe::source::{Cursor, Source};
use crate::timemap::Spot;

pub(super) const SOUND: u8 = 8;
pub(super) const PICTURE: u8 = 9;
pub(super) const SCRIPT: u8 = 18;
const HEAD: usize = 11;
/// The length behind the content.
pub(super) const BEHIND: usize = 4;
/// What is looked at to find a tag of each kind: mostly the first is enough; the last holds a large key frame.
const LOOKS: [u64; 3] = [16 * 1024, 64 * 1024, 256 * 1024];
/// The last tags of a film that was cut are looked for in so many bytes: a key frame of 1080 lines fits.
const TAIL: u64 = 256 * 1024;

/// A tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'a> {
    pub(super) kind: u8,
    /// Milliseconds.
    pub(super) time: u64,
    /// Cut off where the bytes end.
    pub(super) content: &'a [u8],
    /// With head, content and the length behind.
    pub(super) length: usize,
}

/// The tag that begins here; `None` if it cannot be one.
pub(super) fn tag(bytes: &[u8]) -> Option<Tag<'_>> {
    let mut cursor = Cursor(bytes);
    let (kind_and_length, time) = (cursor.u32()?, cursor.u32()?);
    let kind = u8::try_from(kind_and_length >> 24).ok()?;
    let is_tag = matches!(kind & 0x1f, SOUND | PICTURE | SCRIPT) && kind & 0xc0 == 0 && cursor.take(3)? == [0; 3];
    let content = usize::try_from(kind_and_length & 0x00ff_ffff).ok()?;
    let behind = bytes.get(HEAD + content..).and_then(|behind| Cursor(behind).u32());
    let is_closed = behind.is_none_or(|length| usize::try_from(length) == Ok(HEAD + content));
    (is_tag && is_closed).then(|| Tag {
        kind: kind & 0x1f,
        // The fourth byte is the uppermost, which was added later.
        time: time.rotate_right(8).into(),
        content: &cursor.0[..content.min(cursor.0.len())],
        length: HEAD + content + BEHIND,
    })
}

/// The tags in these bytes, each with its place. Where one is damaged, the next is looked for.
pub(super) fn tags(bytes: &[u8]) -> impl Iterator<Item = (usize, Tag<'_>)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = tag(bytes.get(at..)?)
            .map(|tag| (at, tag))
            .or_else(|| resume(bytes, at))?;
        at = found.0 + found.1.length;
        Some(found)
    })
}

/// From here on the first tag that is followed by its own length.
fn resume(bytes: &[u8], from: usize) -> Option<(usize, Tag<'_>)> {
    (from..bytes.len()).find_map(|at| {
        let found = tag(&bytes[at..])?;
        (at + found.length <= bytes.len()).then_some((at, found))
    })
}

/// The first tags of these kinds at or behind `at`: their times, and where they begin.
pub(super) fn sight(source: &Source<'_>, at: u64, kinds: &[u8]) -> Result<[Option<Spot>; 2], Damage> {
    let mut found = [None; 2];
    for length in LOOKS {
        let bytes = source.read_up_to(at.min(source.size()), length)?;
        let Some((from, _)) = resume(&bytes, 0) else { continue };
        for (place, tag) in tags(&bytes[from..]) {
            let place = at + (from + place) as u64;
            if let Some(n) = kinds.iter().position(|kind| *kind == tag.kind) {
                found[n] = found[n].or(Some(Spot {
                    ms: tag.time,
                    at: place,
                }));
            }
        }
        if found.iter().flatten().count() == kinds.len() {
            break;
        }
    }
    Ok(found)
}

/// How the file ends.
#[derive(Debug, Default)]
pub(super) struct End {
    /// The time of the last tag: not the latest of several, which may be a damaged one.
    pub(super) time: Option<u64>,
    /// It ends with a whole tag.
    pub(super) is_whole: bool,
    /// Its last tag should go on to here.
    pub(super) cut: Option<u64>,
}

/// Goes through the last tags.
pub(super) fn end(source: &Source<'_>, first: u64) -> Result<End, Damage> {
    let start = source.size().saturating_sub(TAIL).max(first);
    let bytes = source.read_up_to(start, TAIL)?;
    let from = if start == first {
        Some(0)
    } else {
        resume(&bytes, 0).map(|(at, _)| at)
    };
    let tail = &bytes[from.unwrap_or(bytes.len())..];
    let mut end = End::default();
    for (at, tag) in tags(tail) {
        let after = at + tag.length;
        if after > tail.len() {
            // The length behind may be missing: nothing that is seen or heard.
            let missing = (after - tail.len()) as u64;
            end.cut = Some(source.size() + missing).filter(|_| missing > BEHIND as u64);
        } else {
            end.time = Some(tag.time);
        }
        end.is_whole = after == tail.len();
    }
    Ok(end)
}
