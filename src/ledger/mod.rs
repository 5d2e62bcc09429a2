//! What happened: an append-only log that a district can check to the last byte.
//!
//! The ledger 台账 is sacred, the rest of the database is a view of it. Each leaf is hashed into a Merkle tree
//! (RFC 6962); after every commit that appended something the new root is signed. A leaf is in the ledger once its
//! transaction is durable, never before, and it is never edited.
//!
//! This room knows how to append, to sign, to prove and to verify. What the leaves mean is for `viewing` and `report`.

mod boot;
pub mod copies;
pub mod decree;
pub mod epoch;
pub mod leaf;
pub mod note;
pub mod permit;
pub mod receipt;
pub mod restore;
mod rows;
pub mod ruling;
mod short;
pub mod tiles;
pub mod tree;
mod verify;
pub mod voice;
mod what;
mod words;

use std::sync::{Arc, OnceLock};

use rusqlite::Connection;

pub use boot::boot_number;
pub use leaf::{At, Leaf};
pub use note::{Checkpoint, NoteError};
pub use verify::{Fault, Verified};
pub use what::What;
pub use words::{
    About, Before, Broken, Closing, Ending, Entry, Home, Listed, Moment, Office, Past, Planned, Proof, Settler,
    Unruled, Witness,
};

use crate::clock::{Reading, SharedClock};
use crate::keys::Keys;
use crate::store::{Ordeal, Schema, Store, StoreError, Trouble, Tx, Urgency};
use crate::types::Origin;
use rows::StoredNodes;
use tree::Frontier;

/// The ledger's tables.
pub const SCHEMA: Schema = Schema {
    room: "ledger",
    steps: &[
        "
        CREATE TABLE boot (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE leaf (idx INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE node (level INTEGER NOT NULL, pos INTEGER NOT NULL, hash BLOB NOT NULL,
                           PRIMARY KEY (level, pos)) STRICT, WITHOUT ROWID;
        CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
        CREATE TABLE cosignature (district TEXT NOT NULL, size INTEGER NOT NULL, time INTEGER NOT NULL,
                                  line TEXT NOT NULL, PRIMARY KEY (district, size)) STRICT, WITHOUT ROWID;
    ",
        "CREATE TABLE seen (only INTEGER PRIMARY KEY CHECK (only = 1), size INTEGER NOT NULL) STRICT;",
        "CREATE TABLE suspicion (size INTEGER NOT NULL, root BLOB NOT NULL, idx INTEGER NOT NULL,
                                 PRIMARY KEY (size, root)) STRICT, WITHOUT ROWID;",
        "CREATE TABLE carried (place INTEGER PRIMARY KEY, idx INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;",
        // Three levels of the tree follow from the one below them; leaves below `upto` lie in their short form.
        "DELETE FROM node WHERE level BETWEEN 1 AND 3;
         CREATE TABLE folded (only INTEGER PRIMARY KEY CHECK (only = 1), upto INTEGER NOT NULL) STRICT;
         INSERT INTO folded (only, upto) VALUES (1, 0);",
    ],
};

/// Why the ledger did not take something. The reader is the operator, or the log.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger is halted: see [`Halt`].
    #[error("the ledger is halted: {0}")]
    Halted(Halt),
    /// A leaf longer than an entry bundle can carry.
    #[error("a leaf of {0} bytes does not fit the ledger")]
    TooLong(usize),
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Why nothing may be appended although the disk works. Films play on; credit waits for the district.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// The key is here and its log is gone: starting afresh would hide what was lost.
    #[error(
        "the signing key is older than the log: the log was deleted or replaced. Restore it from a backup, or ask the district for a new epoch"
    )]
    LogMissing,
    /// The log was begun with another key.
    #[error(
        "the log belongs to another key: the disk was moved from another box, or the key file was lost. Restore the key file from a backup"
    )]
    KeyMissing,
    /// After a damage fewer leaves could be brought back than a district has cosigned: going on would be a fork.
    #[error(
        "the log was damaged and {there} leaves could be restored, but a district has seen {seen}. Bring a newer backup, or ask the district"
    )]
    Shortened {
        /// Leaves that are there.
        there: u64,
        /// Leaves that a district has cosigned.
        seen: u64,
    },
}

/// A handle to the ledger. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger {
    store: Store,
    keys: Keys,
    origin: Arc<Origin>,
    halted: Option<Halt>,
    /// By which trouble that is over is dated.
    clock: Arc<OnceLock<SharedClock>>,
}

