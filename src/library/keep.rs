//! The folder's index in a SQLite file of its own, `index.db`. It can be deleted; a scan brings it back.

use media_index::{Change, Keep, KeepError, Kept, Record};
use rusqlite::OptionalExtension;

use crate::store::{Schema, Store, StoreError, Tx};

/// The table of `index.db`.
pub const SCHEMA: Schema = Schema {
    room: "index",
    steps: &["
        CREATE TABLE file (place BLOB PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE root (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL) STRICT;
    "],
};

/// Keeps the index in a store.
#[derive(Debug)]
pub struct IndexKeep(Store);

impl IndexKeep {
    /// Opens `index.db`; a file that cannot be read is set aside and begun anew, since a scan brings it back.
    pub fn open(path: &std::path::Path) -> Result<Self, StoreError> {
        let open = || Store::open(path, &[SCHEMA], crate::store::Options::default());
        let usable = |store: &Store| store.read_blocking::<_, StoreError, _>(|conn| Ok(load(conn)?)).is_ok();
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

fn load(conn: &rusqlite::Connection) -> Result<Kept, rusqlite::Error> {
    let mut query = conn.prepare("SELECT record FROM file")?;
    let texts = query.query_map([], |row| row.get::<_, String>(0))?;
    // A record that cannot be read is forgotten: the file will be looked into again.
    let records = texts.filter_map(|text| text.map(|t| serde_json::from_str::<Record>(&t).ok()).transpose());
    let root: Option<String> = conn.query_row("SELECT id FROM root", [], |row| row.get(0)).optional()?;
    Ok(Kept {
        records: records.collect::<Result<_, _>>()?,
        root: root.and_then(|text| serde_json::from_str(&text).ok()),
    })
}

impl Keep for IndexKeep {
    fn load(&mut self) -> Result<Kept, KeepError> {
        Ok(self.0.read_blocking::<_, StoreError, _>(|conn| Ok(load(conn)?))?)
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), KeepError> {
        let changes = changes.to_vec();
        self.0
            .write_blocking(move |tx| changes.iter().try_for_each(|change| apply(tx, change)))??;
        Ok(())
    }
}

fn apply(tx: &Tx<'_>, change: &Change) -> Result<(), KeepError> {
    match change {
        Change::Set(record) => set(tx, record),
        Change::Moved { from, to } => {
            gone(tx, from)?;
            set(tx, to)
        }
        Change::Gone(place) => gone(tx, place),
        Change::Root(id) => {
            let id = serde_json::to_string(id)?;
            tx.execute("INSERT OR REPLACE INTO root (only, id) VALUES (1, ?1)", [id])?;
            Ok(())
        }
    }
}

fn set(tx: &Tx<'_>, record: &Record) -> Result<(), KeepError> {
    let text = serde_json::to_string(record)?;
    let place: Vec<u8> = record.place.clone().into();
    tx.prepare_cached("INSERT OR REPLACE INTO file (place, record) VALUES (?1, ?2)")?
        .execute(rusqlite::params![place, text])?;
    Ok(())
}

fn gone(tx: &Tx<'_>, place: &media_index::Place) -> Result<(), KeepError> {
    let place: Vec<u8> = place.clone().into();
    tx.prepare_cached("DELETE FROM file WHERE place = ?1")?
        .execute([place])?;
    Ok(())
}
