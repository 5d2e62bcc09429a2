//! FLV (Adobe's "Video File Format Specification" 10.1, annex E): tags of script, picture and sound one after another.
//!
//! 1. The script tags at the beginning: length, size, and where the key frames lie.
//! 2. The first picture and sound tags: what they are coded in.
//! 3. The last tags: is the film whole, and how long is it if nobody wrote it down?
//! 4. Where no script tells of key frames, tags here and there: which time lies where?

use super::measure::bitrate;
use super::source::{Cursor, Source, broken};
use super::{Reading, places};
use crate::timemap::Spot;
use crate::{Damage, Facts, TimeMap, VideoTrack};

mod amf;
mod meta;
mod tags;
mod tracks;

use meta::Meta;
use tags::{End, PICTURE, SCRIPT, SOUND, tag, tags};
use tracks::Tracks;

/// The key frames of a day at one a second.
const SCRIPT_LIMIT: u64 = 2 << 20;
const SCRIPTS: usize = 4;
/// The tags that describe picture and sound come first; behind a large key frame if somebody cut the film.
const READING: u64 = 256 * 1024;
const READINGS: usize = 3;
/// A film without its last two seconds is not called cut.
const SHORT_MS: u64 = 2_000;

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let head = source.read_up_to(0, 9)?;
    let mut cursor = Cursor(&head);
    if cursor.take(3) != Some(b"FLV") {
        return Err(Damage::NotWhatItsNameSays);
    }
    let (version_and_flags, start) = (cursor.u16(), cursor.u32());
    let flags = version_and_flags.unwrap_or(0) & 0xff;
    let first = u64::from(start.unwrap_or(9)) + tags::BEHIND as u64;
    if first >= source.size() {
        return Err(broken("nothing follows its head"));
    }
    let (meta, media) = scripts(source, first)?;
    let tracks = first_tags(source, media, flags)?;
    if tracks.video.is_none() && tracks.audio.is_none() {
        return Err(Damage::NoStreams);
    }
    let end = tags::end(source, first)?;
    let kinds = [(tracks.video.is_some(), PICTURE), (tracks.audio.is_some(), SOUND)];
    let kinds: Vec<u8> = kinds
        .into_iter()
        .filter_map(|(is_there, kind)| is_there.then_some(kind))
        .collect();
    let mut reading = reading(source.size(), &meta, tracks, &end);
    if let Some(ms) = reading.facts.duration_ms {
        reading.facts.map = match meta.map(ms, source.size()) {
            Some(map) => map,
            None => looked_through(source, media, ms, &kinds)?,
        };
    }
    Ok(reading)
}

/// The map of a film that does not say where its key frames lie: each tag tells its time.
fn looked_through(source: &Source<'_>, media: u64, ms: u64, kinds: &[u8]) -> Result<TimeMap, Damage> {
    let end = Spot { ms, at: source.size() };
    places::map_of([Spot { ms: 0, at: media }, end], kinds.len() > 1, |at| {
        tags::sight(source, at, kinds)
    })
}

/// The script tags before the media, and where these begin.
fn scripts(source: &Source<'_>, mut at: u64) -> Result<(Meta, u64), Damage> {
    let mut meta = Meta::default();
    for _ in 0..SCRIPTS {
        let head = source.read_up_to(at, 11)?;
        let Some(script) = tag(&head).filter(|tag| tag.kind == SCRIPT) else {
            break;
        };
        let length = script.length as u64;
        if length > SCRIPT_LIMIT || at + length > source.size() {
            break;
        }
        let bytes = source.read(at, length)?;
        let Some(whole) = tag(&bytes) else { break };
        meta.read(whole.content);
        at += length;
    }
    Ok((meta, at))
}

/// Tags until both tracks are described that the head promises. The promise may be empty or wrong: what comes, counts.
fn first_tags(source: &Source<'_>, mut at: u64, flags: u16) -> Result<Tracks, Damage> {
    let (wants_picture, wants_sound) = (flags & 1 != 0, flags & 4 != 0);
    let mut tracks = Tracks::default();
    for _ in 0..READINGS {
        if at >= source.size() {
            break;
        }
        let bytes = source.read_up_to(at, READING)?;
        let mut after = bytes.len();
        for (place, tag) in tags(&bytes) {
            tracks.add(&tag);
            after = place + tag.length;
        }
        let promised = (tracks.has_size() || !wants_picture) && (tracks.has_rate() || !wants_sound);
        if promised && (tracks.video.is_some() || tracks.audio.is_some()) {
            break;
        }
        at += after as u64;
    }
    Ok(tracks)
}

fn reading(size: u64, meta: &Meta, tracks: Tracks, end: &End) -> Reading {
    let duration_ms = meta.duration_ms.or(end.time).filter(|ms| *ms > 0);
    let reaches = end.time.is_some_and(|ms| ms + SHORT_MS >= duration_ms.unwrap_or(0));
    let announced = meta.size.filter(|need| *need > size);
    let cut = if end.is_whole && reaches {
        None
    } else {
        announced.or(end.cut)
    };
    let facts = Facts {
        duration_ms,
        video: tracks.video.map(|track| completed(track, meta)),
        audio: tracks.audio,
        bitrate: bitrate(size, duration_ms),
        index_first: true,
        title: meta.title.clone(),
        map: TimeMap::default(),
    };
    Reading { facts, cut }
}

/// What the pictures do not say of themselves, the script says.
fn completed(mut track: VideoTrack, meta: &Meta) -> VideoTrack {
    if track.width == 0 || track.height == 0 {
        (track.width, track.height) = meta.picture;
    }
    track.frame_rate = meta.frame_rate.or(track.frame_rate);
    track
}
