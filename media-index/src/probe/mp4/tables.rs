//! The sample tables (ISO/IEC 14496-12 §8.6-8.7): how long each sample lasts, how large it is, which chunk it is in, and
//! where the chunks lie. Read in place; nothing is copied, and a table that claims more entries than it has bytes ends
//! where its bytes end.

use std::ops::Range;

use super::child;
use crate::probe::source::Cursor;

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
            count,
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

    /// Calls `each` with the time (track units) and the bytes of every sample, in order; of samples that are all of one
    /// size (uncompressed sound has millions) with those of every chunk. The work is bounded by the bytes of the tables.
    pub(super) fn each_sample(&self, mut each: impl FnMut(Range<u64>, Range<u64>)) {
        let mut times = Times::new(self.times);
        let mut sample = 0;
        for (chunk, in_chunk) in self.samples_per_chunk() {
            let (Some(mut at), true) = (self.offset(chunk), sample < self.count) else {
                return;
            };
            let in_chunk = u64::from(in_chunk).min(self.count - sample);
            let (steps, each_step) = if self.size > 0 { (1, in_chunk) } else { (in_chunk, 1) };
            for _ in 0..steps.min(in_chunk) {
                let Some(size) = self.size_of(sample) else { return };
                let end = at.saturating_add(size.saturating_mul(each_step));
                each(times.take(each_step), at..end);
                (at, sample) = (end, sample + each_step);
            }
        }
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

    /// Every chunk with the number of its samples: a run holds until the first chunk of the next, which comes later.
    fn samples_per_chunk(&self) -> impl Iterator<Item = (usize, u32)> {
        let chunks = self.offsets.len() / if self.wide { 8 } else { 4 };
        let first =
            |run: usize| u32_at(self.chunks, run * 3).map(|n| usize::try_from(n).unwrap_or(0).saturating_sub(1));
        let mut done = 0;
        (0..self.chunks.len() / 12).flat_map(move |run| {
            let per_chunk = u32_at(self.chunks, run * 3 + 1).unwrap_or(0);
            let from = first(run).unwrap_or(chunks).max(done);
            let to = first(run + 1).unwrap_or(chunks).min(chunks);
            done = done.max(to);
            (from..to).map(move |chunk| (chunk, per_chunk))
        })
    }
}

/// Walks the `(count, duration)` runs.
struct Times<'a> {
    runs: std::slice::ChunksExact<'a, u8>,
    left: u64,
    each: u64,
    clock: u64,
}

impl<'a> Times<'a> {
    fn new(runs: &'a [u8]) -> Self {
        Self {
            runs: runs.chunks_exact(8),
            left: 0,
            each: 0,
            clock: 0,
        }
    }

    /// When the next `count` samples are shown.
    fn take(&mut self, mut count: u64) -> Range<u64> {
        let from = self.clock;
        while count > 0 {
            if self.left == 0 {
                let Some(run) = self.runs.next() else { break };
                self.left = u32_at(run, 0).unwrap_or(0).into();
                self.each = u32_at(run, 1).unwrap_or(0).into();
            }
            let taken = self.left.min(count);
            self.clock = self.clock.saturating_add(taken.saturating_mul(self.each));
            (self.left, count) = (self.left - taken, count - taken);
        }
        from..self.clock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: [u8; 4], fields: &[u32]) -> Vec<u8> {
        let length = u32::try_from(8 + fields.len() * 4).unwrap();
        let fields = fields.iter().flat_map(|field| field.to_be_bytes());
        length.to_be_bytes().into_iter().chain(kind).chain(fields).collect()
    }

    fn steps(stbl: &[u8]) -> Vec<(Range<u64>, Range<u64>)> {
        let mut steps = Vec::new();
        Tables::read(stbl).each_sample(|time, bytes| steps.push((time, bytes)));
        steps
    }

    #[test]
    fn a_table_that_claims_four_thousand_million_samples_costs_a_step_a_chunk() {
        let stbl = [
            boxed(*b"stts", &[0, 1, u32::MAX, 2]),
            boxed(*b"stsc", &[0, 1, 1, u32::MAX, 1]),
            boxed(*b"stsz", &[0, 3, u32::MAX]),
            boxed(*b"stco", &[0, 1, 100]),
        ];
        let all = u64::from(u32::MAX);
        assert_eq!(steps(&stbl.concat()), [(0..2 * all, 100..100 + 3 * all)]);
    }

    #[test]
    fn chunks_that_several_runs_claim_are_walked_once() {
        let back_and_forth: Vec<u32> = (0..1000).flat_map(|n| [1 + n % 2, 1, 1]).collect();
        let stbl = [
            boxed(*b"stts", &[0, 1, 2000, 1]),
            boxed(*b"stsc", &[&[0, 1000][..], &back_and_forth].concat()),
            boxed(*b"stsz", &[&[0, 0, 2000][..], &[5; 2000]].concat()),
            boxed(
                *b"stco",
                &[&[0, 1000][..], &(0..1000).map(|n| n * 5).collect::<Vec<u32>>()].concat(),
            ),
        ];
        assert_eq!(steps(&stbl.concat()).len(), 1000);
    }
}
