//! Ogg (RFC 3533) with Opus, Vorbis, FLAC, Speex or Theora in it.
//!
//! The first pages tell what the streams are, the last page of a stream tells its length by its granule position. A file
//! that is whole ends with a page that says so. Several such files one after another are one (`links`); their lengths
//! add up. Which time lies where is told by pages here and there.

use super::riff::{u16_at, u32_at};
use super::source::{Cursor, Source};
use super::{Reading, flac, measure};
use crate::timemap::Spot;
use crate::{AudioTrack, Damage, Facts, TimeMap, VideoTrack};

mod links;
mod pages;

use links::Link;

/// The first packets of all streams lie in the first pages; comments with a picture in them may follow.
const HEAD: u64 = 64 * 1024;
/// Of a chain of more links only the ends of each are entered into the map: a broadcast's rate is even.
const SURVEYED: usize = 8;

/// How a granule position becomes time.
#[derive(Debug, Clone, Copy)]
enum Granule {
    /// Samples, of which some come before the sound (Opus).
    Samples { rate: u64, before: u64 },
    /// Theora: the number of the key frame, and of pictures since, in its lower bits.
    Pictures { rate: u64, scale: u64, shift: u32 },
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    if source.read_up_to(0, 4)? != b"OggS" {
        return Err(Damage::NotWhatItsNameSays);
    }
    let (mut facts, links) = links::read(source)?;
    if facts.video.is_none() && facts.audio.is_none() {
        return Err(Damage::NoStreams);
    }
    facts.index_first = true;
    let whole = links.iter().map(Link::length_ms).fold(0, u64::saturating_add);
    facts.duration_ms = Some(whole).filter(|ms| *ms > 0);
    facts.bitrate = measure::bitrate(source.size(), facts.duration_ms);
    if let Some(ms) = facts.duration_ms {
        facts.map = map(source, &links, ms)?;
    }
    let is_ended = links.last().is_some_and(|link| link.is_ended);
    Ok(Reading {
        facts,
        cut: (!is_ended).then(|| source.size() + 1),
    })
}

fn map(source: &Source<'_>, links: &[Link], duration_ms: u64) -> Result<TimeMap, Damage> {
    let mut map = TimeMap::of_length(duration_ms);
    let (mut spots, mut begin_ms): ([Vec<Spot>; 2], u64) = Default::default();
    for link in links {
        let of_link = if links.len() > SURVEYED {
            link.ends(begin_ms)
        } else {
            link.spots(source, begin_ms)?
        };
        spots.iter_mut().zip(of_link).for_each(|(all, more)| all.extend(more));
        begin_ms = link.length_ms().saturating_add(begin_ms);
    }
    for (track, spots) in spots.iter().enumerate() {
        map.add_spots(track, spots);
    }
    Ok(map)
}

impl Granule {
    fn ms(self, granule: u64) -> u64 {
        match self {
            Self::Samples { rate, before } => measure::ms(granule.saturating_sub(before), 1, rate),
            Self::Pictures { rate, scale, shift } => {
                let since = granule & ((1 << shift) - 1);
                measure::ms((granule >> shift).saturating_add(since), scale, rate)
            }
        }
    }
}

/// What stream begins with this packet.
fn known(packet: &[u8], facts: &mut Facts) -> Option<Granule> {
    let (audio, granule) = match packet {
        [b'O', b'p', b'u', b's', b'H', b'e', b'a', b'd', ..] => opus(packet)?,
        [1, b'v', b'o', b'r', b'b', b'i', b's', ..] => vorbis(packet)?,
        [0x7f, b'F', b'L', b'A', b'C', ..] => in_flac(packet)?,
        [b'S', b'p', b'e', b'e', b'x', b' ', b' ', b' ', ..] => speex(packet)?,
        [0x80, b't', b'h', b'e', b'o', b'r', b'a', ..] => {
            let (video, granule) = theora(packet)?;
            facts.video = facts.video.take().or(Some(video));
            return Some(granule);
        }
        _ => return None,
    };
    facts.audio = facts.audio.take().or(Some(audio));
    Some(granule)
}

fn track(codec: &str, channels: u16, sample_rate: u32) -> AudioTrack {
    AudioTrack {
        codec: codec.into(),
        channels,
        sample_rate,
    }
}

/// RFC 7845 §5.1; granules count at 48 kHz whatever the rate was.
fn opus(packet: &[u8]) -> Option<(AudioTrack, Granule)> {
    let before = u16_at(packet, 10)?.into();
    let granule = Granule::Samples { rate: 48_000, before };
    Some((track("opus", u16::from(*packet.get(9)?), 48_000), granule))
}

/// Vorbis I §4.2.2.
fn vorbis(packet: &[u8]) -> Option<(AudioTrack, Granule)> {
    let rate = u32_at(packet, 12)?;
    let granule = samples(rate)?;
    Some((track("vorbis", u16::from(*packet.get(11)?), rate), granule))
}

/// RFC 9639 §10.1: after the mapping's own header the native one.
fn in_flac(packet: &[u8]) -> Option<(AudioTrack, Granule)> {
    let info = flac::stream_info(packet.get(13 + 4..)?)?;
    let granule = samples(info.track.sample_rate)?;
    Some((info.track, granule))
}

/// The Speex manual's header packet.
fn speex(packet: &[u8]) -> Option<(AudioTrack, Granule)> {
    let rate = u32_at(packet, 36)?;
    let channels = u16::try_from(u32_at(packet, 48)?).ok()?;
    Some((track("speex", channels, rate), samples(rate)?))
}

fn samples(rate: u32) -> Option<Granule> {
    let rate = u64::from(rate);
    (rate > 0).then_some(Granule::Samples { rate, before: 0 })
}

/// Theora §6.2.
fn theora(packet: &[u8]) -> Option<(VideoTrack, Granule)> {
    let mut cursor = Cursor(packet);
    cursor.skip(7 + 3 + 4)?;
    let mut three = || Some(u32::from(cursor.u8()?) << 16 | u32::from(cursor.u16()?));
    let (width, height) = (three()?, three()?);
    cursor.skip(2)?;
    let (rate, scale) = (u64::from(cursor.u32()?), u64::from(cursor.u32()?));
    cursor.skip(3 + 3 + 1 + 3)?;
    let shift = u32::from(cursor.u16()? >> 5 & 31);
    let video = VideoTrack {
        codec: "theora".into(),
        width,
        height,
        frame_rate: measure::frame_rate(rate, scale),
        ..VideoTrack::default()
    };
    (rate > 0).then_some((video, Granule::Pictures { rate, scale, shift }))
}

/// The comment packet of any of them: the first `TITLE=` (Vorbis I §5).
fn title(packet: &[u8]) -> Option<String> {
    let from = match packet {
        [b'O', b'p', b'u', b's', b'T', b'a', b'g', b's', ..] => 8,
        [3, b'v', b'o', b'r', b'b', b'i', b's', ..] | [0x81, b't', b'h', b'e', b'o', b'r', b'a', ..] => 7,
        _ => return None,
    };
    flac::title(packet.get(from..)?)
}
