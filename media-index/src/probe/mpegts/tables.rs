//! What programmes there are and of which streams they consist: the association table and the map tables
//! (ISO/IEC 13818-1 §2.4.4), in sections that may go over several packets.

use super::packets::Packet;
use crate::probe::source::Cursor;

/// A transponder has ten programmes.
const PROGRAMMES: usize = 32;
const STREAMS: usize = 32;

/// A section that is being put together.
#[derive(Debug, Default)]
pub(super) struct Section(Vec<u8>);

impl Section {
    /// The whole section, when this packet completes it.
    pub(super) fn add(&mut self, packet: &Packet<'_>) -> Option<Vec<u8>> {
        if packet.starts {
            let (pointer, after) = packet.payload.split_first()?;
            self.0 = after.get(usize::from(*pointer)..)?.to_vec();
        } else if !self.0.is_empty() {
            self.0.extend_from_slice(packet.payload);
        }
        let [_, b, c, ..] = *self.0.as_slice() else { return None };
        let length = 3 + (usize::from(b & 0xf) << 8 | usize::from(c));
        if self.0.len() < length {
            return None;
        }
        let mut whole = std::mem::take(&mut self.0);
        whole.truncate(length);
        Some(whole)
    }
}

/// Whether a section came through unharmed: its checksum over all of it is 0 (annex A).
pub(super) fn is_sound(section: &[u8]) -> bool {
    const POLYNOMIAL: u32 = 0x04c1_1db7;
    let sum = section.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            let carry = sum >> 31;
            sum << 1 ^ if carry == 1 { POLYNOMIAL } else { 0 }
        })
    });
    sum == 0
}

/// The entries of a section: what lies between its head of eight bytes and its checksum.
fn body(section: &[u8], table: u8) -> Option<Cursor<'_>> {
    let inner = section.get(8..section.len().checked_sub(4)?)?;
    (section.first() == Some(&table)).then_some(Cursor(inner))
}

/// The packets in which the programmes are described (§2.4.4.3).
pub(super) fn programmes(section: &[u8]) -> Vec<u16> {
    let entries = body(section, 0).map_or(&[][..], |body| body.0).chunks_exact(4);
    entries
        .filter(|entry| entry[..2] != [0, 0])
        .map(|entry| u16::from_be_bytes([entry[2] & 0x1f, entry[3]]))
        .take(PROGRAMMES)
        .collect()
}

/// What a stream of a programme carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    /// Pictures, in this codec.
    Picture(&'static str),
    /// Sound, in this codec; an empty one is guessed.
    Sound(&'static str),
    /// Where advertisements may be put in (SCTE 35), on the programme's clock.
    Cues,
}

/// The streams of a programme, by the packets that carry them (§2.4.4.8).
pub(super) fn streams(section: &[u8]) -> Vec<(u16, Carries)> {
    let mut found = Vec::new();
    let Some(mut rest) = body(section, 2) else { return found };
    let programme = || -> Option<&[u8]> {
        rest.skip(2)?;
        let length = rest.u16()? & 0xfff;
        rest.take(length.into())
    }();
    let is_disc = programme.is_some_and(|about| registration(about) == Some(&b"HDMV"[..]));
    while let (Some((pid, kind, about)), true) = (entry(&mut rest), found.len() < STREAMS) {
        found.extend(carries(kind, about, is_disc).map(|carries| (pid, carries)));
    }
    found
}

fn entry<'a>(rest: &mut Cursor<'a>) -> Option<(u16, u8, &'a [u8])> {
    let kind = rest.u8()?;
    let pid = rest.u16()? & 0x1fff;
    let length = rest.u16()? & 0xfff;
    Some((pid, kind, rest.take(length.into())?))
}

/// Table 2-34, and what ATSC, the discs and the Chinese broadcasters made of the user's part of it.
fn carries(kind: u8, about: &[u8], is_disc: bool) -> Option<Carries> {
    use Carries::{Cues, Picture, Sound};
    Some(match kind {
        0x01 => Picture("mpeg1video"),
        0x02 => Picture("mpeg2video"),
        0x10 => Picture("mpeg4"),
        0x1b | 0x1f | 0x20 => Picture("h264"),
        0x24 => Picture("hevc"),
        0x33 => Picture("vvc"),
        0x42 => Picture("cavs"),
        0xd2 => Picture("avs2"),
        0xd4 => Picture("avs3"),
        0xea => Picture("vc1"),
        0x03 | 0x04 => Sound("mp2"),
        0x0f => Sound("aac"),
        0x11 => Sound("aac_latm"),
        0x80 if is_disc => Sound("pcm_bluray"),
        0x81 => Sound("ac3"),
        0x83 if is_disc => Sound("truehd"),
        0x85 | 0x86 | 0xa2 if is_disc => Sound("dts"),
        0x84 | 0xa1 if is_disc => Sound("eac3"),
        0x82 | 0x8a => Sound("dts"),
        0x87 => Sound("eac3"),
        0x86 => Cues,
        0x06 if is_unnamed(about) => Sound(""),
        0x06 | 0x80..=0xff => return private(about),
        _ => return None,
    })
}

/// Private streams are named by their descriptors (ETSI EN 300 468 §6.1) or by a registered word.
fn private(about: &[u8]) -> Option<Carries> {
    use Carries::{Picture, Sound};
    let by_word = registration(about).and_then(|word| match word {
        b"AC-3" => Some(Sound("ac3")),
        b"EAC3" => Some(Sound("eac3")),
        b"AC-4" => Some(Sound("ac4")),
        b"Opus" => Some(Sound("opus")),
        b"DTS1" | b"DTS2" | b"DTS3" => Some(Sound("dts")),
        b"HEVC" => Some(Picture("hevc")),
        b"AV01" => Some(Picture("av1")),
        b"VC-1" => Some(Picture("vc1")),
        b"AVSV" => Some(Picture("cavs")),
        _ => None,
    });
    by_word.or_else(|| {
        descriptors(about).find_map(|(tag, body)| match (tag, body.first()) {
            (0x6a, _) => Some(Sound("ac3")),
            (0x7a, _) => Some(Sound("eac3")),
            (0x7b, _) => Some(Sound("dts")),
            (0x7c, _) => Some(Sound("aac")),
            (0x7f, Some(0x15)) => Some(Sound("ac4")),
            _ => None,
        })
    })
}

/// Nothing says what it is: only its language, its number or its rate (§2.6.18, §2.6.26, EN 300 468 §6.2.39).
fn is_unnamed(about: &[u8]) -> bool {
    descriptors(about).all(|(tag, _)| matches!(tag, 0x0a | 0x0e | 0x52))
}

fn registration(about: &[u8]) -> Option<&[u8]> {
    descriptors(about).find(|(tag, _)| *tag == 5)?.1.get(..4)
}

fn descriptors(about: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = Cursor(about);
    std::iter::from_fn(move || {
        let (tag, length) = (rest.u8()?, rest.u8()?);
        Some((tag, rest.take(length.into())?))
    })
}
