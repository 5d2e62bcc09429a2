//! Counting again, from the first leaf, or from where a count was put down.
//!
//! A count is made of small [`parts`]: a member's time in each boot, the media of a member and an item, a session. It may
//! be put down after any leaf and taken up again with those parts alone that the next leaves touch, so that a pull of a
//! few leaves costs what they cost, however long the log is.

mod corrections;
mod evenings;
mod found;
mod parts;
mod rulings;
mod sessions;
mod settled;
mod sides;
mod time;

use std::collections::{BTreeMap, HashMap, HashSet};

use super::room::RoomFacts;
use crate::credit::settling::Settling;
use crate::ledger::{At, Home, Leaf, Listed, What};
use crate::types::{Intervals, ItemId, MemberId, Millis, Origin, SessionId, Year};
pub use corrections::Correction;
use corrections::Place;
use ed25519_dalek::VerifyingKey;
pub use found::{Anomaly, Credit, SessionFacts, year_of};
pub use parts::{Key, Unreadable};
use rulings::Rulings;
pub use rulings::Undecided;
pub use sides::{Film, Month, Stay, month_of};
use time::SinceVisit;

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
    /// What of spans of this log, which has ended, had earned in a later one when their year was decided.
    twice: HashMap<u64, Intervals>,
    /// What must be known to believe a district's decisions, and the key of the one that counts.
    rulings: Rulings,
    own: Option<(Origin, VerifyingKey)>,
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
            rulings: before.rulings_after(),
            own: before.own.clone(),
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
        if let Some(leaf) = &leaf {
            self.note_names(index, &leaf.is);
            self.settled(index, leaf);
        }
        self.settling.look(leaf.as_ref());
        let Some(leaf) = leaf else { return };
        self.note_aside(&leaf);
        self.check_clock(index, leaf.at);
        match leaf.is {
            What::Genesis { after, .. } if index == 0 && !after.as_ref().is_some_and(|past| past.carried) => {
                self.union.clear();
                self.rulings.lose_open();
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
            What::Unruled { signed, .. } if self.ruling(index, &signed).is_none() => {
                self.anomalies.push(Anomaly::Unfit(index));
            }
            What::Restored { .. } => self.anomalies.push(Anomaly::Restored(index)),
            What::RollbackSuspected { .. } => self.anomalies.push(Anomaly::RollbackSuspected(index)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
