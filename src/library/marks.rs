//! What people decided about an item, by its id.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use crate::store::{Schema, StoreError, Tx};
use crate::types::ItemId;

/// The table of this room in the main database.
pub const SCHEMA: Schema = Schema {
    room: "library",
    steps: &[
        "
        CREATE TABLE mark (item BLOB PRIMARY KEY, approved INTEGER NOT NULL, hidden INTEGER NOT NULL, title TEXT,
                           class TEXT) STRICT, WITHOUT ROWID;
    ",
        "
        ALTER TABLE mark ADD COLUMN source TEXT;
        ALTER TABLE mark ADD COLUMN speaker TEXT;
        ALTER TABLE mark ADD COLUMN local INTEGER;
        ALTER TABLE mark ADD COLUMN prepare INTEGER;
    ",
    ],
};

/// Decisions about one item. The default is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    /// Vetted on the desk.
    pub approved: bool,
    /// Taken off the shelf by the operator.
    pub hidden: bool,
    /// A title instead of the file's name.
    pub title: Option<String>,
    /// A class instead of the folder's name.
    pub class: Option<String>,
    /// Where the film comes from 来源.
    pub source: Option<String>,
    /// Who speaks in it 主讲人.
    pub speaker: Option<String>,
    /// Whether it was made here 本土电教片; `None` leaves it to the folder.
    pub local: Option<bool>,
    /// Whether a version for every phone is made; `None` leaves it to the station's rule.
    pub prepare: Option<bool>,
}

/// All decisions.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks(HashMap<ItemId, Mark>);

impl Marks {
    pub(super) fn get(&self, id: &ItemId) -> Mark {
        self.0.get(id).cloned().unwrap_or_default()
    }

    /// The title that was given to it on the desk.
    pub(super) fn title(&self, id: &ItemId) -> Option<String> {
        self.0.get(id)?.title.clone()
    }

    pub(super) fn set(&mut self, id: ItemId, mark: Mark) {
        self.0.insert(id, mark);
    }
}

pub(super) fn load(conn: &Connection) -> Result<Marks, StoreError> {
    let mut query =
        conn.prepare("SELECT item, approved, hidden, title, class, source, speaker, local, prepare FROM mark")?;
    let rows = query.query_map([], |row| {
        let mark = Mark {
            approved: row.get(1)?,
            hidden: row.get(2)?,
            title: row.get(3)?,
            class: row.get(4)?,
            source: row.get(5)?,
            speaker: row.get(6)?,
            local: row.get(7)?,
            prepare: row.get(8)?,
        };
        Ok((ItemId::from_bytes(row.get(0)?), mark))
    })?;
    Ok(Marks(rows.collect::<Result<_, _>>()?))
}

pub(super) fn write(tx: &Tx<'_>, id: ItemId, mark: &Mark) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO mark (item, approved, hidden, title, class, source, speaker, local, prepare)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            id.bytes(),
            mark.approved,
            mark.hidden,
            mark.title,
            mark.class,
            mark.source,
            mark.speaker,
            mark.local,
            mark.prepare
        ],
    )?;
    Ok(())
}
