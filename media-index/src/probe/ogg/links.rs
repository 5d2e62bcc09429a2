//! The links of a chain (RFC 3533 §4): a recording of a broadcast begins anew with every piece, and files that somebody
//! appended to one another are one file. Each link has its own streams and its own time.
//!
//! 1. The pages that begin streams, at the beginning of the link, tell which streams are its.
//! 2. The last page of the file and some between tell whether another link follows: a stream that this link does not
//!    have, or a time that went back.
//! 3. If so, the border is found by halving.
//! 4. The last pages before the border tell when the link ends.

use std::collections::BTreeMap;

use super::pages::{Page, behind, next, pages};
use super::{Granule, HEAD, known, title};
use crate::probe::places;
use crate::probe::source::Source;
use crate::timemap::Spot;
use crate::{Damage, Facts};

/// Pieces of a day's broadcast. What follows is counted to the last of them, and its time is not known.
const LINKS: usize = 64;
/// Looks for another link behind the beginning of one.
const LOOKS: u64 = 8;
/// A page has at most 65,307 bytes, and the last pages of sound and picture lie together.
const TAIL: u64 = 256 * 1024;
/// A link whose first page tells a later time than this was cut out of a broadcast: no page is so long.
const LATE_MS: u64 = 10_000;
/// Pages that are passed to come to the other track's next one.
const HOPS: usize = 64;
/// Two pages: what lies so near to the border is walked.
const NEAR: u64 = 128 * 1024;

/// One link.
pub(super) struct Link {
    /// All its streams; those that nothing here knows have no time.
    streams: BTreeMap<u32, Option<Granule>>,
    /// Whose pages tell the places: the picture's and the sound's.
    tracks: [Option<u32>; 2],
    from: u64,
    /// Where its streams have begun.
    begun: u64,
    to: u64,
    /// The time that its first page begins with, and its last one ends with.
    first_ms: u64,
    last_ms: Option<u64>,
    /// A page says that it is the last.
    pub(super) is_ended: bool,
}

/// The links of a file, in their order, and what the first of them says is in it.
pub(super) fn read(source: &Source<'_>) -> Result<(Facts, Vec<Link>), Damage> {
    let (mut facts, mut links, mut from) = (None, Vec::new(), 0);
    while from < source.size() && links.len() < LINKS {
        let mut told = Facts::default();
        let mut link = Link::begin(source, from, &mut told)?;
        // Behind a link there may be rubbish.
        if !links.is_empty() && link.tracks == [None; 2] {
            break;
        }
        facts.get_or_insert(told);
        if links.len() + 1 < LINKS {
            link.find_end(source)?;
        }
        link.find_last(source)?;
        from = link.to;
        links.push(link);
    }
    Ok((facts.unwrap_or_default(), links))
}

impl Link {
    fn begin(source: &Source<'_>, from: u64, facts: &mut Facts) -> Result<Self, Damage> {
        let head = source.read_up_to(from, HEAD)?;
        let mut link = Self {
            streams: BTreeMap::new(),
            tracks: [None; 2],
            from,
            begun: from,
            to: source.size(),
            first_ms: 0,
            last_ms: None,
            is_ended: false,
        };
        let mut has_begun = false;
        for (at, page) in pages(&head) {
            let Some(body) = head.get(at + page.head..at + page.length) else {
                break;
            };
            if page.is_first() && !has_begun {
                link.enter(page.serial, body, facts);
                link.begun = from + (at + page.length) as u64;
                continue;
            }
            has_begun = true;
            facts.title = facts.title.take().or_else(|| title(body));
            if let Some(ms) = link.ms(page).filter(|_| page.granule > 0) {
                link.first_ms = if ms > LATE_MS { ms } else { 0 };
                break;
            }
        }
        Ok(link)
    }

    fn enter(&mut self, serial: u32, body: &[u8], facts: &mut Facts) {
        let granule = known(body, facts);
        let track = usize::from(!matches!(granule, Some(Granule::Pictures { .. })));
        if granule.is_some() && self.tracks[track].is_none() {
            self.tracks[track] = Some(serial);
        }
        self.streams.entry(serial).or_insert(granule);
    }

    /// The time of the stream at the end of this page.
    fn ms(&self, page: Page) -> Option<u64> {
        let granule = self.streams.get(&page.serial).copied().flatten()?;
        page.is_timed().then(|| granule.ms(page.granule))
    }

    /// Whether a page that lies behind another one of this link belongs to it too. One stream's time never goes back; that
    /// of two may differ.
    fn has(&self, page: Page, before: Option<Page>) -> bool {
        let goes_back = before.is_some_and(|before| {
            let slack = if before.serial == page.serial { 0 } else { LATE_MS };
            let times = (self.ms(before), self.ms(page));
            matches!(times, (Some(from), Some(to)) if to.saturating_add(slack) < from)
        });
        self.streams.contains_key(&page.serial) && !goes_back
    }

