//! The folder's index in a SQLite file of its own, `index.db`. It can be deleted; a scan brings it back.
//!
//! Records are read once, at the start; the maps of time to bytes, which are larger than all the rest, lie in a table of
//! their own by content and are read when a film is watched.

use std::sync::Arc;

use media_index::{Change, Keep, KeepError, Maps, Outcome, Place, Record, RootId, TimeMap};
use rusqlite::OptionalExtension;

use crate::store::{Schema, Store, StoreError, Tx};
use crate::types::ItemId;

/// The tables of `index.db`. The second step takes the maps out of the records; each file gets an inode that no file
/// has, so that it is looked into again and its map is kept, while its turn of arrival stays. The third and the fourth do
/// the same with those containers that had no map then, or the title of which was not found; the inner `rtrim` leaves what
/// comes before a name's ending.
pub const SCHEMA: Schema = Schema {
    room: "index",
    steps: &[
        "
        CREATE TABLE file (place BLOB PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE root (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL) STRICT;
        ",
        "
        UPDATE file SET record = json_set(json_remove(record, '$.outcome.whole.facts.map'), '$.stamp.inode', 0);
        ALTER TABLE file ADD COLUMN content BLOB;
        CREATE INDEX file_of_content ON file (content) WHERE content IS NOT NULL;
        CREATE TABLE map (content BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
        ",
        "
        UPDATE file SET record = json_set(record, '$.stamp.inode', 0)
        WHERE lower(replace(CAST(place AS TEXT), rtrim(CAST(place AS TEXT), replace(CAST(place AS TEXT), '.', '')), ''))
              IN ('ts', 'mts', 'm2ts', 'mpg', 'mpeg', 'vob', 'dat', 'ogg', 'oga', 'ogv', 'opus', 'flac', 'wav', 'aac',
                  'mp3', 'mp2');
        ",
        "
        UPDATE file SET record = json_set(record, '$.stamp.inode', 0)
        WHERE lower(replace(CAST(place AS TEXT), rtrim(CAST(place AS TEXT), replace(CAST(place AS TEXT), '.', '')), ''))
              IN ('avi', 'flv', 'f4v', 'asf', 'wmv', 'wma', 'rm', 'rmvb', 'ra', 'mp3', 'aac');
        ",
    ],
};

/// Keeps the index in a store.
#[derive(Debug)]
pub struct IndexKeep(Store);

impl IndexKeep {
    /// Opens `index.db`; a file that cannot be read is set aside and begun anew, since a scan brings it back.
    pub fn open(path: &std::path::Path) -> Result<Self, StoreError> {
        // Read once at the start, written in order afterwards: nothing in it is worth holding in memory.
        let options = crate::store::Options {
            cache_kib: 256,
            ..crate::store::Options::default()
        };
        let open = || Store::open(path, &[SCHEMA], options);
        let usable = |store: &Store| {
            store
                .read_blocking::<_, StoreError, _>(|conn| Ok(load(conn, &mut drop)?))
                .is_ok()
        };
        match open() {
            Ok(store) if usable(&store) => return Ok(Self(store)),
            Ok(store) => drop(store),
            Err(error) => tracing::warn!(%error, "the index could not be opened"),
        }
        tracing::warn!("the index is damaged: it is set aside and the folder is scanned again");
        for end in ["", "-wal", "-shm"] {
            let from = format!("{}{end}", path.display());
            drop(std::fs::rename(&from, format!("{from}.damaged")));
        }
        Ok(Self(open()?))
    }
}

fn load(conn: &rusqlite::Connection, each: &mut dyn FnMut(Record)) -> Result<Option<RootId>, rusqlite::Error> {
    let mut query = conn.prepare("SELECT place, record FROM file ORDER BY place")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        // A record that cannot be read is forgotten: the file will be looked into again.
        if let Some(record) = read(row.get(0)?, row.get_ref(1)?.as_str()?) {
            each(record);
        }
    }
    let root: Option<String> = conn.query_row("SELECT id FROM root", [], |row| row.get(0)).optional()?;
    drop(rows);
    drop(query);
    // The megabyte of pages that were read is not read again.
    conn.release_memory()?;
    Ok(root.and_then(|text| serde_json::from_str(&text).ok()))
}

fn read(place: Vec<u8>, record: &str) -> Option<Record> {
    let mut record: Record = serde_json::from_str(record).ok()?;
    record.place = place.into();
    Some(record)
}

/// What the indexer calls an error may be anything; the store wants to know what it is.
#[derive(Debug, thiserror::Error)]
#[error("the index does not take it: {0}")]
struct NotKept(#[source] KeepError);

impl Keep for IndexKeep {
    fn load(&mut self, each: &mut dyn FnMut(Record)) -> Result<Option<RootId>, KeepError> {
        Ok(self.0.read_blocking::<_, StoreError, _>(|conn| Ok(load(conn, each)?))?)
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), KeepError> {
        let changes = changes.to_vec();
        self.0
            .write_blocking(move |tx| changes.iter().try_for_each(|change| apply(tx, change)).map_err(NotKept))??;
        Ok(())
    }

    fn maps(&self) -> Arc<dyn Maps> {
        Arc::new(IndexMaps(self.0.clone()))
    }
}

#[derive(Debug)]
struct IndexMaps(Store);

impl Maps for IndexMaps {
    fn map(&self, content: &ItemId) -> Result<TimeMap, KeepError> {
        let bytes = self.0.read_blocking::<_, StoreError, _>(|conn| {
            let mut query = conn.prepare_cached("SELECT bytes FROM map WHERE content = ?1")?;
            let bytes = query.query_row([content.bytes()], |row| row.get::<_, Vec<u8>>(0));
            Ok(bytes.optional()?)
        })?;
        Ok(bytes.map_or_else(TimeMap::elsewhere, |bytes| TimeMap::from_bytes(&bytes)))
    }
}

fn apply(tx: &Tx<'_>, change: &Change) -> Result<(), KeepError> {
    match change {
        Change::Set(record) => set(tx, record),
        Change::Moved { from, to } => moved(tx, from, to),
        Change::Gone(place) => gone(tx, place),
        Change::Root(id) => {
            let id = serde_json::to_string(id)?;
            tx.execute("INSERT OR REPLACE INTO root (only, id) VALUES (1, ?1)", [id])?;
            Ok(())
        }
    }
}

/// Its content and its map stay.
fn moved(tx: &Tx<'_>, from: &Place, to: &Record) -> Result<(), KeepError> {
    set(tx, to)?;
    gone(tx, from)
}

fn set(tx: &Tx<'_>, record: &Record) -> Result<(), KeepError> {
    gone(tx, &record.place)?;
    let text = serde_json::to_string(record)?;
    let content = match &record.outcome {
        Outcome::Whole(whole) => Some(whole.id),
        Outcome::Damaged(_) => None,
    };
    tx.prepare_cached("INSERT INTO file (place, record, content) VALUES (?1, ?2, ?3)")?
        .execute(rusqlite::params![
            record.place.bytes(),
            text,
            content.as_ref().map(ItemId::bytes)
        ])?;
    if let Outcome::Whole(whole) = &record.outcome
        && let Some(map) = whole.facts.map.to_bytes()
    {
        tx.prepare_cached("INSERT OR REPLACE INTO map (content, bytes) VALUES (?1, ?2)")?
            .execute(rusqlite::params![whole.id.bytes(), &map[..]])?;
    }
    Ok(())
}

/// Forgets a file, and the map of its content if it was the last with it.
fn gone(tx: &Tx<'_>, place: &Place) -> Result<(), KeepError> {
    let content: Option<Option<Vec<u8>>> = tx
        .prepare_cached("DELETE FROM file WHERE place = ?1 RETURNING content")?
        .query_row([place.bytes()], |row| row.get(0))
        .optional()?;
    if let Some(content) = content.flatten() {
        tx.prepare_cached("DELETE FROM map WHERE content = ?1 AND NOT EXISTS (SELECT 1 FROM file WHERE content = ?1)")?
            .execute([content])?;
    }
    Ok(())
}
