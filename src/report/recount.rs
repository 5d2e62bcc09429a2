//! Counting again, from the first leaf, or from where a count was put down.
//!
//! A count is made of small [`parts`]: a member's time in each boot, the media of a member and an item, a session. It may
//! be put down after any leaf and taken up again with those parts alone that the next leaves touch, so that a pull of a
//! few leaves costs what they cost, however long the log is.

mod corrections;
mod parts;
mod settled;
mod sides;
mod time;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::room::RoomFacts;
use crate::credit::settling::Settling;
use crate::ledger::{At, Closing, Home, Leaf, Listed, What};
use crate::types::{Grade, Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId, Year};
pub use corrections::Correction;
use corrections::Place;
pub use parts::{Key, Unreadable};
pub use sides::{Film, Month, Stay, month_of};
use time::SinceVisit;

/// Something that cannot be, at a leaf. The reader is the district's clerk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anomaly {
    /// The station's total is not what its own spans add up to.
    TotalDiffers {
        /// Which leaf.
        index: u64,
        /// As the station says.
        claimed: Millis,
        /// As counted.
        counted: Millis,
    },
    /// A span covers media that were credited before.
    CountedTwice(u64),
    /// A span reaches beyond the item's end.
    BeyondTheEnd(u64),
    /// A span, or a close, of a session that was never opened or has ended.
    NoSession(u64),
    /// The monotonic clock went back within a boot.
    ClockWentBack(u64),
    /// A member was credited more in a boot than the boot has lasted.
    FasterThanTime(u64),
    /// Between two visits of a district a member was credited more than the time between them. The leaf is the second
    /// visit's cosignature.
    FasterThanTheDistrict(u64),
    /// Between two visits of a district the box says that more time passed than the district had. The leaf is the second
    /// visit's cosignature.
    ClockStretched(u64),
    /// A span of a screening that its check-ins and checks do not give.
    NotAttended(u64),
    /// The station found its ledger damaged and restored it; the leaf says how much came back.
    Restored(u64),
    /// A checkpoint of the station came back to it and did not fit: its log was put back before this leaf.
    RollbackSuspected(u64),
    /// Spans were put into a year in which they cannot have been earned, or of which nothing is known.
    WrongYear(u64),
    /// A correction that does not fit what it names, or lacks its second signer: it counts for nothing.
    Unfit(u64),
}

/// One piece of credit, as hours are made of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The leaf that says so.
    pub index: u64,
    /// In which session or screening.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// Counted to.
    pub year: Year,
    /// How.
    pub mode: Mode,
    /// How well proven.
    pub grade: Grade,
    /// The media.
    pub media: Intervals,
    /// When it was proven.
    pub at: At,
}

/// One viewing session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionFacts {
    /// Which.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// How.
    pub mode: Mode,
    /// When it was opened.
    pub opened: At,
    /// When and why it ended, if it has.
    pub closed: Option<(At, Closing)>,
    /// What it earned.
    pub credited: Millis,
    /// The year of what it earned; of its opening, if nothing.
    pub year: Year,
    /// What stayed unconfirmed.
    pub unconfirmed: Millis,
    /// What looked odd.
    pub flags: Vec<String>,
}

/// The count so far.
#[derive(Debug, Clone, Default)]
pub struct Recount {
    next: u64,
    last: Option<At>,
    union: HashMap<(MemberId, ItemId), BTreeMap<Year, Intervals>>,
    earned_in_boot: HashMap<MemberId, BTreeMap<u32, u64>>,
    /// What closed sessions left unconfirmed, by the boot of the closing: it may be confirmed later, in little time.
    left: HashMap<MemberId, BTreeMap<u32, u64>>,
    visits: BTreeMap<Origin, SinceVisit>,
    /// Sessions by id, in the order of opening.
    sessions: BTreeMap<u64, SessionFacts>,
    by_id: HashMap<SessionId, u64>,
    rooms: BTreeMap<SessionId, RoomFacts>,
    /// Where the credit of each leaf stands, for corrections.
    places: HashMap<u64, Place>,
    /// Screenings by the leaf that ended them.
    screened: HashMap<u64, SessionId>,
    /// What the leaves say of time.
    settling: Settling,
    /// The parts that are here, or known not to be there; `None` if all are, because the count began at the first leaf.
    known: Option<HashSet<Key>>,
    /// What happened in each month, by year and month as one number: 202611.
    pub months: BTreeMap<u32, Month>,
    /// What people say of items, and which were made here.
    pub films: HashMap<ItemId, Film>,
    /// When each member was here, by member and the month of coming.
    pub stays: BTreeMap<(MemberId, u32), Vec<Stay>>,
    /// Corrections that count, in the order of the ledger.
    pub corrections: Vec<Correction>,
    /// All credit, in the order of the ledger.
    pub credits: Vec<Credit>,
    /// Members as the roster leaves list them.
    pub members: BTreeMap<MemberId, Listed>,
    /// Visitors 外站党员, and where they belong, as the leaf that said so last.
    pub homes: BTreeMap<MemberId, Home>,
    /// Titles and lengths of items.
    pub items: HashMap<ItemId, (String, Option<String>, Millis)>,
    /// What cannot be.
    pub anomalies: Vec<Anomaly>,
}

