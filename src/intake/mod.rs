//! Local films come in 上传、拷入: from the operator's phone or PC over the desk's page, and from a stick that is plugged in.
//!
//! Both ways end alike. What arrives grows in a hidden folder beside the films, under a name of its own; only when it is
//! whole and on the disk it moves into the folder of its class, never over another file, and the indexer takes it from
//! there. An upload that is cut off goes on where it stopped, also after a power cut; a copy from a stick is read back
//! and compared before it counts. There must be room before anything begins.

mod land;
pub mod name;
mod stick;
mod upload;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub use stick::{Offer, Offered, Stick, Sticks, Visit};
pub use upload::{Begin, Piece, Progress, Upload, Uploads};

use crate::library::Library;
use crate::types::RandomId;

/// Bytes that stay free: the station's databases live on the same disk in many boxes.
const RESERVE: u64 = 256 << 20;

/// Why something cannot come in. The reader is the operator.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The disk is full.
    #[error("{need} bytes are needed and {free} are free")]
    NoRoom {
        /// Bytes needed.
        need: u64,
        /// Bytes free.
        free: u64,
    },
    /// The name says that it is nothing a station shows.
    #[error("{0} is no name of a film, a sound, a document or a picture")]
    Name(String),
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// A part was sent that does not go on where the upload stands.
    #[error("the upload stands at {have}")]
    WrongPlace {
        /// Bytes there.
        have: u64,
    },
    /// No such upload, no such stick.
    #[error("there is no such upload or stick")]
    Unknown,
    /// Another request is writing to the same upload; a copy is under way.
    #[error("it is busy")]
    Busy,
    /// The media disk is away.
    #[error("the media disk is away")]
    Offline,
    /// The disk fails, or the folder is not what it should be.
    #[error("the disk does not take it: {0}")]
    Io(#[from] io::Error),
}

/// A handle to the room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Intake {
    /// What comes over the network.
    pub uploads: Uploads,
    /// What comes on a stick.
    pub sticks: Sticks,
}

impl Intake {
    /// `roots`: a file system mounted below one of these is a stick, unless it holds one of `own` (the station's folders).
    pub fn new(library: &Library, roots: Vec<PathBuf>, own: Vec<PathBuf>) -> io::Result<Self> {
        let list = Box::new(move || stick::plugged_in(&roots, &own));
        Self::with(library, list)
    }

    /// The same with another way to tell what is plugged in.
    pub fn with(library: &Library, list: Box<dyn Fn() -> Vec<Stick> + Send + Sync>) -> io::Result<Self> {
        Ok(Self {
            uploads: Uploads::new(library.clone()),
            sticks: Sticks::start(library.clone(), Arc::from(list))?,
        })
    }
}

/// The hidden folder where things arrive, made if it is missing.
fn arrivals(library: &Library) -> Result<PathBuf, IntakeError> {
    if library.indexer().catalogue().offline {
        return Err(IntakeError::Offline);
    }
    Ok(land::arrivals(&library.root())?)
}

/// Refuses what would fill the disk.
fn check_room(library: &Library, need: u64) -> Result<(), IntakeError> {
    let disk = rustix::fs::statvfs(library.root()).map_err(io::Error::from)?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let need = need.saturating_add(RESERVE);
    if free < need {
        return Err(IntakeError::NoRoom { need, free });
    }
    Ok(())
}

/// A number that names an arrival, and nothing about it.
fn ticket() -> RandomId {
    crate::keys::random_id()
}

#[cfg(test)]
mod tests;
