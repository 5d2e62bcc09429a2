//! MP4, M4V, MOV, M4A, 3GP (ISO/IEC 14496-12): boxes within boxes.
//!
//! 1. Walk the top level: is every box within the file, is there an index (`moov`), does it come before the media?
//! 2. Read `moov`: length, tracks, codecs.
//! 3. From the sample tables, which bytes hold which second.

use super::Reading;
use super::source::{Cursor, Source, broken};
use crate::{AudioTrack, Damage, Facts, TimeMap, VideoTrack};

mod fragments;
mod tables;
mod track;

use fragments::Fragments;
use track::Track;

/// A fragmented film has two boxes a fragment; more than this is not a film.
const TOP_LEVEL: usize = 200_000;
/// The index of a ten-hour film has about 20 MB.
const MOOV_LIMIT: u64 = 40 << 20;

/// A box: its type and its content.
pub(super) type Boxed<'a> = ([u8; 4], &'a [u8]);

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let top = walk(source)?;
    let (at, length) = top.moov.ok_or(Damage::IndexMissing)?;
    if length > MOOV_LIMIT {
        return Err(broken("its index is larger than any film's"));
    }
    // Of an index that is cut off the beginning tells how long the film should be.
    let moov = source.read_up_to(at, length)?;
    let mut movie = Movie::read(&moov).ok_or_else(|| broken("its index contradicts itself"))?;
    if !top.moofs.is_empty() {
        let fragments = Fragments::read(source, &moov, &top.moofs, &movie.tracks)?;
        movie.duration_ms = fragments.duration_ms.or(movie.duration_ms);
        movie.fragments = Some(fragments);
    }
    movie.reading(source.size(), &top)
}

#[derive(Default)]
struct Top {
    moov: Option<(u64, u64)>,
    mdat: Option<u64>,
    /// The indexes of a fragmented film.
    moofs: Vec<(u64, u64)>,
    /// The last box should go on to here, beyond the end of the file.
    cut: Option<u64>,
    is_index_cut: bool,
}

fn walk(source: &Source<'_>) -> Result<Top, Damage> {
    let (mut at, mut top) = (0, Top::default());
    for index in 0..TOP_LEVEL {
        if at == source.size() {
            return Ok(top);
        }
        let (kind, header, length) = head(source, at)?;
        if index == 0 && !looks_like_mp4(kind) {
            return Err(Damage::NotWhatItsNameSays);
        }
        let end = at.checked_add(length).ok_or_else(|| broken("a box without end"))?;
        match &kind {
            b"moov" => top.moov = Some((at + header, length - header)),
            b"mdat" => top.mdat = top.mdat.or(Some(at)),
            b"moof" => top.moofs.push((at + header, length - header)),
            _ => {}
        }
        if end > source.size() {
            return ended_early(source.size(), end, kind, top);
        }
        at = end;
    }
    Err(broken("it falls into too many pieces"))
}

/// Some recorders leave rubbish or a cut-off filler after the last media: that harms nobody. Of cut-off media the index
/// knows whether a sample is missing.
fn ended_early(have: u64, need: u64, kind: [u8; 4], mut top: Top) -> Result<Top, Damage> {
    let indexed = top.moov.is_some() && top.mdat.is_some();
    match &kind {
        b"mdat" if indexed && top.moofs.is_empty() => top.cut = Some(need),
        b"moov" => (top.cut, top.is_index_cut) = (Some(need), true),
        b"mdat" | b"moof" => return Err(Damage::Truncated { have, need }),
        _ if indexed => {}
        _ => return Err(Damage::Truncated { have, need }),
    }
    Ok(top)
}

fn looks_like_mp4(kind: [u8; 4]) -> bool {
    matches!(
        &kind,
        b"ftyp" | b"moov" | b"mdat" | b"free" | b"skip" | b"wide" | b"pnot" | b"styp" | b"sidx" | b"uuid"
    )
}

/// Type, header length and whole length of the box at `at`.
fn head(source: &Source<'_>, at: u64) -> Result<([u8; 4], u64, u64), Damage> {
    let bytes = source.read_up_to(at, 16)?;
    let mut cursor = Cursor(&bytes);
    let (Some(short), Some(kind)) = (cursor.u32(), cursor.take(4)) else {
        // Fewer than eight bytes are left: a cut in the middle of a header.
        return Err(Damage::Truncated {
            have: source.size(),
            need: at + 8,
        });
    };
    let kind = [kind[0], kind[1], kind[2], kind[3]];
    let (header, length) = match short {
        0 => (8, source.size() - at),
        1 => (16, cursor.u64().ok_or_else(|| broken("a box without a length"))?),
        n => (8, u64::from(n)),
    };
    if length < header {
        return Err(broken("a box shorter than its own header"));
    }
    Ok((kind, header, length))
}

/// The boxes within a box; stops at the first that does not fit.
pub(super) fn boxes(content: &[u8]) -> impl Iterator<Item = Boxed<'_>> {
    let mut rest = Cursor(content);
    std::iter::from_fn(move || {
        let length = rest.u32()?;
        let kind = rest.take(4)?;
        let body = match length {
            0 => rest.take(rest.0.len())?,
            1 => {
                let long = rest.u64()?.checked_sub(16)?;
                rest.take(usize::try_from(long).ok()?)?
            }
            n => rest.take(usize::try_from(n).ok()?.checked_sub(8)?)?,
        };
        Some(([kind[0], kind[1], kind[2], kind[3]], body))
    })
    .take(4_096)
}