    /// Looks whether another link follows, and where this one ends.
    fn find_end(&mut self, source: &Source<'_>) -> Result<(), Damage> {
        let (mut mine, mut latest) = (self.begun, None);
        for n in 1..=LOOKS {
            let part = (source.size() - self.from) / LOOKS * n;
            // The last look is for the last page of the file.
            let at = (self.from + part).min(source.size().saturating_sub(NEAR)).max(mine);
            let found = behind(source, at, source.size())?;
            let Some((place, page)) = found else { continue };
            if !self.has(page, latest) {
                self.to = self.border(source, mine, place, latest)?;
                return Ok(());
            }
            mine = place + page.length as u64;
            latest = Some(page);
        }
        // Between the last look and the end a short link may lie.
        self.to = self.border(source, mine, source.size(), latest)?;
        Ok(())
    }

    /// The first page between these places that begins a stream of another link. Up to `mine`, where the page `latest` ends,
    /// all is this link's; from `other` on all is another's.
    fn border(
        &self,
        source: &Source<'_>,
        mut mine: u64,
        mut other: u64,
        mut latest: Option<Page>,
    ) -> Result<u64, Damage> {
        let end = other;
        while other.saturating_sub(mine) > NEAR {
            let middle = mine + (other - mine) / 2;
            match behind(source, middle, other)? {
                Some((place, page)) if self.has(page, latest) => {
                    mine = place + page.length as u64;
                    latest = Some(page);
                }
                _ => other = middle,
            }
        }
        let bytes = source.read_up_to(mine.min(end), end.saturating_sub(mine).min(2 * NEAR))?;
        let next = pages(&bytes).find(|(_, page)| page.is_first());
        Ok(next.map_or(end, |(n, _)| mine + n as u64).max(self.from + 1))
    }

    /// The last time of any stream, and whether a page says that it is the last.
    fn find_last(&mut self, source: &Source<'_>) -> Result<(), Damage> {
        let from = self.to.saturating_sub(TAIL).max(self.from);
        let tail = source.read(from, self.to - from)?;
        for (at, page) in pages(&tail) {
            // Of a page that is cut off the end was not copied.
            if at + page.length > tail.len() {
                break;
            }
            if let Some(ms) = self.ms(page) {
                self.last_ms = self.last_ms.max(Some(ms));
                self.is_ended |= page.is_last();
            }
        }
        Ok(())
    }

    /// How long it plays.
    pub(super) fn length_ms(&self) -> u64 {
        self.last_ms.unwrap_or(0).saturating_sub(self.first_ms)
    }

    /// The picture's stream and the sound's, or the sound's alone.
    fn shown(&self) -> impl Iterator<Item = u32> {
        self.tracks.into_iter().flatten()
    }

    /// Where each of its tracks begins and ends, with times that begin at `begin_ms`.
    pub(super) fn ends(&self, begin_ms: u64) -> [Vec<Spot>; 2] {
        let ends = [
            (begin_ms, self.from),
            (begin_ms.saturating_add(self.length_ms()), self.to),
        ];
        let ends = || ends.into_iter().map(|(ms, at)| Spot { ms, at }).collect();
        let count = self.shown().count();
        std::array::from_fn(|track| if track < count { ends() } else { Vec::new() })
    }

    /// Places of each of its tracks, the ends among them.
    pub(super) fn spots(&self, source: &Source<'_>, begin_ms: u64) -> Result<[Vec<Spot>; 2], Damage> {
        let [mut first, mut second] = self.ends(begin_ms);
        if let [from, to] = first[..] {
            first = places::survey(from, to, |at| {
                let [one, other] = self.sight(source, at, begin_ms)?;
                second.extend(other);
                Ok(one)
            })?;
        }
        second.sort_unstable_by_key(|spot| (spot.at, spot.ms));
        Ok([first, second])
    }

    /// The first places of each track at or behind `at`. Beside rich pictures a page of sound comes by once a second.
    fn sight(&self, source: &Source<'_>, at: u64, begin_ms: u64) -> Result<[Option<Spot>; 2], Damage> {
        let mut found = [None; 2];
        let mut page = behind(source, at, self.to)?;
        for _ in 0..HOPS {
            let Some((place, about)) = page else { break };
            let track = self.shown().position(|serial| serial == about.serial);
            if let (Some(track), Some(ms)) = (track, self.ms(about)) {
                let spot = Spot {
                    ms: begin_ms.saturating_add(ms.saturating_sub(self.first_ms)),
                    at: place + about.length as u64,
                };
                found[track] = found[track].or(Some(spot));
            }
            if found.iter().flatten().count() == self.shown().count() {
                break;
            }
            page = next(source, (place, about), self.to)?;
        }
        Ok(found)
    }
}
