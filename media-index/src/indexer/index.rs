//! What is known, and the keeper that remembers it between runs.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::{Card, Change, IndexError, ItemId, Keep, Known, Maps, Outcome, Place, Record, RootId, Stamp};

pub(super) struct Index {
    keep: Box<dyn Keep>,
    known: Known,
    /// What could not be kept, in order; it is tried again with the next change and with each sweep.
    unkept: Vec<Change>,
    root: Option<RootId>,
    arrivals: Arrivals,
    last_arrival: u64,
}

impl Index {
    pub(super) fn load(mut keep: Box<dyn Keep>) -> Result<Self, IndexError> {
        let (mut cards, mut arrivals) = (Vec::new(), Arrivals::default());
        let root = keep.load(&mut |record| {
            let card = Card::from(record);
            arrivals.note(&card);
            cards.push(card);
        })?;
        Ok(Self {
            keep,
            last_arrival: cards.iter().map(Card::arrival).max().unwrap_or(0),
            known: cards.into_iter().collect(),
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
            Outcome::Whole(whole) => self.arrivals.of(&whole.id),
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
        let before = self.unkept.len();
        self.unkept.extend(changes);
        let outcome = self.keep.apply(&self.unkept);
        let fresh: Vec<Change> = match outcome {
            Ok(()) => std::mem::take(&mut self.unkept).into_iter().skip(before).collect(),
            Err(_) => self.unkept[before..].to_vec(),
        };
        for change in fresh {
            match change {
                Change::Set(record) => self.know(record),
                Change::Moved { from, to } => {
                    self.known.remove(&from);
                    self.know(to);
                }
                Change::Gone(place) => self.known.remove(&place),
                Change::Root(root) => self.root = Some(root),
            }
        }
        outcome.err().map(|error| error.to_string())
    }

    fn know(&mut self, record: Record) {
        let card = Card::from(record);
        self.arrivals.note(&card);
        self.known.insert(card);
    }
}

/// The turn in which each content arrived first: on the first card with it, so that it costs a pointer. A film that is
/// copied, taken out and put back, or moved from disk to disk is not a new film.
#[derive(Default)]
struct Arrivals(HashSet<First>);

impl Arrivals {
    fn of(&self, content: &ItemId) -> Option<u64> {
        self.0.get(content.bytes()).map(|first| first.0.arrival())
    }

    fn note(&mut self, card: &Card) {
        let Some(id) = card.content_id() else { return };
        // Also the same turn on a newer card: the older one, of a place that is no more, need not be held.
        if self.of(&id).is_none_or(|first| card.arrival() <= first) {
            self.0.replace(First(card.clone()));
        }
    }
}

/// A card of a whole file, told by its content.
struct First(Card);

impl Borrow<[u8; 16]> for First {
    fn borrow(&self) -> &[u8; 16] {
        self.0.id_bytes()
    }
}

impl PartialEq for First {
    fn eq(&self, other: &Self) -> bool {
        self.0.id_bytes() == other.0.id_bytes()
    }
}

impl Eq for First {}

impl Hash for First {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id_bytes().hash(state);
    }
}
