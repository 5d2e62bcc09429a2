//! Beginning the log of a new epoch that a district signed: `yuanjiao epoch FOLDER`.
//!
//! 1. The statement is read; it must be for this box's key, and of a district that this box has pinned, or whose
//!    fingerprint somebody heard by telephone.
//! 2. The leaves that the district had cosigned are looked for, in the old database and in the folder; they count if
//!    their root is the one that the statement names. Without them the station begins with nothing, and says so.
//! 3. A new database is made beside the old one: roster, sign-ins, marks and settings as they were, those leaves carried
//!    along, and a first leaf that names the old log.
//! 4. The old database is set aside in `epochs/`, as it was, and the new one gets its name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rusqlite::Connection;

use super::base::{LISTED, SCHEMAS, roster_leaf};
use super::recovery::{only_one, put_in_place, remove, set_aside};
use super::{Base, Clock};
use crate::clock::{self, SystemClock};
use crate::config;
use crate::exchange::{self, Known};
use crate::keys::{self, Keys};
use crate::ledger::epoch::{self, Epoch};
use crate::ledger::permit::{self, Permit};
use crate::ledger::tiles::{TileName, WIDTH, read_entries};
use crate::ledger::{self, Ledger};
use crate::store::backup::{self, take_tables};
use crate::store::{Options, Store};
use crate::viewing::ViewingError;
use crate::{screening, viewing};

/// The database that is being made.
pub(super) const BEGINNING: &str = "beginning.db";

/// The file that holds the statement, in the folder that a district gives.
pub const STATEMENT: &str = "epoch";

/// Tables that belong to the old log, or are counted anew from what is carried along.
const NOT_TAKEN: [&str; 14] = [
    "leaf",
    "node",
    "checkpoint",
    "cosignature",
    "seen",
    "suspicion",
    "carried",
    "span",
    "credited",
    "correction",
    "policy",
    "ruling",
    "ruled",
    "schema_step",
];

/// A leaf with its index in its own log.
type Indexed = (u64, Vec<u8>);

/// What was begun.
#[derive(Debug)]
pub struct Begun {
    /// What the district signed.
    pub epoch: Epoch,
    /// Leaves carried along; none if they could not be found.
    pub carried: usize,
    /// Leaves of the old log that no district had cosigned: they are not carried along.
    pub left_behind: u64,
    /// Where the old database lies now, if there was one.
    pub aside: Option<PathBuf>,
}

/// Begins a new epoch, while no station runs. `spoken` is a district's fingerprint, if somebody vouches for it.
pub fn begin(settings: &config::Station, folder: &Path, spoken: Option<&str>) -> Result<Begun> {
    let _lock = only_one(&settings.data)?;
    let Permit {
        epoch,
        statement,
        leaves: brought,
    } = read_given(folder)?;
    let keys = Keys::open_or_make(&settings.data.join("keys")).context("while opening the keys")?;
    if epoch.key != keys.public() {
        bail!(
            "the statement is for the key {}, this box has {}",
            keys::fingerprint(&epoch.key),
            keys.fingerprint()
        );
    }
    let path = settings.data.join("ledger.db");
    let old = path.exists().then(|| backup::open_to_read(&path)).transpose();
    let old = old.unwrap_or_else(|error| {
        tracing::warn!(%error, "the old database cannot be opened; it gives nothing");
        None
    });
    refuse_stranger(&epoch, old.as_ref(), spoken)?;
    let there = old.as_ref().map_or(0, |old| ledger::size(old).unwrap_or(0));
    if named(old.as_ref()) == Some(epoch.next.to_string()) {
        bail!("the log {} has begun already", epoch.next);
    }
    let leaves = cosigned(&epoch, old.as_ref(), brought, folder);
    let carried = leaves.as_ref().map_or(0, Vec::len);
    make(settings, &keys, &epoch, &statement, old, leaves)?;
    let aside = set_aside(&settings.data, "epochs")?;
    put_in_place(&settings.data, BEGINNING)?;
    Ok(Begun {
        left_behind: there.saturating_sub(epoch.size),
        epoch,
        carried,
        aside,
    })
}

/// The folder of a district, the statement alone, or one file with both.
fn read_given(given: &Path) -> Result<Permit> {
    let path = if given.is_dir() {
        given.join(STATEMENT)
    } else {
        given.to_owned()
    };
    let meta = fs::metadata(&path).with_context(|| format!("while looking for {}", path.display()))?;
    if meta.len() > permit::LIMIT as u64 {
        bail!("{} is no permit for a new epoch", path.display());
    }
    let file = fs::read(&path).with_context(|| format!("while reading {}", path.display()))?;
    Ok(permit::read(&file)?)
}

/// Whether the present log is the one that this permit is for.
pub(super) fn has_begun(settings: &config::Station, given: &Path) -> bool {
    let old = backup::open_to_read(&settings.data.join("ledger.db")).ok();
    read_given(given).is_ok_and(|permit| named(old.as_ref()) == Some(permit.epoch.next.to_string()))
}

