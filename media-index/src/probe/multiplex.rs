//! The streams of an MPEG multiplex while it is read, head and tail: what transport and program streams have in common.

use super::clock::{self, Span, Stamp, length_ms};
use super::flow::Flow;
use super::measure::{bitrate, ms};
use super::pes::Pes;
use super::places;
use crate::timemap::Spot;
use crate::{Damage, Facts, TimeMap};

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

    /// The programme that is shown.
    fn shown(&self) -> impl Iterator<Item = &Flow> {
        self.shown_streams().map(|stream| &stream.flow)
    }

    /// The first programme with pictures, or the first.
    fn shown_streams(&self) -> impl Iterator<Item = &Stream> {
        let with_pictures = self.streams.iter().find(|stream| stream.flow.is_picture());
        let programme = with_pictures.or(self.streams.first()).map(|stream| stream.programme);
        self.streams
            .iter()
            .filter(move |stream| Some(stream.programme) == programme)
    }

    /// By which streams the places of the film are known: its picture's and its sound's.
    fn tracks(&self) -> [Option<u16>; 2] {
        let first = |is: fn(&Flow) -> bool| {
            self.shown_streams()
                .find(|stream| is(&stream.flow))
                .map(|stream| stream.id)
        };
        [first(Flow::is_picture), first(Flow::is_sound)]
    }

    /// The millisecond of the film at this time; what lies before its beginning belongs to it.
    fn ms_at(&self, time: Stamp) -> Option<u64> {
        let begin = clock::start(self.shown().map(|flow| &flow.span))?;
        let ticks = time.since(self.origin?) - begin;
        Some(ms(u64::try_from(ticks).unwrap_or(0), 1, 90_000))
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

    /// The map of a film of so many bytes: `packets` reads a piece of it, from a byte on, and enters what begins there.
    ///
    /// Picture and sound of one moment lie up to a second apart, so that each has its own places.
    pub(super) fn map(
        &self,
        size: u64,
        duration_ms: u64,
        mut packets: impl FnMut(u64, &mut Sighting<'_>) -> Result<(), Damage>,
    ) -> Result<TimeMap, Damage> {
        let (begin, end) = (
            Spot { ms: 0, at: 0 },
            Spot {
                ms: duration_ms,
                at: size,
            },
        );
        let [picture, sound] = self.tracks();
        let mut heard = vec![begin];
        let seen = places::survey(begin, end, |at| {
            let mut sighting = Sighting::new(self);
            packets(at, &mut sighting)?;
            heard.extend(sighting.heard.filter(|_| picture.is_some()));
            let first = if picture.is_some() {
                sighting.seen
            } else {
                sighting.heard
            };
            Ok(first.or(sighting.clock))
        })?;
        let mut map = TimeMap::default();
        if seen.len() > 2 {
            map = TimeMap::of_length(duration_ms);
            map.add_spots(0, &seen);
        }
        if heard.len() > 1 && sound.is_some() {
            heard.sort_unstable_by_key(|spot| (spot.at, spot.ms));
            heard.push(end);
            map.add_spots(1, &heard);
        }
        Ok(map)
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

/// The first packets of picture and sound behind some byte, and which millisecond they begin.
pub(super) struct Sighting<'a> {
    streams: &'a Multiplex,
    tracks: [Option<u16>; 2],
    seen: Option<Spot>,
    heard: Option<Spot>,
    /// What the multiplex's clock shows: a disc tells it in every pack, the times of pictures twice a second.
    clock: Option<Spot>,
}

impl<'a> Sighting<'a> {
    fn new(streams: &'a Multiplex) -> Self {
        Self {
            streams,
            tracks: streams.tracks(),
            seen: None,
            heard: None,
            clock: None,
        }
    }

    /// The clock shows this time at this byte; nothing that is shown before lies behind it.
    pub(super) fn note_clock(&mut self, at: u64, clock: Stamp) {
        let spot = || {
            Some(Spot {
                ms: self.streams.ms_at(clock)?,
                at,
            })
        };
        self.clock = self.clock.or_else(spot);
    }

    /// A packet of this stream begins at this byte.
    pub(super) fn note(&mut self, id: u16, at: u64, pes: Pes<'_>) {
        let spot = || {
            let ms = self.streams.ms_at(pes.order?)?;
            Some(Spot { ms, at })
        };
        if self.tracks[0] == Some(id) {
            self.seen = self.seen.or_else(spot);
        } else if self.tracks[1] == Some(id) {
            self.heard = self.heard.or_else(spot);
        }
    }

    /// No time at all came by.
    pub(super) fn is_empty(&self) -> bool {
        (self.seen, self.heard, self.clock) == (None, None, None)
    }

    /// All that is there was seen.
    pub(super) fn is_done(&self) -> bool {
        let [picture, sound] = self.tracks;
        (picture.is_none() || self.seen.is_some()) && (sound.is_none() || self.heard.is_some())
    }
}
