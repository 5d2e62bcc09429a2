//! `RealMedia` (.rm .rmvb): chunks of four letters and a length, the large end first.
//!
//! `PROP` tells length and where things lie, each `MDPR` describes a stream, `CONT` holds the title (GBK in practice),
//! `DATA` the packets, `INDX` which packet holds which time; where it is missing, packets here and there tell.

use std::ops::Range;

use super::source::{Cursor, Source, broken};
use super::{Reading, measure, places, riff};
use crate::timemap::Spot;
use crate::{AudioTrack, Damage, Facts, TimeMap, VideoTrack};

mod packets;

use packets::Shown;

/// Descriptions have some kilobytes each.
const CHUNK_LIMIT: u64 = 256 * 1024;
/// A header, some streams, data and an index for each.
const CHUNKS: usize = 64;
/// An index has 14 bytes a key frame: ten hours with one a second have 500 KB.
const INDEX_LIMIT: u64 = 1 << 20;

/// ffmpeg counts ten bytes too many; less than a packet is missing from no film.
const SLACK: u64 = 64;

#[derive(Default)]
struct Film {
    facts: Facts,
    /// The numbers of the picture's stream and of the sound's.
    streams: [Option<u16>; 2],
    /// Where the packets lie, and how long they are in all.
    data: Option<(u64, u64)>,
    /// The index of the picture, or else of the sound.
    index: Option<(u64, u64)>,
    cut: Option<u64>,
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let magic = source.read_up_to(0, 4)?;
    if magic.starts_with(b".ra\xfd") {
        return real_audio(source);
    }
    if magic != b".RMF" {
        return Err(Damage::NotWhatItsNameSays);
    }
    let mut film = Film::default();
    let mut at = 0;
    for _ in 0..CHUNKS {
        let Some((name, length)) = head(source, at)? else { break };
        film.note(source, name, at, length)?;
        at = at.saturating_add(length);
    }
    film.finish(source)
}

/// Name and whole length of the chunk at `at`; `None` at the end, or where no chunk begins.
fn head(source: &Source<'_>, at: u64) -> Result<Option<([u8; 4], u64)>, Damage> {
    let bytes = source.read_up_to(at.min(source.size()), 8)?;
    let mut cursor = Cursor(&bytes);
    let name = cursor.take(4).and_then(|name| name.try_into().ok());
    let length = cursor.u32().map(u64::from).filter(|length| *length >= 10);
    Ok(name.zip(length))
}

impl Film {
    fn note(&mut self, source: &Source<'_>, name: [u8; 4], at: u64, length: u64) -> Result<(), Damage> {
        let end = at.saturating_add(length);
        match &name {
            b"DATA" => self.data = self.data.or(Some((at, length))),
            b"INDX" => self.index = self.index.or(Some((at, length)).filter(|_| end <= source.size())),
            b"PROP" | b"MDPR" | b"CONT" if length > CHUNK_LIMIT => return Err(broken("a description without end")),
            b"PROP" | b"MDPR" | b"CONT" => {
                let bytes = source.read(at + 10, length - 10)?;
                // A description that is too short for its fields says nothing.
                let _: Option<()> = match &name {
                    b"PROP" => self.properties(&bytes),
                    b"MDPR" => self.stream(&bytes),
                    _ => self.content(&bytes),
                };
            }
            _ => {}
        }
        if end > source.size().saturating_add(SLACK) && self.data.is_some() {
            self.cut = self.cut.or(Some(end));
        }
        Ok(())
    }

    /// Rates, packets, length, preroll.
    fn properties(&mut self, bytes: &[u8]) -> Option<()> {
        let mut cursor = Cursor(bytes);
        cursor.skip(20)?;
        self.facts.duration_ms = Some(u64::from(cursor.u32()?)).filter(|ms| *ms > 0);
        Some(())
    }

    /// Title, author, copyright, comment: each with its length.
    fn content(&mut self, bytes: &[u8]) -> Option<()> {
        let mut cursor = Cursor(bytes);
        let length = cursor.u16()?;
        self.facts.title = riff::text(cursor.take(length.into())?);
        Some(())
    }

    /// Number, rates, times, the stream's name, its type, and what the decoder is told.
    fn stream(&mut self, bytes: &[u8]) -> Option<()> {
        let mut cursor = Cursor(bytes);
        let number = cursor.u16()?;
        cursor.skip(4 * 4 + 4 + 4)?;
        let length = cursor.u32()?;
        for _ in 0..2 {
            let n = cursor.u8()?;
            cursor.skip(n.into())?;
        }
        let size = usize::try_from(cursor.u32()?).ok()?;
        let told = cursor.take(size.min(cursor.0.len()))?;
        self.facts.duration_ms = self.facts.duration_ms.or(Some(u64::from(length)).filter(|ms| *ms > 0));
        if told.starts_with(b".ra\xfd") {
            self.streams[1] = self.streams[1].or(Some(number));
            self.facts.audio = self.facts.audio.take().or_else(|| sound(told));
        } else if told.get(4..8) == Some(b"VIDO") {
            self.streams[0] = self.streams[0].or(Some(number));
            self.facts.video = self.facts.video.take().or_else(|| picture(told));
        }
        Some(())
    }

