//! A [`Keep`] that forgets with the program: for tests, and for a station whose index cannot be written.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Change, Keep, KeepError, Kept};

/// Clones share what they hold, so that a test can start a second indexer with the memory of the first.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Kept>>);

impl Keep for Memory {
    fn load(&mut self) -> Result<Kept, KeepError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), KeepError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            match change {
                Change::Set(record) => {
                    kept.records.retain(|r| r.place != record.place);
                    kept.records.push(record.clone());
                }
                Change::Moved { from, to } => {
                    kept.records.retain(|r| r.place != *from && r.place != to.place);
                    kept.records.push(to.clone());
                }
                Change::Gone(place) => kept.records.retain(|r| r.place != *place),
                Change::Root(root) => kept.root = Some(*root),
            }
        }
        Ok(())
    }
}