impl Ledger {
    /// Opens the ledger, or begins it if the signing key was made just now. `origin` names a new ledger; an existing one
    /// keeps the name that its first leaf gave it.
    pub fn open(store: Store, keys: Keys, origin: Origin, now: Reading) -> Result<Self, LedgerError> {
        let first = store.read_blocking(rows::genesis)?;
        let ours = data_encoding::HEXLOWER.encode(keys.public().as_bytes());
        let (origin, halted, begin) = match first {
            None if keys.are_fresh() => (origin, None, true),
            None => (origin, Some(Halt::LogMissing), false),
            Some((named, key)) if key == ours => (named, store.read_blocking(shortened)?, false),
            Some((named, _)) => (named, Some(Halt::KeyMissing), false),
        };
        let ledger = Self {
            store,
            keys,
            origin: Arc::new(origin),
            halted,
            clock: Arc::default(),
        };
        ledger.sign_each_commit();
        if begin {
            ledger.begin(ours, now)?;
        }
        Ok(ledger)
    }

    fn begin(&self, key: String, now: Reading) -> Result<(), LedgerError> {
        let ledger = self.clone();
        let origin = (*self.origin).clone();
        self.store
            .write_blocking(move |tx| {
                ledger.append(
                    tx,
                    now,
                    What::Genesis {
                        origin,
                        key,
                        after: None,
                    },
                )
            })?
            .map(drop)
    }

    /// The checkpoint is signed inside the transaction that grew the log: no crash can leave one without the other.
    fn sign_each_commit(&self) {
        let (keys, origin) = (self.keys.clone(), Arc::clone(&self.origin));
        let (clock, halted) = (Arc::clone(&self.clock), self.halted.is_some());
        self.store.before_commit(Box::new(move |tx| {
            if let (Some(ordeal), Some(clock), false) = (tx.overcome(), clock.get(), halted) {
                append(tx, clock.now(), fault_of(ordeal, clock.now())).map_err(into_store_error)?;
            }
            let size = rows::size(tx)?;
            if size > rows::signed_size(tx)? {
                let root = Frontier::load(&StoredNodes(tx), size)?.root();
                let point = Checkpoint {
                    origin: (*origin).clone(),
                    size,
                    root,
                };
                rows::keep_checkpoint(tx, size, &point.signed(&keys))?;
            }
            Ok(())
        }));
    }

    /// From here on trouble of the disk that is over becomes a leaf, in the first transaction that the disk takes again.
    /// What the program does not live to see the end of is told by the next start, as a run that was cut.
    pub fn tell_of_trouble(&self, clock: SharedClock) {
        drop(self.clock.set(clock));
    }

    /// The station's name in the ledger.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The keys that sign here.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Where the ledger lies, for joint acts.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Why nothing is appended, if so.
    pub fn halted(&self) -> Option<&Halt> {
        self.halted.as_ref()
    }

    /// Appends one leaf and returns its index. It counts once the transaction is durable.
    ///
    /// Acts look at the clock before they wait for the writer, and may come to it in another order: a leaf is never
    /// dated before the one that it follows, or an honest station would look like one that turned its clock back.
    pub fn append(&self, tx: &Tx<'_>, now: Reading, what: What) -> Result<u64, LedgerError> {
        if let Some(halt) = &self.halted {
            return Err(LedgerError::Halted(halt.clone()));
        }
        append(tx, now, what)
    }

    /// Keeps a district's cosignature, as a leaf and for quick reference.
    pub fn keep_cosignature(&self, tx: &Tx<'_>, now: Reading, seen: What) -> Result<(), LedgerError> {
        if let What::CheckpointSeen {
            district,
            size,
            time,
            cosignature,
        } = &seen
        {
            rows::keep_cosignature(tx, district, *size, *time, cosignature)?;
        }
        self.append(tx, now, seen).map(drop)
    }

    /// Brings some leaves of an older program into the form in which they are kept today; `false` once there are none.
    /// Nothing that was signed changes by it, and a power cut in between loses nothing.
    pub async fn fold_some(&self) -> Result<bool, StoreError> {
        Ok(self.store.write(Urgency::Now, |tx| rows::fold_some(tx)).await??)
    }

