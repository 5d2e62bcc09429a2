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

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::sides::{Film, Month, Stay, month_of};
use super::time::{SinceVisit, UNDER_WAY};
use super::{At, Credit, Intervals, ItemId, Leaf, Listed, MemberId, Millis, Origin, Place, Recount, RoomFacts};
use super::{SessionFacts, SessionId, What, Year};
use crate::credit::settling::{Opening, STRETCH, Settling, Stretch, Thread};

/// The name of a part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// How far it went.
    Thread,
    /// A month of the station.
    Month(u32),
    /// Title, class and length of an item.
    Item(ItemId),
    /// What people say of an item.
    Film(ItemId),
    /// A member: how he is listed, and his time by boot.
    Member(MemberId),
    /// The media that a member has of an item.
    Pair(MemberId, ItemId),
    /// A session or a screening.
    Session(SessionId),
    /// The credit of a leaf, or the screening that it ended.
    Leaf(u64),
    /// Where the leaves of a stretch stand.
    Stretch(u64),
    /// When a member was here, by the month of coming.
    Stays(u32, MemberId),
}

impl Key {
    /// The kind of part, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Month(_) => "month",
            Self::Item(_) => "item",
            Self::Film(_) => "film",
            Self::Member(_) => "member",
            Self::Pair(..) => "pair",
            Self::Session(_) => "session",
            Self::Leaf(_) => "leaf",
            Self::Stretch(_) => "stretch",
            Self::Stays(..) => "stays",
        }
    }

    /// Its name among those of its kind.
    pub fn name(&self) -> String {
        match self {
            Self::Thread => String::new(),
            Self::Month(month) => month.to_string(),
            Self::Item(item) | Self::Film(item) => item.to_string(),
            Self::Member(member) => member.to_string(),
            Self::Pair(member, item) => format!("{member}/{item}"),
            Self::Session(session) => session.to_string(),
            Self::Leaf(n) | Self::Stretch(n) => n.to_string(),
            Self::Stays(month, member) => format!("{month}/{member}"),
        }
    }
}

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
}

