//! In which year a span belongs whose date nobody knew: settled later, when anchors or cosignatures bracket it.
//!
//! The station and the district read the same leaves here and come to the same end, so that neither has to believe the
//! other. A span was earned between the opening of its session (or of the one whose pending time it confirmed) and its own
//! leaf; if both ends of that time lie in one year, by [`super::dating`], the span belongs there. If not, a person says.
//! A year that the box took from a clock for which nobody vouched gives way to one that is dated.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::dating::{Anchor, Dated, Place, Seen, date};
use crate::clock::{EARLIEST_MS, Trust};
use crate::ledger::{Leaf, What};
use crate::types::{ItemId, MemberId, Millis, SessionId, Year};

/// A cosignature is taken in by the station at most so long after the district gave it: the deadline of a pull, twice.
const ON_THE_WAY: Millis = Millis::secs(240);

/// A span whose year is known by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Its leaf.
    pub span: u64,
    /// Its year.
    pub year: Year,
    /// The middle of the time in which its leaf was written, milliseconds since 1970: for the day that it counts to.
    pub wall_ms: i64,
}

/// A span whose year is not certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Unsure {
    year: Year,
    since: u64,
}

/// So many leaves are one stretch of the log.
pub const STRETCH: u64 = 256;

/// What dating needs of one stretch of the log: where its leaves stand, what was said of time in it, and which of its
/// spans are not certain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    places: Vec<Place>,
    anchors: Vec<Anchor>,
    seen: Vec<Seen>,
    unsure: BTreeMap<u64, Unsure>,
}

/// Where a session, or a screening, was opened, and whose it is.
pub type Opening = (Option<(MemberId, ItemId)>, u64);

/// What the leaves say of time so far. Every leaf is shown to it, in order. It may be put down and taken up again: then
/// only the stretch that the next leaf falls into is needed, and all of them to date anything.
#[derive(Debug, Clone, Default)]
pub struct Settling {
    /// How many leaves were shown to it.
    next: u64,
    last: Option<Place>,
    /// Spans that are not certain, in all stretches.
    unsure: u64,
    stretches: BTreeMap<u64, Stretch>,
    /// What a district saw that the ledger does not say (yet).
    beside: Vec<Seen>,
    /// What a person decided about a log that has ended: its leaves cannot say so.
    said: HashMap<u64, (Year, i64)>,
    opened: HashMap<SessionId, Opening>,
    /// The opening from which time may still be pending.
    since: HashMap<(MemberId, ItemId), u64>,
}

/// What it must remember besides stretches and openings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    next: u64,
    last: Option<Place>,
    unsure: u64,
}

impl Settling {
    /// Takes up the thread again. Stretches and openings are brought as they are needed.
    pub fn resume(thread: Thread) -> Self {
        Self {
            next: thread.next,
            last: thread.last,
            unsure: thread.unsure,
            ..Self::default()
        }
    }

    /// What it must remember besides stretches and openings.
    pub fn thread(&self) -> Thread {
        Thread {
            next: self.next,
            last: self.last,
            unsure: self.unsure,
        }
    }

    /// How many leaves were shown to it.
    pub fn size(&self) -> u64 {
        self.next
    }

    /// The stretches that are here, by number.
    pub fn stretches(&self) -> impl Iterator<Item = (u64, &Stretch)> {
        self.stretches.iter().map(|(number, stretch)| (*number, stretch))
    }

    /// Brings a stretch back.
    pub fn bring_stretch(&mut self, number: u64, stretch: Stretch) {
        self.stretches.insert(number, stretch);
    }

    /// Sessions and screenings that are open.
    pub fn openings(&self) -> &HashMap<SessionId, Opening> {
        &self.opened
    }

    /// Brings an opening back.
    pub fn bring_opening(&mut self, session: SessionId, opening: Opening) {
        self.opened.insert(session, opening);
    }

    /// The openings from which time may still be pending, by member and item.
    pub fn pending(&self) -> &HashMap<(MemberId, ItemId), u64> {
        &self.since
    }

    /// Brings one back.
    pub fn bring_pending(&mut self, whose: (MemberId, ItemId), since: u64) {
        self.since.insert(whose, since);
    }

    /// Where a leaf stands, if its stretch is here.
    pub fn place(&self, index: u64) -> Option<Place> {
        let stretch = self.stretches.get(&(index / STRETCH))?;
        let at = usize::try_from(index % STRETCH).ok()?;
        stretch.places.get(at).copied()
    }

