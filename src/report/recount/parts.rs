//! A count put down and taken up again: of which parts it is made, which of them a leaf touches, and how they are written.
//!
//! 1. [`Recount::resume`] takes up the thread: how far the count went, the clock of the last leaf, the visits since.
//! 2. Before a leaf is counted, [`Recount::missing`] names the parts that it touches and that are not here. Whoever keeps
//!    them brings each with [`Recount::bring`], also if there is none of that name. A part may point to others (a close to
//!    its session, that to its member), so it is asked again until nothing is missing.
//! 3. [`Recount::parts`] are what is kept: of a count that went on, those that it touched; of a whole one, all.
//!
//! Nothing here decides anything. A count that goes on in pieces has the same parts as one from the first leaf on, to the
//! byte; `recount/parts/tests.rs` holds it to that over random histories.

mod key;
mod needed;

use std::collections::{BTreeMap, BTreeSet, HashSet};

pub use key::Key;
use serde::{Deserialize, Serialize};

use super::rulings::Rulings;
use super::sides::{Film, Month, Stay};
use super::time::SinceVisit;
use super::{At, Credit, Home, Intervals, ItemId, Listed, MemberId, Millis, Origin, Place, Recount, RoomFacts};
use super::{SessionFacts, SessionId, Year};
use crate::credit::settling::{Opening, Settling, Stretch, Thread};

/// A part that cannot be read: the count must begin at the first leaf again.
#[derive(Debug, thiserror::Error)]
#[error("the part {kind} {name:?} of a count cannot be read: {why}")]
pub struct Unreadable {
    kind: &'static str,
    name: String,
    why: serde_json::Error,
}

#[derive(Serialize, Deserialize)]
struct Head {
    next: u64,
    last: Option<At>,
    visits: BTreeMap<Origin, SinceVisit>,
    settling: Thread,
    #[serde(default)]
    rulings: Rulings,
}