    /// Checks every leaf against the tree, and the tree against every checkpoint and this box's key.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        self.store
            .read_blocking(|conn| verify::verify(conn, &self.origin, &self.keys.public()))
    }
}

fn append(tx: &Tx<'_>, now: Reading, what: What) -> Result<u64, LedgerError> {
    let now = rows::last_moment(tx)?.map_or(now, |last| not_before(last, now));
    let bytes = Leaf::new(now, what).to_bytes();
    if bytes.len() > leaf::LEAF_LIMIT {
        return Err(LedgerError::TooLong(bytes.len()));
    }
    Ok(rows::append(tx, &bytes)?)
}

/// The leaf of a time of trouble, seen from `now`.
fn fault_of(ordeal: Ordeal, now: Reading) -> What {
    let ago = now.mono.minus(ordeal.began);
    let began = Reading {
        mono: ordeal.began,
        wall_ms: now.wall_ms.saturating_sub_unsigned(ago.0),
        ..now
    };
    What::Fault {
        what: ordeal.what.into(),
        lasted: ordeal.last.minus(ordeal.began),
        began: Some(began.into()),
    }
}

fn into_store_error(error: LedgerError) -> StoreError {
    match error {
        LedgerError::Store(error) => error,
        // A leaf of a few words is never too long, and a halted ledger is not asked.
        LedgerError::Halted(_) | LedgerError::TooLong(_) => StoreError::NotDurable(Trouble::Failing),
    }
}

/// A moment of the same boot, moved forward by what it lies behind another.
fn not_before(last: At, now: Reading) -> Reading {
    if last.boot != now.boot || now.mono >= last.mono {
        return now;
    }
    let behind = last.mono.minus(now.mono);
    Reading {
        mono: last.mono,
        wall_ms: now.wall_ms.saturating_add_unsigned(behind.0),
        ..now
    }
}

/// Whether a district has seen more than there is: known from the copy of the cosigned checkpoint that a restoring left.
fn shortened(conn: &Connection) -> Result<Option<Halt>, StoreError> {
    let there = rows::size(conn)?;
    let seen = rows::seen_before(conn)?;
    Ok((seen > there).then_some(Halt::Shortened { there, seen }))
}

/// Notes, while restoring, that a district has seen so many leaves.
pub fn note_seen(conn: &Connection, size: u64) -> Result<(), StoreError> {
    Ok(rows::note_seen(conn, size)?)
}

/// How many leaves are durable.
pub fn size(conn: &Connection) -> Result<u64, StoreError> {
    Ok(rows::size(conn)?)
}

/// The newest signed checkpoint, as a note; `None` before the first leaf.
pub fn newest_checkpoint(conn: &Connection) -> Result<Option<String>, StoreError> {
    Ok(rows::newest_checkpoint(conn)?)
}

/// The bytes of leaves `from … to`.
pub fn leaves(conn: &Connection, from: u64, to: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    Ok(rows::leaves(conn, from, to)?)
}

/// The root over the first `size` leaves (`size` ≤ [`size`]).
pub fn root_at(conn: &Connection, size: u64) -> Result<tree::Hash, StoreError> {
    Ok(tree::root(&StoredNodes(conn), size)?)
}

/// The proof that leaf `index` is among the first `size` leaves (`index < size` ≤ [`size`]).
pub fn prove_inclusion(conn: &Connection, index: u64, size: u64) -> Result<Vec<tree::Hash>, StoreError> {
    Ok(tree::inclusion_proof(&StoredNodes(conn), index, size)?)
}

/// The newest leaf that is `wanted`, looked for backwards.
pub fn newest_of(conn: &Connection, wanted: impl Fn(&Leaf) -> bool) -> Result<Option<Leaf>, StoreError> {
    Ok(rows::newest_of(conn, wanted)?.map(|(_, leaf)| leaf))
}

/// The place of the newest leaf that is `wanted`, looked for backwards.
pub fn newest_place_of(conn: &Connection, wanted: impl Fn(&Leaf) -> bool) -> Result<Option<u64>, StoreError> {
    Ok(rows::newest_of(conn, wanted)?.map(|(index, _)| index))
}

/// When and up to which size each district last cosigned: `(district, size, unix seconds)`.
pub fn last_cosignatures(conn: &Connection) -> Result<Vec<(Origin, u64, u64)>, StoreError> {
    Ok(rows::last_cosignatures(conn)?)
}

#[cfg(test)]
mod tests;
