//! MPEG transport streams (ISO/IEC 13818-1): television recordings, camcorders (M2TS), downloads.
//!
//! 1. How far do the packets lie apart, and where does the first begin?
//! 2. From the head, in readings of some 100 KB until it is known: the programmes' tables, then the first bytes and
//!    times of each stream.
//! 3. From the tail, backwards: the last times.
//!
//! There is no index; bytes and time are taken to run evenly.

use super::flow::Flow;
use super::multiplex::Multiplex;
use super::source::Source;
use super::{Reading, pes};
use crate::Damage;

mod packets;
mod tables;

use packets::{Packet, Packets};
use tables::{Carries, Section};

/// Packets in one reading: 128 KB.
const READING: usize = 700;
/// A recording that begins in the middle of a picture group shows its size within a second or two: 2 MB.
const HEAD: usize = 16;
/// At the rate of a disc, half a second without any time stamp would be a fault: 1 MB.
const TAIL: u64 = 8;

/// Whether this may be a transport stream.
pub(super) fn is_one(source: &Source<'_>) -> Result<bool, Damage> {
    Ok(find(source)?.is_some())
}

fn find(source: &Source<'_>) -> Result<Option<(usize, usize)>, Damage> {
    Ok(packets::find(&source.read_up_to(0, reading(packets::PACKET))?))
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let (stride, first) = find(source)?.ok_or(Damage::NotWhatItsNameSays)?;
    let mut survey = Survey::read(source, stride, first as u64, true)?;
    if survey.streams.is_empty() {
        // Its tables are damaged throughout: better a name that may be wrong than none.
        survey = Survey::read(source, stride, first as u64, false)?;
    }
    survey.read_tail(source, stride)?;
    survey.streams.facts(source.size()).map(Reading::whole)
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
                if self.sections.iter().all(|(known, _)| *known != pid) {
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
