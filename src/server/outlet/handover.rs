//! Where hyper leaves a film that it has announced.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::body::Held;
use super::warmth::Warmth;
use crate::http::{FileBody, Piece};

/// A film that is to be sent now.
pub(in crate::server) struct Film {
    pub(super) body: FileBody,
    pub(super) warmth: Warmth,
    /// Whether another request may follow on this connection.
    pub(in crate::server) goes_on: bool,
    pub(super) _held: Held,
}

impl Film {
    /// Whether its first bytes are in memory; what is found out here is known to the sending later.
    fn begins_warm(&mut self) -> bool {
        match self.body.pieces.front() {
            Some(Piece::File(range)) => self.warmth.is_warm(&self.body.file, range),
            _ => true,
        }
    }
}

impl fmt::Debug for Film {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.body.fmt(f)
    }
}

/// One connection's place for one film. Cheap to clone.
#[derive(Clone, Default)]
pub(in crate::server) struct Handover(Arc<Mutex<Place>>);

#[derive(Default)]
struct Place {
    film: Option<Film>,
    head_is_out: bool,
}

impl Handover {
    fn lock(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// hyper has buffered the head and asks for the body.
    pub(super) fn leave(&self, film: Film) {
        let mut place = self.lock();
        place.film = Some(film);
        place.head_is_out = false;
    }

    /// Whether what is written now is soon followed by a film from memory, and may share a segment with it.
    pub(super) fn follows_at_once(&self) -> bool {
        self.lock().film.as_mut().is_some_and(Film::begins_warm)
    }

    /// hyper has written all that it had. If a film lies here, its head was part of that.
    pub(super) fn all_is_written(&self) {
        let mut place = self.lock();
        place.head_is_out = place.film.is_some();
    }

    /// The film whose head is out.
    pub(in crate::server) fn take(&self) -> Option<Film> {
        let mut place = self.lock();
        if place.head_is_out { place.film.take() } else { None }
    }
}
