//! The bytes of a program stream: as they are, or out of the sectors of a Video CD, which a PC copies with everything
//! around them (`RIFF … CDXA`, then 2,352 bytes a sector).

use crate::Damage;
use crate::probe::riff::{head, u32_at};
use crate::probe::source::Source;

const SECTOR: usize = 2_352;
/// Form 2 (the Green Book's "real time" sectors): sync, address and twice the kind of sector; then the content, then a
/// checksum.
const BEFORE: usize = 24;
const CONTENT: usize = 2_324;
/// What every sector begins with.
const SYNC: [u8; 12] = [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];
/// The first sector is looked for in so many bytes.
const SEARCH: u64 = 4_096;

/// A film in its own counting of bytes.
pub(super) struct Film<'a> {
    source: &'a Source<'a>,
    /// Where the first sector begins, if there are sectors.
    sectors: Option<u64>,
    /// The file should go on to here, beyond its end.
    pub(super) cut: Option<u64>,
}

impl<'a> Film<'a> {
    pub(super) fn open(source: &'a Source<'a>) -> Result<Self, Damage> {
        let start = source.read_up_to(0, SEARCH)?;
        let is_disc = start.starts_with(b"RIFF") && start.get(8..12) == Some(b"CDXA");
        let sync = start.windows(SYNC.len()).position(|w| w == SYNC);
        let announced = head(&start).and(u32_at(&start, 4)).map(|length| u64::from(length) + 8);
        Ok(Self {
            source,
            sectors: sync.filter(|at| is_disc || *at == 0).map(|at| at as u64),
            cut: announced.filter(|need| is_disc && *need > source.size() && *need < u64::from(u32::MAX)),
        })
    }

    pub(super) fn size(&self) -> u64 {
        match self.sectors {
            Some(from) => self.source.size().saturating_sub(from) / SECTOR as u64 * CONTENT as u64,
            None => self.source.size(),
        }
    }

    /// Where in the file a byte of the film lies.
    pub(super) fn place(&self, at: u64) -> u64 {
        match self.sectors {
            Some(from) => {
                let (sector, skip) = (at / CONTENT as u64, at % CONTENT as u64);
                from + sector * SECTOR as u64 + BEFORE as u64 + skip
            }
            None => at,
        }
    }

    /// The byte of the film that lies at this one of the file, or next behind it.
    pub(super) fn byte(&self, place: u64) -> u64 {
        match self.sectors {
            Some(from) => place.saturating_sub(from).div_ceil(SECTOR as u64) * CONTENT as u64,
            None => place,
        }
    }

    /// Up to `most` bytes from `at`, fewer at the end; of sectors only whole ones.
    pub(super) fn read_up_to(&self, at: u64, most: u64) -> Result<Vec<u8>, Damage> {
        let Some(from) = self.sectors else {
            return self.source.read_up_to(at, most);
        };
        let (sector, skip) = (at / CONTENT as u64, at % CONTENT as u64);
        let count = (skip + most).div_ceil(CONTENT as u64);
        let raw = self
            .source
            .read_up_to(from + sector * SECTOR as u64, count * SECTOR as u64)?;
        let contents = raw.chunks_exact(SECTOR).map(|sector| &sector[BEFORE..BEFORE + CONTENT]);
        let mut bytes = contents.collect::<Vec<_>>().concat();
        bytes.drain(..bytes.len().min(usize::try_from(skip).unwrap_or(0)));
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(bytes)
    }
}
