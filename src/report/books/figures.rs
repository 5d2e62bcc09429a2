//! The figures of a time 月报: what the month card shows, and what the light on the desk is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::{Calendar, Run, wall};
use super::facts::Facts;
use super::period::Period;
use crate::clock;
use crate::credit::Policy;
use crate::types::{Grade, Intervals, ItemId, MemberId, Millis, SessionId};

/// What one member took part in: a session or a screening. If it earned the minimum, it is a person-time 人次.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The leaf that opened the session or the screening.
    pub leaf: u64,
    /// Which.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// It was in front of the television.
    pub is_screening: bool,
    /// When it was opened, by the wall clock.
    pub opened_ms: i64,
    /// What it earned.
    pub credited: Millis,
    /// The weakest proof of that.
    pub grade: Grade,
}

/// The figures of a period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Screenings that showed something.
    pub screenings: u64,
    /// Shown in them.
    pub shown: Millis,
    /// Shown in them while nobody was there.
    pub unattended: Millis,
    /// 人次.
    pub person_times: u64,
    /// Those of them that rest on the operator's tick.
    pub ticked: u64,
    /// 人数.
    pub persons: BTreeSet<MemberId>,
    /// Expected, added up over the screenings.
    pub due: u64,
    /// Of them came.
    pub came: u64,
    /// Items that were shown, or earned somebody something.
    pub items: BTreeSet<ItemId>,
    /// Feedback that was written down.
    pub feedback: u64,
    /// Starts of the box.
    pub boots: u64,
    /// Ends without a goodbye.
    pub power_cuts: u64,
    /// Days on which it was on.
    pub days_on: u64,
    /// How long it was on.
    pub time_on: Millis,
    /// How long it was open 开放: somebody was there.
    pub time_open: Millis,
}

/// All parts of a period that earned what the policy asks of a person-time, in the order of opening.
pub fn parts(facts: &Facts, policy: &Policy) -> Vec<Part> {
    let enough = |credited: Millis| credited >= policy.min_session && credited > Millis::ZERO;
    let alone = facts
        .sessions
        .iter()
        .filter(|(_, s)| enough(s.credited))
        .map(|(id, s)| Part {
            leaf: s.leaf,
            session: *id,
            member: s.member.clone(),
            is_screening: false,
            opened_ms: s.opened.wall,
            credited: s.credited,
            grade: s.grade.unwrap_or(Grade::X),
        });
    let together = facts.rooms.iter().flat_map(|(id, room)| {
        let earned = room.credited.iter().filter(move |(_, (credited, _))| enough(*credited));
        earned.map(|(member, (credited, grade))| Part {
            leaf: room.leaf,
            session: *id,
            member: member.clone(),
            is_screening: true,
            opened_ms: room.opened.wall,
            credited: *credited,
            grade: *grade,
        })
    });
    let mut all: Vec<Part> = alone.chain(together).collect();
    all.sort_by(|a, b| (a.leaf, &a.member).cmp(&(b.leaf, &b.member)));
    all
}

/// The part of a run that lies in a period: from, until. `now_ms` ends a run that goes on.
pub fn within(run: &Run, period: Period, now_ms: i64) -> Option<(i64, i64)> {
    let began = run.began?;
    let ended = match run.how {
        None => now_ms,
        Some(_) => run.ended?,
    };
    let (from, until) = (began.max(period.from_ms()), ended.min(period.until_ms()));
    (from < until).then_some((from, until))
}

fn length((from, until): (i64, i64)) -> Millis {
    Millis(until.abs_diff(from))
}

fn days(pieces: &[(i64, i64)]) -> u64 {
    let day = clock::day_of;
    let all: BTreeSet<i64> = pieces
        .iter()
        .flat_map(|(from, until)| day(*from)..=day(*until - 1))
        .collect();
    all.len() as u64
}

