//! Looking into a file: what is it, is it whole, what does it hold?
//!
//! Every read goes through a [`Source`] with a budget, every count is checked against the bytes that are left, and depth
//! is limited, so that a hostile file costs a bounded moment and one sentence. As a last net a panic in a probe is
//! caught and becomes [`Damage::Broken`].

mod aac;
mod ac3;
mod adts;
mod amr;
mod asf;
mod av1;
mod avi;
mod bits;
mod clock;
mod document;
mod elementary;
mod ffprobe;
mod flac;
mod flow;
mod flv;
mod formats;
mod h264;
mod hevc;
mod id3;
mod matroska;
mod measure;
mod mp3;
mod mp4;
mod mpeg4visual;
mod mpegaudio;
mod mpegps;
mod mpegts;
mod mpegvideo;
mod multiplex;
mod ogg;
mod pace;
mod pes;
mod picture;
mod places;
mod pulse;
mod realmedia;
mod riff;
mod source;
mod vp9;
mod wav;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

pub use ffprobe::find as find_ffprobe;
use source::Edges;
pub use source::{Content, Source};

use crate::facts::verdict;
use crate::{Damage, Facts, Kind, TimeMap, Whole, identity};

/// A camera that was forgotten records for days; a file that is said to play for longer than forty lies.
const LONGEST_MS: u64 = 40 * 24 * 3_600_000;

/// What a probe needs.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The open file.
    pub file: &'a File,
    /// Its length when it was opened.
    pub size: u64,
    /// Its ending in lower case.
    pub ending: &'a str,
    /// Its full path, for ffprobe only.
    pub path: &'a Path,
    /// Where ffprobe lies, if it may be used.
    pub ffprobe: Option<&'a Path>,
}

/// What a container says of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// What is in it.
    pub facts: Facts,
    /// It should go on to this byte, beyond the end of the file: the copy stopped half-way.
    pub cut: Option<u64>,
}

impl Reading {
    /// Of a file that is whole.
    pub(crate) fn whole(facts: Facts) -> Self {
        Self { facts, cut: None }
    }
}

/// Looks into a file that has stopped growing.
pub fn probe(subject: &Subject<'_>) -> Result<Whole, Damage> {
    identity::reading_no_further(subject.file, || probe_now(subject))
}

fn probe_now(subject: &Subject<'_>) -> Result<Whole, Damage> {
    let content = Edges::new(subject.file, subject.size);
    let (kind, reading) = match inspect(&content, subject.size, subject.ending)? {
        Inspected::Read(kind, reading) => (kind, reading),
        Inspected::NoReader(kind) => others(subject, kind)?,
    };
    if let Some(need) = reading.cut {
        return Err(Damage::Truncated {
            have: subject.size,
            need,
        });
    }
    let mut facts = reading.facts;
    facts.map = facts.map.packed();
    let id = identity::id_of(&content, subject.size).map_err(|error| unreadable(&error))?;
    let (plays, why) = verdict(kind, subject.ending, &facts);
    Ok(Whole {
        id,
        kind,
        mime: match subject.ending {
            "txt" => document::text_type(&Source::new(&content, subject.size)),
            ending => mime(kind, ending).to_owned(),
        },
        facts,
        plays,
        why,
    })
}

/// What this program's own readers find.
#[derive(Debug, Clone, PartialEq)]
pub enum Inspected {
    /// The container was read.
    Read(Kind, Reading),
    /// No reader here knows containers with this name.
    NoReader(Kind),
}

/// Reads `content` of `size` bytes that is named with this ending (lower case), without any other program.
pub fn inspect(content: &dyn Content, size: u64, ending: &str) -> Result<Inspected, Damage> {
    if size == 0 {
        return Err(Damage::Empty);
    }
    let named = Kind::by_ending(ending).ok_or(Damage::NotWhatItsNameSays)?;
    let source = Source::new(content, size);
    let reading = catch_unwind(AssertUnwindSafe(|| read(&source, ending)))
        .unwrap_or_else(|_| Err(Damage::Broken("it could not be read to the end".into())))?;
    Ok(match reading {
        Some(reading) => Inspected::Read(heard_or_seen(named, &reading.facts), reading),
        None => Inspected::NoReader(named),
    })
}