    fn here(&mut self, index: u64) -> &mut Stretch {
        self.stretches.entry(index / STRETCH).or_default()
    }

    /// Takes in the next leaf; `None` for bytes that are no leaf of ours, which take a place and nothing else.
    pub fn look(&mut self, leaf: Option<&Leaf>) {
        let index = self.next;
        self.next += 1;
        let Some(leaf) = leaf else {
            let nowhere = Place {
                boot: 0,
                mono: Millis::ZERO,
            };
            let before = *self.last.get_or_insert(nowhere);
            self.here(index).places.push(before);
            return;
        };
        let at = Place {
            boot: leaf.at.boot,
            mono: leaf.at.mono,
        };
        self.last = Some(at);
        self.here(index).places.push(at);
        match &leaf.is {
            What::ClockAnchor { source, unix_ms } if *source >= Trust::Operator => {
                let anchor = Anchor {
                    at,
                    unix_ms: *unix_ms,
                    give: Millis::ZERO,
                };
                self.here(index).anchors.push(anchor);
            }
            What::CheckpointSeen { size, time, .. } => self.visit(index, at, *size, *time),
            What::Open {
                session, member, item, ..
            } => self.open(index, *session, member, *item),
            What::Screening { screening, .. } => {
                self.opened.insert(*screening, (None, index));
            }
            What::Span { session, year, .. } if leaf.at.trust < Trust::Operator => self.span(index, *session, *year),
            What::Close {
                session, unconfirmed, ..
            } => self.close(*session, *unconfirmed),
            What::Settled { spans, .. } => {
                for (span, _) in spans {
                    let stretch = self.stretches.get_mut(&(span / STRETCH));
                    let removed = stretch.and_then(|stretch| stretch.unsure.remove(span));
                    self.unsure -= u64::from(removed.is_some());
                }
            }
            _ => {}
        }
    }

    fn visit(&mut self, index: u64, at: Place, size: u64, time: u64) {
        let unix_ms = i64::try_from(time.saturating_mul(1000)).unwrap_or(i64::MAX);
        let stretch = self.here(index);
        stretch.anchors.push(Anchor {
            at,
            unix_ms,
            give: ON_THE_WAY,
        });
        stretch.seen.push(Seen { size, unix_ms });
    }

    fn open(&mut self, index: u64, session: SessionId, member: &MemberId, item: ItemId) {
        let whose = (member.clone(), item);
        self.since.entry(whose.clone()).or_insert(index);
        self.opened.insert(session, (Some(whose), index));
    }

    fn span(&mut self, index: u64, session: SessionId, year: Year) {
        let since = match self.opened.get(&session) {
            Some((Some(whose), opened)) => self.since.get(whose).copied().unwrap_or(*opened),
            Some((None, opened)) => *opened,
            None => 0,
        };
        self.here(index).unsure.insert(index, Unsure { year, since });
        self.unsure += 1;
    }

    /// Nothing is pending any more.
    fn close(&mut self, session: SessionId, unconfirmed: Millis) {
        if let Some((Some(whose), _)) = self.opened.remove(&session)
            && unconfirmed == Millis::ZERO
        {
            self.since.remove(&whose);
        }
    }

    /// A district saw the first `size` leaves at this time, and the ledger does not say so (yet).
    pub fn seen(&mut self, size: u64, unix_ms: i64) {
        self.beside.push(Seen { size, unix_ms });
    }

    /// Of these visits, how many leaves and when, those without which something would not be dated: of most spans the leaves
    /// tell enough, and of most visits, too.
    pub fn telling(&self, visits: &[(u64, i64)]) -> Vec<(u64, i64)> {
        let told: BTreeSet<(u64, i64)> = self
            .stretches
            .values()
            .flat_map(|stretch| &stretch.seen)
            .map(|seen| (seen.size, seen.unix_ms))
            .collect();
        let untold: Vec<(u64, i64)> = visits.iter().filter(|visit| !told.contains(visit)).copied().collect();
        let decided = |by: &[(u64, i64)]| {
            let mut with = self.clone();
            for (size, unix_ms) in by {
                with.seen(*size, *unix_ms);
            }
            with.decided()
        };
        let (alone, all) = (self.decided(), decided(&untold));
        let covers = |one: &Settled| {
            let after = untold.iter().filter(|(size, _)| *size > one.span);
            after.min_by_key(|(_, unix_ms)| *unix_ms).copied()
        };
        let nearest: BTreeSet<(u64, i64)> = all
            .iter()
            .filter(|one| !alone.contains(one))
            .filter_map(covers)
            .collect();
        let nearest: Vec<(u64, i64)> = nearest.into_iter().collect();
        // A later visit may tell more of an earlier leaf, by the clock of their boot.
        if decided(&nearest) == all { nearest } else { untold }
    }

