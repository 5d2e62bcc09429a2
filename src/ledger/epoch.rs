//! New epochs 新纪元: after a fork, or when a log is lost beyond repair, a district signs that this box may begin another
//! log. Its first leaf names the old one, and how much of it the district had cosigned; nothing is begun in silence.
//!
//! The statement is a signed note (C2SP signed-note) of the district over eight lines: `yuanjiao-epoch/v1`, the new
//! name, the old name, the station's key, size, root, the district's name and key, the last four in hexadecimal or decimal.
//! Lines `seen <size> <seconds since 1970>` may follow: when the district cosigned so much of the old log. Its last visits
//! are in no leaf that is left, and without them the box could not date what the district dates.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use ed25519_dalek::VerifyingKey;
use rusqlite::Connection;

use super::note::{self, NoteError};
use super::tree::{Frontier, Hash, leaf_hash};
use super::what::What;
use super::words::Past;
use super::{Ledger, LedgerError, rows};
use crate::clock::Reading;
use crate::keys::Keys;
use crate::store::{Store, StoreError, Tx};
use crate::types::Origin;

const HEAD: &str = "yuanjiao-epoch/v1";
const SEEN: &str = "seen";

/// No statement is longer: it must fit the first leaf of a log.
const STATEMENT_LIMIT: usize = 48 * 1024;
/// So many visits fit one.
pub const VISITS: usize = 1_000;

/// Between the name of a station and the number of its epoch.
const MARK: char = '~';

/// What a district signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// The name of the new log.
    pub next: Origin,
    /// The name of the old one.
    pub old: Origin,
    /// The station's key: the same before and after.
    pub key: VerifyingKey,
    /// Leaves of the old log that the district cosigned.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// The district.
    pub district: Origin,
    /// Its key.
    pub district_key: VerifyingKey,
    /// How many leaves it saw when, in seconds since 1970: visits that date something and of which those leaves do not tell.
    /// The newest, at most [`VISITS`].
    pub seen: Vec<(u64, u64)>,
}

/// Why a statement is none. The reader is the operator, or the technician whom he called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EpochError {
    /// Not such a text.
    #[error("this is no statement of a new epoch, or not all of it")]
    Malformed,
    /// Not signed by the district that it names.
    #[error("the statement is not signed by the district that it names")]
    BadSignature,
    /// The leaves beside it are others.
    #[error("the leaves in the file are not those that the statement speaks of")]
    OtherLeaves,
}

impl From<NoteError> for EpochError {
    fn from(_: NoteError) -> Self {
        Self::BadSignature
    }
}

/// A log's name without its number, and the number: 1 for a first epoch.
fn numbered(origin: &Origin) -> (&str, u32) {
    let text = origin.as_str();
    let parts = text
        .rsplit_once(MARK)
        .and_then(|(name, n)| Some((name, n.parse().ok()?)));
    parts.filter(|(_, n)| *n > 1).unwrap_or((text, 1))
}

/// Which epoch a log is.
pub fn number(origin: &Origin) -> u32 {
    numbered(origin).1
}

/// Whether a log is of the same station and an earlier epoch.
pub fn is_before(log: &Origin, later: &Origin) -> bool {
    let ((name, n), (other, m)) = (numbered(log), numbered(later));
    name == other && n < m
}

/// The name of the log after this one: `name~2`, then `name~3`. The key stays, so old copies and receipts keep their name.
pub fn next_name(old: &Origin) -> Result<Origin, crate::types::BadId> {
    let (name, n) = numbered(old);
    Origin::new(&format!("{name}{MARK}{}", n.saturating_add(1)))
}

impl Epoch {
    /// The text with the district's signature.
    pub fn signed(&self, keys: &Keys) -> String {
        let Self {
            next,
            old,
            key,
            size,
            root,
            district,
            district_key,
            seen,
        } = self;
        let (key, root) = (HEXLOWER.encode(key.as_bytes()), HEXLOWER.encode(root));
        let theirs = HEXLOWER.encode(district_key.as_bytes());
        let mut body = format!("{HEAD}\n{next}\n{old}\n{key}\n{size}\n{root}\n{district}\n{theirs}\n");
        for (size, unix_s) in seen {
            let _ = writeln!(body, "{SEEN} {size} {unix_s}");
        }
        note::sign_text(&body, district, keys)
    }

