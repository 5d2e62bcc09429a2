//! Fragmented films (ISO/IEC 14496-12 §8.8): their index holds no samples, or few; each fragment brings its own. How long
//! the film is stands in `mehd`, or follows from the first and the last fragments; where each time begins, from the
//! fragments' own clocks.

use std::collections::BTreeMap;

use super::track::Track;
use super::{boxes, child, scale_and_duration, to_ms};
use crate::probe::measure::frame_rate;
use crate::probe::source::{Cursor, Source};
use crate::{Damage, TimeMap};

/// Every track begins within so many fragments, and ends within so many.
const EDGE: usize = 16;
/// The index of a fragment of some seconds has a few KB.
const MOOF_LIMIT: u64 = 256 * 1024;
/// Of more fragments than these only some are asked when they begin.
const ASKED: usize = 2_000;
/// The first track's clock stands within so many bytes of a fragment.
const HEAD: u64 = 160;

/// What the fragments that were read say about a track, in its units.
#[derive(Default)]
struct Span {
    scale: u64,
    /// How long a sample lasts that does not say so itself (`trex`).
    each: u64,
    begin: Option<u64>,
    end: u64,
    sum: u64,
    count: u64,
    /// When fragments begin, in milliseconds of the track's own clock, and where.
    places: Vec<(u64, u64)>,
}

/// The fragments of a film.
pub(super) struct Fragments {
    spans: BTreeMap<u32, Span>,
    pub(super) duration_ms: Option<u64>,
}

impl Fragments {
    /// Of a film with these tracks, the indexes of whose fragments lie at `moofs` (where, how long).
    pub(super) fn read(
        source: &Source<'_>,
        moov: &[u8],
        moofs: &[(u64, u64)],
        tracks: &[Track<'_>],
    ) -> Result<Self, Damage> {
        let mut spans = spans(moov, tracks);
        let announced = announced(moov).filter(|ms| *ms > 0);
        let from_end = moofs.len().saturating_sub(EDGE);
        for (n, (at, length)) in moofs.iter().enumerate() {
            if (n < EDGE || announced.is_none() && n >= from_end) && *length <= MOOF_LIMIT {
                note(&mut spans, &source.read(*at, *length)?);
            }
        }
        for (at, length) in moofs.iter().step_by(moofs.len().div_ceil(ASKED).max(1)) {
            place(&mut spans, *at, &source.read(*at, (*length).min(HEAD))?);
        }
        let all = moofs.len() <= 2 * EDGE;
        let longest = spans.values().filter_map(|span| span.length(all)).max();
        Ok(Self {
            duration_ms: announced.or(longest.filter(|ms| *ms > 0)),
            spans,
        })
    }

    /// Pictures per second, as the first fragments have them.
    pub(super) fn rate(&self, track: u32) -> Option<f32> {
        let span = self.spans.get(&track)?;
        frame_rate(span.count.saturating_mul(span.scale), span.sum)
    }

    /// Enters where each time begins: what is shown from one fragment to the next lies between the two. `false` if no
    /// fragment tells its time.
    pub(super) fn fill(&self, shown: [Option<u32>; 2], size: u64, map: &mut TimeMap) -> bool {
        let origin = self
            .spans
            .values()
            .filter_map(|span| Some(to_ms(span.begin?, span.scale)))
            .min();
        let mut is_told = false;
        for (id, span) in &self.spans {
            let track = usize::from(shown[1] == Some(*id));
            let since = |(ms, at): &(u64, u64)| (ms.saturating_sub(origin.unwrap_or(0)), *at);
            let mut places: Vec<(u64, u64)> = span.places.iter().map(since).collect();
            places.sort_unstable();
            if places.is_sorted_by_key(|(_, at)| *at) {
                map.add_places(track, &places, size);
                is_told |= !places.is_empty();
            }
        }
        is_told
    }
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

fn spans(moov: &[u8], tracks: &[Track<'_>]) -> BTreeMap<u32, Span> {
    let span = |track: &Track<'_>| Span {
        scale: track.scale,
        // What the index holds itself comes first.
        begin: (track.indexed_time() > 0).then_some(0),
        ..Span::default()
    };
    let mut spans: BTreeMap<u32, Span> = tracks.iter().map(|track| (track.id, span(track))).collect();
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

/// Notes when the first track of a fragment begins, out of the first bytes of its index.
fn place(spans: &mut BTreeMap<u32, Span>, at: u64, head: &[u8]) -> Option<()> {
    let mut rest = Cursor(head);
    loop {
        let (length, kind) = (rest.u32()?, rest.take(4)?);
        if kind == b"traf" {
            break;
        }
        rest.skip(usize::try_from(length).ok()?.checked_sub(8)?)?;
    }
    let id = Cursor(child(rest.0, b"tfhd")?.get(4..)?).u32()?;
    let begin = child(rest.0, b"tfdt").and_then(time)?;
    let span = spans.get_mut(&id)?;
    // The box begins with its length and its kind.
    span.places.push((to_ms(begin, span.scale), at.saturating_sub(8)));
    Some(())
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
    let mut length = 0_u64;
    for (samples, time) in boxes(traf).filter_map(|(kind, run)| run_length(run, each).filter(|_| &kind == b"trun")) {
        length = length.saturating_add(time);
        span.count = span.count.saturating_add(samples);
    }
    span.sum = span.sum.saturating_add(length);
    let begin = child(traf, b"tfdt").and_then(time)?;
    span.begin = Some(span.begin.map_or(begin, |before| before.min(begin)));
    span.end = span.end.max(begin.saturating_add(length));
    Some(())
}

/// The number of samples, and how long they last. Which fields a sample has stands in the flags (§8.8.8).
fn run_length(trun: &[u8], each: u64) -> Option<(u64, u64)> {
    let mut cursor = Cursor(trun);
    let flags = cursor.u32()?;
    let count = u64::from(cursor.u32()?);
    if flags & 0x100 == 0 {
        return Some((count, count.saturating_mul(each)));
    }
    cursor.skip(if flags & 1 == 0 { 0 } else { 4 } + if flags & 4 == 0 { 0 } else { 4 })?;
    let fields = [0x100, 0x200, 0x400, 0x800].iter().filter(|field| flags & **field != 0);
    let samples = cursor
        .0
        .chunks_exact(4 * fields.count())
        .take(usize::try_from(count).ok()?);
    let times = samples.filter_map(|sample| Cursor(sample).u32()).map(u64::from);
    Some(times.fold((0, 0), |(count, sum), time| (count + 1, sum + time)))
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