/// The reader for containers with this ending (lower case); `None` if there is none. Without the net of [`inspect`]: a
/// panic in here is a fault, which the fuzz targets look for.
pub fn read(source: &Source<'_>, ending: &str) -> Result<Option<Reading>, Damage> {
    let mut reading = match ending {
        "mp4" | "m4v" | "mov" | "3gp" | "3g2" | "f4v" | "m4a" | "m4b" => mp4::probe(source)?,
        "mkv" | "webm" | "mka" => matroska::probe(source)?,
        "mp3" | "mp2" => mp3::probe(source)?,
        "wmv" | "asf" | "wma" => asf::probe(source)?,
        "rm" | "rmvb" | "ra" => realmedia::probe(source)?,
        "ogg" | "oga" | "opus" | "ogv" => ogg::probe(source)?,
        "flac" => flac::probe(source)?,
        "wav" => wav::probe(source)?,
        "aac" => adts::probe(source)?,
        "amr" => amr::probe(source)?,
        "ac3" | "eac3" => ac3::probe(source)?,
        "avi" => avi::probe(source)?,
        "flv" => flv::probe(source)?,
        // Either kind goes by any of these names.
        "ts" | "mts" | "m2ts" | "mpg" | "mpeg" | "vob" | "dat" => match mpegts::probe(source)? {
            Some(reading) => reading,
            None => mpegps::probe(source)?,
        },
        _ => match Kind::by_ending(ending) {
            Some(Kind::Document) => document::probe(source, ending)?,
            Some(Kind::Picture) => picture::probe(source)?,
            _ => return Ok(None),
        },
    };
    // A length that is a lie tells nothing, nor does what was derived from it.
    if reading.facts.duration_ms.is_some_and(|ms| ms > LONGEST_MS) {
        (reading.facts.duration_ms, reading.facts.bitrate) = (None, None);
        reading.facts.map = TimeMap::default();
    }
    Ok(Some(reading))
}

/// Containers that have no reader here: ffprobe's word if it is there, the name's word if not.
fn others(subject: &Subject<'_>, named: Kind) -> Result<(Kind, Reading), Damage> {
    let Some(program) = subject.ffprobe else {
        return Ok((named, Reading::default()));
    };
    let facts = ffprobe::probe(program, subject.path, subject.size)?;
    Ok((heard_or_seen(named, &facts), Reading::whole(facts)))
}

/// An MP4 without a picture track is something to listen to.
fn heard_or_seen(named: Kind, facts: &Facts) -> Kind {
    match (&facts.video, &facts.audio) {
        (None, Some(_)) => Kind::Audio,
        (Some(_), _) if named == Kind::Audio => Kind::Audio,
        _ => named,
    }
}

fn unreadable(error: &std::io::Error) -> Damage {
    Damage::Unreadable(error.to_string())
}

fn mime(kind: Kind, ending: &str) -> &'static str {
    match (ending, kind) {
        ("m4a" | "m4b", _) | ("mp4", Kind::Audio) => "audio/mp4",
        // Browsers refuse `video/quicktime` and play the same file as `video/mp4`.
        ("mp4" | "m4v" | "f4v" | "mov", _) => "video/mp4",
        ("3gp" | "3g2", _) => "video/3gpp",
        ("webm", _) => "video/webm",
        ("mkv", _) => "video/x-matroska",
        ("mp3" | "mp2", _) => "audio/mpeg",
        ("mka", _) => "audio/x-matroska",
        ("aac", _) => "audio/aac",
        ("wav", _) => "audio/wav",
        ("ogg" | "oga" | "opus", _) => "audio/ogg",
        ("ogv", _) => "video/ogg",
        ("flac", _) => "audio/flac",
        ("pdf", _) => "application/pdf",
        ("jpg" | "jpeg", _) => "image/jpeg",
        ("png", _) => "image/png",
        ("webp", _) => "image/webp",
        ("gif", _) => "image/gif",
        ("bmp", _) => "image/bmp",
        _ => "application/octet-stream",
    }
}
