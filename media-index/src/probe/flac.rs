//! FLAC (RFC 9639), also behind an `ID3v2` tag, which it should not have.

use super::riff::u32_at;
use super::source::{Cursor, Source};
use super::{Reading, measure, mp3};
use crate::{AudioTrack, Damage, Facts};

/// Blocks with pictures are skipped by their length; comments are far smaller.
const COMMENT_LIMIT: u64 = 64 * 1024;
const BLOCKS: usize = 128;
/// §8.2: no other length is one.
const INFO: u64 = 34;

/// What the first block says.
pub(super) struct Info {
    pub(super) track: AudioTrack,
    /// Samples of one channel; 0 if nobody counted.
    samples: u64,
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let (begin, _) = mp3::tag(source)?;
    if source.read_up_to(begin, 4)? != b"fLaC" {
        return Err(Damage::NotWhatItsNameSays);
    }
    let mut facts = Facts {
        index_first: true,
        ..Facts::default()
    };
    let mut at = begin + 4;
    for n in 0..BLOCKS {
        let head = source.read(at, 4)?;
        let length = u64::from(head[1]) << 16 | u64::from(head[2]) << 8 | u64::from(head[3]);
        match head[0] & 0x7f {
            0 if n == 0 && length == INFO => note(&mut facts, &source.read(at + 4, length)?),
            4 => facts.title = title(&source.read(at + 4, length.min(COMMENT_LIMIT))?),
            _ => {}
        }
        at += 4 + length;
        if head[0] & 0x80 != 0 {
            break;
        }
    }
    if facts.audio.is_none() {
        return Err(Damage::NoStreams);
    }
    let need = at + 2;
    facts.bitrate = measure::bitrate(source.size(), facts.duration_ms);
    Ok(Reading {
        cut: (source.size() < need).then_some(need),
        facts,
    })
}

fn note(facts: &mut Facts, block: &[u8]) {
    if let Some(info) = stream_info(block) {
        let rate = u64::from(info.track.sample_rate);
        facts.duration_ms = Some(measure::ms(info.samples, 1, rate)).filter(|ms| *ms > 0);
        facts.audio = Some(info.track);
    }
}

/// §8.2: 20 bits of rate, 3 of channels, 5 of depth, 36 of samples, behind ten bytes of sizes.
pub(super) fn stream_info(block: &[u8]) -> Option<Info> {
    let mut cursor = Cursor(block);
    cursor.skip(10)?;
    let packed = cursor.u64()?;
    let sample_rate = u32::try_from(packed >> 44).ok().filter(|rate| *rate > 0)?;
    Some(Info {
        track: AudioTrack {
            codec: "flac".into(),
            channels: u16::try_from(packed >> 41 & 7).ok()? + 1,
            sample_rate,
        },
        samples: packed & 0xf_ffff_ffff,
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
