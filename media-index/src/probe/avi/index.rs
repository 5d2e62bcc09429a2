//! Which bytes hold which second: from the one index behind the media (`idx1`), or from the pieces of each stream's own
//! (`ix##`), which reach beyond the first gigabyte. Read in blocks, never whole; an index that contradicts the file is
//! not believed at all, because media that it does not name would be credited to who never had them.

use std::ops::Range;

use super::Top;
use super::stream::Stream;
use crate::probe::riff::{head, u16_at, u32_at, u64_at};
use crate::probe::source::Source;
use crate::{Damage, TimeMap};

/// A whole number of entries of either kind.
const BLOCK: u64 = 1 << 20;
/// Five hours of picture and sound; a longer index is not read.
const LIMIT: u64 = 16 << 20;
/// A chunk is led by its name and its length.
const HEAD: u64 = 8;
/// The index may end so much before the film: sound that runs on, rounding.
const SHORT_MS: u64 = 2_000;

/// The index of the streams that are shown.
pub(super) struct Index<'a> {
    source: &'a Source<'a>,
    top: &'a Top,
    shown: [Option<&'a Stream>; 2],
}

/// How far each shown stream has been counted.
struct Count<'a> {
    shown: [Option<&'a Stream>; 2],
    units: [u64; 2],
}

impl Count<'_> {
    /// The time of the next chunk of this track, of so many bytes.
    fn next(&mut self, track: usize, bytes: u64) -> Range<u64> {
        let Some(stream) = self.shown[track] else { return 0..0 };
        let from = self.units[track];
        self.units[track] = from.saturating_add(stream.units(bytes));
        stream.ms(from)..stream.ms(self.units[track])
    }

    fn ms(&self) -> u64 {
        let ends = self.shown.iter().zip(self.units);
        ends.filter_map(|(stream, units)| Some((*stream)?.ms(units)))
            .max()
            .unwrap_or(0)
    }
}

impl<'a> Index<'a> {
    pub(super) fn new(source: &'a Source<'a>, top: &'a Top, shown: [Option<&'a Stream>; 2]) -> Self {
        Self { source, top, shown }
    }

    /// How long the chunks play that the index names.
    pub(super) fn duration_ms(&self) -> Result<Option<u64>, Damage> {
        Ok(self.each(|_, _, _| ())?.filter(|ms| *ms > 0))
    }

    pub(super) fn map(&self, duration_ms: u64) -> Result<TimeMap, Damage> {
        let mut map = TimeMap::of_length(duration_ms);
        let counted = self.each(|track, ms, bytes| map.add(track, ms, &bytes))?;
        let reaches = counted.is_some_and(|ms| ms.saturating_add(SHORT_MS) >= duration_ms);
        Ok(if reaches { map } else { TimeMap::default() })
    }

    /// The streams' own indexes name bytes up to here, beyond the end of the file.
    pub(super) fn cut(&self) -> Option<u64> {
        let pieces = self.shown.iter().flatten().flat_map(|stream| &stream.pieces);
        let end = pieces.map(|(at, length)| at.saturating_add(*length)).max();
        end.filter(|end| *end > self.source.size())
    }

    /// Calls `each` with track, time and bytes of every chunk; the time that they fill. `None`: there is no index, or
    /// one that cannot be right.
    fn each(&self, each: impl FnMut(usize, Range<u64>, Range<u64>)) -> Result<Option<u64>, Damage> {
        let has_pieces = self.shown.iter().flatten().any(|stream| !stream.pieces.is_empty());
        match self.top.index {
            _ if has_pieces => self.each_in_pieces(each),
            Some((at, length)) if length <= LIMIT => self.each_in_one(at, length, each),
            _ => Ok(None),
        }
    }

    /// `idx1`: name, flags, place and length of every chunk in the order of the file.
    fn each_in_one(
        &self,
        at: u64,
        length: u64,
        mut each: impl FnMut(usize, Range<u64>, Range<u64>),
    ) -> Result<Option<u64>, Damage> {
        let (mut base, mut count) = (None, self.count());
        for from in (0..length).step_by(usize::try_from(BLOCK).unwrap_or(usize::MAX)) {
            let block = self.source.read(at + from, BLOCK.min(length - from))?;
            for entry in block.chunks_exact(16) {
                let (Some((name, _)), Some(offset), Some(size)) = (head(entry), u32_at(entry, 8), u32_at(entry, 12))
                else {
                    continue;
                };
                let Some(track) = self.track(name) else { continue };
                if base.is_none() {
                    base = self.base(name, offset.into())?;
                }
                let Some(base) = base else { return Ok(None) };
                let from = base + u64::from(offset);
                let bytes = from..from + HEAD + u64::from(size);
                if bytes.end > self.source.size() {
                    return Ok(None);
                }
                each(track, count.next(track, size.into()), bytes);
            }
        }
        Ok(Some(count.ms()))
    }

    fn count(&self) -> Count<'a> {
        Count {
            shown: self.shown,
            units: [0; 2],
        }
    }

    fn track(&self, name: [u8; 4]) -> Option<usize> {
        self.shown
            .iter()
            .position(|stream| stream.is_some_and(|s| s.owns(name)))
    }

    /// Places count from the word `movi`, or with some programs from the beginning of the file: told by where the first
    /// chunk really is.
    fn base(&self, name: [u8; 4], offset: u64) -> Result<Option<u64>, Damage> {
        for base in [self.top.media, Some(0)].into_iter().flatten() {
            let is_within = base + offset + HEAD <= self.source.size();
            if is_within && self.source.read(base + offset, 4)? == name {
                return Ok(Some(base));
            }
        }
        Ok(None)
    }

    fn each_in_pieces(&self, mut each: impl FnMut(usize, Range<u64>, Range<u64>)) -> Result<Option<u64>, Damage> {
        let (mut count, mut left) = (self.count(), LIMIT);
        for (track, stream) in self.shown.iter().enumerate() {
            for (at, length) in stream.iter().flat_map(|stream| &stream.pieces) {
                let within = at.checked_add(*length).is_some_and(|end| end <= self.source.size());
                let (true, Some(rest)) = (within, left.checked_sub(*length)) else {
                    return Ok(None);
                };
                left = rest;
                let piece = self.source.read(*at, *length)?;
                for (bytes, size) in chunks_of(&piece) {
                    if bytes.end > self.source.size() {
                        return Ok(None);
                    }
                    each(track, count.next(track, size), bytes);
                }
            }
        }
        Ok(Some(count.ms()))
    }
}

/// A standard index (`OpenDML` §"AVI Standard Index Chunk"), with its chunk's head: places count from a base and name the
/// media, the eight bytes before it are its chunk's head. The top bit of the length is a flag.
fn chunks_of(piece: &[u8]) -> impl Iterator<Item = (Range<u64>, u64)> {
    let step = usize::from(u16_at(piece, 8).unwrap_or(0)) * 4;
    let used = u32_at(piece, 12).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let base = u64_at(piece, 20).unwrap_or(u64::MAX);
    let entries = piece.get(32..).unwrap_or_default().chunks_exact(step.max(8));
    entries.take(used).filter_map(move |entry| {
        let (offset, size) = (u64::from(u32_at(entry, 0)?), u64::from(u32_at(entry, 4)? & 0x7fff_ffff));
        let from = base.checked_add(offset)?;
        Some((from.saturating_sub(HEAD)..from.checked_add(size)?, size))
    })
}
