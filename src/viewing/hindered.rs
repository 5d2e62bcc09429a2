//! When the station could record nothing, as far as it noticed by what it refused: a full disk, one that turned read-only.

use std::sync::{Arc, Mutex, PoisonError};

use crate::credit::rule::Hindered;
use crate::types::Millis;

/// Phones come again after 15 s at most; refusals further apart than this are two troubles.
const APART: Millis = Millis::secs(120);

/// The newest such time. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubled(Arc<Mutex<Option<Hindered>>>);

impl Troubled {
    /// An act was refused at this moment, because the disk did not take it.
    pub(super) fn note(&self, now: Millis) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = newest
            .filter(|before| now <= before.to.plus(APART))
            .map_or(now, |before| before.from);
        *newest = Some(Hindered { from, to: now });
    }

    pub(super) fn newest(&self) -> Option<Hindered> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
