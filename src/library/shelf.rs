//! Catalogue and marks together, prepared for reading.

use std::collections::HashSet;
use std::sync::Arc;

use media_index::{Catalogue, Item};

use super::Approval;
use super::entry;
use super::lines::{self, Lines, Row, Words};
use super::made::AllMade;
use super::marks::{Mark, Marks};
use crate::types::ItemId;

/// Who vets, and what the district approved.
#[derive(Debug, Default)]
pub(super) struct Vetting {
    pub(super) approval: Approval,
    pub(super) listed: HashSet<ItemId>,
}

impl Vetting {
    pub(super) fn passes(&self, item: &ItemId, mark: &Mark) -> bool {
        match self.approval {
            Approval::Folder => true,
            Approval::Desk => mark.approved,
            Approval::District => self.listed.contains(item),
        }
    }
}

/// The lines, the latest arrivals first.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// The snapshot that it was made of; none before the first.
    catalogue: Option<Arc<Catalogue>>,
    rows: Arc<Vec<Row>>,
    words: Words,
    /// For each item of the catalogue, by number, the place of its row.
    by_number: Vec<u32>,
}

impl Shelf {
    pub(super) fn is_of(&self, catalogue: &Catalogue) -> bool {
        let held = self.catalogue.as_ref();
        held.is_some_and(|held| held.generation == catalogue.generation)
    }

    pub(super) fn build(catalogue: Arc<Catalogue>, marks: &Marks, made: &AllMade, vetting: &Vetting) -> Self {
        let mut words = Words::default();
        let rows = lines::rows(&catalogue, marks, made, vetting, &mut words);
        Self {
            by_number: lines::by_number(&rows, &catalogue),
            catalogue: Some(catalogue),
            rows: Arc::new(rows),
            words,
        }
    }

    /// One item's line again, after somebody decided about it or something was made of it. It stays where it is.
    pub(super) fn renew(&mut self, item: &Item, marks: &Marks, made: &AllMade, vetting: &Vetting) {
        let Some(catalogue) = &self.catalogue else { return };
        let Some(n) = catalogue.number_of(&item.id) else { return };
        let mark = marks.get(&item.id);
        let approved = vetting.passes(&item.id, &mark);
        let fresh = entry::of_item(item, &mark, made.get(&item.id), approved, catalogue.offline);
        if let Some(row) = Arc::make_mut(&mut self.rows).get_mut(self.by_number[n] as usize) {
            *row = row.again(&fresh, &mut self.words);
        }
    }

    /// The lines as they are now; none before the first snapshot was taken in.
    pub(super) fn lines(&self, marks: &Arc<Marks>, made: &Arc<AllMade>) -> Lines {
        Lines {
            catalogue: self.catalogue.clone().unwrap_or_default(),
            rows: Arc::clone(&self.rows),
            words: self.words.all(),
            marks: Arc::clone(marks),
            made: Arc::clone(made),
        }
    }

    /// Which line is an item's.
    pub(super) fn place_of(&self, id: &ItemId) -> Option<usize> {
        let n = self.catalogue.as_ref()?.number_of(id)?;
        self.by_number.get(n).map(|place| *place as usize)
    }
}
