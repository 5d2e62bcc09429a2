//! Hand-outs: does the content agree with the name, and is it whole? Their inside is the viewer's business.
//!
//! A copy that broke off is told from a whole file by what stands at the end: a PDF's `%%EOF`, the directory of the zip
//! archive that DOCX, PPTX and XLSX are; of the older office files by where their own tables lie.

use super::Reading;
use super::riff::{u16_at, u32_at};
use super::source::Source;
use crate::{Damage, Facts};

/// Beginning of an OLE compound file (MS-CFB §2.2).
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The end of a zip archive: 22 bytes and a comment of at most 64 KiB (APPNOTE.TXT §4.3.16).
const ZIP_END: u64 = 22 + 0xffff;

pub(super) fn probe(source: &Source<'_>, ending: &str) -> Result<Reading, Damage> {
    let head = source.read_up_to(0, 1024)?;
    let is_compound = head.starts_with(COMPOUND);
    let cut = match ending {
        "pdf" if head.windows(5).any(|w| w == b"%PDF-") => pdf(source)?,
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

/// No text has a zero in it, but for UTF-16, which begins with its mark.
fn is_text(head: &[u8]) -> bool {
    !head.contains(&0) || encoding_rs::Encoding::for_bom(head).is_some()
}

fn tail(source: &Source<'_>, length: u64) -> Result<Vec<u8>, Damage> {
    let from = source.size().saturating_sub(length);
    source.read(from, source.size() - from)
}

/// A PDF ends with `%%EOF`, give or take what mail programs append.
fn pdf(source: &Source<'_>) -> Result<Option<u64>, Damage> {
    let is_whole = tail(source, 2048)?.windows(5).any(|w| w == b"%%EOF");
    Ok((!is_whole).then(|| source.size() + 1))
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
    let (length, from) = (u32_at(&tail, at + 12), u32_at(&tail, at + 16));
    let (Some(length), Some(from)) = (length, from) else {
        return Ok(Some(source.size() + 1));
    };
    let directory = source.read(from.into(), length.min(1 << 20).into())?;
    let is_named = directory.windows(part.len()).any(|w| w == part.as_bytes());
    if is_named {
        Ok(None)
    } else {
        Err(Damage::NotWhatItsNameSays)
    }
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
mod tests {
    use super::*;

    fn cut(bytes: &[u8], ending: &str) -> Result<bool, Damage> {
        let content = &bytes;
        probe(&Source::new(content, bytes.len() as u64), ending).map(|reading| reading.cut.is_some())
    }

    /// One stored part, its entry in the directory, and the end.
    fn zip(name: &str, content: &[u8]) -> Vec<u8> {
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let length = u32::try_from(content.len()).unwrap().to_le_bytes();
        let sizes = [&[0; 4][..], &length, &length, &name_length, &[0; 2]].concat();
        let local = [
            b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0",
            &sizes[..],
            name.as_bytes(),
            content,
        ]
        .concat();
        let entry = [
            b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0",
            &sizes[..],
            &[0; 14],
            name.as_bytes(),
        ]
        .concat();
        let lengths = [
            u32::try_from(entry.len()).unwrap().to_le_bytes(),
            u32::try_from(local.len()).unwrap().to_le_bytes(),
        ];
        [
            &local[..],
            &entry,
            b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
            &lengths.concat(),
            &[0; 2],
        ]
        .concat()
    }

    #[test]
    fn an_office_file_without_its_directory_is_cut_and_one_of_another_kind_is_refused() {
        let pptx = zip("ppt/presentation.xml", &[b'x'; 3000]);
        assert_eq!(cut(&pptx, "pptx"), Ok(false));
        assert_eq!(cut(&pptx[..pptx.len() / 2], "pptx"), Ok(true));
        assert_eq!(cut(&pptx, "docx"), Err(Damage::NotWhatItsNameSays));
        assert_eq!(cut(b"PK but no archive", "pptx"), Err(Damage::NotWhatItsNameSays));
    }

    #[test]
    fn an_old_office_file_ends_where_its_tables_say() {
        let mut doc = vec![0; 512 * 9];
        doc[..8].copy_from_slice(COMPOUND);
        doc[30] = 9;
        doc[44] = 1;
        doc[48] = 7;
        doc[76] = 2;
        assert_eq!(
            cut(&doc, "doc"),
            Ok(false),
            "the directory is sector 7, behind the header the ninth"
        );
        assert_eq!(cut(&doc[..512 * 5], "doc"), Ok(true));
        assert_eq!(cut(&doc, "txt"), Err(Damage::NotWhatItsNameSays));
    }

    #[test]
    fn a_pdf_ends_with_its_mark() {
        let pdf = [b"%PDF-1.4\n", &[b' '; 5000][..], b"\nstartxref\n9\n%%EOF\r\n"].concat();
        assert_eq!(cut(&pdf, "pdf"), Ok(false));
        assert_eq!(cut(&pdf[..4000], "pdf"), Ok(true));
    }
}
