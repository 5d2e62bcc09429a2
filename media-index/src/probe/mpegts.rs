//! MPEG transport streams (ISO/IEC 13818-1): television recordings, camcorders (M2TS), downloads.
//!
//! 1. How far do the packets lie apart, and where does the first begin?
//! 2. From the head, in readings of some 100 KB until it is known: the programmes' tables, then the first bytes and
//!    times of each stream.
//! 3. From the tail, backwards: the last times.
//!
//! There is no index; bytes and time are taken to run evenly.

use super::clock::{Span, Stamp, length_ms};
use super::flow::{Content, Flow};
use super::measure::bitrate;
use super::source::Source;
use super::{Reading, pes};
use crate::{Damage, Facts};

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
    if survey.flows.is_empty() {
        // Its tables are damaged throughout: better a name that may be wrong than none.
        survey = Survey::read(source, stride, first as u64, false)?;
    }
    survey.read_tail(source, stride)?;
    survey.facts(source.size()).map(Reading::whole)
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
    /// The streams, by the packets that carry them, and the programme (its place in the association table).
    flows: Vec<(u16, usize, Flow)>,
    /// The first time of all.
    origin: Option<Stamp>,
    /// The programme's clock, for streams without times of their own.
    clock: Span,
    clock_origin: Option<Stamp>,
    /// What it shows at this packet.
    now: Option<Stamp>,
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
            survey.flows.iter_mut().for_each(|(_, _, flow)| flow.look());
            if survey.is_done() {
                break;
            }
        }
        Ok(survey)
    }

    fn add(&mut self, packet: &Packet<'_>) {
        self.note_clock(packet);
        let table = self.sections.iter().position(|(pid, _)| *pid == packet.pid);
        if let Some(index) = table {
            let section = self.sections[index].1.add(packet);
            if let Some(section) = section.filter(|section| !self.strict || tables::is_sound(section)) {
                self.enter(index, &section);
            }
            return;
        }
        let Some((_, _, flow)) = self.flows.iter_mut().find(|(pid, _, _)| *pid == packet.pid) else {
            return;
        };
        match (packet.starts, pes::read(packet.payload)) {
            (true, _) if matches!(flow.content, Content::Cues) => {
                self.now.into_iter().for_each(|now| flow.note(now, &mut self.origin));
            }
            (true, Some(pes)) => flow.begin(pes, &mut self.origin),
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
            if self.flows.iter().all(|(known, _, _)| *known != pid) {
                self.flows.push((pid, index, flow(carries)));
            }
        }
    }

    fn note_clock(&mut self, packet: &Packet<'_>) {
        if let Some(clock) = packet.clock {
            let origin = *self.clock_origin.get_or_insert(clock);
            self.clock.reach(clock.since(origin));
            self.now = Some(clock);
        }
    }

    /// The last times: of the pictures, or of whatever is there.
    fn read_tail(&mut self, source: &Source<'_>, stride: usize) -> Result<(), Damage> {
        let mut end = source.size();
        for _ in 0..TAIL {
            let start = end.saturating_sub(reading(stride));
            let bytes = source.read(start, end - start)?;
            let needs_picture = self.shown().any(Flow::is_picture);
            let mut enough = false;
            for packet in Packets::new(&bytes, stride) {
                enough |= self
                    .reach(&packet)
                    .is_some_and(|is_picture| is_picture || !needs_picture);
            }
            if enough || start == 0 {
                break;
            }
            end = start;
        }
        Ok(())
    }

    /// Takes the times from a packet near the end; whether it was one of pictures.
    fn reach(&mut self, packet: &Packet<'_>) -> Option<bool> {
        self.note_clock(packet);
        let (_, _, flow) = self.flows.iter_mut().find(|(pid, _, _)| *pid == packet.pid)?;
        let pes = pes::read(packet.payload).filter(|_| packet.starts)?;
        flow.span.reach(pes.time?.since(self.origin?));
        Some(flow.is_picture())
    }

    /// The programme that is shown: the first with pictures, or the first.
    fn shown(&self) -> impl Iterator<Item = &Flow> {
        let with_pictures = self.flows.iter().find(|(_, _, flow)| flow.is_picture());
        let programme = with_pictures.or(self.flows.first()).map(|(_, programme, _)| *programme);
        let flows = self.flows.iter().filter(move |(_, of, _)| Some(*of) == programme);
        flows.map(|(_, _, flow)| flow)
    }

    fn is_done(&self) -> bool {
        let picture = self.shown().find(|flow| flow.is_picture());
        let sound = self.shown().find(|flow| flow.is_sound());
        let mut first = picture.into_iter().chain(sound).peekable();
        first.peek().is_some() && first.all(Flow::is_done)
    }

    fn facts(&self, size: u64) -> Result<Facts, Damage> {
        let video = self.shown().find_map(Flow::video);
        let audio = self.shown().find_map(Flow::audio);
        if video.is_none() && audio.is_none() {
            return Err(Damage::NoStreams);
        }
        let told = length_ms(self.shown().map(|flow| &flow.span));
        let duration_ms = told.or_else(|| length_ms(std::iter::once(&self.clock)));
        Ok(Facts {
            duration_ms,
            video,
            audio,
            bitrate: bitrate(size, duration_ms),
            index_first: true,
            ..Facts::default()
        })
    }
}

fn flow(carries: Carries) -> Flow {
    match carries {
        Carries::Picture(codec) => Flow::picture(codec),
        Carries::Sound(codec) => Flow::sound(codec),
        Carries::Cues => Flow::cues(),
    }
}
