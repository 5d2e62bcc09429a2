//! AVI (Microsoft's "AVI RIFF File Reference") and its continuation beyond one gigabyte (`OpenDML` 1.02).
//!
//! 1. Walk the top level: where are the headers, the media and the index, and does the file go on as far as it says?
//! 2. Read the headers: length, streams, formats.
//! 3. Look into the first picture for what the headers do not say: profile and level.
//! 4. From the index, which bytes hold which second; without one, from a bounded number of looks at the media.

use super::measure::{bitrate, ms};
use super::riff::{chunks, head, list, lists, text, u32_at};
use super::source::{Source, broken};
use super::{Reading, elementary, pace};
use crate::{Damage, Facts, TimeMap, VideoTrack};

mod index;
mod stream;
mod walk;

use index::Index;
use stream::Stream;

/// A film of ten hours has one top chunk a gigabyte and a dozen within the first.
const TOP_LEVEL: usize = 4_096;
/// Headers with room for a large index stay below this.
const HEADER_LIMIT: u64 = 1 << 20;
/// The first picture is looked for in so many bytes.
const FIRST_MEDIA: u64 = 96 * 1024;
/// An AVI has picture and sound, seldom a second sound.
const STREAMS: usize = 16;

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let top = walk(source)?;
    let (at, length) = top.headers.ok_or_else(|| top.without_headers(source))?;
    let headers = source.read_up_to(at, length.min(HEADER_LIMIT))?;
    let streams: Vec<Stream> = lists(&headers, *b"LIST")
        .filter(|(kind, _)| *kind == b"strl")
        .take(STREAMS)
        .zip(0..)
        .filter_map(|((_, body), number)| Stream::read(body, number))
        .collect();
    let video = streams.iter().find(|s| s.video.is_some());
    let audio = streams.iter().find(|s| s.audio.is_some());
    if video.is_none() && audio.is_none() {
        return Err(Damage::NoStreams);
    }
    let shown = [video, audio];
    let index = Index::new(source, &top, shown);
    let (duration_ms, map) = times(source, &top, shown, &index, duration(&headers, shown, &index)?)?;
    let facts = Facts {
        duration_ms,
        video: video.map(|stream| picture(source, &top, stream)).transpose()?.flatten(),
        audio: audio.and_then(|stream| stream.audio.clone()),
        bitrate: bitrate(source.size(), duration_ms),
        index_first: shown.iter().flatten().any(|stream| !stream.pieces.is_empty()),
        title: title(source, &top, &headers)?,
        map,
    };
    let cut = top.cut.filter(|_| top.index.is_none()).max(index.cut());
    Ok(Reading { facts, cut })
}

/// Where the parts of the file lie: place and length of their content.
#[derive(Default)]
struct Top {
    headers: Option<(u64, u64)>,
    info: Option<(u64, u64)>,
    /// The word `movi`, from which an index counts.
    media: Option<u64>,
    /// Where the media's list ends.
    media_end: u64,
    index: Option<(u64, u64)>,
    /// A chunk should go on to here, beyond the end of the file.
    cut: Option<u64>,
}

impl Top {
    fn without_headers(&self, source: &Source<'_>) -> Damage {
        match self.cut {
            Some(need) => Damage::Truncated {
                have: source.size(),
                need,
            },
            None => broken("it has no headers"),
        }
    }

    fn enter(&mut self, name: [u8; 4], kind: &[u8], at: u64, length: u64) {
        match (&name, kind) {
            (b"LIST", b"hdrl") => self.headers = Some((at + 4, length.saturating_sub(4))),
            (b"LIST", b"INFO") => self.info = Some((at + 4, length.saturating_sub(4))),
            (b"LIST", b"movi") if self.media.is_none() => {
                self.media = Some(at);
                self.media_end = if is_open(length) { u64::MAX } else { at + length };
            }
            (b"idx1", _) => self.index = Some((at, length)),
            _ => {}
        }
    }
}

