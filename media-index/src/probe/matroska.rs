//! Matroska and WebM (RFC 9559): EBML elements within elements.
//!
//! Of the segment only what comes before the first cluster is read (seek head, info, tracks), bounded; whether the
//! segment is whole is told by its own length.

use super::Reading;
use super::source::{Source, broken};
use crate::{AudioTrack, Damage, Facts, VideoTrack};

const EBML: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TRACKS: u32 = 0x1654_AE6B;
const CLUSTER: u32 = 0x1F43_B675;
/// Info and tracks with fonts' descriptions and codec data fit by far; attachments are skipped, not read.
const ELEMENT_LIMIT: u64 = 4 << 20;
const ELEMENTS: usize = 10_000;

/// An element's id, where its content begins, and how long it is (`None`: until the end).
struct Element {
    id: u32,
    at: u64,
    length: Option<u64>,
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let head = element(source, 0)?;
    if head.id != EBML {
        return Err(Damage::NotWhatItsNameSays);
    }
    let after = head.at.saturating_add(head.length.unwrap_or(0));
    let segment = element(source, after)?;
    if segment.id != SEGMENT {
        return Err(broken("no segment follows its header"));
    }
    let end = segment.length.map(|length| segment.at.saturating_add(length));
    let cut = end.filter(|end| *end > source.size());
    let facts = read_segment(source, segment.at, end.unwrap_or(source.size()).min(source.size()))?;
    if facts.video.is_none() && facts.audio.is_none() {
        return Err(Damage::NoStreams);
    }
    Ok(Reading { facts, cut })
}

fn read_segment(source: &Source<'_>, mut at: u64, end: u64) -> Result<Facts, Damage> {
    let (mut facts, mut clusters) = (Facts::default(), false);
    for _ in 0..ELEMENTS {
        if at >= end {
            break;
        }
        let found = element(source, at)?;
        match (found.id, found.length) {
            (INFO, Some(length)) if length <= ELEMENT_LIMIT => info(&mut facts, &source.read(found.at, length)?),
            (TRACKS, Some(length)) if length <= ELEMENT_LIMIT => tracks(&mut facts, &source.read(found.at, length)?),
            (CLUSTER, _) => {
                clusters = true;
                break;
            }
            _ => {}
        }
        at = match found.length {
            Some(length) => found.at.saturating_add(length),
            None => break,
        };
    }
    if !clusters {
        return Err(Damage::Truncated {
            have: source.size(),
            need: source.size() + 1,
        });
    }
    facts.index_first = true;
    facts.bitrate = facts
        .duration_ms
        .filter(|ms| *ms > 0)
        .map(|ms| source.size().saturating_mul(8_000) / ms);
    Ok(facts)
}

fn element(source: &Source<'_>, at: u64) -> Result<Element, Damage> {
    let bytes = source.read_up_to(at, 12)?;
    let (id, length, header) = header(&bytes).ok_or_else(|| cut_or_broken(source, at, &bytes))?;
    Ok(Element {
        id,
        at: at + header as u64,
        length,
    })
}

fn cut_or_broken(source: &Source<'_>, at: u64, bytes: &[u8]) -> Damage {
    if bytes.len() < 12 {
        return Damage::Truncated {
            have: source.size(),
            need: at + 12,
        };
    }
    if at == 0 {
        Damage::NotWhatItsNameSays
    } else {
        broken("an element that cannot be read")
    }
}

/// RFC 8794 §4-6: an id keeps its length marker, a length drops it; all ones is unknown.
fn header(bytes: &[u8]) -> Option<(u32, Option<u64>, usize)> {
    let id_length = usize::try_from(bytes.first()?.leading_zeros()).ok()? + 1;
    if id_length > 4 {
        return None;
    }
    let id = bytes
        .get(..id_length)?
        .iter()
        .fold(0_u32, |id, b| id << 8 | u32::from(*b));
    let rest = bytes.get(id_length..)?;
    let length = usize::try_from(rest.first()?.leading_zeros()).ok()? + 1;
    if length > 8 {
        return None;
    }
    let value = rest.get(..length)?.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
    let mask = (1_u64 << (7 * length)) - 1;
    let value = value & mask;
    Some((id, (value != mask).then_some(value), id_length + length))
}