impl Recount {
    /// Before the first leaf of a new epoch: what the log before it credited is credited still, unless its first leaf says
    /// that the station lost it.
    pub fn after(before: &Self) -> Self {
        Self {
            union: before.union.clone(),
            left: before.left.clone(),
            members: before.members.clone(),
            homes: before.homes.clone(),
            items: before.items.clone(),
            ..Self::default()
        }
    }

    /// How many leaves were counted.
    pub fn size(&self) -> u64 {
        self.next
    }

    /// All sessions, in the order of their opening.
    pub fn sessions(&self) -> impl Iterator<Item = &SessionFacts> {
        self.sessions.values()
    }

    /// All screenings.
    pub fn rooms(&self) -> impl Iterator<Item = &RoomFacts> {
        self.rooms.values()
    }

    /// Counts the next leaf. Bytes that are no leaf of ours count as a place and nothing else.
    pub fn count(&mut self, bytes: &[u8]) {
        self.count_leaf(Leaf::read(bytes));
    }

    /// The same of bytes that were read already.
    pub fn count_leaf(&mut self, leaf: Option<Leaf>) {
        let index = self.next;
        self.next += 1;
        if let Some(Leaf {
            v: _,
            at,
            is: What::Settled { year, spans, by },
        }) = &leaf
        {
            self.settled(index, *at, *year, spans, *by);
        }
        self.settling.look(leaf.as_ref());
        let Some(leaf) = leaf else { return };
        self.note_aside(&leaf);
        self.check_clock(index, leaf.at);
        match leaf.is {
            What::Genesis { after, .. } if index == 0 && !after.as_ref().is_some_and(|past| past.carried) => {
                self.union.clear();
            }
            What::Roster { changed, .. } => {
                self.members
                    .extend(changed.into_iter().map(|listed| (listed.member.clone(), listed)));
            }
            What::Item {
                item,
                title,
                class,
                length,
                made_here: _,
            } => {
                self.items.insert(item, (title, class, length));
            }
            What::Open {
                session,
                member,
                item,
                mode,
                ..
            } => self.open(index, leaf.at, session, member, item, mode),
            What::Span { .. } => self.span(index, &leaf),
            What::Close {
                session,
                why,
                unconfirmed,
                flags,
            } => self.close(index, leaf.at, session, why, unconfirmed, flags),
            What::CheckpointSeen {
                district, size, time, ..
            } => self.visit(index, leaf.at, (district, size, time)),
            is @ (What::Screening { .. }
            | What::Attend { .. }
            | What::Shown { .. }
            | What::Check { .. }
            | What::Screened { .. }) => self.room(index, leaf.at, is),
            is @ What::Correct { .. } => self.correct(index, leaf.at, is),
            What::Restored { .. } => self.anomalies.push(Anomaly::Restored(index)),
            What::RollbackSuspected { .. } => self.anomalies.push(Anomaly::RollbackSuspected(index)),
            _ => {}
        }
    }

    /// A leaf of a screening.
    fn room(&mut self, index: u64, at: At, is: What) {
        let Some(screening) = screening_of(&is) else { return };
        if let What::Screening {
            mode, branches, due, ..
        } = is
        {
            let room = RoomFacts::new(screening, mode, branches, due, at);
            self.rooms.entry(screening).or_insert(room);
            return;
        }
        let Some(room) = self.rooms.get_mut(&screening).filter(|room| room.ended.is_none()) else {
            self.anomalies.push(Anomaly::NoSession(index));
            return;
        };
        let opened = room.opened;
        match is {
            What::Attend {
                member,
                shown,
                present,
                by,
                home,
                ..
            } => {
                self.homes.extend(home.map(|home| (member.clone(), home)));
                let is_new = present && !room.came.contains_key(&member);
                room.attend(member.clone(), shown, present, by);
                if is_new {
                    self.comes(&member, screening, opened);
                }
            }
            What::Shown { pieces, .. } => room.show(pieces),
            What::Check {
                shown,
                passed,
                ticked,
                void,
                ..
            } => room.check(shown, &passed, &ticked, void),
            What::Screened {
                how,
                shown,
                unattended,
                guests,
                ..
            } => {
                self.screened.insert(index, screening);
                room.ended_index = Some(index);
                let doubtful = room.end(at, how, shown, unattended, guests);
                self.anomalies.extend(doubtful.into_iter().map(Anomaly::NotAttended));
                self.evening_is_over(screening);
            }
            _ => {}
        }
    }

