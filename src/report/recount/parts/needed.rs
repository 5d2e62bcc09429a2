//! Which parts of a count a leaf touches, before it is counted.

use std::collections::BTreeSet;

use super::super::sides::month_of;
use super::super::time::UNDER_WAY;
use super::super::{Leaf, Origin, Recount, SessionId, What};
use super::Key;
use crate::credit::settling::STRETCH;
use crate::ledger::voice;

impl Recount {
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

    /// The parts that [`Self::settle_seen`] touches and that are not here. Ask again when they were brought: what the visits
    /// decide is known once all stretches are here, and what they leave open is not touched.
    pub fn missing_to_settle(&self) -> Vec<Key> {
        if self.known.is_none() || self.settling.is_idle() {
            return Vec::new();
        }
        let stretches = self.not_here(self.all_stretches());
        if !stretches.is_empty() {
            return stretches;
        }
        let mut keys = BTreeSet::new();
        for one in self.settling.decided() {
            self.of_leaf(one.span, &mut keys);
        }
        self.not_here(keys)
    }

    /// The parts that [`Self::after`] needs of a count that was settled: what stays without a year is handed on.
    pub fn missing_to_hand_on(&self) -> Vec<Key> {
        if self.known.is_none() || self.settling.is_idle() {
            return Vec::new();
        }
        let mut keys = BTreeSet::new();
        for (span, _) in self.settling.undecided() {
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
            What::Rating(voice::Rating { item, .. })
            | What::Quiz(voice::Quiz { item, .. })
            | What::Wished(voice::Wished { item, .. }) => {
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
                keys.insert(Key::Pair(member.clone(), *item));
                keys.extend(second.clone().map(Key::Member));
                keys.insert(Key::Leaf(self.next));
                self.of_leaf(*of, keys);
            }
            What::Settled { spans, .. } => {
                keys.extend(self.all_stretches());
                for (span, _) in spans {
                    self.of_leaf(*span, keys);
                }
            }
            What::SettledBefore { log, spans, .. } => {
                let open = self.rulings.open_of(log, spans);
                keys.extend(open.iter().map(|one| Key::Pair(one.pair.0.clone(), one.pair.1)));
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
            What::Attend {
                screening,
                member,
                home,
                ..
            } => {
                keys.insert(Key::Session(*screening));
                keys.extend(home.as_ref().map(|_| Key::Member(member.clone())));
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
}
