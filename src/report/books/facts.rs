//! What happened in a period, counted from its leaves, each fact with its place in the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rusqlite::Connection;

use super::calendar::{Calendar, wall};
use super::period::Period;
use crate::ledger::{self, At, Closing, Ending, Entry, Leaf, What};
use crate::store::StoreError;
use crate::types::{BranchId, Grade, ItemId, MemberId, Millis, Mode, SessionId, Year};

const AT_ONCE: u64 = 1_000;
/// What began in a period may end after it. Nothing goes on longer than so many leaves of a lively station.
const AFTERWARDS: u64 = 20_000;

/// One piece of credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its leaf.
    pub leaf: u64,
    /// The session or screening in which it was earned.
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
    /// How much.
    pub credit: Millis,
    /// When it was proven.
    pub at: At,
}

/// One person's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The leaf that opened it.
    pub leaf: u64,
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// How.
    pub mode: Mode,
    /// When it was opened.
    pub opened: At,
    /// When and why it ended.
    pub closed: Option<(At, Closing)>,
    /// What it earned.
    pub credited: Millis,
    /// The weakest proof of that.
    pub grade: Option<Grade>,
    /// What stayed unconfirmed.
    pub unconfirmed: Millis,
}

/// One screening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The leaf that opened it.
    pub leaf: u64,
    /// The last leaf of it.
    pub last: u64,
    /// How it counts.
    pub mode: Mode,
    /// For which branches; empty for everybody.
    pub branches: Vec<BranchId>,
    /// Expected 应到.
    pub due: u32,
    /// When the lobby opened.
    pub opened: At,
    /// When it ended.
    pub ended: Option<At>,
    /// When something was last heard of it: its end, or the last leaf before the station failed.
    pub heard: At,
    /// What was shown of each item, in the order of showing.
    pub items: Vec<(ItemId, Millis)>,
    /// Shown in all.
    pub shown: Millis,
    /// Shown while nobody was there.
    pub unattended: Millis,
    /// Present who are no members.
    pub guests: u32,
    /// Who came, and how.
    pub came: BTreeMap<MemberId, Entry>,
    /// Who was excused.
    pub excused: BTreeSet<MemberId>,
    /// What each earned.
    pub credited: BTreeMap<MemberId, (Millis, Grade)>,
}

impl Room {
    /// How many of those who came were expected: members of this roster who live here.
    pub fn came_of_due(&self, calendar: &Calendar) -> u64 {
        let is_expected = |member: &&MemberId| {
            let listed = calendar.members.get(*member);
            listed.is_some_and(|listed| {
                listed.migrant != "out" && (self.branches.is_empty() || self.branches.contains(&listed.branch))
            })
        };
        self.came.keys().filter(is_expected).count() as u64
    }

    /// How many the operator checked in.
    pub fn ticked(&self) -> u64 {
        self.came.values().filter(|entry| **entry == Entry::Ticked).count() as u64
    }
}

/// What happened in a period.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// All spans that were proven in it, in the order of the ledger.
    pub spans: Vec<Span>,
    /// Sessions that were opened in it, by id.
    pub sessions: BTreeMap<SessionId, Session>,
    /// Screenings that were opened in it, by id.
    pub rooms: BTreeMap<SessionId, Room>,
    /// The leaves that tell of feedback, with their dates.
    pub feedback: Vec<(u64, At)>,
    /// Leaves without a date: they are in no period.
    pub undated: u64,
}

impl Facts {
    /// Reads the leaves of a period.
    pub fn read(conn: &Connection, calendar: &Calendar, period: Period) -> Result<Self, StoreError> {
        let Range { start, end } = calendar.leaves_between(period.from_ms(), period.until_ms());
        let size = ledger::size(conn)?.min(calendar.size());
        let mut facts = Self::default();
        let mut from = start;
        while from < size && (from < end || (facts.goes_on() && from < end + AFTERWARDS)) {
            let upto = size.min(from + AT_ONCE);
            for (index, bytes) in (from..).zip(ledger::leaves(conn, from, upto)?) {
                if let Some(leaf) = Leaf::read(&bytes) {
                    facts.count(index, calendar.dated(index, leaf), period);
                }
            }
            from = upto;
        }
        Ok(facts)
    }

    /// Whether something that began in the period has not ended yet.
    fn goes_on(&self) -> bool {
        self.rooms.values().any(|room| room.ended.is_none())
            || self.sessions.values().any(|session| session.closed.is_none())
    }

    /// Counts a leaf. What was begun before the period, and what belongs to it, is left to that time.
    pub fn count(&mut self, index: u64, leaf: Leaf, period: Period) {
        let Leaf { at, is, .. } = leaf;
        let dated = wall(at);
        self.undated += u64::from(dated.is_none());
        let is_in = dated.is_some_and(|wall| period.holds(wall));
        match is {
            What::Open {
                session,
                member,
                item,
                mode,
                ..
            } if is_in => {
                self.sessions
                    .insert(session, Session::new(index, member, item, mode, at));
            }
            What::Close {
                session,
                why,
                unconfirmed,
                ..
            } => {
                if let Some(facts) = self.sessions.get_mut(&session) {
                    (facts.closed, facts.unconfirmed) = (Some((at, why)), unconfirmed);
                }
            }
            What::Span { .. } => self.span(index, at, is, is_in),
            What::Correct { .. } => self.correct(index, at, is),
            What::Screening {
                screening,
                mode,
                branches,
                due,
                ..
            } if is_in => {
                self.rooms.insert(screening, Room::new(index, mode, branches, due, at));
            }
            What::Feedback(_) if is_in => self.feedback.push((index, at)),
            other => self.room(index, at, other),
        }
    }

