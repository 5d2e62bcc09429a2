//! Which policies hold here, and from when: a view of the policy leaves, and the handle that acts ask.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rusqlite::{Connection, OptionalExtension, params};

use super::{Viewing, ViewingError};
use crate::clock::{Reading, Trust, day_of};
use crate::credit::{Policies, Policy};
use crate::ledger::decree::Decree;
use crate::ledger::{At, Ledger, LedgerError, What};
use crate::store::{StoreError, Tx, sql};
use crate::types::Origin;

/// What the room knows of policies. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct InForce {
    all: Arc<RwLock<Arc<Policies>>>,
    refused: Arc<Mutex<Option<String>>>,
}

impl InForce {
    pub(super) fn new(policy: Arc<Policy>) -> Self {
        Self {
            all: Arc::new(RwLock::new(Arc::new(Policies::always(policy)))),
            refused: Arc::default(),
        }
    }

    fn all(&self) -> Arc<Policies> {
        Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A row of the view: the leaf (below zero in an earlier epoch), the first day, the number and the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    index: i64,
    first_day: i64,
    district: Option<Origin>,
    serial: u64,
    toml: String,
}

impl Row {
    /// What a policy leaf says. One that nobody signed holds from its own day on; while the date was unknown, for always.
    pub(super) fn of(index: i64, at: At, from: &str, signed: &str, toml: String) -> Self {
        let head = Decree::head_of(signed);
        let own_day = if at.trust == Trust::Unset {
            i64::MIN
        } else {
            day_of(at.wall)
        };
        Self {
            index,
            first_day: crate::clock::day_named(from).unwrap_or(own_day),
            serial: head.as_ref().map_or(0, |(_, serial)| *serial),
            district: head.map(|(district, _)| district),
            toml,
        }
    }

    fn insert(&self, tx: &Tx<'_>) -> Result<(), rusqlite::Error> {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO policy (idx, first_day, district, serial, toml) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            self.index,
            self.first_day,
            self.district.as_ref().map(Origin::as_str),
            sql(self.serial),
            self.toml
        ])
        .map(drop)
    }
}

/// Writes the view anew from the leaves.
pub(super) fn write(tx: &Tx<'_>, rows: &[Row]) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM policy", [])?;
    rows.iter().try_for_each(|row| row.insert(tx))
}

/// A policy comes into force: a leaf, and a row of the view, in one transaction.
pub fn enact(
    ledger: &Ledger,
    tx: &Tx<'_>,
    now: Reading,
    policy: &Policy,
    by: Option<(&Decree, &str)>,
) -> Result<(), LedgerError> {
    let (from, note) = by.map_or(("", ""), |(decree, note)| (decree.from.as_str(), note));
    let leaf = What::Policy {
        name: policy.name.clone(),
        toml: policy.text.clone(),
        from: from.to_owned(),
        signed: note.to_owned(),
    };
    let index = ledger.append(tx, now, leaf)?;
    Ok(Row::of(sql(index), now.into(), from, note, policy.text.clone()).insert(tx)?)
}

/// The largest number under which a district's policy was taken.
pub fn newest_serial(conn: &Connection, district: &Origin) -> Result<Option<u64>, StoreError> {
    let newest: Option<i64> = conn
        .query_row(
            "SELECT max(serial) FROM policy WHERE district = ?1",
            [district.as_str()],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    Ok(newest.and_then(|n| u64::try_from(n).ok()))
}

/// The policies that the ledger names; `None` before the first. A text that this program cannot read is left out and
/// logged: it is of a later version, and the one before goes on.
pub fn policies_of(conn: &Connection) -> Result<Option<Policies>, StoreError> {
    let mut query = conn.prepare_cached("SELECT first_day, toml FROM policy ORDER BY idx")?;
    let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let mut all: Option<Policies> = None;
    for row in rows {
        let (first_day, toml) = row?;
        match Policy::parse(&toml) {
            Ok(policy) => {
                all = Some(match all {
                    None => Policies::always(policy),
                    Some(before) => before.and_from(first_day, policy),
                });
            }
            Err(error) => tracing::warn!(%error, "a policy in the ledger cannot be read by this program"),
        }
    }
    Ok(all)
}

impl Viewing {
    /// All policies with their days.
    pub fn policies(&self) -> Arc<Policies> {
        self.in_force.all()
    }

    /// The policy in force now. While the date is unknown it is the newest: nobody can say that its day has not come.
    pub fn policy(&self) -> Arc<Policy> {
        let (all, now) = (self.policies(), self.clock.now());
        Arc::clone(match now.trust {
            Trust::Unset => all.newest(),
            _ => all.on(day_of(now.wall_ms)),
        })
    }

    /// Reads the policies from the ledger again: a command or a district may have brought one. Blocks.
    pub fn refresh_policies(&self) -> Result<(), ViewingError> {
        if let Some(all) = self.ledger.store().read_blocking(policies_of)? {
            *self.in_force.all.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(all);
        }
        Ok(())
    }

    /// Notes that the policy of the settings was not taken, because a district has to sign it.
    pub fn note_refused_policy(&self, name: &str) {
        *self.in_force.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.to_owned());
    }

    /// The name of the policy in the settings that was not taken, if so.
    pub fn refused_policy(&self) -> Option<String> {
        self.in_force
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