/// The elements within one that was read whole.
fn children(mut content: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (id, length, header) = header(content)?;
        let length = usize::try_from(length?).ok()?;
        let body = content.get(header..header.checked_add(length)?)?;
        content = &content[header + length..];
        Some((id, body))
    })
    .take(ELEMENTS)
}

fn uint(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

fn float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        4 => Some(f64::from(f32::from_be_bytes(bytes.try_into().ok()?))),
        8 => Some(f64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is cast saturates; a film's length is far below 2^53"
)]
fn info(facts: &mut Facts, content: &[u8]) {
    let mut scale = 1_000_000;
    let mut duration = None;
    for (id, body) in children(content) {
        match id {
            0x2A_D7B1 => scale = uint(body),
            0x4489 => duration = float(body),
            0x7BA9 => facts.title = Some(text(body)).filter(|t| !t.trim().is_empty()),
            _ => {}
        }
    }
    let ms = duration.map(|d| d * scale as f64 / 1e6);
    facts.duration_ms = ms.filter(|ms| *ms >= 1.0 && *ms < 1e12).map(|ms| ms.round() as u64);
}

fn tracks(facts: &mut Facts, content: &[u8]) {
    for (_, entry) in children(content).filter(|(id, _)| *id == 0xAE) {
        track(facts, entry);
    }
}

fn track(facts: &mut Facts, entry: &[u8]) {
    let find = |wanted: u32| children(entry).find(|(id, _)| *id == wanted).map(|(_, body)| body);
    let codec = find(0x86).map(text).unwrap_or_default();
    match find(0x83).map(uint) {
        Some(1) if facts.video.is_none() => {
            let settings = find(0xE0).unwrap_or_default();
            facts.video = Some(video(&codec, settings, find(0x63A2), find(0x23_E383).map(uint)));
        }
        Some(2) if facts.audio.is_none() => {
            facts.audio = Some(audio(&codec, find(0xE1).unwrap_or_default()));
        }
        _ => {}
    }
}

fn video(codec: &str, settings: &[u8], private: Option<&[u8]>, frame_ns: Option<u64>) -> VideoTrack {
    let number = |wanted: u32| {
        children(settings)
            .find(|(id, _)| *id == wanted)
            .map_or(0, |(_, body)| uint(body))
    };
    let name = match codec {
        "V_MPEG4/ISO/AVC" => "h264",
        "V_MPEGH/ISO/HEVC" => "hevc",
        "V_VP8" => "vp8",
        "V_VP9" => "vp9",
        "V_AV1" => "av1",
        c if c.starts_with("V_MPEG4") => "mpeg4",
        c if c.starts_with("V_MPEG2") => "mpeg2video",
        c => c,
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a rate for people"
    )]
    let frame_rate = frame_ns.filter(|ns| *ns > 0).map(|ns| (1e9 / ns as f64) as f32);
    let mut track = VideoTrack {
        codec: name.to_owned(),
        width: u32::try_from(number(0xB0)).unwrap_or(0),
        height: u32::try_from(number(0xBA)).unwrap_or(0),
        frame_rate,
        ..VideoTrack::default()
    };
    if let (true, Some([_, profile, _, level, ..])) = (name == "h264", private) {
        track.profile = Some(*profile);
        track.level = Some(*level);
        track.bit_depth = Some(if matches!(profile, 110 | 122 | 244) { 10 } else { 8 });
    }
    track
}

fn audio(codec: &str, settings: &[u8]) -> AudioTrack {
    let find = |wanted: u32| children(settings).find(|(id, _)| *id == wanted).map(|(_, body)| body);
    let name = match codec {
        c if c.starts_with("A_AAC") => "aac",
        "A_OPUS" => "opus",
        "A_VORBIS" => "vorbis",
        "A_AC3" => "ac3",
        "A_EAC3" => "eac3",
        "A_MPEG/L3" => "mp3",
        "A_FLAC" => "flac",
        c => c,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is cast saturates"
    )]
    let sample_rate = find(0xB5).and_then(float).unwrap_or(8000.0) as u32;
    AudioTrack {
        codec: name.to_owned(),
        channels: u16::try_from(find(0x9F).map_or(1, uint)).unwrap_or(0),
        sample_rate,
    }
}
