//! Where in the file which time begins: by the cues if there are some, else by the clusters themselves.
//!
//! Recordings of browsers and of programs that write into a pipe have no cues, do not know how long they are, and may not
//! even know how long their clusters are. Then a cluster is looked for in a few places.

use super::ebml::{Element, child, children, header, number, uint};
use crate::probe::source::Source;

const CLUSTER: [u8; 4] = [0x1F, 0x43, 0xB6, 0x75];
const CUES: u32 = 0x1C53_BB6B;
const CUE: u32 = 0xBB;
const CUE_TIME: u32 = 0xB3;
const CUE_PLACES: u32 = 0xB7;
const CUE_CLUSTER: u32 = 0xF1;
const TIME: u32 = 0xE7;
const BLOCK: u32 = 0xA3;
const GROUP: u32 = 0xA0;
const BLOCK_IN_GROUP: u32 = 0xA1;

/// Cues of ten hours with one a second have about 700 KB.
const CUES_LIMIT: u64 = 4 << 20;
/// Ten hours in clusters of two seconds.
const WALKED: usize = 20_000;
/// A cluster's header and its time.
const HEAD: u64 = 64;
/// Clusters without a length are looked for in so many places,
const PLACES: u64 = 64;
/// in pieces of so many bytes,
const PIECE: u64 = 64 * 1024;
/// and so many pieces in all.
const PIECES: usize = 128;
/// Blocks in the last cluster: some have the whole film in one.
const BLOCKS: usize = 20_000;

/// What is known before the first cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// Where the segment's content begins: places in cues count from here.
    pub(super) begin: u64,
    /// The first cluster.
    pub(super) first: u64,
    /// Where the segment or the file ends.
    pub(super) end: u64,
    pub(super) cues: Option<u64>,
    /// Nanoseconds of a tick.
    pub(super) scale: u64,
}

/// A time in milliseconds and the place where it begins.
pub(super) type Point = (u64, u64);

impl Stretch {
    fn ms(&self, ticks: u64) -> u64 {
        u64::try_from(u128::from(ticks) * u128::from(self.scale) / 1_000_000).unwrap_or(u64::MAX)
    }

    /// Points that rise in time and place, the first at the first cluster. A file that is damaged in the middle has those
    /// before.
    pub(super) fn points(&self, source: &Source<'_>) -> Vec<Point> {
        let found = self.by_cues(source).unwrap_or_else(|| self.by_clusters(source));
        let mut points = vec![(0, self.first)];
        for (ms, at) in found {
            let last = points[points.len() - 1];
            if ms > last.0 && at > last.1 {
                points.push((ms, at));
            }
        }
        points
    }

    /// §5.1.5. `None` if there are none where they should be.
    fn by_cues(&self, source: &Source<'_>) -> Option<Vec<Point>> {
        let cues = Element::at(source, self.cues?).ok().filter(|found| found.id == CUES)?;
        let length = cues.length.filter(|length| *length <= CUES_LIMIT)?;
        let content = source.read(cues.at, length).ok()?;
        let point = |cue: &[u8]| {
            let at = self
                .begin
                .saturating_add(uint(child(child(cue, CUE_PLACES)?, CUE_CLUSTER)?));
            Some((self.ms(uint(child(cue, CUE_TIME)?)), at)).filter(|(_, at)| *at < self.end)
        };
        let cues = children(&content).filter(|(id, _)| *id == CUE);
        let mut points: Vec<Point> = cues.filter_map(|(_, cue)| point(cue)).collect();
        points.sort_unstable();
        (!points.is_empty()).then_some(points)
    }

    fn by_clusters(&self, source: &Source<'_>) -> Vec<Point> {
        let (mut at, mut points) = (self.first, Vec::new());
        for _ in 0..WALKED {
            let Some((id, length, head)) = source.read_up_to(at, HEAD).ok().and_then(|bytes| head_of(&bytes)) else {
                break;
            };
            points.extend(head.time.map(|ticks| (self.ms(ticks), at)));
            let Some(length) = length else {
                return if id == CLUSTER { self.looked_for(source) } else { points };
            };
            at = at.saturating_add(head.length).saturating_add(length);
            if at >= self.end {
                break;
            }
        }
        points
    }

    fn looked_for(&self, source: &Source<'_>) -> Vec<Point> {
        let (mut pieces, mut points) = (0, Vec::new());
        let step = ((self.end - self.first) / PLACES).max(PIECE);
        let mut at = self.first;
        while at < self.end && pieces < PIECES {
            pieces += 1;
            match self.look(source, at) {
                Some(point) => {
                    points.push(point);
                    at = point.1.saturating_add(step).max(at + step);
                }
                // Pieces overlap by a header.
                None => at += PIECE - HEAD,
            }
        }
        points
    }

