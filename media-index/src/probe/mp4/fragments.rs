//! Fragmented films (ISO/IEC 14496-12 §8.8): their index holds no samples, each fragment brings its own. How long the film
//! is stands in `mehd`, or follows from the first and the last fragments.

use std::collections::BTreeMap;

use super::{boxes, child, scale_and_duration, to_ms};
use crate::Damage;
use crate::probe::source::{Cursor, Source};

/// Every track begins within so many fragments, and ends within so many.
const EDGE: usize = 16;
/// The index of a fragment of some seconds has a few KB.
const MOOF_LIMIT: u64 = 256 * 1024;

/// What the fragments that were read say about a track, in its units.
#[derive(Default)]
struct Span {
    scale: u64,
    /// How long a sample lasts that does not say so itself (`trex`).
    each: u64,
    begin: Option<u64>,
    end: u64,
    sum: u64,
}

/// How long a film plays whose fragments' indexes lie at `moofs` (where, how long).
pub(super) fn duration_ms(source: &Source<'_>, moov: &[u8], moofs: &[(u64, u64)]) -> Result<Option<u64>, Damage> {
    let announced = announced(moov).filter(|ms| *ms > 0);
    if announced.is_some() {
        return Ok(announced);
    }
    let mut spans = tracks(moov);
    let from_end = moofs.len().saturating_sub(EDGE);
    for (n, (at, length)) in moofs.iter().enumerate() {
        if (n < EDGE || n >= from_end) && *length <= MOOF_LIMIT {
            note(&mut spans, &source.read(*at, *length)?);
        }
    }
    let all = moofs.len() <= 2 * EDGE;
    let lengths = spans.values().filter_map(|span| span.length(all));
    Ok(lengths.max().filter(|ms| *ms > 0))
}

fn announced(moov: &[u8]) -> Option<u64> {
    let (scale, _) = scale_and_duration(child(moov, b"mvhd")?)?;
    time(child(child(moov, b"mvex")?, b"mehd")?).map(|units| to_ms(units, scale))
}

/// `mehd` and `tfdt` are alike: version and flags, then a time of 32 or 64 bits.
fn time(body: &[u8]) -> Option<u64> {
    let mut cursor = Cursor(body);
    match cursor.u32()? >> 24 {
        1 => cursor.u64(),
        _ => cursor.u32().map(u64::from),
    }
}

fn tracks(moov: &[u8]) -> BTreeMap<u32, Span> {
    let traks = boxes(moov).filter(|(kind, _)| kind == b"trak");
    let mut spans: BTreeMap<u32, Span> = traks.filter_map(|(_, trak)| track(trak)).collect();
    for (_, trex) in boxes(child(moov, b"mvex").unwrap_or_default()).filter(|(kind, _)| kind == b"trex") {
        let mut fields = trex
            .chunks_exact(4)
            .skip(1)
            .map(|field| Cursor(field).u32().unwrap_or(0));
        let (id, each) = (fields.next().unwrap_or(0), fields.nth(1).unwrap_or(0));
        if let Some(span) = spans.get_mut(&id) {
            span.each = each.into();
        }
    }
    spans
}

fn track(trak: &[u8]) -> Option<(u32, Span)> {
    let mut tkhd = Cursor(child(trak, b"tkhd")?);
    let wide = tkhd.u32()? >> 24 == 1;
    tkhd.skip(if wide { 16 } else { 8 })?;
    let (scale, _) = scale_and_duration(child(child(trak, b"mdia")?, b"mdhd")?)?;
    let span = Span {
        scale,
        ..Span::default()
    };
    Some((tkhd.u32()?, span))
}

fn note(spans: &mut BTreeMap<u32, Span>, moof: &[u8]) {
    for (_, traf) in boxes(moof).filter(|(kind, _)| kind == b"traf") {
        // A piece that cannot be read says nothing; the others may.
        let _: Option<()> = fragment(spans, traf);
    }
}

fn fragment(spans: &mut BTreeMap<u32, Span>, traf: &[u8]) -> Option<()> {
    let mut tfhd = Cursor(child(traf, b"tfhd")?);
    let flags = tfhd.u32()?;
    let span = spans.get_mut(&tfhd.u32()?)?;
    tfhd.skip(if flags & 1 == 0 { 0 } else { 8 } + if flags & 2 == 0 { 0 } else { 4 })?;
    let each = if flags & 8 == 0 { span.each } else { tfhd.u32()?.into() };
    let runs = boxes(traf).filter(|(kind, _)| kind == b"trun");
    let length = runs.fold(0_u64, |sum, (_, run)| {
        sum.saturating_add(run_length(run, each).unwrap_or(0))
    });
    span.sum = span.sum.saturating_add(length);
    let begin = child(traf, b"tfdt").and_then(time)?;
    span.begin = Some(span.begin.map_or(begin, |before| before.min(begin)));
    span.end = span.end.max(begin.saturating_add(length));
    Some(())
}

/// §8.8.8: which fields a sample has stands in the flags.
fn run_length(trun: &[u8], each: u64) -> Option<u64> {
    let mut cursor = Cursor(trun);
    let flags = cursor.u32()?;
    let count = u64::from(cursor.u32()?);
    if flags & 0x100 == 0 {
        return Some(count.saturating_mul(each));
    }
    cursor.skip(if flags & 1 == 0 { 0 } else { 4 } + if flags & 4 == 0 { 0 } else { 4 })?;
    let fields = [0x100, 0x200, 0x400, 0x800].iter().filter(|field| flags & **field != 0);
    let samples = cursor.0.chunks_exact(4 * fields.count());
    let count = usize::try_from(count).ok()?;
    Some(
        samples
            .take(count)
            .filter_map(|sample| Cursor(sample).u32())
            .map(u64::from)
            .sum(),
    )
}

impl Span {
    /// Without times of their own the fragments' lengths add up, if all were read.
    fn length(&self, all: bool) -> Option<u64> {
        let units = match self.begin {
            Some(begin) => Some(self.end.saturating_sub(begin)),
            None => Some(self.sum).filter(|_| all),
        };
        units.map(|units| to_ms(units, self.scale))
    }
}
