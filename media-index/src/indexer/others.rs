//! What lies in the folder and is no item: subtitles, notes about films, and what was left out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use crate::catalogue::{Standing, Trouble};
use crate::scan::Found;
use crate::sheet::{self, Note, Notes};
use crate::{Damage, Place, Stamp, beneath, sidecar};

/// More notes than a library of thousands has; what lies beyond them is not read.
const NOTES: usize = 20_000;

#[derive(Clone, PartialEq, Default)]
pub(super) struct Others {
    pub(super) subtitles: BTreeSet<Place>,
    pub(super) notes: Notes,
    refused: BTreeMap<Place, Damage>,
}

impl Others {
    /// Takes over what a walk of `below` found there.
    pub(super) fn note(&mut self, root: &Path, below: &Path, found: &Found) {
        let is_stale = |place: &Place| place.path().starts_with(below) && !found.is_unread(place);
        self.subtitles.retain(|place| !is_stale(place));
        self.refused.retain(|place, _| !place.path().starts_with(below));
        let places = found.files.iter().map(|(place, _)| place);
        self.subtitles
            .extend(places.filter(|place| sidecar::is_subtitle(place)).cloned());
        self.refused.extend(found.refused.iter().cloned());
        self.read_notes(root, &is_stale, found);
    }

    /// Reads what is new or changed; a note that cannot be read now is tried again with the next look.
    fn read_notes(&mut self, root: &Path, is_stale: &impl Fn(&Place) -> bool, found: &Found) {
        let there: BTreeMap<&Place, Stamp> = found
            .files
            .iter()
            .filter(|(place, _)| sheet::is_note(place))
            .map(|(place, stamp)| (place, *stamp))
            .collect();
        self.notes
            .retain(|place, (stamp, _)| !is_stale(place) || there.get(place) == Some(stamp));
        for (place, stamp) in there {
            if !self.notes.contains_key(place) && self.notes.len() < NOTES {
                self.notes
                    .extend(read_note(root, place).map(|note| (place.clone(), (stamp, note))));
            }
        }
    }

    /// Notes that nobody asked for may hold what they like.
    pub(super) fn troubles(&self, is_film: impl Fn(&Path) -> bool) -> Vec<Trouble> {
        let refused = self.refused.iter().map(|(place, damage)| (place, damage.clone()));
        let notes = self
            .notes
            .iter()
            .filter(|(place, (_, note))| !note.faults.is_empty() && sheet::belongs(place, &is_film));
        let notes = notes.map(|(place, (_, note))| (place, Damage::Note(note.faults.join("; "))));
        let trouble = |(place, damage): (&Place, Damage)| Trouble {
            place: place.clone(),
            standing: Standing::Damaged(damage),
        };
        refused.chain(notes).map(trouble).collect()
    }
}

fn read_note(root: &Path, place: &Place) -> Option<Note> {
    let file = beneath::open(root, place.path()).ok()?;
    let mut bytes = Vec::new();
    file.take(sheet::LIMIT + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > sheet::LIMIT {
        let faults = vec![format!("it is larger than {} KB", sheet::LIMIT / 1024)];
        return Some(Note {
            faults,
            ..Note::default()
        });
    }
    Some(sheet::read(place, &bytes))
}
