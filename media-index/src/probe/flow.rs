//! One stream within an MPEG multiplex while it is being read: its bytes until they have said what is in them, and its
//! times.

use super::clock::{Span, Stamp};
use super::elementary;
use super::measure::frame_rate;
use super::pes::Pes;
use crate::{AudioTrack, VideoTrack};

/// A description is found across the border of two readings if it is shorter than this.
const OVERLAP: usize = 4_096;
/// Bytes that are kept until they are looked through.
const KEPT: usize = 512 * 1024;

/// What the stream turned out to be.
#[derive(Debug)]
enum Content {
    /// Pictures; the track is complete once it has a size.
    Picture(VideoTrack),
    /// Sound; the track is complete once it has a rate.
    Sound(AudioTrack),
    /// Something that only has times.
    Cues,
}

/// A stream that is being read.
#[derive(Debug)]
pub(super) struct Flow {
    content: Content,
    pub(super) span: Span,
    /// The first PES packet has begun.
    begun: bool,
    bytes: Vec<u8>,
    /// Its codec cannot be looked into: what the container said is all.
    opaque: bool,
}

impl Flow {
    /// Pictures in this codec; an empty one is guessed.
    pub(super) fn picture(codec: &str) -> Self {
        let known = ["", "mpeg1video", "mpeg2video", "mpeg4", "h264", "hevc", "cavs", "vc1"];
        let track = VideoTrack {
            codec: codec.to_owned(),
            ..VideoTrack::default()
        };
        Self::new(Content::Picture(track), !known.contains(&codec))
    }

    /// Sound in this codec; an empty one is guessed.
    pub(super) fn sound(codec: &str) -> Self {
        let known = [
            "",
            "mp2",
            "mp3",
            "aac",
            "aac_latm",
            "ac3",
            "eac3",
            "dts",
            "pcm_bluray",
            "pcm_dvd",
        ];
        let track = AudioTrack {
            codec: codec.to_owned(),
            ..AudioTrack::default()
        };
        Self::new(Content::Sound(track), !known.contains(&codec))
    }

    pub(super) fn cues() -> Self {
        Self::new(Content::Cues, true)
    }

    fn new(content: Content, opaque: bool) -> Self {
        Self {
            content,
            span: Span::default(),
            begun: false,
            bytes: Vec::new(),
            opaque,
        }
    }

    /// A PES packet begins.
    pub(super) fn begin(&mut self, pes: Pes<'_>, origin: &mut Option<Stamp>) {
        self.begun = true;
        // Pictures differ in size, and one may go over several packets: their step says more than their bytes.
        let length = if self.is_sound() { pes.length } else { 0 };
        match pes.time {
            Some(time) => {
                let origin = *origin.get_or_insert(time);
                self.span.note(time.since(origin), length);
            }
            None => self.span.grow(length),
        }
        self.go_on(pes.content);
    }

    /// The packet that has begun goes on.
    pub(super) fn go_on(&mut self, bytes: &[u8]) {
        if self.begun && !self.is_known() && self.bytes.len() < KEPT {
            self.bytes.extend_from_slice(bytes);
        }
    }

    pub(super) fn note(&mut self, time: Stamp, origin: &mut Option<Stamp>) {
        let origin = *origin.get_or_insert(time);
        self.span.note(time.since(origin), 0);
    }

    /// Nothing more is to be learnt from the beginning of the file. Of sound one time is enough: beside the pictures of a
    /// camera it comes seldom, and alone it comes often.
    pub(super) fn is_done(&self) -> bool {
        self.is_known() && (self.span.is_steady() || self.is_sound() && self.span.has_begun())
    }

    pub(super) fn is_picture(&self) -> bool {
        matches!(self.content, Content::Picture(_))
    }

    pub(super) fn is_sound(&self) -> bool {
        matches!(self.content, Content::Sound(_))
    }

    pub(super) fn is_cues(&self) -> bool {
        matches!(self.content, Content::Cues)
    }

    /// Nothing more is to be learnt from its bytes.
    fn is_known(&self) -> bool {
        self.opaque
            || match &self.content {
                Content::Picture(track) => track.width > 0,
                Content::Sound(track) => track.sample_rate > 0,
                Content::Cues => true,
            }
    }

    /// Looks through what has come so far.
    pub(super) fn look(&mut self) {
        if self.is_known() {
            return;
        }
        match &mut self.content {
            Content::Picture(track) => {
                let found = if track.codec.is_empty() {
                    elementary::guess(&self.bytes)
                } else {
                    elementary::video(&track.codec, &self.bytes)
                };
                *track = found.unwrap_or_else(|| track.clone());
            }
            Content::Sound(track) => {
                let found = if track.codec.is_empty() {
                    elementary::guess_sound(&self.bytes)
                } else {
                    elementary::audio(&track.codec, &self.bytes)
                };
                *track = found.unwrap_or_else(|| track.clone());
            }
            Content::Cues => {}
        }
        let done = self.bytes.len().saturating_sub(OVERLAP);
        self.bytes.drain(..done);
    }

    /// The pictures' track; the step between their times gives the rate that the codec leaves open.
    pub(super) fn video(&self) -> Option<VideoTrack> {
        let Content::Picture(track) = &self.content else {
            return None;
        };
        let step = self.span.step().and_then(|step| u64::try_from(step).ok());
        let by_step = step.and_then(|step| frame_rate(90_000, step));
        Some(VideoTrack {
            frame_rate: track.frame_rate.or(by_step),
            ..track.clone()
        })
    }

    pub(super) fn audio(&self) -> Option<AudioTrack> {
        match &self.content {
            Content::Sound(track) => Some(track.clone()).filter(|track| !track.codec.is_empty()),
            _ => None,
        }
    }
}
