//! Copies of a database while it is in use, and the look at a file that may be damaged.
//!
//! A copy is taken by SQLite's online backup from one reader's snapshot, so the writer goes on. It gets its name only
//! when it is whole, checked and on the disk: a power cut leaves either the old copies or one more.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode};

use super::{Store, StoreError, file};

/// How a file looks from outside, before anybody writes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// There is no such file.
    Missing,
    /// SQLite's own check found nothing.
    Sound,
    /// It cannot be read, or not all of it: the first thing that was found.
    Damaged(String),
}

/// Looks at a database file without writing to it. `Err` is what the disk says, not what the file holds.
pub fn look(path: &Path) -> Result<Look, StoreError> {
    if !path.exists() {
        return Ok(Look::Missing);
    }
    match file::open_reader(path).and_then(|conn| Ok(quick_check(&conn)?)) {
        Ok(None) => Ok(Look::Sound),
        Ok(Some(found)) => Ok(Look::Damaged(found)),
        Err(StoreError::Sqlite(error)) if is_damage(&error) => Ok(Look::Damaged(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Whether SQLite speaks of the file's content rather than of the disk or of us.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

fn quick_check(conn: &Connection) -> Result<Option<String>, rusqlite::Error> {
    let found: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((found != "ok").then_some(found))
}

/// Opens a file that may be damaged, to read from it what can be read.
pub fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    file::open_reader(path)
}

impl Store {
    /// Copies the database as it is now to `to`, which must not be in use. Blocks; the writer goes on meanwhile.
    pub fn copy_to(&self, to: &Path) -> Result<(), StoreError> {
        self.read_blocking(|conn| copy(conn, to))
    }
}

/// Copies what `from` sees to a file of its own: whole, checked, durable, and only then under its name.
pub(super) fn copy(from: &Connection, to: &Path) -> Result<(), StoreError> {
    let beside = beside(to);
    let at = |source| StoreError::File {
        path: to.to_owned(),
        source,
    };
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(at)?;
    }
    drop(fs::remove_file(&beside));
    let copied = fill(from, &beside);
    if copied.is_err() {
        drop(fs::remove_file(&beside));
        return copied;
    }
    let keep = || -> std::io::Result<()> {
        fs::File::open(&beside)?.sync_all()?;
        fs::rename(&beside, to)?;
        to.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    keep().map_err(at)
}

fn beside(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    to.with_file_name(name)
}

/// One step for all pages: one snapshot, and no beginning again because somebody wrote in between.
fn fill(from: &Connection, to: &Path) -> Result<(), StoreError> {
    let mut copy = file::open_plain(to)?;
    let done = Backup::new(from, &mut copy)?.step(-1)?;
    if done != StepResult::Done {
        return Err(StoreError::NotDurable(super::Trouble::Locked));
    }
    // A copy is one file: no log beside it that could be forgotten on the way.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    match quick_check(&copy)? {
        None => Ok(()),
        Some(_) => Err(StoreError::NotDurable(super::Trouble::Failing)),
    }
}

/// Fills the tables of `into` from those of a damaged file, each whole or not at all, but not those in `but`. Returns the
/// tables that could not be read; they stay as they were.
pub fn take_tables(from: &Connection, into: &Connection, but: &[&str]) -> Result<Vec<String>, rusqlite::Error> {
    let names: Vec<String> = into
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut not_taken = Vec::new();
    for name in names.into_iter().filter(|name| !but.contains(&name.as_str())) {
        into.execute_batch("SAVEPOINT one_table")?;
        if take_table(from, into, &name).is_err() {
            into.execute_batch("ROLLBACK TO one_table")?;
            not_taken.push(name);
        }
        into.execute_batch("RELEASE one_table")?;
    }
    Ok(not_taken)
}

fn take_table(from: &Connection, into: &Connection, name: &str) -> Result<(), rusqlite::Error> {
    into.execute(&format!("DELETE FROM \"{name}\""), [])?;
    let mut query = from.prepare(&format!("SELECT * FROM \"{name}\""))?;
    let columns = query.column_count();
    let places: Vec<_> = (1..=columns).map(|n| format!("?{n}")).collect();
    let mut insert = into.prepare(&format!("INSERT INTO \"{name}\" VALUES ({})", places.join(", ")))?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let values: Vec<rusqlite::types::Value> = (0..columns).map(|n| row.get(n)).collect::<Result<_, _>>()?;
        insert.execute(rusqlite::params_from_iter(values))?;
    }
    Ok(())
}
