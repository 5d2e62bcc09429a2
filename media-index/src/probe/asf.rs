//! ASF, WMV, WMA (Advanced Systems Format, revision 01.20): objects of a 16-byte id and an 8-byte length.
//!
//! The header object says all that is wanted; the data object says how long the file should be; the simple index, if it
//! is there, which packet holds which second; if not, packets here and there tell.

use super::riff::{u16_at, u32_at, u64_at};
use super::source::{Source, broken};
use super::{Reading, elementary, formats, measure, places};
use crate::timemap::Spot;
use crate::{AudioTrack, Damage, Facts, TimeMap, VideoTrack};

mod packets;

use packets::Packets;

type Guid = [u8; 16];

const HEADER: Guid = *b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
const FILE: Guid = *b"\xA1\xDC\xAB\x8C\x47\xA9\xCF\x11\x8E\xE4\x00\xC0\x0C\x20\x53\x65";
const STREAM: Guid = *b"\x91\x07\xDC\xB7\xB7\xA9\xCF\x11\x8E\xE6\x00\xC0\x0C\x20\x53\x65";
const CONTENT: Guid = *b"\x33\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
const EXTENSION: Guid = *b"\xB5\x03\xBF\x5F\x2E\xA9\xCF\x11\x8E\xE3\x00\xC0\x0C\x20\x53\x65";
const EXTENDED_STREAM: Guid = *b"\xCB\xA5\xE6\x14\x72\xC6\x32\x43\x83\x99\xA9\x69\x52\x06\x5B\x5A";
const DATA: Guid = *b"\x36\x26\xB2\x75\x8E\x66\xCF\x11\xA6\xD9\x00\xAA\x00\x62\xCE\x6C";
const INDEX: Guid = *b"\x90\x08\x00\x33\xB1\xE5\xCF\x11\x89\xF4\x00\xA0\xC9\x03\x49\xCB";
const PICTURE: Guid = *b"\xC0\xEF\x19\xBC\x4D\x5B\xCF\x11\xA8\xFD\x00\x80\x5F\x5C\x44\x2B";
const SOUND: Guid = *b"\x40\x9E\x69\xF8\x4D\x5B\xCF\x11\xA8\xFD\x00\x80\x5F\x5C\x44\x2B";

/// Headers with pictures in them have some hundred kilobytes.
const HEADER_LIMIT: u64 = 1 << 20;
/// An entry a second: ten hours have 36,000 of six bytes.
const INDEX_LIMIT: u64 = 1 << 20;
/// Of the data object, before the first packet (§5.1).
const DATA_HEAD: u64 = 50;
/// Header, data, and a few indexes.
const TOP_LEVEL: usize = 64;

/// What the header says.
#[derive(Default)]
struct Header {
    /// In 100 nanoseconds, with what comes before the first picture.
    duration: u64,
    preroll_ms: u64,
    packet: u64,
    /// The header's own word on the file's size; live recordings have 0.
    size: u64,
    /// The numbers of the picture's stream and of the sound's.
    streams: [Option<u8>; 2],
    facts: Facts,
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let (id, length) = head(source, 0)?;
    if id != HEADER {
        return Err(Damage::NotWhatItsNameSays);
    }
    if length > HEADER_LIMIT {
        return Err(broken("its header is larger than any film's"));
    }
    let bytes = source.read(0, length)?;
    let mut header = Header::default();
    objects(bytes.get(30..).unwrap_or_default()).for_each(|(id, body)| header.note(id, body));
    if header.facts.video.is_none() && header.facts.audio.is_none() {
        return Err(Damage::NoStreams);
    }
    header.finish(source, length)
}

/// Id and whole length of the object at `at`.
fn head(source: &Source<'_>, at: u64) -> Result<(Guid, u64), Damage> {
    let bytes = source.read_up_to(at, 24)?;
    let id = bytes.get(..16).and_then(|id| id.try_into().ok());
    match (id, u64_at(&bytes, 16)) {
        (Some(id), Some(length)) => Ok((id, length.max(24))),
        _ => Err(Damage::Truncated {
            have: source.size(),
            need: at + 24,
        }),
    }
}

