//! MPEG program streams (ISO/IEC 13818-1, 11172-1): discs, Video CDs, old recorders; and MPEG video without a container
//! under the same names.
//!
//! 1. Are the bytes those of a disc's sectors? What begins first: packs, or a picture sequence?
//! 2. From the head, in readings of 128 KB until it is known: the streams with their first bytes and times.
//! 3. From the tail, backwards: the last times.
//! 4. A look at the clock in a few places between, in case that it does not run through.
//!
//! 5. There is no index: where the clock runs through, the map is made of the times in up to a hundred places. Video that
//!    nobody put into a container is taken to run evenly.

use super::Reading;
use super::bits::units;
use super::flow::Flow;
use super::multiplex::{Multiplex, Sighting};
use super::pulse::{self, Glimpse};
use super::source::Source;
use crate::Damage;

mod bare;
mod packs;
mod sectors;

use packs::{Kind, Packets};
use sectors::Film;

/// Twice the longest packet.
const READING: u64 = 128 * 1024;
/// A recording that begins in the middle of a picture group shows its size within a second or two: 2 MB.
const HEAD: usize = 16;
/// Sound that has not come by after half a megabyte does not come.
const ENOUGH: usize = 4;
const TAIL: usize = 8;
/// What is read at once when only the next time is looked for.
const SIGHT: u64 = 16 * 1024;
/// A picture that takes more than 128 KB comes alone.
const SIGHTS: usize = 8;
/// After so many readings, 48 KB, a disc has told its clock.
const BARREN: usize = 2;

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let film = Film::open(source)?;
    let head = film.read_up_to(0, READING)?;
    let facts = match beginning(&head) {
        Some(Beginning::Packs) => {
            let mut streams = read_head(&film)?;
            read_tail(&film, &mut streams)?;
            let corrected = pulse::corrected_ms(film.size(), &glimpses(&film)?);
            let mut facts = streams.facts(source.size(), corrected)?;
            if let (Some(ms), None) = (facts.duration_ms, corrected) {
                let sight = |at, sighting: &mut Sighting<'_>| sight(&film, at, sighting);
                facts.map = streams.map(source.size(), ms, sight)?;
            }
            facts
        }
        Some(Beginning::Pictures) => bare::probe(&film, &head)?.facts,
        None => return Err(Damage::NotWhatItsNameSays),
    };
    Ok(Reading { facts, cut: film.cut })
}

/// What the first telling start code begins.
enum Beginning {
    Packs,
    Pictures,
}

fn beginning(head: &[u8]) -> Option<Beginning> {
    units(head).find_map(|unit| match unit {
        // A pack's next bits are 01 or 0010, by its age.
        [0xba, next, ..] if next >> 6 == 1 || next >> 4 == 2 => Some(Beginning::Packs),
        // A packet, if it was cut out of the middle; its marker is 10 by the newer rules.
        [0xe0 | 0xc0 | 0xbd, _, _, marker, ..] if marker >> 6 == 2 => Some(Beginning::Packs),
        [0xb3, ..] => Some(Beginning::Pictures),
        _ => None,
    })
}

fn read_head(film: &Film<'_>) -> Result<Multiplex, Damage> {
    let (mut streams, mut at) = (Multiplex::default(), 0);
    for count in 1..=HEAD {
        let bytes = film.read_up_to(at, READING)?;
        let mut packets = Packets::new(&bytes);
        for packet in &mut packets {
            streams.enter(packet.id, 0, flow(packet.kind));
            streams.begin(packet.id, packet.pes);
        }
        streams.look();
        if streams.is_done() && (streams.has_both() || count >= ENOUGH) {
            break;
        }
        // Nothing but rubbish: the next reading begins behind it.
        let walked = if packets.at == 0 { bytes.len() } else { packets.at };
        at += walked as u64;
        if at >= film.size() {
            break;
        }
    }
    Ok(streams)
}

/// What begins behind this byte of the file.
fn sight(film: &Film<'_>, at: u64, sighting: &mut Sighting<'_>) -> Result<(), Damage> {
    let mut from = film.byte(at);
    for n in 0..SIGHTS {
        let bytes = film.read_up_to(from.min(film.size()), SIGHT)?;
        let mut packets = Packets::new(&bytes);
        while let Some(packet) = packets.next() {
            let place = film.place(from + packet.from as u64);
            packets
                .clock
                .into_iter()
                .for_each(|clock| sighting.note_clock(place, clock));
            sighting.note(packet.id, place, packet.pes);
            if sighting.is_done() {
                return Ok(());
            }
        }
        // No packet in the length of one: it is not a film that lies here.
        if n == BARREN && sighting.is_empty() {
            return Ok(());
        }
        // A packet that is not whole is read in the next turn; one that is longer than a reading is passed over.
        from += if packets.at == 0 { SIGHT } else { packets.at as u64 };
    }
    Ok(())
}

fn flow(kind: Kind) -> Flow {
    match kind {
        Kind::Picture => Flow::picture(""),
        Kind::Sound(codec) => Flow::sound(codec),
    }
}

/// The last times: of the pictures, or of whatever is there.
fn read_tail(film: &Film<'_>, streams: &mut Multiplex) -> Result<(), Damage> {
    let mut end = film.size();
    for _ in 0..TAIL {
        let start = end.saturating_sub(READING);
        let bytes = film.read_up_to(start, end - start)?;
        let mut enough = false;
        for packet in Packets::new(&bytes) {
            enough |= streams.reach(packet.id, packet.pes);
        }
        if enough || start == 0 {
            break;
        }
        end = start;
    }
    Ok(())
}

/// Looks at the clock here and there.
fn glimpses(film: &Film<'_>) -> Result<Vec<Glimpse>, Damage> {
    let mut found = Vec::new();
    for at in pulse::places(film.size()) {
        let bytes = film.read_up_to(at, pulse::LOOK)?;
        let mut packets = Packets::new(&bytes);
        let clocks = std::iter::from_fn(|| {
            packets.next()?;
            Some((at + packets.at as u64, packets.clock))
        });
        found.extend(Glimpse::of(clocks.filter_map(|(place, clock)| Some((place, clock?)))));
    }
    Ok(found)
}