/// Whether somebody said a fingerprint as it is, however he wrote it down.
pub(super) fn is_same(spoken: &str, fingerprint: &str) -> bool {
    let digits = |text: &str| {
        let all = text.chars().filter(char::is_ascii_hexdigit);
        all.collect::<String>().to_lowercase()
    };
    digits(spoken) == digits(fingerprint)
}

/// The district must be pinned, or somebody must have compared its fingerprint.
fn refuse_stranger(epoch: &Epoch, old: Option<&Connection>, spoken: Option<&str>) -> Result<()> {
    let pinned = old.and_then(|old| exchange::pinned(old).ok()).unwrap_or_default();
    let is_it = |known: &Known| known.name == epoch.district && known.key == epoch.district_key;
    let fingerprint = keys::fingerprint(&epoch.district_key);
    let heard = spoken.is_some_and(|spoken| is_same(spoken, &fingerprint));
    if pinned.iter().any(is_it) || heard {
        return Ok(());
    }
    bail!(
        "this box does not know the district {}. Ask it for its fingerprint by telephone; if it is {fingerprint}, \
         call again with --district-fingerprint \"{fingerprint}\"",
        epoch.district
    )
}

fn named(old: Option<&Connection>) -> Option<String> {
    let first = ledger::leaves(old?, 0, 1).ok()?.pop()?;
    match ledger::Leaf::read(&first)?.is {
        ledger::What::Genesis { origin, .. } => Some(origin.to_string()),
        _ => None,
    }
}

/// What the district had cosigned of the old log, after what that log carried itself.
fn cosigned(
    epoch: &Epoch,
    old: Option<&Connection>,
    brought: Option<Vec<Vec<u8>>>,
    folder: &Path,
) -> Option<Vec<Indexed>> {
    let from_old = || {
        let leaves = ledger::leaves(old?, 0, epoch.size).ok()?;
        epoch.is_root_of(&leaves).then_some(leaves)
    };
    let from_folder = || {
        let leaves = read_folder(folder, epoch.size)?;
        epoch.is_root_of(&leaves).then_some(leaves)
    };
    let own: Vec<Vec<u8>> = from_old().or(brought).or_else(from_folder)?;
    let earlier = old.and_then(|old| epoch::carried(old).ok()).unwrap_or_default();
    let earlier = earlier.into_iter().map(|leaf| (leaf.index, leaf.bytes));
    Some(earlier.chain((0..).zip(own)).collect())
}

/// The bundles that a district wrote beside the statement.
fn read_folder(folder: &Path, size: u64) -> Option<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for name in TileName::covering(0, size) {
        let path = folder.join("tile/entries").join(name.path());
        let limit = name.width * (ledger::leaf::LEAF_LIMIT as u64 + 2);
        let fits = fs::metadata(&path).is_ok_and(|meta| meta.len() <= limit && name.width <= WIDTH);
        let bytes = fits.then(|| fs::read(&path).ok())??;
        all.extend(read_entries(&bytes, name.width)?);
    }
    Some(all)
}

fn make(
    settings: &config::Station,
    keys: &Keys,
    epoch: &Epoch,
    statement: &str,
    old: Option<Connection>,
    leaves: Option<Vec<Indexed>>,
) -> Result<()> {
    let path = settings.data.join(BEGINNING);
    remove(&path);
    let past = epoch.past(statement, leaves.is_some());
    let store = Store::open(&path, &SCHEMAS, Options::default())?;
    let boot = ledger::boot_number(&store, clock::boot_id())?;
    let now = SystemClock::new(boot).now();
    let filled = store.write_blocking(move |tx| {
        if let Some(old) = &old {
            for table in take_tables(old, tx, &NOT_TAKEN)? {
                tracing::warn!(table, "a table of the old database could not be read; it begins empty");
            }
        }
        viewing::let_go(tx)?;
        screening::let_go(tx, now)?;
        Ok::<_, ViewingError>(epoch::carry(tx, &leaves.unwrap_or_default())?)
    })?;
    filled.context("while carrying over what the old database holds")?;
    Ledger::begin_epoch(store.clone(), keys, epoch, past, now).context("while beginning the new log")?;
    // The first leaf says when the district saw the old log, which dates some of it.
    let counted = store.write_blocking(viewing::rebuild_views)?;
    counted.context("while counting what was carried over")?;
    tell(settings, keys, epoch, &path)
}

/// The first leaves after the beginning: whose district, and who there is.
fn tell(settings: &config::Station, keys: &Keys, epoch: &Epoch, path: &Path) -> Result<()> {
    let base = Base::open_at(path, keys.clone(), settings)?;
    base.exchange.trust(Known {
        name: epoch.district.clone(),
        key: epoch.district_key,
    })?;
    let change = base.roster.as_change()?;
    let (ledger, now) = (base.ledger.clone(), base.clock.now());
    base.ledger.store().write_blocking(move |tx| {
        let mut parts = change.changed.chunks(LISTED);
        parts.try_for_each(|part| ledger.append(tx, now, roster_leaf(&change, part)).map(drop))
    })??;
    Ok(())
}
