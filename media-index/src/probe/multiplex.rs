//! The streams of an MPEG multiplex while it is read, head and tail: what transport and program streams have in common.

use super::clock::{Span, Stamp, length_ms};
use super::flow::Flow;
use super::measure::bitrate;
use super::pes::Pes;
use crate::{Damage, Facts};

/// More streams than a disc has, all languages counted.
const STREAMS: usize = 64;

/// What is known so far.
#[derive(Debug, Default)]
pub(super) struct Multiplex {
    streams: Vec<Stream>,
    /// The first time of all.
    origin: Option<Stamp>,
    /// The multiplex's own clock, for streams without times.
    clock: Span,
    clock_origin: Option<Stamp>,
    /// What it shows now.
    now: Option<Stamp>,
}

#[derive(Debug)]
struct Stream {
    id: u16,
    programme: usize,
    flow: Flow,
}

impl Multiplex {
    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    pub(super) fn flow(&mut self, id: u16) -> Option<&mut Flow> {
        let stream = self.streams.iter_mut().find(|stream| stream.id == id)?;
        Some(&mut stream.flow)
    }

    /// Enters a stream, unless it is known.
    pub(super) fn enter(&mut self, id: u16, programme: usize, flow: Flow) {
        if self.flow(id).is_none() && self.streams.len() < STREAMS {
            self.streams.push(Stream { id, programme, flow });
        }
    }

    /// A PES packet of this stream begins.
    pub(super) fn begin(&mut self, id: u16, pes: Pes<'_>) {
        let mut origin = self.origin;
        if let Some(flow) = self.flow(id) {
            flow.begin(pes, &mut origin);
        }
        self.origin = origin;
    }

    /// Something of this stream begins that has no time of its own: it has that of the clock.
    pub(super) fn begin_now(&mut self, id: u16) {
        let (now, mut origin) = (self.now, self.origin);
        if let (Some(flow), Some(now)) = (self.flow(id), now) {
            flow.note(now, &mut origin);
        }
        self.origin = origin;
    }

    pub(super) fn note_clock(&mut self, clock: Stamp) {
        let origin = *self.clock_origin.get_or_insert(clock);
        self.clock.reach(clock.since(origin), 0);
        self.now = Some(clock);
    }

    /// Takes the time of a packet near the end; whether that settles how long the film is.
    pub(super) fn reach(&mut self, id: u16, pes: Pes<'_>) -> bool {
        let needs_picture = self.shown().any(Flow::is_picture);
        let (origin, time) = (self.origin, pes.time);
        let (Some(origin), Some(time), Some(flow)) = (origin, time, self.flow(id)) else {
            return false;
        };
        flow.span.reach(time.since(origin), pes.length);
        flow.is_picture() || !needs_picture
    }

    /// Looks through what has come so far.
    pub(super) fn look(&mut self) {
        self.streams.iter_mut().for_each(|stream| stream.flow.look());
    }

    /// The programme that is shown: the first with pictures, or the first.
    fn shown(&self) -> impl Iterator<Item = &Flow> {
        let with_pictures = self.streams.iter().find(|stream| stream.flow.is_picture());
        let programme = with_pictures.or(self.streams.first()).map(|stream| stream.programme);
        let streams = self
            .streams
            .iter()
            .filter(move |stream| Some(stream.programme) == programme);
        streams.map(|stream| &stream.flow)
    }

    /// Both picture and sound have come by.
    pub(super) fn has_both(&self) -> bool {
        self.shown().any(Flow::is_picture) && self.shown().any(Flow::is_sound)
    }

    /// Nothing more is to be learnt from the head.
    pub(super) fn is_done(&self) -> bool {
        let picture = self.shown().find(|flow| flow.is_picture());
        let sound = self.shown().find(|flow| flow.is_sound());
        let mut first = picture.into_iter().chain(sound).peekable();
        first.peek().is_some() && first.all(Flow::is_done)
    }

    /// What was found in a file of so many bytes; `corrected` is its length where the clock does not run through.
    pub(super) fn facts(&self, size: u64, corrected: Option<u64>) -> Result<Facts, Damage> {
        let video = self.shown().find_map(Flow::video);
        let audio = self.shown().find_map(Flow::audio);
        if video.is_none() && audio.is_none() {
            return Err(Damage::NoStreams);
        }
        let told = length_ms(self.shown().map(|flow| &flow.span));
        let duration_ms = corrected.or(told).or_else(|| length_ms(std::iter::once(&self.clock)));
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