/// The objects within one; stops at the first that does not fit.
fn objects(bytes: &[u8]) -> impl Iterator<Item = (Guid, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let id = rest.get(..16)?.try_into().ok()?;
        let length = usize::try_from(u64_at(rest, 16)?).ok()?;
        let body = rest.get(24..length)?;
        rest = &rest[length..];
        Some((id, body))
    })
}

impl Header {
    fn note(&mut self, id: Guid, body: &[u8]) {
        // An object that is too short for its fields says nothing.
        let _: Option<()> = match id {
            FILE => self.file(body),
            STREAM => self.stream(body),
            CONTENT => self.content(body),
            EXTENSION => self.extension(body),
            _ => None,
        };
    }

    /// §3.2.
    fn file(&mut self, body: &[u8]) -> Option<()> {
        self.size = u64_at(body, 16)?;
        self.duration = u64_at(body, 40)?;
        self.preroll_ms = u64_at(body, 56)?;
        self.packet = u32_at(body, 68)?.into();
        Some(())
    }

    /// §3.3 and §9: the type-specific data are the structures of Windows.
    fn stream(&mut self, body: &[u8]) -> Option<()> {
        let kind: Guid = body.get(..16)?.try_into().ok()?;
        let length = usize::try_from(u32_at(body, 40)?).ok()?;
        let number = Some(body.get(48)? & 0x7f);
        let data = body.get(54..)?;
        let data = &data[..length.min(data.len())];
        match kind {
            PICTURE if self.facts.video.is_none() => (self.streams[0], self.facts.video) = (number, picture(data)),
            SOUND if self.facts.audio.is_none() => (self.streams[1], self.facts.audio) = (number, sound(data)),
            _ => {}
        }
        Some(())
    }

    /// §3.10: the title is the first of five texts.
    fn content(&mut self, body: &[u8]) -> Option<()> {
        let length = usize::from(u16_at(body, 0)?);
        let (title, _, _) = encoding_rs::UTF_16LE.decode(body.get(10..10 + length)?);
        let shown: String = title.chars().filter(|c| !c.is_control()).take(200).collect();
        self.facts.title = Some(shown.trim().to_owned()).filter(|title| !title.is_empty());
        Some(())
    }

    /// §3.4, §4.1: an extended description tells how long a picture stands, and may hold the stream's own.
    fn extension(&mut self, body: &[u8]) -> Option<()> {
        for (_, stream) in objects(body.get(22..)?).filter(|(id, _)| *id == EXTENDED_STREAM) {
            let frame = u64_at(stream, 52)?;
            let rate = measure::frame_rate(10_000_000, frame);
            if let (Some(video), true) = (&mut self.facts.video, frame > 0) {
                video.frame_rate = video.frame_rate.or(rate);
            }
            if let Some((_, inner)) = inner_objects(stream)
                .into_iter()
                .flatten()
                .find(|(id, _)| *id == STREAM)
            {
                self.stream(inner);
            }
        }
        Some(())
    }

    fn finish(mut self, source: &Source<'_>, after: u64) -> Result<Reading, Damage> {
        let ms = (self.duration / 10_000).saturating_sub(self.preroll_ms);
        self.facts.duration_ms = Some(ms).filter(|ms| *ms > 0);
        self.facts.bitrate = measure::bitrate(source.size(), self.facts.duration_ms);
        self.facts.index_first = true;
        let top = walk(source, after);
        let data = top.data.ok_or_else(|| Damage::Truncated {
            have: source.size(),
            need: self.size.max(source.size() + 1),
        })?;
        // A live recording does not know how long its data are.
        let end = (data.1 > DATA_HEAD).then(|| data.0.saturating_add(data.1));
        let cut = end.filter(|end| *end > source.size()).map(|end| end.max(self.size));
        if let Some(ms) = self.facts.duration_ms {
            let by_index = top.index.and_then(|index| self.map(source, index, data.0, ms));
            self.facts.map = match by_index {
                Some(map) => map,
                None => self.looked_through(source, data.0, end, ms)?,
            };
        }
        Ok(Reading { facts: self.facts, cut })
    }

