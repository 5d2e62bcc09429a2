//! The packets of a program stream (ISO/IEC 13818-1 §2.5, 11172-1 §2.4): each begins with a start code and, but for the
//! packs that carry the clock, says its length.

use crate::probe::bits::{Bits, start_code};
use crate::probe::clock::Stamp;
use crate::probe::pes::{self, Pes};

/// Sound of discs and other private data share one stream.
const PRIVATE: u8 = 0xbd;
const PACK: u8 = 0xba;
/// Start code, kind and length.
const HEAD: usize = 6;

/// A packet of picture or sound.
pub(super) struct Packet<'a> {
    /// How far from the beginning of the bytes it begins.
    pub(super) from: usize,
    /// The stream, and which of the private ones.
    pub(super) id: u16,
    pub(super) kind: Kind,
    pub(super) pes: Pes<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Picture,
    /// Sound, in this codec; an empty one is guessed.
    Sound(&'static str),
}

/// The packets in these bytes. `at` is how far they have been walked: up to the first packet that is not whole.
pub(super) struct Packets<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    /// What the last pack's clock showed.
    pub(super) clock: Option<Stamp>,
}

impl<'a> Packets<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            clock: None,
        }
    }

    /// The next packet's kind and bytes.
    fn unit(&mut self) -> Option<(u8, &'a [u8])> {
        let rest = self.bytes.get(self.at..)?;
        let from = start_code(rest)?;
        let unit = &rest[from..];
        let (kind, length) = (*unit.get(3)?, length(unit)?);
        let whole = unit.get(..length);
        // What comes before is done with; a packet that is not whole may be so in the next reading.
        self.at += from + if whole.is_some() { length } else { 0 };
        Some((kind, whole?))
    }
}

/// How long the packet is that begins here; codes of the streams within have no length: the next code is looked for.
fn length(unit: &[u8]) -> Option<usize> {
    Some(match (unit[3], unit.get(4)? >> 6) {
        (PACK, 0b01) => 14 + usize::from(unit.get(13)? & 7),
        (PACK, _) => 12,
        (0xbb..=0xff, _) => HEAD + usize::from(u16::from_be_bytes([*unit.get(4)?, *unit.get(5)?])),
        _ => 4,
    })
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        loop {
            let (kind, unit) = self.unit()?;
            if kind == PACK {
                self.clock = clock(unit);
            }
            if let Some(packet) = packet(kind, unit) {
                let from = self.at - unit.len();
                return Some(Packet { from, ..packet });
            }
        }
    }
}

/// A pack's clock: as the times of packets by the older rules, with a finer part between by the newer (§2.5.3.3).
fn clock(pack: &[u8]) -> Option<Stamp> {
    let fields = pack.get(4..)?;
    if fields.first()? >> 6 != 0b01 {
        return Stamp::read(fields);
    }
    let mut bits = Bits::new(fields);
    bits.skip(2)?;
    let high = bits.take(3)?;
    bits.skip(1)?;
    let middle = bits.take(15)?;
    bits.skip(1)?;
    let low = bits.take(15)?;
    Some(Stamp::new(
        u64::from(high) << 30 | u64::from(middle) << 15 | u64::from(low),
    ))
}

fn packet(kind: u8, unit: &[u8]) -> Option<Packet<'_>> {
    let mut pes = matches!(kind, PRIVATE | 0xc0..=0xef).then(|| pes::read(unit))??;
    let (id, kind) = match kind {
        0xc0..=0xdf => (kind.into(), Kind::Sound("")),
        0xe0..=0xef => (kind.into(), Kind::Picture),
        _ => {
            let (sub, codec, skip) = private(pes.content)?;
            pes.content = pes.content.get(skip..)?;
            (u16::from(kind) << 8 | u16::from(sub), Kind::Sound(codec))
        }
    };
    Some(Packet { from: 0, id, kind, pes })
}

/// Which of a disc's sounds this is, its codec, and how many bytes the disc puts before it. Broadcasters put Dolby there
/// without anything before it.
fn private(content: &[u8]) -> Option<(u8, &'static str, usize)> {
    let sub = *content.first()?;
    Some(match sub {
        0x80..=0x87 => (sub, "ac3", 4),
        0x88..=0x8f => (sub, "dts", 4),
        0xa0..=0xaf => (sub, "pcm_dvd", 4),
        0xc0..=0xcf => (sub, "eac3", 4),
        0x0b if content.get(1) == Some(&0x77) => (0, "ac3", 0),
        _ => return None,
    })
}