fn walk(source: &Source<'_>) -> Result<Top, Damage> {
    let start = source.read_up_to(0, 12)?;
    match head(&start) {
        Some((name, _)) if &name == b"RIFF" && start[8..].starts_with(b"AVI") => {}
        _ => return Err(Damage::NotWhatItsNameSays),
    }
    let (mut at, mut top) = (0, Top::default());
    for _ in 0..TOP_LEVEL {
        if at >= source.size() {
            break;
        }
        let bytes = source.read_up_to(at, 12)?;
        let Some((name, length)) = head(&bytes) else { break };
        let is_known = name.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
        // Behind the last chunk some programs leave rubbish: it harms nobody.
        if !is_known {
            break;
        }
        let (length, kind) = (u64::from(length), bytes.get(8..).unwrap_or_default());
        let end = at + 8 + length;
        if end > source.size() && !is_open(length) {
            top.cut = top.cut.max(Some(end));
        }
        if &name == b"RIFF" && kind.starts_with(b"AVI") && top.headers.is_none() {
            at += 12;
            continue;
        }
        if end <= source.size() || &name == b"LIST" {
            top.enter(name, kind, at + 8, length);
        }
        // Media without an end go on to the end of the file.
        if &name == b"LIST" && is_open(length) {
            break;
        }
        at = end + length % 2;
    }
    Ok(top)
}

/// A recorder that lost its power wrote no length: nothing can be said about the end.
fn is_open(length: u64) -> bool {
    matches!(length, 0 | 0xffff_ffff)
}

/// The longest of the shown streams. Where the headers leave it open, the index has counted the chunks; then the main
/// header's number of pictures is believed.
fn duration(headers: &[u8], shown: [Option<&Stream>; 2], index: &Index<'_>) -> Result<Option<u64>, Damage> {
    let told = shown.iter().flatten().map(|stream| stream.duration_ms()).max();
    if let Some(ms) = told.filter(|ms| *ms > 0) {
        return Ok(Some(ms));
    }
    Ok(index.duration_ms()?.or_else(|| {
        let (_, main) = chunks(headers).find(|(name, _)| name == b"avih")?;
        let (each, count) = (u32_at(main, 0)?, u32_at(main, 16)?);
        Some(ms(count.into(), each.into(), 1_000_000)).filter(|ms| *ms > 0)
    }))
}

/// How long it plays and what lies where, by the index; where there is none to be believed, by looks at the media.
fn times(
    source: &Source<'_>,
    top: &Top,
    shown: [Option<&Stream>; 2],
    index: &Index<'_>,
    told: Option<u64>,
) -> Result<(Option<u64>, TimeMap), Damage> {
    let map = told.map(|ms| index.map(ms)).transpose()?.unwrap_or_default();
    let media = top.media.map(|movi| movi + 4..source.size().min(top.media_end));
    let (Some(media), Some(stream)) = (media, shown.into_iter().flatten().next()) else {
        return Ok((told, map));
    };
    if map != TimeMap::default() || media.is_empty() || top.cut.is_some() {
        return Ok((told, map));
    }
    let spots = walk::spots(source, &media, stream)?;
    let seen = spots.last().map(|spot| spot.ms).filter(|ms| *ms > 0);
    Ok(match (told, seen) {
        (Some(told), Some(seen)) if seen.abs_diff(told) <= told / 2 => {
            (Some(told), TimeMap::by_spots(&pace::stretched(spots, told), told))
        }
        (None, Some(seen)) => (Some(seen), TimeMap::by_spots(&spots, seen)),
        _ => (told, map),
    })
}

/// The headers' word, completed by what the format's own data or the first picture says.
fn picture(source: &Source<'_>, top: &Top, stream: &Stream) -> Result<Option<VideoTrack>, Damage> {
    let Some(mut track) = stream.video.clone() else {
        return Ok(None);
    };
    let mut said = elementary::video(&track.codec, &stream.extra);
    if let (None, Some(at)) = (&said, top.media) {
        let media = source.read_up_to(at + 4, FIRST_MEDIA)?;
        let mut pictures = chunks(&media).filter(|(name, _)| stream.owns(*name));
        said = pictures
            .next()
            .and_then(|(_, body)| elementary::video(&track.codec, body));
    }
    if let Some(said) = said {
        track.profile = said.profile;
        track.level = said.level;
        track.bit_depth = said.bit_depth.or(track.bit_depth);
        if track.width == 0 || track.height == 0 {
            (track.width, track.height) = (said.width, said.height);
        }
    }
    Ok(Some(track))
}

/// `INAM` in an `INFO` list, beside the headers or among them.
fn title(source: &Source<'_>, top: &Top, headers: &[u8]) -> Result<Option<String>, Damage> {
    let apart = match top.info {
        Some((at, length)) => source.read_up_to(at, length.min(HEADER_LIMIT))?,
        None => list(headers, b"INFO").unwrap_or_default().to_vec(),
    };
    let name = chunks(&apart).find(|(name, _)| name == b"INAM");
    Ok(name.and_then(|(_, body)| text(body)))
}
