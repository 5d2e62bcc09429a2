//! FLAC (RFC 9639), also behind an `ID3v2` tag, which it should not have.
//!
//! Which time lies where stands in the table for seeking, if there is one, else in the frames themselves.

use super::riff::u32_at;
use super::source::{Cursor, Source};
use super::{Reading, id3, measure};
use crate::timemap::Spot;
use crate::{AudioTrack, Damage, Facts, TimeMap};

mod frames;

/// Blocks with pictures are skipped by their length; comments are far smaller.
const COMMENT_LIMIT: u64 = 64 * 1024;
const BLOCKS: usize = 128;
/// A place every ten seconds for half a day: bytes of a table that is read.
const TABLE_LIMIT: u64 = 4_096 * 18;
/// A table that tells of fewer seconds than every so many is not enough.
const SELDOM_MS: u64 = 20_000;
/// §8.2: no other length is one.
const INFO: u64 = 34;

/// What the first block says.
pub(super) struct Info {
    pub(super) track: AudioTrack,
    /// Samples of one channel; 0 if nobody counted.
    samples: u64,
    /// Samples of a frame, where all frames have the same.
    block: u16,
}

impl Info {
    /// So many samples in milliseconds.
    fn ms(&self, samples: u64) -> u64 {
        measure::ms(samples, 1, self.track.sample_rate.into())
    }
}

/// What the blocks before the sound tell.
#[derive(Default)]
struct Blocks {
    info: Option<Info>,
    title: Option<String>,
    /// Sample and byte, counted from the first frame (§8.5).
    table: Vec<(u64, u64)>,
    /// Where the first frame begins.
    end: u64,
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let (begin, _) = id3::before(source)?;
    if source.read_up_to(begin, 4)? != b"fLaC" {
        return Err(Damage::NotWhatItsNameSays);
    }
    let mut blocks = Blocks::read(source, begin + 4)?;
    let Some(mut info) = blocks.info.take() else {
        return Err(Damage::NoStreams);
    };
    let need = blocks.end + 2;
    if info.samples == 0 {
        info.samples = frames::counted(source, &info, blocks.end)?.unwrap_or(0);
    }
    let duration_ms = Some(info.ms(info.samples)).filter(|ms| *ms > 0);
    let map = match duration_ms {
        Some(ms) => TimeMap::by_spots(&blocks.spots(source, &info, ms)?, ms),
        None => TimeMap::default(),
    };
    Ok(Reading {
        cut: (source.size() < need).then_some(need),
        facts: Facts {
            duration_ms,
            bitrate: measure::bitrate(source.size(), duration_ms),
            audio: Some(info.track),
            title: blocks.title,
            index_first: true,
            map,
            ..Facts::default()
        },
    })
}

impl Blocks {
    fn read(source: &Source<'_>, begin: u64) -> Result<Self, Damage> {
        let mut blocks = Self::default();
        let mut at = begin;
        for n in 0..BLOCKS {
            let head = source.read(at, 4)?;
            let length = u64::from(head[1]) << 16 | u64::from(head[2]) << 8 | u64::from(head[3]);
            match head[0] & 0x7f {
                0 if n == 0 && length == INFO => blocks.info = stream_info(&source.read(at + 4, length)?),
                3 => blocks.table = table(&source.read(at + 4, length.min(TABLE_LIMIT))?),
                4 => blocks.title = title(&source.read(at + 4, length.min(COMMENT_LIMIT))?),
                _ => {}
            }
            at += 4 + length;
            if head[0] & 0x80 != 0 {
                break;
            }
        }
        blocks.end = at;
        Ok(blocks)
    }

    /// Which time begins where: by the table if it tells enough, and of places within the file.
    fn spots(&self, source: &Source<'_>, info: &Info, ms: u64) -> Result<Vec<Spot>, Damage> {
        let by_table = self.table.iter().map(|(sample, offset)| Spot {
            ms: info.ms(*sample),
            at: self.end.saturating_add(*offset),
        });
        let first = Spot { ms: 0, at: self.end };
        let end = Spot { ms, at: source.size() };
        let spots: Vec<Spot> = [first].into_iter().chain(by_table).chain([end]).collect();
        let rises = spots.is_sorted_by(|a, b| a.ms <= b.ms && a.at <= b.at);
        if rises && spots.windows(2).all(|pair| pair[1].ms - pair[0].ms <= SELDOM_MS) {
            return Ok(spots);
        }
        frames::spots(source, info, self.end, ms)
    }
}

/// Places of 18 bytes; those that a writer left open have all bits set.
fn table(block: &[u8]) -> Vec<(u64, u64)> {
    let places = block.chunks_exact(18).filter_map(|place| {
        let mut cursor = Cursor(place);
        Some((cursor.u64()?, cursor.u64()?))
    });
    places.filter(|(sample, _)| *sample != u64::MAX).collect()
}

/// §8.2: 20 bits of rate, 3 of channels, 5 of depth, 36 of samples, behind ten bytes of sizes.
pub(super) fn stream_info(block: &[u8]) -> Option<Info> {
    let mut cursor = Cursor(block);
    let block = cursor.u16()?;
    cursor.skip(8)?;
    let packed = cursor.u64()?;
    let sample_rate = u32::try_from(packed >> 44).ok().filter(|rate| *rate > 0)?;
    Some(Info {
        track: AudioTrack {
            codec: "flac".into(),
            channels: u16::try_from(packed >> 41 & 7).ok()? + 1,
            sample_rate,
        },
        samples: packed & 0xf_ffff_ffff,
        block,
    })
}

/// A comment block (§8.6): the first `TITLE=`.
pub(super) fn title(block: &[u8]) -> Option<String> {
    let mut at = 4 + usize::try_from(u32_at(block, 0)?).ok()?;
    let count = u32_at(block, at)?.min(1_000);
    at += 4;
    for _ in 0..count {
        let length = usize::try_from(u32_at(block, at)?).ok()?;
        let comment = block.get(at + 4..(at + 4).checked_add(length)?)?;
        at += 4 + length;
        if let Some(text) = comment
            .get(6..)
            .filter(|_| comment[..6].eq_ignore_ascii_case(b"title="))
        {
            let text = String::from_utf8_lossy(text);
            let shown: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
            return Some(shown.trim().to_owned()).filter(|title| !title.is_empty());
        }
    }
    None
}