    /// A person decided about a span of a log that has ended: to which year it belongs, unless a clock knows better.
    pub fn say(&mut self, said: &Settled) {
        self.said.insert(said.span, (said.year, said.wall_ms));
    }

    /// Whether there is anything to settle.
    pub fn is_idle(&self) -> bool {
        self.unsure == 0
    }

    /// The spans whose year is decided by now and is not the one that they claim.
    pub fn decided(&self) -> Vec<Settled> {
        let dated = self.dated();
        let decide = |(span, unsure): (&u64, &Unsure)| {
            let interval = bounds(&dated, *span, unsure)?;
            let leaf = dated.get(usize::try_from(*span).ok()?)?;
            let (year, wall_ms) = match interval.year() {
                Year::UNDECIDED if unsure.year == Year::UNDECIDED => self.said(*span, &interval)?,
                year => (year, middle(leaf)),
            };
            (year != Year::UNDECIDED && year != unsure.year).then_some(Settled {
                span: *span,
                year,
                wall_ms,
            })
        };
        self.uncertain().filter_map(decide).collect()
    }

    /// The spans of no year that no anchor decides, each with the time in which it must have been earned: for a person.
    pub fn undecided(&self) -> Vec<(u64, Dated)> {
        let dated = self.dated();
        let open = self.uncertain().filter(|(_, unsure)| unsure.year == Year::UNDECIDED);
        let with_bounds = open.filter_map(|(span, unsure)| Some((*span, bounds(&dated, *span, unsure)?)));
        with_bounds
            .filter(|(span, interval)| interval.year() == Year::UNDECIDED && self.said(*span, interval).is_none())
            .collect()
    }

    fn said(&self, span: u64, within: &Dated) -> Option<(Year, i64)> {
        let said = self.said.get(&span)?;
        choices(within, said.0).contains(&said.0).then_some(*said)
    }

    fn dated(&self) -> Vec<Dated> {
        if self.is_idle() {
            return Vec::new();
        }
        let all = || self.stretches.values();
        let places: Vec<Place> = all().flat_map(|stretch| &stretch.places).copied().collect();
        let anchors: Vec<Anchor> = all().flat_map(|stretch| &stretch.anchors).copied().collect();
        let seen = all().flat_map(|stretch| &stretch.seen).chain(&self.beside);
        date(&places, &anchors, &seen.copied().collect::<Vec<_>>(), EARLIEST_MS)
    }

    fn uncertain(&self) -> impl Iterator<Item = (&u64, &Unsure)> {
        self.stretches.values().flat_map(|stretch| &stretch.unsure)
    }
}

fn bounds(dated: &[Dated], span: u64, unsure: &Unsure) -> Option<Dated> {
    let at = |index: u64| dated.get(usize::try_from(index).ok()?);
    Some(Dated {
        lo: at(unsure.since)?.lo,
        hi: at(span)?.hi,
    })
}

fn middle(leaf: &Dated) -> i64 {
    leaf.hi.map_or(leaf.lo, |hi| leaf.lo + (hi - leaf.lo) / 2)
}

/// The moment to whose day a span counts when a person says its year: the first that fits both.
pub fn first_moment(interval: &Dated, year: Year) -> i64 {
    let first_day = crate::clock::day_named(&format!("{:04}-01-01", year.0)).unwrap_or(0);
    let begin = first_day * 86_400_000 - i64::from(crate::clock::UTC_OFFSET_HOURS) * 3_600_000;
    interval.lo.max(begin)
}

/// The years from which a person may choose for a span that was earned within these bounds.
pub fn choices(interval: &Dated, now: Year) -> Vec<Year> {
    let of = |unix_ms| {
        crate::clock::local_date(unix_ms)
            .and_then(|date| u16::try_from(date.year()).ok())
            .unwrap_or(now.0)
    };
    let last = interval.hi.map_or(now.0, of).max(of(interval.lo));
    (of(interval.lo)..=last).rev().map(Year).collect()
}
