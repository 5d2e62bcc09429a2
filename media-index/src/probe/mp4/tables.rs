//! The sample tables (ISO/IEC 14496-12 §8.6-8.7): how long each sample lasts, how large it is, which chunk it is in, and
//! where the chunks lie. Read in place; nothing is copied, and a table that claims more entries than it has bytes ends
//! where its bytes end.

use std::ops::Range;

use super::child;
use crate::probe::source::Cursor;

/// A film of ten hours with sound has about three million samples.
const SAMPLES: u64 = 8_000_000;

pub(super) struct Tables<'a> {
    /// `(count, duration)` runs.
    times: &'a [u8],
    /// `(first chunk, samples per chunk, _)` runs.
    chunks: &'a [u8],
    /// The one size of all samples, or 0.
    size: u32,
    count: u64,
    sizes: &'a [u8],
    offsets: &'a [u8],
    wide: bool,
}

/// The entries of a table: its content without version, flags and count, cut to whole entries that are really there.
fn entries(body: Option<&[u8]>, width: usize) -> &[u8] {
    let read = |body| {
        let mut cursor = Cursor(body);
        cursor.skip(4)?;
        let claimed = usize::try_from(cursor.u32()?).ok()?;
        cursor.take(claimed.min(cursor.0.len() / width) * width)
    };
    body.and_then(read).unwrap_or_default()
}

fn u32_at(table: &[u8], index: usize) -> Option<u32> {
    Cursor(table.get(index * 4..)?).u32()
}

impl<'a> Tables<'a> {
    pub(super) fn read(stbl: &'a [u8]) -> Self {
        let mut stsz = Cursor(child(stbl, b"stsz").unwrap_or_default());
        let (size, claimed) = (
            stsz.skip(4).and_then(|()| stsz.u32()).unwrap_or(0),
            stsz.u32().unwrap_or(0),
        );
        let wide = child(stbl, b"co64");
        let count = if size > 0 {
            u64::from(claimed)
        } else {
            (stsz.0.len() as u64 / 4).min(claimed.into())
        };
        Self {
            times: entries(child(stbl, b"stts"), 8),
            chunks: entries(child(stbl, b"stsc"), 12),
            size,
            count: count.min(SAMPLES),
            sizes: stsz.0,
            offsets: entries(
                wide.or_else(|| child(stbl, b"stco")),
                if wide.is_some() { 8 } else { 4 },
            ),
            wide: wide.is_some(),
        }
    }

    pub(super) fn samples(&self) -> u64 {
        self.count
    }

    /// Sum of all samples' durations, in the track's units.
    pub(super) fn total_time(&self) -> u64 {
        self.times.chunks_exact(8).fold(0_u64, |sum, run| {
            let count = u32_at(run, 0).unwrap_or(0);
            let each = u32_at(run, 1).unwrap_or(0);
            sum.saturating_add(u64::from(count) * u64::from(each))
        })
    }

    /// Calls `each` with the time (track units) and the bytes of every sample, in order.
    pub(super) fn each_sample(&self, mut each: impl FnMut(Range<u64>, Range<u64>)) {
        let mut times = self.times();
        let (mut sample, mut clock) = (0, 0_u64);
        for (chunk, in_chunk) in self.samples_per_chunk() {
            let Some(mut at) = self.offset(chunk) else { return };
            for _ in 0..in_chunk {
                let (Some(size), true) = (self.size_of(sample), sample < self.count) else {
                    return;
                };
                let end = at.saturating_add(size);
                let until = clock.saturating_add(times.next().unwrap_or(0));
                each(clock..until, at..end);
                (at, clock, sample) = (end, until, sample + 1);
            }
        }
    }

    fn times(&self) -> impl Iterator<Item = u64> {
        self.times.chunks_exact(8).flat_map(|run| {
            let count = usize::try_from(u32_at(run, 0).unwrap_or(0)).unwrap_or(0);
            std::iter::repeat_n(u64::from(u32_at(run, 1).unwrap_or(0)), count)
        })
    }

    fn size_of(&self, sample: u64) -> Option<u64> {
        if self.size > 0 {
            return Some(self.size.into());
        }
        u32_at(self.sizes, usize::try_from(sample).ok()?).map(u64::from)
    }

    fn offset(&self, chunk: usize) -> Option<u64> {
        if self.wide {
            return Cursor(self.offsets.get(chunk * 8..)?).u64();
        }
        u32_at(self.offsets, chunk).map(u64::from)
    }

    /// Every chunk with the number of its samples: a run holds until the first chunk of the next.
    fn samples_per_chunk(&self) -> impl Iterator<Item = (usize, u32)> {
        let chunks = self.offsets.len() / if self.wide { 8 } else { 4 };
        let first =
            |run: usize| u32_at(self.chunks, run * 3).map(|n| usize::try_from(n).unwrap_or(0).saturating_sub(1));
        (0..self.chunks.len() / 12).flat_map(move |run| {
            let per_chunk = u32_at(self.chunks, run * 3 + 1).unwrap_or(0);
            let from = first(run).unwrap_or(chunks);
            let to = first(run + 1).unwrap_or(chunks).min(chunks);
            (from..to).map(move |chunk| (chunk, per_chunk))
        })
    }
}
