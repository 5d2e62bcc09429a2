//! The packets that carry one stream (PES) in transport and program streams: ISO/IEC 13818-1 §2.4.3.6, and the older
//! form of 11172-1 §2.4.3.3.

use super::clock::Stamp;

/// When the content is to be shown, and the content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pes<'a> {
    pub(super) time: Option<Stamp>,
    /// When it is to be decoded. These times rise through the file, and nothing is shown before it is decoded.
    pub(super) order: Option<Stamp>,
    /// Bytes of the whole packet; 0 where the writer left it open, as with large pictures.
    pub(super) length: u32,
    pub(super) content: &'a [u8],
}

/// Start code, stream and length come before.
const HEAD: usize = 6;
const STUFFING: usize = 16;

/// Reads a packet from its start code on; what follows the head may be cut off.
pub(super) fn read(packet: &[u8]) -> Option<Pes<'_>> {
    let body = packet.strip_prefix(&[0, 0, 1])?.get(HEAD - 3..)?;
    let mut pes = match body.first()? >> 6 {
        0b10 => newer(body),
        _ => older(body),
    }?;
    pes.length = u16::from_be_bytes([packet[4], packet[5]]).into();
    Some(pes)
}

fn newer(body: &[u8]) -> Option<Pes<'_>> {
    let (flags, length) = (*body.get(1)?, usize::from(*body.get(2)?));
    let time = if flags & 0x80 == 0 {
        None
    } else {
        body.get(3..).and_then(Stamp::read)
    };
    let order = body.get(8..).filter(|_| flags & 0x40 != 0).and_then(Stamp::read);
    Some(Pes {
        time,
        order: time.and(order).or(time),
        length: 0,
        content: body.get(3 + length..).unwrap_or_default(),
    })
}

/// Stuffing, perhaps the size of a buffer, then the times: told apart by their first bits.
fn older(body: &[u8]) -> Option<Pes<'_>> {
    let stuffing = body.iter().take_while(|b| **b == 0xff).count();
    let mut rest = body.get(stuffing..).filter(|_| stuffing <= STUFFING)?;
    if rest.first()? >> 6 == 0b01 {
        rest = rest.get(2..)?;
    }
    let (time, length) = match rest.first()? >> 4 {
        0b0010 => (Stamp::read(rest), 5),
        0b0011 => (Stamp::read(rest), 10),
        _ => (None, 1),
    };
    let order = rest.get(5..).filter(|_| length == 10).and_then(Stamp::read);
    Some(Pes {
        time,
        order: time.and(order).or(time),
        length: 0,
        content: rest.get(length..).unwrap_or_default(),
    })
}
