//! In which year a span belongs whose date nobody knew: settled later, when anchors or cosignatures bracket it.
//!
//! The station and the district read the same leaves here and come to the same end, so that neither has to believe the
//! other. A span was earned between the opening of its session (or of the one whose pending time it confirmed) and its own
//! leaf; if both ends of that time lie in one year, by [`super::dating`], the span belongs there. If not, a person says.
//! A year that the box took from a clock for which nobody vouched gives way to one that is dated.

use std::collections::{BTreeMap, HashMap};

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
#[derive(Debug, Clone, Copy)]
struct Unsure {
    year: Year,
    since: u64,
}

/// What the leaves say of time so far. Every leaf is shown to it, in order.
#[derive(Debug, Clone, Default)]
pub struct Settling {
    places: Vec<Place>,
    anchors: Vec<Anchor>,
    seen: Vec<Seen>,
    /// Where a session, or a screening, was opened.
    opened: HashMap<SessionId, (Option<(MemberId, ItemId)>, u64)>,
    /// The opening from which time may still be pending.
    since: HashMap<(MemberId, ItemId), u64>,
    unsure: BTreeMap<u64, Unsure>,
}

impl Settling {
    /// Takes in the next leaf; `None` for bytes that are no leaf of ours, which take a place and nothing else.
    pub fn look(&mut self, leaf: Option<&Leaf>) {
        let index = self.places.len() as u64;
        let Some(leaf) = leaf else {
            let before = self.places.last().copied();
            self.places.push(before.unwrap_or(Place {
                boot: 0,
                mono: Millis::ZERO,
            }));
            return;
        };
        let at = Place {
            boot: leaf.at.boot,
            mono: leaf.at.mono,
        };
        self.places.push(at);
        match &leaf.is {
            What::ClockAnchor { source, unix_ms } if *source >= Trust::Operator => self.anchors.push(Anchor {
                at,
                unix_ms: *unix_ms,
                give: Millis::ZERO,
            }),
            What::CheckpointSeen { size, time, .. } => self.visit(at, *size, *time),
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
                    self.unsure.remove(span);
                }
            }
            _ => {}
        }
    }

    fn visit(&mut self, at: Place, size: u64, time: u64) {
        let unix_ms = i64::try_from(time.saturating_mul(1000)).unwrap_or(i64::MAX);
        self.anchors.push(Anchor {
            at,
            unix_ms,
            give: ON_THE_WAY,
        });
        self.seen.push(Seen { size, unix_ms });
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
        self.unsure.insert(index, Unsure { year, since });
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
        self.seen.push(Seen { size, unix_ms });
    }

    /// Whether there is anything to settle.
    pub fn is_idle(&self) -> bool {
        self.unsure.is_empty()
    }

    /// The spans whose year is decided by now and is not the one that they claim.
    pub fn decided(&self) -> Vec<Settled> {
        let dated = self.dated();
        let decide = |(span, unsure): (&u64, &Unsure)| {
            let interval = bounds(&dated, *span, unsure)?;
            let year = interval.year();
            let leaf = dated.get(usize::try_from(*span).ok()?)?;
            (year != Year::UNDECIDED && year != unsure.year).then(|| Settled {
                span: *span,
                year,
                wall_ms: middle(leaf),
            })
        };
        self.unsure.iter().filter_map(decide).collect()
    }

    /// The spans of no year that no anchor decides, each with the time in which it must have been earned: for a person.
    pub fn undecided(&self) -> Vec<(u64, Dated)> {
        let dated = self.dated();
        let open = self.unsure.iter().filter(|(_, unsure)| unsure.year == Year::UNDECIDED);
        let with_bounds = open.filter_map(|(span, unsure)| Some((*span, bounds(&dated, *span, unsure)?)));
        with_bounds
            .filter(|(_, interval)| interval.year() == Year::UNDECIDED)
            .collect()
    }

    fn dated(&self) -> Vec<Dated> {
        if self.is_idle() {
            return Vec::new();
        }
        date(&self.places, &self.anchors, &self.seen, EARLIEST_MS)
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
