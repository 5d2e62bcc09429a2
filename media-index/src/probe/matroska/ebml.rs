//! EBML (RFC 8794): an id, a length, a content that may be elements again.

use crate::Damage;
use crate::probe::source::{Source, broken};

const CHILDREN: usize = 100_000;
/// The longest header: an id of four bytes and a length of eight.
const HEADER: u64 = 12;

/// An element's id, where its content begins, and how long it is (`None`: until the end).
#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    pub(super) id: u32,
    pub(super) at: u64,
    pub(super) length: Option<u64>,
}

impl Element {
    /// Reads the header at `at`.
    pub(super) fn at(source: &Source<'_>, at: u64) -> Result<Self, Damage> {
        let bytes = source.read_up_to(at, HEADER)?;
        let (id, length, header) = header(&bytes).ok_or_else(|| cut_or_broken(source, at, &bytes))?;
        let at = at + header as u64;
        Ok(Self { id, at, length })
    }

    /// Where what follows begins; `None` if only the end of the file ends it.
    pub(super) fn end(&self) -> Option<u64> {
        Some(self.at.saturating_add(self.length?))
    }
}

fn cut_or_broken(source: &Source<'_>, at: u64, bytes: &[u8]) -> Damage {
    if (bytes.len() as u64) < HEADER {
        return Damage::Truncated {
            have: source.size(),
            need: at + HEADER,
        };
    }
    if at == 0 {
        Damage::NotWhatItsNameSays
    } else {
        broken("an element that cannot be read")
    }
}

/// RFC 8794 §4-6: an id keeps its length marker, a length drops it; all ones is unknown. Also how long both are.
pub(super) fn header(bytes: &[u8]) -> Option<(u32, Option<u64>, usize)> {
    let id_length = usize::try_from(bytes.first()?.leading_zeros()).ok()? + 1;
    if id_length > 4 {
        return None;
    }
    let id = bytes
        .get(..id_length)?
        .iter()
        .fold(0_u32, |id, b| id << 8 | u32::from(*b));
    let (length, width) = number(bytes.get(id_length..)?)?;
    Some((id, length, id_length + width))
}

/// A number of variable width (§4), and its width; all ones is `None`.
pub(super) fn number(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let width = usize::try_from(bytes.first()?.leading_zeros()).ok()? + 1;
    if width > 8 {
        return None;
    }
    let value = bytes.get(..width)?.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
    let mask = (1_u64 << (7 * width)) - 1;
    let value = value & mask;
    Some(((value != mask).then_some(value), width))
}

/// The elements within one that was read; of the last, which may be cut off, what is there.
pub(super) fn children(mut content: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (id, length, header) = header(content)?;
        let rest = &content[header..];
        let length = length.map_or(rest.len(), |length| usize::try_from(length).unwrap_or(usize::MAX));
        let body = &rest[..length.min(rest.len())];
        content = &rest[body.len()..];
        Some((id, body))
    })
    .take(CHILDREN)
}

/// The first element of this kind.
pub(super) fn child(content: &[u8], wanted: u32) -> Option<&[u8]> {
    children(content).find(|(id, _)| *id == wanted).map(|(_, body)| body)
}

pub(super) fn uint(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

pub(super) fn float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        4 => Some(f64::from(f32::from_be_bytes(bytes.try_into().ok()?))),
        8 => Some(f64::from_be_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
