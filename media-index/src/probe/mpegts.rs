//! MPEG transport streams (ISO/IEC 13818-1): television recordings, camcorders (M2TS), downloads.
//!
//! 1. How far do the packets lie apart, and where does the first begin?
//! 2. From the head, in readings of 64 KB until it is known: the programmes' tables, then the first bytes and
//!    times of each stream.
//! 3. From the tail, backwards: the last times.
//! 4. A look at the clock in a few places between, in case that it does not run through.
//!
//! 5. There is no index: where the clock runs through, the map is made of the times in up to a hundred places.

use super::flow::Flow;
use super::multiplex::{Multiplex, Sighting};
use super::pulse::{self, Glimpse};
use super::source::Source;
use super::{Reading, pes};
use crate::Damage;

mod packets;
mod tables;

use packets::{Packet, Packets};
use tables::{Carries, Section};

/// Packets in one reading: 64 KB.
const READING: usize = 350;
/// A recording begins within so many bytes, however much rubbish lies before it.
const SEARCH: u64 = 128 * 1024;
/// More programmes than a transponder carries.
const TABLES: usize = 64;
/// A recording that begins in the middle of a picture group shows its size within a second or two: 2 MB.
const HEAD: usize = 32;
/// At the rate of a disc, half a second without any time stamp would be a fault: 1 MB.
const TAIL: u64 = 16;

/// Packets that are read at once when only the next time is looked for: 16 KB.
const SIGHT: usize = 87;
/// A picture that takes more than 128 KB comes alone.
const SIGHTS: usize = 8;

