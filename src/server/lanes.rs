//! Two event loops: one on which everything is answered that somebody waits for, and one on which films flow.
//!
//! A film is sent in turns of half a megabyte, and with sixty readers who take all they get such a round is ten
//! milliseconds: a beat, a check-in or the desk would wait for it at each of its steps. So a connection moves to the loop
//! of films when its first film begins, and stays there while it asks for nothing else; the next request of another kind
//! brings it back. A player changes once and then never again.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::limits::Guest;
use super::outlet::Film;

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Where connections come in, and what is small is answered.
    Desk,
    /// Where films flow.
    Films,
}

/// A connection on its way to a lane, without anything that belongs to the other one's event loop.
pub(super) struct Traveller {
    pub(super) to: Lane,
    pub(super) stream: TcpStream,
    /// What was read of its next request.
    pub(super) unread: Bytes,
    /// The film whose head is out.
    pub(super) film: Option<Box<Film>>,
    pub(super) peer: SocketAddr,
    pub(super) guest: Arc<Guest>,
}

/// Both loops.
#[derive(Debug)]
pub(super) struct Lanes {
    desk: Handle,
    films: Mutex<Option<Films>>,
}

/// The second loop and its thread, which ends when this is dropped.
#[derive(Debug)]
struct Films {
    handle: Handle,
    _end: oneshot::Sender<()>,
}

impl Lanes {
    /// This loop is the desk's. The other one begins with the first film: a district has none.
    pub(super) fn from_here() -> Self {
        Self {
            desk: Handle::current(),
            films: Mutex::new(None),
        }
    }

    /// The loop of a lane. Where a second one cannot be had, films flow on the first.
    pub(super) fn handle(&self, lane: Lane) -> Handle {
        match lane {
            Lane::Desk => self.desk.clone(),
            Lane::Films => self.films().unwrap_or_else(|| self.desk.clone()),
        }
    }

    fn films(&self) -> Option<Handle> {
        let mut films = self.films.lock().unwrap_or_else(PoisonError::into_inner);
        if films.is_none() {
            match Films::begin() {
                Ok(begun) => *films = Some(begun),
                Err(error) => tracing::warn!(%error, "films have no event loop of their own"),
            }
        }
        films.as_ref().map(|films| films.handle.clone())
    }

    /// Ready when the films' loop has come round once; at once if there is none.
    pub(super) async fn films_turn(&self) {
        let films = {
            let films = self.films.lock().unwrap_or_else(PoisonError::into_inner);
            films.as_ref().map(|films| films.handle.clone())
        };
        if let Some(films) = films {
            drop(films.spawn(async {}).await);
        }
    }
}

impl Films {
    /// The threads that open files and wait for the disk belong to it.
    fn begin() -> io::Result<Self> {
        let films = Builder::new_current_thread()
            .max_blocking_threads(8)
            .enable_all()
            .build()?;
        let handle = films.handle().clone();
        let (end, ended) = oneshot::channel();
        let turn = move || {
            // An error says that the sender is gone: that is the end.
            drop(films.block_on(ended));
            films.shutdown_background();
        };
        std::thread::Builder::new().name("films".into()).spawn(turn)?;
        Ok(Self { handle, _end: end })
    }
}