    /// The first cluster that begins in the piece at `at`.
    fn look(&self, source: &Source<'_>, at: u64) -> Option<Point> {
        let bytes = source.read_up_to(at, PIECE).ok()?;
        let mut places = (0..bytes.len()).filter(|n| bytes[*n..].starts_with(&CLUSTER));
        places.find_map(|n| self.point(&bytes[n..], at + n as u64))
    }

    /// The last one that begins in it.
    fn look_back(&self, source: &Source<'_>, at: u64) -> Option<Point> {
        let bytes = source.read_up_to(at, PIECE).ok()?;
        let mut places = (0..bytes.len()).rev().filter(|n| bytes[*n..].starts_with(&CLUSTER));
        places.find_map(|n| self.point(&bytes[n..], at + n as u64))
    }

    fn point(&self, bytes: &[u8], at: u64) -> Option<Point> {
        let (_, _, head) = head_of(bytes)?;
        Some((self.ms(head.time?), at))
    }

    /// When the last block of the last cluster begins, in milliseconds: a recording that was never closed does not say
    /// how long it is.
    pub(super) fn last_ms(&self, source: &Source<'_>, points: &[Point]) -> Option<u64> {
        let last = self.last_cluster(source, points);
        let cluster = Element::at(source, last).ok()?;
        let end = cluster.end().unwrap_or(self.end).min(self.end);
        let (mut at, mut base, mut latest) = (cluster.at, 0, 0);
        for _ in 0..BLOCKS {
            let bytes = source.read_up_to(at, HEAD).ok()?;
            let Some((id, Some(length), head)) = header(&bytes).filter(|_| at < end) else {
                break;
            };
            let content = &bytes[head.min(bytes.len())..];
            match id {
                TIME => base = uint(content.get(..usize::try_from(length).ok()?)?),
                BLOCK => latest = latest.max(block_ticks(content)?),
                GROUP => latest = latest.max(child(content, BLOCK_IN_GROUP).and_then(block_ticks).unwrap_or(0)),
                _ => {}
            }
            at = at.saturating_add(head as u64).saturating_add(length);
        }
        Some(self.ms(base.saturating_add(latest)))
    }

    /// Behind the last point there may be more clusters, if it was only looked for them in places: the last of all is
    /// looked for from the end.
    fn last_cluster(&self, source: &Source<'_>, points: &[Point]) -> u64 {
        let known = points.last().map_or(self.first, |(_, at)| *at);
        let is_open = Element::at(source, known).is_ok_and(|found| found.length.is_none());
        if !is_open {
            return known;
        }
        let mut at = self.end;
        for _ in 0..PIECES {
            at = at.saturating_sub(PIECE - HEAD).max(known);
            if let Some((_, last)) = self.look_back(source, at) {
                return last.max(known);
            }
            if at == known {
                break;
            }
        }
        known
    }
}

struct Head {
    /// Of the header alone.
    length: u64,
    /// When the cluster begins, in ticks.
    time: Option<u64>,
}

/// An element's id, length and, of a cluster, its time.
fn head_of(bytes: &[u8]) -> Option<([u8; 4], Option<u64>, Head)> {
    let (id, length, head) = header(bytes)?;
    let id = id.to_be_bytes();
    let time = child(&bytes[head..], TIME).filter(|_| id == CLUSTER).map(uint);
    let length_of_head = head as u64;
    Some((
        id,
        length,
        Head {
            length: length_of_head,
            time,
        },
    ))
}

/// §10.1: the track's number, then the time since the cluster's, signed.
fn block_ticks(block: &[u8]) -> Option<u64> {
    let (_, width) = number(block)?;
    let ticks = i16::from_be_bytes(block.get(width..width + 2)?.try_into().ok()?);
    Some(u64::try_from(ticks).unwrap_or(0))
}

/// The first frame of this track in the first cluster, as much of it as tells what it is.
pub(super) fn first_frame(source: &Source<'_>, cluster: u64, track: u64) -> Option<Vec<u8>> {
    let mut at = Element::at(source, cluster).ok()?.at;
    for _ in 0..64 {
        let bytes = source.read_up_to(at, HEAD).ok()?;
        let (id, length, head) = header(&bytes)?;
        let content = &bytes[head..];
        let block = match id {
            BLOCK => Some(content),
            GROUP => child(content, BLOCK_IN_GROUP),
            _ => None,
        };
        if let Some((Some(number), width)) = block.and_then(number)
            && number == track
        {
            return block?.get(width + 3..).map(<[u8]>::to_vec);
        }
        at = at.saturating_add(head as u64).saturating_add(length?);
    }
    None
}
