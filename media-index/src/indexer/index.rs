//! What is known, and the keeper that remembers it between runs.

use std::collections::HashMap;
use std::sync::Arc;

use crate::plan::Known;
use crate::{Card, Change, IndexError, ItemId, Keep, Maps, Outcome, Place, Record, RootId, Stamp};

pub(super) struct Index {
    keep: Box<dyn Keep>,
    known: Known,
    /// What could not be kept, in order; it is tried again with the next change and with each sweep.
    unkept: Vec<Change>,
    root: Option<RootId>,
    /// The turn in which each content arrived first. A film that is copied, taken out and put back, or moved from disk
    /// to disk is not a new film.
    arrivals: HashMap<ItemId, u64>,
    last_arrival: u64,
}

impl Index {
    pub(super) fn load(mut keep: Box<dyn Keep>) -> Result<Self, IndexError> {
        let (mut cards, mut arrivals) = (Vec::new(), HashMap::new());
        let root = keep.load(&mut |record| cards.push(met(&mut arrivals, record)))?;
        Ok(Self {
            keep,
            last_arrival: cards.iter().map(Card::arrival).max().unwrap_or(0),
            // All at once: one by one they would take half as much memory again.
            known: cards.into_iter().map(|card| (card.place().clone(), card)).collect(),
            unkept: Vec::new(),
            root,
            arrivals,
        })
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    pub(super) fn maps(&self) -> Arc<dyn Maps> {
        self.keep.maps()
    }

    pub(super) fn root(&self) -> Option<RootId> {
        self.root
    }

    /// A record of a file that was looked into just now.
    pub(super) fn record(&mut self, place: Place, stamp: Stamp, outcome: Outcome) -> Record {
        let before = match &outcome {
            Outcome::Whole(whole) => self.arrivals.get(&whole.id).copied(),
            Outcome::Damaged(_) => self.known.get(&place).map(Card::arrival),
        };
        let arrival = before.unwrap_or_else(|| {
            self.last_arrival += 1;
            self.last_arrival
        });
        Record {
            place,
            stamp,
            arrival,
            outcome,
        }
    }

    /// Whether something is known that could not be kept.
    pub(super) fn is_behind(&self) -> bool {
        !self.unkept.is_empty()
    }

    /// Keeps first, then knows: what is shown was kept. If it cannot be kept it is known all the same; the answer is
    /// the keeper's complaint.
    pub(super) fn apply(&mut self, changes: Vec<Change>) -> Option<String> {
        self.unkept.extend(changes.iter().cloned());
        let outcome = self.keep.apply(&self.unkept);
        if outcome.is_ok() {
            self.unkept = Vec::new();
        }
        for change in changes {
            match change {
                Change::Set(record) => self.know(record),
                Change::Moved { from, to } => {
                    self.known.remove(&from);
                    self.know(to);
                }
                Change::Gone(place) => drop(self.known.remove(&place)),
                Change::Root(root) => self.root = Some(root),
            }
        }
        outcome.err().map(|error| error.to_string())
    }

    fn know(&mut self, record: Record) {
        let card = met(&mut self.arrivals, record);
        self.known.insert(card.place().clone(), card);
    }
}

/// Notes when this content came first, and packs what is known.
fn met(arrivals: &mut HashMap<ItemId, u64>, record: Record) -> Card {
    let card = Card::from(record);
    if let Some((id, _)) = card.content() {
        let first = arrivals.entry(id).or_insert(card.arrival());
        *first = card.arrival().min(*first);
    }
    card
}
