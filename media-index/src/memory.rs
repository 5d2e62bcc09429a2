//! A [`Keep`] that forgets with the program: for tests, and for a station whose index cannot be written.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Change, ItemId, Keep, KeepError, Maps, Outcome, Place, Record, RootId, TimeMap};

#[derive(Debug, Default)]
struct Held {
    records: BTreeMap<Place, Record>,
    root: Option<RootId>,
    maps: HashMap<ItemId, TimeMap>,
}

/// Clones share what they hold, so that a test can start a second indexer with the memory of the first.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Held>>);

impl Memory {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn set(&mut self, record: &Record) {
        let mut record = record.clone();
        if let Outcome::Whole(whole) = &mut record.outcome {
            let map = std::mem::replace(&mut Arc::make_mut(whole).facts.map, TimeMap::elsewhere());
            self.maps.insert(whole.id, map);
        }
        self.records.insert(record.place.clone(), record);
    }
}

impl Keep for Memory {
    fn load(&mut self, each: &mut dyn FnMut(Record)) -> Result<Option<RootId>, KeepError> {
        let held = self.held();
        held.records.values().cloned().for_each(each);
        Ok(held.root)
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), KeepError> {
        let mut held = self.held();
        for change in changes {
            match change {
                Change::Set(record) => held.set(record),
                Change::Moved { from, to } => {
                    held.records.remove(from);
                    held.records.insert(to.place.clone(), to.clone());
                }
                Change::Gone(place) => drop(held.records.remove(place)),
                Change::Root(root) => held.root = Some(*root),
            }
        }
        Ok(())
    }

    fn maps(&self) -> Arc<dyn Maps> {
        Arc::new(self.clone())
    }
}

impl Maps for Memory {
    fn map(&self, content: &ItemId) -> Result<TimeMap, KeepError> {
        Ok(self
            .held()
            .maps
            .get(content)
            .cloned()
            .unwrap_or_else(TimeMap::elsewhere))
    }
}
