//! Counting again, from the first leaf.

mod corrections;
mod settled;

use std::collections::{BTreeMap, HashMap};

use super::room::RoomFacts;
use crate::credit::settling::Settling;
use crate::ledger::{At, Closing, Leaf, Listed, What};
use crate::types::{Grade, Intervals, ItemId, MemberId, Millis, Mode, Origin, SessionId, Year};
pub use corrections::Correction;
use corrections::Place;

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

/// What can be pending in an open session when a district comes by: a presence question at its latest (12 minutes), the
/// time to answer it, and the gap cap.
const OPEN_AT_A_VISIT: Millis = Millis::secs(12 * 60 + 90 + 120);

/// Credit since a district's last visit.
#[derive(Debug, Clone, Default)]
struct SinceVisit {
    unix_s: u64,
    earned: HashMap<MemberId, u64>,
}

/// One piece of credit, as hours are made of them.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    union: HashMap<(MemberId, ItemId, Year), Intervals>,
    earned_in_boot: HashMap<(u32, MemberId), u64>,
    /// What closed sessions left unconfirmed, by the boot of the closing: it may be confirmed later, in little time.
    left: HashMap<MemberId, Vec<(u32, u64)>>,
    visits: HashMap<Origin, SinceVisit>,
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
    /// Corrections that count, in the order of the ledger.
    pub corrections: Vec<Correction>,
    /// All credit, in the order of the ledger.
    pub credits: Vec<Credit>,
    /// Members as the roster leaves list them.
    pub members: BTreeMap<MemberId, Listed>,
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
        let index = self.next;
        self.next += 1;
        let leaf = Leaf::read(bytes);
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
            What::CheckpointSeen { district, time, .. } => self.visit(index, district, time),
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
        let screening = match &is {
            What::Screening { screening, .. }
            | What::Attend { screening, .. }
            | What::Shown { screening, .. }
            | What::Check { screening, .. }
            | What::Screened { screening, .. } => *screening,
            _ => return,
        };
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
        match is {
            What::Attend {
                member,
                shown,
                present,
                by,
                ..
            } => room.attend(member, shown, present, by),
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
            }
            _ => {}
        }
    }

    fn check_clock(&mut self, index: u64, at: At) {
        let went_back = self
            .last
            .is_some_and(|last| at.boot < last.boot || (at.boot == last.boot && at.mono < last.mono));
        if went_back {
            self.anomalies.push(Anomaly::ClockWentBack(index));
        }
        self.last = Some(at);
    }

    fn open(&mut self, index: u64, at: At, session: SessionId, member: MemberId, item: ItemId, mode: Mode) {
        self.by_id.insert(session, index);
        let year = year_of(at);
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
        let have = self.union.entry((member.clone(), *item, *year)).or_default();
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
            }
            _ => self.anomalies.push(Anomaly::NoSession(index)),
        }
    }

    /// What a power cut left open is confirmed in the boot after, when nobody can say how long the other one lasted.
    fn check_time(&mut self, index: u64, at: At, member: &MemberId, session: SessionId, earned: Millis) {
        for visit in self.visits.values_mut() {
            *visit.earned.entry(member.clone()).or_default() += earned.0;
        }
        let opened = self.living(session).map(|facts| facts.opened.boot);
        let opened = opened.or_else(|| self.rooms.get(&session).map(|room| room.opened.boot));
        if opened.is_some_and(|boot| boot != at.boot) {
            return;
        }
        let left = self.left_by(member, |boot| boot != at.boot);
        let sum = self.earned_in_boot.entry((at.boot, member.clone())).or_default();
        *sum += earned.0;
        if *sum > at.mono.0 + left {
            self.anomalies.push(Anomaly::FasterThanTime(index));
        }
    }

    fn left_by(&self, member: &MemberId, which: impl Fn(u32) -> bool) -> u64 {
        let all = self.left.get(member).map_or(&[][..], Vec::as_slice);
        all.iter().filter(|(boot, _)| which(*boot)).map(|(_, left)| left).sum()
    }

    fn visit(&mut self, index: u64, district: Origin, unix_s: u64) {
        let now = SinceVisit {
            unix_s,
            earned: HashMap::new(),
        };
        let Some(last) = self.visits.insert(district, now) else {
            return;
        };
        let passed = Millis::secs(unix_s.saturating_sub(last.unix_s)).plus(OPEN_AT_A_VISIT);
        let too_much = |(member, sum): (&MemberId, &u64)| *sum > passed.0 + self.left_by(member, |_| true);
        if last.earned.iter().any(too_much) {
            self.anomalies.push(Anomaly::FasterThanTheDistrict(index));
        }
    }

    fn close(&mut self, index: u64, at: At, session: SessionId, why: Closing, unconfirmed: Millis, flags: Vec<String>) {
        match self.living(session) {
            Some(facts) => {
                facts.closed = Some((at, why));
                facts.unconfirmed = unconfirmed;
                facts.flags = flags;
                let member = facts.member.clone();
                if unconfirmed > Millis::ZERO {
                    self.left.entry(member).or_default().push((at.boot, unconfirmed.0));
                }
            }
            None => self.anomalies.push(Anomaly::NoSession(index)),
        }
    }

    fn living(&mut self, session: SessionId) -> Option<&mut SessionFacts> {
        let index = self.by_id.get(&session)?;
        self.sessions.get_mut(index).filter(|facts| facts.closed.is_none())
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
