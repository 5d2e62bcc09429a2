//! What a district gives to a box that may begin a new epoch, as one file: for a stick, or to be sent to the operator.
//!
//! The statement as it was signed, a zero byte, and the leaves that the district had cosigned, as in a bundle of entries
//! (C2SP tlog-tiles). A statement alone is such a file too: then the box carries along what it has itself.

use super::epoch::{Epoch, EpochError};
use super::tiles::{read_entries, write_entries};

/// The file's name on a stick.
pub const FILE: &str = "yuanjiao-epoch.permit";

/// Six years of a village of two hundred, as leaves were written; it is read into memory two times over, and a small box
/// has a gigabyte.
pub const LIMIT: usize = 128 << 20;

/// A permit that was read: its statement is signed by the key that it names, and its leaves are those that it speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// What was signed.
    pub epoch: Epoch,
    /// The same as text.
    pub statement: String,
    /// The leaves up to there, if they were brought along.
    pub leaves: Option<Vec<Vec<u8>>>,
}

/// The file.
pub fn write(statement: &str, leaves: &[Vec<u8>]) -> Vec<u8> {
    let mut file = statement.as_bytes().to_vec();
    file.push(0);
    file.extend_from_slice(&write_entries(leaves));
    file
}

/// Reads a file. Leaves that are not those of the statement are refused with it: somebody mixed up two files.
pub fn read(file: &[u8]) -> Result<Permit, EpochError> {
    let (statement, entries) = match file.iter().position(|byte| *byte == 0) {
        Some(end) => (&file[..end], Some(&file[end + 1..])),
        None => (file, None),
    };
    let statement = std::str::from_utf8(statement).map_err(|_| EpochError::Malformed)?;
    let epoch = Epoch::open(statement)?;
    let leaves = match entries {
        None => None,
        Some(entries) => {
            let leaves = read_entries(entries, epoch.size).ok_or(EpochError::Malformed)?;
            if !epoch.is_root_of(&leaves) {
                return Err(EpochError::OtherLeaves);
            }
            Some(leaves)
        }
    };
    Ok(Permit {
        epoch,
        statement: statement.to_owned(),
        leaves,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use crate::ledger::tree::{Frontier, leaf_hash};
    use crate::types::Origin;

    fn signed(leaves: &[Vec<u8>]) -> (Epoch, String) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open_or_make(&folder.path().join("keys")).unwrap();
        let mut edge = Frontier::default();
        for leaf in leaves {
            let Ok(()) = edge.push::<std::convert::Infallible>(leaf_hash(leaf), |_, _, _| Ok(()));
        }
        let epoch = Epoch {
            next: Origin::new("yuanjiao/ab~2").unwrap(),
            old: Origin::new("yuanjiao/ab").unwrap(),
            key: keys.public(),
            size: leaves.len() as u64,
            root: edge.root(),
            district: Origin::new("district.example").unwrap(),
            district_key: keys.public(),
            seen: Vec::new(),
        };
        let statement = epoch.signed(&keys);
        (epoch, statement)
    }

    #[test]
    fn a_permit_is_read_as_it_was_written_with_its_leaves_or_without() {
        let leaves: Vec<Vec<u8>> = (0..300_u16).map(|n| n.to_be_bytes().repeat(20)).collect();
        let (epoch, statement) = signed(&leaves);
        let whole = read(&write(&statement, &leaves)).unwrap();
        assert_eq!((whole.epoch, whole.leaves), (epoch.clone(), Some(leaves)));
        assert_eq!(whole.statement, statement);
        let alone = read(statement.as_bytes()).unwrap();
        assert_eq!((alone.epoch, alone.leaves), (epoch, None));
    }

    #[test]
    fn a_permit_that_was_cut_changed_or_mixed_up_is_none() {
        let leaves: Vec<Vec<u8>> = vec![b"one".to_vec(), b"two".to_vec()];
        let (_, statement) = signed(&leaves);
        let file = write(&statement, &leaves);
        for end in 0..file.len() {
            // A file that ends just before its leaves is a statement alone, with or without the end of its last line.
            let is_statement = end == statement.len() || end + 1 == statement.len();
            assert_eq!(
                read(&file[..end]).is_ok(),
                is_statement,
                "{end} of {} bytes",
                file.len()
            );
        }
        let others = vec![b"one".to_vec(), b"six".to_vec()];
        assert_eq!(read(&write(&statement, &others)), Err(EpochError::OtherLeaves));
        let forged = statement.replace("yuanjiao/ab~2", "yuanjiao/ac~2");
        assert_eq!(read(&write(&forged, &leaves)), Err(EpochError::BadSignature));
    }
}
