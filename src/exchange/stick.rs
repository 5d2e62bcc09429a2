//! The way back on a stick: what the district writes beside the log that it took in, and what the station makes of it.
//!
//! A cosignature on a stick is the same line as over HTTP, checked with the same pinned key. Only the clock is not set by
//! it: it was true when the stick left the district.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::export::{ExportError, export, write_whole};
use super::policy::Offered;
use super::{CosignIn, Exchange, rows};
use crate::dispatch::{Kind, Outcome, PAPER_LIMIT};
use crate::ledger::decree::DECREE_LIMIT;
use crate::ledger::note::{self, NOTE_LIMIT};
use crate::ledger::{self, Checkpoint, LedgerError, What};
use crate::store::Tx;
use crate::types::Origin;

/// On a stick that goes round, each station has a folder of its own below this one.
pub const ON_STICK: &str = "yuanjiao-log";
/// The file's name beside `checkpoint`.
const COSIGNATURE: &str = "cosignature";
/// Where signed policies lie.
const POLICIES: &str = "policies";
/// Where the newest record of each kind lies.
const DISPATCHES: &str = "down";
/// More policies than this were never signed in one year.
const MOST: usize = 64;

/// A cosignature with the name of who signed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OnStick {
    district: Origin,
    size: u64,
    line: String,
}

/// What came back on a stick.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CameBack {
    /// Leaves that a district cosigned, if that is news.
    pub cosigned: Option<u64>,
    /// Policies that hold now.
    pub policies: Vec<String>,
    /// What else the district sent down and is taken.
    pub dispatched: Vec<Kind>,
    /// What was not taken, with the program's own sentence about each.
    pub refused: Vec<String>,
}

/// What one tap did: what came back, and how many leaves lie on the stick now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// What a district had put there.
    pub back: CameBack,
    /// Leaves on the stick.
    pub leaves: u64,
}

/// Writes the cosignature, and policies by their numbers, beside the log that was taken in.
pub fn put_back(
    folder: &Path,
    district: &Origin,
    cosigned: Option<&CosignIn>,
    policies: &[(u64, String)],
    dispatches: &[(Kind, String)],
) -> io::Result<()> {
    if let Some(CosignIn { size, line }) = cosigned {
        let written = OnStick {
            district: district.clone(),
            size: *size,
            line: line.clone(),
        };
        write_whole(&folder.join(COSIGNATURE), &serde_json::to_vec(&written)?)?;
    }
    for (serial, file) in policies {
        write_whole(&folder.join(POLICIES).join(format!("{serial}.signed")), file.as_bytes())?;
    }
    for (kind, file) in dispatches {
        let name = format!("{}.signed", kind.word());
        write_whole(&folder.join(DISPATCHES).join(name), file.as_bytes())?;
    }
    Ok(())
}

impl Exchange {
    /// Takes in what a district put on the stick, then writes the log to this station's folder there. Blocks.
    pub fn carry(&self, stick: &Path) -> Result<Carried, ExportError> {
        let own = self
            .ledger
            .origin()
            .as_str()
            .replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-");
        let folder = stick.join(ON_STICK).join(own.trim_start_matches('.'));
        let back = self.take_back(&folder).map_err(ExportError::TakeBack)?;
        let leaves = self.export(&folder)?;
        Ok(Carried { back, leaves })
    }

    /// Writes the log below a folder, and the photos that it names and that are here. A photo for which there is no room is
    /// no reason to bring no log. Blocks.
    pub fn export(&self, folder: &Path) -> Result<u64, ExportError> {
        let leaves = export(&self.ledger, folder)?;
        if let Err(error) = self.records.carry_photos(folder) {
            tracing::warn!(%error, folder = %folder.display(), "the log is on the stick, not all photos are");
        }
        Ok(leaves)
    }

    /// Takes in what a district put on the stick. What is not ours, or does not fit, is left alone. Blocks.
    pub fn take_back(&self, folder: &Path) -> Result<CameBack, LedgerError> {
        let mut back = CameBack::default();
        if let Some(text) = read_within(&folder.join(COSIGNATURE), NOTE_LIMIT)
            && let Ok(found) = serde_json::from_str::<OnStick>(&text)
        {
            back.cosigned = self.take_cosignature(found)?;
        }
        let listed = fs::read_dir(folder.join(POLICIES))
            .into_iter()
            .flatten()
            .flatten()
            .take(MOST);
        let mut files: Vec<_> = listed.map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            if let Some(text) = read_within(&file, DECREE_LIMIT)
                && let Offered::Taken(name, _) = self.offer_policy(text)?
            {
                back.policies.push(name);
            }
        }
        for kind in Kind::ALL {
            let path = folder.join(DISPATCHES).join(format!("{}.signed", kind.word()));
            let Some(text) = read_within(&path, PAPER_LIMIT) else {
                continue;
            };
            let outcome = self.offer_dispatch(text)?;
            if kind == Kind::Roster && matches!(outcome, Outcome::Taken(..) | Outcome::Known | Outcome::Older) {
                forget_names(&path);
            }
            match outcome {
                Outcome::Taken(kind, _) => back.dispatched.push(kind),
                // The same stick may come twice, and may be older than the last pull.
                Outcome::Known | Outcome::Older => {}
                Outcome::Refused(why) => back.refused.push(format!("{}: {why}", kind.word())),
                Outcome::Unreadable(why) => back.refused.push(format!("{}: {why}", kind.word())),
            }
        }
        Ok(back)
    }

    fn take_cosignature(&self, found: OnStick) -> Result<Option<u64>, LedgerError> {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let store = ledger.store().clone();
        store.write_blocking(move |tx: &Tx<'_>| {
            let known = rows::district(tx, &found.district).map_err(crate::store::StoreError::from)?;
            let is_ours = found.size > 0 && found.size <= ledger::size(tx)?;
            let Some(known) = known.filter(|_| is_ours) else {
                return Ok(None);
            };
            let point = Checkpoint {
                origin: ledger.origin().clone(),
                size: found.size,
                root: ledger::root_at(tx, found.size)?,
            };
            let Ok(time) = note::open_cosignature(&point, &found.line, &known.name, &known.key) else {
                return Ok(None);
            };
            let seen = ledger::last_cosignatures(tx)?;
            if seen.iter().any(|(name, _, at)| *name == known.name && *at >= time) {
                return Ok(None);
            }
            let seen = What::CheckpointSeen {
                district: known.name,
                size: found.size,
                time,
                cosignature: found.line,
            };
            ledger.keep_cosignature(tx, now, seen)?;
            Ok(Some(found.size))
        })?
    }
}

/// A roster holds names; once it is taken it has no business on a stick that goes round.
fn forget_names(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, path = %path.display(), "the roster could not be deleted from the stick; please delete it by hand");
    }
}

/// A file of at most so many bytes, if it is text.
fn read_within(path: &Path, limit: usize) -> Option<String> {
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    let read = file.take(limit as u64 + 1).read_to_string(&mut text).ok()?;
    (read <= limit).then_some(text)
}
