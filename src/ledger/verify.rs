//! Checking the whole ledger, as `yuanjiao ledger verify` does and as every test does when it ends.

use std::fmt;

use ed25519_dalek::VerifyingKey;
use rusqlite::Connection;

use super::leaf::Leaf;
use super::note::{Checkpoint, NoteError};
use super::rows::{self, StoredNodes};
use super::tree::{Frontier, Hash, Nodes, leaf_hash};
use crate::store::StoreError;
use crate::types::Origin;

/// So many leaves are read at a time: bounded memory for a ledger of any length.
const STRIDE: u64 = 4_096;

/// What a check found.
#[derive(Debug)]
pub struct Verified {
    /// How many leaves were read.
    pub leaves: u64,
    /// The root over them.
    pub root: Hash,
    /// How many checkpoints fitted.
    pub checkpoints: usize,
    /// What does not fit, if anything.
    pub faults: Vec<Fault>,
}

/// One thing that does not fit. The reader is whoever has to find out what was done to the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A leaf is missing: indices must be dense.
    Missing(u64),
    /// The stored hash of a leaf is not that of its bytes: one of them was changed.
    Changed(u64),
    /// The bytes are no leaf.
    Unreadable(u64),
    /// A checkpoint speaks of more leaves than there are: the end was cut off.
    CutOff {
        /// Leaves that were signed.
        signed: u64,
        /// Leaves that are there.
        there: u64,
    },
    /// A checkpoint has another root over the same number of leaves.
    OtherRoot(u64),
    /// A checkpoint is not signed by this box.
    NotSigned(u64, NoteError),
    /// A complete subtree is stored with a wrong hash: `(level, pos)`.
    WrongNode(u8, u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(index) => write!(f, "leaf {index} is missing"),
            Self::Changed(index) => write!(f, "leaf {index} was changed after it was hashed"),
            Self::Unreadable(index) => write!(f, "leaf {index} cannot be read as a leaf"),
            Self::CutOff { signed, there } => {
                write!(
                    f,
                    "{signed} leaves were signed and only {there} are there: the end was cut off"
                )
            }
            Self::OtherRoot(size) => {
                write!(f, "the checkpoint over {size} leaves has another root")
            }
            Self::NotSigned(size, why) => write!(f, "the checkpoint over {size} leaves: {why}"),
            Self::WrongNode(level, pos) => {
                write!(f, "node {pos} on level {level} has a wrong hash")
            }
        }
    }
}

/// Reads everything once, from the first leaf to the last.
pub(super) fn verify(conn: &Connection, origin: &Origin, key: &VerifyingKey) -> Result<Verified, StoreError> {
    let there = rows::size(conn)?;
    let checkpoints = rows::checkpoints(conn)?;
    let mut faults = Vec::new();
    let mut edge = Frontier::default();
    let mut due = checkpoints.iter().peekable();
    let mut fitting = 0;
    while edge.size() < there {
        let until = (edge.size() + STRIDE).min(there);
        for bytes in dense(conn, edge.size(), until, &mut faults)? {
            push(conn, &mut edge, &bytes, &mut faults)?;
            while let Some((_, note)) = due.next_if(|(size, _)| *size == edge.size()) {
                fitting += check(note, origin, key, &edge, &mut faults);
            }
        }
    }
    faults.extend(due.map(|(signed, _)| Fault::CutOff { signed: *signed, there }));
    Ok(Verified {
        leaves: there,
        root: edge.root(),
        checkpoints: fitting,
        faults,
    })
}

/// The leaves of a stride; a hole is a fault, and is filled with nothing so that the count goes on.
fn dense(conn: &Connection, from: u64, to: u64, faults: &mut Vec<Fault>) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut found = rows::indexed_leaves(conn, from, to)?.into_iter().peekable();
    let mut take = |index| {
        if let Some((_, bytes)) = found.next_if(|(at, _)| *at == index) {
            return bytes;
        }
        faults.push(Fault::Missing(index));
        Vec::new()
    };
    Ok((from..to).map(&mut take).collect())
}

fn push(conn: &Connection, edge: &mut Frontier, bytes: &[u8], faults: &mut Vec<Fault>) -> Result<(), StoreError> {
    let index = edge.size();
    if !bytes.is_empty() && Leaf::read(bytes).is_none() {
        faults.push(Fault::Unreadable(index));
    }
    edge.push(leaf_hash(bytes), |level, pos, hash| {
        let fits = match StoredNodes(conn).node(level, pos) {
            Ok(stored) => stored == *hash,
            Err(rusqlite::Error::QueryReturnedNoRows) => false,
            Err(error) => return Err(error.into()),
        };
        match (fits, level) {
            (true, _) => {}
            (false, 0) => faults.push(Fault::Changed(index)),
            // A changed leaf makes every node above it wrong; naming them all would bury the one that matters.
            (false, _)
                if faults
                    .iter()
                    .any(|f| matches!(f, Fault::Changed(_) | Fault::Missing(_))) => {}
            (false, _) => faults.push(Fault::WrongNode(level, pos)),
        }
        Ok(())
    })
}

fn check(note: &str, origin: &Origin, key: &VerifyingKey, edge: &Frontier, faults: &mut Vec<Fault>) -> usize {
    match Checkpoint::open(note, origin, key) {
        Ok(point) if point.size == edge.size() && point.root == edge.root() => 1,
        Ok(_) => {
            faults.push(Fault::OtherRoot(edge.size()));
            0
        }
        Err(why) => {
            faults.push(Fault::NotSigned(edge.size(), why));
            0
        }
    }
}