type ItemPart = (String, Option<String>, Millis);

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct MemberPart {
    listed: Option<Listed>,
    earned: BTreeMap<u32, u64>,
    left: BTreeMap<u32, u64>,
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

    /// The parts that the next leaf touches and that are not here. Ask again when they were brought.
    pub fn missing(&self, leaf: Option<&Leaf>) -> Vec<Key> {
        if self.known.is_none() {
            return Vec::new();
        }
        let mut keys = BTreeSet::from([Key::Stretch(self.next / STRETCH)]);
        if let Some(leaf) = leaf {
            keys.insert(Key::Month(month_of(leaf.at)));
            self.touched(leaf, &mut keys);
        }
        self.not_here(keys)
    }

    /// Whether the leaves leave no year open: then no visit of ours says anything that they do not.
    pub fn is_settled(&self) -> bool {
        self.settling.is_idle()
    }

    /// The parts that [`Self::settle_rest`] touches and that are not here. Ask again when they were brought.
    pub fn missing_to_settle(&self) -> Vec<Key> {
        if self.known.is_none() || self.settling.is_idle() {
            return Vec::new();
        }
        let mut keys = self.all_stretches();
        for span in self.settling.unsure_spans() {
            self.of_leaf(span, &mut keys);
        }
        self.not_here(keys)
    }

    fn not_here(&self, keys: BTreeSet<Key>) -> Vec<Key> {
        let is_here = |key: &Key| self.known.as_ref().is_none_or(|known| known.contains(key));
        keys.into_iter().filter(|key| !is_here(key)).collect()
    }

    fn all_stretches(&self) -> BTreeSet<Key> {
        (0..self.next.div_ceil(STRETCH)).map(Key::Stretch).collect()
    }

    fn touched(&self, leaf: &Leaf, keys: &mut BTreeSet<Key>) {
        let month = month_of(leaf.at);
        match &leaf.is {
            What::Roster { changed, .. } => {
                keys.extend(changed.iter().map(|listed| Key::Member(listed.member.clone())));
            }
            What::Item { item, .. } => keys.extend([Key::Item(*item), Key::Film(*item)]),
            What::Rating { item, .. } | What::Quiz { item, .. } | What::Wished { item, .. } => {
                keys.insert(Key::Film(*item));
            }
            What::Open {
                session, member, item, ..
            } => keys.extend([
                Key::Session(*session),
                Key::Pair(member.clone(), *item),
                Key::Stays(month, member.clone()),
            ]),
            What::Span {
                session, member, item, ..
            } => {
                let (member, index) = (member.clone(), Key::Leaf(self.next));
                keys.extend([
                    Key::Session(*session),
                    Key::Item(*item),
                    Key::Member(member.clone()),
                    index,
                ]);
                keys.insert(Key::Pair(member, *item));
                self.of_session(*session, keys);
            }
            What::Close { session, .. } => {
                keys.insert(Key::Session(*session));
                self.of_session(*session, keys);
            }
            What::CheckpointSeen { district, size, .. } => self.touched_by_visit(district, *size, keys),
            What::Correct {
                of,
                member,
                item,
                second,
                ..
            } => {
                keys.extend([Key::Pair(member.clone(), *item), Key::Member(second.clone())]);
                keys.insert(Key::Leaf(self.next));
                self.of_leaf(*of, keys);
            }
            What::Settled { spans, .. } => {
                keys.extend(self.all_stretches());
                for (span, _) in spans {
                    self.of_leaf(*span, keys);
                }
            }
            other => self.touched_of_room(other, keys),
        }
    }

    fn touched_by_visit(&self, district: &Origin, size: u64, keys: &mut BTreeSet<Key>) {
        keys.insert(Key::Stretch(size.saturating_sub(1).min(self.next) / STRETCH));
        let last = self.visits.get(district);
        let earned = last
            .into_iter()
            .flat_map(|visit| visit.earned.keys().chain(visit.on_the_way.keys()));
        keys.extend(earned.cloned().map(Key::Member));
        // What was earned while the cosignature was under way.
        let first = last.map_or(size, |last| last.unseen_from(size));
        let first = first.max(self.next.saturating_sub(UNDER_WAY));
        keys.extend((first..self.next).map(Key::Leaf));
    }

    fn touched_of_room(&self, is: &What, keys: &mut BTreeSet<Key>) {
        match is {
            What::Attend { screening, member, .. } => {
                keys.insert(Key::Session(*screening));
                if let Some(room) = self.rooms.get(screening) {
                    keys.insert(Key::Stays(month_of(room.opened), member.clone()));
                }
            }
            What::Screened { screening, .. } => {
                keys.extend([Key::Session(*screening), Key::Leaf(self.next)]);
                self.of_room(*screening, keys);
            }
            What::Screening { screening, .. } | What::Shown { screening, .. } | What::Check { screening, .. } => {
                keys.insert(Key::Session(*screening));
            }
            _ => {}
        }
    }

    /// What a session points to, if it is here: its member, his media of the item, his stay.
    fn of_session(&self, session: SessionId, keys: &mut BTreeSet<Key>) {
        if let Some((Some((member, item)), _)) = self.settling.openings().get(&session) {
            keys.insert(Key::Pair(member.clone(), *item));
        }
        let facts = self.by_id.get(&session).and_then(|index| self.sessions.get(index));
        if let Some(facts) = facts {
            let month = month_of(facts.opened);
            keys.extend([
                Key::Member(facts.member.clone()),
                Key::Month(month),
                Key::Stays(month, facts.member.clone()),
            ]);
        }
    }

    /// What a screening points to, if it is here: its month and its people.
    fn of_room(&self, screening: SessionId, keys: &mut BTreeSet<Key>) {
        let Some(room) = self.rooms.get(&screening) else { return };
        let month = month_of(room.opened);
        keys.insert(Key::Month(month));
        for member in room.came.keys() {
            keys.extend([Key::Member(member.clone()), Key::Stays(month, member.clone())]);
        }
    }

    /// A leaf that gave credit or ended a screening, and what it points to, if it is here.
    fn of_leaf(&self, index: u64, keys: &mut BTreeSet<Key>) {
        keys.insert(Key::Leaf(index));
        keys.extend(self.screened.get(&index).map(|screening| Key::Session(*screening)));
        if let Some(place) = self.places.get(&index) {
            let credit = &self.credits[place.credit];
            keys.insert(Key::Pair(credit.member.clone(), credit.item));
            keys.extend(place.session.map(Key::Session));
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
            .collect();
        for member in names {
            let part = MemberPart {
                listed: self.members.get(member).cloned(),
                earned: self.earned_in_boot.get(member).cloned().unwrap_or_default(),
                left: self.left.get(member).cloned().unwrap_or_default(),
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
