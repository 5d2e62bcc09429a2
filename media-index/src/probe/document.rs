//! Hand-outs: does the content agree with the name, and is it whole? Their inside is the viewer's business.
//!
//! A copy that broke off is told from a whole file by what stands at the end: a PDF's `%%EOF`, the directory of the zip
//! archive that DOCX, PPTX and XLSX are; of the older office files by where their own tables lie.

use super::Reading;
use super::riff::{u16_at, u32_at, u64_at};
use super::source::Source;
use crate::subtitle::utf16_without_mark;
use crate::{Damage, Facts};

/// Beginning of an OLE compound file (MS-CFB §2.2).
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The end of a zip archive: 22 bytes and a comment of at most 64 KiB (APPNOTE.TXT §4.3.16).
const ZIP_END: u64 = 22 + 0xffff;

pub(super) fn probe(source: &Source<'_>, ending: &str) -> Result<Reading, Damage> {
    let head = source.read_up_to(0, 1024)?;
    let is_compound = head.starts_with(COMPOUND);
    let cut = match ending {
        "pdf" if head.windows(5).any(|w| w == b"%PDF-") => pdf(source, &head)?,
        "docx" | "pptx" | "xlsx" if head.starts_with(b"PK\x03\x04") => archive(source, part_of(ending))?,
        // Protected with a password, an office file of the new kind is packed into one of the old kind.
        "doc" | "ppt" | "xls" | "wps" | "docx" | "pptx" | "xlsx" if is_compound => compound(source, &head),
        // Old names are kept when files are saved anew.
        "doc" | "ppt" | "xls" | "wps" if head.starts_with(b"PK\x03\x04") => archive(source, "[Content_Types].xml")?,
        "doc" if head.starts_with(b"{\\rtf") => None,
        "txt" if is_text(&head) => None,
        _ => return Err(Damage::NotWhatItsNameSays),
    };
    Ok(Reading {
        facts: Facts {
            index_first: true,
            ..Facts::default()
        },
        cut,
    })
}

/// So much of a text tells its encoding.
const SAMPLE: u64 = 64 * 1024;

/// The media type of a text with the encoding that it is in: most old hand-outs are GBK, and say so nowhere.
pub(super) fn text_type(source: &Source<'_>) -> String {
    let bytes = source.read_up_to(0, SAMPLE).unwrap_or_default();
    let encoding = crate::subtitle::encoding(&bytes, bytes.len() as u64 == source.size());
    format!("text/plain; charset={}", encoding.name().to_lowercase())
}

/// No text has a zero in it, but for UTF-16.
fn is_text(head: &[u8]) -> bool {
    let is_utf16 = || encoding_rs::Encoding::for_bom(head).is_some() || utf16_without_mark(head).is_some();
    !head.contains(&0) || is_utf16()
}

fn tail(source: &Source<'_>, length: u64) -> Result<Vec<u8>, Damage> {
    let from = source.size().saturating_sub(length);
    source.read(from, source.size() - from)
}

/// A PDF ends with `%%EOF`, give or take what mail programs append. One that is made for the web has such a mark after its
/// first page, too; its length stands in its first object (ISO 32000-1 §F.3.3).
fn pdf(source: &Source<'_>, head: &[u8]) -> Result<Option<u64>, Damage> {
    if let Some(need) = linearised(head).filter(|need| source.size() < *need) {
        return Ok(Some(need));
    }
    let is_whole = tail(source, 2048)?.windows(5).any(|w| w == b"%%EOF");
    Ok((!is_whole).then(|| source.size() + 1))
}

/// The length that a linearised file says that it has.
fn linearised(head: &[u8]) -> Option<u64> {
    let behind = |from: &[u8], name: &[u8]| {
        let at = from.windows(name.len()).position(|w| w == name)?;
        Some(from[at + name.len()..].to_vec())
    };
    let rest = behind(&behind(head, b"/Linearized")?, b"/L ")?;
    let text = String::from_utf8_lossy(&rest).into_owned();
    let digits: String = text.trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The part that makes it a text, a presentation or a table.
fn part_of(ending: &str) -> &'static str {
    match ending {
        "docx" => "word/",
        "pptx" => "ppt/",
        _ => "xl/",
    }
}

/// The directory at the end names every part: there it must be, and so must `part`.
fn archive(source: &Source<'_>, part: &str) -> Result<Option<u64>, Damage> {
    let tail = tail(source, ZIP_END)?;
    let Some(at) = tail.windows(4).rposition(|w| w == b"PK\x05\x06") else {
        return Ok(Some(source.size() + 1));
    };
    let Some((from, length)) = directory(source, &tail, at)? else {
        return Ok(Some(source.size() + 1));
    };
    let directory = source.read(from, length.min(1 << 20))?;
    let is_named = directory.windows(part.len()).any(|w| w == part.as_bytes());
    if is_named {
        Ok(None)
    } else {
        Err(Damage::NotWhatItsNameSays)
    }
}

/// Where the directory lies that the record at `at` tells of, and how long it is. What 32 bits cannot tell, or a program
/// that writes to a pipe leaves open, stands in a longer record before it (APPNOTE.TXT §4.3.14, §4.3.15).
fn directory(source: &Source<'_>, tail: &[u8], at: usize) -> Result<Option<(u64, u64)>, Damage> {
    let (Some(length), Some(from)) = (u32_at(tail, at + 12), u32_at(tail, at + 16)) else {
        return Ok(None);
    };
    if length != u32::MAX && from != u32::MAX {
        return Ok(Some((from.into(), length.into())));
    }
    let locator = at.checked_sub(20).and_then(|at| tail.get(at..));
    let Some(at) = locator
        .filter(|bytes| bytes.starts_with(b"PK\x06\x07"))
        .and_then(|bytes| u64_at(bytes, 8))
    else {
        return Ok(None);
    };
    let record = source.read_up_to(at.min(source.size()), 56)?;
    let is_record = record.starts_with(b"PK\x06\x06");
    Ok(u64_at(&record, 48).zip(u64_at(&record, 40)).filter(|_| is_record))
}

/// MS-CFB §2.2: the sectors of the table of sectors, and the first of the directory, must lie within the file.
fn compound(source: &Source<'_>, head: &[u8]) -> Option<u64> {
    let shift = u32::from(u16_at(head, 30)?.clamp(9, 12));
    let tables = usize::try_from(u32_at(head, 44)?).ok()?.min(109);
    let listed = (0..tables).filter_map(|n| u32_at(head, 76 + n * 4));
    let last = listed
        .chain(u32_at(head, 48))
        .filter(|sector| *sector < 0xffff_fffa)
        .max()?;
    let need = (u64::from(last) + 2) << shift;
    // The last sector of all may be shorter than the others.
    let missing = need.saturating_sub(1 << shift);
    (source.size() <= missing).then_some(need)
}

#[cfg(test)]
mod tests;
