//! Pages of Ogg (RFC 3533 §6).

use crate::Damage;
use crate::probe::riff::{u32_at, u64_at};
use crate::probe::source::Source;

/// Mark, version, flags, granule, serial, number, checksum, count.
const HEAD: usize = 27;
/// With the lengths of all pieces.
const LONGEST_HEAD: u64 = HEAD as u64 + 255;
/// A page has at most 65,307 bytes; most have 4 to 16 KB.
const LOOKS: [u64; 2] = [8 * 1024, 64 * 1024];

/// What a page's head says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    flags: u8,
    pub(super) granule: u64,
    pub(super) serial: u32,
    /// Bytes of the head.
    pub(super) head: usize,
    /// Bytes of the whole page.
    pub(super) length: usize,
}

impl Page {
    /// The page that begins with these bytes; its body may be missing.
    fn read(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"OggS\0")?;
        let flags = *rest.first().filter(|flags| **flags < 8)?;
        let count = usize::from(*bytes.get(HEAD - 1)?);
        let lengths = bytes.get(HEAD..HEAD + count)?;
        let body: usize = lengths.iter().map(|n| usize::from(*n)).sum();
        Some(Self {
            flags,
            granule: u64_at(bytes, 6)?,
            serial: u32_at(bytes, 14)?,
            head: HEAD + count,
            length: HEAD + count + body,
        })
    }

    /// A stream begins with it.
    pub(super) fn is_first(self) -> bool {
        self.flags & 2 != 0
    }

    /// A stream ends with it.
    pub(super) fn is_last(self) -> bool {
        self.flags & 4 != 0
    }

    /// A packet ends in it, so that it tells a time.
    pub(super) fn is_timed(self) -> bool {
        self.granule != u64::MAX
    }
}

/// The pages in these bytes, each with its place; the last one's body may be cut off. Between pages rubbish is skipped.
pub(super) fn pages(bytes: &[u8]) -> impl Iterator<Item = (usize, Page)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += bytes.get(at..)?.windows(4).position(|w| w == b"OggS")?;
            let here = at;
            match Page::read(&bytes[at..]) {
                Some(page) => {
                    at += page.length;
                    return Some((here, page));
                }
                None => at += 4,
            }
        }
    })
}

/// The first page with a time that begins at or behind `at` and before `end`.
pub(super) fn behind(source: &Source<'_>, at: u64, end: u64) -> Result<Option<(u64, Page)>, Damage> {
    for length in LOOKS {
        let bytes = source.read_up_to(at.min(end), (length + LONGEST_HEAD).min(end.saturating_sub(at)))?;
        let found = pages(&bytes).find(|(_, page)| page.is_timed());
        if let Some((n, page)) = found {
            return Ok(Some((at + n as u64, page)));
        }
    }
    Ok(None)
}

/// The page that follows this one at once, if it begins before `end`; only its head is read.
pub(super) fn next(source: &Source<'_>, (at, page): (u64, Page), end: u64) -> Result<Option<(u64, Page)>, Damage> {
    let at = at.saturating_add(page.length as u64).min(end);
    let bytes = source.read_up_to(at, LONGEST_HEAD.min(end - at))?;
    Ok(Page::read(&bytes).map(|page| (at, page)))
}
