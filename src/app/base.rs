//! What commands beside a running station need as well: the database, the keys, the ledger, the roster.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::{follow, removed, steps};
use crate::clock::{self, Clock, SystemClock};
use crate::config;
use crate::dispatch::{self, Dispatches};
use crate::exchange::{Condition, Exchange};
use crate::keys::Keys;
use crate::ledger::{self, Ledger, Listed, What, epoch};
use crate::library;
use crate::records::Records;
use crate::roster::{self, Roster, RosterChange};
use crate::screening;
use crate::store::{Options, Schema, Store, StoreError};
use crate::types::Origin;
use crate::viewing;

/// A leaf holds at most so many members: it must fit an entry bundle.
pub(super) const LISTED: usize = 200;

/// The tables of all rooms that share the database.
pub(super) const SCHEMAS: [Schema; 10] = [
    ledger::SCHEMA,
    library::SCHEMA,
    roster::SCHEMA,
    viewing::SCHEMA,
    screening::SCHEMA,
    crate::programme::SCHEMA,
    crate::opinions::SCHEMA,
    crate::records::SCHEMA,
    dispatch::SCHEMA,
    crate::exchange::SCHEMA,
];

/// What commands beside a running station need as well: the database, the keys, the ledger, the roster.
#[derive(Debug, Clone)]
pub struct Base {
    /// The machine's clocks.
    pub clock: Arc<SystemClock>,
    /// Keys of this box.
    pub keys: Keys,
    /// What happened.
    pub ledger: Ledger,
    /// Who there is.
    pub roster: Roster,
    /// What people wrote down.
    pub records: Records,
    /// What districts send down.
    pub dispatches: Dispatches,
    /// The district's door.
    pub exchange: Exchange,
}

impl Base {
    /// Opens the data folder.
    pub fn open(settings: &config::Station) -> Result<Self> {
        let keys = Keys::open_or_make(&settings.data.join("keys")).context("while opening the keys")?;
        Self::open_with(keys, settings)
    }

    pub(super) fn open_with(keys: Keys, settings: &config::Station) -> Result<Self> {
        Self::open_at(&settings.data.join("ledger.db"), keys, settings)
    }

    pub(super) fn open_at(path: &Path, keys: Keys, settings: &config::Station) -> Result<Self> {
        let options = Options {
            commit_within: settings.viewing.commit_within,
            ..Options::default()
        };
        let store =
            Store::open(path, &SCHEMAS, options).with_context(|| format!("while opening {}", path.display()))?;
        let boot = ledger::boot_number(&store, clock::boot_id()).context("while counting the boots")?;
        let clock = Arc::new(SystemClock::new(boot));
        let origin = settings.origin.clone().map_or_else(|| derived_origin(&keys), Ok)?;
        let ledger =
            Ledger::open(store.clone(), keys.clone(), origin, clock.now()).context("while opening the ledger")?;
        ledger.tell_of_trouble(clock.clone());
        let limits = roster::Limits {
            tries: settings.viewing.pin_tries,
            pause: settings.viewing.pin_pause,
        };
        let roster = Roster::new(store, keys.clone(), clock.clone(), limits);
        note_changes(&roster, &ledger, &clock, &settings.data);
        let records = Records::new(ledger.clone(), clock.clone(), &settings.data);
        let dispatches = Dispatches::new(ledger.clone(), roster.clone(), clock.clone());
        let exchange = Exchange::new(ledger.clone(), records.clone(), dispatches.clone(), clock.clone());
        let base = Self {
            clock,
            keys,
            ledger,
            roster,
            records,
            dispatches,
            exchange,
        };
        follow::time(&base);
        tell_condition(&base, settings);
        steps::remember(&base).context("while looking for the time that the operator said")?;
        Ok(base)
    }
}

/// What the district would otherwise ask by telephone: who, where, how much room there is.
fn tell_condition(base: &Base, settings: &config::Station) {
    let (name, place, data) = (settings.name.clone(), settings.place.clone(), settings.data.clone());
    base.exchange.on_asked(Box::new(move || {
        let disk = rustix::fs::statvfs(&data).ok();
        let bytes = |blocks: u64| disk.as_ref().map_or(0, |disk| blocks.saturating_mul(disk.f_frsize));
        Condition {
            name: name.clone(),
            place: place.clone(),
            disk_free: bytes(disk.as_ref().map_or(0, |disk| disk.f_bavail)),
            disk_all: bytes(disk.as_ref().map_or(0, |disk| disk.f_blocks)),
            ..Condition::default()
        }
    }));
}

/// `yuanjiao/<first 16 hexadecimal digits of the key>`: unique without any scheme.
fn derived_origin(keys: &Keys) -> Result<Origin> {
    let key = data_encoding::HEXLOWER.encode(&keys.public().as_bytes()[..8]);
    Ok(Origin::new(&format!("yuanjiao/{key}"))?)
}

/// The roster's changes become leaves, without names, in the same transaction.
fn note_changes(roster: &Roster, ledger: &Ledger, clock: &Arc<SystemClock>, data: &Path) {
    let (ledger, clock, data) = (ledger.clone(), Arc::clone(clock), data.to_owned());
    roster.on_change(Box::new(move |tx, change| {
        dispatch::forget(tx, &change.removed)?;
        if !change.removed.is_empty() {
            let rank = (epoch::number(ledger.origin()), ledger::size(tx)?);
            let removed = change.removed.iter().map(|member| (member.clone(), rank));
            removed::add(&data, removed).map_err(|source| StoreError::File {
                path: data.clone(),
                source,
            })?;
        }
        if ledger.halted().is_some() {
            return Ok(());
        }
        let nobody: &[roster::Member] = &[];
        let removed = (!change.removed.is_empty()).then_some(nobody);
        for part in change.changed.chunks(LISTED).chain(removed) {
            let leaf = roster_leaf(change, part);
            ledger.append(tx, clock.now(), leaf).map_err(store_error)?;
        }
        Ok(())
    }));
}

pub(super) fn roster_leaf(change: &RosterChange, part: &[roster::Member]) -> What {
    let listed = |m: &roster::Member| Listed {
        member: m.id.clone(),
        branch: m.branch.clone(),
        role: m.role.word().to_owned(),
        migrant: m.migrant.word().to_owned(),
        left: m.status == roster::Status::Left,
    };
    What::Roster {
        members: change.members,
        digest: data_encoding::HEXLOWER.encode(&change.digest),
        changed: part.iter().map(listed).collect(),
        removed: change.removed.clone(),
    }
}

fn store_error(error: ledger::LedgerError) -> StoreError {
    match error {
        ledger::LedgerError::Store(error) => error,
        other => StoreError::File {
            path: "the ledger".into(),
            source: std::io::Error::other(other),
        },
    }
}
