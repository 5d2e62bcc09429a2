//! The packets of `RealMedia`, where no index tells which time lies where: each has a stream and a time, and its length leads
//! to the next, which makes one recognisable from any place of the file.

use crate::Damage;
use crate::probe::source::{Cursor, Source};
use crate::timemap::Spot;

/// Form, length, stream, time, and a few flags.
const HEAD: usize = 12;
/// So many in a row, each where the one before it ends, are no chance.
const ROW: usize = 4;
/// What is looked at to find a packet of each stream: packets have a kilobyte, a key frame's may have more.
const LOOKS: [u64; 2] = [16 * 1024, 96 * 1024];

/// The numbers of the shown streams, and how long the film lasts.
pub(super) struct Shown {
    pub(super) streams: Vec<u16>,
    pub(super) ms: u64,
}

struct Packet {
    length: usize,
    stream: u16,
    ms: u64,
}

impl Shown {
    /// The packet that begins here, if it can be one.
    fn packet(&self, bytes: &[u8]) -> Option<Packet> {
        let mut cursor = Cursor(bytes);
        let (form, length, stream) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
        let ms = u64::from(cursor.u32()?);
        let is_packet = form <= 1 && usize::from(length) >= HEAD && stream < 64 && ms <= self.ms.saturating_add(60_000);
        is_packet.then_some(Packet {
            length: length.into(),
            stream,
            ms,
        })
    }

    /// The packets from this place on that the bytes hold the heads of.
    fn row<'a>(&'a self, bytes: &'a [u8], from: usize) -> impl Iterator<Item = (usize, Packet)> + 'a {
        let mut at = from;
        std::iter::from_fn(move || {
            let packet = self.packet(bytes.get(at..)?)?;
            let here = at;
            at += packet.length;
            Some((here, packet))
        })
    }

    /// The first packets of each shown stream at or behind `at`: their times, and where they begin.
    pub(super) fn sight(&self, source: &Source<'_>, at: u64) -> Result<[Option<Spot>; 2], Damage> {
        let mut found = [None; 2];
        for length in LOOKS {
            let bytes = source.read_up_to(at.min(source.size()), length)?;
            let begins = |from: &usize| {
                let row = self.row(&bytes, *from).take(ROW);
                row.filter(|(_, packet)| self.streams.contains(&packet.stream)).count() == ROW
            };
            let Some(from) = (0..bytes.len()).find(begins) else {
                continue;
            };
            for (place, packet) in self.row(&bytes, from) {
                let spot = Spot {
                    ms: packet.ms,
                    at: at + place as u64,
                };
                if let Some(n) = self.streams.iter().position(|stream| *stream == packet.stream) {
                    found[n] = found[n].or(Some(spot));
                }
            }
            if found.iter().flatten().count() == self.streams.len() {
                break;
            }
        }
        Ok(found)
    }
}
