//! What people write down, and what the station keeps of it: feedback 信息反馈, equipment 设备资料, photos of an evening,
//! and who confirmed its record.
//!
//! Texts and pictures may hold names and faces. They stay in this room; the ledger gets their hashes, so that nothing can
//! be exchanged later without being noticed. A photo loses everything but the picture before it is kept (see
//! [`picture`]), and lies once under its hash in a folder of its own (see `blobs`).

mod blobs;
pub mod copies;
mod feedback;
pub mod picture;
mod refusals;
mod rows;
mod signing;

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use feedback::NewFeedback;
pub use rows::{Confirmation, Equipment, Feedback, Photo, SCHEMA};

use crate::clock::{Reading, SharedClock};
use crate::ledger::{Ledger, LedgerError, Moment, What};
use crate::roster::Operator;
use crate::store::{StoreError, Tx, Urgency};
use crate::types::SessionId;
use blobs::Blobs;
use picture::BadPicture;

/// Photos of one evening. The books ask for three; nobody looks at more than these.
pub const PHOTOS: usize = 12;
/// A line of a form has at most so many characters.
pub const LINE: usize = 60;
/// A text has at most so many.
pub const TEXT: usize = 500;

/// Why something was not written down. The reader is the operator, or a member.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// There is nothing in it.
    #[error("the text is empty")]
    Empty,
    /// More characters than this.
    #[error("the text has more than {0} characters")]
    TooLong(usize),
    /// This member has written enough for a day.
    #[error("too much for one day")]
    TooOften,
    /// The evening has all the photos that it may have.
    #[error("an evening has at most {PHOTOS} photos")]
    TooMany,
    /// Not a picture that can be kept.
    #[error(transparent)]
    Picture(#[from] BadPicture),
    /// There is no such thing, or not any more.
    #[error("there is nothing of that name")]
    Unknown,
    /// The disk does not take the picture.
    #[error("the picture cannot be kept: {0}")]
    Disk(#[from] std::io::Error),
    /// The ledger does not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for RecordsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A handle to the room. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Records {
    ledger: Ledger,
    clock: SharedClock,
    blobs: Arc<Blobs>,
}

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

impl Records {
    /// Pictures lie in the folder `blobs` of the data folder.
    pub fn new(ledger: Ledger, clock: SharedClock, data: &Path) -> Self {
        Self {
            ledger,
            clock,
            blobs: Arc::new(Blobs::in_folder(data)),
        }
    }

    async fn act<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Self, &Tx<'_>, Reading) -> Result<T, RecordsError> + Send + 'static,
    ) -> Result<T, RecordsError> {
        let (room, now) = (self.clone(), self.clock.now());
        let store = self.ledger.store();
        store.write(Urgency::Now, move |tx| act(&room, tx, now)).await?
    }

    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&rusqlite::Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ledger.store().read(move |conn| Ok(look(conn)?)).await
    }

    /// Keeps a photo of an evening; the same picture twice is kept once.
    pub async fn add_photo(
        &self,
        screening: SessionId,
        when: Moment,
        sent: Vec<u8>,
        _by: &Operator,
    ) -> Result<(), RecordsError> {
        let blobs = Arc::clone(&self.blobs);
        // Taking a picture apart and syncing it to the disk is no work for the event loop.
        let keep = move || {
            let picture = picture::strip(&sent)?;
            let digest = digest(&picture);
            blobs.keep(&digest, &picture)?;
            Ok::<_, RecordsError>((digest, picture.len() as u64))
        };
        let kept = tokio::task::spawn_blocking(keep).await;
        let (digest, bytes) = kept.map_err(std::io::Error::other)??;
        self.act(move |room, tx, now| room.note_photo(tx, now, screening, when, (digest, bytes)))
            .await
    }

    fn note_photo(
        &self,
        tx: &Tx<'_>,
        now: Reading,
        screening: SessionId,
        when: Moment,
        (digest, bytes): (String, u64),
    ) -> Result<(), RecordsError> {
        let there = rows::photos(tx, screening)?;
        if there.iter().any(|photo| photo.digest == digest) {
            return Ok(());
        }
        if there.len() >= PHOTOS {
            return Err(RecordsError::TooMany);
        }
        rows::add_photo(tx, screening, when, &digest, bytes, now.wall_ms)?;
        let leaf = What::Photo {
            screening,
            when,
            digest,
            bytes,
            gone: false,
        };
        self.ledger.append(tx, now, leaf)?;
        Ok(())
    }

    /// Takes a photo back: the picture is deleted, that there was one stays in the ledger.
    pub async fn drop_photo(&self, screening: SessionId, digest: String, _by: &Operator) -> Result<(), RecordsError> {
        let name = digest.clone();
        let is_last = self
            .act(move |room, tx, now| room.forget_photo(tx, now, screening, &name))
            .await?;
        if is_last {
            let blobs = Arc::clone(&self.blobs);
            let gone = tokio::task::spawn_blocking(move || blobs.delete(&digest)).await;
            gone.map_err(std::io::Error::other)??;
        }
        Ok(())
    }

    fn forget_photo(
        &self,
        tx: &Tx<'_>,
        now: Reading,
        screening: SessionId,
        digest: &str,
    ) -> Result<bool, RecordsError> {
        let photos = rows::photos(tx, screening)?;
        let photo = photos
            .iter()
            .find(|photo| photo.digest == digest)
            .ok_or(RecordsError::Unknown)?;
        let leaf = What::Photo {
            screening,
            when: photo.when,
            digest: digest.to_owned(),
            bytes: photo.bytes,
            gone: true,
        };
        self.ledger.append(tx, now, leaf)?;
        rows::drop_photo(tx, screening, digest)?;
        Ok(!rows::has_photo(tx, digest)?)
    }

    /// The photos of an evening, by its course.
    pub async fn photos(&self, screening: SessionId) -> Result<Vec<Photo>, StoreError> {
        self.look(move |conn| rows::photos(conn, screening)).await
    }

    /// A picture that the ledger names, by its hash; `None` if it is not, or not any more, kept here.
    pub async fn blob(&self, digest: &str) -> Result<Option<Vec<u8>>, RecordsError> {
        let name = digest.to_owned();
        if !self.look(move |conn| rows::has_photo(conn, &name)).await? {
            return Ok(None);
        }
        let (blobs, digest) = (Arc::clone(&self.blobs), digest.to_owned());
        let read = tokio::task::spawn_blocking(move || blobs.read(&digest)).await;
        Ok(read.map_err(std::io::Error::other)??)
    }

    /// Copies the photos that the log names and that `folder` lacks into its `blobs`, each proven by its hash. Blocks.
    pub fn carry_photos(&self, folder: &Path) -> Result<copies::Carried, RecordsError> {
        let named = self.ledger.store().read_blocking(copies::named)?;
        copies::carry_from(&named, &self.blobs, folder).map_err(RecordsError::from)
    }

    /// All equipment, in the order in which it was entered.
    pub async fn equipment(&self) -> Result<Vec<Equipment>, StoreError> {
        self.look(rows::equipment).await
    }

    /// Enters a piece of equipment, or changes one that has a key.
    pub async fn save_equipment(&self, piece: Equipment, _by: &Operator) -> Result<(), RecordsError> {
        if piece.name.is_empty() {
            return Err(RecordsError::Empty);
        }
        if piece.texts().iter().any(|text| text.chars().count() > LINE) {
            return Err(RecordsError::TooLong(LINE));
        }
        self.act(move |_, tx, _| {
            if !rows::save_equipment(tx, &piece)? {
                return Err(RecordsError::Unknown);
            }
            Ok(())
        })
        .await
    }

    /// Takes a piece of equipment out of the book.
    pub async fn drop_equipment(&self, key: i64, _by: &Operator) -> Result<(), RecordsError> {
        self.act(move |_, tx, _| Ok(rows::drop_equipment(tx, key)?)).await
    }
}

#[cfg(test)]
mod tests;