type ItemPart = (String, Option<String>, Millis);

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct MemberPart {
    listed: Option<Listed>,
    earned: BTreeMap<u32, u64>,
    left: BTreeMap<u32, u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    home: Option<Home>,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct PairPart {
    years: BTreeMap<u16, Intervals>,
    since: Option<u64>,
}

#[derive(Default, Serialize, Deserialize)]
struct SessionPart {
    facts: Option<(u64, SessionFacts)>,
    room: Option<RoomFacts>,
    opening: Option<Opening>,
}

#[derive(Serialize, Deserialize)]
enum LeafPart {
    Credit {
        credit: Credit,
        session: Option<SessionId>,
        free: Intervals,
    },
    Ended(SessionId),
}

impl Recount {
    /// Takes up a count that was put down. `thread` is the part of that name.
    pub fn resume(thread: &str) -> Result<Self, Unreadable> {
        let head: Head = read(&Key::Thread, thread)?;
        Ok(Self {
            next: head.next,
            last: head.last,
            visits: head.visits,
            settling: Settling::resume(head.settling),
            rulings: head.rulings,
            known: Some(HashSet::from([Key::Thread])),
            ..Self::default()
        })
    }

    /// Brings a part, or that there is none of this name.
    pub fn bring(&mut self, key: Key, part: Option<&str>) -> Result<(), Unreadable> {
        if let Some(text) = part {
            self.take(&key, text)?;
        }
        if let Some(known) = &mut self.known {
            known.insert(key);
        }
        Ok(())
    }

    fn take(&mut self, key: &Key, text: &str) -> Result<(), Unreadable> {
        match key {
            Key::Thread => {}
            Key::Month(month) => drop(self.months.insert(*month, read::<Month>(key, text)?)),
            Key::Item(item) => drop(self.items.insert(*item, read::<ItemPart>(key, text)?)),
            Key::Film(item) => drop(self.films.insert(*item, read::<Film>(key, text)?)),
            Key::Stays(month, member) => {
                self.stays
                    .insert((member.clone(), *month), read::<Vec<Stay>>(key, text)?);
            }
            Key::Stretch(number) => self.settling.bring_stretch(*number, read::<Stretch>(key, text)?),
            Key::Member(member) => self.take_member(member, read(key, text)?),
            Key::Pair(member, item) => self.take_pair(member, *item, read(key, text)?),
            Key::Session(session) => self.take_session(*session, read(key, text)?),
            Key::Leaf(index) => self.take_leaf(*index, read(key, text)?),
        }
        Ok(())
    }

    fn take_member(&mut self, member: &MemberId, part: MemberPart) {
        if let Some(listed) = part.listed {
            self.members.insert(member.clone(), listed);
        }
        if let Some(home) = part.home {
            self.homes.insert(member.clone(), home);
        }
        self.earned_in_boot.insert(member.clone(), part.earned);
        self.left.insert(member.clone(), part.left);
    }

    fn take_pair(&mut self, member: &MemberId, item: ItemId, part: PairPart) {
        let years = part.years.into_iter().map(|(year, media)| (Year(year), media));
        self.union.insert((member.clone(), item), years.collect());
        if let Some(since) = part.since {
            self.settling.bring_pending((member.clone(), item), since);
        }
    }

    fn take_session(&mut self, session: SessionId, part: SessionPart) {
        if let Some((index, facts)) = part.facts {
            self.by_id.insert(session, index);
            self.sessions.insert(index, facts);
        }
        if let Some(room) = part.room {
            self.rooms.insert(session, room);
        }
        if let Some(opening) = part.opening {
            self.settling.bring_opening(session, opening);
        }
    }

    fn take_leaf(&mut self, index: u64, part: LeafPart) {
        match part {
            LeafPart::Ended(screening) => drop(self.screened.insert(index, screening)),
            LeafPart::Credit { credit, session, free } => {
                let place = Place {
                    credit: self.credits.len(),
                    session,
                    free,
                };
                self.places.insert(index, place);
                self.credits.push(credit);
            }
        }
    }

    /// Every part that is here and not empty, as it is kept.
    pub fn parts(&self) -> BTreeMap<Key, String> {
        let mut parts = BTreeMap::new();
        let head = Head {
            next: self.next,
            last: self.last,
            visits: self.visits.clone(),
            settling: self.settling.thread(),
            rulings: self.rulings.clone(),
        };
        parts.insert(Key::Thread, text(&head));
        let months = self.months.iter().filter(|(_, month)| **month != Month::default());
        parts.extend(months.map(|(month, facts)| (Key::Month(*month), text(facts))));
        parts.extend(self.items.iter().map(|(item, facts)| (Key::Item(*item), text(facts))));
        parts.extend(self.films.iter().map(|(item, film)| (Key::Film(*item), text(film))));
        let stays = self.stays.iter().filter(|(_, stays)| !stays.is_empty());
        parts.extend(stays.map(|((member, month), stays)| (Key::Stays(*month, member.clone()), text(stays))));
        let stretches = self.settling.stretches();
        parts.extend(stretches.map(|(number, stretch)| (Key::Stretch(number), text(stretch))));
        self.member_parts(&mut parts);
        self.pair_parts(&mut parts);
        self.session_parts(&mut parts);
        self.leaf_parts(&mut parts);
        parts
    }

    fn member_parts(&self, parts: &mut BTreeMap<Key, String>) {
        let names: BTreeSet<&MemberId> = self
            .members
            .keys()
            .chain(self.earned_in_boot.keys())
            .chain(self.left.keys())
            .chain(self.homes.keys())
            .collect();
        for member in names {
            let part = MemberPart {
                listed: self.members.get(member).cloned(),
                earned: self.earned_in_boot.get(member).cloned().unwrap_or_default(),
                left: self.left.get(member).cloned().unwrap_or_default(),
                home: self.homes.get(member).cloned(),
            };
            if part != MemberPart::default() {
                parts.insert(Key::Member(member.clone()), text(&part));
            }
        }
    }

    fn pair_parts(&self, parts: &mut BTreeMap<Key, String>) {
        let names: BTreeSet<&(MemberId, ItemId)> = self.union.keys().chain(self.settling.pending().keys()).collect();
        for pair in names {
            let years = self
                .union
                .get(pair)
                .into_iter()
                .flatten()
                .filter(|(_, media)| !media.is_empty());
            let part = PairPart {
                years: years.map(|(year, media)| (year.0, media.clone())).collect(),
                since: self.settling.pending().get(pair).copied(),
            };
            if part != PairPart::default() {
                parts.insert(Key::Pair(pair.0.clone(), pair.1), text(&part));
            }
        }
    }

    fn session_parts(&self, parts: &mut BTreeMap<Key, String>) {
        let openings = self.settling.openings();
        let names: BTreeSet<&SessionId> = self
            .by_id
            .keys()
            .chain(self.rooms.keys())
            .chain(openings.keys())
            .collect();
        for session in names {
            let index = self.by_id.get(session);
            let facts = index.and_then(|index| Some((*index, self.sessions.get(index)?.clone())));
            let part = SessionPart {
                facts,
                room: self.rooms.get(session).cloned(),
                opening: openings.get(session).cloned(),
            };
            parts.insert(Key::Session(*session), text(&part));
        }
    }

    fn leaf_parts(&self, parts: &mut BTreeMap<Key, String>) {
        for (index, screening) in &self.screened {
            parts.insert(Key::Leaf(*index), text(&LeafPart::Ended(*screening)));
        }
        for (index, place) in &self.places {
            let part = LeafPart::Credit {
                credit: self.credits[place.credit].clone(),
                session: place.session,
                free: place.free.clone(),
            };
            parts.insert(Key::Leaf(*index), text(&part));
        }
    }
}

fn read<T: for<'a> Deserialize<'a>>(key: &Key, text: &str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|why| Unreadable {
        kind: key.kind(),
        name: key.name(),
        why,
    })
}

fn text(part: &impl Serialize) -> String {
    serde_json::to_string(part).expect("parts hold no maps whose keys are not words or numbers")
}

#[cfg(test)]
mod tests;