    fn finish(mut self, source: &Source<'_>) -> Result<Reading, Damage> {
        if self.facts.video.is_none() && self.facts.audio.is_none() {
            return Err(Damage::NoStreams);
        }
        let Some(data) = self.data else {
            let (have, need) = (source.size(), source.size() + 1);
            return Err(Damage::Truncated { have, need });
        };
        self.facts.bitrate = measure::bitrate(source.size(), self.facts.duration_ms);
        self.facts.index_first = true;
        if let Some(ms) = self.facts.duration_ms {
            let end = data.0.saturating_add(data.1).min(source.size());
            let by_index = self.index.and_then(|index| map(source, index, end, ms));
            self.facts.map = match by_index {
                Some(map) => map,
                None => self.looked_through(source, data.0 + DATA_HEAD..end, ms)?,
            };
        }
        Ok(Reading {
            facts: self.facts,
            cut: self.cut,
        })
    }
}

/// What comes before the packets: name, length, form, how many there are, where more are.
const DATA_HEAD: u64 = 18;

impl Film {
    /// The map of a film without an index.
    fn looked_through(&self, source: &Source<'_>, data: Range<u64>, ms: u64) -> Result<TimeMap, Damage> {
        let streams: Vec<u16> = self.streams.into_iter().flatten().collect();
        let (shown, has_second) = (Shown { streams, ms }, self.streams.iter().all(Option::is_some));
        let ends = [Spot { ms: 0, at: data.start }, Spot { ms, at: data.end }];
        if data.is_empty() {
            return Ok(TimeMap::default());
        }
        places::map_of(ends, has_second, |at| shown.sight(source, at))
    }
}

/// What is shown between two entries lies between the places that they name.
fn map(source: &Source<'_>, index: (u64, u64), end: u64, ms: u64) -> Option<TimeMap> {
    let bytes = source.read(index.0 + 10, (index.1 - 10).min(INDEX_LIMIT)).ok()?;
    let mut cursor = Cursor(&bytes);
    let count = usize::try_from(cursor.u32()?).ok()?;
    cursor.skip(2 + 4)?;
    let mut entries: Vec<(u64, u64)> = cursor
        .0
        .chunks_exact(14)
        .take(count)
        .filter_map(|entry| {
            let mut cursor = Cursor(entry);
            cursor.skip(2)?;
            Some((cursor.u32()?.into(), cursor.u32()?.into()))
        })
        .collect();
    if entries.is_empty() {
        return None;
    }
    entries.push((ms, end));
    let mut map = TimeMap::of_length(ms);
    for pair in entries.windows(2) {
        let ((from_ms, from), (to_ms, to)) = (pair[0], pair[1]);
        if from_ms < to_ms && from < to {
            map.add(0, from_ms..to_ms.min(ms), &(from..to.min(end)));
        }
    }
    Some(map)
}

/// Length, `VIDO`, the format, width, height, bits, padding, pictures a second as 16.16.
fn picture(told: &[u8]) -> Option<VideoTrack> {
    let mut cursor = Cursor(told);
    cursor.skip(8)?;
    let code = cursor.take(4)?;
    let (width, height) = (cursor.u16()?, cursor.u16()?);
    cursor.skip(2 + 4)?;
    let rate = cursor.u32();
    let codec = match code {
        b"RV10" => "rv10",
        b"RV20" | b"RVTR" => "rv20",
        b"RV30" => "rv30",
        b"RV40" => "rv40",
        _ => "realvideo",
    };
    Some(VideoTrack {
        codec: codec.into(),
        width: width.into(),
        height: height.into(),
        frame_rate: rate.and_then(|rate| measure::frame_rate(rate.into(), 65_536)),
        ..VideoTrack::default()
    })
}

/// The three forms of the sound's description: 3 has one format, 4 and 5 name theirs.
fn sound(told: &[u8]) -> Option<AudioTrack> {
    let mut cursor = Cursor(told);
    cursor.skip(4)?;
    let form = cursor.u16()?;
    if form == 3 {
        return Some(track(b"14_4", 1, 8_000));
    }
    // To the rate: sizes, flavours and the interleaver's figures, six bytes more in form 5.
    cursor.skip(if form == 5 { 48 } else { 42 })?;
    let rate = if form == 5 {
        cursor.u32()?
    } else {
        u32::from(cursor.u16()?)
    };
    let rate = if form == 5 { rate >> 16 } else { rate };
    cursor.skip(4)?;
    let channels = cursor.u16()?;
    let code = if form == 5 {
        cursor.skip(4)?;
        cursor.take(4)?
    } else {
        let n = cursor.u8()?;
        cursor.skip(n.into())?;
        cursor.skip(1)?;
        cursor.take(4)?
    };
    Some(track(code, channels, rate))
}

fn track(code: &[u8], channels: u16, sample_rate: u32) -> AudioTrack {
    let codec = match code {
        b"14_4" | b"lpcJ" => "ra_144",
        b"28_8" => "ra_288",
        b"cook" => "cook",
        b"sipr" => "sipr",
        b"atrc" => "atrac3",
        b"dnet" => "ac3",
        b"raac" | b"racp" => "aac",
        b"ralf" => "ralf",
        _ => "realaudio",
    };
    AudioTrack {
        codec: codec.into(),
        channels,
        sample_rate,
    }
}

/// A sound without the container: the description alone, then the sound. How long it is stands nowhere.
fn real_audio(source: &Source<'_>) -> Result<Reading, Damage> {
    let told = source.read_up_to(0, 4096)?;
    let audio = sound(&told).ok_or_else(|| broken("its description is cut off"))?;
    Ok(Reading::whole(Facts {
        audio: Some(audio),
        index_first: true,
        ..Facts::default()
    }))
}
