//! Matroska and WebM (RFC 9559): EBML elements within elements.
//!
//! 1. What comes before the first cluster is read (seek head, info, tracks), bounded; whether the segment is whole is told
//!    by its own length.
//! 2. The cues, or the clusters themselves, tell which byte holds which time, and how long a recording is that was never
//!    closed.

mod clusters;
mod ebml;
mod tracks;

use clusters::Stretch;
use ebml::{Element, child, children, float, text, uint};

use super::source::{Source, broken};
use super::{Reading, measure, vp9};
use crate::{Damage, Facts, TimeMap};

const EBML: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114D_9B74;
const SEEK: u32 = 0x4DBB;
const SEEK_ID: u32 = 0x53AB;
const SEEK_PLACE: u32 = 0x53AC;
const INFO: u32 = 0x1549_A966;
const SCALE: u32 = 0x2A_D7B1;
const DURATION: u32 = 0x4489;
const TITLE: u32 = 0x7BA9;
const TRACKS: u32 = 0x1654_AE6B;
const CUES: u32 = 0x1C53_BB6B;
const CLUSTER: u32 = 0x1F43_B675;
/// Info and tracks with fonts' descriptions and codec data fit by far; attachments are skipped, not read.
const ELEMENT_LIMIT: u64 = 4 << 20;
const ELEMENTS: usize = 10_000;
/// A tick, if nothing else is said: a millisecond.
const TICK_NS: u64 = 1_000_000;

/// What comes before the first cluster.
#[derive(Default)]
struct Head {
    facts: Facts,
    shown: tracks::Shown,
    scale: Option<u64>,
    cues: Option<u64>,
    first_cluster: Option<u64>,
}

pub(super) fn probe(source: &Source<'_>) -> Result<Reading, Damage> {
    let head = Element::at(source, 0)?;
    if head.id != EBML {
        return Err(Damage::NotWhatItsNameSays);
    }
    let segment = Element::at(source, head.end().unwrap_or(head.at))?;
    if segment.id != SEGMENT {
        return Err(broken("no segment follows its header"));
    }
    let end = segment.end();
    let cut = end.filter(|end| *end > source.size());
    let end = end.unwrap_or(source.size()).min(source.size());
    let head = Head::read(source, segment.at, end)?;
    if head.facts.video.is_none() && head.facts.audio.is_none() {
        return Err(Damage::NoStreams);
    }
    let facts = head.finish(source, segment.at, end)?;
    Ok(Reading { facts, cut })
}

impl Head {
    fn read(source: &Source<'_>, begin: u64, end: u64) -> Result<Self, Damage> {
        let (mut head, mut at) = (Self::default(), begin);
        for _ in 0..ELEMENTS {
            if at >= end {
                break;
            }
            let found = Element::at(source, at)?;
            match (found.id, found.length) {
                (CLUSTER, _) => {
                    head.first_cluster = Some(at);
                    break;
                }
                (CUES, _) => head.cues = Some(at),
                (id @ (INFO | TRACKS | SEEK_HEAD), Some(length)) if length <= ELEMENT_LIMIT => {
                    head.note(id, &source.read(found.at, length)?, begin);
                }
                _ => {}
            }
            let Some(next) = found.end() else { break };
            at = next;
        }
        Ok(head)
    }

    fn note(&mut self, id: u32, content: &[u8], begin: u64) {
        match id {
            INFO => self.info(content),
            TRACKS => self.shown = tracks::read(&mut self.facts, content),
            _ => {
                let mut seeks = children(content).filter(|(id, _)| *id == SEEK);
                let to_cues = |seek| child(seek, SEEK_ID).is_some_and(|id| uint(id) == u64::from(CUES));
                let place = seeks.find_map(|(_, seek)| child(seek, SEEK_PLACE).filter(|_| to_cues(seek)));
                self.cues = self.cues.or(place.map(|place| begin.saturating_add(uint(place))));
            }
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float that is cast saturates; a film's length is far below 2^53"
    )]
    fn info(&mut self, content: &[u8]) {
        self.scale = child(content, SCALE).map(uint).filter(|scale| *scale > 0);
        let duration = child(content, DURATION).and_then(float);
        let ms = duration.map(|ticks| ticks * self.scale.unwrap_or(TICK_NS) as f64 / 1e6);
        self.facts.duration_ms = ms.filter(|ms| *ms >= 1.0 && *ms < 1e12).map(|ms| ms.round() as u64);
        self.facts.title = child(content, TITLE).map(text).filter(|t| !t.trim().is_empty());
    }

    fn finish(self, source: &Source<'_>, begin: u64, end: u64) -> Result<Facts, Damage> {
        let first = self.first_cluster.ok_or_else(|| Damage::Truncated {
            have: source.size(),
            need: source.size() + 1,
        })?;
        let stretch = Stretch {
            begin,
            first,
            end,
            cues: self.cues,
            scale: self.scale.unwrap_or(TICK_NS),
        };
        let mut facts = self.facts;
        if let (Some(video), Some(track)) = (&mut facts.video, self.shown.picture)
            && (video.codec == "vp9" && video.profile.is_none())
        {
            let frame = clusters::first_frame(source, first, track);
            (video.profile, video.bit_depth) = frame.as_deref().and_then(vp9::in_frame).unzip();
        }
        let points = stretch.points(source);
        facts.duration_ms = facts
            .duration_ms
            .or_else(|| stretch.last_ms(source, &points).filter(|ms| *ms > 0));
        if let Some(ms) = facts.duration_ms {
            facts.map = TimeMap::by_places(&points, end, ms);
        }
        facts.index_first = true;
        facts.bitrate = measure::bitrate(source.size(), facts.duration_ms);
        Ok(facts)
    }
}