/// How long the station was open 开放时间: evenings to which somebody came, from the lobby to their end, and what members
/// earned alone, counted from when they began. A box that is on all night with nobody there is not open, a film for an
/// empty room neither; what overlaps counts once. Undated facts are in no period.
fn open(facts: &Facts, period: Period) -> Millis {
    let within = |from: i64, until: i64| {
        let (from, until) = (from.max(period.from_ms()), until.min(period.until_ms()));
        // The period began after 1970: its moments are no negative numbers.
        let shifted = |at: i64| Millis((at - period.from_ms()).unsigned_abs());
        if from < until {
            Intervals::one(shifted(from), shifted(until))
        } else {
            Intervals::none()
        }
    };
    let evenings = facts
        .rooms
        .values()
        .filter(|room| room.took_place() && (!room.came.is_empty() || room.guests > 0))
        .filter_map(|room| Some(within(wall(room.opened)?, wall(room.heard)?)));
    let alone = facts.sessions.values().filter_map(|session| {
        let from = wall(session.opened)?;
        let long = i64::try_from(session.credited.0).unwrap_or(0);
        Some(within(from, from.saturating_add(long)))
    });
    let all = evenings.chain(alone);
    all.fold(Intervals::none(), |all, piece| all.union(&piece)).total()
}

/// Counts a period out of facts that cover it, perhaps with more around it.
pub fn count(facts: &Facts, calendar: &Calendar, policy: &Policy, period: Period, now_ms: i64) -> Figures {
    let mut figures = Figures::default();
    let rooms = facts
        .rooms
        .values()
        .filter(|room| room.took_place() && period.holds(room.opened.wall));
    for room in rooms {
        figures.screenings += 1;
        figures.shown = figures.shown.plus(room.shown);
        figures.unattended = figures.unattended.plus(room.unattended);
        figures.due += u64::from(room.due);
        figures.came += room.came_of_due(calendar).min(u64::from(room.due));
        figures.items.extend(room.items.iter().map(|(item, _)| *item));
    }
    for part in parts(facts, policy)
        .into_iter()
        .filter(|part| period.holds(part.opened_ms))
    {
        figures.person_times += 1;
        figures.ticked += u64::from(part.grade == Grade::C);
        if let Some(session) = facts.sessions.get(&part.session) {
            figures.items.insert(session.item);
        }
        figures.persons.insert(part.member);
    }
    let is_in = |wall: Option<i64>| wall.is_some_and(|wall| period.holds(wall));
    figures.feedback = facts.feedback.iter().filter(|(_, at)| is_in(wall(*at))).count() as u64;
    runs(&mut figures, calendar, period, now_ms);
    figures.time_open = open(facts, period);
    figures
}

fn runs(figures: &mut Figures, calendar: &Calendar, period: Period, now_ms: i64) {
    let is_in = |wall: Option<i64>| wall.is_some_and(|wall| period.holds(wall));
    figures.boots = calendar.runs.iter().filter(|run| is_in(run.began)).count() as u64;
    let cut = |run: &&Run| run.how == Some(crate::ledger::Before::Cut) && is_in(run.ended);
    figures.power_cuts = calendar.runs.iter().filter(cut).count() as u64;
    let pieces: Vec<(i64, i64)> = calendar
        .runs
        .iter()
        .filter_map(|run| within(run, period, now_ms))
        .collect();
    figures.days_on = days(&pieces);
    figures.time_on = pieces.iter().fold(Millis::ZERO, |sum, piece| sum.plus(length(*piece)));
}

/// Minutes per member and grade, out of spans: 证据等级.
pub fn by_grade<'a>(spans: impl IntoIterator<Item = &'a super::facts::Span>) -> BTreeMap<Grade, Millis> {
    let mut sums = BTreeMap::new();
    for span in spans {
        let sum: &mut Millis = sums.entry(span.grade).or_default();
        *sum = sum.plus(span.credit);
    }
    sums
}
