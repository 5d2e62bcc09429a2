//! The packets of ASF, where no index tells which time lies where: all have the same length, and each tells which stream
//! its first payload is of and when that is shown (§5.2).

use crate::Damage;
use crate::probe::source::{Cursor, Source};
use crate::timemap::Spot;

/// The heads of a packet and of its first payload.
const HEAD: u64 = 96;
/// Packets that are passed to come to the other stream's next one.
const HOPS: u64 = 48;

/// Where the packets lie, and whose times are wanted.
pub(super) struct Packets {
    pub(super) begin: u64,
    pub(super) end: u64,
    /// Bytes of each.
    pub(super) length: u64,
    /// The numbers of the shown streams.
    pub(super) streams: Vec<u8>,
    /// What comes before the first picture, in all times.
    pub(super) preroll_ms: u64,
}

impl Packets {
    /// The first packets at or behind `at` whose first payload is of each shown stream: its time, and where they begin.
    pub(super) fn sight(&self, source: &Source<'_>, at: u64) -> Result<[Option<Spot>; 2], Damage> {
        let mut found = [None; 2];
        let first = at.saturating_sub(self.begin).div_ceil(self.length);
        for n in first..first + HOPS {
            let at = self.begin.saturating_add(n.saturating_mul(self.length));
            if at >= self.end || found.iter().flatten().count() == self.streams.len() {
                break;
            }
            let Some((stream, time)) = first_payload(&source.read_up_to(at, HEAD)?) else {
                continue;
            };
            if let Some(n) = self.streams.iter().position(|shown| *shown == stream) {
                let ms = time.saturating_sub(self.preroll_ms);
                found[n] = found[n].or(Some(Spot { ms, at }));
            }
        }
        Ok(found)
    }
}

/// A field whose length two bits tell: none, one, two or four bytes, the small end first.
fn field(cursor: &mut Cursor<'_>, bits: u8) -> Option<u64> {
    let length = [0, 1, 2, 4][usize::from(bits & 3)];
    let bytes = cursor.take(length)?;
    Some(bytes.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

/// Stream and time of a packet's first payload.
fn first_payload(packet: &[u8]) -> Option<(u8, u64)> {
    let mut cursor = Cursor(packet);
    let mut flags = cursor.u8()?;
    if flags & 0x80 != 0 {
        cursor.skip(usize::from(flags & 15))?;
        flags = cursor.u8()?;
    }
    let sizes = cursor.u8()?;
    for bits in [flags >> 5, flags >> 1, flags >> 3] {
        field(&mut cursor, bits)?;
    }
    // When it is sent, and for how long.
    cursor.skip(4 + 2)?;
    if flags & 1 != 0 {
        cursor.skip(1)?;
    }
    let stream = cursor.u8()? & 0x7f;
    field(&mut cursor, sizes >> 4)?;
    let offset = field(&mut cursor, sizes >> 2)?;
    let replicated = field(&mut cursor, sizes)?;
    match replicated {
        // Of packed payloads the place tells the time.
        1 => Some((stream, offset)),
        8.. => {
            cursor.skip(4)?;
            Some((stream, field(&mut cursor, 3)?))
        }
        _ => None,
    }
}