    fn span(&mut self, leaf: u64, at: At, is: What, is_in: bool) {
        let What::Span {
            session,
            member,
            item,
            year,
            mode,
            grade,
            media,
            ..
        } = is
        else {
            return;
        };
        let credit = media.total();
        if let Some(facts) = self.sessions.get_mut(&session) {
            facts.credited = facts.credited.plus(credit);
            facts.grade = facts.grade.max(Some(grade));
        }
        if let Some(room) = self.rooms.get_mut(&session) {
            let sum = room.credited.entry(member.clone()).or_insert((Millis::ZERO, grade));
            *sum = (sum.0.plus(credit), sum.1.max(grade));
        }
        if is_in {
            self.spans.push(Span {
                leaf,
                session,
                member,
                item,
                year,
                mode,
                grade,
                credit,
                at,
            });
        }
    }

    /// A correction 更正: what it takes comes off the newest spans of that member, item and year; what it gives was shown
    /// in the screening that it names.
    fn correct(&mut self, leaf: u64, at: At, is: What) {
        let What::Correct {
            of,
            member,
            item,
            year,
            takes,
            gives,
            ..
        } = is
        else {
            return;
        };
        let mut left = takes.total();
        let is_his = |span: &&mut Span| (&span.member, span.item, span.year) == (&member, item, year);
        for span in self.spans.iter_mut().rev().filter(is_his) {
            let part = span.credit.min(left);
            (span.credit, left) = (span.credit.minus(part), left.minus(part));
            if let Some(session) = self.sessions.get_mut(&span.session) {
                session.credited = session.credited.minus(part);
            }
            if let Some(sum) = self
                .rooms
                .get_mut(&span.session)
                .and_then(|room| room.credited.get_mut(&member))
            {
                sum.0 = sum.0.minus(part);
            }
        }
        let credit = gives.total();
        let Some((id, room)) = self
            .rooms
            .iter_mut()
            .find(|(_, room)| (room.leaf..=room.last).contains(&of))
        else {
            return;
        };
        if credit > Millis::ZERO {
            let sum = room.credited.entry(member.clone()).or_insert((Millis::ZERO, Grade::C));
            *sum = (sum.0.plus(credit), Grade::C);
            let (session, mode, grade) = (*id, room.mode, Grade::C);
            self.spans.push(Span {
                leaf,
                session,
                member,
                item,
                year,
                mode,
                grade,
                credit,
                at,
            });
        }
    }

    fn room(&mut self, index: u64, at: At, is: What) {
        if let Some(room) = is.screening().and_then(|id| self.rooms.get_mut(&id)) {
            room.last = index;
            room.count(at, is);
        }
    }
}

impl Session {
    fn new(leaf: u64, member: MemberId, item: ItemId, mode: Mode, opened: At) -> Self {
        Self {
            leaf,
            member,
            item,
            mode,
            opened,
            closed: None,
            credited: Millis::ZERO,
            grade: None,
            unconfirmed: Millis::ZERO,
        }
    }
}

impl Room {
    fn new(leaf: u64, mode: Mode, branches: Vec<BranchId>, due: u32, opened: At) -> Self {
        Self {
            leaf,
            last: leaf,
            mode,
            branches,
            due,
            opened,
            ended: None,
            heard: opened,
            items: Vec::new(),
            shown: Millis::ZERO,
            unattended: Millis::ZERO,
            guests: 0,
            came: BTreeMap::new(),
            excused: BTreeSet::new(),
            credited: BTreeMap::new(),
        }
    }

    /// Counts a leaf of this screening.
    fn count(&mut self, at: At, is: What) {
        let is_told_later = matches!(
            &is,
            What::Screened {
                how: Ending::StationFailure,
                ..
            } | What::Photo { .. }
                | What::Noted { .. }
        );
        if !is_told_later && self.ended.is_none() {
            self.heard = at;
        }
        match is {
            What::Attend {
                member,
                present: true,
                by,
                ..
            } => {
                self.came.insert(member, by);
            }
            What::Check { passed, ticked, .. } => {
                let by_code = passed.into_iter().map(|member| (member, Entry::Code));
                for (member, by) in by_code.chain(ticked.into_iter().map(|member| (member, Entry::Ticked))) {
                    self.came.entry(member).or_insert(by);
                }
            }
            What::Shown { pieces, .. } => {
                for piece in pieces {
                    self.show(piece.item, piece.length());
                }
            }
            What::Excused { member, reason, .. } if reason.is_empty() => {
                self.excused.remove(&member);
            }
            What::Excused { member, .. } => {
                self.excused.insert(member);
            }
            What::Screened { unattended, guests, .. } => {
                (self.ended, self.unattended, self.guests) = (Some(at), unattended, guests);
            }
            _ => {}
        }
    }

    fn show(&mut self, item: ItemId, length: Millis) {
        self.shown = self.shown.plus(length);
        match self.items.iter_mut().find(|(known, _)| *known == item) {
            Some((_, sum)) => *sum = sum.plus(length),
            None => self.items.push((item, length)),
        }
    }

    /// Whether anything was shown at all: a lobby that was called off is no screening.
    pub fn took_place(&self) -> bool {
        self.shown > Millis::ZERO
    }
}
