//! What lies in the folder and is no item: subtitles, and what was left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::catalogue::{Standing, Trouble};
use crate::scan::Found;
use crate::{Damage, Place, sidecar};

#[derive(Clone, PartialEq, Default)]
pub(super) struct Others {
    pub(super) subtitles: BTreeSet<Place>,
    refused: BTreeMap<Place, Damage>,
}

impl Others {
    /// Takes over what a walk of `below` found there.
    pub(super) fn note(&mut self, below: &Path, found: &Found) {
        let is_stale = |place: &Place| place.path().starts_with(below) && !found.is_unread(place);
        self.subtitles.retain(|place| !is_stale(place));
        self.refused.retain(|place, _| !place.path().starts_with(below));
        let places = found.files.iter().map(|(place, _)| place);
        self.subtitles
            .extend(places.filter(|place| sidecar::is_subtitle(place)).cloned());
        self.refused.extend(found.refused.iter().cloned());
    }

    pub(super) fn troubles(&self) -> impl Iterator<Item = Trouble> {
        self.refused.iter().map(|(place, damage)| Trouble {
            place: place.clone(),
            standing: Standing::Damaged(damage.clone()),
        })
    }
}
