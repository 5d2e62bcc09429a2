//! Receipts 凭据: a leaf, the proof that it is in the log, and the checkpoint over it, in one text that fits a QR code.
//!
//! A member who keeps it can show, years later and to anybody who knows the station's key, that the station recorded this
//! and signed for it; a district whose copy lacks the leaf has been given another log. The text is base32, which a QR code
//! stores in its dense alphanumeric mode.

use data_encoding::BASE32_NOPAD;
use ed25519_dalek::VerifyingKey;
use rusqlite::Connection;

use super::leaf::Leaf;
use super::note::{Checkpoint, NoteError};
use super::rows::{self, StoredNodes};
use super::tree::{Hash, inclusion_holds, inclusion_proof, leaf_hash};
use crate::store::StoreError;
use crate::types::Origin;

/// A receipt of the longest leaf that concerns a member has about 1,600 bytes; strangers' texts are refused beyond this.
pub const TEXT_LIMIT: usize = 4_096;

/// One receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The leaf's place.
    pub index: u64,
    /// Its bytes.
    pub leaf: Vec<u8>,
    /// From the leaf to the root.
    pub proof: Vec<Hash>,
    /// The signed note that names the root.
    pub checkpoint: String,
}

/// Why a receipt proves nothing. The reader is whoever was shown it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not the text of a receipt, or a part of one.
    #[error("this is not the text of a receipt, or not all of it")]
    Malformed,
    /// The checkpoint is not this key's.
    #[error(transparent)]
    Checkpoint(#[from] NoteError),
    /// The leaf is not in the log that the checkpoint signs.
    #[error("the leaf is not in the log that was signed")]
    NotInTheLog,
}

impl Receipt {
    /// The receipt of a leaf under the newest checkpoint; `None` if there is no such leaf.
    pub fn of(conn: &Connection, index: u64) -> Result<Option<Self>, StoreError> {
        let (Some(leaf), Some(checkpoint)) = (
            rows::leaves(conn, index, index + 1)?.pop(),
            rows::newest_checkpoint(conn)?,
        ) else {
            return Ok(None);
        };
        let size = rows::signed_size(conn)?;
        if index >= size {
            return Ok(None);
        }
        Ok(Some(Self {
            index,
            leaf,
            proof: inclusion_proof(&StoredNodes(conn), index, size)?,
            checkpoint,
        }))
    }

    /// The text: index (8 bytes), length of the leaf (2), leaf, number of hashes (1), hashes, note; in base32.
    pub fn to_text(&self) -> String {
        let length = u16::try_from(self.leaf.len()).expect("append refuses longer leaves");
        let hashes = u8::try_from(self.proof.len()).expect("a tree has at most 64 levels");
        let mut bytes = self.index.to_be_bytes().to_vec();
        bytes.extend(length.to_be_bytes());
        bytes.extend(&self.leaf);
        bytes.push(hashes);
        bytes.extend(self.proof.concat());
        bytes.extend(self.checkpoint.as_bytes());
        BASE32_NOPAD.encode(&bytes)
    }

    /// Reads such a text.
    pub fn read(text: &str) -> Result<Self, ReceiptError> {
        let text = text.trim();
        let bytes = Some(text)
            .filter(|text| text.len() <= TEXT_LIMIT)
            .and_then(|text| BASE32_NOPAD.decode(text.as_bytes()).ok());
        bytes
            .and_then(|bytes| Self::take_apart(&bytes))
            .ok_or(ReceiptError::Malformed)
    }

    fn take_apart(bytes: &[u8]) -> Option<Self> {
        let (index, rest) = bytes.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (leaf, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (count, rest) = rest.split_first()?;
        let (hashes, note) = rest.split_at_checked(usize::from(*count) * 32)?;
        let hash = |bytes: &[u8]| bytes.try_into().expect("chunks of 32");
        Some(Self {
            index: u64::from_be_bytes(*index),
            leaf: leaf.to_vec(),
            proof: hashes.chunks_exact(32).map(hash).collect(),
            checkpoint: String::from_utf8(note.to_vec()).ok()?,
        })
    }

    /// Checks it against a station's name and key: what was recorded, and the checkpoint that proves it.
    pub fn check(&self, origin: &Origin, key: &VerifyingKey) -> Result<(Option<Leaf>, Checkpoint), ReceiptError> {
        let point = Checkpoint::open(&self.checkpoint, origin, key)?;
        let hash = leaf_hash(&self.leaf);
        if !inclusion_holds(&hash, self.index, point.size, &point.root, &self.proof) {
            return Err(ReceiptError::NotInTheLog);
        }
        Ok((Leaf::read(&self.leaf), point))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, HandClock};
    use crate::keys::Keys;
    use crate::ledger::{Ledger, SCHEMA, What};
    use crate::store::{Options, Store};

    fn ledger(dir: &tempfile::TempDir, leaves: usize) -> Ledger {
        let now = HandClock::new(1, 1_795_000_000_000).now();
        let store = Store::open(&dir.path().join("ledger.db"), &[SCHEMA], Options::default()).unwrap();
        let keys = Keys::open_or_make(&dir.path().join("keys")).unwrap();
        let origin = Origin::new("yuanjiao.example/17").unwrap();
        let ledger = Ledger::open(store, keys, origin, now).unwrap();
        for _ in 0..leaves {
            let theirs = ledger.clone();
            let kept = ledger
                .store()
                .write_blocking(move |tx| theirs.append(tx, now, What::Stop {}));
            kept.unwrap().unwrap();
        }
        ledger
    }

    fn receipt(ledger: &Ledger, index: u64) -> Receipt {
        let found = ledger.store().read_blocking(|conn| Receipt::of(conn, index)).unwrap();
        found.expect("a leaf")
    }

    #[test]
    fn every_leaf_has_a_receipt_that_reads_back_and_holds() {
        let dir = tempfile::TempDir::new().unwrap();
        let ledger = ledger(&dir, 40);
        for index in 0..=40 {
            let text = receipt(&ledger, index).to_text();
            let read = Receipt::read(&text).unwrap();
            let (leaf, point) = read.check(ledger.origin(), &ledger.keys().public()).unwrap();
            assert!(leaf.is_some());
            assert_eq!(point.size, 41);
        }
        assert_eq!(
            ledger.store().read_blocking(|conn| Receipt::of(conn, 41)).unwrap(),
            None
        );
    }

    #[test]
    fn a_receipt_that_was_changed_or_is_of_another_station_proves_nothing() {
        let dir = tempfile::TempDir::new().unwrap();
        let ledger = ledger(&dir, 9);
        let (origin, key) = (ledger.origin(), ledger.keys().public());
        let honest = receipt(&ledger, 1);
        let mut other_leaf = honest.clone();
        other_leaf.leaf[9] ^= 1;
        assert_eq!(other_leaf.check(origin, &key), Err(ReceiptError::NotInTheLog));
        let moved = Receipt {
            index: 0,
            ..honest.clone()
        };
        assert_eq!(moved.check(origin, &key), Err(ReceiptError::NotInTheLog));
        let stranger = Keys::open_or_make(&dir.path().join("other")).unwrap();
        let refused = honest.check(origin, &stranger.public());
        assert_eq!(refused, Err(ReceiptError::Checkpoint(NoteError::BadSignature)));
        let text = honest.to_text();
        for part in ["", "ABC", &text[..20], &text[..text.len() / 3], "不是"] {
            assert_eq!(Receipt::read(part), Err(ReceiptError::Malformed), "{part}");
        }
    }
}
