//! Packets of 188 bytes, each begun by `47` (ISO/IEC 13818-1 §2.4.3.2). Cameras and discs put four bytes of time before
//! each (192), satellite receivers sixteen of correction behind (204); a lost byte is survived by looking for the next.

use crate::probe::clock::Stamp;
use crate::probe::source::Cursor;

pub(super) const PACKET: usize = 188;
const STRIDES: [usize; 3] = [PACKET, 192, 204];
const SYNC: u8 = 0x47;
/// So many packets in a row are no chance; a very short file needs three.
const RUN: usize = 6;
const LEAST: usize = 3;

/// How far packets lie apart, and where the first begins: there may be rubbish before it.
pub(super) fn find(bytes: &[u8]) -> Option<(usize, usize)> {
    let starts = (0..bytes.len()).filter(|at| bytes[*at] == SYNC);
    let mut candidates = starts.flat_map(|at| STRIDES.map(|stride| (stride, at)));
    candidates.find(|(stride, at)| {
        let run = (0..RUN).map_while(|n| bytes.get(at + n * stride));
        let (mut seen, mut all) = (0, true);
        for byte in run {
            seen += 1;
            all &= *byte == SYNC;
        }
        // Near the end of the bytes three may be chance.
        all && seen >= if at < stride { LEAST } else { RUN }
    })
}

/// The packets in these bytes.
pub(super) struct Packets<'a> {
    bytes: &'a [u8],
    stride: usize,
}

impl<'a> Packets<'a> {
    pub(super) fn new(bytes: &'a [u8], stride: usize) -> Self {
        Self { bytes, stride }
    }

    /// Bytes that have not been walked.
    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    /// Drops bytes up to the next packet that is followed by another.
    fn find_sync(&mut self) -> Option<()> {
        let follows = |at: usize| self.bytes.get(at + self.stride).is_none_or(|b| *b == SYNC);
        let at = (0..self.bytes.len()).find(|at| self.bytes[*at] == SYNC && follows(*at))?;
        self.bytes = &self.bytes[at..];
        Some(())
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        loop {
            self.find_sync()?;
            let packet = self.bytes.get(..PACKET)?;
            self.bytes = self.bytes.get(self.stride..).unwrap_or_default();
            if let Some(packet) = Packet::read(packet) {
                return Some(packet);
            }
        }
    }
}

/// A packet that can be read.
pub(super) struct Packet<'a> {
    pub(super) pid: u16,
    /// A table or a PES packet begins in it.
    pub(super) starts: bool,
    /// The programme's clock.
    pub(super) clock: Option<Stamp>,
    pub(super) payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// `None` for one that is marked as damaged, or scrambled.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let [_, b, c, d, ref rest @ ..] = *bytes else {
            return None;
        };
        if b & 0x80 != 0 || d & 0xc0 != 0 {
            return None;
        }
        let (mut adaptation, mut payload): (&[u8], &[u8]) = (&[], rest);
        if d & 0x20 != 0 {
            let (length, after) = rest.split_first()?;
            (adaptation, payload) = after.split_at_checked((*length).into())?;
        }
        Some(Self {
            pid: u16::from(b & 0x1f) << 8 | u16::from(c),
            starts: b & 0x40 != 0,
            clock: clock(adaptation),
            payload: if d & 0x10 == 0 { &[] } else { payload },
        })
    }
}

/// 33 bits of 90 kHz, the finer part is left out (§2.4.3.5).
fn clock(adaptation: &[u8]) -> Option<Stamp> {
    let (flags, rest) = adaptation.split_first()?;
    let high = Cursor(rest).u32()?;
    let low = rest.get(4)? >> 7;
    (flags & 0x10 != 0).then(|| Stamp::new(u64::from(high) << 1 | u64::from(low)))
}