    /// Reads a statement and checks its signature with the key that it names: whether that key is to be believed is for
    /// whoever pinned it, or has heard its fingerprint by telephone.
    pub fn open(text: &str) -> Result<Self, EpochError> {
        let mut lines = text.lines();
        let mut line = || lines.next().ok_or(EpochError::Malformed);
        if line()? != HEAD {
            return Err(EpochError::Malformed);
        }
        let origin = |text: &str| Origin::new(text).map_err(|_| EpochError::Malformed);
        let epoch = Self {
            next: origin(line()?)?,
            old: origin(line()?)?,
            key: key_of(line()?)?,
            size: line()?.parse().map_err(|_| EpochError::Malformed)?,
            root: bytes_of(line()?)?,
            district: origin(line()?)?,
            district_key: key_of(line()?)?,
            seen: lines
                .map_while(|line| seen_in(line).transpose())
                .collect::<Result<_, _>>()?,
        };
        note::open_text(text, STATEMENT_LIMIT, &epoch.district, &epoch.district_key)?;
        Ok(epoch)
    }

    /// Whether these leaves are what the district cosigned.
    pub fn is_root_of(&self, leaves: &[Vec<u8>]) -> bool {
        let mut edge = Frontier::default();
        for bytes in leaves {
            let Ok(()) = edge.push::<std::convert::Infallible>(leaf_hash(bytes), |_, _, _| Ok(()));
        }
        edge.size() == self.size && edge.root() == self.root
    }

    /// What the first leaf of the new log says of the old one.
    pub fn past(&self, statement: &str, carried: bool) -> Past {
        Past {
            origin: self.old.clone(),
            size: self.size,
            root: HEXLOWER.encode(&self.root),
            district: self.district.clone(),
            statement: statement.to_owned(),
            carried,
        }
    }
}

/// A visit, or `None` where the text ends.
fn seen_in(line: &str) -> Result<Option<(u64, u64)>, EpochError> {
    if line.is_empty() {
        return Ok(None);
    }
    let mut words = line.split(' ');
    let is_one = words.next() == Some(SEEN);
    let mut number = || words.next()?.parse().ok();
    let read = number().zip(number()).filter(|_| is_one);
    read.filter(|_| words.next().is_none())
        .map(Some)
        .ok_or(EpochError::Malformed)
}

fn bytes_of(text: &str) -> Result<[u8; 32], EpochError> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok();
    bytes.and_then(|b| b.try_into().ok()).ok_or(EpochError::Malformed)
}

fn key_of(text: &str) -> Result<VerifyingKey, EpochError> {
    VerifyingKey::from_bytes(&bytes_of(text)?).map_err(|_| EpochError::Malformed)
}

/// A leaf of an earlier epoch that this box carries along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Before the first leaf of this log: −1 is the last one carried.
    pub place: i64,
    /// Its index in its own log.
    pub index: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The leaves that were carried over from earlier epochs, the oldest first; none in a first epoch.
pub fn carried(conn: &Connection) -> Result<Vec<Carried>, StoreError> {
    Ok(rows::carried(conn)?)
}

/// The leaf that was carried over to this place, if there is one.
pub fn carried_at(conn: &Connection, place: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(rows::carried_at(conn, place)?)
}

/// Carries leaves along, `(index, bytes)` in the order of the epochs.
pub fn carry(tx: &Tx<'_>, leaves: &[(u64, Vec<u8>)]) -> Result<(), StoreError> {
    Ok(rows::carry(tx, leaves)?)
}

