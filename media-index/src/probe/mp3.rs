//! MP3: an `ID3v2` tag, then frames, then older tags. Length from the Xing or VBRI header if there is one, else from the
//! average rate of the first frames. Which time lies where, from the header's table; where there is a large tag (its
//! picture), evenly over what is sound.

use super::source::{Cursor, Source};
use super::{Reading, measure, mpegaudio};
use crate::{Damage, Facts, TimeMap};

/// The first frame is looked for in so many bytes after the tag.
const SEARCH: u64 = 64 * 1024;
/// Entries of a map that is made evenly.
const ENTRIES: u64 = 4_096;
/// A tag larger than this (its picture) is skipped by its length, not read.
const TAG_LIMIT: u64 = 256 * 1024;

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let (after_tag, title) = tag(source)?;
    let bytes = source.read_up_to(after_tag, SEARCH)?;
    let (at, frame) = mpegaudio::first(&bytes).ok_or(Damage::NotWhatItsNameSays)?;
    let audio_bytes = (source.size() - after_tag - at as u64).saturating_sub(tags_behind(source)?);
    let played = |frames: u64| frames * frame.samples * 1000 / u64::from(frame.sample_rate);
    let counted = frames_counted(&bytes[at..]).map(played);
    let (frames, length) = run(&bytes[at..], frame);
    let duration_ms = counted.unwrap_or_else(|| audio_bytes.saturating_mul(played(frames)) / length.max(1));
    let duration_ms = Some(duration_ms).filter(|ms| *ms > 0);
    let begin = after_tag + at as u64;
    let sound = (begin, begin + audio_bytes);
    Ok(Reading::whole(Facts {
        map: duration_ms.map_or_else(TimeMap::default, |ms| map(&bytes[at..], sound, source.size(), ms)),
        duration_ms,
        audio: Some(frame.track()),
        bitrate: measure::bitrate(audio_bytes, duration_ms),
        index_first: true,
        title,
        ..Facts::default()
    }))
}

/// How many frames of this kind follow one another from here, and how many bytes they take: rates may change from frame
/// to frame.
fn run(bytes: &[u8], first: mpegaudio::Frame) -> (u64, u64) {
    let (mut at, mut frames) = (0, 0);
    while let Some(next) = bytes.get(at..).and_then(mpegaudio::frame) {
        if (next.sample_rate, next.layer) != (first.sample_rate, first.layer) {
            break;
        }
        at += next.length;
        frames += 1;
    }
    (frames, at as u64)
}

/// Bytes of tags at the end: `ID3v1` has 128, and before it an `APEv2` footer tells the length of its tag.
fn tags_behind(source: &Source<'_>) -> Result<u64, Damage> {
    let from = source.size().saturating_sub(128 + 32);
    let tail = source.read(from, source.size() - from)?;
    let older = if tail.len() >= 128 && tail[tail.len() - 128..].starts_with(b"TAG") {
        128
    } else {
        0
    };
    let before = &tail[..tail.len() - older];
    let footer = before.get(before.len().saturating_sub(32)..).unwrap_or_default();
    let ape = footer
        .starts_with(b"APETAGEX")
        .then(|| super::riff::u32_at(footer, 12))
        .flatten();
    Ok(older as u64 + ape.map_or(0, u64::from))
}

/// Where the tag ends (0 without one), and its title.
pub(super) fn tag(source: &Source<'_>) -> Result<(u64, Option<String>), Damage> {
    let head = source.read_up_to(0, 10)?;
    let [b'I', b'D', b'3', version, _, _, a, b, c, d] = head[..] else {
        return Ok((0, None));
    };
    let length = [a, b, c, d]
        .iter()
        .fold(0_u64, |n, byte| n << 7 | u64::from(byte & 0x7f));
    let end = 10 + length;
    if end >= source.size() {
        return Err(Damage::Truncated {
            have: source.size(),
            need: end + 1,
        });
    }
    let body = source.read(10, length.min(TAG_LIMIT))?;
    Ok((end, title(&body, version)))
}

/// The `TIT2` frame (`ID3v2.3` and 2.4).
fn title(body: &[u8], version: u8) -> Option<String> {
    let mut cursor = Cursor(body);
    loop {
        let id = cursor.take(4)?;
        let size = cursor.u32()?;
        cursor.skip(2)?;
        let size = if version >= 4 {
            (0..4).fold(0, |n, k| n | (size >> (8 * k) & 0x7f) << (7 * k))
        } else {
            size
        };
        let content = cursor.take(usize::try_from(size).ok()?)?;
        if id == b"TIT2" {
            return decode(content);
        }
    }
}

/// Encoding byte, then text. Chinese tags that claim Latin-1 are GBK in practice.
fn decode(content: &[u8]) -> Option<String> {
    let (encoding, text) = content.split_first()?;
    let text = match encoding {
        1 => {
            encoding_rs::Encoding::for_bom(text)
                .map_or(encoding_rs::UTF_16LE, |(e, _)| e)
                .decode(text)
                .0
        }
        2 => encoding_rs::UTF_16BE.decode(text).0,
        3 => encoding_rs::UTF_8.decode(text).0,
        _ => encoding_rs::GB18030.decode(text).0,
    };
    let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
    Some(text.trim().to_owned()).filter(|t| !t.is_empty())
}

/// By the table of the Xing header: for each hundredth of the time, which of 256 parts of the sound it begins in.
fn map(frame: &[u8], (begin, end): (u64, u64), size: u64, ms: u64) -> TimeMap {
    let place = |parts: u64, of: u64| begin + (end - begin) * parts / of;
    let steps: Vec<(u64, u64)> = match table(frame) {
        Some(table) => (0..)
            .zip(table)
            .map(|(n, part)| (ms * n / 100, place(u64::from(*part), 256)))
            .collect(),
        // Evenly over the whole file is near enough, and takes no room.
        None if begin * 100 < size => return TimeMap::default(),
        None => {
            let count = ms.div_ceil(1_000).clamp(1, ENTRIES);
            (0..count).map(|n| (ms * n / count, place(n, count))).collect()
        }
    };
    if !steps.is_sorted_by_key(|(_, at)| *at) {
        return TimeMap::default();
    }
    TimeMap::by_places(&steps, end, ms)
}

/// The table of a film of sound whose rate varies (`Info` instead of `Xing` says that it does not).
fn table(frame: &[u8]) -> Option<&[u8]> {
    let head = &frame[..frame.len().min(256)];
    let at = head.windows(4).position(|w| w == b"Xing")?;
    let mut cursor = Cursor(&head[at + 4..]);
    let flags = cursor.u32()?;
    cursor.skip(if flags & 1 == 0 { 0 } else { 4 } + if flags & 2 == 0 { 0 } else { 4 })?;
    (flags & 4 != 0).then(|| cursor.take(100)).flatten()
}

/// The number of frames that the Xing, Info or VBRI header in the first frame names.
fn frames_counted(frame: &[u8]) -> Option<u64> {
    let head = &frame[..frame.len().min(256)];
    let find = |mark: &[u8; 4]| head.windows(4).position(|w| w == mark);
    if let Some(at) = find(b"Xing").or_else(|| find(b"Info")) {
        let mut cursor = Cursor(&head[at + 4..]);
        return (cursor.u32()? & 1 == 1).then(|| cursor.u32().map(u64::from)).flatten();
    }
    let mut cursor = Cursor(head.get(find(b"VBRI")? + 14..)?);
    cursor.u32().map(u64::from)
}
