//! What is counted beside credit: what a station did in each month, what people say of films, and when members were there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Recount;
use crate::clock::{Trust, local_date};
use crate::ledger::{About, At, Leaf, What, voice};
use crate::types::{Intervals, MemberId, Millis, SessionId};

/// What happened at a station in one month.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Month {
    /// Screenings that showed something.
    pub screenings: u64,
    /// Shown in them.
    pub shown: Millis,
    /// Shown in them while nobody was there.
    pub unattended: Millis,
    /// Expected, added up over the screenings.
    pub due: u64,
    /// Of them came.
    pub came: u64,
    /// People present who are no members.
    pub guests: u64,
    /// Sessions on phones that were opened.
    pub sessions: u64,
    /// Media in them that nobody confirmed.
    pub unconfirmed: Millis,
    /// How long the box was on, from its first sign of life to its last in each run.
    pub time_on: Millis,
    /// When it was open 开放, in milliseconds since 1970: evenings to which somebody came, and what members earned alone,
    /// counted from when they began. What overlaps is there once.
    pub open: Intervals,
    /// Starts of the program.
    pub boots: u64,
    /// Opinions, wishes and needs that were written down.
    pub feedback: u64,
    /// Courseware among them that was asked for.
    pub wishes: u64,
}

impl Month {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            screenings: self.screenings + other.screenings,
            shown: self.shown.plus(other.shown),
            unattended: self.unattended.plus(other.unattended),
            due: self.due + other.due,
            came: self.came + other.came,
            guests: self.guests + other.guests,
            sessions: self.sessions + other.sessions,
            unconfirmed: self.unconfirmed.plus(other.unconfirmed),
            time_on: self.time_on.plus(other.time_on),
            open: self.open.union(&other.open),
            boots: self.boots + other.boots,
            feedback: self.feedback + other.feedback,
            wishes: self.wishes + other.wishes,
        }
    }
}

/// What is known of an item besides its title.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Film {
    /// 本土电教片: the station says that it was made here.
    pub made_here: bool,
    /// The latest stars of each member, 1 to 5.
    pub stars: BTreeMap<MemberId, u8>,
    /// How often its questions were answered.
    pub answers: u64,
    /// Right answers …
    pub right: u64,
    /// … of so many questions.
    pub questions: u64,
    /// How many members of this station would like to see it together, by now.
    #[serde(default)]
    pub wishes: u32,
}

/// A member was at a station: in a session, or at a screening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// Which session or screening.
    pub session: SessionId,
    /// From this moment of the wall clock, milliseconds since 1970 …
    pub from: i64,
    /// … to this one.
    pub to: i64,
}

/// The month of a leaf as one number, 202611; 0 while the clock was never set.
pub fn month_of(at: At) -> u32 {
    let date = local_date(at.wall).filter(|_| at.trust != Trust::Unset);
    date.map_or(0, |date| {
        u32::from(date.year().unsigned_abs()) * 100 + u32::from(date.month().unsigned_abs())
    })
}

/// From an opening to a moment of the wall clock; nothing while the clock was never set.
fn between(opened: At, until: i64) -> Intervals {
    let moment = |wall: i64| Millis(u64::try_from(wall).unwrap_or(0));
    if opened.trust == Trust::Unset || until <= opened.wall {
        return Intervals::none();
    }
    Intervals::one(moment(opened.wall), moment(until))
}