/// How far the packets lie apart and where the first begins: mostly at once, else behind some rubbish.
fn find(source: &Source<'_>) -> Result<Option<(usize, usize)>, Damage> {
    for most in [SEARCH / 8, SEARCH] {
        let found = packets::find(&source.read_up_to(0, most)?);
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// `None` for what is no transport stream.
pub(super) fn probe(source: &Source<'_>) -> Result<Option<Reading>, Damage> {
    let Some((stride, first)) = find(source)? else {
        return Ok(None);
    };
    let mut survey = Survey::read(source, stride, first as u64, true)?;
    if survey.streams.is_empty() {
        // Its tables are damaged throughout: better a name that may be wrong than none.
        survey = Survey::read(source, stride, first as u64, false)?;
    }
    survey.read_tail(source, stride)?;
    let corrected = pulse::corrected_ms(source.size(), &glimpses(source, stride)?);
    let mut facts = survey.streams.facts(source.size(), corrected)?;
    if let (Some(ms), None) = (facts.duration_ms, corrected) {
        let sight = |at, sighting: &mut Sighting<'_>| sight(source, stride, at, sighting);
        facts.map = survey.streams.map(source.size(), ms, sight)?;
    }
    Ok(Some(Reading::whole(facts)))
}

/// What begins behind this byte.
fn sight(source: &Source<'_>, stride: usize, at: u64, sighting: &mut Sighting<'_>) -> Result<(), Damage> {
    for from in (at..source.size()).step_by(SIGHT * stride).take(SIGHTS) {
        let bytes = source.read_up_to(from, (SIGHT * stride) as u64)?;
        let mut packets = Packets::new(&bytes, stride);
        while let Some(packet) = packets.next() {
            let walked = bytes.len() - packets.left();
            if let Some(pes) = pes::read(packet.payload).filter(|_| packet.starts) {
                sighting.note(packet.pid, from + walked.saturating_sub(stride) as u64, pes);
            }
            if sighting.is_done() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Looks at the clock of one programme here and there: of the one that comes first.
fn glimpses(source: &Source<'_>, stride: usize) -> Result<Vec<Glimpse>, Damage> {
    let (mut found, mut pid) = (Vec::new(), None);
    for at in pulse::places(source.size()) {
        let bytes = source.read_up_to(at, pulse::LOOK)?;
        let mut packets = Packets::new(&bytes, stride);
        let readings = std::iter::from_fn(|| {
            let packet = packets.next()?;
            Some((at + (bytes.len() - packets.left()) as u64, packet))
        });
        let clocks = readings.filter_map(|(place, packet)| {
            let clock = packet.clock?;
            (*pid.get_or_insert(packet.pid) == packet.pid).then_some((place, clock))
        });
        found.extend(Glimpse::of(clocks));
    }
    Ok(found)
}

fn reading(stride: usize) -> u64 {
    (READING * stride) as u64
}

/// What is known so far.
#[derive(Default)]
struct Survey {
    /// Tables whose checksum is wrong are not believed.
    strict: bool,
    /// Tables that are being put together, by the packets that carry them.
    sections: Vec<(u16, Section)>,
    /// The streams by the packets that carry them, in the order of the association table.
    streams: Multiplex,
}

impl Survey {
    fn read(source: &Source<'_>, stride: usize, first: u64, strict: bool) -> Result<Self, Damage> {
        let mut survey = Self {
            strict,
            sections: vec![(0, Section::default())],
            ..Self::default()
        };
        let places = (first..source.size()).step_by(READING * stride);
        for at in places.take(HEAD) {
            let bytes = source.read_up_to(at, reading(stride))?;
            Packets::new(&bytes, stride).for_each(|packet| survey.add(&packet));
            survey.streams.look();
            if survey.streams.is_done() {
                break;
            }
        }
        Ok(survey)
    }

    fn add(&mut self, packet: &Packet<'_>) {
        packet
            .clock
            .into_iter()
            .for_each(|clock| self.streams.note_clock(clock));
        let table = self.sections.iter().position(|(pid, _)| *pid == packet.pid);
        if let Some(index) = table {
            let section = self.sections[index].1.add(packet);
            if let Some(section) = section.filter(|section| !self.strict || tables::is_sound(section)) {
                self.enter(index, &section);
            }
            return;
        }
        let Some(flow) = self.streams.flow(packet.pid) else {
            return;
        };
        match (packet.starts, pes::read(packet.payload)) {
            (true, _) if flow.is_cues() => self.streams.begin_now(packet.pid),
            (true, Some(pes)) => self.streams.begin(packet.pid, pes),
            _ => flow.go_on(packet.payload),
        }
    }

    /// The association table is the first section, the programmes' tables follow in its order.
    fn enter(&mut self, index: usize, section: &[u8]) {
        if index == 0 {
            for pid in tables::programmes(section) {
                let is_new = self.sections.iter().all(|(known, _)| *known != pid);
                if is_new && self.sections.len() < TABLES {
                    self.sections.push((pid, Section::default()));
                }
            }
            return;
        }
        for (pid, carries) in tables::streams(section) {
            self.streams.enter(pid, index, flow(carries));
        }
    }

    /// The last times: of the pictures, or of whatever is there.
    fn read_tail(&mut self, source: &Source<'_>, stride: usize) -> Result<(), Damage> {
        let mut end = source.size();
        for _ in 0..TAIL {
            let start = end.saturating_sub(reading(stride));
            let bytes = source.read(start, end - start)?;
            let mut enough = false;
            for packet in Packets::new(&bytes, stride) {
                packet
                    .clock
                    .into_iter()
                    .for_each(|clock| self.streams.note_clock(clock));
                let pes = pes::read(packet.payload).filter(|_| packet.starts);
                enough |= pes.is_some_and(|pes| self.streams.reach(packet.pid, pes));
            }
            if enough || start == 0 {
                break;
            }
            end = start;
        }
        Ok(())
    }
}

fn flow(carries: Carries) -> Flow {
    match carries {
        Carries::Picture(codec) => Flow::picture(codec),
        Carries::Sound(codec) => Flow::sound(codec),
        Carries::Cues => Flow::cues(),
    }
}