    fn open(&mut self, index: u64, at: At, session: SessionId, member: MemberId, item: ItemId, mode: Mode) {
        self.by_id.insert(session, index);
        let year = year_of(at);
        self.comes(&member, session, at);
        self.months.entry(month_of(at)).or_default().sessions += 1;
        let facts = SessionFacts {
            session,
            member,
            item,
            mode,
            opened: at,
            closed: None,
            credited: Millis::ZERO,
            year,
            unconfirmed: Millis::ZERO,
            flags: Vec::new(),
        };
        self.sessions.insert(index, facts);
    }

    fn span(&mut self, index: u64, leaf: &Leaf) {
        let What::Span {
            session,
            member,
            item,
            year,
            mode,
            grade,
            media,
            total,
            ..
        } = &leaf.is
        else {
            return;
        };
        let have = self.union.entry((member.clone(), *item)).or_default();
        let have = have.entry(*year).or_default();
        if !media.intersection(have).is_empty() {
            self.anomalies.push(Anomaly::CountedTwice(index));
        }
        let fresh = media.minus(have);
        *have = have.union(media);
        let counted = have.total();
        if counted != *total {
            self.anomalies.push(Anomaly::TotalDiffers {
                index,
                claimed: *total,
                counted,
            });
        }
        let end = self.items.get(item).map_or(Millis::ZERO, |(_, _, length)| *length);
        if media.pairs().last().is_some_and(|(_, to)| *to > end.0) {
            self.anomalies.push(Anomaly::BeyondTheEnd(index));
        }
        self.check_time(index, leaf.at, member, *session, fresh.total());
        if let Some(room) = self.rooms.get_mut(session).filter(|room| room.ended.is_none()) {
            room.span(index, member, (*item, *year, *grade), media);
        } else {
            self.in_session(index, *session, member, *item, *year, fresh.total());
        }
        let place = Place {
            credit: self.credits.len(),
            session: Some(*session),
            free: Intervals::none(),
        };
        self.places.insert(index, place);
        let credit = Credit {
            index,
            session: *session,
            member: member.clone(),
            item: *item,
            year: *year,
            mode: *mode,
            grade: *grade,
            media: fresh,
            at: leaf.at,
        };
        self.credits.push(credit);
    }

    /// What a phone's session earned.
    fn in_session(
        &mut self,
        index: u64,
        session: SessionId,
        member: &MemberId,
        item: ItemId,
        year: Year,
        earned: Millis,
    ) {
        match self.living(session) {
            Some(facts) if facts.member == *member && facts.item == item => {
                facts.credited = facts.credited.plus(earned);
                facts.year = year;
                let (opened, credited) = (facts.opened, facts.credited);
                self.was_open(opened, credited);
            }
            _ => self.anomalies.push(Anomaly::NoSession(index)),
        }
    }

    fn close(&mut self, index: u64, at: At, session: SessionId, why: Closing, unconfirmed: Millis, flags: Vec<String>) {
        let Some(facts) = self.living(session) else {
            self.anomalies.push(Anomaly::NoSession(index));
            return;
        };
        facts.closed = Some((at, why));
        facts.unconfirmed = unconfirmed;
        facts.flags = flags;
        let (member, opened) = (facts.member.clone(), facts.opened);
        self.goes(&member, session, opened, at);
        if unconfirmed > Millis::ZERO {
            let month = self.months.entry(month_of(opened)).or_default();
            month.unconfirmed = month.unconfirmed.plus(unconfirmed);
            let left = self.left.entry(member).or_default().entry(at.boot).or_default();
            *left = left.saturating_add(unconfirmed.0);
        }
    }

    fn living(&mut self, session: SessionId) -> Option<&mut SessionFacts> {
        let index = self.by_id.get(&session)?;
        self.sessions.get_mut(index).filter(|facts| facts.closed.is_none())
    }
}

/// The screening that a leaf is about.
fn screening_of(is: &What) -> Option<SessionId> {
    match is {
        What::Screening { screening, .. }
        | What::Attend { screening, .. }
        | What::Shown { screening, .. }
        | What::Check { screening, .. }
        | What::Screened { screening, .. } => Some(*screening),
        _ => None,
    }
}

/// The year that the station's clock named, if anybody could believe it.
pub fn year_of(at: At) -> Year {
    let reading = crate::clock::Reading {
        boot: at.boot,
        mono: at.mono,
        wall_ms: at.wall,
        trust: at.trust,
    };
    reading.year()
}

#[cfg(test)]
mod tests;