pub(super) fn child<'a>(content: &'a [u8], kind: &[u8]) -> Option<&'a [u8]> {
    boxes(content).find(|(k, _)| k == kind).map(|(_, body)| body)
}

#[derive(Default)]
struct Movie<'a> {
    duration_ms: Option<u64>,
    tracks: Vec<Track<'a>>,
    fragments: Option<Fragments>,
    title: Option<String>,
}

impl<'a> Movie<'a> {
    fn read(moov: &'a [u8]) -> Option<Self> {
        let mut movie = Self::default();
        for (kind, body) in boxes(moov) {
            match &kind {
                b"mvhd" => {
                    let (scale, duration) = scale_and_duration(body)?;
                    movie.duration_ms = duration.map(|d| to_ms(d, scale));
                }
                b"trak" if movie.tracks.len() < 64 => movie.tracks.extend(Track::read(body)),
                b"udta" => movie.title = title(body),
                _ => {}
            }
        }
        Some(movie)
    }

    /// The map, and how far the file should go on if samples lie beyond its end.
    fn map(&self, shown: [Option<&Track<'_>>; 2], length: Option<u64>, size: u64, top: &Top) -> (TimeMap, Option<u64>) {
        let mut map = TimeMap::default();
        let mut end = 0;
        if let Some(ms) = length {
            map = TimeMap::of_length(ms);
            let tracks = shown.into_iter().flatten().enumerate();
            end = tracks.map(|(n, track)| track.fill(n, &mut map)).max().unwrap_or(0);
        }
        if let Some(fragments) = &self.fragments
            && !fragments.fill(shown.map(|track| track.map(|track| track.id)), size, &mut map)
        {
            map = TimeMap::default();
        }
        let cut = match top.cut {
            _ if end > size => Some(end.max(top.cut.unwrap_or(0))),
            Some(need) if end == 0 => Some(need),
            _ => None,
        };
        (map, cut)
    }

    /// The picture's facts; how many a second, the fragments know better if there are some.
    fn picture(&self, track: &Track<'_>) -> Option<VideoTrack> {
        let facts = track.video_facts()?;
        let by_fragments = self.fragments.as_ref().and_then(|fragments| fragments.rate(track.id));
        Some(VideoTrack {
            frame_rate: by_fragments.or(facts.frame_rate),
            ..facts
        })
    }

    fn reading(self, size: u64, top: &Top) -> Result<Reading, Damage> {
        let video = self.tracks.iter().find(|t| t.video.is_some());
        let audio = self.tracks.iter().find(|t| t.audio.is_some());
        if video.is_none() && audio.is_none() && !top.is_index_cut {
            return Err(Damage::NoStreams);
        }
        let longest = self.tracks.iter().filter_map(Track::duration_ms).max();
        let duration_ms = self.duration_ms.filter(|ms| *ms > 0).or(longest).filter(|ms| *ms > 0);
        let (map, cut) = self.map([video, audio], duration_ms, size, top);
        let facts = Facts {
            duration_ms,
            bitrate: duration_ms.map(|ms| size.saturating_mul(8_000) / ms),
            video: video.and_then(|track| self.picture(track)),
            audio: audio.and_then(|t| t.audio.clone()),
            index_first: top.moov.zip(top.mdat).is_some_and(|((moov, _), mdat)| moov < mdat),
            title: self.title,
            map,
        };
        Ok(Reading { facts, cut })
    }
}

/// `mvhd` and `mdhd` begin alike: version, dates, timescale, duration. All ones means unknown.
pub(super) fn scale_and_duration(body: &[u8]) -> Option<(u64, Option<u64>)> {
    let mut cursor = Cursor(body);
    let version = cursor.u8()?;
    cursor.skip(if version == 1 { 3 + 16 } else { 3 + 8 })?;
    let scale = u64::from(cursor.u32()?);
    let (duration, unknown) = match version {
        1 => (cursor.u64()?, u64::MAX),
        _ => (u64::from(cursor.u32()?), u64::from(u32::MAX)),
    };
    (scale > 0).then_some((scale, Some(duration).filter(|d| *d != unknown)))
}

pub(super) fn to_ms(units: u64, scale: u64) -> u64 {
    u64::try_from(u128::from(units) * 1000 / u128::from(scale.max(1))).unwrap_or(u64::MAX)
}

/// `udta/meta/ilst/©nam/data`: eight bytes of type and locale, then UTF-8. `QuickTime` has `udta/©nam`: two bytes of
/// length, two of language, then text.
fn title(udta: &[u8]) -> Option<String> {
    let listed = || {
        let ilst = child(child(udta, b"meta")?.get(4..)?, b"ilst")?;
        child(child(ilst, b"\xa9nam")?, b"data")?.get(8..)
    };
    let bare = || child(udta, b"\xa9nam")?.get(4..);
    let text = String::from_utf8_lossy(listed().or_else(bare)?);
    let shown: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    Some(shown.trim().to_owned()).filter(|title| !title.is_empty())
}

pub(super) type Codec = (Option<VideoTrack>, Option<AudioTrack>);
