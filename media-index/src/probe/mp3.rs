//! MP3: frames, with tags before and behind them (see `id3`).
//!
//! Length from the Xing or VBRI header if there is one; which time lies where, from its table. A writer that left an
//! `Info` header says that the rate never changes. What nobody told is found from runs of frames (see `pace`).

use std::ops::Range;

use super::pace::{self, Run};
use super::source::{Cursor, Source};
use super::{Reading, id3, measure, mpegaudio};
use crate::timemap::Spot;
use crate::{Damage, Facts, TimeMap};

/// The first frame is looked for in so many bytes after the tag.
const SEARCH: u64 = 64 * 1024;

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let (after_tag, title) = id3::before(source)?;
    let bytes = source.read_up_to(after_tag, SEARCH)?;
    let (at, frame) = mpegaudio::first(&bytes).ok_or(Damage::NotWhatItsNameSays)?;
    let audio_bytes = (source.size() - after_tag - at as u64).saturating_sub(id3::behind(source)?);
    let begin = after_tag + at as u64;
    let sound = begin..begin + audio_bytes;
    let counted = frames_counted(&bytes[at..]).map(|frames| played_us(frames, frame) / 1000);
    let (duration_ms, map) = match (counted, said(&bytes[at..])) {
        (Some(ms), Said::Even) => (ms, TimeMap::evenly_within(sound.start, sound.end, source.size(), ms)),
        (Some(ms), Said::Table(table)) => (ms, by_table(table, &sound, ms)),
        (counted, _) => by_runs(source, &sound, frame, counted)?,
    };
    let duration_ms = Some(duration_ms).filter(|ms| *ms > 0);
    Ok(Reading::whole(Facts {
        map: duration_ms.map_or_else(TimeMap::default, |_| map),
        duration_ms,
        audio: Some(frame.track()),
        bitrate: measure::bitrate(audio_bytes, duration_ms),
        index_first: true,
        title,
        ..Facts::default()
    }))
}

/// Microseconds of so many frames.
fn played_us(frames: u64, kind: mpegaudio::Frame) -> u64 {
    let us = u128::from(frames) * u128::from(kind.samples) * 1_000_000 / u128::from(kind.sample_rate.max(1));
    u64::try_from(us).unwrap_or(u64::MAX)
}

/// Length and map from the frames themselves; if somebody counted them, that is the length.
fn by_runs(
    source: &Source<'_>,
    sound: &Range<u64>,
    kind: mpegaudio::Frame,
    counted: Option<u64>,
) -> Result<(u64, TimeMap), Damage> {
    let spots = pace::spots(source, sound, &pace::SOUND, |bytes| run(bytes, kind))?;
    let seen = spots.last().map_or(0, |spot| spot.ms);
    let ms = counted.filter(|ms| *ms > 0).unwrap_or(seen);
    let spots = pace::stretched(spots, ms);
    let same = |pair: &[Spot]| pair[1].ms.saturating_sub(pair[0].ms) * (sound.end - sound.start);
    let is_even = spots
        .windows(2)
        .all(|pair| same(pair).abs_diff((pair[1].at - pair[0].at) * ms) <= (sound.end - sound.start) * 250);
    if is_even {
        return Ok((ms, TimeMap::evenly_within(sound.start, sound.end, source.size(), ms)));
    }
    Ok((ms, TimeMap::by_spots(&spots, ms)))
}

/// Frames of this kind that follow one another: rates may change from frame to frame. Fewer than three may be a chance.
fn run(bytes: &[u8], kind: mpegaudio::Frame) -> Option<Run> {
    let (skip, _) = mpegaudio::first(bytes)?;
    let (mut at, mut frames) = (skip, 0);
    while let Some(next) = bytes.get(at..).and_then(mpegaudio::frame) {
        let is_enough = played_us(frames, kind) >= pace::ENOUGH_US;
        if is_enough || (next.sample_rate, next.layer) != (kind.sample_rate, kind.layer) {
            break;
        }
        at += next.length;
        frames += 1;
    }
    let is_whole = frames > 2 || at >= bytes.len();
    is_whole.then(|| Run {
        skip: skip as u64,
        bytes: (at - skip) as u64,
        us: played_us(frames, kind),
    })
}

/// What the first frame says of the rate.
enum Said<'a> {
    Nothing,
    /// It never changes (`Info`).
    Even,
    /// For each hundredth of the time, which of 256 parts of the sound it begins in (`Xing`).
    Table(&'a [u8]),
}

fn said(frame: &[u8]) -> Said<'_> {
    let head = &frame[..frame.len().min(256)];
    let has = |mark: &[u8; 4]| head.windows(4).position(|w| w == mark);
    match (has(b"Info"), has(b"Xing")) {
        (Some(_), _) => Said::Even,
        (None, Some(at)) => table(&head[at + 4..]).map_or(Said::Nothing, Said::Table),
        (None, None) => Said::Nothing,
    }
}

fn table(fields: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor(fields);
    let flags = cursor.u32()?;
    cursor.skip(if flags & 1 == 0 { 0 } else { 4 } + if flags & 2 == 0 { 0 } else { 4 })?;
    let table = (flags & 4 != 0).then(|| cursor.take(100)).flatten()?;
    table.is_sorted().then_some(table)
}

fn by_table(table: &[u8], sound: &Range<u64>, ms: u64) -> TimeMap {
    // What is heard before lies before the end of that part.
    let behind = |part: u8| u64::from(part) + u64::from(part > 0);
    let place = |part: u8| sound.start + (sound.end - sound.start) * behind(part) / 256;
    let parts = (0..).zip(table).map(|(n, part)| Spot {
        ms: ms * n / 100,
        at: place(*part),
    });
    let end = Spot { ms, at: sound.end };
    TimeMap::by_spots(&parts.chain([end]).collect::<Vec<_>>(), ms)
}

/// The number of frames that the Xing, Info or VBRI header in the first frame names.
fn frames_counted(frame: &[u8]) -> Option<u64> {
    let head = &frame[..frame.len().min(256)];
    let find = |mark: &[u8; 4]| head.windows(4).position(|w| w == mark);
    if let Some(at) = find(b"Xing").or_else(|| find(b"Info")) {
        let mut cursor = Cursor(&head[at + 4..]);
        return (cursor.u32()? & 1 == 1).then(|| cursor.u32().map(u64::from)).flatten();
    }
    let mut cursor = Cursor(head.get(find(b"VBRI")? + 14..)?);
    cursor.u32().map(u64::from)
}
