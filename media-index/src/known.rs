//! Every file that was looked into, by place. The places stand in the cards alone: a second copy of twenty thousand paths
//! would be a tenth of what a small station holds.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::Path;

use crate::{Card, Place};

/// The cards, in the order of their places.
#[derive(Debug, Clone, Default)]
pub struct Known(BTreeSet<Placed>);

/// A card, told by where its file lies.
#[derive(Debug, Clone)]
struct Placed(Card);

impl Known {
    /// The file at this place.
    pub fn get(&self, place: &Place) -> Option<&Card> {
        self.0.get(place.bytes()).map(|placed| &placed.0)
    }

    /// Takes a card in; the one of the same place goes.
    pub fn insert(&mut self, card: Card) {
        self.0.replace(Placed(card));
    }

    /// Forgets a file.
    pub fn remove(&mut self, place: &Place) {
        self.0.remove(place.bytes());
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        self.0.iter().map(|placed| &placed.0)
    }

    /// What is known at `below` and under it. What lies under it is together, since places are ordered by their bytes.
    pub fn below(&self, below: &Path) -> impl Iterator<Item = &Card> {
        let itself = self.get(&Place::new(below.to_owned()));
        // `join` with nothing ends the path in a slash; for the root it stays empty, which everything begins with.
        let folder = Place::new(below.join(""));
        let from = (Bound::Included(folder.bytes()), Bound::Unbounded);
        let under = self.0.range::<[u8], _>(from).map(|placed| &placed.0);
        itself
            .into_iter()
            .chain(under.take_while(move |card| card.place_bytes().starts_with(folder.bytes())))
    }
}

impl FromIterator<Card> for Known {
    /// All at once: one by one they would take half as much memory again.
    fn from_iter<T: IntoIterator<Item = Card>>(cards: T) -> Self {
        Self(cards.into_iter().map(Placed).collect())
    }
}

impl Borrow<[u8]> for Placed {
    fn borrow(&self) -> &[u8] {
        self.0.place_bytes()
    }
}

impl Ord for Placed {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.place_bytes().cmp(other.0.place_bytes())
    }
}

impl PartialOrd for Placed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Placed {
    fn eq(&self, other: &Self) -> bool {
        self.0.place_bytes() == other.0.place_bytes()
    }
}

impl Eq for Placed {}
