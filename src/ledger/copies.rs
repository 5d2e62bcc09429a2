//! Copies of the newest checkpoint 检查点副本, kept where the owner of this box has no hand: on members' phones and on a
//! second medium. Each comes back one day. One that fits our log costs a few reads and nothing else. One that this box
//! signed and that does not fit says that something was taken back: an old disk image, a database put back by hand.
//!
//! On a phone a copy is 139 characters in a cookie: size, root and signature; the name of the log is ours to add. What
//! our key did not sign is nobody's evidence and is passed over.

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::VerifyingKey;
use rusqlite::Connection;

use super::note::Checkpoint;
use super::what::What;
use super::words::Witness;
use super::{Ledger, LedgerError, rows, tree};
use crate::clock::Reading;
use crate::store::{StoreError, Tx, Urgency};
use crate::types::Origin;

/// Size, root, signature.
const BYTES: usize = 8 + 32 + 64;

/// A checkpoint with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    point: Checkpoint,
    signature: [u8; 64],
}

/// What a copy says about our log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Our log holds what it speaks of.
    Fits,
    /// Our key did not sign it: it says nothing.
    NotOurs,
    /// We signed it, and our log is another one: so many leaves are here.
    Differs {
        /// Leaves that are here.
        there: u64,
    },
}

/// A copy that did not fit, as the desk tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspicion {
    /// Leaves that the copy speaks of.
    pub size: u64,
    /// The leaf that says so.
    pub index: u64,
    /// Whether a district has seen that leaf.
    pub is_told: bool,
}

impl Copy {
    /// Of one of our own notes; `None` if `key` has not signed it.
    pub fn of_note(note: &str, key: &VerifyingKey) -> Option<Self> {
        let (point, signature) = Checkpoint::take_apart(note, key)?;
        Some(Self { point, signature })
    }

    /// Reads what a phone brought; `None` for anything that was not a copy.
    pub fn read(text: &str, origin: &Origin) -> Option<Self> {
        let bytes: [u8; BYTES] = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?;
        let (size, rest) = bytes.split_first_chunk::<8>()?;
        let (root, signature) = rest.split_first_chunk::<32>()?;
        Some(Self {
            point: Checkpoint {
                origin: origin.clone(),
                size: u64::from_be_bytes(*size),
                root: *root,
            },
            signature: signature.try_into().ok()?,
        })
    }

    /// What a phone keeps.
    pub fn to_text(&self) -> String {
        let mut bytes = self.point.size.to_be_bytes().to_vec();
        bytes.extend(self.point.root);
        bytes.extend(self.signature);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Compares with the log. The signature is only looked at if something is wrong: honest copies are cheap.
    pub fn compare(&self, conn: &Connection, key: &VerifyingKey) -> Result<Compared, StoreError> {
        let there = rows::size(conn)?;
        let Checkpoint { size, root, .. } = &self.point;
        if *size <= there && tree::root(&rows::StoredNodes(conn), *size)? == *root {
            return Ok(Compared::Fits);
        }
        if self.point.is_signed(key, &self.signature) {
            return Ok(Compared::Differs { there });
        }
        Ok(Compared::NotOurs)
    }
}

impl Ledger {
    /// A member is here: takes the copy that his phone brought, if any, and returns the one that it should keep from now
    /// on; `None` if it has the newest. A phone whose copy does not fit keeps it: it is evidence.
    pub async fn swap_copies(&self, now: Reading, brought: Option<String>) -> Result<Option<String>, LedgerError> {
        let (origin, key) = (self.origin().clone(), self.keys().public());
        let read = move |conn: &Connection| {
            let copy = brought.as_deref().and_then(|text| Copy::read(text, &origin));
            let newest = rows::newest_checkpoint(conn)?.and_then(|note| Copy::of_note(&note, &key));
            let newest = newest.filter(|newest| copy.as_ref() != Some(newest));
            let compared = match (&copy, &newest) {
                (Some(copy), Some(_)) => copy.compare(conn, &key)?,
                _ => Compared::Fits,
            };
            Ok::<_, StoreError>((copy, newest, compared))
        };
        let (copy, newest, compared) = self.store().read(read).await?;
        if let (Some(copy), Compared::Differs { .. }) = (copy, compared) {
            self.suspect(now, copy, Witness::Phone).await?;
            return Ok(None);
        }
        Ok(newest.map(|newest| newest.to_text()))
    }

    /// Looks at a note of our own that came back in another way, as a receipt does.
    pub async fn look_at(&self, now: Reading, note: &str, from: Witness) -> Result<Compared, LedgerError> {
        let key = self.keys().public();
        let Some(copy) = Copy::of_note(note, &key).filter(|copy| copy.point.origin == *self.origin()) else {
            return Ok(Compared::NotOurs);
        };
        let theirs = copy.clone();
        let compared = self.store().read(move |conn| theirs.compare(conn, &key)).await?;
        if matches!(compared, Compared::Differs { .. }) {
            self.suspect(now, copy, from).await?;
        }
        Ok(compared)
    }

    /// The same at a start, before there is an event loop.
    pub fn look_at_blocking(&self, now: Reading, note: &str, from: Witness) -> Result<Compared, LedgerError> {
        let key = self.keys().public();
        let Some(copy) = Copy::of_note(note, &key).filter(|copy| copy.point.origin == *self.origin()) else {
            return Ok(Compared::NotOurs);
        };
        let compared = self.store().read_blocking(|conn| copy.compare(conn, &key))?;
        if matches!(compared, Compared::Differs { .. }) {
            let ledger = self.clone();
            self.store()
                .write_blocking(move |tx| ledger.write_suspicion(tx, now, &copy, from))??;
        }
        Ok(compared)
    }

    async fn suspect(&self, now: Reading, copy: Copy, from: Witness) -> Result<(), LedgerError> {
        let ledger = self.clone();
        self.store()
            .write(Urgency::Now, move |tx| ledger.write_suspicion(tx, now, &copy, from))
            .await?
    }

    /// Each copy is told of once, however often its phone comes by.
    fn write_suspicion(&self, tx: &Tx<'_>, now: Reading, copy: &Copy, from: Witness) -> Result<(), LedgerError> {
        let key = self.keys().public();
        let Compared::Differs { there } = copy.compare(tx, &key)? else {
            return Ok(());
        };
        let Checkpoint { size, root, .. } = &copy.point;
        if rows::is_suspected(tx, *size, root)? {
            return Ok(());
        }
        let leaf = What::RollbackSuspected {
            from,
            size: *size,
            there,
            checkpoint: copy.point.with_signature(&key, &copy.signature),
        };
        let index = self.append(tx, now, leaf)?;
        tracing::error!(
            size,
            there,
            ?from,
            "a checkpoint of this box came back that its log does not hold"
        );
        Ok(rows::keep_suspicion(tx, *size, root, index)?)
    }
}

/// The copies that did not fit, the newest first.
pub fn suspicions(conn: &Connection) -> Result<Vec<Suspicion>, StoreError> {
    Ok(rows::suspicions(conn)?)
}
