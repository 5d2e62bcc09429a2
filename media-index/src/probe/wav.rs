//! WAV: RIFF, and RF64 (EBU TECH 3306) where 32 bits are too few for the lengths.

use super::riff::{head, lists, text, u16_at, u32_at, u64_at};
use super::source::Source;
use super::{Reading, formats, measure};
use crate::{AudioTrack, Damage, Facts, TimeMap};

/// Format, facts and notes; the sound itself is not read.
const CHUNK_LIMIT: u64 = 64 * 1024;
const CHUNKS: usize = 256;

#[derive(Default)]
struct Wav {
    facts: Facts,
    /// Bytes of sound a second.
    rate: u64,
    /// Samples in all, of sound that is packed: its rate is a guess.
    packed: Option<u64>,
    is_packed: bool,
    /// The length that RF64 keeps apart.
    long: Option<u64>,
    data: Option<(u64, u64)>,
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let first = source.read_up_to(0, 12)?;
    let is_wav = matches!(first.get(..4), Some(b"RIFF" | b"RF64" | b"BW64")) && first.get(8..) == Some(b"WAVE");
    if !is_wav {
        return Err(Damage::NotWhatItsNameSays);
    }
    let mut wav = Wav::default();
    let mut at = 12;
    for _ in 0..CHUNKS {
        let Some((name, length)) = head(&source.read_up_to(at.min(source.size()), 8)?) else {
            break;
        };
        let length = wav.note(source, name, at + 8, length.into())?;
        at = (at + 8).saturating_add(length).saturating_add(length % 2);
    }
    wav.finish(source.size())
}

impl Wav {
    /// Returns how long the chunk's content is.
    fn note(&mut self, source: &Source<'_>, name: [u8; 4], at: u64, length: u64) -> Result<u64, Damage> {
        if &name == b"data" {
            let length = self.long.filter(|_| length == u64::from(u32::MAX)).unwrap_or(length);
            self.data = self.data.or(Some((at, length)));
            return Ok(length);
        }
        let bytes = source.read_up_to(at.min(source.size()), length.min(CHUNK_LIMIT))?;
        match &name {
            b"fmt " => self.format(&bytes),
            b"fact" => self.packed = u32_at(&bytes, 0).map(u64::from).filter(|samples| *samples > 0),
            b"ds64" => self.long = u64_at(&bytes, 8),
            b"LIST" if bytes.starts_with(b"INFO") => self.facts.title = info_title(&bytes),
            _ => {}
        }
        Ok(length)
    }

    fn format(&mut self, bytes: &[u8]) {
        let fields = (u16_at(bytes, 0), u16_at(bytes, 2), u32_at(bytes, 4), u32_at(bytes, 8));
        let (Some(mut tag), Some(channels), Some(sample_rate), Some(rate)) = fields else {
            return;
        };
        if tag == 0xfffe {
            // The first two bytes of the sub-format are the tag.
            tag = u16_at(bytes, 24).unwrap_or(1);
        }
        self.rate = rate.into();
        self.is_packed = !matches!(tag, 1 | 3 | 6 | 7);
        self.facts.audio = Some(AudioTrack {
            codec: formats::sound(tag, u16_at(bytes, 14).unwrap_or(16)),
            channels,
            sample_rate,
        });
    }

    fn finish(mut self, size: u64) -> Result<Reading, Damage> {
        let (Some(_), Some((at, length))) = (&self.facts.audio, self.data) else {
            return Err(Damage::NoStreams);
        };
        let end = at.saturating_add(length);
        // A recorder that was cut off, or that writes to a pipe, leaves 0 or all ones: then the sound goes on to the end.
        let is_open = length == 0 || length == u64::from(u32::MAX);
        let sound = if is_open { size - at.min(size) } else { length };
        let by_rate = Some(measure::ms(sound, 1, self.rate)).filter(|ms| *ms > 0 && self.rate > 0);
        let sample_rate = self.facts.audio.as_ref().map_or(0, |track| track.sample_rate);
        let by_samples = self.packed.filter(|_| self.is_packed && sample_rate > 0);
        let by_samples = by_samples.map(|samples| measure::ms(samples, 1, sample_rate.into()));
        self.facts.duration_ms = by_samples.filter(|ms| *ms > 0).or(by_rate);
        self.facts.bitrate = measure::bitrate(sound, self.facts.duration_ms);
        self.facts.index_first = true;
        if let Some(ms) = self.facts.duration_ms {
            let heard = at.saturating_add(sound).min(size);
            self.facts.map = TimeMap::evenly_within(at.min(size), heard, size, ms);
        }
        Ok(Reading {
            cut: (!is_open && end > size).then_some(end),
            facts: self.facts,
        })
    }
}

fn info_title(list: &[u8]) -> Option<String> {
    let whole = [&b"LIST"[..], &u32::try_from(list.len()).ok()?.to_le_bytes(), list].concat();
    let (_, body) = lists(&whole, *b"LIST").next()?;
    super::riff::chunks(body)
        .find(|(name, _)| name == b"INAM")
        .and_then(|(_, name)| text(name))
}
