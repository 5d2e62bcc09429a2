//! Hand-outs and pictures: does the content agree with the name? Their inside is the viewer's business.

use super::source::Source;
use crate::Damage;

pub(super) fn check(source: &Source<'_>, ending: &str) -> Result<(), Damage> {
    let head = source.read_up_to(0, 1024)?;
    let agrees = match ending {
        "pdf" => head.windows(5).any(|w| w == b"%PDF-"),
        "jpg" | "jpeg" => head.starts_with(b"\xff\xd8\xff"),
        "png" => head.starts_with(b"\x89PNG\r\n\x1a\n"),
        "gif" => head.starts_with(b"GIF8"),
        "bmp" => head.starts_with(b"BM"),
        "webp" => head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
        "docx" | "pptx" | "xlsx" => head.starts_with(b"PK\x03\x04"),
        "doc" | "ppt" | "xls" => {
            head.starts_with(b"\xd0\xcf\x11\xe0") || head.starts_with(b"PK") || head.starts_with(b"{\\rtf")
        }
        "txt" => !head.contains(&0) || encoding_rs::Encoding::for_bom(&head).is_some(),
        _ => true,
    };
    if !agrees {
        return Err(Damage::NotWhatItsNameSays);
    }
    if ending == "pdf" { whole_pdf(source) } else { Ok(()) }
}

/// So much of a text tells its encoding.
const SAMPLE: u64 = 64 * 1024;

/// The media type of a text with the encoding that it is in: most old hand-outs are GBK, and say so nowhere.
pub(super) fn text_type(source: &Source<'_>) -> String {
    let bytes = source.read_up_to(0, SAMPLE).unwrap_or_default();
    let encoding = crate::subtitle::encoding(&bytes, bytes.len() as u64 == source.size());
    format!("text/plain; charset={}", encoding.name().to_lowercase())
}

/// A PDF ends with `%%EOF`, give or take what mail programs append.
fn whole_pdf(source: &Source<'_>) -> Result<(), Damage> {
    let from = source.size().saturating_sub(2048);
    let tail = source.read(from, source.size() - from)?;
    if tail.windows(5).any(|w| w == b"%%EOF") {
        return Ok(());
    }
    Err(Damage::Truncated {
        have: source.size(),
        need: source.size() + 1,
    })
}
