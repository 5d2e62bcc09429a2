//! Signing a new epoch, and writing what the station needs to begin it.

use std::fs;
use std::io;
use std::path::Path;

use super::accounts::audit;
use super::{District, DistrictError, Signer, StationRow, edge, recounts, rows};
use crate::credit::settling::Settling;
use crate::ledger::Leaf;
use crate::ledger::epoch::{Epoch, VISITS, next_name};
use crate::ledger::permit;
use crate::ledger::tiles::{TileName, WIDTH, write_entries};
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
        let (room, named) = (self.clone(), next.clone());
        // Everything in one go: a pull that is believed in between would make the log longer than the statement says.
        let act = move |tx: &dyn Sql| room.begin_epoch(tx, &old.origin, named);
        let statement = self.store.write_blocking(act)??;
        Ok((next, statement))
    }

    /// Signs a new epoch into the books: the old log is asked no more, the new one may come. The statement, or that of before.
    fn begin_epoch(&self, tx: &dyn Sql, name: &Origin, next: Origin) -> Result<String, DistrictError> {
        let ended = "UPDATE station SET ended = 1, frozen_at = NULL WHERE origin = ?1 AND ended = 0";
        let is_first = tx.execute(ended, [name.as_str()])? > 0;
        let old = rows::station(tx, name)?.ok_or_else(|| DistrictError::Unknown(name.to_string()))?;
        if !is_first && let Some(before) = statement_after(tx, name)? {
            return Ok(before);
        }
        let epoch = Epoch {
            next,
            old: old.origin.clone(),
            key: old.key,
            size: old.size,
            root: edge::of(tx, &old)?.root(),
            district: (*self.origin).clone(),
            district_key: self.keys.public(),
            seen: untold(tx, &old.origin)?,
        };
        let statement = epoch.signed(&self.keys);
        let (key, next) = (data_encoding::HEXLOWER.encode(old.key.as_bytes()), &epoch.next);
        tx.execute(
            "INSERT INTO station (origin, url, key, size, after, statement) VALUES (?1, ?2, ?3, 0, ?4, ?5)",
            params![next.as_str(), old.url, key, old.origin.as_str(), statement],
        )?;
        super::watch::hand_over(tx, &old.origin, next)?;
        Ok(statement)
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

/// Our visits to a log of which its leaves do not tell, if they date something: sizes and seconds since 1970.
fn untold(conn: &dyn Sql, station: &Origin) -> Result<Vec<(u64, u64)>, StoreError> {
    let mut settling = Settling::default();
    recounts::each_leaf(conn, "leaf", station, 0, |bytes| {
        settling.look(Leaf::read(bytes).as_ref());
        Ok(())
    })?;
    let mut seen = settling.telling(&recounts::visits(conn, station)?);
    seen.sort_unstable_by_key(|(_, unix_ms)| *unix_ms);
    let newest = seen.split_off(seen.len().saturating_sub(VISITS));
    let in_seconds = newest
        .into_iter()
        .map(|(size, unix_ms)| (size, unix_ms.unsigned_abs() / 1000));
    Ok(in_seconds.collect())
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