    /// The map of a film without an index; `end` is where the data end, if they say so.
    fn looked_through(&self, source: &Source<'_>, data: u64, end: Option<u64>, ms: u64) -> Result<TimeMap, Damage> {
        let packets = Packets {
            begin: data + DATA_HEAD,
            end: end.unwrap_or(u64::MAX).min(source.size()),
            length: self.packet,
            streams: self.streams.into_iter().flatten().collect(),
            preroll_ms: self.preroll_ms,
        };
        if self.packet == 0 || packets.begin >= packets.end {
            return Ok(TimeMap::default());
        }
        let ends = [(0, packets.begin), (ms, packets.end)].map(|(ms, at)| Spot { ms, at });
        places::map_of(ends, packets.streams.len() > 1, |at| packets.sight(source, at))
    }

    /// §6.1: entry n names the packet with the key frame for time n. What is shown from there until the next entry lies
    /// between the two packets, and in the packets that the key frame takes.
    fn map(&self, source: &Source<'_>, index: (u64, u64), data: u64, ms: u64) -> Option<TimeMap> {
        let bytes = source.read(index.0, index.1.min(INDEX_LIMIT)).ok()?;
        let step = u64_at(&bytes, 40)? / 10_000;
        let count = usize::try_from(u32_at(&bytes, 52)?).ok()?;
        let entries: Vec<(u64, u64)> = bytes
            .get(56..)?
            .chunks_exact(6)
            .take(count)
            .map(|entry| {
                let packets = u16_at(entry, 4).unwrap_or(1).max(1);
                (u32_at(entry, 0).unwrap_or(0).into(), packets.into())
            })
            .collect();
        if step == 0 || self.packet == 0 || entries.is_empty() {
            return None;
        }
        let mut map = TimeMap::of_length(ms);
        let place = |packet: u64| (data + DATA_HEAD).saturating_add(packet.saturating_mul(self.packet));
        for ((n, (from, packets)), next) in (0_u64..)
            .zip(&entries)
            .zip(entries.iter().skip(1).map(Some).chain([None]))
        {
            let to = next.map_or(from + packets, |(next, _)| (*next).max(from + packets));
            let begin = n.saturating_mul(step).saturating_sub(self.preroll_ms);
            let end = (n + 1).saturating_mul(step).saturating_sub(self.preroll_ms);
            if begin < end {
                map.add(0, begin..end, &(place(*from)..place(to).min(source.size())));
            }
        }
        Some(map)
    }
}

/// Behind the names and the payload extensions of an extended description (§4.1).
fn inner_objects(stream: &[u8]) -> Option<impl Iterator<Item = (Guid, &[u8])>> {
    let (names, extensions) = (u16_at(stream, 60)?, u16_at(stream, 62)?);
    let mut at = 64;
    for _ in 0..names {
        at += 4 + usize::from(u16_at(stream, at + 2)?);
    }
    for _ in 0..extensions {
        at += 22 + usize::try_from(u32_at(stream, at + 18)?).ok()?;
    }
    Some(objects(stream.get(at..)?))
}

struct Top {
    data: Option<(u64, u64)>,
    index: Option<(u64, u64)>,
}

fn walk(source: &Source<'_>, mut at: u64) -> Top {
    let mut top = Top {
        data: None,
        index: None,
    };
    for _ in 0..TOP_LEVEL {
        if at >= source.size() {
            break;
        }
        // Rubbish at the end harms nobody once the data were seen.
        let Ok((id, length)) = head(source, at) else { break };
        match id {
            DATA => top.data = top.data.or(Some((at, length))),
            INDEX if at.saturating_add(length) <= source.size() => top.index = top.index.or(Some((at, length))),
            _ => {}
        }
        at = at.saturating_add(length);
    }
    top
}

/// §9.2: width and height, flags, then a `BITMAPINFOHEADER`, then what the codec says itself.
fn picture(data: &[u8]) -> Option<VideoTrack> {
    let code = data.get(11 + 16..11 + 20)?.try_into().ok()?;
    let codec = formats::picture(code);
    let told = elementary::video(&codec, data.get(11 + 40..).unwrap_or_default()).unwrap_or_default();
    Some(VideoTrack {
        codec,
        width: u32_at(data, 0)?,
        height: u32_at(data, 4)?,
        ..told
    })
}

/// §9.1: a `WAVEFORMATEX`.
fn sound(data: &[u8]) -> Option<AudioTrack> {
    Some(AudioTrack {
        codec: formats::sound(u16_at(data, 0)?, u16_at(data, 14).unwrap_or(16)),
        channels: u16_at(data, 2)?,
        sample_rate: u32_at(data, 4)?,
    })
}
