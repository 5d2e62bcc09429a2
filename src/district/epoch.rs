//! Signing a new epoch, and writing what the station needs to begin it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use super::accounts::audit;
use super::{District, DistrictError, Signer, StationRow, edge, recounts, rows};
use crate::ledger::epoch::{Epoch, VISITS, next_name};
use crate::ledger::permit;
use crate::ledger::tiles::{TileName, WIDTH, write_entries};
use crate::ledger::{Leaf, What};
use crate::store::{Sql, StoreError, params};
use crate::types::Origin;

impl District {
    /// Signs that this station may begin another log after what was cosigned last. The old one is asked no more, and stays
    /// counted. Asked again, it gives the same statement.
    pub fn epoch(&self, name: &str) -> Result<(Origin, String), DistrictError> {
        let old = self
            .stations()?
            .into_iter()
            .find(|station| station.origin.as_str() == name);
        let old = old.ok_or_else(|| DistrictError::Unknown(name.to_owned()))?;
        if old.size == 0 {
            return Err(DistrictError::NothingCosigned(old.origin));
        }
        let next = next_name(&old.origin)?;
        let read = |conn: &dyn Sql| Ok((edge::of(conn, &old)?.root(), untold(conn, &old.origin)?));
        let (root, seen) = self.store.read_blocking::<_, StoreError, _>(read)?;
        let epoch = Epoch {
            next: next.clone(),
            old: old.origin.clone(),
            key: old.key,
            size: old.size,
            root,
            district: (*self.origin).clone(),
            district_key: self.keys.public(),
            seen,
        };
        let statement = epoch.signed(&self.keys);
        let (row, named, text) = (old.clone(), next.clone(), statement.clone());
        let begun = self
            .store
            .write_blocking(move |tx| begin_epoch(tx, &row, &named, &text))??;
        if begun {
            return Ok((next, statement));
        }
        let before = self
            .store
            .read_blocking::<_, StoreError, _>(|conn| statement_after(conn, &old.origin))?;
        Ok((next, before.unwrap_or(statement)))
    }

    /// The same with the name of who signed in the audit log. Blocks.
    pub fn sign_epoch(&self, old: &Origin, by: &Signer) -> Result<Origin, DistrictError> {
        let (next, _) = self.epoch(old.as_str())?;
        let (who, old, now, named) = (by.name().to_owned(), old.clone(), self.now_i64(), next.to_string());
        let write = move |tx: &dyn Sql| audit(tx, now, &who, "epoch", old.as_str(), &named);
        self.store.write_blocking(write)??;
        Ok(next)
    }

    /// What was signed for the log of this name to begin; `None` for a first one. Blocks.
    pub fn signed_epoch(&self, next: &Origin) -> Result<Option<Epoch>, StoreError> {
        let read = |conn: &dyn Sql| statement_of(conn, next);
        let statement = self.store.read_blocking::<_, StoreError, _>(read)?;
        Ok(statement.and_then(|text| Epoch::open(&text).ok()))
    }

    /// The statement for the log of this name and the leaves that it speaks of, as one file for the station. Blocks.
    pub fn permit(&self, next: &Origin) -> Result<Option<Vec<u8>>, StoreError> {
        let read = |conn: &dyn Sql| {
            let Some(statement) = statement_of(conn, next)? else {
                return Ok(None);
            };
            let Ok(epoch) = Epoch::open(&statement) else {
                return Ok(None);
            };
            let leaves = rows::leaves(conn, &epoch.old, 0, epoch.size)?;
            Ok(Some(permit::write(&statement, &leaves)))
        };
        self.store.read_blocking::<_, StoreError, _>(read)
    }

    /// Writes the statement and the leaves that were cosigned below `folder`, for the station: it may have lost them.
    pub fn write_epoch(&self, name: &str, statement: &str, file: &str, folder: &Path) -> Result<u64, DistrictError> {
        let station = self
            .stations()?
            .into_iter()
            .find(|station| station.origin.as_str() == name);
        let station = station.ok_or_else(|| DistrictError::Unknown(name.to_owned()))?;
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| DistrictError::Folder { path, source }
        };
        for bundle in TileName::covering(0, station.size) {
            let path = folder.join("tile/entries").join(bundle.path());
            let bytes = self.bundle(&station, bundle)?;
            write(&path, &bytes).map_err(at(&path))?;
        }
        let path = folder.join(file);
        write(&path, statement.as_bytes()).map_err(at(&path))?;
        Ok(station.size)
    }

    fn bundle(&self, station: &StationRow, name: TileName) -> Result<Vec<u8>, DistrictError> {
        let from = name.index * WIDTH;
        let leaves = self
            .store
            .read_blocking::<_, StoreError, _>(|conn| rows::leaves(conn, &station.origin, from, name.width))?;
        Ok(write_entries(&leaves))
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)?;
    fs::File::open(path)?.sync_all()
}

/// Signs a new epoch into the books: the old log is asked no more, the new one may come. `false`: it was signed before.
fn begin_epoch(conn: &dyn Sql, old: &StationRow, next: &Origin, statement: &str) -> Result<bool, StoreError> {
    let ended = conn.execute(
        "UPDATE station SET ended = 1, frozen_at = NULL WHERE origin = ?1 AND ended = 0",
        [old.origin.as_str()],
    )?;
    if ended == 0 {
        return Ok(false);
    }
    let key = data_encoding::HEXLOWER.encode(old.key.as_bytes());
    conn.execute(
        "INSERT INTO station (origin, url, key, size, after, statement) VALUES (?1, ?2, ?3, 0, ?4, ?5)",
        params![next.as_str(), old.url, key, old.origin.as_str(), statement],
    )?;
    super::watch::hand_over(conn, &old.origin, next)?;
    Ok(true)
}

/// Our visits to a log that its leaves do not tell of, the newest: sizes and seconds since 1970.
fn untold(conn: &dyn Sql, station: &Origin) -> Result<Vec<(u64, u64)>, StoreError> {
    let mut told = HashSet::new();
    recounts::each_leaf(conn, "leaf", station, 0, |bytes| {
        if let Some(What::CheckpointSeen { size, time, .. }) = Leaf::read(bytes).map(|leaf| leaf.is) {
            told.insert((size, time));
        }
        Ok(())
    })?;
    let all = recounts::visits(conn, station)?.into_iter();
    let in_seconds = all.filter_map(|(size, unix_ms)| Some((size, u64::try_from(unix_ms / 1000).ok()?)));
    let mut seen: Vec<(u64, u64)> = in_seconds.filter(|visit| !told.contains(visit)).collect();
    seen.sort_unstable_by_key(|(_, unix_s)| *unix_s);
    let newest = seen.len().saturating_sub(VISITS);
    Ok(seen.split_off(newest))
}

/// The statement of the epoch that follows this station's log.
pub(super) fn statement_after(conn: &dyn Sql, old: &Origin) -> Result<Option<String>, StoreError> {
    statement_where(conn, "after", old)
}

/// The statement that this station's log follows from.
pub(super) fn statement_of(conn: &dyn Sql, station: &Origin) -> Result<Option<String>, StoreError> {
    statement_where(conn, "origin", station)
}

fn statement_where(conn: &dyn Sql, column: &'static str, is: &Origin) -> Result<Option<String>, StoreError> {
    let query = format!("SELECT statement FROM station WHERE {column} = ?1");
    let found = conn.query_optional(&query, [is.as_str()], |row| row.get(0))?;
    Ok(found.flatten())
}