impl Ledger {
    /// Begins the log of a new epoch in a store whose ledger is empty.
    pub fn begin_epoch(store: Store, keys: &Keys, epoch: &Epoch, past: Past, now: Reading) -> Result<(), LedgerError> {
        let ledger = Self::open(store, keys.clone(), epoch.next.clone(), now)?;
        let begun = Self { halted: None, ..ledger };
        let key = HEXLOWER.encode(keys.public().as_bytes());
        let origin = epoch.next.clone();
        let theirs = begun.clone();
        let genesis = What::Genesis {
            origin,
            key,
            after: Some(past),
        };
        begun
            .store()
            .write_blocking(move |tx| theirs.append(tx, now, genesis))?
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::super::leaf::LEAF_LIMIT;
    use super::*;
    use tempfile::TempDir;

    fn epoch(district: &Keys, station: &Keys) -> Epoch {
        let old = Origin::new("yuanjiao/17").unwrap();
        Epoch {
            next: next_name(&old).unwrap(),
            old,
            key: station.public(),
            size: 900,
            root: [7; 32],
            district: Origin::new("district/340600").unwrap(),
            district_key: district.public(),
            seen: vec![(800, 1_790_000_000), (900, 1_790_086_400)],
        }
    }

    #[test]
    fn a_statement_reads_back_and_one_that_was_changed_does_not() {
        let dir = TempDir::new().unwrap();
        let keys = |name: &str| Keys::open_or_make(&dir.path().join(name)).unwrap();
        let (district, station) = (keys("district"), keys("station"));
        let epoch = epoch(&district, &station);
        let text = epoch.signed(&district);
        assert_eq!(Epoch::open(&text), Ok(epoch.clone()));
        assert_eq!(
            Epoch::open(&text.replace("\n900\n", "\n901\n")),
            Err(EpochError::BadSignature)
        );
        assert_eq!(Epoch::open(&epoch.signed(&station)), Err(EpochError::BadSignature));
        let none = Epoch {
            seen: Vec::new(),
            ..epoch.clone()
        };
        assert_eq!(Epoch::open(&none.signed(&district)), Ok(none));
        for odd in ["\nseen 800\n", "\nseen 800 1 1\n", "\nsaw 800 1\n"] {
            let text = text.replace("\nseen 800 1790000000\n", odd);
            assert_eq!(Epoch::open(&text), Err(EpochError::Malformed), "{odd}");
        }
        let most = Epoch {
            seen: (0..VISITS as u64).map(|n| (u64::MAX - n, 9_999_999_999 - n)).collect(),
            ..epoch.clone()
        };
        let text = most.signed(&district);
        assert_eq!(Epoch::open(&text), Ok(most.clone()), "the longest is read");
        let leaf = What::Genesis {
            origin: most.next.clone(),
            key: HEXLOWER.encode(station.public().as_bytes()),
            after: Some(most.past(&text, true)),
        };
        assert!(
            serde_json::to_vec(&leaf).unwrap().len() + 200 < LEAF_LIMIT,
            "and fits a leaf"
        );
        for part in ["", "yuanjiao-epoch/v1\n", &text[..90], "yuanjiao-epoch/v2\na\nb\n"] {
            assert!(Epoch::open(part).is_err(), "{part}");
        }
    }

    #[test]
    fn epochs_are_numbered() {
        let name = |text: &str| Origin::new(text).unwrap();
        assert_eq!(next_name(&name("yuanjiao/17")).unwrap(), name("yuanjiao/17~2"));
        assert_eq!(next_name(&name("yuanjiao/17~2")).unwrap(), name("yuanjiao/17~3"));
        assert_eq!(next_name(&name("odd~name")).unwrap(), name("odd~name~2"));
        let before = |log: &str, later: &str| is_before(&name(log), &name(later));
        assert!(before("yuanjiao/17", "yuanjiao/17~2") && before("yuanjiao/17~2", "yuanjiao/17~10"));
        assert!(!before("yuanjiao/17~2", "yuanjiao/17") && !before("yuanjiao/18", "yuanjiao/17~2"));
    }
}