impl Recount {
    /// Takes in what a leaf says beside credit, before its clock becomes the last one.
    pub(super) fn note_aside(&mut self, leaf: &Leaf) {
        let month = self.months.entry(month_of(leaf.at)).or_default();
        let since = |before: At, at: At| {
            if before.boot == at.boot {
                at.mono.minus(before.mono)
            } else {
                Millis::ZERO
            }
        };
        let passed = match (&leaf.is, self.last) {
            // Between the end of a run and the next start nothing was on, but for the last sign of life it left.
            (What::Boot { last: Some(sign), .. }, Some(before)) => since(before, *sign),
            (What::Boot { .. }, _) | (_, None) => Millis::ZERO,
            (_, Some(before)) => since(before, leaf.at),
        };
        month.time_on = month.time_on.plus(passed);
        match &leaf.is {
            What::Boot { .. } => month.boots += 1,
            What::Feedback(voice::Feedback { about, .. }) => {
                month.feedback += 1;
                month.wishes += u64::from(*about == About::Wish);
            }
            What::Item { item, made_here, .. } if *made_here || self.films.contains_key(item) => {
                self.films.entry(*item).or_default().made_here = *made_here;
            }
            What::Rating(voice::Rating {
                member, item, stars, ..
            }) => {
                let film = self.films.entry(*item).or_default();
                film.stars.insert(member.clone(), *stars);
            }
            What::Wished(voice::Wished { item, members }) if *members > 0 || self.films.contains_key(item) => {
                self.films.entry(*item).or_default().wishes = *members;
            }
            What::Quiz(voice::Quiz {
                item, right, questions, ..
            }) => {
                let film = self.films.entry(*item).or_default();
                film.answers += 1;
                film.right += u64::from(*right);
                film.questions += u64::from(*questions);
            }
            _ => {}
        }
    }

    /// Somebody earned so much alone, from the opening of his session on.
    pub(super) fn was_open(&mut self, opened: At, earned: Millis) {
        let until = opened.wall.saturating_add(i64::try_from(earned.0).unwrap_or(0));
        let month = self.months.entry(month_of(opened)).or_default();
        month.open = month.open.union(&between(opened, until));
    }

    /// A member comes, to a session or to a screening that was opened at this time. Without a date nobody can say when.
    pub(super) fn comes(&mut self, member: &MemberId, session: SessionId, opened: At) {
        if opened.trust == Trust::Unset {
            return;
        }
        let stay = Stay {
            session,
            from: opened.wall,
            to: opened.wall,
        };
        let stays = self.stays.entry((member.clone(), month_of(opened))).or_default();
        stays.push(stay);
    }

    /// He goes. A clock that went back, or was lost, says nothing of how long he was there.
    pub(super) fn goes(&mut self, member: &MemberId, session: SessionId, opened: At, at: At) {
        let Some(stays) = self.stays.get_mut(&(member.clone(), month_of(opened))) else {
            return;
        };
        if at.trust == Trust::Unset || at.wall < opened.wall {
            stays.retain(|stay| stay.session != session);
        }
        for stay in stays.iter_mut().filter(|stay| stay.session == session) {
            stay.to = at.wall;
        }
    }

    /// An evening is over: its people go, and its month counts it.
    pub(super) fn evening_is_over(&mut self, screening: SessionId) {
        let Some(room) = self.rooms.get(&screening) else { return };
        let Some((at, _)) = room.ended else { return };
        let is_expected = |member: &&MemberId| {
            let listed = self.members.get(*member);
            listed.is_some_and(|listed| {
                listed.migrant != "out" && (room.branches.is_empty() || room.branches.contains(&listed.branch))
            })
        };
        let (due, came) = (u64::from(room.due), room.came.keys().filter(is_expected).count() as u64);
        let (opened, people): (At, Vec<MemberId>) = (room.opened, room.came.keys().cloned().collect());
        let somebody_came = room.shown > Millis::ZERO && (!room.came.is_empty() || room.guests > 0);
        let evening = Month {
            open: if somebody_came {
                between(opened, at.wall)
            } else {
                Intervals::none()
            },
            screenings: u64::from(room.shown > Millis::ZERO),
            shown: room.shown,
            unattended: room.unattended,
            guests: u64::from(room.guests),
            due: if room.shown > Millis::ZERO { due } else { 0 },
            came: if room.shown > Millis::ZERO { came.min(due) } else { 0 },
            ..Month::default()
        };
        let month = self.months.entry(month_of(opened)).or_default();
        *month = std::mem::take(month).plus(&evening);
        for member in people {
            self.goes(&member, screening, opened, at);
        }
    }
}
