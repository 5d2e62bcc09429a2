//! Ogg (RFC 3533) with Opus, Vorbis, FLAC, Speex or Theora in it.
//!
//! The first pages tell what the streams are, the last page of a stream tells its length by its granule position. A file
//! that is whole ends with a page that says so.

use std::collections::BTreeMap;

use super::riff::{u16_at, u32_at, u64_at};
use super::source::{Cursor, Source};
use super::{Reading, flac, measure};
use crate::{AudioTrack, Damage, Facts, VideoTrack};

/// The first packets of all streams lie in the first pages; comments with a picture in them may follow.
const HEAD: u64 = 64 * 1024;
/// A page has at most 65,307 bytes, and the last pages of sound and picture lie together.
const TAIL: u64 = 256 * 1024;

/// How a granule position becomes time.
#[derive(Debug, Clone, Copy)]
enum Granule {
    /// Samples, of which some come before the sound (Opus).
    Samples { rate: u64, before: u64 },
    /// Theora: the number of the key frame, and of pictures since, in its lower bits.
    Pictures { rate: u64, scale: u64, shift: u32 },
}

struct Page<'a> {
    is_last: bool,
    granule: u64,
    serial: u32,
    body: &'a [u8],
    length: usize,
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let head = source.read_up_to(0, HEAD)?;
    if !head.starts_with(b"OggS") {
        return Err(Damage::NotWhatItsNameSays);
    }
    let mut facts = Facts {
        index_first: true,
        ..Facts::default()
    };
    let mut streams = BTreeMap::new();
    for page in pages(&head) {
        match known(page.body, &mut facts) {
            Some(granule) => drop(streams.entry(page.serial).or_insert(granule)),
            None => facts.title = facts.title.take().or_else(|| title(page.body)),
        }
    }
    if facts.video.is_none() && facts.audio.is_none() {
        return Err(Damage::NoStreams);
    }
    let (duration, is_ended) = ending(source, &streams)?;
    facts.duration_ms = duration;
    facts.bitrate = measure::bitrate(source.size(), duration);
    Ok(Reading {
        facts,
        cut: (!is_ended).then(|| source.size() + 1),
    })
}

/// The pages in these bytes; the last may be cut off and is left out. Between pages rubbish is skipped.
fn pages(bytes: &[u8]) -> impl Iterator<Item = Page<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += bytes.get(at..)?.windows(4).position(|w| w == b"OggS")?;
            match page(&bytes[at..]) {
                Some(page) => {
                    at += page.length;
                    return Some(page);
                }
                None => at += 4,
            }
        }
    })
}

/// RFC 3533 §6.
fn page(bytes: &[u8]) -> Option<Page<'_>> {
    let flags = *bytes.get(5)?;
    let count = usize::from(*bytes.get(26)?);
    let lengths = bytes.get(27..27 + count)?;
    let length: usize = lengths.iter().map(|n| usize::from(*n)).sum();
    let from = 27 + count;
    Some(Page {
        is_last: flags & 4 != 0,
        granule: u64_at(bytes, 6)?,
        serial: u32_at(bytes, 14)?,
        body: bytes.get(from..from + length)?,
        length: from + length,
    })
}

/// The last granule position of each stream that is known, and whether any page says that it is the last.
fn ending(source: &Source<'_>, streams: &BTreeMap<u32, Granule>) -> Result<(Option<u64>, bool), Damage> {
    let from = source.size().saturating_sub(TAIL);
    let tail = source.read(from, source.size() - from)?;
    let mut longest = None;
    let mut is_ended = false;
    for page in pages(&tail).filter(|page| page.granule != u64::MAX) {
        if let Some(granule) = streams.get(&page.serial) {
            longest = longest.max(Some(granule.ms(page.granule)));
            is_ended |= page.is_last;
        }
    }
    Ok((longest.filter(|ms| *ms > 0), is_ended))
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
